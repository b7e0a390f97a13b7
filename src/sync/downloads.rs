//! Keeps recordings and resumes before their links expire. Downloads are beside the engine: they take nothing of
//! the rate limit, and no fetch waits for them.

use std::{collections::HashSet, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use chrono::Utc;
use sqlx::PgPool;
use tokio::{task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{Result, Workspace};
use crate::{
    crash,
    files::{self, Content, Files},
    heymilo::{DownloadError, Downloads, expires_at},
    records::{FileKind, FileLink, Urgency},
    store::{
        self,
        database::within,
        files::{Download, Given, Kept},
    },
};

/// How many files are downloaded at a time. Each takes up to 10 MiB of memory.
const MAX_DOWNLOADS: usize = 3;
/// How often to look for files that are due.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long the database may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// A file that fails so often is given up.
const MAX_ATTEMPTS: i32 = 8;
const FIRST_RETRY: Duration = Duration::from_secs(10);
const LONGEST_RETRY: Duration = Duration::from_secs(60 * 60);
/// How long to wait for a fresh link before the file counts as expired.
const FRESH_LINK_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
/// Interviews whose earlier links are noted together.
const EARLIER: i64 = 500;
/// Contents that are removed in one step.
const REMOVED: i64 = 100;

/// What of recordings and resumes is kept.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The kinds.
    pub kinds: HashSet<FileKind>,
    /// The postings. All when it is empty.
    pub postings: HashSet<String>,
    /// Larger files are not kept.
    pub max_bytes: u64,
}

impl Wanted {
    /// The wanted ones of an interview's links.
    pub fn of<'a>(
        &self,
        posting_id: Option<&str>,
        links: impl IntoIterator<Item = FileLink<'a>>,
    ) -> Vec<FileLink<'a>> {
        let is_of_posting =
            self.postings.is_empty() || posting_id.is_some_and(|id| self.postings.contains(id));
        let links =
            links.into_iter().filter(|link| is_of_posting && self.kinds.contains(&link.kind));
        links.collect()
    }
}

/// Downloads the files of one workspace.
#[derive(Clone)]
pub struct Downloader {
    workspace: Workspace,
    files: Files,
    downloads: Downloads,
    wanted: Wanted,
}

impl Downloader {
    /// Makes it.
    pub fn new(workspace: Workspace, files: Files, downloads: Downloads, wanted: Wanted) -> Self {
        Self { workspace, files, downloads, wanted }
    }

