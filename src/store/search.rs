//! Search documents: one per interview, built after the interview was written.

use sqlx::{PgConnection, PgExecutor};

use super::Result;
use crate::records::WorkspaceId;

/// The key of the advisory lock for building documents. Any number that no other lock uses will do.
const INDEXING: i64 = 0x6865_796d_696c_6f31;

/// An interview whose document must be built.
#[derive(Debug)]
pub struct Due {
    workspace_id: String,
    interview_id: String,
}

/// Locks the building of documents until the transaction ends. Returns false when another daemon
/// holds the lock.
pub async fn lock(db: impl PgExecutor<'_>) -> Result<bool> {
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "ours!""#, INDEXING)
        .fetch_one(db)
        .await
}

/// Up to `most` interviews whose document is missing or was built from older results.
pub async fn due(db: impl PgExecutor<'_>, most: i64) -> Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"
        select workspace_id as "workspace_id!", interview_id as "interview_id!"
        from heymilo_sync.search_due
        limit $1
        "#,
        most,
    )
    .fetch_all(db)
    .await
}

/// Builds the documents of interviews from the rows they have now.
pub async fn index(db: &mut PgConnection, due: &[Due]) -> Result<()> {
    let workspace_ids: Vec<&str> = due.iter().map(|due| due.workspace_id.as_str()).collect();
    let interview_ids: Vec<&str> = due.iter().map(|due| due.interview_id.as_str()).collect();
    // In the order of their ids, because each locks its interview.
    sqlx::query!(
        r#"
        select heymilo_sync.write_search_document(workspace_id, interview_id) as "written: ()"
        from (
            select *
            from unnest($1::text[], $2::text[]) as asked (workspace_id, interview_id)
            order by interview_id
        ) as due
        "#,
        &workspace_ids as _,
        &interview_ids as _,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Removes the documents of interviews that do not exist any longer.
pub async fn forget(db: impl PgExecutor<'_>) -> Result<()> {
    sqlx::query!(
        r#"
        delete from heymilo_sync.search_documents
        where (workspace_id, interview_id) in (
            select workspace_id, interview_id
            from heymilo_sync.search_documents
            except
            select workspace_id, interview_id
            from heymilo.interviews
            where fetched_at is not null
              and deleted_at is null
        )
        "#
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Removes the documents of interviews, so that they are built again from the remaining rows.
pub async fn remove(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<()> {
    sqlx::query!(
        r#"
        delete from heymilo_sync.search_documents
        where interview_id = any($2)
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}
