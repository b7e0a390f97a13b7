//! Keeps recordings and resumes before their links expire. Downloads run beside the engine: they
//! use no part of the rate limit, and no fetch waits for them.

mod download;
mod unclaimed;

use std::{collections::HashSet, time::Duration};

use tokio::{task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Result, Workspace};
use crate::{
    files::Files,
    heymilo::Downloads,
    records::{FileKind, FileLink},
    store::{self, database::within, files::Download},
};

pub use unclaimed::remove_unclaimed;

/// How many files are downloaded at a time. Each takes up to 10 MiB of memory.
const MAX_DOWNLOADS: usize = 3;
/// How often to look for files that are due, and for contents that belong to no file.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How often to look for contents whose download a process did not finish.
const UNFINISHED_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// How long the database may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Interviews in one batch when links from before are recorded.
const EARLIER: i64 = 500;

/// Which recordings and resumes are kept.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The kinds that are kept.
    pub kinds: HashSet<FileKind>,
    /// The postings whose files are kept. Empty means all.
    pub postings: HashSet<String>,
    /// A larger file is not kept.
    pub max_bytes: u64,
}

impl Wanted {
    /// The links of an interview whose files are wanted.
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
    timeout: Duration,
}

impl Downloader {
    /// Makes a downloader. `timeout` bounds one download.
    pub fn new(
        workspace: Workspace,
        files: Files,
        downloads: Downloads,
        wanted: Wanted,
        timeout: Duration,
    ) -> Self {
        Self { workspace, files, downloads, wanted, timeout }
    }

    /// While the process owns the workspace, downloads due files and removes contents that belong
    /// to no file. Ends when `shutdown` is cancelled. An unfinished download is then started anew
    /// by the next owner.
    pub async fn run(&self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            ((), ()) = async { tokio::join!(self.keep_downloading(), self.keep_removing()) } => {}
        }
    }

    async fn keep_downloading(&self) {
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
    }

    async fn keep_removing(&self) {
        let mut looks = time::interval(LOOK_INTERVAL);
        let mut hours = time::interval(UNFINISHED_INTERVAL);
        loop {
            let removed = tokio::select! {
                _ = looks.tick() => self.remove_unclaimed().await,
                _ = hours.tick() => self.remove_unfinished().await,
            };
            if let Err(error) = removed {
                warn!(error = error.in_full(), "contents of no file not removed, retrying");
            }
        }
    }

    /// Downloads every file that is due, three at a time. A slow file delays only itself. Returns
    /// the number settled.
    pub async fn step(&self) -> Result<usize> {
        let Workspace { id, db, .. } = &self.workspace;
        let (mut running, mut in_flight, mut settled) = (JoinSet::new(), HashSet::new(), 0);
        loop {
            let due = within(TIMEOUT, store::files::due(db, id, MAX_DOWNLOADS as i64)).await?;
            let free = MAX_DOWNLOADS - running.len();
            let further = due.into_iter().filter(|download| !in_flight.contains(&key(download)));
            for download in further.take(free).collect::<Vec<_>>() {
                in_flight.insert(key(&download));
                let downloader = self.clone();
                running.spawn(async move {
                    downloader.download(&download).await.map(|()| key(&download))
                });
            }

            if running.is_empty() {
                return Ok(settled);
            }
            tokio::select! {
                Some(ended) = running.join_next() => {
                    in_flight.remove(&ended.expect("a download does not panic")?);
                    settled += 1;
                }
                () = time::sleep(LOOK_INTERVAL), if running.len() < MAX_DOWNLOADS => {}
            }
        }
    }

    /// Removes contents that belong to no file.
    pub async fn remove_unclaimed(&self) -> Result<()> {
        remove_unclaimed(&self.workspace.db, &self.files).await?;
        Ok(())
    }

    /// Removes contents whose download a process did not finish.
    pub async fn remove_unfinished(&self) -> Result<()> {
        let removed = self.files.remove_unfinished().await?;
        if removed > 0 {
            info!(files = removed, "unfinished files of a process that died removed");
        }
        Ok(())
    }

    /// Records the links that were received before files were kept. Most have expired, and their
    /// interviews are fetched again.
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
}

/// Identifies a download within the workspace.
fn key(download: &Download) -> (String, FileKind, String) {
    let Download { interview_id, kind, link_digest, .. } = download;
    (interview_id.to_string(), *kind, link_digest.clone())
}
