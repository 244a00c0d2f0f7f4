use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// What a tile, or a run, found: the figures by which it is judged, and by which later ones are. They add up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Venues that were seen in it.
    pub venues: u64,
    /// Venues that the last good run saw in it.
    pub known: u64,
    /// Those of them that were seen again.
    pub again: u64,
    /// Rows of its answers, whatever became of them.
    pub rows: u64,
    /// Those of them that no venue could be made of.
    pub unusable: u64,
    /// The venues by their most specific category.
    pub kinds: BTreeMap<String, u64>,
    /// By the name of a field.
    pub fields: BTreeMap<String, Filled>,
    /// Sum of the venues' places, each as a point of the unit sphere: no meridian is in its way.
    pub centre: [f64; 3],
}

/// How often a field was asked for, and was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Filled {
    /// Venues of which it was asked.
    pub asked: u64,
    /// Those of them that have it.
    pub filled: u64,
}

impl AddAssign<&Self> for Figures {
    fn add_assign(&mut self, other: &Self) {
        self.venues += other.venues;
        self.known += other.known;
        self.again += other.again;
        self.rows += other.rows;
        self.unusable += other.unusable;
        for (kind, many) in &other.kinds {
            *self.kinds.entry(kind.clone()).or_default() += many;
        }
        for (field, filled) in &other.fields {
            let sum = self.fields.entry(field.clone()).or_default();
            sum.asked += filled.asked;
            sum.filled += filled.filled;
        }
        for (sum, part) in self.centre.iter_mut().zip(other.centre) {
            *sum += part;
        }
    }
}

/// How much may be lost from one run to the next before it is not believed. Parts are of what the last good runs found, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GuardLimits {
    /// Whether anything is judged at all.
    pub enabled: bool,
    /// What has to be left, in the whole, of the venues, of a field's filled part, and of the usable part of the rows.
    pub least: f64,
    /// The same of the venues of one of the types that are asked for.
    pub least_of_a_type: f64,
    /// What has to be seen again of the venues that the last good run saw.
    pub least_seen_again: f64,
    /// What has to be left in a single tile, of all these.
    pub least_in_a_tile: f64,
    /// So many times the venues are too many.
    pub most: f64,
    /// The part of the rows that has to be usable, also in a first run.
    pub least_usable: f64,
    /// How far the centre of the venues may move, as a part of their mean distance from it.
    pub most_shift: f64,
    /// What was less than this before is not judged: a few rows more or less mean nothing.
    pub floor: u64,
    /// So many complete runs in a row that do not see a venue take it to be gone.
    pub missing_after: u32,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            enabled: true,
            least: 0.7,
            least_of_a_type: 0.5,
            least_seen_again: 0.5,
            least_in_a_tile: 0.25,
            most: 3.0,
            least_usable: 0.1,
            most_shift: 0.5,
            floor: 20,
            missing_after: 2,
        }
    }
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Venues.
    Venues,
    /// Venues of one of the types that are asked for, or of none of them.
    Type,
    /// Venues that the last good run saw.
    SeenAgain,
    /// The part of the venues that have a field, 0 to 1.
    Filled,
    /// The part of the rows that a venue could be made of, 0 to 1.
    Usable,
    /// How far the centre of the venues moved, in metres.
    Centre,
}

/// Something that is not believed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// In which tile, by its ordinal; none for the run as a whole.
    pub tile: Option<i32>,
    /// What was measured.
    pub measure: Measure,
    /// Of which type or field.
    pub of: Option<String>,
    /// What was expected.
    pub expected: f64,
    /// What was found.
    pub found: f64,
    /// The least, or the most, that would be believed.
    pub limit: f64,
}

/// What the guard says of a run that it does not believe.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// Tiles that were held.
    pub tiles_held: u64,
    /// Venues that wait for somebody to say what is to become of them.
    pub staged: u64,
    /// Venues that it wrote, or found as they were: what was believed of it while it was left unfinished.
    #[serde(default)]
    pub written: u64,
    /// Why: those of the run as a whole first, then by tile.
    pub breaches: Vec<Breach>,
}
