//! The people whom answers name, put together from all of a person's interviews in the order of
//! time. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Observations;
use crate::{records::Candidate, store::people::Person};

/// The candidates by person id and time. Of two answers with the same time, the one about the later
/// interview id counts. A page of the list follows the same rule.
#[derive(Debug, Default)]
pub struct People {
    named: BTreeMap<String, BTreeMap<DateTime<Utc>, (String, Candidate)>>,
}

impl People {
    /// Adds the people whom the answers name.
    pub fn add(&mut self, observations: &Observations) {
        for (interview, observed_at) in observations.interviews() {
            let Some(candidate_id) = interview.candidate.candidate_id.clone() else { continue };
            let id = interview.interview_id.as_str();
            let observations = self.named.entry(candidate_id).or_default();
            if observations.get(&observed_at).is_none_or(|(known, _)| known.as_str() <= id) {
                observations.insert(observed_at, (id.to_owned(), interview.candidate.clone()));
            }
        }
    }

    /// The ids of the people.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    /// Drops all other people. `ids` must be sorted.
    pub fn retain(&mut self, ids: &[String]) {
        self.named.retain(|candidate_id, _| ids.binary_search(candidate_id).is_ok());
    }

    /// Each person as the tables show them after all these answers.
    pub fn as_of_all_answers(&mut self) -> Vec<Person<'_>> {
        self.named.values_mut().for_each(carry_forward);
        self.named.values().filter_map(as_of_all).collect()
    }
}

/// A field that an answer lacks keeps its value from the answer before.
fn carry_forward(observations: &mut BTreeMap<DateTime<Utc>, (String, Candidate)>) {
    let (mut name, mut email) = (None, None);
    for (_, candidate) in observations.values_mut() {
        candidate.name = candidate.name.take().or(name);
        candidate.email = candidate.email.take().or(email);
        (name, email) = (candidate.name.clone(), candidate.email.clone());
    }
}

fn as_of_all(observations: &BTreeMap<DateTime<Utc>, (String, Candidate)>) -> Option<Person<'_>> {
    let (first_at, _) = observations.first_key_value()?;
    let (mut since, (_, named)) = observations.last_key_value()?;
    let same = observations.iter().rev().take_while(|(_, (_, candidate))| candidate == named);
    if let Some((at, _)) = same.last() {
        since = at;
    }
    Some(Person { named, first_at: *first_at, since: *since })
}
