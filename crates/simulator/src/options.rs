//! What a simulated workspace is made of and how fast its time passes.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Fault, FileFault};

/// How the world is made; the same options and start make the same world.
#[derive(Debug, Clone)]
pub struct Options {
    /// Everything invented follows from it.
    pub seed: u64,
    /// How many postings the workspace has, at least one.
    pub postings: usize,
    /// How many candidates were invited before the start, over all postings.
    pub candidates: usize,
    /// How many more are invited per simulated day.
    pub arrivals_per_day: f64,
    /// Simulated seconds per real second. Zero stands still until [`Simulator::advance`].
    ///
    /// [`Simulator::advance`]: super::Simulator::advance
    pub speed: f64,
    /// The world's time at the start; the real time when `None`.
    pub start: Option<DateTime<Utc>>,
    /// How many requests the key may make in a simulated minute; any number when `None`.
    pub requests_per_minute: Option<u32>,
    /// How those requests are counted.
    pub window: Window,
    /// The one key that is accepted.
    pub api_key: String,
    /// What is wrong with the answers.
    pub fault: Option<Fault>,
    /// How long links to recordings and resumes work, which the simulator then serves itself. When `None`, they
    /// lead to cdn.example.com.
    pub link_lifetime: Option<Duration>,
    /// What is wrong with those files.
    pub file_fault: Option<FileFault>,
}

/// How the limiter counts a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The count starts again at every full minute.
    Fixed,
    /// The count is of the sixty seconds before the request.
    Sliding,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            postings: 8,
            candidates: 2_000,
            arrivals_per_day: 1_500.0,
            speed: 1.0,
            start: None,
            requests_per_minute: Some(300),
            window: Window::Fixed,
            api_key: "simulated".to_owned(),
            fault: None,
            link_lifetime: None,
            file_fault: None,
        }
    }
}
