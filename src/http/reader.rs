//! Reads the bodies of deliveries: unpacks them, and finds what they name.

use std::{mem, num::NonZeroUsize, sync::Arc, thread};

use tokio::{sync::Semaphore, task};

use super::{
    Places,
    unpack::{Packed, Unpacked, unpack},
};
use crate::{intake::LARGE, records::Delivery};

/// Bodies up to this size (4 KiB) are read at once: that takes less time than to hand them over.
const MAX_INLINE_BYTES: usize = 4 << 10;

/// Reads bodies, as many at once as there are cores, on threads apart from the connections'. Clones share
/// them.
#[derive(Debug, Clone)]
pub struct Reader {
    places: Arc<Places>,
    max_body_bytes: usize,
    ordinary: Arc<Semaphore>,
    /// For large and packed bodies, which the others do not wait for.
    costly: Arc<Semaphore>,
}

impl Reader {
    /// Looks in these places, and unpacks a body to `max_body_bytes` at most.
    pub fn new(places: Places, max_body_bytes: usize) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let [ordinary, costly] = [(); 2].map(|()| Arc::new(Semaphore::new(cores)));
        Self { places: Arc::new(places), max_body_bytes, ordinary, costly }
    }

    /// Larger bodies are not read.
    pub fn max_body_bytes(&self) -> usize {
        self.max_body_bytes
    }

    /// Returns the delivery unpacked and with what it names.
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
            // Held until the end, also when the sender goes away.
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
