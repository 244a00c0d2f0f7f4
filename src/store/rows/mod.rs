//! One type a table: what a row of it is in Rust. `tests/row_types.rs` holds them to the declared schema.

mod field;
mod modemap;
mod venue_sync;

pub use field::{Field, RowColumn, RowType};
pub use modemap::{AlembicVersion, EventType, Mode, UserEvent, Venue, VenueProfile};
pub use venue_sync::{
    Answer, Billed, Category, Change, KnownId, LookUp, MigrationStatements, Pace, Purge, Quota, RawVenue, Reject, Run,
    Staged, Tile, VenueState, Worker,
};

/// All of them.
pub fn all() -> Vec<RowType> {
    [modemap::all(), venue_sync::all()].concat()
}
