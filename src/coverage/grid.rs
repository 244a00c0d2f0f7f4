//! Boxes whose edges lie on a grid of 1e-7 degrees (about a centimetre): neighbours share an edge to the last digit, and every spelling
//! of an edge as JSON gives it back.

use super::certify::ROUNDING_M;
use super::sphere;
use crate::model::BoundingBox;

/// Lines of the grid in a degree.
const LINES: f64 = 1e7;

/// By how much what is asked reaches over a seam between two boxes, in lines of the grid: 11 cm, more than any provider that compares with
/// "less than" where we believe "or equal", or in single digits, can lose there. A venue that it returns is compared from the same place for
/// both boxes, so nothing more is needed.
pub(super) const SEAM: i64 = 10;

/// The direction in which a box is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// From south to north.
    Lat,
    /// From west to east.
    Lng,
}

impl Axis {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Lat => Self::Lng,
            Self::Lng => Self::Lat,
        }
    }
}

/// A box on the grid; never over the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    south: i64,
    west: i64,
    north: i64,
    east: i64,
}

impl Cell {
    /// A box that is larger on every side by what a provider may have rounded: a venue that it returns just inside may have been compared
    /// from just outside.
    pub(super) fn padded(cell: &BoundingBox) -> Self {
        let (down, up) = (|value: f64| line((value * LINES).floor()), |value: f64| line((value * LINES).ceil()));
        let high = (ROUNDING_M / sphere::EARTH_RADIUS_M).to_degrees();
        // Where a degree of longitude is shortest. At a pole it has no length.
        let shortest = cell.south.abs().max(cell.north.abs()).to_radians().cos();
        let wide = (high / shortest.max(1e-6)).min(1.0);
        Self {
            south: down((cell.south - high).max(-90.0)),
            west: down((cell.west - wide).max(-180.0)),
            north: up((cell.north + high).min(90.0)),
            east: up((cell.east + wide).min(180.0)),
        }
    }

    pub(super) fn degrees(self) -> BoundingBox {
        BoundingBox {
            south: degrees(self.south),
            west: degrees(self.west),
            north: degrees(self.north),
            east: degrees(self.east),
        }
    }

    /// From where to where it reaches.
    pub(super) fn range(self, axis: Axis) -> (i64, i64) {
        match axis {
            Axis::Lat => (self.south, self.north),
            Axis::Lng => (self.west, self.east),
        }
    }

    /// The same with another reach along one axis.
    pub(super) fn with(self, axis: Axis, (from, to): (i64, i64)) -> Self {
        match axis {
            Axis::Lat => Self { south: from, north: to, ..self },
            Axis::Lng => Self { west: from, east: to, ..self },
        }
    }

    /// Whether it reaches as far as another along an axis.
    pub(super) fn spans(self, other: Self, axis: Axis) -> bool {
        let ((from, to), (other_from, other_to)) = (self.range(axis), other.range(axis));
        from <= other_from && other_to <= to
    }

    /// What is asked for: a little over every seam, and never beyond `outer`.
    pub(super) fn over_seams(self, outer: Self) -> Self {
        Self {
            south: (self.south - SEAM).max(outer.south),
            west: (self.west - SEAM).max(outer.west),
            north: (self.north + SEAM).min(outer.north),
            east: (self.east + SEAM).min(outer.east),
        }
    }

    /// The axis along which it is longer, in metres.
    pub(super) fn longer(self) -> Axis {
        let cell = self.degrees();
        let widest = if cell.south <= 0.0 && cell.north >= 0.0 { 0.0 } else { cell.south.abs().min(cell.north.abs()) };
        let width = (cell.east - cell.west) * widest.to_radians().cos();
        if width > cell.north - cell.south { Axis::Lng } else { Axis::Lat }
    }

    /// Lines along the longer of both axes that can be cut; none where neither can.
    pub(super) fn cuttable(self, finest: i64) -> Option<Axis> {
        let long = |axis: &Axis| {
            let (from, to) = self.range(*axis);
            to - from > finest
        };
        let longer = self.longer();
        [longer, longer.other()].into_iter().find(long)
    }

    /// Both halves along an axis.
    pub(super) fn halves(self, axis: Axis) -> [Self; 2] {
        let (from, to) = self.range(axis);
        let middle = from + (to - from) / 2;
        [self.with(axis, (from, middle)), self.with(axis, (middle, to))]
    }
}

/// The line nearest to a degree.
pub(super) fn nearest_line(degrees: f64) -> i64 {
    line((degrees * LINES).round())
}

#[expect(clippy::cast_possible_truncation, reason = "degrees are at most 180, so lines at most 1.8e9")]
fn line(value: f64) -> i64 {
    value as i64
}

#[expect(clippy::cast_precision_loss, reason = "lines are at most 1.8e9")]
fn degrees(line: i64) -> f64 {
    line as f64 / LINES
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn halves_share_an_edge_and_asks_reach_over_it(south in -90.0..89.0_f64, west in -180.0..179.0_f64, size in 1e-5..1.0_f64) {
            let outer = Cell::padded(&BoundingBox { south, west, north: south + size, east: west + size });
            let whole = outer.degrees();
            prop_assert!(whole.south <= south && whole.west <= west);
            prop_assert!(whole.north >= (south + size).min(90.0) && whole.east >= (west + size).min(180.0));
            for axis in [Axis::Lat, Axis::Lng] {
                let [first, second] = outer.halves(axis);
                prop_assert_eq!(first.range(axis).1, second.range(axis).0);
                let (first, second) = (first.over_seams(outer), second.over_seams(outer));
                prop_assert_eq!(first.range(axis).1 - second.range(axis).0, 2 * SEAM);
                prop_assert_eq!(first.range(axis.other()), outer.range(axis.other()));
            }
            let text = serde_json::to_string(&whole).unwrap();
            prop_assert_eq!(serde_json::from_str::<BoundingBox>(&text).unwrap(), whole);
        }
    }
}
