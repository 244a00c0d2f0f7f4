use serde::{Deserialize, Serialize};

use super::{Ask, BoundingBox, Position};

/// A piece of a region: the unit that is claimed, retried and resumed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// Place in the region's order, from 0.
    pub ordinal: i32,
    /// What the tile has to account for (its part of the region lies inside this box). Never crosses the antimeridian.
    pub cell: BoundingBox,
}

/// What coverage has to know about an answer. Nothing else of an answer may change what is asked next, and all of it is
/// kept in `venue_sync.answers`, so that a tile can be taken up again where it was left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerSeen {
    /// The question.
    pub ask: Ask,
    /// Rows in the answer, all pages together, also those that could not be read.
    pub rows: u32,
    /// The provider had, or may have had, more than it returned.
    pub truncated: bool,
    /// Distance in metres from the centre of the asked circle to the outermost row, if the rows came in order of
    /// distance and one of them had a position; otherwise nothing is known of how far the answer saw.
    pub outermost_m: Option<f64>,
    /// Rows, or ids of a count, that no earlier answer with rows of the same tile held; none where nobody kept count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<u32>,
}

/// A venue that was there before the run began: where it was, and which questions returned it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownPlace {
    /// Where it was.
    pub position: Position,
    /// The groups of words that return it, as numbers in the order of the groups; empty where all of them may.
    pub groups: Vec<u16>,
}

/// What one answer proves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// Every venue of the asked area and words was in the answer.
    Whole,
    /// Every venue within this many metres of the asked circle's centre was.
    Disk {
        /// Metres.
        radius_m: f64,
    },
    /// Nothing is proven.
    Nothing,
}

/// A place where more venues share a few metres than one answer can hold, even for a single type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CappedSpot {
    /// The middle of what was asked last.
    pub position: Position,
    /// Metres round `position` in which venues may be missing.
    pub radius_m: f64,
    /// Rows that the last answer held.
    pub seen: u32,
    /// The provider's words that overflowed.
    pub words: Vec<String>,
}
