//! heymilo-sync keeps a faithful, fresh, queryable Postgres copy of a HeyMilo workspace.
//!
//! Begin with [`sync`], which fetches and writes, [`intake`], which keeps webhook deliveries, and [`store`], which
//! holds all SQL. [`records`] has one struct per table, and [`normalize`] turns an answer into them. ARCHITECTURE.md
//! is the map.

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
