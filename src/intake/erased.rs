//! What deliveries say about erased people is left out before it is written anywhere.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use sqlx::PgPool;
use tokio::task;

use crate::{mentions::Digests, records::Delivery, store};

/// Larger batches are searched on a thread of their own.
const LARGE: usize = 16 << 10;

/// The tombstones as they were read last.
#[derive(Debug, Default)]
pub struct Tombstones(Mutex<Option<Arc<Digests>>>);

/// Deliveries without what they say about erased people.
#[derive(Debug)]
pub struct Searched<'a> {
    /// In the order in which they were handed over.
    pub deliveries: Cow<'a, [Delivery]>,
    /// That of the tombstones.
    pub version: i64,
}

impl Tombstones {
    /// Searches deliveries. Whether this still holds is known when they are
    /// written.
    pub async fn search<'a>(
        &self,
        db: &PgPool,
        batch: &'a [Delivery],
    ) -> store::Result<Searched<'a>> {
        let digests = match self.known() {
            Some(digests) => digests,
            None => self.read(db).await?,
        };
        let version = digests.version();
        if digests.is_empty() {
            return Ok(Searched { deliveries: batch.into(), version });
        }

        let size: usize = batch.iter().map(|delivery| delivery.body.len()).sum();
        let deliveries = if size > LARGE {
            let owned = batch.to_vec();
            let blanking = task::spawn_blocking(move || blanked(&digests, owned));
            blanking.await.expect("a search does not panic")
        } else {
            blanked(&digests, batch.to_vec())
        };
        Ok(Searched { deliveries: deliveries.into(), version })
    }

    /// Has the next search read the tombstones again.
    pub fn forget(&self) {
        *self.0.lock().expect("nothing panics with the tombstones") = None;
    }

    fn known(&self) -> Option<Arc<Digests>> {
        self.0.lock().expect("nothing panics with the tombstones").clone()
    }

    async fn read(&self, db: &PgPool) -> store::Result<Arc<Digests>> {
        let digests = Arc::new(store::tombstones::digests(&mut *db.acquire().await?).await?);
        *self.0.lock().expect("nothing panics with the tombstones") = Some(digests.clone());
        Ok(digests)
    }
}

/// Deliveries without the content of those that name an erased person, and without erased interviews.
fn blanked(digests: &Digests, mut deliveries: Vec<Delivery>) -> Vec<Delivery> {
    for delivery in &mut deliveries {
        let erased = digests.of(&delivery.workspace_id);
        let named = delivery.interview_ids.len();
        delivery.interview_ids.retain(|id| !erased.contains(id.as_str()));
        let query = delivery.query.as_deref().unwrap_or_default();
        if delivery.interview_ids.len() < named
            || erased.are_named_in(&delivery.body)
            || erased.are_named_in(query.as_bytes())
        {
            (delivery.body, delivery.query) = (Bytes::new(), None);
        }
    }
    deliveries
}
