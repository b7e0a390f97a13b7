//! Counts the key's requests in simulated time.

use std::collections::VecDeque;

use super::options::Window;

const MINUTE: f64 = 60.0;

/// The requests of the present window.
#[derive(Debug)]
pub struct Limiter {
    limit: usize,
    window: Window,
    accepted: VecDeque<f64>,
}

/// The state of the key after a request.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Whether this request is accepted.
    pub accepted: bool,
    /// The number of requests allowed in a window.
    pub limit: usize,
    /// The number of further requests allowed now.
    pub remaining: usize,
    /// Simulated seconds until an exhausted key is accepted again.
    pub reset_after: f64,
}

impl Limiter {
    /// Allows `limit` requests a minute.
    pub fn new(limit: u32, window: Window) -> Self {
        Self { limit: limit as usize, window, accepted: VecDeque::new() }
    }

    /// Counts a request made at `now`. A refused request does not count.
    pub fn count(&mut self, now: f64) -> Standing {
        while self.accepted.front().is_some_and(|&at| self.end_of_window(at) <= now) {
            self.accepted.pop_front();
        }
        let accepted = self.accepted.len() < self.limit;
        if accepted {
            self.accepted.push_back(now);
        }
        let oldest = self.accepted.front().copied().unwrap_or(now);
        Standing {
            accepted,
            limit: self.limit,
            remaining: self.limit - self.accepted.len(),
            reset_after: self.end_of_window(oldest) - now,
        }
    }

    /// When a request made at `at` stops counting.
    fn end_of_window(&self, at: f64) -> f64 {
        match self.window {
            Window::Fixed => ((at / MINUTE).floor() + 1.0) * MINUTE,
            Window::Sliding => at + MINUTE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_window_forgets_at_the_full_minute() {
        let mut limiter = Limiter::new(2, Window::Fixed);

        assert!(limiter.count(58.0).accepted);
        assert!(limiter.count(59.0).accepted);

        let refused = limiter.count(59.5);
        assert!(!refused.accepted);
        assert_eq!(refused.reset_after, 0.5);
        assert_eq!(limiter.count(60.0).remaining, 1);
    }

    #[test]
    fn a_sliding_window_forgets_one_request_at_a_time() {
        let mut limiter = Limiter::new(2, Window::Sliding);

        limiter.count(58.0);
        limiter.count(59.0);

        assert!(!limiter.count(117.9).accepted);
        assert!(limiter.count(118.0).accepted);
        assert!(!limiter.count(118.5).accepted);
    }
}
