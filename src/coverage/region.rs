//! A region: what a run has to account for, as a box, a circle or drawn polygons.

use serde::{Deserialize, Serialize};

use super::drawn::{Drawn, DrawnError};
use super::geojson_text;
use super::sphere::{self, EARTH_RADIUS_M};
use crate::model::{BoundingBox, Circle, Position};

/// Largest radius of a circular region, metres. A larger area is a box or a drawing.
pub const LARGEST_REGION_RADIUS_M: f64 = 1_000_000.0;

/// Degrees by which the borders are widened before a piece of ground is called outside (about a centimetre), so that
/// rounding never loses a venue that stands on the border.
const BORDER_MARGIN_DEG: f64 = 1e-7;

/// The part of the earth that a run has to account for. Its borders belong to it.
///
/// As JSON it is `{"bbox": [west, south, east, north]}`, `{"circle": {"lat": …, "lng": …, "radius_m": …}}` or
/// `{"polygons": [[[[lng, lat], …], hole, …], …]}`; reading it back checks it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Region(Shape);

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Box(BoundingBox),
    Circle(Circle),
    Drawn(Drawn),
}

/// How a box of degrees lies to a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// No point of the box belongs to the region.
    Outside,
    /// Some points may.
    Touches,
    /// Every point does.
    Inside,
}

