//! Reads each list when it is due, and enqueues the interviews that changed.
#![doc = include_str!("poll/README.md")]

mod care;
mod readings;

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, info, info_span, warn};

use self::{
    care::Care,
    readings::{Readings, is_of_the_list},
};
use super::{
    Error, Registrations, Result, Workspace, connection, first_copy, gone, identity,
    listing::{self, Reading},
    postings, refresh,
};
use crate::{
    config::Poll as Settings,
    heymilo,
    metrics::Stage,
    progress::watched,
    records::{PostingId, Urgency},
    store::{
        self,
        cursors::{Due, Finished, List},
        database::within,
    },
};

/// The wait after a poll that failed.
const FAILURE_PAUSE: Duration = Duration::from_secs(15);
/// The number of lists that are read at a time, and how many of them may be full scans.
const MAX_READINGS: usize = 4;
const MAX_FULL_SCANS: usize = 2;
/// How often to look for due lists without a notification.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long the database may take to return the due lists.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a reading may be busy with the database between two requests.
const BUSY_LIMIT: Duration = Duration::from_secs(12);

/// Finds new and changed interviews of one workspace.
#[derive(Clone)]
pub struct Poll {
    workspace: Workspace,
    settings: Settings,
    /// How far before the oldest unfinished invitation a look begins.
    overlap: Duration,
    /// `None` when the daemon does not know its public address.
    registrations: Option<Registrations>,
    /// Lists that this process marked after an unclean takeover.
    marked: Arc<Mutex<HashSet<Name>>>,
}

/// The result of a poll.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Lists that were due and read.
    pub lists: usize,
    /// Due lists that could not be read. The next poll tries them again.
    pub postponed: usize,
    /// Postings that were new or had changed.
    pub postings: usize,
    /// Rows of candidates that were new or had changed.
    pub candidates: usize,
    /// Interviews that were enqueued.
    pub enqueued: usize,
}

