//! Finds and removes what is older than the settings allow.

use std::{collections::HashSet, time::Duration};

use sqlx::{AssertSqlSafe, PgConnection, PgExecutor};

use super::{
    Result,
    database::interval,
    snapshots::{COMPRESSION_LEVEL, Kind, Version, bytes},
};
use crate::{classification::COLUMNS, records::WorkspaceId};

/// Removes up to `most` deliveries that arrived longer than `age` ago, with their notices. Returns
/// their number.
pub async fn remove_deliveries(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    age: Duration,
    most: i64,
) -> Result<u64> {
    let removed = sqlx::query!(
        r#"
        with noticed as (
            delete from heymilo_sync.notices
            where workspace_id = $1
              and kind = 'delivery'
              and noticed_at < now() - $2::interval
        )
        delete from heymilo_sync.inbox
        where delivery_id in (
            select delivery_id
            from heymilo_sync.inbox
            where workspace_id = $1
              and received_at < now() - $2::interval
            order by received_at
            limit $3
        )
        "#,
        workspace_id.as_str(),
        interval(age)?,
        most,
    )
    .execute(db)
    .await?;

    Ok(removed.rows_affected())
}

/// Removes up to `most` answers that were last seen longer than `age` ago and were replaced by a
/// newer one. Returns their number.
///
/// An answer whose rows the tables hold stays. The newer answer may not be readable or may be
/// partial, so a replay would know less than the tables.
pub async fn remove_versions(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    age: Duration,
    most: i64,
) -> Result<u64> {
    let removed = sqlx::query!(
        r#"
        delete from heymilo_sync.snapshots
        where (workspace_id, kind, subject_id, version) in (
            select old.workspace_id, old.kind, old.subject_id, old.version
            from heymilo_sync.snapshots as old
            -- The interview that needs this answer.
            left join heymilo.interviews
              on old.kind = 'interview'
             and interviews.interview_id = old.subject_id
             and interviews.workspace_id = $1
             and (interviews.results_ready is not true or interviews.fetched_at <= old.fetched_at)
            left join heymilo_sync.held_interviews as held
              on old.kind = 'interview'
             and held.interview_id = old.subject_id
             and held.workspace_id = $1
            where old.workspace_id = $1
              and old.seen_at < now() - $2::interval
              and interviews.interview_id is null
              and held.interview_id is null
              and exists (
                  select
                  from heymilo_sync.snapshots as newer
                  where newer.subject_id = old.subject_id
                    and newer.kind = old.kind
                    and newer.workspace_id = $1
                    and newer.version > old.version
                    and (newer.is_applied or not old.is_applied)
              )
            limit $3
        )
        "#,
        workspace_id.as_str(),
        interval(age)?,
        most,
    )
    .execute(db)
    .await?;

    Ok(removed.rows_affected())
}

/// Removes up to `most` answers that were last seen longer than `age` ago and have no rows, with
/// their notices. They could not be read, or do not say what they are about. Returns their
/// subjects.
pub async fn remove_unwritten(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kinds: &[Kind],
    age: Duration,
    most: i64,
) -> Result<Vec<String>> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();

    sqlx::query_scalar!(
        r#"
        with expired as (
            delete from heymilo_sync.snapshots
            where (workspace_id, kind, subject_id) in (
                select old.workspace_id, old.kind, old.subject_id
                from heymilo_sync.snapshots as old
                left join heymilo.interviews
                  on interviews.interview_id = old.subject_id
                 and interviews.workspace_id = $1
                where old.workspace_id = $1
                  and old.kind = any($4)
                  and interviews.interview_id is null
                group by old.workspace_id, old.kind, old.subject_id
                having max(seen_at) < now() - $2::interval
                limit $3
            )
            returning kind, subject_id
        ),
        noticed as (
            delete from heymilo_sync.notices
            using expired
            where notices.workspace_id = $1
              and notices.kind = expired.kind
              and notices.subject_id = expired.subject_id
        )
        select distinct subject_id as "subject_id!"
        from expired
        "#,
        workspace_id.as_str(),
        interval(age)?,
        most,
        &kinds as _,
    )
    .fetch_all(db)
    .await
}

