//! The options of a simulated workspace, and the speed of its time.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Fault, FileFault};

/// The options of the simulation. The same options and start give the same data.
#[derive(Debug, Clone)]
pub struct Options {
    /// All invented data follows from it.
    pub seed: u64,
    /// The number of postings, at least one.
    pub postings: usize,
    /// The number of candidates who were invited before the start, in all postings.
    pub candidates: usize,
    /// The number of further invitations in a simulated day.
    pub arrivals_per_day: f64,
    /// Simulated seconds per real second. Zero stands still until [`Simulator::advance`].
    ///
    /// [`Simulator::advance`]: super::Simulator::advance
    pub speed: f64,
    /// The simulated time at the start. `None` means the real time.
    pub start: Option<DateTime<Utc>>,
    /// The number of requests that the key may make in a simulated minute. `None` means no limit.
    pub requests_per_minute: Option<u32>,
    /// How those requests are counted.
    pub window: Window,
    /// The only accepted key.
    pub api_key: String,
    /// The fault of answers.
    pub fault: Option<Fault>,
    /// How long links to recordings and resumes work. The simulator then serves the files itself.
    /// When `None`, links point to cdn.example.com.
    pub link_lifetime: Option<Duration>,
    /// The fault of files.
    pub file_fault: Option<FileFault>,
}

/// How the limiter counts a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The count starts again at every full minute.
    Fixed,
    /// The count covers the sixty seconds before the request.
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
