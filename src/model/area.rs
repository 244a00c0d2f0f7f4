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
}
