//! Which venues a complete run should have seen.

use super::job::Job;
use super::learn::Kinds;
use crate::coverage;
use crate::model::{CappedSpot, Position};

/// Whether a venue lies in the region and in none of the spots that may hide it, and is of the kinds that are asked for. Where that
/// cannot be told from its categories it was asked for when it was last seen, and so it is now.
pub(super) fn expected(
    job: &Job<'_>,
    kinds: &Kinds,
    place: Position,
    categories: &[String],
    capped: &[CappedSpot],
) -> bool {
    job.region.contains(place)
        && kinds.sort(categories).is_some()
        && !capped.iter().any(|spot| coverage::distance_m(spot.position, place) <= spot.radius_m)
}
