//! A candidate's progress through the steps: the time of each event, and the state at an instant.

use fastrand::Rng;
use serde_json::{Value, json};

use super::{
    clock::to_millis,
    posting::{Agent, Posting},
    seed::{between, chance},
};

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// Everything that has happened or will happen to one candidate in one posting.
#[derive(Debug, Default)]
pub struct Timeline {
    /// One per step of the posting.
    pub passages: Vec<Passage>,
    /// When the final score is known. `None` when the candidate never gets that far.
    pub reported_at: Option<f64>,
    pub decision: Option<Decision>,
}

/// A candidate's progress through one step.
#[derive(Debug, Default, Clone)]
pub struct Passage {
    pub started_at: Option<f64>,
    pub finished_at: Option<f64>,
    /// When the result can be read. A web interview is analysed first.
    pub result_at: Option<f64>,
    pub knocked_out: bool,
}

/// A recruiter's decision.
#[derive(Debug)]
pub struct Decision {
    pub at: f64,
    pub shortlisted: bool,
}

/// The status of a candidate at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    InProgress,
    Evaluating,
    Completed,
    Shortlisted,
    Dismissed,
    KnockedOut,
}

impl Status {
    /// The status' name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Evaluating => "evaluating",
            Self::Completed => "completed",
            Self::Shortlisted => "shortlisted",
            Self::Dismissed => "dismissed",
            Self::KnockedOut => "knocked_out",
        }
    }
}

impl Timeline {
    /// Invents the progress of a candidate who was invited at `invited_at`. Ability is from 0.0 to
    /// 1.0.
    pub fn new(rng: &mut Rng, posting: &Posting, invited_at: f64, ability: f64) -> Self {
        let mut timeline = Self::default();
        let mut ready_at = Some(invited_at);

        for step in &posting.steps {
            let passage = match ready_at {
                Some(at) => Passage::new(rng, step.agent, at, ability),
                None => Passage::default(),
            };
            ready_at = passage.finished_at.filter(|_| !passage.knocked_out);
            timeline.passages.push(passage);
        }
        if let Some(finished_at) = ready_at {
            let analyzed = timeline.passages.iter().filter_map(|passage| passage.result_at);
            let reported_at =
                analyzed.fold(to_millis(finished_at + between(rng, 8.0, 20.0)), f64::max);
            timeline.reported_at = Some(reported_at);
            timeline.decision = chance(rng, 0.7).then(|| Decision {
                at: to_millis(reported_at + between(rng, 0.5, 5.0) * between(rng, HOUR, DAY)),
                shortlisted: ability + between(rng, -0.15, 0.15) > 0.6,
            });
        }

        timeline
    }

    /// When the first step began.
    pub fn started_at(&self) -> Option<f64> {
        self.passages.first().and_then(|passage| passage.started_at)
    }

    /// When the last step was done, for a candidate who was not knocked out.
    pub fn completed_at(&self) -> Option<f64> {
        let last = self.passages.last().filter(|passage| !passage.knocked_out)?;
        last.finished_at
    }

    /// The candidate's status at `now`.
    pub fn status(&self, now: f64) -> Status {
        if self.passages.iter().any(|passage| passage.is_knocked_out(now)) {
            Status::KnockedOut
        } else if !reached(self.started_at(), now) {
            Status::Pending
        } else if !reached(self.completed_at(), now) {
            Status::InProgress
        } else if !reached(self.reported_at, now) {
            Status::Evaluating
        } else {
            match &self.decision {
                Some(decision) if decision.at <= now && decision.shortlisted => Status::Shortlisted,
                Some(decision) if decision.at <= now => Status::Dismissed,
                _ => Status::Completed,
            }
        }
    }

