use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::connect::Database;
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

/// A purge under way.
pub(super) struct Work<'a> {
    pub(super) job: &'a PurgeJob<'a>,
    pub(super) database: &'a Database,
    /// Asked between two steps: whether somebody wants an end.
    pub(super) stop: &'a (dyn Fn() -> bool + Sync),
    /// The record that is being written; a dry run leaves none.
    pub(super) record: Uuid,
    /// What was last seen before is over its time.
    pub(super) seen_before: DateTime<Utc>,
}
