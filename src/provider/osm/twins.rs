//! One venue drawn twice: as a point, and as the outline of its building with the same tags.

use crate::model::{Field, RawVenue, Reject, RejectReason};

/// A point and the middle of its building are no farther apart, metres.
pub(super) const NEAR_M: f64 = 75.0;

pub(super) const METRES_PER_DEGREE: f64 = 111_195.0;

/// Keeps the point of each pair, or the outline where there is no point, and refuses the other. Only rows of one answer can be
/// compared, which is why a question brings points from beyond its box; it is the rows' own content that decides, not their order.
pub(super) fn refuse(rows: &mut [Result<RawVenue, Reject>]) {
    for (at, twin) in twins(rows) {
        if let Ok(venue) = &rows[at] {
            rows[at] = Err(Reject {
                provider_id: Some(venue.provider_id.clone()),
                reason: RejectReason::ListedTwice,
                detail: format!("the same venue is {twin}"),
            });
        }
    }
}

/// Where the rows stand of which another draws the same venue better, each with that one's id.
fn twins(rows: &[Result<RawVenue, Reject>]) -> Vec<(usize, String)> {
    let named = |(at, row)| {
        let venue: &RawVenue = Result::as_ref(row).ok()?;
        Some((venue.name.present()?.as_str(), at, venue))
    };
    let mut named: Vec<(&str, usize, &RawVenue)> = rows.iter().enumerate().filter_map(named).collect();
    named.sort_unstable_by_key(|(name, at, _)| (*name, *at));
    let namesakes = named.chunk_by(|(one, ..), (other, ..)| one == other).filter(|group| group.len() > 1);
    namesakes
        .flat_map(|group| {
            group.iter().filter_map(|(_, at, row)| {
                let better = |other: &RawVenue| {
                    rank(other) < rank(row) && row.categories == other.categories && is_near(row, other)
                };
                let twin = group.iter().find(|(.., other)| better(other))?.2;
                Some((*at, twin.provider_id.clone()))
            })
        })
        .collect()
}

/// Points before outlines before groups of them.
fn rank(row: &RawVenue) -> usize {
    ["node/", "way/", "relation/"].iter().position(|kind| row.provider_id.starts_with(kind)).unwrap_or(usize::MAX)
}

fn is_near(one: &RawVenue, other: &RawVenue) -> bool {
    let (Field::Present((lat, lng)), Field::Present((other_lat, other_lng))) = (one.position, other.position) else {
        return false;
    };
    let north = (lat - other_lat) * METRES_PER_DEGREE;
    let east = (lng - other_lng) * METRES_PER_DEGREE * lat.to_radians().cos();
    north.hypot(east) <= NEAR_M
}