/// The subjects of up to `most` answers of these kinds that have no rows and were last seen longer
/// than `age` ago.
pub async fn unwritten(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kinds: &[Kind],
    age: Duration,
    most: i64,
) -> Result<Vec<String>> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();

    sqlx::query_scalar!(
        r#"
        select subject_id
        from heymilo_sync.snapshots
        left join heymilo.interviews
          on interviews.interview_id = snapshots.subject_id
         and interviews.workspace_id = $1
        where snapshots.workspace_id = $1
          and kind = any($4)
          and interviews.interview_id is null
        group by subject_id
        having max(seen_at) < now() - $2::interval
        order by subject_id
        limit $3
        "#,
        workspace_id.as_str(),
        interval(age)?,
        most,
        &kinds as _,
    )
    .fetch_all(db)
    .await
}

/// Up to `most` interviews without activity for longer than `age`.
pub async fn interviews(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    age: Duration,
    most: i64,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interviews.interview_id
        from heymilo.interviews
        left join heymilo_sync.held_interviews as held
          on held.interview_id = interviews.interview_id
         and held.workspace_id = $1
        where interviews.workspace_id = $1
          and coalesce(greatest(invited_at, interviewed_at, last_activity_at), first_synced_at)
              < now() - $2::interval
          and held.interview_id is null
        order by interviews.interview_id
        limit $3
        "#,
        workspace_id.as_str(),
        interval(age)?,
        most,
    )
    .fetch_all(db)
    .await
}

/// Among up to `most` such interviews, those with an answer that still holds conversations.
pub async fn unredacted(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    age: Duration,
    most: i64,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select distinct interviews.interview_id
        from heymilo_sync.snapshots
        join heymilo.interviews
          on interviews.interview_id = snapshots.subject_id
         and interviews.workspace_id = snapshots.workspace_id
        left join heymilo_sync.held_interviews as held
          on held.interview_id = interviews.interview_id
         and held.workspace_id = $1
        where snapshots.workspace_id = $1
          and snapshots.kind in ('interview', 'candidate')
          and snapshots.redacted_at is null
          and coalesce(greatest(invited_at, interviewed_at, last_activity_at), first_synced_at)
              < now() - $2::interval
          and held.interview_id is null
        limit $3
        "#,
        workspace_id.as_str(),
        interval(age)?,
        most,
    )
    .fetch_all(db)
    .await
}

/// The interviews whose results are kept without conversations. The caller holds the interviews'
/// locks, because retention may redact at the same time.
pub async fn redacted(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<HashSet<String>> {
    let redacted = sqlx::query_scalar!(
        r#"
        select asked.interview_id as "interview_id!"
        from unnest($2::text[]) as asked (interview_id)
        where exists (
            select
            from heymilo_sync.snapshots
            where subject_id = asked.interview_id
              and kind = 'interview'
              and workspace_id = $1
              and redacted_at is not null
        )
        "#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .fetch_all(db)
    .await?;

    Ok(redacted.into_iter().collect())
}

/// Removes an interview's conversations from its rows: every column of class *conversation* becomes
/// NULL.
pub async fn remove_conversations(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_id: &str,
) -> Result<()> {
    let tables = tables_of_interviews(&mut *db).await?;
    for table in COLUMNS.iter().filter(|table| tables.iter().any(|name| name == table.of)) {
        let said: Vec<&str> = table
            .names
            .iter()
            .filter(|(_, class)| class.is_said())
            .map(|(name, _)| *name)
            .collect();
        if said.is_empty() {
            continue;
        }

        let statement = format!(
            "update {} set {} = null \
             where interview_id = $2 and workspace_id = $1 and num_nonnulls({}) > 0",
            table.of,
            said.join(" = null, "),
            said.join(", ")
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(workspace_id.as_str())
            .bind(interview_id)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// The tables of schema `heymilo` whose rows belong to interviews, each with its schema.
async fn tables_of_interviews(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select 'heymilo.' || relname as "table!"
        from pg_class
        join pg_attribute on attrelid = pg_class.oid
                         and attname = 'interview_id'
        where relnamespace = 'heymilo'::regnamespace
          and relkind in ('r', 'p')
        "#
    )
    .fetch_all(db)
    .await
}

/// Replaces an answer by the same one without conversations.
pub async fn redact(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    version: &Version,
    body: &[u8],
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.snapshots
        set body        = $5,
            body_bytes  = $6,
            redacted_at = now()
        where subject_id = $3
          and kind = $2
          and workspace_id = $1
          and version = $4
        "#,
        workspace_id.as_str(),
        version.kind.as_str(),
        version.subject_id,
        version.version,
        zstd::bulk::compress(body, COMPRESSION_LEVEL)?,
        bytes(body),
    )
    .execute(db)
    .await?;

    Ok(())
}
