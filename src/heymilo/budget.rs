//! What the client must know about the budget of its key, wherever the budget is held.

use std::time::Duration;

use futures_util::future::BoxFuture;

/// Holds the budget of a key, which others may be using as well.
pub trait Budget: Send + Sync {
    /// Asks for permits once; never waits for them to become due. Lists are always needed.
    fn take(&self, ask: Ask) -> BoxFuture<'_, Grant>;

    /// Lets nobody take permits for a while, because HeyMilo refused a request.
    fn pause(&self, wait: Duration) -> BoxFuture<'_, ()>;
}

/// What permits are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// What the requests are for.
    pub purpose: Purpose,
    /// How many may be used at once, at least one.
    pub most: usize,
    /// What the newest answer told, if it was not passed on before.
    pub heard: Option<Heard>,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The results of an interview that is due.
    Interviews,
    /// The results of an interview that is due because a delivery named it.
    News,
    /// The results of an interview that is due, where others are there for what deliveries name.
    BesidesNews,
    /// Anything else: mostly lists.
    Lists,
}

/// What comes of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// So many requests may leave, now.
    Permits(usize),
    /// None are due before so much time has passed.
    Wait(Duration),
    /// There is nothing to use permits for.
    NotNeeded,
}

/// What an answer's headers told about the limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// How many requests a minute the key allows.
    pub limit: Option<u32>,
    /// How many more are allowed until the reset.
    pub remaining: Option<u32>,
    /// How long from the request until the reset.
    pub reset: Option<Duration>,
    /// How long ago the request left.
    pub age: Duration,
}
