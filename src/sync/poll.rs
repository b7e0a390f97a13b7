//! The poll: reads each list when it is due, and makes due what changed.
//!
//! Each list has a cursor of its own, so a poll that is interrupted goes on with the lists it has
//! not read yet.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{sync::Notify, time};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Error, Registrations, Result, Workspace, candidates, connection, identity, postings};
use crate::{
    config::Poll as Settings,
    heymilo,
    records::PostingId,
    store::{
        self,
        cursors::{Due, List},
    },
};

/// How long to wait after a poll that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(15);
/// After so many lists in a row that could not be read, it is not the lists' fault.
const PATIENCE: usize = 3;
/// How often to look for lists that webhooks made due on another replica.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Discovers what is new and what changed in one workspace.
#[derive(Clone)]
pub struct Poll {
    workspace: Workspace,
    settings: Settings,
    /// `None` when the daemon does not know its public address.
    registrations: Option<Registrations>,
    /// Rung when a list was made due.
    wake: Arc<Notify>,
    /// To be rung when interviews were made due.
    workers: Arc<Notify>,
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
    /// Makes a poll that is woken by `wake` and wakes `workers`.
    pub fn new(
        workspace: Workspace,
        settings: Settings,
        registrations: Option<Registrations>,
        wake: Arc<Notify>,
        workers: Arc<Notify>,
    ) -> Self {
        Self { workspace, settings, registrations, wake, workers }
    }

    /// Polls until `shutdown` is cancelled. What was read is stored, so nothing is lost with it.
    pub async fn run(&self, shutdown: CancellationToken) {
        loop {
            let pause = tokio::select! {
                () = shutdown.cancelled() => return,
                polled = self.step() => match polled {
                    Ok(_) => self.until_next().await.unwrap_or(AFTER_FAILURE),
                    Err(error) => {
                        report_failure(&error);
                        AFTER_FAILURE
                    }
                },
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.wake.notified() => {}
                () = time::sleep(pause) => {}
            }
        }
    }

    /// Reads every list that is due.
    pub async fn step(&self) -> Result<Report> {
        match self.read_due().await {
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
                if let Error::HeyMilo(heymilo::Error::Unauthorized) = error {
                    connection::refused(&self.workspace).await?;
                }
                Err(error)
            }
        }
    }

    /// Postings first: they tell which other lists there are.
    async fn read_due(&self) -> Result<Report> {
        let Workspace { id, db, .. } = &self.workspace;
        let mut report = Report::default();
        let mut failures_in_a_row = 0;
        store::cursors::add(db, id, List::Postings, None).await?;
        for list in [List::Postings, List::Questions, List::Candidates] {
            for due in store::cursors::due(db, id, list).await? {
                match self.read(list, &due, &mut report).await {
                    Ok(()) => failures_in_a_row = 0,
                    Err(error) if failures_in_a_row < PATIENCE && is_of_the_list(&error) => {
                        failures_in_a_row += 1;
                        report.postponed += 1;
                        self.postpone(list, &due, &error).await?;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(report)
    }

    async fn read(&self, list: List, due: &Due, report: &mut Report) -> Result<()> {
        let began_at = Utc::now();
        let swept = match list {
            List::Postings => {
                report.postings += self.read_postings().await?;
                true
            }
            List::Questions => {
                postings::read_questions(&self.workspace, &posting_id(due)).await?;
                true
            }
            List::Candidates => self.read_candidates(due, began_at, report).await?,
        };
        report.lists += 1;
        self.finish(list, due, began_at, swept).await
    }

    async fn read_postings(&self) -> Result<usize> {
        identity::check(&self.workspace).await?;
        let written = postings::read(&self.workspace).await?;
        if let Some(registrations) = &self.registrations {
            registrations.keep(&self.workspace).await?;
        }
        Ok(written)
    }

    /// Reads a posting's candidates. Returns whether that was all of them.
    async fn read_candidates(
        &self,
        due: &Due,
        began_at: DateTime<Utc>,
        report: &mut Report,
    ) -> Result<bool> {
        let Workspace { id, db, .. } = &self.workspace;
        let posting_id = posting_id(due);
        let full = due.swept_at.is_none_or(|swept_at| {
            (began_at - swept_at).to_std().unwrap_or_default() >= self.settings.full_interval
        });
        let since = if full {
            None
        } else {
            let unfinished_for = self.settings.unfinished_for;
            store::interviews::oldest_open_invitation(db, id, &posting_id, unfinished_for)
                .await?
                .map(|oldest| oldest - self.settings.overlap)
        };
        let read = candidates::read(&self.workspace, &posting_id, since).await?;
        if read.enqueued > 0 {
            self.workers.notify_one();
        }
        report.candidates += read.changed;
        report.enqueued += read.enqueued;
        Ok(since.is_none())
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
        let interval = self.settings.interval;
        Ok(store::cursors::postpone(db, id, list, &due.posting_id, interval).await?)
    }

    /// Notes that a list was read. Questions and the candidates of archived postings hardly ever
    /// change: they are read again with the full look.
    async fn finish(
        &self,
        list: List,
        due: &Due,
        began_at: DateTime<Utc>,
        swept: bool,
    ) -> Result<()> {
        let Workspace { id, db, .. } = &self.workspace;
        let seldom = match list {
            List::Postings => false,
            List::Questions => true,
            List::Candidates => store::postings::is_archived(db, id, &due.posting_id).await?,
        };
        let next = if seldom { self.settings.full_interval } else { self.settings.interval };
        store::cursors::finish(db, id, list, &due.posting_id, began_at, swept, next).await?;
        Ok(())
    }

    async fn until_next(&self) -> Result<Duration> {
        let Workspace { id, db, .. } = &self.workspace;
        let next = store::cursors::next_due_at(db, id).await?;
        let pause = next.map(|next| (next - Utc::now()).to_std().unwrap_or_default());
        Ok(pause.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP))
    }
}

fn posting_id(due: &Due) -> PostingId {
    PostingId::from(due.posting_id.clone())
}

/// Whether the trouble is with one list, and not with the key, the budget or the database.
fn is_of_the_list(error: &Error) -> bool {
    use heymilo::Error::{RateLimited, Unauthorized};

    matches!(error, Error::HeyMilo(error) if !matches!(error, RateLimited { .. } | Unauthorized))
}

fn report_failure(error: &Error) {
    match error {
        // It has been said already, when it was news.
        Error::HeyMilo(heymilo::Error::Unauthorized) => {}
        Error::OtherWorkspace { .. } => tracing::error!("{error}"),
        _ => warn!(error = error.in_full(), "poll not finished, will go on"),
    }
}
