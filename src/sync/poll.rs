//! The poll: reads each list when it is due, and makes due what changed.
//!
//! Each list has a cursor of its own, so a poll that is interrupted goes on with the lists it has
//! not read yet.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{
    sync::Notify,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, error, info, info_span, warn};

use super::{
    Error, Registrations, Result, Workspace, connection, gone, identity,
    listing::{self, Reading},
    postings, refresh,
    worker::within,
};
use crate::{
    config::Poll as Settings,
    heymilo,
    metrics::Stage,
    records::PostingId,
    store::{
        self,
        cursors::{Due, Finished, List},
    },
};

/// How long to wait after a poll that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(15);
/// After so many lists in a row that could not be read, it is not the lists' fault.
const PATIENCE: usize = 3;
/// The right to poll is renewed, and looked for by others, this many times in a lease.
const LOOKS_PER_LEASE: u32 = 3;
/// How often to look for lists that webhooks made due on another replica.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Discovers what is new and what changed in one workspace.
#[derive(Clone)]
pub struct Poll {
    workspace: Workspace,
    settings: Settings,
    /// How long we may poll without a sign of life.
    lease: Duration,
    /// Names us among the processes that may poll.
    holder: String,
    /// `None` when the daemon does not know its public address.
    registrations: Option<Registrations>,
    /// Rung when a list was made due.
    wake: Arc<Notify>,
}

/// What a poll came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Lists that were due and read.
    pub lists: usize,
    /// Lists that were due and could not be read: they are left for the next poll.
    pub postponed: usize,
    /// Postings that were new or had changed.
    pub postings: usize,
    /// Rows of candidates that were new or had changed.
    pub candidates: usize,
    /// Interviews that were made due.
    pub enqueued: usize,
}

impl Poll {
    /// Makes a poll that is woken by `wake`.
    pub fn new(
        workspace: Workspace,
        settings: Settings,
        lease: Duration,
        registrations: Option<Registrations>,
        wake: Arc<Notify>,
    ) -> Self {
        let holder = format!("{:016x}", fastrand::u64(..));
        Self { workspace, settings, lease, holder, registrations, wake }
    }

    /// Polls until `shutdown` is cancelled, as long as no other process does. What was read is
    /// stored, so nothing is lost with it.
    pub async fn run(&self, shutdown: CancellationToken) {
        let Workspace { id, db, .. } = &self.workspace;
        while !shutdown.is_cancelled() {
            let pause = tokio::select! {
                () = shutdown.cancelled() => break,
                pause = self.step_if_ours() => pause,
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.wake.notified() => {}
                () = time::sleep(pause) => {}
            }
        }
        // The next one need not wait for our lease to end; when this fails, it does.
        within(self.lease, store::pollers::release(db, id, &self.holder)).await.ok();
    }

    /// Reads every list that is due, unless another process polls. Returns how long to wait before
    /// the next time.
    pub async fn step_if_ours(&self) -> Duration {
        let Workspace { id, db, .. } = &self.workspace;
        let acquire = store::pollers::acquire(db, id, &self.holder, self.lease);
        match within(self.lease, acquire).await {
            Ok(true) => {}
            Ok(false) => return self.lease / LOOKS_PER_LEASE,
            Err(error) => {
                report_failure(&error.into());
                return AFTER_FAILURE;
            }
        }
        let progress = self.workspace.heymilo.progress();
        let poll = async {
            let identified = progress.wait();
            self.workspace.identified().await;
            drop(identified);
            self.step().await?;
            self.until_next().await
        };
        drop(progress.wait());
        let polled = tokio::select! {
            polled = poll => polled,
            () = self.keep_lease() => return self.lease / LOOKS_PER_LEASE,
            () = self.hangs() => {
                let release = store::pollers::release(db, id, &self.holder);
                within(self.lease / LOOKS_PER_LEASE, release).await.ok();
                error!(
                    workspace.id = %id,
                    limit_s = self.lease.as_secs(),
                    "poll hung in the database; another process or the next poll goes on"
                );
                return self.lease / LOOKS_PER_LEASE;
            }
        };
        polled.unwrap_or_else(|error| {
            report_failure(&error);
            AFTER_FAILURE
        })
    }

    /// Returns when the poll has worked for a whole lease without a request: what it waits for, mostly a
    /// connection to the database, may never answer.
    async fn hangs(&self) {
        let progress = self.workspace.heymilo.progress();
        while let Some(left) = self.lease.checked_sub(progress.working_for()) {
            time::sleep(left.max(Duration::from_millis(1))).await;
        }
    }

    /// Renews the right to poll, well before it ends. Returns when it is lost, or was not renewed
    /// for so long that it ended.
    async fn keep_lease(&self) {
        let Workspace { id, db, .. } = &self.workspace;
        let mut beat = time::interval(self.lease / LOOKS_PER_LEASE);
        let mut renewed_at = Instant::now();
        while renewed_at.elapsed() < self.lease {
            beat.tick().await;
            let acquire = store::pollers::acquire(db, id, &self.holder, self.lease);
            match within(self.lease / LOOKS_PER_LEASE, acquire).await {
                Ok(true) => renewed_at = Instant::now(),
                Ok(false) => return,
                Err(error) => report_failure(&error.into()),
            }
        }
    }

