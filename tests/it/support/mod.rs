//! What the tests stand on.

pub mod app;
pub mod browser;
pub mod collector;
pub mod cookbook;
pub mod daemon;
pub mod database;
pub mod definition;
pub mod diagram;
pub mod dictionary;
pub mod facts;
pub mod faithful;
pub mod faulty;
pub mod held;
pub mod lists;
pub mod nobody;
pub mod odd;
pub mod paused;
pub mod private;
pub mod program;
pub mod role;
pub mod scrape;
pub mod server;
pub mod settings;
pub mod simulated;
pub mod slow;
pub mod waiting;
