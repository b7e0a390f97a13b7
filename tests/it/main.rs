//! The integration tests: one binary, a room per subject.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod simulator;
