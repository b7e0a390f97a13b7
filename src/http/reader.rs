//! Reads the bodies of deliveries: decodes them and finds the ids in them.

use std::{mem, num::NonZeroUsize, sync::Arc, thread};

use tokio::{sync::Semaphore, task};

use super::{
    Places,
    unpack::{Packed, Unpacked, unpack},
};
use crate::{intake::LARGE, records::Delivery};

/// Smaller bodies are read at once (4 KiB), because handing them to a thread takes longer.
const MAX_INLINE_BYTES: usize = 4 << 10;

/// Reads bodies on threads apart from the connections', one per core at a time. Clones share them.
#[derive(Debug, Clone)]
pub struct Reader {
    places: Arc<Places>,
    max_body_bytes: usize,
    ordinary: Arc<Semaphore>,
    /// For large and compressed bodies, so that others need not wait for them.
    costly: Arc<Semaphore>,
}

impl Reader {
    /// Looks for ids in these places, and decodes a body to at most `max_body_bytes`.
    pub fn new(places: Places, max_body_bytes: usize) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let [ordinary, costly] = [(); 2].map(|()| Arc::new(Semaphore::new(cores)));
        Self { places: Arc::new(places), max_body_bytes, ordinary, costly }
    }

    /// Larger bodies are not read.
    pub fn max_body_bytes(&self) -> usize {
        self.max_body_bytes
    }

    /// Returns the delivery with its decoded body and the ids in it.
    pub async fn read(&self, delivery: Delivery) -> Delivery {
        let is_packed = delivery.content_encoding.is_some();
        let length = delivery.body.len();
        if length <= MAX_INLINE_BYTES && !is_packed {
            return self.recognize(delivery);
        }

        let threads = if is_packed || length > LARGE { &self.costly } else { &self.ordinary };
        let thread = threads.clone().acquire_owned().await.expect("never closed");
        let reader = self.clone();
        let read = task::spawn_blocking(move || {
            // Held until the end, even when the sender closes the connection.
            let _thread = thread;
            reader.recognize(delivery)
        });
        read.await.expect("reading a body does not panic")
    }

    fn recognize(&self, mut delivery: Delivery) -> Delivery {
        let packed = Packed {
            content_encoding: delivery.content_encoding.as_deref(),
            content_type: delivery.content_type.as_deref(),
            body: mem::take(&mut delivery.body),
        };
        let Unpacked { body, undecoded } = unpack(packed, self.max_body_bytes);
        let hint = self.places.read(&body, delivery.query.as_deref());
        Delivery {
            body,
            is_vague: hint.is_vague || undecoded.is_some(),
            undecoded: undecoded.map(str::to_owned),
            interview_ids: hint.interview_ids,
            posting_id: hint.posting_id,
            event_type: hint.event_type,
            ..delivery
        }
    }
}
