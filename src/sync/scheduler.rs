//! Fetches due interviews and writes their rows, while the process owns the workspace.
#![doc = include_str!("scheduler/README.md")]

mod failure;
mod fetch;
mod queue;
mod settle;

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::{
    fetch::Fetch,
    queue::Queue,
    settle::{MAX_WRITE_BATCH, Settled},
};
use super::{Error, Result, Workspace, connection, in_flight::InFlight};
use crate::{heymilo::Permit, records::Urgency};

/// How many transactions run at the same time. Answers that wait meanwhile are written together,
/// and a statement costs about as much for one interview as for ten.
const MAX_WRITES: usize = 2;
/// A quarter of the concurrent requests is kept for commands, deliveries and changes. So these do
/// not wait for a part of a large backfill.
const FRESH_SHARE: usize = 4;
/// How long the scheduler waits when the database is away.
const DATABASE_RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// Fetches the due interviews of one workspace.
#[derive(Clone)]
pub struct Scheduler {
    workspace: Workspace,
    /// How many interviews are fetched at the same time.
    concurrency: usize,
    /// What all workspaces of the process have in flight.
    in_flight: InFlight,
}

/// The state of a running scheduler.
struct UnderWay {
    queue: Queue,
    fetches: JoinSet<Fetch>,
    /// Answers that wait to be written.
    fetched: Vec<Fetch>,
    writes: JoinSet<Settled>,
    /// Whether any request was made.
    has_begun: bool,
    done: usize,
    failure: Option<Error>,
}

impl Scheduler {
    /// Makes a scheduler.
    pub fn new(workspace: Workspace, concurrency: usize, in_flight: InFlight) -> Self {
        Self { workspace, concurrency, in_flight }
    }

