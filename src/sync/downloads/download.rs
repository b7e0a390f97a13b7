//! One download and its outcome.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use chrono::Utc;
use tokio::time;
use tracing::{debug, info, warn};

use super::{Downloader, TIMEOUT};
use crate::{
    crash,
    files::{self, Received},
    heymilo::{DownloadError, expires_at},
    records::Urgency,
    store::{
        self,
        database::within,
        files::{Download, Given, Kept, Retry},
    },
    sync::{Result, Workspace},
};

/// A file that fails this often is given up.
const MAX_ATTEMPTS: i32 = 8;
const FIRST_RETRY: Duration = Duration::from_secs(10);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(60 * 60);
/// The wait before the next try after the file store failed.
const STORE_RETRY: Duration = Duration::from_secs(60);
/// How long to wait for a fresh link before the file counts as expired.
const FRESH_LINK_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// The link or its server failed.
    #[error(transparent)]
    Link(#[from] DownloadError),

    /// The content does not fit, or the file store failed.
    #[error(transparent)]
    Content(#[from] files::Error),

    /// The server was too slow.
    #[error("the content was not whole after {} s (files.timeout)", .0.as_secs())]
    Slow(Duration),
}

impl Trouble {
    /// Whether the same download may succeed later.
    fn is_transient(&self) -> bool {
        match self {
            Self::Link(error) => error.is_transient(),
            Self::Content(_) | Self::Slow(_) => true,
        }
    }
}

impl Downloader {
    pub(super) async fn download(&self, download: &Download) -> Result<()> {
        let received = time::timeout(self.timeout, self.receive(&download.link)).await;
        match received.unwrap_or(Err(Trouble::Slow(self.timeout))) {
            Ok((received, media_type)) => {
                self.settle(download, received, media_type.as_deref()).await
            }
            Err(trouble) => self.fail(download, &trouble).await,
        }
    }

    async fn receive(&self, link: &str) -> Result<(Received, Option<String>), Trouble> {
        let is_over = expires_at(link).is_some_and(|at| at <= Utc::now());
        if is_over || link.is_empty() {
            return Err(DownloadError::Expired(None).into());
        }
        let opened = self.downloads.open(link).await?;
        let max_bytes = self.wanted.max_bytes;
        if opened.length.is_some_and(|length| length > max_bytes) {
            return Err(files::Error::TooLarge(max_bytes).into());
        }

        let media_type = opened.media_type.clone();
        let received = self.files.receive(opened.content(), max_bytes).await?;
        crash::point("file-incoming");
        Ok((received, media_type))
    }

    /// Records that a file is kept. Its content is announced before it is written, and its row
    /// comes last. A content that never gets a row is removed by `remove_unclaimed`.
    async fn settle(
        &self,
        download: &Download,
        received: Received,
        media_type: Option<&str>,
    ) -> Result<()> {
        let Workspace { id, db, owner, .. } = &self.workspace;
        let Download { interview_id, kind, link_digest, .. } = download;
        let content = received.content.clone();
        within(TIMEOUT, store::files::expect(db, &content.sha256)).await?;
        if let Err(error) = self.files.place(received).await {
            return self.fail(download, &error.into()).await;
        }
        crash::point("file-stored");

        let bytes = i64::try_from(content.bytes).unwrap_or(i64::MAX);
        let kept = Kept { sha256: &content.sha256, bytes, media_type };
        let mut tx = owner.begin().await?;
        let is_claimed = store::files::keep(&mut tx, id, download, &kept).await?;
        tx.commit().await?;
        crash::point("file-kept");
        if !is_claimed {
            info!(interview.id = %interview_id, "interview removed during the download, its file is not kept");
            return Ok(());
        }

        // Another file's removal may have deleted the same content a moment ago.
        if self.files.is_there(&content.sha256).await? {
            info!(interview.id = %interview_id, kind = kind.as_str(), bytes, "file kept");
            return Ok(());
        }
        let mut tx = owner.begin().await?;
        store::files::lose(&mut *tx, id, interview_id.as_str(), *kind, link_digest).await?;
        store::jobs::enqueue(&mut *tx, id, &[interview_id.as_str()], Urgency::Look).await?;
        Ok(tx.commit().await?)
    }

    async fn fail(&self, download: &Download, trouble: &Trouble) -> Result<()> {
        match trouble {
            Trouble::Link(DownloadError::Expired(_)) if download.is_refreshed => {
                self.give_up(download, Given::Expired, trouble).await
            }
            Trouble::Link(DownloadError::Expired(_)) => self.refresh(download, trouble).await,
            Trouble::Content(files::Error::TooLarge(_)) => {
                self.give_up(download, Given::TooLarge, trouble).await
            }
            // The file store failed, not the file, so no attempt is counted.
            Trouble::Content(error) if error.is_of_the_store() => {
                self.retry(download, STORE_RETRY, download.attempt, trouble).await
            }
            _ if trouble.is_transient() && download.attempt + 1 < MAX_ATTEMPTS => {
                let delay = retry_delay(download.attempt);
                self.retry(download, delay, download.attempt + 1, trouble).await
            }
            _ => self.give_up(download, Given::Failed, trouble).await,
        }
    }

    async fn retry(
        &self,
        download: &Download,
        delay: Duration,
        attempt: i32,
        trouble: &Trouble,
    ) -> Result<()> {
        let Workspace { id, owner, .. } = &self.workspace;
        let (reason, is_refreshed) = (&*trouble.to_string(), download.is_refreshed);
        let retry = Retry { delay, attempt, is_refreshed, reason };
        let mut tx = owner.begin().await?;
        store::files::retry(&mut *tx, id, download, &retry).await?;
        tx.commit().await?;
        warn!(
            interview.id = %download.interview_id,
            kind = download.kind.as_str(),
            error = reason,
            "download failed, retrying in {} s",
            delay.as_secs()
        );

        Ok(())
    }

    /// Enqueues the interview once, to get a fresh link.
    async fn refresh(&self, download: &Download, trouble: &Trouble) -> Result<()> {
        let Workspace { id, owner, wake, .. } = &self.workspace;
        let retry = Retry {
            delay: FRESH_LINK_TIMEOUT,
            attempt: download.attempt,
            is_refreshed: true,
            reason: &trouble.to_string(),
        };
        let due = [download.interview_id.as_str()];
        let mut tx = owner.begin().await?;
        store::files::retry(&mut *tx, id, download, &retry).await?;
        store::jobs::enqueue(&mut *tx, id, &due, Urgency::Look).await?;
        tx.commit().await?;
        wake.jobs();
        debug!(interview.id = %download.interview_id, "link expired, asking for a fresh one");
        Ok(())
    }

    async fn give_up(&self, download: &Download, given: Given, trouble: &Trouble) -> Result<()> {
        let Workspace { id, owner, .. } = &self.workspace;
        let reason = trouble.to_string();
        let mut tx = owner.begin().await?;
        store::files::give_up(&mut tx, id, download, given, &reason).await?;
        tx.commit().await?;
        warn!(
            interview.id = %download.interview_id,
            kind = download.kind.as_str(),
            reason,
            "file not kept, its row says why"
        );
        Ok(())
    }
}

fn retry_delay(attempt: i32) -> Duration {
    let delays = ExponentialBuilder::new()
        .with_min_delay(FIRST_RETRY)
        .with_max_delay(MAX_RETRY_DELAY)
        .with_jitter()
        .without_max_times()
        .build();
    delays.into_iter().nth(usize::try_from(attempt).unwrap_or_default()).unwrap_or(MAX_RETRY_DELAY)
}
