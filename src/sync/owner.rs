//! Ownership of a workspace: one process makes requests with its key and writes fetched rows.
#![doc = include_str!("owner/README.md")]

mod loans;
mod stall;

use std::{
    fs,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::time::{Instant, sleep};
use tracing::{debug, error, info, warn};

use self::stall::Stall;
use super::{Error, Result, outage::Outage};
use crate::{
    heymilo::{Limiter, Usage},
    progress::Pulse,
    records::WorkspaceId,
    store::{
        self,
        database::within,
        owners::{Beat, HEARTBEAT_TTL, Process, Taken},
    },
};

/// How often the heartbeat is renewed.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(2);
/// How long the database may take for one heartbeat.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a waiting process checks whether a workspace is free.
const TAKE_INTERVAL: Duration = Duration::from_secs(1);
/// How long a takeover may take, which waits for the last owner's transactions.
const TAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// A loop that makes no turn for 10 s hangs.
const MAX_PULSE_AGE: Duration = Duration::from_secs(10);
/// How long lent requests count after the command gave them back.
const LOAN_COUNTS_FOR: Duration = Duration::from_secs(60);
/// A tenth of a minute's requests may leave in one burst, beside the requests that leave evenly.
const MAX_BURST_SHARE: u32 = 10;

/// This process among those that share the workspaces of a database.
#[derive(Debug, Clone)]
pub struct Contender {
    process: Process,
    owned: Arc<AtomicI32>,
    outage: Outage,
}

/// A process's right to one workspace. Clones share it.
#[derive(Clone)]
pub struct Owner(Arc<Shared>);

struct Shared {
    workspace_id: WorkspaceId,
    db: PgPool,
    limiter: Limiter,
    contender: Contender,
    held: Mutex<Option<Held>>,
    in_flight: AtomicI32,
    settled: AtomicUsize,
    stall: Stall,
    /// The loops that must make progress.
    jobs: Pulse,
    lists: Pulse,
}

/// The ownership that this process holds.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Its epoch.
    pub epoch: i64,
    /// When it was taken over, by the database's clock.
    pub taken_at: DateTime<Utc>,
    /// Whether the last owner did not release the workspace, so that a due job may have ended it.
    pub is_unclean: bool,
    /// When the heartbeat was last renewed.
    renewed_at: Instant,
    /// Whether it counts among the workspaces that this process owns.
    is_counted: bool,
}

/// Why an ownership ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Another daemon waits and should own the workspace instead.
    HandOver,
    /// The heartbeat expired, or another process took the workspace over.
    Lapsed,
    /// A loop made no progress.
    Hung,
}

impl Contender {
    /// Makes a contender for a daemon, or for a command that ends.
    pub fn new(is_daemon: bool) -> Self {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name = format!("{:016x}", fastrand::u64(..));
        let process = Process { name, host: host.trim().to_owned(), is_daemon };
        Self { process, owned: Arc::default(), outage: Outage::default() }
    }
}

impl Owner {
    /// Makes a contender for a workspace. Until it owns it, no request leaves through `limiter`.
    pub fn new(
        workspace_id: WorkspaceId,
        db: PgPool,
        limiter: Limiter,
        contender: Contender,
    ) -> Self {
        limiter.allow_until(Instant::now());
        Self(Arc::new(Shared {
            workspace_id,
            db,
            limiter,
            contender,
            held: Mutex::default(),
            in_flight: AtomicI32::default(),
            settled: AtomicUsize::default(),
            stall: Stall::default(),
            jobs: Pulse::default(),
            lists: Pulse::default(),
        }))
    }

    /// The pulse of the loop that fetches interviews.
    pub fn jobs_pulse(&self) -> &Pulse {
        &self.0.jobs
    }

    /// The pulse of the loop that reads lists.
    pub fn lists_pulse(&self) -> &Pulse {
        &self.0.lists
    }

    /// What the log knows about the database's outages.
    pub fn outage(&self) -> &Outage {
        &self.0.contender.outage
    }

    /// Records how many interviews are being fetched or written.
    pub fn note_in_flight(&self, interviews: usize) {
        self.0.in_flight.store(whole(interviews), Ordering::Relaxed);
    }

    /// Counts jobs that were settled.
    pub fn note_settled(&self, jobs: usize) {
        self.0.settled.fetch_add(jobs, Ordering::Relaxed);
    }

    /// How many jobs this process settled.
    pub fn settled(&self) -> usize {
        self.0.settled.load(Ordering::Relaxed)
    }

    /// The ownership, if this process holds it.
    pub fn held(&self) -> Option<Held> {
        *self.state()
    }

