//! Writes records to the tables: fetched interviews and list rows, just received or from snapshots.

mod history;
mod received;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

pub use received::{Received, is_not_ready};

use crate::{
    normalize::Normalized,
    records::{Listing, Results, Standing, WorkspaceId},
    store::{
        self,
        interviews::{Fetched, Listed},
        notices::Noticed,
        results::{Before, NewResults},
        snapshots::Kind,
    },
};

/// Writes the rows of interviews. `before` holds their stored states, and `written` the results
/// whose rows the tables hold, as far as known. Each interview may occur only once.
pub async fn write_fetched(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    received: &[&Received],
    before: &HashMap<String, Standing>,
    written: &HashMap<String, Results>,
) -> store::Result<()> {
    let noticed: Vec<Noticed<'_>> = received
        .iter()
        .map(|answer| Noticed {
            subject_id: answer.id(),
            notices: &answer.results.notices,
            noticed_at: answer.fetched_at,
        })
        .collect();
    store::notices::replace(db, workspace_id, Kind::Interview, &noticed).await?;

    let fetched: Vec<Fetched<'_>> = received
        .iter()
        .map(|answer| Fetched {
            interview: answer.interview(),
            results_ready: answer.results_ready(),
            fetched_at: answer.fetched_at,
        })
        .collect();
    let after = store::interviews::upsert_fetched(db, workspace_id, &fetched).await?;

    let kept = with_earlier_values(db, workspace_id, received, before).await?;
    let results: Vec<NewResults<'_>> = received
        .iter()
        .map(|answer| {
            // Only an interview that was fetched before can have rows to replace.
            let old = before.get(answer.id()).and_then(|old| old.results_ready);
            let before = match (old, written.get(answer.id())) {
                (None, _) => Before::Nothing,
                (Some(_), None) => Before::Something,
                (Some(_), Some(written)) => Before::Known(written),
            };
            let is_partial = !answer.results_ready();
            let results = kept.get(answer.id()).unwrap_or(&answer.results.records);
            NewResults { results, before, is_partial }
        })
        .collect();
    store::results::replace(db, workspace_id, &results).await?;

    let observations: Vec<history::Observation<'_>> = received
        .iter()
        .map(|answer| history::Observation {
            interview: answer.interview(),
            observed_at: answer.fetched_at,
        })
        .collect();
    history::record(db, workspace_id, &observations, before, &after).await
}

/// Results in which a field may be absent although it has a default. The values of earlier answers
/// take its place.
async fn with_earlier_values(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    received: &[&Received],
    before: &HashMap<String, Standing>,
) -> store::Result<HashMap<String, Results>> {
    let was_fetched = |id| before.get(id).is_some_and(|old| old.results_ready.is_some());
    let mut open: HashMap<String, Results> = received
        .iter()
        .filter(|answer| was_fetched(answer.id()) && answer.results.records.has_defaults())
        .map(|answer| (answer.id().to_owned(), answer.results.records.clone()))
        .collect();
    if open.is_empty() {
        return Ok(open);
    }

    let ids: Vec<&str> = open.keys().map(String::as_str).collect();
    let earlier = store::results::earlier(db, workspace_id, &ids).await?;
    for (id, results) in &mut open {
        if let Some(earlier) = earlier.get(id) {
            results.keep(earlier);
        }
    }
    Ok(open)
}

/// Writes list rows, each with the time at which its page was asked for. `before` holds their
/// interviews' stored states. Each interview may occur only once.
pub async fn write_listed(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    listings: &[(&Normalized<Listing>, DateTime<Utc>)],
    before: &HashMap<String, Standing>,
) -> store::Result<()> {
    let noticed: Vec<Noticed<'_>> = listings
        .iter()
        .map(|(listing, listed_at)| Noticed {
            subject_id: id_of(listing),
            notices: &listing.notices,
            noticed_at: *listed_at,
        })
        .collect();
    store::notices::replace(db, workspace_id, Kind::Candidate, &noticed).await?;

    let listed: Vec<Listed<'_>> = listings
        .iter()
        .map(|(listing, listed_at)| Listed { listing: &listing.records, listed_at: *listed_at })
        .collect();
    let after = store::interviews::upsert_listed(db, workspace_id, &listed).await?;

    let observations: Vec<history::Observation<'_>> = listings
        .iter()
        .map(|(listing, listed_at)| history::Observation {
            interview: &listing.records.interview,
            observed_at: *listed_at,
        })
        .collect();
    history::record(db, workspace_id, &observations, before, &after).await
}

/// The id of a list row's interview.
pub fn id_of(listing: &Normalized<Listing>) -> &str {
    listing.records.interview.interview_id.as_str()
}
