//! The simulated world together with the edits of tests.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{
    candidate,
    interview::{self, resume_score, web_score},
    posting::Posting,
    timeline::reached,
    world::World,
};

/// The source of the API's answers.
#[derive(Debug)]
pub struct Workspace {
    pub world: World,
    interviews: HashMap<String, Value>,
    rows: HashMap<String, Value>,
    removed: HashSet<u64>,
    placed: Vec<Placed>,
}

/// An interview that a test made.
#[derive(Debug, Clone)]
struct Placed {
    posting_id: String,
    interview_id: String,
    created_at: f64,
}

/// One row of a posting's list, not yet written.
#[derive(Debug)]
pub enum Entry {
    /// The invented candidate with this index.
    Invented(u64),
    /// The interview with this id that a test made.
    Placed(String),
}

impl Workspace {
    /// Begins with a world without edits.
    pub fn new(world: World) -> Self {
        Self {
            world,
            interviews: HashMap::new(),
            rows: HashMap::new(),
            removed: HashSet::new(),
            placed: Vec::new(),
        }
    }

    /// Finds a posting.
    pub fn posting(&self, id: &str) -> Option<&Posting> {
        self.world.postings.iter().find(|posting| posting.id == id)
    }

    /// A posting's candidates invited within the bounds, the newest first.
    pub fn candidates(&self, posting: &Posting, bounds: [Option<f64>; 2], now: f64) -> Vec<Entry> {
        let [after, before] = bounds;
        let within = |at: f64| {
            after.is_none_or(|after| after <= at) && before.is_none_or(|before| at <= before)
        };
        let placed = self
            .placed
            .iter()
            .rev()
            .filter(|placed| placed.posting_id == posting.id && within(placed.created_at));
        let invented = self
            .world
            .candidates_of(posting, now)
            .filter(|index| !self.removed.contains(index) && within(self.world.invited_at(*index)));
        placed
            .map(|placed| Entry::Placed(placed.interview_id.clone()))
            .chain(invented.map(Entry::Invented))
            .collect()
    }

    /// The interview id of an entry.
    pub fn interview_id(&self, entry: &Entry) -> String {
        match entry {
            Entry::Invented(index) => self.world.seed.interview_id(*index),
            Entry::Placed(id) => id.clone(),
        }
    }

    /// Writes the full data of an interview.
    pub fn interview(&self, id: &str, now: f64) -> Option<Value> {
        if let Some(edited) = self.interviews.get(id) {
            return Some(edited.clone());
        }
        self.index(id, now).map(|index| interview::data(&self.world.candidate(index), now))
    }

    /// Writes the list's row of an interview.
    pub fn row(&self, id: &str, now: f64) -> Option<Value> {
        if let Some(edited) = self.rows.get(id) {
            return Some(edited.clone());
        }
        self.index(id, now).map(|index| candidate::row(&self.world.candidate(index), now))
    }

    /// Replaces the full data. The row follows.
    pub fn edit_interview(&mut self, id: &str, data: Value, now: f64) {
        if let Some(mut row) = self.row(id, now) {
            candidate::follow(&mut row, &data);
            self.rows.insert(id.to_owned(), row);
        }
        self.interviews.insert(id.to_owned(), data);
    }

    /// Replaces the row.
    pub fn edit_row(&mut self, id: &str, row: Value) {
        self.rows.insert(id.to_owned(), row);
    }

    /// Adds an interview that a test made, or replaces the one with its id.
    pub fn put(&mut self, posting_id: &str, id: &str, data: Value, now: f64) {
        if self.row(id, now).is_some() {
            return self.edit_interview(id, data, now);
        }
        self.placed.push(Placed {
            posting_id: posting_id.to_owned(),
            interview_id: id.to_owned(),
            created_at: now,
        });
        self.rows.insert(id.to_owned(), candidate::row_of(&data, now));
        self.interviews.insert(id.to_owned(), data);
    }

    /// Removes an interview.
    pub fn remove(&mut self, id: &str) {
        self.removed.extend(self.world.seed.index(id));
        self.placed.retain(|placed| placed.interview_id != id);
        self.interviews.remove(id);
        self.rows.remove(id);
    }

    /// Counts and averages a posting's candidates.
    pub fn stats(&self, posting: &Posting, now: f64) -> Value {
        let entries = self.candidates(posting, [None, None], now);
        let (mut completed, mut web, mut resume) = (0, Vec::new(), Vec::new());
        for entry in &entries {
            if let Some(data) = self.interviews.get(&self.interview_id(entry)) {
                completed += u32::from(data["workflow"]["all_complete"] == true);
                web.extend(data["web_interview"]["match_score"].as_f64());
                resume.extend(data["resume"]["overall_score"].as_f64());
            } else if let Entry::Invented(index) = entry {
                let candidate = self.world.candidate(*index);
                completed += u32::from(reached(candidate.timeline.completed_at(), now));
                web.extend(web_score(&candidate, now));
                resume.extend(resume_score(&candidate, now));
            }
        }

        json!({
            "object": "posting_stats",
            "posting_id": posting.id,
            "title": posting.title(),
            "name": posting.name(),
            "total_candidates": entries.len(),
            "completed_interviews": completed,
            "average_interview_score": mean(&web),
            "average_resume_score": mean(&resume),
        })
    }

    /// The index of an invented candidate who is invited and not removed.
    pub fn index(&self, id: &str, now: f64) -> Option<u64> {
        self.world.index(id, now).filter(|index| !self.removed.contains(index))
    }
}

fn mean(scores: &[f64]) -> Option<f64> {
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}
