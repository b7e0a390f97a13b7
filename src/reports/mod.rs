//! Reports for the people who answer for the data, as pages and as tables: adverse impact and retention.

pub mod adverse_impact;
mod csv;
mod figures;
pub mod retention;
