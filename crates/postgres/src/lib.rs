//! A private PostgreSQL server run as a child process, for when no database URL is given.
//!
//! It uses the machine's binaries and keeps its data in a directory of its own. The only connection
//! is a Unix socket in a directory that no other account can enter. The server ends with its
//! parent, also when the parent is killed.

mod account;
mod binaries;
mod cluster;
mod error;
mod server;
mod watchdog;

pub use error::{Error, Result};
pub use server::{Options, Server, attach, exists};
