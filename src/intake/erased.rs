//! Leaves out what deliveries say about erased people, before anything is written.

use std::{
    borrow::Cow,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

use bytes::Bytes;
use sqlx::PgPool;
use tokio::{sync::Semaphore, task};

use crate::{
    mentions::Digests,
    records::{Delivery, PostingId},
    store::{
        self,
        tombstones::{Reason, Tombstones},
    },
};

/// A larger batch is searched on a thread of its own.
const LARGE: usize = 16 << 10;

/// All reasons, because no delivery may bring back what was removed. HeyMilo's lists and answers
/// may.
const REASONS: [Reason; 3] = [Reason::Asked, Reason::Gone, Reason::Retention];

/// The tombstones as last read.
#[derive(Debug)]
pub struct Known {
    tombstones: Tombstones,
    known: Mutex<Option<Arc<Digests>>>,
    /// Bounds the searches of large batches at a time. A search goes on after its caller gave it
    /// up.
    searches: Arc<Semaphore>,
}

/// Deliveries without what they say about erased people.
#[derive(Debug)]
pub struct Searched<'a> {
    /// In the order of the batch.
    pub deliveries: Cow<'a, [Delivery]>,
    /// The version of the tombstones.
    pub version: i64,
}

impl Known {
    /// Begins without tombstones.
    pub fn new(tombstones: Tombstones) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { tombstones, known: Mutex::default(), searches: Arc::new(Semaphore::new(cores)) }
    }

    /// Searches deliveries for erased people. Newer tombstones are noticed when the deliveries are
    /// written.
    pub async fn search<'a>(&self, digests: Arc<Digests>, batch: &'a [Delivery]) -> Searched<'a> {
        let version = digests.version();
        if digests.is_empty() {
            return Searched { deliveries: batch.into(), version };
        }

        let owned = batch.to_vec();
        let size: usize = batch.iter().map(|delivery| delivery.body.len()).sum();
        let deliveries = if size > LARGE {
            let search = self.searches.clone().acquire_owned().await.expect("never closed");
            let searched = task::spawn_blocking(move || {
                let _search = search;
                blanked(&digests, owned)
            });
            searched.await.expect("a search does not panic")
        } else {
            blanked(&digests, owned)
        };
        Searched { deliveries: deliveries.into(), version }
    }

    /// The tombstones as last read. Reads them when there are none.
    pub async fn get(&self, db: &PgPool) -> store::Result<Arc<Digests>> {
        if let Some(known) = self.known().clone() {
            return Ok(known);
        }
        let mut db = db.acquire().await?;
        let digests = Arc::new(self.tombstones.digests(&mut db, &REASONS).await?);
        *self.known() = Some(digests.clone());
        Ok(digests)
    }

    /// Has the tombstones read again if they are of this version.
    pub fn forget(&self, version: i64) {
        self.known().take_if(|known| known.version() == version);
    }

    fn known(&self) -> MutexGuard<'_, Option<Arc<Digests>>> {
        self.known.lock().expect("no code panics while it holds the tombstones")
    }
}

/// The deliveries without erased interviews, and without content when they name an erased person.
fn blanked(digests: &Digests, mut deliveries: Vec<Delivery>) -> Vec<Delivery> {
    for delivery in &mut deliveries {
        let erased = digests.of(&delivery.workspace_id);
        let named = delivery.interview_ids.len();
        delivery.interview_ids.retain(|id| !erased.contains(id.as_str()));
        let is_named = delivery.interview_ids.len() < named
            || erased.are_named_in(&delivery.body)
            || texts(delivery).any(|text| erased.are_named_in(text.as_bytes()));
        if is_named {
            *delivery = without_content(delivery);
        }
    }
    deliveries
}

/// The texts of a delivery beside its body.
fn texts(delivery: &Delivery) -> impl Iterator<Item = &str> {
    let Delivery { query, content_type, content_encoding, event_type, .. } = delivery;
    let posting_id = delivery.posting_id.as_ref().map(PostingId::as_str);
    let texts = [query, content_type, content_encoding, event_type].map(Option::as_deref);
    texts.into_iter().chain([posting_id]).flatten()
}

/// The fields that the program itself knows, and the other interviews that the delivery names.
fn without_content(delivery: &Delivery) -> Delivery {
    Delivery {
        receipt_id: delivery.receipt_id,
        workspace_id: delivery.workspace_id.clone(),
        received_at: delivery.received_at,
        method: delivery.method.clone(),
        query: None,
        content_type: None,
        content_encoding: None,
        body: Bytes::new(),
        interview_ids: delivery.interview_ids.clone(),
        posting_id: None,
        is_vague: delivery.is_vague,
        undecoded: delivery.undecoded.clone(),
        event_type: None,
        traceparent: delivery.traceparent.clone(),
    }
}