/// Why something is no region.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RegionError {
    /// A number that is NaN or infinite.
    #[error("bbox {name} is {value}, not a finite number; write west, south, east, north in degrees")]
    NotFinite {
        /// Which of the four.
        name: &'static str,
        /// As given.
        value: f64,
    },
    /// A latitude outside -90 to 90 or a longitude outside -180 to 180.
    #[error("bbox {name} is {value}, outside {limit}; the order is west, south, east, north in degrees{hint}")]
    OutOfRange {
        /// Which of the four.
        name: &'static str,
        /// As given.
        value: f64,
        /// The allowed range.
        limit: &'static str,
        /// What was probably meant, beginning with `; `; may be empty.
        hint: String,
    },
    /// South is not below north.
    #[error("bbox south {south} is not below north {north}; the order is west, south, east, north{hint}")]
    UpsideDown {
        /// As given.
        south: f64,
        /// As given.
        north: f64,
        /// What was probably meant, beginning with `; `; may be empty.
        hint: String,
    },
    /// West and east are the same meridian.
    #[error("bbox west and east are both {west}: the box has no width; for the whole way round write -180 and 180")]
    NoWidth {
        /// As given.
        west: f64,
    },
    /// A radius that is zero, negative, not a number or too large.
    #[error(
        "radius {radius_m} m is not usable; write metres above 0 and up to {LARGEST_REGION_RADIUS_M}, or a bbox for a larger area"
    )]
    Radius {
        /// As given.
        radius_m: f64,
    },
    /// A centre out of range.
    #[error("centre of the circle (latitude first, then longitude)")]
    Center(#[from] crate::model::PositionError),
    /// A drawing that encloses no area.
    #[error(transparent)]
    Drawn(#[from] DrawnError),
    /// A file that is no drawing.
    #[error(transparent)]
    Text(#[from] geojson_text::TextError),
}

impl Region {
    /// A box in degrees; `west > east` means that it crosses the antimeridian.
    pub fn from_bbox(west: f64, south: f64, east: f64, north: f64) -> Result<Self, RegionError> {
        check_bbox(west, south, east, north).map_err(|error| match error {
            RegionError::OutOfRange { name, value, limit, .. } => {
                RegionError::OutOfRange { name, value, limit, hint: swap_hint(west, south, east, north) }
            }
            RegionError::UpsideDown { south: below, north: above, .. } => {
                RegionError::UpsideDown { south: below, north: above, hint: order_hint(west, south, east, north) }
            }
            other => other,
        })?;
        Ok(Self(Shape::Box(BoundingBox { south, west, north, east })))
    }

    /// Everything within `radius_m` metres of a place, up to [`LARGEST_REGION_RADIUS_M`].
    pub fn from_circle(center: Position, radius_m: f64) -> Result<Self, RegionError> {
        if radius_m > 0.0 && radius_m <= LARGEST_REGION_RADIUS_M {
            Ok(Self(Shape::Circle(Circle { center, radius_m })))
        } else {
            Err(RegionError::Radius { radius_m })
        }
    }

    /// Polygons drawn as `GeoJSON` (RFC 7946): Polygon, `MultiPolygon`, `GeometryCollection` of these, Feature, `FeatureCollection`.
    /// Edges are straight in degrees. A ring that jumps over the antimeridian, or goes on beyond 180, is joined.
    pub fn from_geojson(text: &str) -> Result<Self, RegionError> {
        Ok(Self(Shape::Drawn(Drawn::new(geojson_text::read(text)?)?)))
    }

    /// Whether a place belongs to the region; its borders do.
    pub fn contains(&self, place: Position) -> bool {
        match &self.0 {
            Shape::Box(area) => box_contains(area, place),
            Shape::Circle(circle) => sphere::distance_m(circle.center, place) <= circle.radius_m,
            Shape::Drawn(drawn) => drawn.contains(place),
        }
    }

    /// Square kilometres on the sphere. Parts of a drawing that overlap count twice.
    pub fn area_km2(&self) -> f64 {
        let square_metres = match &self.0 {
            Shape::Box(area) => sphere::box_area_m2(area.south, area.north, width_deg(area)),
            Shape::Circle(circle) => {
                let half = (circle.radius_m / EARTH_RADIUS_M / 2.0).sin();
                4.0 * std::f64::consts::PI * (EARTH_RADIUS_M * half).powi(2)
            }
            Shape::Drawn(drawn) => drawn.area_m2(),
        };
        square_metres / 1e6
    }

    /// The smallest box that holds the region; `west > east` means that it crosses the antimeridian.
    pub fn bounds(&self) -> BoundingBox {
        match &self.0 {
            Shape::Box(area) => *area,
            Shape::Circle(circle) => circle_bounds(circle),
            Shape::Drawn(drawn) => drawn.bounds(),
        }
    }

    /// Its outlines and holes, ring by ring, to be drawn; a circle has corners here.
    pub fn outline(&self) -> Vec<Vec<Position>> {
        /// Corners of a circle.
        const CORNERS: u16 = 72;
        let ring =
            |corners: Vec<(f64, f64)>| corners.into_iter().map(|(lat, lng)| sphere::position(lat, lng)).collect();
        match &self.0 {
            Shape::Box(BoundingBox { south, west, north, east }) => {
                vec![ring(vec![(*south, *west), (*south, *east), (*north, *east), (*north, *west)])]
            }
            Shape::Circle(circle) => {
                let center = sphere::Vector::of(circle.center);
                let bearing = |corner: u16| std::f64::consts::TAU * f64::from(corner) / f64::from(CORNERS);
                vec![(0..CORNERS).map(|corner| center.towards(bearing(corner), circle.radius_m).place()).collect()]
            }
            Shape::Drawn(drawn) => {
                let corners = |ring: Vec<[f64; 2]>| ring.into_iter().map(|[lng, lat]| (lat, lng)).collect();
                drawn.rings().into_iter().flatten().map(|of_ring| ring(corners(of_ring))).collect()
            }
        }
    }

    /// How a box that does not cross the antimeridian lies to the region. "Outside" and "inside" are sure.
    pub(super) fn relation(&self, cell: &BoundingBox) -> Relation {
        match &self.0 {
            Shape::Box(area) => box_relation(area, cell),
            Shape::Circle(circle) => circle_relation(circle, cell),
            Shape::Drawn(drawn) => drawn_relation(drawn, cell),
        }
    }
}

fn check_bbox(west: f64, south: f64, east: f64, north: f64) -> Result<(), RegionError> {
    for (name, value, half_turn) in
        [("west", west, 180.0), ("south", south, 90.0), ("east", east, 180.0), ("north", north, 90.0)]
    {
        if !value.is_finite() {
            return Err(RegionError::NotFinite { name, value });
        }
        if value.abs() > half_turn {
            let limit = if half_turn > 90.0 { "-180 to 180" } else { "-90 to 90" };
            return Err(RegionError::OutOfRange { name, value, limit, hint: String::new() });
        }
    }
    if south >= north {
        return Err(RegionError::UpsideDown { south, north, hint: String::new() });
    }
    if west.total_cmp(&east).is_eq() || (west - east).abs() < f64::EPSILON || (west >= 180.0 && east <= -180.0) {
        return Err(RegionError::NoWidth { west });
    }
    Ok(())
}

/// What to say when the four numbers are a box once latitude and longitude change places.
fn swap_hint(west: f64, south: f64, east: f64, north: f64) -> String {
    if check_bbox(south, west, north, east).is_ok() {
        format!("; latitude and longitude look swapped: try {south},{west},{north},{east}")
    } else {
        String::new()
    }
}

/// What to say when south and north, or latitude and longitude, have changed places.
fn order_hint(west: f64, south: f64, east: f64, north: f64) -> String {
    if check_bbox(west, north, east, south).is_ok() {
        format!("; south and north look swapped: try {west},{north},{east},{south}")
    } else {
        swap_hint(west, south, east, north)
    }
}

/// Degrees of longitude from the western to the eastern edge.
fn width_deg(area: &BoundingBox) -> f64 {
    if area.west > area.east { area.east - area.west + 360.0 } else { area.east - area.west }
}

fn box_contains(area: &BoundingBox, place: Position) -> bool {
    let (lat, width) = (place.lat(), width_deg(area));
    // All longitudes meet in a pole.
    let at_pole = lat.abs() >= 90.0;
    let between = [-360.0, 0.0, 360.0].into_iter().any(|turn| {
        let along = place.lng() + turn;
        (area.west..=area.west + width).contains(&along) || (turn == 0.0 && (along - area.east).abs() == 0.0)
    });
    (area.south..=area.north).contains(&lat) && (at_pole || between)
}

fn box_relation(area: &BoundingBox, cell: &BoundingBox) -> Relation {
    let east = area.west + width_deg(area);
    let mut relation = Relation::Outside;
    for turn in [-360.0, 0.0, 360.0] {
        let (from, to) = (cell.west + turn, cell.east + turn);
        if from >= area.west && to <= east && cell.south >= area.south && cell.north <= area.north {
            return Relation::Inside;
        }
        if to + BORDER_MARGIN_DEG >= area.west
            && from - BORDER_MARGIN_DEG <= east
            && cell.north + BORDER_MARGIN_DEG >= area.south
            && cell.south - BORDER_MARGIN_DEG <= area.north
        {
            relation = Relation::Touches;
        }
    }
    relation
}

fn circle_relation(circle: &Circle, cell: &BoundingBox) -> Relation {
    // A millimetre and a billionth: far more than the rounding of these distances.
    let margin = 0.001 + circle.radius_m * 1e-9;
    if sphere::nearest_m(circle.center, cell) > circle.radius_m + margin {
        Relation::Outside
    } else if sphere::farthest_m(circle.center, cell) <= circle.radius_m - margin {
        Relation::Inside
    } else {
        Relation::Touches
    }
}

fn drawn_relation(drawn: &Drawn, cell: &BoundingBox) -> Relation {
    if drawn.border_touches(cell, BORDER_MARGIN_DEG) {
        Relation::Touches
    } else if drawn.contains(sphere::middle(cell)) {
        Relation::Inside
    } else {
        Relation::Outside
    }
}

fn circle_bounds(circle: &Circle) -> BoundingBox {
    let arc = circle.radius_m / EARTH_RADIUS_M;
    let (lat, lng) = (circle.center.lat(), circle.center.lng());
    let (south, north) = (lat - arc.to_degrees(), lat + arc.to_degrees());
    let reach = arc.sin() / lat.to_radians().cos();
    if south <= -90.0 || north >= 90.0 || reach >= 1.0 {
        return BoundingBox { south: south.max(-90.0), west: -180.0, north: north.min(90.0), east: 180.0 };
    }
    let half_width = reach.asin().to_degrees();
    let wrap = |lng: f64| sphere::position(0.0, lng).lng();
    BoundingBox { south, west: wrap(lng - half_width), north, east: wrap(lng + half_width) }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stored {
    Bbox([f64; 4]),
    Circle { lat: f64, lng: f64, radius_m: f64 },
    Polygons(Vec<Vec<Vec<[f64; 2]>>>),
}

impl From<Region> for Stored {
    fn from(region: Region) -> Self {
        match region.0 {
            Shape::Box(area) => Self::Bbox([area.west, area.south, area.east, area.north]),
            Shape::Circle(Circle { center, radius_m }) => {
                Self::Circle { lat: center.lat(), lng: center.lng(), radius_m }
            }
            Shape::Drawn(drawn) => Self::Polygons(drawn.rings()),
        }
    }
}

impl TryFrom<Stored> for Region {
    type Error = RegionError;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        match stored {
            Stored::Bbox([west, south, east, north]) => Self::from_bbox(west, south, east, north),
            Stored::Circle { lat, lng, radius_m } => Self::from_circle(Position::new(lat, lng)?, radius_m),
            Stored::Polygons(polygons) => Ok(Self(Shape::Drawn(Drawn::new(polygons)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(lat: f64, lng: f64) -> Position {
        Position::new(lat, lng).unwrap()
    }

    fn drawn(coordinates: &str) -> Result<Region, RegionError> {
        Region::from_geojson(&format!(r#"{{"type":"Polygon","coordinates":{coordinates}}}"#))
    }

    fn message<T: std::fmt::Debug>(result: Result<T, RegionError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_bad_box_is_told_which_value_is_wrong_and_what_was_probably_meant() {
        let bbox = |w, s, e, n| message(Region::from_bbox(w, s, e, n));
        assert!(bbox(-33.9, 151.1, -33.8, 151.3).contains("south is 151.1"));
        assert!(bbox(-33.9, 151.1, -33.8, 151.3).contains("try 151.1,-33.9,151.3,-33.8"));
        assert!(bbox(-9.2, 38.8, -9.1, 38.7).contains("try -9.2,38.7,-9.1,38.8"));
        assert!(bbox(10.0, 50.0, 10.0, 51.0).contains("no width"));
        assert!(bbox(10.0, 50.0, 11.0, 50.0).contains("south 50 is not below north 50"));
        assert!(bbox(f64::NAN, 50.0, 11.0, 51.0).contains("west is NaN"));
        assert!(bbox(10.0, 50.0, 200.0, 51.0).contains("east is 200"));
        assert!(!bbox(10.0, 50.0, 200.0, 51.0).contains("swapped"));
    }

    #[test]
    fn a_radius_of_nothing_or_too_much_is_refused() {
        for radius_m in [0.0, -5.0, f64::NAN, f64::INFINITY, 2e6] {
            assert!(message(Region::from_circle(place(1.0, 2.0), radius_m)).contains(&format!("radius {radius_m} m")));
        }
    }

    #[test]
    fn a_bad_drawing_is_told_where_it_is_wrong() {
        assert!(message(drawn("[]")).contains("polygon 1 has no positions"));
        assert!(message(drawn("[[]]")).contains("polygon 1 has no positions"));
        assert!(message(drawn("[[[0,0],[1,1],[0,0]]]")).contains("ring 1 has 3 positions"));
        assert!(
            message(drawn("[[[0,0],[1,0],[1,1],[0,1]]]")).contains("not closed; repeat its first position [0.0, 0.0]")
        );
        assert!(message(drawn("[[[0,0],[1,1],[2,2],[0,0]]]")).contains("one line"));
        let swapped = message(drawn("[[[-33.9,151.1],[-33.8,151.1],[-33.8,151.3],[-33.9,151.1]]]"));
        assert!(swapped.contains("position 1 is [-33.9, 151.1]") && swapped.contains("swapped"), "{swapped}");
        assert!(message(drawn("[[[0,80],[90,80],[180,80],[-90,80],[0,80]]]")).contains("round a pole"));
        assert!(message(Region::from_geojson("lisbon")).contains("not GeoJSON"));
        assert!(
            message(Region::from_geojson(r#"{"type":"Point","coordinates":[1,2]}"#)).contains("a Point is no area")
        );
        assert!(message(Region::from_geojson(r#"{"type":"FeatureCollection","features":[]}"#)).contains("no polygon"));
    }

    #[test]
    fn holes_and_collections_are_read_and_borders_belong() {
        let ring = "[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,3],[3,3],[3,1],[1,1]]";
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[
            {{"type":"Feature","properties":null,"geometry":null}},
            {{"type":"Feature","properties":{{}},"geometry":{{"type":"MultiPolygon","coordinates":[[{ring}],[[[10,0,7],[11,0,7],[11,1,7],[10,0,7]]]]}}}}]}}"#
        );
        let region = Region::from_geojson(&text).unwrap();
        assert!(region.contains(place(0.5, 0.5)) && region.contains(place(0.2, 10.9)));
        assert!(region.contains(place(0.0, 2.0)) && region.contains(place(1.0, 2.0)), "borders");
        assert!(!region.contains(place(2.0, 2.0)), "the hole");
        assert!(!region.contains(place(0.5, 7.0)));
        assert_eq!(region.bounds(), BoundingBox { south: 0.0, west: 0.0, north: 4.0, east: 11.0 });
    }

    #[test]
    fn every_way_to_cross_the_antimeridian_is_the_same_region() {
        let split = r#"{"type":"MultiPolygon","coordinates":[[[[170,0],[180,0],[180,5],[170,5],[170,0]]],[[[-180,0],[-170,0],[-170,5],[-180,5],[-180,0]]]]}"#;
        let regions = [
            Region::from_bbox(170.0, 0.0, -170.0, 5.0).unwrap(),
            Region::from_geojson(split).unwrap(),
            drawn("[[[170,0],[190,0],[190,5],[170,5],[170,0]]]").unwrap(),
            drawn("[[[170,0],[-170,0],[-170,5],[170,5],[170,0]]]").unwrap(),
            drawn("[[[-190,0],[-170,0],[-170,5],[-190,5],[-190,0]]]").unwrap(),
            drawn("[[[170,0],[180,0],[-180,0],[-170,0],[-170,5],[-180,5],[180,5],[170,5],[170,0]]]").unwrap(),
        ];
        for region in &regions {
            for lng in [170.0, 175.0, 180.0, -180.0, -175.0, -170.0] {
                assert!(region.contains(place(2.0, lng)), "{region:?} at {lng}");
            }
            assert!(!region.contains(place(2.0, 0.0)) && !region.contains(place(2.0, 169.9)));
            assert_eq!(region.bounds(), BoundingBox { south: 0.0, west: 170.0, north: 5.0, east: -170.0 });
            assert!((region.area_km2() - regions[0].area_km2()).abs() < 1e-3);
        }
    }

    #[test]
    fn rings_round_the_whole_world_are_taken_as_written() {
        let south = drawn("[[[-180,-90],[180,-90],[180,-70],[0,-65],[-180,-70],[-180,-90]]]").unwrap();
        assert!(
            south.contains(place(-90.0, 33.0))
                && south.contains(place(-80.0, 179.0))
                && south.contains(place(-66.0, 1.0))
        );
        assert!(!south.contains(place(-66.0, 150.0)));
        let band = drawn("[[[-180,-10],[180,-10],[180,10],[-180,10],[-180,-10]]]").unwrap();
        assert!(
            band.contains(place(0.0, 0.0)) && band.contains(place(0.0, -180.0)) && !band.contains(place(11.0, 0.0))
        );
        assert_eq!(band.bounds(), BoundingBox { south: -10.0, west: -180.0, north: 10.0, east: 180.0 });
    }

    #[test]
    fn areas_are_those_of_the_sphere() {
        let earth = Region::from_bbox(-180.0, -90.0, 180.0, 90.0).unwrap().area_km2();
        assert!((earth / 510_065_600.0 - 1.0).abs() < 1e-4, "{earth}");
        let disk = Region::from_circle(place(60.0, 179.99), 1000.0).unwrap().area_km2();
        assert!((disk - std::f64::consts::PI).abs() < 1e-4, "{disk}");
        let square = drawn(
            "[[[10,50],[11,50],[11,51],[10,51],[10,50]],[[10.2,50.2],[10.4,50.2],[10.4,50.4],[10.2,50.4],[10.2,50.2]]]",
        );
        let parts = |w, s, e, n| Region::from_bbox(w, s, e, n).unwrap().area_km2();
        let expected = parts(10.0, 50.0, 11.0, 51.0) - parts(10.2, 50.2, 10.4, 50.4);
        assert!((square.unwrap().area_km2() - expected).abs() < 1e-6);
    }

    #[test]
    fn a_circle_at_the_pole_or_the_antimeridian_has_bounds_that_hold_it() {
        let pole = Region::from_circle(place(89.99, 10.0), 5000.0).unwrap();
        let bounds = pole.bounds();
        assert!((bounds.west, bounds.north, bounds.east) == (-180.0, 90.0, 180.0) && bounds.south < 89.97);
        assert!(pole.contains(place(90.0, -170.0)) && pole.contains(place(89.99, -170.0)));
        let seam = Region::from_circle(place(10.0, 179.999), 5000.0).unwrap().bounds();
        assert!(seam.west > 179.0 && seam.east < -179.0);
    }

    #[test]
    fn a_region_reads_back_from_json_as_it_was() {
        let regions = [
            Region::from_bbox(170.0, -1.5, -170.0, 5.25).unwrap(),
            Region::from_circle(place(38.72, -9.14), 1500.0).unwrap(),
            drawn("[[[170,0],[-170,0],[-170,5],[170,5],[170,0]],[[179,1],[-179,1],[-179,2],[179,1]]]").unwrap(),
            drawn("[[[-180,-90],[180,-90],[180,-70],[-180,-70],[-180,-90]]]").unwrap(),
        ];
        for region in regions {
            let text = serde_json::to_string(&region).unwrap();
            assert_eq!(serde_json::from_str::<Region>(&text).unwrap(), region);
        }
        let text = serde_json::to_string(&Region::from_bbox(1.0, 2.0, 3.0, 4.0).unwrap()).unwrap();
        assert_eq!(text, r#"{"bbox":[1.0,2.0,3.0,4.0]}"#);
        assert!(serde_json::from_str::<Region>(r#"{"bbox":[1.0,4.0,3.0,2.0]}"#).is_err());
    }

    fn any_region() -> impl Strategy<Value = Region> {
        (-89.0..89.0_f64, -180.0..180.0_f64, 0.001..3.0_f64, 0..4_u8).prop_map(|(lat, lng, size, kind)| {
            let (south, north) = ((lat - size).max(-90.0), (lat + size).min(90.0));
            let (west, east) = (lng - size, lng + size);
            let wrap = |lng: f64| {
                if lng > 180.0 {
                    lng - 360.0
                } else if lng < -180.0 {
                    lng + 360.0
                } else {
                    lng
                }
            };
            let (left, right) = (lng - size / 3.0, lng + size / 3.0);
            match kind {
                0 => Region::from_bbox(wrap(west), south, wrap(east), north),
                1 => Region::from_circle(place(lat, lng), size * 100_000.0),
                2 => drawn(&format!("[[[{lng},{north}],[{west},{lat}],[{east},{lat}],[{lng},{north}]]]")),
                _ => drawn(&format!(
                "[[[{west},{south}],[{east},{south}],[{east},{north}],[{lng},{lat}],[{west},{north}],[{west},{south}]],
                  [[{lng},{lat}],[{left},{south}],[{right},{south}],[{lng},{lat}]]]"
            )),
            }
            .unwrap()
        })
    }

    proptest! {
        #[test]
        fn what_is_sure_of_a_box_holds_for_every_place_in_it(
            region in any_region(),
            (x, y, high, wide) in (-1.2..1.2_f64, -1.2..1.2_f64, 0.0001..0.7_f64, 0.0001..0.7_f64),
            places in prop::collection::vec((0.0..=1.0_f64, 0.0..=1.0_f64), 30),
        ) {
            let bounds = region.bounds();
            let width = if bounds.west > bounds.east { bounds.east + 360.0 - bounds.west } else { bounds.east - bounds.west };
            let west = sphere::position(0.0, bounds.west + (0.5 + x / 2.0) * width).lng();
            let south = (bounds.south + (0.5 + y / 2.0) * (bounds.north - bounds.south)).clamp(-90.0, 89.9);
            let cell = BoundingBox {
                south,
                west,
                north: (south + high * (bounds.north - bounds.south)).min(90.0),
                east: (west + wide * width).min(180.0),
            };
            let relation = region.relation(&cell);
            for (part_x, part_y) in places {
                let at = place(
                    (cell.south + part_y * (cell.north - cell.south)).min(cell.north),
                    (cell.west + part_x * (cell.east - cell.west)).min(cell.east),
                );
                match relation {
                    Relation::Inside => prop_assert!(region.contains(at)),
                    Relation::Outside => prop_assert!(!region.contains(at)),
                    Relation::Touches => {}
                }
            }
        }
    }
}
