//! Distances on the sphere: exact bounds between a place and a box of degrees, valid at the poles and for boxes of any size.

use crate::model::{BoundingBox, Position};

/// Mean radius of the earth in metres (IUGG, (2a + b) ÷ 3 of WGS84). A distance on the ellipsoid differs from one on this sphere
/// by −0.56 % to +0.45 %; at one place the directions differ by at most 0.67 %.
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Metres along the surface between two places (haversine).
pub fn distance_m(a: Position, b: Position) -> f64 {
    let arc = haversine(a.lat().to_radians(), b.lat().to_radians(), (a.lng() - b.lng()).to_radians());
    arc * EARTH_RADIUS_M
}

/// Metres from a place to the nearest point of a box; 0 inside it. The box does not cross the antimeridian.
pub(super) fn nearest_m(from: Position, cell: &BoundingBox) -> f64 {
    // For every latitude the distance grows with the difference of longitude, so one meridian holds the answer.
    let (turn, _) = longitude_differences(from, cell);
    let (here, south, north) = latitudes(from, cell);
    let closest = here.sin().atan2(here.cos() * turn.cos());
    let arc = if (south..=north).contains(&closest) {
        (here.cos() * turn.sin()).abs().min(1.0).asin()
    } else {
        haversine(here, south, turn).min(haversine(here, north, turn))
    };
    arc * EARTH_RADIUS_M
}

/// Metres from a place to the farthest point of a box that does not cross the antimeridian.
pub(super) fn farthest_m(from: Position, cell: &BoundingBox) -> f64 {
    let (_, turn) = longitude_differences(from, cell);
    let (here, south, north) = latitudes(from, cell);
    let opposite = (-here.sin()).atan2(-here.cos() * turn.cos());
    let arc = if (south..=north).contains(&opposite) {
        std::f64::consts::PI - (here.cos() * turn.sin()).abs().min(1.0).asin()
    } else {
        haversine(here, south, turn).max(haversine(here, north, turn))
    };
    arc * EARTH_RADIUS_M
}

/// Square metres of a box of degrees, given its width in degrees.
pub(super) fn box_area_m2(south: f64, north: f64, width: f64) -> f64 {
    let height = north.to_radians().sin() - south.to_radians().sin();
    EARTH_RADIUS_M * EARTH_RADIUS_M * width.to_radians() * height
}

/// The middle of a box in degrees.
pub(super) fn middle(cell: &BoundingBox) -> Position {
    position(f64::midpoint(cell.south, cell.north), f64::midpoint(cell.west, cell.east))
}

/// Whether a place lies in a box, or on its edge.
pub(super) fn holds(cell: &BoundingBox, at: Position) -> bool {
    (cell.south..=cell.north).contains(&at.lat()) && (cell.west..=cell.east).contains(&at.lng())
}

/// Both halves of a box, cut across its longer side.
pub(super) fn halves(cell: &BoundingBox) -> [BoundingBox; 2] {
    let center = middle(cell);
    // Where the box is widest: at the latitude nearest to the equator.
    let widest = if cell.south <= 0.0 && cell.north >= 0.0 { 0.0 } else { cell.south.abs().min(cell.north.abs()) };
    let width = (cell.east - cell.west) * f64::to_radians(widest).cos();
    if width > cell.north - cell.south {
        [BoundingBox { east: center.lng(), ..*cell }, BoundingBox { west: center.lng(), ..*cell }]
    } else {
        [BoundingBox { north: center.lat(), ..*cell }, BoundingBox { south: center.lat(), ..*cell }]
    }
}

/// A place from numbers that may have left the range by rounding or by going round the world.
pub(super) fn position(lat: f64, lng: f64) -> Position {
    let wrapped = if (-180.0..=180.0).contains(&lng) { lng } else { (lng + 180.0).rem_euclid(360.0) - 180.0 };
    Position::new(lat.clamp(-90.0, 90.0), wrapped).expect("clamped and wrapped numbers are in range")
}

