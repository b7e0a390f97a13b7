//! The API as the vendor speaks it; knows no database.
//!
//! Interviews, candidates, postings and questions are handed on as they were received: the
//! normaliser reads them field by field. Only the envelopes around them are typed here.

mod body;
mod client;
mod error;
mod limits;
mod pacing;
pub mod wire;

pub use client::{Client, Settings};
pub use error::{Error, Result};
pub use pacing::Permit;
pub use wire::Page;
