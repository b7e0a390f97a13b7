//! The integration tests: one binary, a room per subject.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod budget;
mod client;
mod contract;
mod daemon;
mod discovery;
mod errands;
mod gone;
mod layers;
mod postgres;
mod registrations;
mod replay;
mod replicas;
mod simulator;
mod support;
mod sync;
mod troubles;
mod verify;
mod webhooks;
mod workspaces;
