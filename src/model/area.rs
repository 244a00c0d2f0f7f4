use serde::{Deserialize, Serialize};

use super::Position;

/// A disk on the earth's surface.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Circle {
    /// The middle.
    pub center: Position,
    /// Metres along the surface.
    pub radius_m: f64,
}

/// A box of degrees; `west > east` means that it crosses the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoundingBox {
    /// Smallest latitude, degrees.
    pub south: f64,
    /// Longitude of the western edge, degrees, -180 to 180.
    pub west: f64,
    /// Largest latitude, degrees.
    pub north: f64,
    /// Longitude of the eastern edge, degrees, -180 to 180.
    pub east: f64,
}

impl BoundingBox {
    /// The smallest circle round the middle of the box that covers it, for providers that take no boxes.
    pub fn enclosing_circle(self) -> Circle {
        let width = if self.west > self.east { self.east - self.west + 360.0 } else { self.east - self.west };
        let mut lng = self.west + width / 2.0;
        if lng > 180.0 {
            lng -= 360.0;
        }
        let lat = f64::midpoint(self.south, self.north);
        let reach = |edge: f64| {
            let (from, to, across) = (lat.to_radians(), edge.to_radians(), (width / 2.0).to_radians());
            let chord = ((to - from) / 2.0).sin().powi(2) + from.cos() * to.cos() * (across / 2.0).sin().powi(2);
            2.0 * chord.clamp(0.0, 1.0).sqrt().asin().to_degrees() * METRES_PER_DEGREE
        };
        let center = Position::new(lat.clamp(-90.0, 90.0), lng.clamp(-180.0, 180.0))
            .expect("degrees clamped to their range are a position, and a box holds finite numbers");
        Circle { center, radius_m: reach(self.south).max(reach(self.north)) }
    }
}

impl Circle {
    /// A box round the circle, for providers that take no circles; `west > east` where it crosses the antimeridian.
    pub fn enclosing_box(self) -> BoundingBox {
        /// Shorter than any degree of latitude.
        const SHORT_DEGREE_M: f64 = 110_500.0;
        let (lat, lng) = (self.center.lat(), self.center.lng());
        let high = self.radius_m / SHORT_DEGREE_M;
        let (south, north) = ((lat - high).max(-90.0), (lat + high).min(90.0));
        let shortest = south.abs().max(north.abs()).to_radians().cos();
        let wide = high / shortest.max(1e-6);
        if wide >= 180.0 {
            return BoundingBox { south, west: -180.0, north, east: 180.0 };
        }
        let turned = |lng: f64| (lng + 540.0).rem_euclid(360.0) - 180.0;
        BoundingBox { south, west: turned(lng - wide), north, east: turned(lng + wide) }
    }
}

/// Length of a degree of latitude, rounded up.
const METRES_PER_DEGREE: f64 = 111_700.0;

/// An area that a provider can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Everything within a distance.
    Circle(Circle),
    /// Everything in a box.
    Rectangle(BoundingBox),
}

/// One question: an area and the provider's own type words (empty: every type).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Where.
    pub area: Area,
    /// The provider's own words for the types asked for, in the region's order.
    pub words: Vec<String>,
    /// What the answer is for.
    #[serde(default, skip_serializing_if = "Purpose::is_rows")]
    pub purpose: Purpose,
}

impl Ask {
    /// The question for everything that is kept of a venue.
    pub fn rows(area: Area, words: Vec<String>) -> Self {
        Self { area, words, purpose: Purpose::Rows }
    }

    /// The question how many there are, for providers that tell that for nothing.
    pub fn count(area: Area, words: Vec<String>) -> Self {
        Self { area, words, purpose: Purpose::Count }
    }
}

/// What a question is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Rows to be kept.
    #[default]
    Rows,
    /// Only how many there are: the ids, where the provider gives them for nothing.
    Count,
    /// Rows again where all are proven to be seen, in another way of asking: what the proof is worth.
    Audit,
}

impl Purpose {
    /// Whether it is for rows, as most are.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    fn is_rows(&self) -> bool {
        *self == Self::Rows
    }
}
