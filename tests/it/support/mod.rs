//! What the tests stand on.

pub mod app;
pub mod database;
pub mod odd;
pub mod program;
pub mod server;
pub mod simulated;
