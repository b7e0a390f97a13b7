//! Finds what may be about a person who is named by something that several people can share, for an
//! officer to decide. Takes no lock and changes nothing.

use std::{collections::BTreeSet, pin::pin};

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;

use super::{Remover, Result};
use crate::{
    mentions::{Contact, base_address, fold},
    spool::aside,
    store::{self, erasures::Possible, snapshots::Kind},
};

/// The result of a review.
#[derive(Debug, Default)]
pub struct Review {
    /// Interviews. The officer erases each by its id, or with its person.
    pub interviews: Vec<Possible>,
    /// Deliveries that name no interview.
    pub deliveries: Vec<i64>,
    /// Answers that name no interview.
    pub answers: usize,
    /// Files that this machine's spool has set aside.
    pub files: usize,
}

impl Remover {
    /// Searches all answers and deliveries for a name or a phone number.
    pub async fn review(&self, contact: &Contact) -> Result<Review> {
        let mut db = self.db.acquire().await?;
        let mut review = Review::default();
        let mut interviews = BTreeSet::new();
        self.review_answers(&mut db, contact, &mut review, &mut interviews).await?;
        self.review_deliveries(&mut db, contact, &mut review, &mut interviews).await?;

        let interviews: Vec<String> = interviews.into_iter().collect();
        review.files = aside::holding(&self.spool, |content| contact.is_in(content))?.len();
        review.interviews =
            store::erasures::possible(&mut db, &self.workspace_id, &interviews).await?;
        Ok(review)
    }

    async fn review_answers(
        &self,
        db: &mut PgConnection,
        contact: &Contact,
        review: &mut Review,
        interviews: &mut BTreeSet<String>,
    ) -> store::Result<()> {
        let mut answers = pin!(store::erasures::answers(db, &self.workspace_id));
        while let Some(answer) = answers.try_next().await? {
            if !contact.is_in(&answer.body) {
                continue;
            }
            match answer.kind {
                Kind::Interview | Kind::Candidate => _ = interviews.insert(answer.subject_id),
                _ => review.answers += 1,
            }
        }
        Ok(())
    }

    async fn review_deliveries(
        &self,
        db: &mut PgConnection,
        contact: &Contact,
        review: &mut Review,
        interviews: &mut BTreeSet<String>,
    ) -> store::Result<()> {
        let newest = store::removal::newest_delivery(&mut *db).await?;
        let mut kept = pin!(store::removal::deliveries(db, &self.workspace_id, 0, newest));

        while let Some(delivery) = kept.try_next().await? {
            let query = delivery.query.as_deref().unwrap_or_default();
            if !contact.is_in(&delivery.body) && !contact.is_in(query.as_bytes()) {
                continue;
            }
            if delivery.interview_ids.is_empty() {
                review.deliveries.push(delivery.delivery_id);
            }
            interviews.extend(delivery.interview_ids);
        }

        Ok(())
    }

    /// The interviews whose address differs from this one only in what follows a plus sign.
    pub async fn similar(&self, address: &str) -> Result<Vec<Possible>> {
        let mut db = self.db.acquire().await?;
        let (address, base) = (fold(address), base_address(address));
        let called = store::erasures::called(&mut db, &self.workspace_id);
        let similar = called.try_filter_map(async |called| {
            let is_similar = called
                .email
                .is_some_and(|email| fold(&email) != address && base_address(&email) == base);
            Ok(called.interview_id.filter(|_| is_similar))
        });
        let similar: BTreeSet<String> = similar.try_collect().await?;
        let similar: Vec<String> = similar.into_iter().collect();
        Ok(store::erasures::possible(&mut db, &self.workspace_id, &similar).await?)
    }
}
