//! Where venues are believed to be: how far an answer will see is read from it, never what it proves.

use rstar::RTree;

use super::sphere::{Vector, metres};

/// Positions, as points on a sphere of radius 1.
#[derive(Debug, Clone)]
pub(super) struct Believed(RTree<[f64; 3]>);

impl Believed {
    pub(super) fn new(places: impl IntoIterator<Item = Vector>) -> Self {
        Self(RTree::bulk_load(places.into_iter().map(Vector::coordinates).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.0.size()
    }

    /// Metres from a place to the last of the nearest `rows` venues; none where there are fewer.
    pub(super) fn full_m(&self, place: Vector, rows: u32) -> Option<f64> {
        let last = usize::try_from(rows.max(1)).ok()? - 1;
        let (_, square) = self.0.nearest_neighbor_iter_with_distance_2(&place.coordinates()).nth(last)?;
        Some(metres(square))
    }
}
