//! HeyMilo's API as the vendor publishes it. Knows no database.
#![doc = include_str!("README.md")]

mod addresses;
mod body;
mod breaker;
mod client;
mod download;
mod endpoint;
mod error;
mod limiter;
mod limits;
mod page;
mod pauses;
mod window;
pub mod wire;

pub use breaker::ApiChange;
pub use client::{Client, Settings};
pub use download::{DownloadError, Downloads, Opened, expires_at};
pub use error::{Error, Result};
pub use limiter::{Limiter, Permit, Usage};
pub use page::{Page, pages};
