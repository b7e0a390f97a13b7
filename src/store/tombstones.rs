//! Interviews and people that must not come back, known by salted digests of their ids only.

use std::collections::HashSet;

use futures_util::TryStreamExt as _;
use sqlx::{PgConnection, PgExecutor};

use super::Result;
use crate::{
    mentions::{Digests, fold},
    records::{Candidate, WorkspaceId},
};

/// Lets interviews or people never be written again.
pub async fn bury(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    ids: impl IntoIterator<Item = &String>,
    erasure_id: Option<i64>,
) -> Result<()> {
    let ids: Vec<String> = ids.into_iter().map(|id| fold(id)).filter(|id| !id.is_empty()).collect();
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
    let of_people = |word: fn(&Candidate) -> Option<&str>| -> Vec<Option<String>> {
        people.iter().map(|person| person.and_then(word).map(fold)).collect()
    };
    let folded: Vec<String> = interview_ids.iter().map(|id| fold(id)).collect();
    let buried = sqlx::query_scalar!(
        r#"
        select asked.interview_id as "interview_id!"
        from unnest($2::text[], $3::text[], $4::text[], $5::text[])
            as asked (interview_id, folded, candidate_id, email)
        where exists (select from heymilo_sync.tombstones)
          and exists (
              select from heymilo_sync.tombstones
              where digest in (
                  heymilo_sync.tombstone($1, asked.folded),
                  heymilo_sync.tombstone($1, asked.candidate_id),
                  heymilo_sync.tombstone($1, asked.email)
              )
          )
        "#,
        workspace_id.as_str(),
        &interview_ids as _,
        &folded,
        &of_people(|person| person.candidate_id.as_deref()) as _,
        &of_people(|person| person.email.as_deref()) as _,
    )
    .fetch_all(db)
    .await?;

    Ok(buried.into_iter().collect())
}

/// Those of the texts, by their places, that name anybody who is buried.
pub async fn named_in(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    texts: &[&[u8]],
) -> Result<HashSet<usize>> {
    if texts.is_empty() {
        return Ok(HashSet::new());
    }
    let digests = digests(db).await?;
    let erased = digests.of(workspace_id);
    let places = texts.iter().enumerate();
    Ok(places.filter(|(_, text)| erased.are_named_in(text)).map(|(place, _)| place).collect())
}

/// The digests of all that is buried.
pub async fn digests(db: &mut PgConnection) -> Result<Digests> {
    // The version first: tombstones that are added meanwhile are only searched for too early.
    let asked = sqlx::query!(
        r#"
        select tombstone_version, salt
        from heymilo_sync.tombstone_versions
        cross join heymilo_sync.salts
        "#
    )
    .fetch_one(&mut *db)
    .await?;
    let beginnings = sqlx::query_scalar!(
        r#"select substr(digest, 1, 8) as "beginning!" from heymilo_sync.tombstones"#
    )
    .fetch(db)
    .map_ok(|beginning| beginning.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));

    Ok(Digests::new(asked.tombstone_version, asked.salt, beginnings.try_collect().await?))
}

/// Waits for the transactions that write deliveries, and lets no other begin until this one ends. Returns the
/// number of the newest delivery.
pub async fn lock(db: &mut PgConnection) -> Result<i64> {
    sqlx::query!(r#"select tombstone_version from heymilo_sync.tombstone_versions for update"#)
        .fetch_one(&mut *db)
        .await?;

    // A statement of its own: it sees what was committed while the first one waited.
    sqlx::query_scalar!(
        r#"select coalesce(max(delivery_id), 0) as "newest!" from heymilo_sync.inbox"#
    )
    .fetch_one(db)
    .await
}
