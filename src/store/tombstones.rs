//! Interviews and people that must not come back, known by salted digests of their ids only.

use std::collections::HashSet;

use sqlx::PgExecutor;

use super::Result;
use crate::records::WorkspaceId;

/// Lets interviews or people never be written again.
pub async fn bury(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    ids: impl IntoIterator<Item = &String>,
    erasure_id: Option<i64>,
) -> Result<()> {
    let ids: Vec<&str> = ids.into_iter().map(String::as_str).collect();
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into heymilo_sync.tombstones (digest, erasure_id)
        select heymilo_sync.tombstone($1, id), $3
        from unnest($2::text[]) as buried (id)
        on conflict do nothing
        "#,
        workspace_id.as_str(),
        &ids as _,
        erasure_id,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Those of the interviews that are buried, themselves or with the person that an answer gives
/// them.
///
/// Whoever is going to write interviews asks while nobody else can write them, so that an erasure
/// either is seen here or waits for them.
pub async fn among(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interviews: impl Iterator<Item = (&str, Option<&str>)>,
) -> Result<HashSet<String>> {
    let (interview_ids, candidate_ids): (Vec<&str>, Vec<Option<&str>>) = interviews.unzip();
    let buried = sqlx::query_scalar!(
        r#"
        select asked.interview_id as "interview_id!"
        from unnest($2::text[], $3::text[]) as asked (interview_id, candidate_id)
        where exists (select from heymilo_sync.tombstones)
          and exists (
              select from heymilo_sync.tombstones
              where digest in (
                  heymilo_sync.tombstone($1, asked.interview_id),
                  heymilo_sync.tombstone($1, asked.candidate_id)
              )
          )
        "#,
        workspace_id.as_str(),
        &interview_ids as _,
        &candidate_ids as _,
    )
    .fetch_all(db)
    .await?;

    Ok(buried.into_iter().collect())
}
