//! Makes sure that the key belongs to the workspace whose interviews are in the tables.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::Utc;
use futures_util::TryStreamExt as _;
use tokio::{
    sync::OnceCell,
    time::{self, Instant},
};
use tracing::{debug, warn};

use super::{Error, Result, Workspace, connection};
use crate::{
    heymilo,
    normalize::{self, Answer},
    store,
};

/// The wait before the key's workspace is asked for again.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// How long one attempt may take. A database connection that hangs may never answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How long a route that fails alone is not asked again.
const ROUTE_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Whether this process knows that its key is not of another workspace. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    is_settled: Arc<OnceCell<()>>,
    /// The workspace id that the settings confirm.
    confirmed_id: Option<String>,
    paused_until: Arc<Mutex<Option<Instant>>>,
}

impl Identity {
    /// Begins without an answer. `confirmed_id` may replace the id in the tables.
    pub fn new(confirmed_id: Option<String>) -> Self {
        Self { confirmed_id, ..Self::default() }
    }

    fn is_paused(&self) -> bool {
        let until = *self.paused_until.lock().expect("no panic while it is locked");
        until.is_some_and(|until| Instant::now() < until)
    }

    fn pause(&self) {
        let mut until = self.paused_until.lock().expect("no panic while it is locked");
        *until = Some(Instant::now() + ROUTE_PAUSE);
    }
}

impl Workspace {
    /// Waits until the key is known not to be of another workspace, once in a process. With another
    /// workspace's key, HeyMilo answers 404 for every known interview.
    pub async fn identified(&self) {
        self.identity.is_settled.get_or_init(|| settle(self)).await;
    }
}

async fn settle(workspace: &Workspace) {
    let attempt = || async {
        let tried = time::timeout(ATTEMPT_TIMEOUT, try_to_settle(workspace)).await;
        tried.unwrap_or(Err(sqlx::Error::PoolTimedOut.into()))
    };
    while let Err(error) = attempt().await {
        // `connection` logs a wrong key and an API that does not answer.
        debug!(workspace.id = %workspace.id, error = error.in_full(), "workspace not identified yet");
        time::sleep(RETRY_INTERVAL).await;
    }
}

async fn try_to_settle(workspace: &Workspace) -> Result<()> {
    let checked = check(workspace).await;
    connection::watch(workspace).await?;
    match checked {
        Ok(()) => connection::accepted(workspace).await,
        Err(error) => {
            connection::report(workspace, &error).await?;
            Err(error)
        }
    }
}

/// Makes sure that the key is not of another workspace, and writes what HeyMilo says about its
/// workspace.
///
/// The list of workspaces has no published shape, so only a contradiction is an error: no item
/// carries the known id under any name, and the key lists none of the postings in the tables.
pub async fn check(workspace: &Workspace) -> Result<()> {
    let Workspace { id, db, heymilo, identity, owner, .. } = workspace;
    if identity.is_paused() {
        return Ok(());
    }
    let items = match heymilo.workspaces().await {
        Ok(items) => items,
        Err(error) => {
            // Only another route shows whether the key is refused, and whether the API answers at
            // all.
            if let Err(other) = heymilo.postings(None).await
                && (other.is_of_the_key() || other.is_silence())
            {
                return Err(other.into());
            }
            identity.pause();
            return unidentified(workspace, Some(&error)).await;
        }
    };
    let mut answers: Vec<Answer> =
        items.iter().filter_map(|item| Answer::item(item).ok()).collect();
    let known = store::workspaces::get(db, id).await?;
    let known_id = known.as_ref().and_then(|known| known.heymilo_workspace_id.clone());
    let carrying = |wanted: &str| answers.iter().position(|it| normalize::carries(it, wanted));
    let ours = known_id.as_deref().and_then(carrying);
    let confirmed = identity.confirmed_id.as_deref().and_then(carrying);
    let at = ours.or(confirmed).unwrap_or_default();
    if at >= answers.len() {
        return unidentified(workspace, None).await;
    }

    let mut stated = normalize::workspace(answers.swap_remove(at));
    if ours.is_some() {
        stated.heymilo_workspace_id = known_id;
    } else if confirmed.is_some() {
        stated.heymilo_workspace_id = identity.confirmed_id.clone();
    } else if let (Some(known), Some(found)) = (&known_id, &stated.heymilo_workspace_id) {
        if is_contradicted(workspace).await? {
            return Err(Error::OtherWorkspace { known: known.clone(), found: found.clone() });
        }
        // Only the settings can confirm a new id.
        stated.heymilo_workspace_id = known_id;
    }
    if stated.heymilo_workspace_id.is_none() {
        return unidentified(workspace, None).await;
    }
    store::connections::identified(db, id).await?;
    if known.as_ref() != Some(&stated) {
        let mut tx = owner.begin().await?;
        store::workspaces::upsert(&mut *tx, id, &stated, Utc::now()).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Whether the tables hold postings and the key lists none of them.
async fn is_contradicted(workspace: &Workspace) -> Result<bool> {
    let Workspace { id, db, heymilo, .. } = workspace;
    let mut pages =
        pin!(heymilo::pages(|after| async move { heymilo.postings(after.as_deref()).await }));
    let mut is_contradicted = store::workspaces::holds_only_others(db, id, &[]).await?;
    while is_contradicted && let Some(page) = pages.try_next().await? {
        let posting_ids: Vec<String> =
            page.items.iter().filter_map(|item| Answer::item(item).ok()?.id("id")).collect();
        is_contradicted = store::workspaces::holds_only_others(db, id, &posting_ids).await?;
    }
    Ok(is_contradicted)
}

/// Logs once that HeyMilo does not say which workspace the key belongs to. The daemon goes on with
/// the known workspace.
async fn unidentified(workspace: &Workspace, error: Option<&heymilo::Error>) -> Result<()> {
    let Workspace { id, db, .. } = workspace;
    if store::connections::unidentified(db, id).await? {
        warn!(
            workspace.id = %id,
            error = error.map(ToString::to_string),
            "HeyMilo does not tell which workspace the API key is of: going on with the one in the tables"
        );
    }
    Ok(())
}
