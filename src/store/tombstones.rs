//! Interviews and people that must not come back, known by salted digests of their ids only.

use std::collections::HashSet;

use sqlx::PgExecutor;

use super::Result;
use crate::records::{Candidate, WorkspaceId};

/// Lets interviews or people never be written again.
pub async fn bury(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    ids: impl IntoIterator<Item = &String>,
    erasure_id: Option<i64>,
) -> Result<()> {
    let ids: Vec<&str> = ids.into_iter().map(|id| id.trim()).filter(|id| !id.is_empty()).collect();
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
/// them, by id or address.
///
/// Whoever is going to write interviews asks while nobody else can write them, so that an erasure
/// either is seen here or waits for them.
pub async fn among(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interviews: impl Iterator<Item = (&str, Option<&Candidate>)>,
) -> Result<HashSet<String>> {
    let (interview_ids, people): (Vec<&str>, Vec<Option<&Candidate>>) = interviews.unzip();
    let of_people = |word: fn(&Candidate) -> Option<&str>| -> Vec<Option<&str>> {
        people.iter().map(|person| person.and_then(word)).collect()
    };
    let buried = sqlx::query_scalar!(
        r#"
        select asked.interview_id as "interview_id!"
        from unnest($2::text[], $3::text[], $4::text[])
            as asked (interview_id, candidate_id, email)
        where exists (select from heymilo_sync.tombstones)
          and exists (
              select from heymilo_sync.tombstones
              where digest in (
                  heymilo_sync.tombstone($1, asked.interview_id),
                  heymilo_sync.tombstone($1, asked.candidate_id),
                  heymilo_sync.tombstone($1, lower(btrim(asked.email)))
              )
          )
        "#,
        workspace_id.as_str(),
        &interview_ids as _,
        &of_people(|person| person.candidate_id.as_deref()) as _,
        &of_people(|person| person.email.as_deref()) as _,
    )
    .fetch_all(db)
    .await?;

    Ok(buried.into_iter().collect())
}

/// Those of the texts, by their places, that name anybody who is buried.
pub async fn named_in(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    texts: &[&[u8]],
) -> Result<HashSet<usize>> {
    let places = sqlx::query_scalar!(
        r#"
        select place - 1 as "place!"
        from unnest($2::bytea[]) with ordinality as texts (written, place)
        where heymilo_sync.names_erased($1, written)
        "#,
        workspace_id.as_str(),
        texts as _,
    )
    .fetch_all(db)
    .await?;

    Ok(places.into_iter().filter_map(|place| usize::try_from(place).ok()).collect())
}
