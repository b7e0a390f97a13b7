//! Keeps answers that become no rows, so that nothing is lost.

use chrono::{DateTime, Utc};

use super::Prepared;
use crate::{
    normalize::{self, Fingerprint},
    store::{
        self,
        jobs::Job,
        snapshots::{Kind, Snapshot},
    },
    sync::Workspace,
};

/// Keeps the answer of an interview whose rows the database refuses.
pub async fn keep_refused(workspace: &Workspace, refused: &Prepared) -> store::Result<()> {
    let Prepared { job, body, received, .. } = refused;
    keep(workspace, job, body, received.fetched_at, true).await
}

/// Keeps an answer that cannot be read, byte for byte. It keeps nothing when the answer is the
/// newest already or is about an erased person. When retention has redacted the interview, it keeps
/// the answer without conversations.
pub async fn keep_unreadable(
    workspace: &Workspace,
    job: &Job,
    body: &[u8],
    fetched_at: DateTime<Utc>,
) -> store::Result<()> {
    keep(workspace, job, body, fetched_at, false).await
}

async fn keep(
    workspace: &Workspace,
    job: &Job,
    body: &[u8],
    fetched_at: DateTime<Utc>,
    is_applied: bool,
) -> store::Result<()> {
    let (workspace_id, id) = (&workspace.id, job.interview_id.as_str());
    let fingerprint = Fingerprint::of_bytes(body);
    let mut tx = workspace.owner.begin().await?;
    let erased =
        workspace.tombstones.among(&mut tx, workspace_id, [(id, None)].into_iter()).await?;
    let named = workspace.tombstones.named_in(&mut tx, workspace_id, &[body]).await?;

    let newest =
        store::snapshots::fingerprints(&mut *tx, workspace_id, Kind::Interview, &[id]).await?;
    let newest = newest.get(id);
    let is_known = newest.is_some_and(|newest| newest.fingerprint == fingerprint.as_bytes());
    if erased.is_empty() && named.is_empty() && !is_known {
        let is_redacted =
            !store::retention::redacted(&mut *tx, workspace_id, &[id]).await?.is_empty();
        let redacted = is_redacted.then(|| normalize::without_conversations(id, body));
        let snapshot = Snapshot {
            subject_id: id,
            posting_id: None,
            fingerprint: fingerprint.as_bytes(),
            results_fingerprint: None,
            body: redacted.as_deref().unwrap_or(body),
            fetched_at,
            is_redacted,
            is_applied,
        };
        store::snapshots::insert(&mut tx, workspace_id, Kind::Interview, &[snapshot]).await?;
    }

    tx.commit().await
}