    /// Works until `stop` is cancelled, and then finishes the interviews in flight.
    pub async fn run(&self, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => return,
            () = self.identified() => {}
        }
        self.work(stop, false).await;
        self.workspace.owner.jobs_pulse().end();
    }

    /// Works until no job is due now. Returns the number of jobs settled.
    pub async fn step(&self) -> Result<usize> {
        let UnderWay { done, failure, .. } = self.work(&CancellationToken::new(), true).await;
        self.workspace.owner.jobs_pulse().end();
        failure.map_or(Ok(done), Err)
    }

    /// Waits until the key is known not to be of another workspace.
    async fn identified(&self) {
        let pulse = self.workspace.owner.jobs_pulse();
        pulse.end();
        self.workspace.identified().await;
    }

    async fn work(&self, stop: &CancellationToken, until_idle: bool) -> UnderWay {
        let Workspace { heymilo, wake, owner, .. } = &self.workspace;
        let mut under_way = UnderWay::new(self.workspace.clone());
        loop {
            owner.jobs_pulse().beat();
            owner.note_in_flight(under_way.queue.in_flight());
            under_way.write(self);
            let is_blocked = under_way.failure.is_some()
                || under_way.has_begun && heymilo.limiter().is_blocked();
            let is_stopping = stop.is_cancelled() || until_idle && is_blocked;
            if !is_stopping {
                self.look(&mut under_way).await;
            }

            let least = self.least_urgent(&under_way);
            let next = least.filter(|_| !is_stopping).and_then(|least| under_way.queue.next(least));
            if under_way.is_idle()
                && (is_stopping || until_idle && next.is_none() && !under_way.queue.must_look())
            {
                owner.note_in_flight(0);
                return under_way;
            }

            let acquire = async {
                let (urgency, since) = next.expect("there is a next job");
                self.in_flight.wait_below_limit().await;
                heymilo.limiter().acquire(urgency, since).await
            };
            let wake_at = under_way.queue.wake_at().max(Instant::now() + Duration::from_millis(1));
            tokio::select! {
                Some(fetch) = under_way.fetches.join_next() => {
                    under_way.fetched.push(fetch.expect("fetching does not panic"));
                    under_way.collect();
                }
                Some(settled) = under_way.writes.join_next() => {
                    let done = under_way.done;
                    under_way.settled(settled.expect("writing does not panic"), until_idle);
                    owner.note_settled(under_way.done - done);
                    self.watch(&mut under_way).await;
                }
                permit = acquire, if next.is_some() => {
                    let least = least.unwrap_or(Urgency::Command);
                    self.begin(&mut under_way, permit, least);
                }
                () = wake.jobs_due() => under_way.queue.wake(),
                () = sleep_until(wake_at) => {}
                () = stop.cancelled(), if !is_stopping => {}
            }
        }
    }

    /// Reads the due jobs when it is time to.
    async fn look(&self, under_way: &mut UnderWay) {
        if !under_way.queue.must_look() {
            return;
        }
        let looked = async {
            let poison_jobs = under_way.queue.look(self.workspace.owner.held()).await?;
            for job in poison_jobs {
                failure::within_time(self.give_up(&job, failure::POISON_JOB)).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = looked.await {
            let Workspace { id, owner, .. } = &self.workspace;
            owner.outage().report(id, &error, "due jobs not read, retrying in 2 s");
            under_way.queue.delay(DATABASE_RETRY_INTERVAL);
            under_way.failure.get_or_insert(error);
        }
    }

    /// The least urgent level of which another request may begin now. `None` when no request may
    /// begin.
    fn least_urgent(&self, under_way: &UnderWay) -> Option<Urgency> {
        let most = self.concurrency;
        let requests = under_way.fetches.len();
        if requests >= most || under_way.fetched.len() >= MAX_WRITE_BATCH {
            None
        } else if requests >= most - most / FRESH_SHARE {
            Some(Urgency::Change)
        } else {
            Some(Urgency::Refresh)
        }
    }

    /// Sends the request for the next job.
    fn begin(&self, under_way: &mut UnderWay, permit: Permit, least: Urgency) {
        let is_for_longest_waiting = permit.is_for_longest_waiting;
        if let Some(next) = under_way.queue.take(least, is_for_longest_waiting) {
            let scheduler = self.clone();
            under_way.has_begun = true;
            under_way.fetches.spawn(scheduler.fetch(next, permit));
        }
    }

    /// Records whether the API answers.
    async fn watch(&self, under_way: &mut UnderWay) {
        if let Err(error) = failure::within_time(connection::watch(&self.workspace)).await {
            under_way.failure.get_or_insert(error);
        }
    }
}

impl UnderWay {
    fn new(workspace: Workspace) -> Self {
        Self {
            queue: Queue::new(workspace),
            fetches: JoinSet::new(),
            fetched: Vec::new(),
            writes: JoinSet::new(),
            has_begun: false,
            done: 0,
            failure: None,
        }
    }

    fn is_idle(&self) -> bool {
        self.fetches.is_empty() && self.fetched.is_empty() && self.writes.is_empty()
    }

    /// Takes all answers that have arrived.
    fn collect(&mut self) {
        while let Some(fetch) = self.fetches.try_join_next() {
            self.fetched.push(fetch.expect("fetching does not panic"));
        }
    }

    /// Begins to write the fetched answers.
    fn write(&mut self, scheduler: &Scheduler) {
        while self.writes.len() < MAX_WRITES && !self.fetched.is_empty() {
            let batch = self.fetched.len().min(MAX_WRITE_BATCH);
            let batch = self.fetched.drain(..batch).collect();
            self.writes.spawn(scheduler.clone().settle(batch));
        }
    }

    fn settled(&mut self, settled: Settled, until_idle: bool) {
        for (interview_id, is_done) in settled.jobs {
            self.queue.settled(&interview_id, is_done || !until_idle);
            self.done += usize::from(is_done);
        }
        if let Some(error) = settled.failure {
            warn!(error = error.in_full(), "interviews not written, retrying in 2 s");
            self.queue.delay(DATABASE_RETRY_INTERVAL);
            self.failure.get_or_insert(error);
        }
    }
}