    /// Downloads what is due whenever the process owns the workspace, until `shutdown` is cancelled. What is not
    /// whole by then is downloaded again.
    pub async fn run(&self, shutdown: CancellationToken) {
        let work = async {
            let mut has_noted_earlier = false;
            loop {
                if self.workspace.owner.held().is_some() {
                    let stepped = async {
                        if !has_noted_earlier {
                            self.note_earlier().await?;
                            has_noted_earlier = true;
                        }
                        self.step().await
                    };
                    if let Err(error) = stepped.await {
                        warn!(error = error.in_full(), "files not downloaded, retrying in 2 s");
                    }
                }
                time::sleep(LOOK_INTERVAL).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
    }

    /// Downloads every file that is due, and removes contents of no file. Returns how many were settled.
    pub async fn step(&self) -> Result<usize> {
        let Workspace { id, db, .. } = &self.workspace;
        let due = within(TIMEOUT, store::files::due(db, id, MAX_DOWNLOADS as i64)).await?;
        let settled = due.len();
        let mut tasks = JoinSet::new();
        for download in due {
            let downloader = self.clone();
            tasks.spawn(async move { downloader.download(&download).await });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.expect("a download does not panic")?;
        }
        self.remove_contents().await?;
        Ok(settled)
    }

    async fn download(&self, download: &Download) -> Result<()> {
        if expires_at(&download.link).is_some_and(|at| at <= Utc::now()) {
            return self.refresh(download, &DownloadError::Expired(None)).await;
        }
        let opened = match self.downloads.open(&download.link).await {
            Ok(opened) => opened,
            Err(expired @ DownloadError::Expired(_)) => {
                return self.refresh(download, &expired).await;
            }
            Err(error) => return self.fail(download, error.is_transient(), &error).await,
        };
        let max_bytes = self.wanted.max_bytes;
        if opened.length.is_some_and(|length| length > max_bytes) {
            let too_large = files::Error::TooLarge(max_bytes);
            return self.give_up(download, Given::TooLarge, &too_large.to_string()).await;
        }

        let media_type = opened.media_type.clone();
        match self.files.keep(opened.content(), max_bytes).await {
            Ok(content) => self.settle(download, &content, media_type.as_deref()).await,
            Err(error @ files::Error::TooLarge(_)) => {
                self.give_up(download, Given::TooLarge, &error.to_string()).await
            }
            Err(error) => self.fail(download, true, &error).await,
        }
    }

    /// Notes that a file is kept. The content is there before its row is.
    async fn settle(
        &self,
        download: &Download,
        content: &Content,
        media_type: Option<&str>,
    ) -> Result<()> {
        let Workspace { id, owner, .. } = &self.workspace;
        crash::point("file-stored");
        let bytes = i64::try_from(content.bytes).unwrap_or(i64::MAX);
        let kept = Kept { sha256: &content.sha256, bytes, media_type };
        let mut tx = owner.begin().await?;
        store::files::keep(&mut tx, id, download, &kept).await?;
        tx.commit().await?;
        crash::point("file-kept");
        // The content may have lost its last file a moment ago.
        if self.files.is_there(&content.sha256).await? {
            info!(interview.id = %download.interview_id, kind = download.kind.as_str(), bytes, "file kept");
            return Ok(());
        }
        let Download { interview_id, kind, link_digest, .. } = download;
        let mut tx = owner.begin().await?;
        store::files::lose(&mut *tx, id, interview_id.as_str(), *kind, link_digest).await?;
        store::jobs::enqueue(&mut *tx, id, &[interview_id.as_str()], Urgency::Look).await?;
        Ok(tx.commit().await?)
    }

    /// Has the interview fetched again for a fresh link, once.
    async fn refresh(&self, download: &Download, expired: &DownloadError) -> Result<()> {
        if download.is_refreshed {
            return self.give_up(download, Given::Expired, &expired.to_string()).await;
        }
        let Workspace { id, owner, wake, .. } = &self.workspace;
        let mut tx = owner.begin().await?;
        let reason = expired.to_string();
        store::files::retry(&mut *tx, id, download, FRESH_LINK_TIMEOUT, true, &reason).await?;
        let due = [download.interview_id.as_str()];
        store::jobs::enqueue(&mut *tx, id, &due, Urgency::Look).await?;
        tx.commit().await?;
        wake.jobs();
        debug!(interview.id = %download.interview_id, "link expired, asking for a fresh one");
        Ok(())
    }

    async fn fail(
        &self,
        download: &Download,
        is_transient: bool,
        error: &(dyn std::error::Error + Sync),
    ) -> Result<()> {
        let reason = error.to_string();
        if !is_transient || download.attempt + 1 >= MAX_ATTEMPTS {
            return self.give_up(download, Given::Failed, &reason).await;
        }
        let Workspace { id, owner, .. } = &self.workspace;
        let delay = retry_delay(download.attempt);
        let mut tx = owner.begin().await?;
        store::files::retry(&mut *tx, id, download, delay, false, &reason).await?;
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

    async fn give_up(&self, download: &Download, given: Given, reason: &str) -> Result<()> {
        let Workspace { id, owner, .. } = &self.workspace;
        let mut tx = owner.begin().await?;
        store::files::give_up(&mut tx, id, download, given, reason).await?;
        tx.commit().await?;
        warn!(
            interview.id = %download.interview_id,
            kind = download.kind.as_str(),
            reason,
            "file not kept, its row says why"
        );
        Ok(())
    }

    /// Notes the links that were received before files were kept. Most have expired, and their interviews are
    /// fetched again.
    pub async fn note_earlier(&self) -> Result<()> {
        let Workspace { id, db, owner, .. } = &self.workspace;
        let mut after = String::new();
        loop {
            let earlier = store::files::earlier(db, id, &after, EARLIER);
            let Some(earlier) = within(TIMEOUT, earlier).await? else { return Ok(()) };
            let links: Vec<(&str, FileLink<'_>)> = earlier
                .links
                .iter()
                .flat_map(|linked| {
                    let link = FileLink { kind: linked.kind, link: &linked.link };
                    let wanted = self.wanted.of(linked.posting_id.as_deref(), [link]);
                    wanted.into_iter().map(|link| (linked.interview_id.as_str(), link))
                })
                .collect();
            let mut tx = owner.begin().await?;
            store::files::note(&mut tx, id, &links).await?;
            tx.commit().await?;
            after = earlier.last;
        }
    }

    /// Removes contents that no file has any more.
    async fn remove_contents(&self) -> Result<()> {
        remove_contents(&self.workspace.db, &self.files).await?;
        Ok(())
    }
}

/// Removes contents that no file has any more: of erased people, of interviews that are gone, and of files past
/// their retention. Returns how many.
pub async fn remove_contents(db: &PgPool, files: &Files) -> Result<usize> {
    let removed = within(TIMEOUT, store::files::removed(db, REMOVED)).await?;
    for sha256 in &removed {
        let mut tx = db.begin().await?;
        if store::files::lock_removed(&mut tx, sha256).await? {
            files.remove(sha256).await?;
        }
        store::files::forget_removed(&mut tx, sha256).await?;
        tx.commit().await?;
    }
    Ok(removed.len())
}

fn retry_delay(attempt: i32) -> Duration {
    let delays = ExponentialBuilder::new()
        .with_min_delay(FIRST_RETRY)
        .with_max_delay(LONGEST_RETRY)
        .with_jitter()
        .without_max_times()
        .build();
    delays.into_iter().nth(usize::try_from(attempt).unwrap_or_default()).unwrap_or(LONGEST_RETRY)
}
