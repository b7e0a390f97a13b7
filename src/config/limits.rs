//! Limits that no operator has a reason to change. Tests change them.

use std::{num::NonZeroU32, time::Duration};

/// The limits of a daemon.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections of the public listener. One address (one /64 network of IPv6) has three
    /// quarters at most. A further connection closes the one that has waited longest for its peer.
    pub connections: usize,
    /// Deliveries in work at a time. A further delivery, whose body has arrived, waits for a second
    /// and is then answered 503.
    pub requests: usize,
    /// How often an address may ask for paths that do not exist, in a minute. A wrong token is such a
    /// path.
    pub unknown_paths_per_minute: NonZeroU32,
    /// How long a connection stays open until the head of its next request has arrived. It is
    /// longer than proxies keep idle connections (60 s for most), so that no delivery meets a
    /// connection that was just closed.
    pub idle_timeout: Duration,
    /// How long the body of a delivery may take to arrive.
    pub body_timeout: Duration,
    /// A larger delivery is refused.
    pub delivery_bytes: usize,
    /// The percentage of the rate limit for deliveries that change nothing: they name interviews
    /// that do not exist, repeat what is known, or make lists due.
    pub unchanged_percent: u32,
    /// Interviews that only deliveries name and that wait to be fetched. Further ones are left to
    /// the poll.
    pub unknown_waiting: u32,
    /// How long the database may take to keep a delivery before the delivery goes to the spool.
    pub spool_after: Duration,
    /// How often HeyMilo is asked during an outage.
    pub outage_interval: Duration,
    /// A larger answer of HeyMilo is refused, after decompression.
    pub answer_bytes: usize,
    /// How far before the oldest unfinished invitation a look at a candidates list begins.
    pub overlap: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            requests: 128,
            unknown_paths_per_minute: NonZeroU32::new(60).expect("60 is not zero"),
            idle_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(30),
            delivery_bytes: 1 << 20,
            unchanged_percent: 10,
            unknown_waiting: 1000,
            spool_after: Duration::from_secs(5),
            outage_interval: Duration::from_secs(10),
            answer_bytes: 16 << 20,
            overlap: Duration::from_secs(60 * 60),
        }
    }
}
