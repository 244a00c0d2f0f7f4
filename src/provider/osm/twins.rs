//! One venue drawn twice: as a point, and as the outline of its building with the same tags.

use std::collections::HashMap;

use crate::model::{Field, RawVenue, Reject, RejectReason};

/// A point and the middle of its building are no farther apart, metres.
pub(super) const NEAR_M: f64 = 75.0;

pub(super) const METRES_PER_DEGREE: f64 = 111_195.0;

/// Keeps the point of each pair, or the outline where there is no point, and refuses the other. Only rows of one answer can be
/// compared, which is why a question brings points from beyond its box; it is the rows' own content that decides, not their order.
pub(super) fn refuse(rows: &mut [Result<RawVenue, Reject>]) {
    if !has_namesakes(rows) {
        return;
    }
    let mut namesakes: HashMap<&str, Vec<&RawVenue>> = HashMap::new();
    for row in rows.iter().flatten() {
        if let Field::Present(name) = &row.name {
            namesakes.entry(name).or_default().push(row);
        }
    }
    let twin_of = |row: &RawVenue| {
        let rank = rank(row);
        namesakes
            .get(row.name.present()?.as_str())?
            .iter()
            .find(|other| self::rank(other) < rank && row.categories == other.categories && is_near(row, other))
            .map(|one| one.provider_id.clone())
    };
    let twins: Vec<Option<String>> = rows.iter().map(|row| row.as_ref().ok().and_then(twin_of)).collect();
    for (row, twin) in rows.iter_mut().zip(twins) {
        if let (Ok(venue), Some(twin)) = (&row, twin) {
            *row = Err(Reject {
                provider_id: Some(venue.provider_id.clone()),
                reason: RejectReason::ListedTwice,
                detail: format!("the same venue is {twin}"),
            });
        }
    }
}

/// Whether any two rows have the same name, which most answers can be told of more cheaply than who has whose.
fn has_namesakes(rows: &[Result<RawVenue, Reject>]) -> bool {
    let mut names: Vec<&str> = rows.iter().flatten().filter_map(|row| row.name.present()).map(String::as_str).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
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
