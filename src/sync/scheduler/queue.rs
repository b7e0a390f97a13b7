//! The due jobs that a scheduler knows: a window of the jobs in the database.

use std::{collections::HashSet, mem, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::{
    metrics::Stage,
    records::{InterviewId, Urgency},
    store::{
        self,
        database::within,
        jobs::{Job, LowWaterMarks, MAX_MARKS},
    },
    sync::{Workspace, owner::Held},
};

/// How many due jobs of each urgency are read at a time.
const WINDOW: i64 = 64;
/// How long the database may take to return the due jobs.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// How often to look without a notification. Jobs also become due by time, and poolers may not
/// notify.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// The shortest time between two looks.
const MIN_LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// The due jobs of one workspace that are not in flight, and the ids of the jobs that are.
pub(super) struct Queue {
    workspace: Workspace,
    due: Vec<Waiting>,
    in_flight: HashSet<InterviewId>,
    /// Jobs that failed and are still due. One step does not try them again.
    passed_over: HashSet<InterviewId>,
    low_water: LowWaterMarks,
    /// Jobs that this process marked after an unclean takeover.
    marked: HashSet<InterviewId>,
    /// Whether a job is in flight that must be alone.
    is_one_alone: bool,
    /// Whether the database may hold due jobs that were not read.
    is_stale: bool,
    /// Whether a job was enqueued that may be in flight.
    was_woken: bool,
    /// Urgencies of which more jobs are due than were read.
    cut_off: Vec<Urgency>,
    looked_at: Option<Instant>,
    /// When to look again.
    look_at: Instant,
}

/// A due job.
#[derive(Debug)]
pub(super) struct Waiting {
    pub job: Job,
    /// Since when the job waits.
    pub since: Instant,
    /// Whether the job was due at an unclean takeover, so that it must be marked before the work.
    pub must_be_marked: bool,
    /// Whether an earlier process died that had marked the job, so that it must be alone.
    pub must_be_alone: bool,
}

impl Waiting {
    /// The order of jobs: the most urgent first, and among equals the one that was due first.
    fn rank(&self) -> (Urgency, DateTime<Utc>) {
        (self.job.urgency, self.job.due_at)
    }
}

impl Queue {
    pub fn new(workspace: Workspace) -> Self {
        Self {
            workspace,
            due: Vec::new(),
            in_flight: HashSet::new(),
            passed_over: HashSet::new(),
            low_water: LowWaterMarks::default(),
            marked: HashSet::new(),
            is_one_alone: false,
            is_stale: true,
            was_woken: false,
            cut_off: Vec::new(),
            looked_at: None,
            look_at: Instant::now(),
        }
    }

    /// Records that a job was enqueued.
    pub fn wake(&mut self) {
        self.is_stale = true;
        self.was_woken |= !self.in_flight.is_empty();
    }

    /// Looks for due jobs only after `pause`.
    pub fn delay(&mut self, pause: Duration) {
        self.due.clear();
        self.is_stale = false;
        self.cut_off.clear();
        self.look_at = Instant::now() + pause;
    }

    /// Whether it is time to read the due jobs.
    pub fn must_look(&self) -> bool {
        let now = Instant::now();
        let is_quiet = self.looked_at.is_none_or(|at| at + MIN_LOOK_INTERVAL <= now);
        let is_left = |urgency: &Urgency| self.due.iter().any(|it| it.job.urgency == *urgency);
        let is_used_up = self.cut_off.iter().any(|urgency| !is_left(urgency));
        (self.is_stale || is_used_up || self.look_at <= now) && (is_quiet || self.due.is_empty())
    }

    /// When the next look may be due.
    pub fn wake_at(&self) -> Instant {
        let soonest = self.looked_at.map_or_else(Instant::now, |at| at + MIN_LOOK_INTERVAL);
        if self.is_stale { soonest.min(self.look_at) } else { self.look_at }
    }

    /// Reads the due jobs. Returns poison jobs, which have too many marks.
    pub async fn look(&mut self, held: Option<Held>) -> store::Result<Vec<Job>> {
        let Workspace { id, db, heymilo, share, counts, .. } = &self.workspace;
        let began = Instant::now();
        self.is_stale = false;
        self.looked_at = Some(began);
        self.look_at = began + LOOK_INTERVAL;
        let is_allowed = share.has_left(heymilo.limiter().limit());
        let skipped = self.in_flight.iter().chain(&self.passed_over);
        let skipped: Vec<&str> = skipped.map(InterviewId::as_str).collect();
        let due = store::jobs::due(db, id, WINDOW, &skipped, is_allowed, &mut self.low_water);
        let due = within(READ_TIMEOUT, due).await?;
        counts.took(Stage::Due, began.elapsed());

        let is_cut_off = |urgency: &Urgency| {
            due.iter().filter(|job| job.urgency == *urgency).count() >= WINDOW as usize
        };
        self.cut_off = Urgency::ALL.into_iter().filter(is_cut_off).collect();
        let (poison_jobs, due): (Vec<Job>, Vec<Job>) =
            due.into_iter().partition(|job| self.earlier_marks(job) >= MAX_MARKS);
        self.due = due.into_iter().map(|job| self.waiting(job, began, held)).collect();
        Ok(poison_jobs)
    }

    fn waiting(&self, job: Job, now: Instant, held: Option<Held>) -> Waiting {
        let was_due =
            |held: Held| held.is_unclean && job.due_at.max(job.enqueued_at) <= held.taken_at;
        let waited = Duration::try_from_secs_f64(job.waited_s).unwrap_or_default();
        Waiting {
            must_be_marked: held.is_some_and(was_due) && !self.marked.contains(&job.interview_id),
            must_be_alone: self.earlier_marks(&job) > 0,
            since: now.checked_sub(waited).unwrap_or(now),
            job,
        }
    }

    /// How often earlier processes marked a job.
    fn earlier_marks(&self, job: &Job) -> i32 {
        job.marks - i32::from(self.marked.contains(&job.interview_id))
    }

    /// The urgency of the next job, and the time since when the longest-waiting job waits. `None`
    /// when no job is at least as urgent as `least`, or when the next job must be alone and cannot
    /// be yet.
    pub fn next(&self, least: Urgency) -> Option<(Urgency, Instant)> {
        let may_go = || self.due.iter().filter(|waiting| waiting.job.urgency <= least);
        let first = may_go().min_by_key(|waiting| waiting.rank())?;
        let since = may_go().map(|waiting| waiting.since).min()?;
        let must_wait = first.must_be_alone && !self.in_flight.is_empty();
        (!self.is_one_alone && !must_wait).then_some((first.job.urgency, since))
    }

    /// Takes the next job into hand.
    pub fn take(&mut self, least: Urgency, is_for_longest_waiting: bool) -> Option<Waiting> {
        let Workspace { heymilo, share, .. } = &self.workspace;

        loop {
            let is_empty = self.in_flight.is_empty();
            let may_go = self.due.iter().enumerate().filter(|(_, waiting)| {
                waiting.job.urgency <= least && (!waiting.must_be_alone || is_empty)
            });
            let next = if is_for_longest_waiting {
                may_go.min_by_key(|(_, waiting)| waiting.since)
            } else {
                may_go.min_by_key(|(_, waiting)| waiting.rank())
            };
            let (at, _) = next?;
            let waiting = self.due.swap_remove(at);
            let is_allowed =
                !waiting.job.is_speculative() || share.spend(heymilo.limiter().limit());
            if is_allowed && self.in_flight.insert(waiting.job.interview_id.clone()) {
                self.is_one_alone = waiting.must_be_alone;
                if waiting.must_be_marked {
                    self.marked.insert(waiting.job.interview_id.clone());
                }
                return Some(waiting);
            }
        }
    }

    /// Records that a job is not in flight any longer.
    pub fn settled(&mut self, interview_id: &InterviewId, is_done: bool) {
        self.in_flight.remove(interview_id);
        self.is_one_alone = false;
        // The job may have been enqueued again while it was in flight.
        self.is_stale |= mem::take(&mut self.was_woken);
        if !is_done {
            self.passed_over.insert(interview_id.clone());
        }
    }

    /// How many jobs are in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }
}
