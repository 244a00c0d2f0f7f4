//! What the commands do, each in a file of its own, on the rooms below.

mod categories;
mod db;
mod demo;
mod failure;
mod migrate;
mod open;
mod reading;
mod region;
mod renormalise;
mod signals;
mod sync;
mod venues;

pub use categories::unmapped_words;
pub use db::{DbAction, db};
pub use failure::Failure;
pub use migrate::migrate;
pub use renormalise::renormalise;
pub use sync::{Told, sync};
pub use venues::{export_venues, list_venues};
