//! The API as the vendor speaks it; knows no database.

mod ledger;
mod limits;
mod pacing;

pub use pacing::{Pacing, Permit};
