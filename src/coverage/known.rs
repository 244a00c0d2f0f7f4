//! What was there before the run began, as far as it decides where a box is cut.

use super::sphere;
use crate::model::{BoundingBox, KnownPlace, Position};

/// Venues that are believed to be in a tile and near it.
#[derive(Debug, Clone)]
pub(super) struct Known(Vec<KnownPlace>);

impl Known {
    pub(super) fn new(places: &[KnownPlace]) -> Self {
        Self(places.to_vec())
    }

    /// Those in a box that a group of words returns.
    pub(super) fn within(&self, group: u16, cell: &BoundingBox) -> impl Iterator<Item = Position> {
        let of_group = move |place: &&KnownPlace| place.groups.is_empty() || place.groups.contains(&group);
        self.0.iter().filter(of_group).map(|place| place.position).filter(|at| sphere::holds(cell, *at))
    }
}
