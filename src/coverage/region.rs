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

    /// Polygons drawn as GeoJSON (RFC 7946): Polygon, `MultiPolygon`, `GeometryCollection` of these, Feature, `FeatureCollection`.
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
