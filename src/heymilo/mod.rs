//! The API as the vendor speaks it; knows no database.

mod body;
mod breaker;
mod budget;
mod client;
mod endpoint;
mod error;
mod limits;
mod pacing;
mod page;
pub mod wire;

pub use breaker::News;
pub use budget::{Ask, Budget, Grant, Heard, Purpose};
pub use client::{Client, Settings};
pub use error::{Error, Result};
pub use pacing::{Pacing, Permit, Permits};
pub use page::{Page, pages};
