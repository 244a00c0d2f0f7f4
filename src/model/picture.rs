use super::{Area, BoundingBox, CappedSpot, Position};

/// How a region was covered, to be drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picture {
    /// The region's name.
    pub region: String,
    /// The provider's name.
    pub provider: String,
    /// The region's rings: outlines and holes.
    pub outline: Vec<Vec<Position>>,
    /// Its pieces.
    pub tiles: Vec<DrawnTile>,
    /// What the last run asked.
    pub asked: Vec<AskedArea>,
    /// Where it overflowed.
    pub capped: Vec<CappedSpot>,
    /// Where venues are.
    pub venues: Vec<Position>,
    /// Venues that are there, should not all of them be drawn.
    pub all_venues: u64,
    /// When the run began, for the title; empty where there was none.
    pub begun: String,
}

/// A piece of a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnTile {
    /// Where.
    pub cell: BoundingBox,
    /// It is done.
    pub complete: bool,
}

/// An area that was asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AskedArea {
    /// Where.
    pub area: Area,
    /// Metres round a circle's centre that were certified; none for the whole area, 0 for nothing.
    pub certified_m: Option<f64>,
    /// It was counted for nothing.
    pub free: bool,
}
