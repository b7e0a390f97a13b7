//! What the tests stand on.

pub mod app;
pub mod database;
pub mod lists;
pub mod odd;
pub mod program;
pub mod server;
pub mod simulated;
pub mod time_machine;
