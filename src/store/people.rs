//! The candidates: one row per person, from the newest answer that names them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;
use crate::records::{Candidate, WorkspaceId};

/// Writes the people that answers name; an older answer changes nothing.
pub async fn upsert(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    named: impl Iterator<Item = (&Candidate, DateTime<Utc>)>,
) -> Result<()> {
    // In the order of their ids, so that concurrent writers cannot deadlock, and each once.
    let mut people: BTreeMap<&str, (&Candidate, DateTime<Utc>)> = BTreeMap::new();
    for (candidate, observed_at) in named {
        if let Some(candidate_id) = candidate.candidate_id.as_deref() {
            let newest = people.entry(candidate_id).or_insert((candidate, observed_at));
            if newest.1 <= observed_at {
                *newest = (candidate, observed_at);
            }
        }
    }
    let people: Vec<_> = people.into_iter().collect();
    sqlx::query!(
        r#"
        insert into heymilo.candidates as known
            (workspace_id, candidate_id, name, email, observed_at, first_synced_at, synced_at)
        select $1, new.candidate_id, new.name, new.email, new.observed_at, new.observed_at,
               new.observed_at
        from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[])
            as new (candidate_id, name, email, observed_at)
        on conflict (workspace_id, candidate_id) do update
            set name        = coalesce(excluded.name, known.name),
                email       = coalesce(excluded.email, known.email),
                observed_at = excluded.observed_at,
                synced_at   = excluded.synced_at
            where known.observed_at <= excluded.observed_at
              and (known.name, known.email) is distinct from
                  (coalesce(excluded.name, known.name), coalesce(excluded.email, known.email))
        "#,
        workspace_id.as_str(),
        &people.iter().map(|(candidate_id, _)| *candidate_id).collect::<Vec<_>>() as _,
        &people.iter().map(|(_, (person, _))| person.name.as_deref()).collect::<Vec<_>>() as _,
        &people.iter().map(|(_, (person, _))| person.email.as_deref()).collect::<Vec<_>>() as _,
        &people.iter().map(|(_, (_, observed_at))| *observed_at).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;

    Ok(())
}
