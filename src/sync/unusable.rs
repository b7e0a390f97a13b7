//! Keeps items of lists that no table can hold. They name no subject, or hold so little that they
//! would only erase what is known.

use std::collections::BTreeMap;

use chrono::Utc;
use tracing::warn;

use super::Workspace;
use crate::{
    normalize::Fingerprint,
    records::{Notice, PostingId, Problem},
    store::{
        self,
        notices::Noticed,
        snapshots::{Kind, Snapshot},
    },
};

/// The notice about an item that does not name its subject.
pub const NAMELESS: Notice = Notice::of_all(
    Problem::NoId,
    "an item with an id, and of what is known with a status",
    "none that can be used",
);

/// Keeps each item once, under its fingerprint, with a notice. `posting_id` is the posting whose
/// list it is from. `None` for the list of postings.
pub async fn keep(
    workspace: &Workspace,
    posting_id: Option<&PostingId>,
    items: &[&[u8]],
    notice: Notice,
) -> store::Result<()> {
    let Workspace { id, db, .. } = workspace;
    let named = items
        .iter()
        .map(|item| Fingerprint::of_bytes(item))
        .map(|print| (print.to_string(), print));
    let mut unusable: BTreeMap<String, (Fingerprint, &[u8])> =
        named.zip(items).map(|((name, print), item)| (name, (print, *item))).collect();

    let names: Vec<&str> = unusable.keys().map(String::as_str).collect();
    let known = store::snapshots::fingerprints(db, id, Kind::Unusable, &names).await?;
    let asked = names.iter().map(|name| (*name, None));
    let erased = workspace.tombstones.among(&mut *db.acquire().await?, id, asked).await?;
    unusable.retain(|name, _| !known.contains_key(name) && !erased.contains(name));

    let texts: Vec<&[u8]> = unusable.values().map(|(_, body)| *body).collect();
    let named = workspace.tombstones.named_in(&mut *db.acquire().await?, id, &texts).await?;
    let mut places = 0..;
    unusable.retain(|_, _| places.next().is_some_and(|place| !named.contains(&place)));
    if unusable.is_empty() {
        return Ok(());
    }

    warn!(
        workspace.id = %id,
        posting.id = posting_id.map(PostingId::as_str),
        items = unusable.len(),
        problem = notice.problem.as_str(),
        "kept items of a list without writing them to tables"
    );

    let posting_id = posting_id.map(PostingId::as_str);
    let fetched_at = Utc::now();
    let snapshots: Vec<Snapshot<'_>> = unusable
        .iter()
        .map(|(name, (fingerprint, body))| Snapshot {
            subject_id: name,
            posting_id,
            fingerprint: fingerprint.as_bytes(),
            results_fingerprint: None,
            body,
            fetched_at,
            is_redacted: false,
            is_applied: false,
        })
        .collect();

    let notices = [notice];
    let noticed: Vec<Noticed<'_>> = unusable
        .keys()
        .map(|name| Noticed { subject_id: name, notices: &notices, noticed_at: fetched_at })
        .collect();

    let mut tx = workspace.owner.begin().await?;
    store::snapshots::insert(&mut tx, id, Kind::Unusable, &snapshots).await?;
    store::notices::replace(&mut tx, id, Kind::Unusable, &noticed).await?;
    tx.commit().await
}
