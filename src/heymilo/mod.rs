//! The API as the vendor speaks it; knows no database.

mod body;
mod client;
mod endpoint;
mod error;
mod ledger;
mod limits;
mod pacing;
mod page;
pub mod wire;

pub use client::{Client, Settings};
pub use error::{Error, Result};
pub use pacing::{Pacing, Permit};
pub use page::{Page, pages};
