//! What the commands do, each in a file of its own, on the rooms below.

mod adrift;
mod begin;
mod categories;
mod db;
mod demo;
mod doctor;
mod events;
mod failure;
mod intake;
mod migrate;
mod open;
mod overdue;
mod plan;
mod profiles;
mod purge;
mod reach;
mod reading;
mod recording;
mod region;
mod renormalise;
mod signals;
mod sync;
mod venues;

pub use categories::unmapped_words;
pub use db::{DbAction, db};
pub use doctor::doctor;
pub use events::{event_stats, import_events};
pub use failure::Failure;
pub use migrate::migrate;
pub use plan::plan;
pub use profiles::{due_profiles, put_profiles};
pub use purge::purge;
pub use renormalise::renormalise;
pub use sync::{Told, sync};
pub use venues::{export_venues, list_venues};