/// A place as a unit vector: comparing places costs three multiplications and no trigonometry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Vector([f64; 3]);

impl Vector {
    pub(super) fn of(place: Position) -> Self {
        let (lat, lng) = (place.lat().to_radians(), place.lng().to_radians());
        Self([lat.cos() * lng.cos(), lat.cos() * lng.sin(), lat.sin()])
    }

    /// Back to degrees.
    pub(super) fn place(self) -> Position {
        let [x, y, z] = self.0;
        position(z.atan2(x.hypot(y)).to_degrees(), y.atan2(x).to_degrees())
    }

    /// The squared straight line between two places on a sphere of radius 1; compare with [`chord2`].
    pub(super) fn chord2(self, other: Self) -> f64 {
        let ([x, y, z], [other_x, other_y, other_z]) = (self.0, other.0);
        let (x, y, z) = (x - other_x, y - other_y, z - other_z);
        x * x + y * y + z * z
    }

    /// The place on the sphere below or above a point in space.
    pub(super) fn unit(at: [f64; 3]) -> Self {
        let [x, y, z] = at;
        let long = (x * x + y * y + z * z).sqrt();
        Self(at.map(|value| value / long))
    }

    /// Its three coordinates, for an index over places.
    pub(super) fn coordinates(self) -> [f64; 3] {
        self.0
    }

    /// Metres along the surface.
    pub(super) fn distance_m(self, other: Self) -> f64 {
        metres(self.chord2(other))
    }

    /// Eastwards and northwards here, of length 1.
    pub(super) fn tangents(self) -> [[f64; 3]; 2] {
        let [x, y, z] = self.0;
        let flat = x.hypot(y);
        // At a pole every direction is as good as another: the meridian of Greenwich is taken.
        let (cos_lng, sin_lng) = if flat > 0.0 { (x / flat, y / flat) } else { (1.0, 0.0) };
        [[-sin_lng, cos_lng, 0.0], [-z * cos_lng, -z * sin_lng, flat]]
    }

    /// Whether another place surely lies farther away: the straight way there is longer already. Quicker than the distance.
    pub(super) fn is_farther(self, other: Self, metres: f64) -> bool {
        let arc = (metres / EARTH_RADIUS_M).max(0.0);
        self.chord2(other) > arc * arc
    }

    /// Whether another place surely lies nearer, where that is seen quickly: over short ways the arc is hardly longer than the chord.
    pub(super) fn is_nearer(self, other: Self, metres: f64) -> bool {
        let arc = metres / EARTH_RADIUS_M / 1.001;
        (0.0..0.1).contains(&arc) && self.chord2(other) < arc * arc
    }

    /// The place that lies `metres` away in the direction `bearing` (radians, clockwise from north).
    pub(super) fn towards(self, bearing: f64, metres: f64) -> Self {
        let [east, north] = self.tangents();
        let (sin, cos) = (metres / EARTH_RADIUS_M).sin_cos();
        let (to_east, to_north) = bearing.sin_cos();
        let mut there = [0.0; 3];
        for (axis, value) in there.iter_mut().enumerate() {
            *value = cos * self.0[axis] + sin * (to_north * north[axis] + to_east * east[axis]);
        }
        Self(there)
    }
}

/// The squared chord that belongs to a distance in metres along the surface.
pub(super) fn chord2(metres: f64) -> f64 {
    let half = (metres / EARTH_RADIUS_M / 2.0).clamp(0.0, std::f64::consts::FRAC_PI_2);
    4.0 * half.sin() * half.sin()
}

/// Metres along the surface that belong to a squared chord.
pub(super) fn metres(chord2: f64) -> f64 {
    2.0 * (chord2.sqrt() / 2.0).min(1.0).asin() * EARTH_RADIUS_M
}

