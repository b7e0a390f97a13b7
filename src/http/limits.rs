//! The limits of a listener, which bound memory and time for any peer.

use std::{num::NonZeroU32, time::Duration};

/// The limits of a listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most connections at a time. A further one closes the connection that has been idle
    /// longest.
    pub connections: usize,
    /// The most deliveries in work at a time, counted from the end of their bodies.
    pub requests: usize,
    /// The most deliveries of a workspace per second.
    pub deliveries_per_second: NonZeroU32,
    /// The most requests of one address per minute for paths that do not exist.
    pub unknown_paths_per_minute: NonZeroU32,
    /// How long a connection stays open until the head of its next request has arrived.
    pub idle_timeout: Duration,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
}
