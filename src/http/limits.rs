//! How much a listener takes at a time, so that memory and time are bounded for any peer.

use std::{num::NonZeroU32, time::Duration};

/// The limits of a listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most connections at a time. A further one closes the connection that has been idle longest.
    pub connections: usize,
    /// Most deliveries that are worked on at a time, counted from the end of their bodies.
    pub requests: usize,
    /// Most deliveries of a workspace per second.
    pub deliveries_per_second: NonZeroU32,
    /// Most requests per minute of one address for paths that do not exist.
    pub strangers_per_minute: NonZeroU32,
    /// How long a connection stays open until the head of its next request has arrived.
    pub idle_timeout: Duration,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
}
