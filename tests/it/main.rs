//! The integration tests: one binary, a room per subject.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod client;
mod contract;
mod daemon;
mod errands;
mod layers;
mod postgres;
mod registrations;
mod replay;
mod simulator;
mod support;
mod sync;
mod troubles;
mod verify;
mod webhooks;
