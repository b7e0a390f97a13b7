//! Ids, deliveries, and one struct per analyst table. `normalize` makes them and `store` writes
//! them.

mod delivery;
mod earlier;
mod files;
mod ids;
mod integrity;
mod interviews;
mod notices;
mod postings;
mod screenings;
mod table;
mod urgency;
mod web_interviews;

pub use delivery::Delivery;
pub use earlier::{Earlier, keep_steps};
pub use files::{FileKind, FileLink};
pub use ids::{InterviewId, PostingId, WorkspaceId};
pub use integrity::*;
pub(crate) use interviews::result_tables;
pub use interviews::*;
pub use notices::{Notice, Problem};
pub use postings::*;
pub use screenings::*;
pub use table::{Cell, Column, Defaulted, Record};
pub use urgency::Urgency;
pub use web_interviews::*;
