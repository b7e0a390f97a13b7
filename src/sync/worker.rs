//! Workers: claim what is due, fetch it, write it.

mod failure;
mod fetch;

use std::{
    future::Future,
    mem,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    task::JoinSet,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;
use tracing::{Span, info_span, warn};

use self::fetch::{Answered, Fetch};
use super::{
    Error, Result, Workspace, connection,
    in_hand::InHand,
    interview::{self, Prepared},
    told,
};
use crate::{
    config::{Gone, Recheck, Worker as Settings},
    crash,
    heymilo::{self, Permit, Permits, Purpose},
    metrics::Stage,
    store::{
        self,
        database::is_passing,
        jobs::{Job, NEWS_WAIT, Turn},
    },
    wake::Lane,
};

/// Most interviews in one transaction: more gains little and makes a failure dearer.
const WRITE_TOGETHER: usize = 32;
/// How many transactions go on at the same time. Whoever waits for its turn to write has more to write
/// together then, and a statement costs about as much for one interview as for ten.
const WRITERS: usize = 2;
/// How long it waits at most: who has the turn may wait for somebody's lock.
const TURN: Duration = Duration::from_secs(1);
/// Into so many parts the places of a worker are divided; each is claimed for at once. While one is
/// written, others are fetched, and a request that hangs holds up no more than its own place.
pub const PARTS: usize = 4;
/// One in so many places is kept for what deliveries name: however large a backfill is, they need
/// not wait until a part of it is written.
const KEPT_FOR_NEWS: usize = 4;
/// How long an idle worker sleeps when nobody wakes it: jobs also become due by themselves.
const IDLE: Duration = Duration::from_secs(2);
/// How long a worker waits when the database is away.
const DATABASE_AWAY: Duration = Duration::from_secs(2);
/// After so many leases lost in a row, of which it was alone since the second, a job is to blame.
const MOST_LOST_LEASES: i32 = 5;
const KILLS: &str = "whoever worked on it died, five times in a row";

/// Fetches due interviews of one workspace and writes their rows. Clones share its places.
#[derive(Clone)]
pub struct Worker {
    workspace: Workspace,
    settings: Settings,
    lane: Lane,
    /// How many jobs may be in hand, and the places of those.
    most: usize,
    places: Arc<Semaphore>,
    writers: Arc<Semaphore>,
    recheck: Recheck,
    gone: Gone,
    /// What all workers of the process have in memory.
    in_hand: InHand,
    /// Cancelled when the process cannot wait any longer for jobs in hand.
    abandon: CancellationToken,
    /// How often jobs were claimed.
    claims: Arc<AtomicUsize>,
}

/// Places for jobs, and permits to make a request for each.
pub(super) struct Room {
    places: OwnedSemaphorePermit,
    permits: Permits,
}

impl Worker {
    /// Makes a worker that gives jobs back on `abandon`.
    pub fn new(
        workspace: Workspace,
        settings: Settings,
        recheck: Recheck,
        gone: Gone,
        in_hand: InHand,
        abandon: CancellationToken,
    ) -> Self {
        let (claims, most) = (Arc::default(), settings.concurrency);
        let places = Arc::new(Semaphore::new(most));
        let writers = Arc::new(Semaphore::new(WRITERS));
        Self {
            workspace,
            settings,
            lane: Lane::Only,
            most,
            places,
            writers,
            recheck,
            gone,
            in_hand,
            abandon,
            claims,
        }
    }

    /// Divides its places: one worker for everything, and one for what deliveries name. With few
    /// places the latter has none.
    pub fn lanes(&self) -> [Self; 2] {
        let for_news = self.most / KEPT_FOR_NEWS;
        let worker = |lane, most| {
            let places = Arc::new(Semaphore::new(most));
            let writers = Arc::new(Semaphore::new(WRITERS));
            Self { lane, most, places, writers, ..self.clone() }
        };
        let all = if for_news == 0 { Lane::Only } else { Lane::All };
        [worker(all, self.most - for_news), worker(Lane::News, for_news)]
    }

    /// How many jobs it may have in hand.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Works until `shutdown` is cancelled. Jobs in hand are then finished, unless it takes so long
    /// that they are to be abandoned.
    pub async fn run(&self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            // Only the wait for room may be interrupted: no job is in hand then.
            let mut room = tokio::select! {
                () = shutdown.cancelled() => break,
                room = self.room() => room,
            };
            // Whoever sleeps keeps its places, so that no others look for work in vain.
            let pause = match self.work(&mut room).await {
                Ok(0) => IDLE,
                Ok(_) => continue,
                Err(error) => {
                    warn!(error = error.in_full(), "jobs not done, will retry");
                    DATABASE_AWAY
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.workspace.workers.rung(self.lane) => {}
                () = time::sleep(pause) => {}
            }
        }
    }

    /// Does what is due now, as far as the budget allows at once. Returns how many jobs that were.
    pub async fn step(&self) -> Result<usize> {
        let mut room = self.room().await;
        self.work(&mut room).await
    }

    /// Waits for a part of the places and for permission to make requests; nothing is claimed
    /// meanwhile.
    pub(super) async fn room(&self) -> Room {
        let part = self.most.div_ceil(PARTS);
        let places = self.places.clone().acquire_many_owned(part as u32).await;
        let places = places.expect("the semaphore is never closed");
        self.in_hand.room().await;
        let pacing = self.workspace.heymilo.pacing();
        let purpose = match self.lane {
            Lane::Only => Purpose::Interviews,
            Lane::All => Purpose::BesidesNews,
            Lane::News => Purpose::News,
        };
        let permits = pacing.acquire_up_to(part, purpose).await;
        Room { places, permits }
    }

    /// Claims as many jobs as there are permits to make a request. In this order, so that what is
    /// claimed is the most urgent at the time when the request can be made; and in turns, so that no
    /// two take a permit for the same job.
    pub(super) async fn work(&self, room: &mut Room) -> Result<usize> {
        let Permits { permits, choice } = mem::take(&mut room.permits);
        if permits.is_empty() {
            return Ok(0);
        }
        let Workspace { id, db, allowance, counts, workers, .. } = &self.workspace;
        let (lease, turn, most) = (self.settings.lease, self.turn(), permits.len());
        // Before anything is claimed, so that nothing is lost along with a suspect.
        let company = self.in_hand.in_company().await;
        let began = Instant::now();
        let wait = if self.lane == Lane::All { NEWS_WAIT } else { Duration::ZERO };
        let claim = store::jobs::claim(db, id, most, lease, turn, wait, *allowance);
        let jobs = within(lease, claim).await?;
        drop(choice);
        counts.took(Stage::Claim, began.elapsed());
        crash::point("job-claimed");
        let claimed = jobs.clone();
        let claimed: Vec<&Job> = claimed.iter().collect();
        let fetches = jobs.into_iter().zip(permits).map(|(job, permit)| {
            let place = room.places.split(1).expect("a part has a place for each permit");
            (job, permit, place)
        });
        let fetches: Vec<_> = fetches.collect();
        if fetches.len() == most {
            // There may be more than one can do.
            workers.work();
            if self.lane == Lane::News {
                workers.news();
            }
        } else if !fetches.is_empty() {
            // Others may need what is left.
            drop(room.places.split(room.places.num_permits()));
        }
        let settled = tokio::select! {
            settled = self.fetch_and_settle(fetches, company) => settled,
            () = self.keep_leases(&claimed) => Err(sqlx::Error::PoolTimedOut.into()),
            () = self.abandon.cancelled() => Err(Error::Stopped),
        };
        if settled.is_err() {
            // Whatever was not settled is due again at once, without waiting for its lease to end.
            // When the database is still away, that end will do.
            within(lease, store::jobs::release(db, id, &claimed)).await.ok();
        }
        let watch = time::timeout(lease, connection::watch(&self.workspace)).await;
        watch.map_err(|_| sqlx::Error::PoolTimedOut)??;
        settled.map(|()| claimed.len())
    }

    /// Renews the leases of jobs in hand, well before they end. Returns when that was not possible
    /// for a whole lease: they are lost then, and whatever waits for the database may wait for ever.
    async fn keep_leases(&self, jobs: &[&Job]) {
        let Workspace { id, db, .. } = &self.workspace;
        let lease = self.settings.lease;
        let mut beat = time::interval(lease / 3);
        // The first tick comes at once, and the leases are new.
        beat.tick().await;
        let mut renewed_at = Instant::now();
        while renewed_at.elapsed() < lease {
            beat.tick().await;
            let renewed = time::timeout(lease / 3, store::jobs::renew(db, id, jobs, lease)).await;
            match renewed.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                Ok(()) => renewed_at = Instant::now(),
                Err(error) => {
                    warn!(error = Error::from(error).in_full(), "leases not renewed, will retry");
                }
            }
        }
    }

    /// Gives every tenth claim to what the poll found and every twentieth to backfill, however many
    /// webhooks there are.
    fn turn(&self) -> Turn {
        if self.lane == Lane::News {
            return Turn::News;
        }
        match self.claims.fetch_add(1, Ordering::Relaxed) % 20 {
            4 | 14 => Turn::Poll,
            9 => Turn::Backfill,
            _ => Turn::MostUrgent,
        }
    }

    async fn fetch_and_settle(
        &self,
        fetches: Vec<(Job, Permit, OwnedSemaphorePermit)>,
        company: SemaphorePermit<'_>,
    ) -> Result<()> {
        let suspect = fetches.first().map(|(job, ..)| job).filter(|job| job.is_suspect());
        if let Some(job) = suspect.filter(|job| job.lost_leases >= MOST_LOST_LEASES) {
            return self.give_up(job, KILLS).await;
        }
        let _company = if suspect.is_some() {
            drop(company);
            self.in_hand.alone().await
        } else {
            company
        };
        // Tasks of their own, so that an answer is received while another is written.
        let mut under_way = JoinSet::new();
        for (job, permit, place) in fetches {
            under_way.spawn(self.clone().fetch(job, permit, place));
        }
        while let Some(first) = under_way.join_next().await {
            let _turn = time::timeout(TURN, self.writers.acquire()).await;
            let mut fetched = vec![first.expect("fetching does not panic")];
            while fetched.len() < WRITE_TOGETHER
                && let Some(next) = under_way.try_join_next()
            {
                fetched.push(next.expect("fetching does not panic"));
            }
            // A connection that hangs would hold these jobs for ever: others renew their leases.
            let jobs: Vec<Job> = fetched.iter().map(|fetch| fetch.job().clone()).collect();
            match time::timeout(self.settings.lease, self.settle(fetched)).await {
                Ok(settled) => settled?,
                Err(_) => return self.settle_late(&jobs).await,
            }
        }
        Ok(())
    }

    /// Writes what was fetched and decides about what was not.
    async fn settle(&self, fetched: Vec<Fetch>) -> Result<()> {
        crash::point("job-fetched");
        let mut prepared = Vec::with_capacity(fetched.len());
        // Until all is written.
        let mut all_held = Vec::with_capacity(fetched.len());
        for Fetch { answer, at, held } in fetched {
            all_held.push(held);
            match answer {
                Answered::Read(read) => prepared.push(*read),
                Answered::Unreadable(job, body, unreadable) => {
                    interview::keep_unreadable(&self.workspace, &job, &body, at).await?;
                    self.settle_failure(&job, unreadable.into()).await?;
                }
                Answered::Failed(job, heymilo::Error::NotFound) => {
                    self.settle_not_found(&job, at).await?;
                }
                Answered::Failed(job, error) => self.settle_failure(&job, error.into()).await?,
            }
        }
        self.write(&prepared).await
    }

    /// Writes interviews together; one by one when the rows of one are refused, so that the others
    /// do not suffer.
    async fn write(&self, prepared: &[Prepared]) -> Result<()> {
        let batch: Vec<&Prepared> = prepared.iter().collect();
        if batch.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        // One transaction writes them all, and each has its part in it.
        let spans = batch.iter().map(|prepared| info_span!(parent: &prepared.span, "write"));
        let _writing: Vec<Span> = spans.collect();
        match interview::write(&self.workspace, &self.recheck, &batch).await {
            Ok(outcomes) => {
                self.workspace.counts.took(Stage::Write, began.elapsed());
                for (prepared, outcome) in batch.iter().zip(outcomes) {
                    told::outcome(&self.workspace, &prepared.job, &prepared.span, outcome);
                }
                Ok(())
            }
            Err(error) if is_passing(&error) => Err(error.into()),
            Err(error) => match batch[..] {
                [alone] => self.settle_refusal(alone, &error).await,
                _ => {
                    for alone in prepared {
                        Box::pin(self.write(std::slice::from_ref(alone))).await?;
                    }
                    Ok(())
                }
            },
        }
    }
}

/// Does something that the database may not take longer for.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = store::Result<T>>,
) -> store::Result<T> {
    time::timeout(limit, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}
