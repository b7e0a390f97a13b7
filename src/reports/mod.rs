//! Reports for the people who are responsible for the data, as pages and as tables: adverse impact
//! and retention.

pub mod adverse_impact;
mod csv;
mod figures;
pub mod retention;
