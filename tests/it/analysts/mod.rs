//! What analysts get: the views, held against figures that were computed by hand.

mod assessment;
mod demographics;
mod left_out;
mod progress;
mod queries;
mod schema;
mod trust;
