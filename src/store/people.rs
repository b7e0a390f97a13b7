//! The candidates: one row per person, from the newest answer that names the person.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;
use crate::records::{Candidate, WorkspaceId};

/// A person as of all answers that name the person.
#[derive(Debug)]
pub struct Person<'a> {
    /// The person as the newest answer names them.
    pub named: &'a Candidate,
    /// When the first answer named the person.
    pub first_at: DateTime<Utc>,
    /// When the present name and address were first seen.
    pub since: DateTime<Utc>,
}

/// Writes the people that answers name. An older answer only changes since when they are known.
///
/// The rows do not depend on how answers in the order of time are batched. A person whom several
/// answers name is written once for each answer.
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

/// Writes people. One answer names each of them.
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

/// Blocks all other writers of people until the transaction ends. So nothing is added to a person's
/// other interviews after they were read. Readers are not blocked.
///
/// A transaction that has already written people must not call this: two of them would deadlock.
pub async fn lock_all(db: &mut PgConnection) -> Result<()> {
    sqlx::query!(r#"lock table heymilo.candidates in share row exclusive mode"#)
        .execute(db)
        .await?;

    Ok(())
}

/// Writes people of whom every answer is known, and replaces their rows.
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

/// Blocks other writers of these people until the transaction ends, so that reading everything
/// about them misses nothing. It locks in the order of ids, as other writers do.
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

/// The interviews of these people in the tables.
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
