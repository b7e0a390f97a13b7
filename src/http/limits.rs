//! How much a listener lets come in.

use std::{num::NonZeroU32, time::Duration};

/// The limits of a listener. Whoever is at the other end, memory and time are bounded.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most connections at a time; who comes beyond them waits.
    pub connections: usize,
    /// Most requests at a time.
    pub requests: usize,
    /// Most deliveries a second.
    pub deliveries_per_second: NonZeroU32,
    /// How often an address may ask for what is not there, a minute.
    pub strangers_per_minute: NonZeroU32,
    /// How long a request's head may take to come, and a connection may be silent.
    pub header_timeout: Duration,
    /// How long a request's body may take to come.
    pub body_timeout: Duration,
}