    /// Begins a transaction that writes fetched rows.
    pub async fn begin(&self) -> store::Result<Transaction<'static, Postgres>> {
        let Shared { db, workspace_id, .. } = &*self.0;
        // No process ever owns epoch 0, so the fence refuses the transaction.
        let epoch = self.held().map_or(0, |held| held.epoch);
        store::database::begin_fenced(db, workspace_id, epoch).await
    }

    /// Takes the workspace over if it is free. Returns whether this process owns it now.
    pub async fn take(&self) -> store::Result<bool> {
        let Shared { db, workspace_id: id, contender, limiter, .. } = &*self.0;
        let asked_at = Instant::now();
        let limit = whole(limiter.limit());
        let taken = store::owners::take(db, id, &contender.process, limit);
        let Some(taken) = within(TAKE_TIMEOUT, taken).await? else { return Ok(false) };
        self.inherit(&taken);
        let Taken { epoch, taken_at, is_unclean, .. } = taken;
        let renewed_at = asked_at;
        let held = Held { epoch, taken_at, is_unclean, renewed_at, is_counted: true };
        let before = self.state().replace(held);
        if before.is_none_or(|held| !held.is_counted) {
            contender.owned.fetch_add(1, Ordering::Relaxed);
        }
        self.0.limiter.lend(u32::try_from(taken.lent).unwrap_or_default());
        self.0.limiter.allow_until(asked_at + HEARTBEAT_TTL);
        debug!(workspace.id = %id, epoch, is_unclean, "workspace taken");
        Ok(true)
    }

    /// Waits until this process owns the workspace.
    pub async fn taken(&self) {
        let Shared { db, workspace_id: id, contender, .. } = &*self.0;
        // A process that owns more workspaces tries later for the next one.
        let owned = contender.owned.load(Ordering::Relaxed).unsigned_abs();
        sleep(Duration::from_millis(fastrand::u64(0..20) + 250 * u64::from(owned.min(20)))).await;

        loop {
            match self.take().await {
                Ok(true) => break,
                Ok(false) => {
                    let owned = contender.owned.load(Ordering::Relaxed);
                    let is_refused = self.0.limiter.is_refused();
                    let wait = store::owners::wait(db, id, &contender.process, owned, is_refused);
                    within(TAKE_TIMEOUT, wait).await.ok();
                }
                Err(error) => {
                    contender.outage.report(
                        id,
                        &error.into(),
                        "workspace not taken, retrying in 1 s",
                    );
                }
            }
            sleep(TAKE_INTERVAL).await;
        }

        let epoch = self.held().map(|held| held.epoch);
        info!(workspace.id = %id, epoch, "this process owns the workspace");
    }

    /// Renews the heartbeat until the ownership ends. Returns why it ended.
    pub async fn keep(&self) -> Lost {
        let Shared { db, workspace_id: id, limiter, contender, jobs, lists, .. } = &*self.0;
        let mut lent: (u32, Instant) = (limiter.lent(), Instant::now());
        loop {
            sleep(HEARTBEAT_INTERVAL).await;
            let Some(held) = self.held() else { return Lost::Lapsed };
            if jobs.age().max(lists.age()) > MAX_PULSE_AGE {
                return Lost::Hung;
            }

            let asked_at = Instant::now();
            let beat = self.beat(lent.0);
            let owned = contender.owned.load(Ordering::Relaxed);
            let beat = store::owners::beat(db, id, held.epoch, &beat, owned);
            match within(HEARTBEAT_TIMEOUT, beat).await {
                Ok(Some(wishes)) => {
                    contender.outage.is_over();
                    if let Some(held) = self.state().as_mut() {
                        held.renewed_at = asked_at;
                    }
                    limiter.allow_until(asked_at + HEARTBEAT_TTL);
                    let wanted = u32::try_from(wishes.wanted).unwrap_or(u32::MAX);
                    // The requests that commands made with a loan count for one more minute.
                    if wanted >= lent.0 || lent.1.elapsed() > LOAN_COUNTS_FOR {
                        lent = (wanted, asked_at);
                        limiter.lend(wanted);
                    }
                    if wishes.hand_over && self.uncount(owned) {
                        return Lost::HandOver;
                    }
                }
                Ok(None) => return Lost::Lapsed,
                Err(error) => {
                    contender.outage.report(
                        id,
                        &error.into(),
                        "heartbeat not renewed, retrying in 2 s",
                    );
                    if held.renewed_at.elapsed() >= HEARTBEAT_TTL {
                        return Lost::Lapsed;
                    }
                }
            }
        }
    }

    /// Releases the workspace.
    pub async fn release(&self) {
        let Shared { db, workspace_id: id, limiter, contender, .. } = &*self.0;
        let Some(held) = self.state().take() else { return };
        if held.is_counted {
            contender.owned.fetch_sub(1, Ordering::Relaxed);
        }
        limiter.allow_until(Instant::now());
        let beat = self.beat(0);
        // When this fails, the heartbeat expires after 8 s.
        let released = store::owners::release(db, id, held.epoch, &beat);
        within(HEARTBEAT_TIMEOUT, released).await.ok();
    }

    /// Removes this process from those that wait for the workspace, when the process stops.
    pub async fn stop_waiting(&self) {
        let Shared { db, workspace_id: id, contender, .. } = &*self.0;
        let stop = store::owners::stop_waiting(db, id, &contender.process);
        within(HEARTBEAT_TIMEOUT, stop).await.ok();
    }

    /// Does work as the owner of the workspace. Fails when another process owns it.
    pub async fn hold<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let is_held = self.held().is_some_and(|held| held.renewed_at.elapsed() < HEARTBEAT_TTL);
        if !is_held && !self.take().await? {
            return Err(Error::OwnedElsewhere);
        }
        let done = tokio::select! {
            done = work => done,
            lost = self.keep() => Err(self.lost(lost)),
        };
        if !is_held {
            self.release().await;
        }
        done
    }

    /// Subtracts the workspace from the `owned` ones, unless another was handed over meanwhile.
    fn uncount(&self, owned: i32) -> bool {
        let counter = &self.0.contender.owned;
        let is_current =
            counter.compare_exchange(owned, owned - 1, Ordering::Relaxed, Ordering::Relaxed);
        if is_current.is_ok()
            && let Some(held) = self.state().as_mut()
        {
            held.is_counted = false;
        }
        is_current.is_ok()
    }

    /// The error for an ownership that ended.
    pub fn lost(&self, lost: Lost) -> Error {
        let id = &self.0.workspace_id;
        match lost {
            Lost::HandOver => info!(workspace.id = %id, "workspace handed over to another process"),
            Lost::Lapsed => {
                warn!(workspace.id = %id, "workspace lost: the heartbeat was not renewed in time");
            }
            Lost::Hung => error!(
                workspace.id = %id,
                limit_s = MAX_PULSE_AGE.as_secs(),
                "a loop of the engine hung, the workspace is released and taken over again"
            ),
        }
        Error::OwnedElsewhere
    }

    /// Counts the requests that the last owner made.
    fn inherit(&self, taken: &Taken) {
        let limiter = &self.0.limiter;
        if let Some(stated) = taken.stated_limit.and_then(|stated| u32::try_from(stated).ok()) {
            limiter.learn_limit(stated);
        }
        if let Some(pause) = taken.paused_for {
            limiter.pause(pause);
        }
        let Some(beat_age) = taken.beat_age else { return };
        for (second, requests) in (0..).zip(&taken.sent) {
            let age = beat_age + Duration::from_secs(second);
            limiter.count(usize::try_from(*requests).unwrap_or_default(), age);
        }
        if taken.is_unclean {
            // Requests after the last heartbeat are not known, so the largest number counts.
            let limit = limiter.limit();
            let most = limit * u32::try_from(HEARTBEAT_TTL.as_secs()).unwrap_or(1) / 60;
            let age = beat_age.saturating_sub(HEARTBEAT_TTL);
            limiter.count((most + limit / MAX_BURST_SHARE) as usize, age);
        }
    }

    fn beat(&self, lent: u32) -> Beat {
        let Usage { by_second, by_urgency, others, stated_limit, paused_for } =
            self.0.limiter.usage();
        let sent: i64 = by_second.iter().map(|sent| i64::from(*sent)).sum();
        let limit = self.0.limiter.limit();
        // A loan is granted once the requests of the last minute are within the reduced limit.
        let is_lent = sent <= i64::from(limit);
        let used = by_urgency.into_iter().map(|(urgency, used)| (urgency.as_str(), used));
        let used = used.chain([("others", others)]);
        let used = used.map(|(word, used)| (word.to_owned(), Value::from(used)));
        let in_flight = self.0.in_flight.load(Ordering::Relaxed);
        Beat {
            sent: by_second,
            used: Value::Object(used.collect::<Map<_, _>>()),
            stated_limit: stated_limit.and_then(|stated| i32::try_from(stated).ok()),
            requests_per_minute: whole(limit),
            paused_for,
            in_flight,
            held_for: self.0.stall.held_for(in_flight, self.settled()),
            lent: if is_lent { whole(lent) } else { 0 },
        }
    }

    fn state(&self) -> MutexGuard<'_, Option<Held>> {
        self.0.held.lock().expect("no panic happens under this lock")
    }
}

/// A number as a database integer, at most `i32::MAX`.
fn whole(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
