//! heymilo-sync keeps a faithful, fresh, queryable Postgres copy of a HeyMilo workspace.
//!
//! The rooms, bottom-up; a module imports only from those before it.

pub mod app;
pub mod cli;
pub mod config;
pub mod heymilo;
pub mod http;
pub mod normalize;
pub mod postgres;
pub mod records;
pub mod simulator;
pub mod store;
pub mod sync;
