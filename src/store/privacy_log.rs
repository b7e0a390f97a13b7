//! The log of actions under data protection law. Rows are only added, each with the hash of all
//! rows before it.

use sqlx::{PgExecutor, types::Json};

use super::{Result, traces::Removed};
use crate::{receipts::Record, records::WorkspaceId};

/// An action. It never names a person.
#[derive(Debug, Default)]
pub struct Entry<'a> {
    /// The person who acted. `None` means the database's user.
    pub by: Option<&'a str>,
    /// The database's word for the action.
    pub action: &'a str,
    /// The database's word for the reason of a removal.
    pub reason: Option<&'a str>,
    /// The database's word for how the person was named.
    pub asked_for: Option<&'a str>,
    /// The number of interviews.
    pub interviews: Option<usize>,
    /// The number of people.
    pub people: Option<u64>,
    /// The number of rows removed from each table.
    pub removed: Option<&'a Removed>,
    /// The hashes of the receipts that a removal repeats.
    pub again_of: Option<&'a [String]>,
}

/// Adds an entry. Returns its number.
pub async fn add(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    entry: &Entry<'_>,
) -> Result<i64> {
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);

    sqlx::query_scalar!(
        r#"
        insert into heymilo_sync.privacy_log
            (workspace_id, done_by, action, reason, asked_for, interviews, people, removed, again_of)
        values ($1, coalesce($2, session_user::text), $3, $4, $5, $6, $7, $8, $9)
        returning entry_id
        "#,
        workspace_id.as_str(),
        entry.by,
        entry.action,
        entry.reason,
        entry.asked_for,
        entry.interviews.map(whole),
        entry.people.map(|people| i64::try_from(people).unwrap_or(i64::MAX)),
        entry.removed.map(Json) as _,
        entry.again_of,
    )
    .fetch_one(db)
    .await
}

/// The receipts whose hashes are not in `known`, each with the digests that it left.
pub async fn records(db: impl PgExecutor<'_>, known: &[String]) -> Result<Vec<Record>> {
    sqlx::query_as!(
        Record,
        r#"
        select log.entry_id as receipt,
               encode(log.hash, 'hex') as "hash!",
               log.workspace_id as workspace,
               log.logged_at as removed_at,
               log.reason as "reason!",
               tombstones.key_id as "key?",
               coalesce(
                   array_agg(encode(digest, 'hex') order by digest) filter (where digest is not null),
                   '{}'
               ) as "digests!"
        from heymilo_sync.privacy_log as log
        left join heymilo_sync.tombstones using (entry_id)
        where action = 'removed'
          and encode(log.hash, 'hex') <> all($1)
        group by log.entry_id, tombstones.key_id
        order by log.entry_id, tombstones.key_id
        "#,
        known,
    )
    .fetch_all(db)
    .await
}

/// The hashes that no receipt has and no removal repeated.
pub async fn unknown(db: impl PgExecutor<'_>, hashes: &[String]) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select hash as "hash!"
        from unnest($1::text[]) as asked (hash)
        except
        select encode(hash, 'hex') from heymilo_sync.privacy_log
        except
        select unnest(again_of) from heymilo_sync.privacy_log
        "#,
        hashes,
    )
    .fetch_all(db)
    .await
}

/// The number of the first entry that does not follow from the entries before it, or that
/// contradicts its request. `None` when the log is intact.
pub async fn first_change(db: impl PgExecutor<'_>) -> Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select entry_id as "entry_id!"
        from (
            select log as entry,
                   entry_id,
                   hash,
                   lag(hash) over (order by entry_id) as before,
                   row_number() over (order by entry_id) as number
            from heymilo_sync.privacy_log as log
        ) as entries
        where entry_id <> number
           or hash <> heymilo_sync.hash_of_entry(before, entry)
        union all
        -- A request in the ledger is as it was logged, and none is missing.
        select log.entry_id
        from heymilo_sync.privacy_log as log
        left join heymilo_sync.erasure_requests as requests using (request_id)
        where log.action = 'requested'
          and (requests.workspace_id, requests.due_at, requests.requested_by, requests.asked_for)
              is distinct from (log.workspace_id, log.due_at, log.done_by, log.asked_for)
        order by 1
        limit 1
        "#
    )
    .fetch_optional(db)
    .await
}
