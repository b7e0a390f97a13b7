//! A private PostgreSQL server run as a child process, for when no database URL is given.
//!
//! The binaries are those of the machine; the data lives in a directory of its own; the only way in is a
//! Unix socket in a directory that nobody else can enter. The server ends with its parent, however that ends.

mod account;
mod binaries;
mod cluster;
mod error;
mod server;
mod watchdog;

pub use error::{Error, Result};
pub use server::{Options, Server, attach, exists};