    /// Writes the progress at `now` as the API answers it.
    pub fn workflow(&self, posting: &Posting, now: f64) -> Value {
        let passages = || (1..).zip(posting.steps.iter().zip(&self.passages));
        let steps: Vec<Value> = passages()
            .map(|(order, (step, passage))| {
                json!({
                    "step_id": step.id,
                    "order": order,
                    "status": passage.status(now),
                    "started": reached(passage.started_at, now),
                    "completed": reached(passage.finished_at, now) && !passage.knocked_out,
                    "knocked_out": passage.is_knocked_out(now),
                    "last_updated_at": passage.last_updated_at(now),
                })
            })
            .collect();
        let activity = self.passages.iter().filter_map(|passage| passage.last_updated_at(now));

        json!({
            "steps": steps,
            "all_complete": reached(self.completed_at(), now),
            "last_activity_at": activity.reduce(f64::max),
        })
    }
}

impl Passage {
    fn new(rng: &mut Rng, agent: Agent, ready_at: f64, ability: f64) -> Self {
        if chance(rng, 0.08) {
            return Self::default();
        }
        let started_at = to_millis(ready_at + hesitation(rng, agent));
        if chance(rng, 0.03) {
            return Self { started_at: Some(started_at), ..Self::default() };
        }
        let minutes = match agent {
            Agent::Form => between(rng, 1.0, 6.0),
            Agent::Resume => between(rng, 0.3, 1.5),
            Agent::Sms => between(rng, 3.0, 25.0),
            Agent::WebInterview => between(rng, 8.0, 25.0),
        };
        let finished_at = to_millis(started_at + minutes * MINUTE);
        let analysis = if agent == Agent::WebInterview { between(rng, 30.0, 240.0) } else { 0.0 };

        Self {
            started_at: Some(started_at),
            finished_at: Some(finished_at),
            result_at: Some(to_millis(finished_at + analysis)),
            knocked_out: agent != Agent::WebInterview && chance(rng, 0.2 * (1.0 - ability)),
        }
    }

    fn status(&self, now: f64) -> &'static str {
        if self.is_knocked_out(now) {
            "knocked_out"
        } else if reached(self.finished_at, now) {
            "completed"
        } else if reached(self.started_at, now) {
            "in_progress"
        } else {
            "not_started"
        }
    }

    fn is_knocked_out(&self, now: f64) -> bool {
        self.knocked_out && reached(self.finished_at, now)
    }

    fn last_updated_at(&self, now: f64) -> Option<f64> {
        [self.finished_at, self.started_at].into_iter().flatten().find(|&at| at <= now)
    }
}

/// Whether an event has happened by `now`.
pub fn reached(at: Option<f64>, now: f64) -> bool {
    at.is_some_and(|at| at <= now)
}

/// How long a candidate takes to begin a step. Most begin at once, some need days.
fn hesitation(rng: &mut Rng, agent: Agent) -> f64 {
    if agent == Agent::Resume {
        // The resume was sent with the application.
        return between(rng, 2.0, 30.0);
    }
    match rng.f64() {
        ..0.6 => between(rng, 10.0, 8.0 * MINUTE),
        0.6..0.9 => between(rng, 10.0 * MINUTE, 6.0 * HOUR),
        _ => between(rng, 6.0 * HOUR, 4.0 * DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(started_at: f64, finished_at: f64, knocked_out: bool) -> Passage {
        Passage {
            started_at: Some(started_at),
            finished_at: Some(finished_at),
            result_at: Some(finished_at),
            knocked_out,
        }
    }

    #[test]
    fn a_candidate_goes_from_pending_to_a_decision() {
        let timeline = Timeline {
            passages: vec![passage(10.0, 20.0, false), passage(30.0, 40.0, false)],
            reported_at: Some(50.0),
            decision: Some(Decision { at: 60.0, shortlisted: true }),
        };

        let statuses = [9.0, 10.0, 25.0, 40.0, 50.0, 60.0].map(|now| timeline.status(now).name());
        assert_eq!(
            statuses,
            ["pending", "in_progress", "in_progress", "evaluating", "completed", "shortlisted"]
        );
    }

    #[test]
    fn a_knocked_out_candidate_stays_so() {
        let timeline = Timeline {
            passages: vec![passage(10.0, 20.0, true), Passage::default()],
            ..Timeline::default()
        };

        assert_eq!(timeline.status(19.0), Status::InProgress);
        assert_eq!(timeline.status(20.0), Status::KnockedOut);
        assert_eq!(timeline.status(1e12), Status::KnockedOut);
    }
}
