//! What the commands do, each in a file of its own, on the rooms below.

mod categories;
mod db;
mod demo;
mod failure;
mod migrate;
mod open;
mod plan;
mod recording;
mod region;
mod renormalise;
mod signals;
mod sync;

pub use categories::unmapped_words;
pub use db::{DbAction, db};
pub use failure::Failure;
pub use migrate::migrate;
pub use plan::plan;
pub use renormalise::renormalise;
pub use sync::{Told, sync};
