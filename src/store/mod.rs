//! All SQL. Knows no HTTP, and does not decide what to fetch.
#![doc = include_str!("README.md")]

pub mod access;
pub mod adverse_impact;
pub mod arrivals;
pub mod backfills;
pub mod backlog;
pub mod connections;
pub mod contents;
pub mod cursors;
pub mod database;
pub mod deletions;
pub mod demographics;
pub mod dossier;
pub mod erasures;
pub mod failures;
pub mod figures;
pub mod files;
pub mod first_copies;
pub mod gauges;
pub mod history;
pub mod holds;
pub mod inbox;
pub mod interview_events;
pub mod interviews;
pub mod jobs;
pub mod migrations;
pub mod notices;
pub mod notifications;
pub mod outcomes;
pub mod owners;
pub mod people;
pub mod posting_interviews;
pub mod postings;
pub mod privacy_log;
pub mod privileges;
pub mod refresh;
pub mod registrations;
pub mod removal;
pub mod replay;
pub mod reporting;
pub mod requests;
pub mod results;
pub mod retention;
pub mod retention_runs;
mod rows;
pub mod search;
pub mod sessions;
pub mod snapshots;
pub mod standings;
pub mod status;
pub mod tombstones;
pub mod traces;
pub mod verify;
pub mod workspaces;

/// The result of a database call.
pub type Result<T, E = sqlx::Error> = std::result::Result<T, E>;
