//! The views for analysts, compared with figures that were computed by hand.

mod assessment;
mod criteria;
mod demographics;
mod left_out;
mod outcomes;
mod progress;
mod queries;
mod schema;
mod trust;
