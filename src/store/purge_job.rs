use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::{BoundingBox, Keeping, Position, Retention};

/// What is to be purged, and by which rule.
pub struct PurgeJob<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The rule for its venues.
    pub keeping: Keeping,
    /// The rule for its rows as they came.
    pub raw: Retention,
    /// Only what lies in a part of the world.
    pub part: Option<PurgedPart<'a>>,
    /// Look, delete nothing.
    pub dry_run: bool,
    /// The version that does it, for the record.
    pub made_by: &'a str,
}

/// A part of the world.
pub struct PurgedPart<'a> {
    /// Its name.
    pub name: &'a str,
    /// A box round it.
    pub bounds: BoundingBox,
    /// Whether a place is in it.
    pub contains: &'a (dyn Fn(Position) -> bool + Sync),
}

/// The record that is being written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) id: Uuid,
    pub(super) seen_before: DateTime<Utc>,
}
