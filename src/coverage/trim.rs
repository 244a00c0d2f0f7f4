//! What of a box can hold anything of the region: the rest is not asked for, because its venues would be paid for and dropped.

use super::grid::{Axis, Cell};
use super::region::{Region, Relation};

/// Halvings in which the beginning of the region is looked for on a side.
const STEPS: u32 = 6;

/// Whether no venue of the region can be in a box, not even one whose place was rounded.
pub(super) fn is_outside(region: &Region, cell: Cell) -> bool {
    relation(region, cell) == Relation::Outside
}

/// A box without what is outside the region on both of its sides along an axis; none where all of it is.
pub(super) fn trimmed(region: &Region, cell: Cell, axis: Axis) -> Option<Cell> {
    match relation(region, cell) {
        Relation::Outside => return None,
        Relation::Inside => return Some(cell),
        Relation::Touches => {}
    }
    let (from, to) = cell.range(axis);
    // Of each side, the part that is surely outside.
    let outside = |at: i64, side: i64| {
        let (mut sure, mut step) = (at, (to - from) / 2);
        for _ in 0..STEPS {
            let further = sure + side * step;
            let part = cell.with(axis, (at.min(further), at.max(further)));
            if step > 0 && is_outside(region, part) {
                sure = further;
            }
            step /= 2;
        }
        sure
    };
    let (low, high) = (outside(from, 1), outside(to, -1));
    Some(if low < high { cell.with(axis, (low, high)) } else { cell })
}

fn relation(region: &Region, cell: Cell) -> Relation {
    region.relation(&Cell::padded(&cell.degrees()).degrees())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BoundingBox, Position};

    #[test]
    fn a_box_beside_a_disk_is_trimmed_to_it_and_never_into_it() {
        let center = Position::new(48.0, 11.0).unwrap();
        let disk = Region::from_circle(center, 1_000.0).unwrap();
        // A low slice of the disk's bounds: the disk takes the middle of it.
        let slice = Cell::padded(&BoundingBox { south: 47.991, west: 10.98, north: 47.992, east: 11.02 });
        let kept = trimmed(&disk, slice, Axis::Lng).unwrap().degrees();
        assert!(kept.west > 10.985 && kept.east < 11.015, "{kept:?}");
        assert!(kept.west < 10.994 && kept.east > 11.006, "{kept:?}");
        let inside = Cell::padded(&BoundingBox { south: 47.999, west: 10.999, north: 48.001, east: 11.001 });
        assert_eq!(trimmed(&disk, inside, Axis::Lng), Some(inside));
        let beside = Cell::padded(&BoundingBox { south: 47.0, west: 10.98, north: 47.1, east: 11.02 });
        assert_eq!(trimmed(&disk, beside, Axis::Lat), None);
    }
}