/// Names a list.
type Name = (List, Cow<'static, str>);

/// The list of postings.
const POSTINGS: Name = (List::Postings, Cow::Borrowed(""));
/// The webhooks that the daemon keeps registered, as a list of their own.
const REGISTRATIONS: Name = (List::Postings, Cow::Borrowed("webhooks"));

impl Poll {
    /// Makes a poll.
    pub fn new(
        workspace: Workspace,
        settings: Settings,
        overlap: Duration,
        registrations: Option<Registrations>,
    ) -> Self {
        Self { workspace, settings, overlap, registrations, marked: Arc::default() }
    }

    /// Polls until `stop` is cancelled. Each page is stored when it is read, so a cancelled reading
    /// loses nothing.
    pub async fn run(&self, stop: &CancellationToken) {
        let polled = async {
            self.workspace.identified().await;
            loop {
                if let Err(error) = self.poll(false).await {
                    self.report_failure(&error);
                }
                self.workspace.owner.lists_pulse().end();
                sleep(FAILURE_PAUSE).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = polled => {}
        }
        self.workspace.owner.lists_pulse().end();
    }

    /// Reads every list that is due.
    pub async fn step(&self) -> Result<Report> {
        let polled = self.poll(true).await;
        self.workspace.owner.lists_pulse().end();
        polled
    }

    /// Reads lists as they become due. It ends when none is due, or when an error concerns more
    /// than one list.
    async fn poll(&self, until_none_is_due: bool) -> Result<Report> {
        let Workspace { id, db, wake, owner, .. } = &self.workspace;
        within(LOOK_TIMEOUT, store::cursors::add(db, id, List::Postings, None)).await?;

        let mut readings = Readings::default();
        loop {
            owner.lists_pulse().beat();
            match &readings.failure {
                None => self.begin_due(&mut readings, until_none_is_due).await?,
                Some(error) if is_of_the_list(error) => {}
                // No other list can be read now. The next poll resumes each of them.
                Some(_) => readings.tasks.shutdown().await,
            }
            self.refresh(&mut readings).await?;
            if readings.tasks.is_empty() {
                let report = std::mem::take(&mut readings.report);
                self.end_round(&mut readings, &report).await?;
                if until_none_is_due {
                    return Ok(report);
                }
            }
            tokio::select! {
                Some(ended) = readings.tasks.join_next() => {
                    let (name, read) = ended.expect("reading a list does not panic");
                    if read.is_ok() {
                        connection::accepted(&self.workspace).await?;
                    }
                    if name == POSTINGS && read.is_ok() {
                        self.begin_registrations(&mut readings);
                    }
                    readings.end(name, read);
                    connection::watch(&self.workspace).await?;
                }
                () = wake.lists_due() => {}
                () = sleep(LOOK_INTERVAL) => {}
            }
        }
    }

    /// Begins to read due lists, short looks before full scans. With `once`, no list is read twice.
    async fn begin_due(&self, readings: &mut Readings, once: bool) -> Result<()> {
        let Workspace { id, db, share, heymilo, .. } = &self.workspace;
        if readings.tasks.len() >= MAX_READINGS || readings.is_one_alone {
            return Ok(());
        }
        let (now, limit) = (Utc::now(), heymilo.limiter().limit());

        let mut due = within(LOOK_TIMEOUT, store::cursors::due(db, id)).await?;
        due.sort_by_key(|due| (due.list != List::Postings, self.is_full_scan(due, now)));
        for mut due in due {
            let name = (due.list, Cow::Owned(due.posting_id.clone()));
            // Only the marks of earlier processes count, not this process's own mark.
            let is_marked = self.marked().contains(&name);
            due.marks -= i32::from(is_marked);
            let is_full_scan = self.is_full_scan(&due, now);
            if readings.names.contains(&name)
                || once && readings.ended.contains(&name)
                || readings.tasks.len() >= MAX_READINGS
                || is_full_scan && readings.full_scans.len() >= MAX_FULL_SCANS
                || due.is_hastened && !share.spend(limit)
            {
                continue;
            }
            match within(LOOK_TIMEOUT, self.careful(&due, &name)).await? {
                Care::None => {}
                Care::Alone if readings.tasks.is_empty() => readings.is_one_alone = true,
                // The other readings end first. Otherwise new ones would delay this list again and
                // again.
                Care::Alone => break,
                Care::LeftOut => continue,
            }
            if is_full_scan {
                readings.full_scans.insert(name.clone());
            }
            readings.names.insert(name.clone());
            let poll = self.clone();
            readings.tasks.spawn(async move { (name, poll.read_or_postpone(due).await) });
            if readings.is_one_alone {
                break;
            }
        }

        Ok(())
    }

    /// Begins to keep the webhooks registered, when the daemon knows its public address.
    fn begin_registrations(&self, readings: &mut Readings) {
        let Some(registrations) = self.registrations.clone() else { return };
        let (workspace, interval) = (self.workspace.clone(), self.settings.full_interval);
        readings.tasks.spawn(async move {
            let kept = watched(BUSY_LIMIT, registrations.keep(&workspace, interval)).await;
            let kept = kept.unwrap_or(Err(Error::Hung(BUSY_LIMIT)));
            (REGISTRATIONS, kept.map(|_| Report::default()))
        });
    }

    fn is_full_scan(&self, due: &Due, now: DateTime<Utc>) -> bool {
        match due.list {
            List::Postings => false,
            List::Questions => true,
            List::Candidates => listing::is_full_scan(&self.settings, due, now),
        }
    }

    /// Reads a list. When only this list cannot be read, the next poll tries it again.
    async fn read_or_postpone(&self, due: Due) -> Result<Report> {
        let began = Instant::now();
        let list = due.list.as_str();
        let span = info_span!("list", list, posting.id = due.posting_id);
        let read = Box::pin(watched(BUSY_LIMIT, self.read(&due)).instrument(span)).await;

        match read.unwrap_or(Err(Error::Hung(BUSY_LIMIT))) {
            Ok(report) => {
                self.workspace.counts.took(Stage::List, began.elapsed());
                Ok(report)
            }
            Err(error) if is_of_the_list(&error) => {
                warn!(
                    list,
                    posting.id = due.posting_id,
                    error = error.in_full(),
                    "list not read, left for the next poll"
                );
                within(LOOK_TIMEOUT, self.postpone(&due, self.settings.interval)).await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn postpone(&self, due: &Due, delay: Duration) -> store::Result<()> {
        let Workspace { id, owner, .. } = &self.workspace;
        let mut tx = owner.begin().await?;
        store::cursors::postpone(&mut *tx, id, due, delay).await?;
        tx.commit().await
    }

    async fn read(&self, due: &Due) -> Result<Report> {
        let began_at = Utc::now();
        let mut report = Report { lists: 1, ..Report::default() };
        let whole = Reading { scanned_at: Some(began_at), ..Reading::default() };

        let reading = match due.list {
            List::Postings => {
                report.postings = self.read_postings().await?;
                self.workspace.counts.wrote("postings", report.postings);
                whole
            }
            List::Questions => {
                let posting_id = PostingId::from(due.posting_id.clone());
                let workspace = self.workspace.at(Urgency::Look);
                postings::read_questions(&workspace, &posting_id).await?;
                whole
            }
            List::Candidates => {
                listing::read(&self.workspace, &self.settings, self.overlap, due, began_at).await?
            }
        };

        if reading.read.enqueued > 0 {
            self.workspace.wake.jobs();
        }
        let is_changed = report.postings + reading.read.changed + reading.read.enqueued > 0;
        if due.is_hastened && is_changed {
            self.workspace.share.refund();
        }

        self.workspace.counts.wrote("interviews", reading.read.changed);
        report.candidates = reading.read.changed;
        report.enqueued = reading.read.enqueued;
        self.finish(due, began_at, reading).await?;
        Ok(report)
    }

    async fn read_postings(&self) -> Result<usize> {
        identity::check(&self.workspace).await?;
        let (written, listed) = postings::read(&self.workspace).await?;
        gone::postings(&self.workspace, &listed, self.settings.full_interval).await?;
        self.workspace.wake.lists();
        Ok(written)
    }

    /// Records that a list was read. Questions and the candidates of archived postings hardly ever
    /// change, so they are read again with the full scan.
    async fn finish(&self, due: &Due, began_at: DateTime<Utc>, reading: Reading) -> Result<()> {
        let Workspace { id, db, owner, .. } = &self.workspace;

        let seldom = match due.list {
            List::Postings => false,
            List::Questions => true,
            List::Candidates => store::postings::is_archived(db, id, &due.posting_id).await?,
        };
        let Reading { read, scanned_at, pages, stats, is_due_again } = reading;
        let next = if read.is_page_left_out || seldom && !is_due_again {
            self.settings.full_interval
        } else if is_due_again {
            Duration::ZERO
        } else {
            self.settings.interval
        };
        let (due_at, hastened_at) = (due.due_at, due.hastened_at);
        let finished = Finished { due_at, hastened_at, scanned_at, pages, stats, began_at, next };
        let mut tx = owner.begin().await?;
        store::cursors::finish(&mut *tx, id, due.list, &due.posting_id, &finished).await?;
        tx.commit().await?;

        Ok(store::cursors::compare(db, id, &due.posting_id).await?)
    }

    /// Reports what was read since the last time no list was due, or why no more can be read.
    async fn end_round(&self, readings: &mut Readings, report: &Report) -> Result<()> {
        first_copy::note(&self.workspace).await?;
        if let Some(error) = readings.failure.take() {
            connection::report(&self.workspace, &error).await?;
            return Err(error);
        }
        if report.lists > 0 {
            info!(
                workspace.id = %self.workspace.id,
                lists = report.lists,
                postings = report.postings,
                candidates = report.candidates,
                enqueued = report.enqueued,
                "polled"
            );
        }
        Ok(())
    }

    /// Enqueues the interviews of the refresh, once a minute.
    async fn refresh(&self, readings: &mut Readings) -> Result<()> {
        if readings.refreshed_at.is_some_and(|at| at.elapsed() < refresh::INTERVAL) {
            return Ok(());
        }
        readings.refreshed_at = Some(Instant::now());
        let refreshed = watched(BUSY_LIMIT, refresh::step(&self.workspace)).await;
        refreshed.unwrap_or(Err(Error::Hung(BUSY_LIMIT)))?;
        self.workspace.wake.jobs();
        Ok(())
    }

    fn report_failure(&self, error: &Error) {
        let Workspace { id, owner, .. } = &self.workspace;
        match error {
            // `connection` logged these errors when they occurred.
            Error::HeyMilo(heymilo::Error::Unauthorized { .. }) | Error::OtherWorkspace { .. } => {}
            _ => owner.outage().report(id, error, "poll not finished, going on in 15 s"),
        }
    }
}

impl Report {
    fn add(&mut self, other: &Self) {
        self.lists += other.lists;
        self.postponed += other.postponed;
        self.postings += other.postings;
        self.candidates += other.candidates;
        self.enqueued += other.enqueued;
    }
}