    /// Reads every list that is due.
    pub async fn step(&self) -> Result<Report> {
        let read = self.read_due().await;
        connection::watch(&self.workspace).await?;
        match read {
            Ok(report) => {
                if report.lists > 0 {
                    connection::accepted(&self.workspace).await?;
                    info!(
                        workspace.id = %self.workspace.id,
                        lists = report.lists,
                        postings = report.postings,
                        candidates = report.candidates,
                        enqueued = report.enqueued,
                        "polled"
                    );
                }
                Ok(report)
            }
            Err(error) => {
                connection::tell(&self.workspace, &error).await?;
                Err(error)
            }
        }
    }

    /// Postings first: they tell which other lists there are. Then what changes most often.
    async fn read_due(&self) -> Result<Report> {
        let Workspace { id, db, .. } = &self.workspace;
        let mut report = Report::default();
        store::cursors::add(db, id, List::Postings, None).await?;
        self.read_all(List::Postings, &mut report).await?;
        let has_read_postings = report.lists > 0;
        let candidates = self.read_all(List::Candidates, &mut report).await;
        let is_kept = has_read_postings && candidates.as_ref().err().is_none_or(is_of_the_list);
        if let Some(registrations) = self.registrations.as_ref().filter(|_| is_kept) {
            registrations.keep(&self.workspace, self.settings.full_interval).await?;
        }
        candidates?;
        self.read_all(List::Questions, &mut report).await?;
        refresh::step(&self.workspace).await?;
        Ok(report)
    }

    /// Reads the lists of a kind that are due.
    async fn read_all(&self, list: List, report: &mut Report) -> Result<()> {
        let Workspace { id, db, counts, .. } = &self.workspace;
        let mut failures_in_a_row = 0;
        for due in store::cursors::due(db, id, list).await? {
            let began = Instant::now();
            let span = info_span!("list", list = list.as_str(), posting.id = due.posting_id);
            match self.read(list, &due, report).instrument(span).await {
                Ok(()) => {
                    counts.took(Stage::List, began.elapsed());
                    failures_in_a_row = 0;
                }
                Err(error) if failures_in_a_row < PATIENCE && is_of_the_list(&error) => {
                    failures_in_a_row += usize::from(error.is_transient());
                    report.postponed += 1;
                    self.postpone(list, &due, &error).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn read(&self, list: List, due: &Due, report: &mut Report) -> Result<()> {
        let began_at = Utc::now();
        let whole = Reading { swept_at: Some(began_at), ..Reading::default() };
        let reading = match list {
            List::Postings => {
                let written = self.read_postings().await?;
                self.workspace.counts.wrote("postings", written);
                report.postings += written;
                whole
            }
            List::Questions => {
                let posting_id = PostingId::from(due.posting_id.clone());
                postings::read_questions(&self.workspace, &posting_id).await?;
                whole
            }
            List::Candidates => {
                listing::read(&self.workspace, &self.settings, due, began_at).await?
            }
        };
        if reading.read.enqueued > 0 {
            self.workspace.workers.work();
        }
        report.lists += 1;
        self.workspace.counts.wrote("interviews", reading.read.changed);
        report.candidates += reading.read.changed;
        report.enqueued += reading.read.enqueued;
        self.finish(list, due, began_at, reading).await
    }

    async fn read_postings(&self) -> Result<usize> {
        identity::check(&self.workspace).await?;
        let (written, listed) = postings::read(&self.workspace).await?;
        gone::postings(&self.workspace, &listed, self.settings.full_interval).await?;
        Ok(written)
    }

    /// Leaves a list that cannot be read for the next poll, so that the others are not held up.
    async fn postpone(&self, list: List, due: &Due, error: &Error) -> Result<()> {
        let Workspace { id, db, .. } = &self.workspace;
        warn!(
            list = list.as_str(),
            posting.id = due.posting_id,
            error = error.in_full(),
            "list not read, left for the next poll"
        );
        Ok(store::cursors::postpone(db, id, list, due, self.settings.interval).await?)
    }

    /// Notes that a list was read. Questions and the candidates of archived postings hardly ever
    /// change: they are read again with the full look.
    async fn finish(
        &self,
        list: List,
        due: &Due,
        began_at: DateTime<Utc>,
        reading: Reading,
    ) -> Result<()> {
        let Workspace { id, db, .. } = &self.workspace;
        let seldom = match list {
            List::Postings => false,
            List::Questions => true,
            List::Candidates => store::postings::is_archived(db, id, &due.posting_id).await?,
        };
        let Reading { swept_at, pages, stats, is_due_again, .. } = reading;
        let next = match (is_due_again, seldom) {
            (true, _) => Duration::ZERO,
            (false, true) => self.settings.full_interval,
            (false, false) => self.settings.interval,
        };
        let finished = Finished { due_at: due.due_at, swept_at, pages, stats, began_at, next };
        Ok(store::cursors::finish(db, id, list, &due.posting_id, &finished).await?)
    }

    async fn until_next(&self) -> Result<Duration> {
        let Workspace { id, db, .. } = &self.workspace;
        let pause = store::cursors::until_due(db, id).await?;
        // The right to poll must not end meanwhile.
        Ok(pause.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP).min(self.lease / LOOKS_PER_LEASE))
    }
}

/// Whether the trouble is with one list, and not with the key, the budget or the database.
fn is_of_the_list(error: &Error) -> bool {
    matches!(error, Error::HeyMilo(error) if !error.is_of_the_key())
}

fn report_failure(error: &Error) {
    match error {
        // It has been said already, when it was news.
        Error::HeyMilo(heymilo::Error::Unauthorized) | Error::OtherWorkspace { .. } => {}
        _ => warn!(error = error.in_full(), "poll not finished, will go on"),
    }
}
