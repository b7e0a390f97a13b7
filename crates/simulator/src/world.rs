//! The invitations of candidates to postings. Only the postings are stored. A candidate is invented
//! again from its index for each request.

use super::{
    clock::to_millis,
    options::Options,
    person::Person,
    posting::{Agent, Posting},
    seed::{Purpose, Seed, between},
    timeline::{Timeline, reached},
};

const DAY: f64 = 86_400.0;
/// How long before the start the first candidate was invited.
const PAST: f64 = 56.0 * DAY;

/// The workspace without edits.
#[derive(Debug)]
pub struct World {
    pub seed: Seed,
    pub postings: Vec<Posting>,
    start: f64,
    invited_before: u64,
    arrivals_per_second: f64,
    past: Dealing,
    arrivals: Dealing,
}

/// The order in which postings get candidates, repeated for ever.
#[derive(Debug)]
struct Dealing(Vec<usize>);

/// One candidate in one posting, with all future events.
#[derive(Debug)]
pub struct Candidate<'a> {
    pub seed: Seed,
    pub index: u64,
    pub interview_id: String,
    pub posting: &'a Posting,
    pub person: Person,
    pub invited_at: f64,
    /// From 0.0 to 1.0. Every score depends on it.
    pub ability: f64,
    pub timeline: Timeline,
}

impl World {
    /// Makes the world that starts at `start`, in Unix seconds.
    pub fn new(options: &Options, start: f64) -> Self {
        let seed = Seed::new(options.seed);
        let postings: Vec<Posting> =
            (0..options.postings.max(1)).map(|index| Posting::new(seed, index, start)).collect();
        Self {
            past: Dealing::new(seed, &postings, |_| true),
            arrivals: Dealing::new(seed, &postings, Posting::is_active),
            seed,
            postings,
            start,
            invited_before: options.candidates as u64,
            arrivals_per_second: options.arrivals_per_day / DAY,
        }
    }

    /// The number of candidates invited by `now`. Their indexes are below that number.
    pub fn invited(&self, now: f64) -> u64 {
        let arrived = ((now - self.start) * self.arrivals_per_second).max(0.0) as u64;
        let count = self.invited_before + arrived;
        // The next candidate may be invited early within its interval.
        if self.invited_at(count) <= now { count + 1 } else { count }
    }

    /// When a candidate is invited. Later indexes are invited later.
    pub fn invited_at(&self, index: u64) -> f64 {
        let turn = self.seed.choices(index, Purpose::Invitation).f64();
        let at = match index.checked_sub(self.invited_before) {
            Some(arrival) => self.start + (arrival as f64 + turn) / self.arrivals_per_second,
            None => {
                let passed = (index as f64 + turn) / self.invited_before as f64;
                // The workspace has been growing, so more candidates are recent.
                self.start - PAST * (1.0 - passed).powi(2)
            }
        };
        to_millis(at)
    }

    /// The index of a candidate who is invited by `now`.
    pub fn index(&self, interview_id: &str, now: f64) -> Option<u64> {
        self.seed.index(interview_id).filter(|&index| index < self.invited(now))
    }

    /// The indexes of a posting's candidates, the newest first.
    pub fn candidates_of(&self, posting: &Posting, now: f64) -> impl Iterator<Item = u64> {
        (0..self.invited(now)).rev().filter(|&index| self.posting_of(index).id == posting.id)
    }

    /// Makes a candidate.
    pub fn candidate(&self, index: u64) -> Candidate<'_> {
        let posting = self.posting_of(index);
        let invited_at = self.invited_at(index);
        let mut rng = self.seed.choices(index, Purpose::Timeline);
        let ability = (rng.f64() + rng.f64() + rng.f64()) / 3.0;
        Candidate {
            seed: self.seed,
            index,
            interview_id: self.seed.interview_id(index),
            posting,
            person: Person::new(self.seed, self.person_of(index)),
            invited_at,
            ability,
            timeline: Timeline::new(&mut rng, posting, invited_at, ability),
        }
    }

    fn posting_of(&self, index: u64) -> &Posting {
        let dealt = match index.checked_sub(self.invited_before) {
            Some(arrival) => self.arrivals.at(arrival),
            None => self.past.at(index),
        };
        &self.postings[dealt]
    }

    /// Every eleventh candidate is a person who was invited to another posting before.
    fn person_of(&self, index: u64) -> u64 {
        let before = index.saturating_sub(7);
        let elsewhere = self.posting_of(before).id != self.posting_of(index).id;
        if index % 11 == 10 && elsewhere { before } else { index }
    }
}

impl Dealing {
    fn new(seed: Seed, postings: &[Posting], invites: impl Fn(&Posting) -> bool) -> Self {
        let mut turns: Vec<usize> = postings
            .iter()
            .enumerate()
            .filter(|(_, posting)| invites(posting))
            .flat_map(|(index, posting)| std::iter::repeat_n(index, posting.weight))
            .collect();
        seed.choices(0, Purpose::Dealing).shuffle(&mut turns);
        Self(turns)
    }

    fn at(&self, turn: u64) -> usize {
        self.0[(turn % self.0.len() as u64) as usize]
    }
}

impl Candidate<'_> {
    /// Whether the result of `agent` can be read at `now`.
    pub fn has_result(&self, agent: Agent, now: f64) -> bool {
        self.step(agent).is_some_and(|step| reached(self.timeline.passages[step].result_at, now))
    }

    /// Whether `agent` knocks the candidate out.
    pub fn is_knocked_out_by(&self, agent: Agent) -> bool {
        self.step(agent).is_some_and(|step| self.timeline.passages[step].knocked_out)
    }

    /// When `agent` began and ended. Only called once there is a result.
    pub fn time_with(&self, agent: Agent) -> (f64, f64) {
        let passage = self.step(agent).map(|step| &self.timeline.passages[step]);
        passage
            .and_then(|passage| passage.started_at.zip(passage.finished_at))
            .expect("a result was asked of a finished step")
    }

    /// The generator of this candidate's choices for one purpose.
    pub fn choices(&self, purpose: Purpose) -> fastrand::Rng {
        self.seed.choices(self.index, purpose)
    }

    /// Invents a performance from 0.0 to 1.0 around the ability.
    pub fn performance(&self, rng: &mut fastrand::Rng) -> f64 {
        (0.1 + self.ability + between(rng, -0.2, 0.2)).clamp(0.0, 1.0)
    }

    fn step(&self, agent: Agent) -> Option<usize> {
        self.posting.steps.iter().position(|step| step.agent == agent)
    }
}
