//! Snapshots as records.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tracing::warn;

use crate::{
    json,
    normalize::{self, Answer, Normalized},
    records::{Interview, InterviewId, Listing, Results, Standing, WorkspaceId},
    store::{
        self,
        snapshots::{Kept, Kind},
    },
    sync::rows::{self, Received},
};

/// The records of snapshots of one kind.
pub enum Observations {
    /// Their results.
    Results(Vec<Received>),
    /// Their rows in the candidates list.
    Listings(Vec<(Normalized<Listing>, DateTime<Utc>)>),
}

impl Observations {
    /// Normalizes snapshots. Unreadable ones are skipped and counted.
    pub fn of(kind: Kind, kept: &[Kept], unreadable: &mut usize) -> Self {
        let readable = kept.iter().filter_map(|kept| {
            let answer = answer(kind, kept, unreadable)?;
            Some((InterviewId::from(kept.subject_id.clone()), answer, kept.fetched_at))
        });
        match kind {
            Kind::Interview => Self::Results(
                readable
                    .map(|(id, answer, fetched_at)| Received {
                        results: normalize::results(&id, answer),
                        fetched_at,
                    })
                    .collect(),
            ),
            _ => Self::Listings(
                readable.map(|(id, answer, at)| (normalize::listing(&id, answer), at)).collect(),
            ),
        }
    }

    /// Records the results that the tables hold now. After an answer without ready results, that is
    /// not known.
    pub fn note(self, written: &mut HashMap<String, Results>) {
        let Self::Results(received) = self else { return };
        for answer in received {
            let is_whole = answer.results_ready();
            let records = answer.results.records;
            let id = records.interview.interview_id.to_string();
            if is_whole {
                written.insert(id, records)
            } else {
                written.remove(&id)
            };
        }
    }

    /// The interviews, each with the time at which the answer was received.
    pub fn interviews(&self) -> Vec<(&Interview, DateTime<Utc>)> {
        match self {
            Self::Results(received) => received
                .iter()
                .map(|answer| (&answer.results.records.interview, answer.fetched_at))
                .collect(),
            Self::Listings(listings) => {
                listings.iter().map(|(listing, at)| (&listing.records.interview, *at)).collect()
            }
        }
    }

    /// Writes the same rows as when the answers were received. `written` are the results written
    /// before.
    pub async fn write(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        written: &HashMap<String, Results>,
    ) -> store::Result<()> {
        let interviews = self.interviews();
        if interviews.is_empty() {
            return Ok(());
        }

        let ids: Vec<&str> =
            interviews.iter().map(|(interview, _)| interview.interview_id.as_str()).collect();
        let before: HashMap<String, Standing> =
            store::standings::read(db, workspace_id, &ids).await?;

        match self {
            Self::Results(received) => {
                let received: Vec<&Received> = received.iter().collect();
                rows::write_fetched(db, workspace_id, &received, &before, written).await
            }
            Self::Listings(listings) => {
                let listings: Vec<_> =
                    listings.iter().map(|(listing, at)| (listing, *at)).collect();
                rows::write_listed(db, workspace_id, &listings, &before).await
            }
        }
    }
}

/// Parses a snapshot. An unreadable one is skipped and counted.
pub fn answer(kind: Kind, kept: &Kept, unreadable: &mut usize) -> Option<Answer> {
    let answer = match kind {
        Kind::Interview => Answer::about(&kept.subject_id, &kept.body),
        _ => Answer::item(&kept.body),
    };
    answer
        .inspect_err(|error| {
            *unreadable += 1;
            warn!(
                snapshot.kind = kind.as_str(),
                snapshot.subject_id = kept.subject_id,
                %error,
                "snapshot cannot be read, passed over"
            );
        })
        .ok()
}

/// Parses a posting's list of questions. An unreadable question is `None`.
pub fn questions(kept: &Kept) -> Option<Vec<Option<Answer>>> {
    Some(Answer::items(&json::elements(&kept.body, usize::MAX)?))
}
