//! The candidates: one row per person, from the newest answer that names them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;
use crate::records::{Candidate, WorkspaceId};

/// A person as of all answers that name them.
#[derive(Debug)]
pub struct Person<'a> {
    /// As the newest answer names them.
    pub named: &'a Candidate,
    /// When any answer named them first.
    pub first_at: DateTime<Utc>,
    /// Since when they have been named like this.
    pub since: DateTime<Utc>,
}

/// Writes the people that answers name. An older answer only tells since when they are known.
///
/// However answers that come in the order of time are batched, the rows are the same: a person whom several answers name is written
/// once for each of them, in the order of time.
pub async fn upsert(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    named: impl Iterator<Item = (&Candidate, DateTime<Utc>)>,
) -> Result<()> {
    // In the order of their ids, so that concurrent writers cannot deadlock.
    let mut people: BTreeMap<&str, Vec<(&Candidate, DateTime<Utc>)>> = BTreeMap::new();
    for (candidate, observed_at) in named {
        if let Some(candidate_id) = candidate.candidate_id.as_deref() {
            people.entry(candidate_id).or_default().push((candidate, observed_at));
        }
    }
    for answers in people.values_mut() {
        answers.sort_by_key(|(_, observed_at)| *observed_at);
    }

    let rounds = people.values().map(Vec::len).max().unwrap_or_default();
    for round in 0..rounds {
        let of_round = people.values().filter_map(|answers| answers.get(round).copied());
        upsert_once(db, workspace_id, &of_round.collect::<Vec<_>>()).await?;
    }
    Ok(())
}

/// Writes people, each of whom one answer names.
async fn upsert_once(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    people: &[(&Candidate, DateTime<Utc>)],
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo.candidates as known
            (workspace_id, candidate_id, name, email, observed_at, first_synced_at, synced_at)
        select $1, new.candidate_id, new.name, new.email, new.observed_at, new.observed_at,
               new.observed_at
        from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[])
            as new (candidate_id, name, email, observed_at)
        on conflict (workspace_id, candidate_id) do update
            set name            = case when excluded.observed_at >= known.observed_at
                                       then coalesce(excluded.name, known.name)
                                       else coalesce(known.name, excluded.name) end,
                email           = case when excluded.observed_at >= known.observed_at
                                       then coalesce(excluded.email, known.email)
                                       else coalesce(known.email, excluded.email) end,
                observed_at     = case when excluded.observed_at >= known.observed_at
                                         or (known.name, known.email) is not distinct from
                                            (excluded.name, excluded.email)
                                       then excluded.observed_at else known.observed_at end,
                first_synced_at = least(known.first_synced_at, excluded.first_synced_at),
                synced_at       = case when excluded.observed_at >= known.observed_at
                                         or (known.name, known.email) is not distinct from
                                            (excluded.name, excluded.email)
                                       then excluded.synced_at else known.synced_at end
            where excluded.observed_at < known.first_synced_at
               or excluded.observed_at >= known.observed_at
              and (known.name, known.email) is distinct from
                  (coalesce(excluded.name, known.name), coalesce(excluded.email, known.email))
               or excluded.observed_at < known.observed_at
              and (known.name, known.email) is distinct from
                  (coalesce(known.name, excluded.name), coalesce(known.email, excluded.email))
        "#,
        workspace_id.as_str(),
        &people.iter().map(|(person, _)| person.candidate_id.as_deref()).collect::<Vec<_>>() as _,
        &people.iter().map(|(person, _)| person.name.as_deref()).collect::<Vec<_>>() as _,
        &people.iter().map(|(person, _)| person.email.as_deref()).collect::<Vec<_>>() as _,
        &people.iter().map(|(_, observed_at)| *observed_at).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Lets nobody else write people until the transaction ends: what is read of a person's other
/// interviews from now on is all there is. Readers go on.
///
/// Whoever has written people in this transaction already must not ask for it: two of them would wait
/// for each other.
pub async fn lock_all(db: &mut PgConnection) -> Result<()> {
    sqlx::query!(r#"lock table heymilo.candidates in share row exclusive mode"#)
        .execute(db)
        .await?;

    Ok(())
}

/// Writes people whose every answer is known, whatever the tables say of them.
pub async fn replace(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    people: &[Person<'_>],
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo.candidates
            (workspace_id, candidate_id, name, email, observed_at, first_synced_at, synced_at)
        select $1, new.candidate_id, new.name, new.email, new.since, new.first_at, new.since
        from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
            as new (candidate_id, name, email, since, first_at)
        on conflict (workspace_id, candidate_id) do update
            set name            = excluded.name,
                email           = excluded.email,
                observed_at     = excluded.observed_at,
                first_synced_at = excluded.first_synced_at,
                synced_at       = excluded.synced_at
        "#,
        workspace_id.as_str(),
        &people.iter().map(|person| person.named.candidate_id.as_deref()).collect::<Vec<_>>() as _,
        &people.iter().map(|person| person.named.name.as_deref()).collect::<Vec<_>>() as _,
        &people.iter().map(|person| person.named.email.as_deref()).collect::<Vec<_>>() as _,
        &people.iter().map(|person| person.since).collect::<Vec<_>>(),
        &people.iter().map(|person| person.first_at).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Lets nobody else write these people until the transaction ends, so that whoever reads all that
/// is known of them misses nothing. In the order of their ids, as others write them.
pub async fn lock(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    candidate_ids: &[String],
) -> Result<()> {
    sqlx::query!(
        r#"
        select
        from heymilo.candidates
        where workspace_id = $1
          and candidate_id = any($2)
        order by candidate_id collate "C"
        for update
        "#,
        workspace_id.as_str(),
        candidate_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// The interviews that the tables give to these people.
pub async fn interviews(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    candidate_ids: &[String],
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interview_id
        from heymilo.interviews
        where workspace_id = $1
          and candidate_id = any($2)
        order by interview_id
        "#,
        workspace_id.as_str(),
        candidate_ids,
    )
    .fetch_all(db)
    .await
}