/// The arc between two latitudes that are `turn` of longitude apart, all in radians.
fn haversine(from_lat: f64, to_lat: f64, turn: f64) -> f64 {
    let across = ((from_lat - to_lat) / 2.0).sin().powi(2) + from_lat.cos() * to_lat.cos() * (turn / 2.0).sin().powi(2);
    2.0 * across.sqrt().min(1.0).asin()
}

fn latitudes(from: Position, cell: &BoundingBox) -> (f64, f64, f64) {
    (from.lat().to_radians(), cell.south.to_radians(), cell.north.to_radians())
}

/// The smallest and the largest difference of longitude to a box, in radians, 0 to π.
fn longitude_differences(from: Position, cell: &BoundingBox) -> (f64, f64) {
    let start = (cell.west - from.lng()).rem_euclid(360.0);
    let end = start + (cell.east - cell.west);
    let fold = |degrees: f64| {
        let turn = degrees.rem_euclid(360.0);
        turn.min(360.0 - turn)
    };
    let smallest = if start <= 0.0 || end >= 360.0 { 0.0 } else { fold(start).min(fold(end)) };
    let touches_far_side = start <= 180.0 && end >= 180.0 || end >= 540.0;
    let largest = if touches_far_side { 180.0 } else { fold(start).max(fold(end)) };
    (smallest.to_radians(), largest.to_radians())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(lat: f64, lng: f64) -> Position {
        Position::new(lat, lng).unwrap()
    }

    #[test]
    fn distances_are_those_of_the_mean_sphere() {
        let degree = EARTH_RADIUS_M.to_radians();
        assert!((distance_m(place(0.0, 179.5), place(0.0, -179.5)) - degree).abs() < 1e-6);
        assert!((distance_m(place(89.0, 0.0), place(89.0, 180.0)) - 2.0 * degree).abs() < 1e-6);
        // Lisbon to Porto, 274 km on the ellipsoid.
        assert!((distance_m(place(38.7223, -9.1393), place(41.1579, -8.6291)) / 1000.0 - 274.0).abs() < 1.0);
    }

    #[test]
    fn a_step_leads_as_far_as_it_says() {
        for (lat, lng) in [(0.0, 0.0), (51.5, -0.1), (-89.999, 77.0), (90.0, 0.0), (12.0, 180.0)] {
            let from = Vector::of(place(lat, lng));
            for (bearing, metres) in [(0.0, 1.0), (1.0, 250.0), (4.0, 50_000.0)] {
                let there = from.towards(bearing, metres);
                assert!(
                    (from.distance_m(there) - metres).abs() < 1e-6 + metres * 1e-9,
                    "{lat} {lng} {bearing} {metres}"
                );
                assert!((distance_m(from.place(), there.place()) - metres).abs() < 1e-4 + metres * 1e-9);
            }
        }
    }

    proptest! {
        #[test]
        fn no_point_of_a_box_is_nearer_than_nearest_or_farther_than_farthest(
            (lat, lng) in (-90.0..=90.0_f64, -180.0..=180.0_f64),
            (south, high) in (-90.0..=90.0_f64, 0.0..=180.0_f64),
            (west, wide) in (-180.0..=180.0_f64, 0.0..=360.0_f64),
            scale in prop_oneof![Just(1.0), Just(1e-2), Just(1e-5)],
        ) {
            let north = (south + high * scale).min(90.0);
            let cell = BoundingBox { south, west, north, east: (west + wide * scale).min(180.0) };
            let from = place(lat, lng);
            let (nearest, farthest) = (nearest_m(from, &cell), farthest_m(from, &cell));
            for step in 0..121_u8 {
                let part = |step: u8| f64::from(step) / 10.0;
                let here = place(
                    (south + (north - south) * part(step % 11)).min(90.0),
                    (west + (cell.east - west) * part(step / 11)).min(180.0),
                );
                let metres = distance_m(from, here);
                prop_assert!(metres >= nearest - 0.3 && metres <= farthest + 0.3, "{nearest} {metres} {farthest}");
            }
        }
    }
}
