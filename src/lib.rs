//! heymilo-sync keeps a complete and current copy of a HeyMilo workspace in Postgres.
//!
//! Begin with [`intake`], which keeps webhook deliveries, and [`sync`], which fetches and writes
//! interviews. [`store`] holds all SQL, [`records`] has one struct per table, and [`normalize`]
//! turns an answer into records. ARCHITECTURE.md is the map.

pub mod app;
pub mod classification;
pub mod cli;
pub mod config;
pub mod crash;
pub mod dossier;
pub mod files;
pub mod heymilo;
pub mod http;
pub mod intake;
pub mod mentions;
pub mod metrics;
pub mod normalize;
pub mod paper;
pub mod progress;
pub mod receipts;
pub mod records;
pub mod reports;
pub mod spans;
pub mod spool;
pub mod status;
pub mod store;
pub mod sync;
pub mod wake;

pub use heymilo_json as json;
pub use heymilo_postgres as postgres;
pub use heymilo_simulator as simulator;
