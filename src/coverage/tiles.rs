//! Region → tiles, the unit that is claimed, retried and resumed.

use super::region::{Region, Relation};
use super::sphere::{box_area_m2, halves};
use crate::model::{BoundingBox, Tile};

/// Square kilometres below which a region is not cut: every border between tiles costs a share of the answers beside it.
const SMALLEST_TILE_KM2: f64 = 1.0;

/// Tiles of a large region, about. Enough to keep many workers busy; more would only cost borders.
const MANY: f64 = 256.0;

/// Tiles at most; a region of thin or scattered parts gets larger tiles instead.
const MOST: usize = 4096;

impl Region {
    /// The tiles, in order from south to north, then west to east. Only those that touch the region; none crosses the
    /// antimeridian. They depend on the region alone.
    pub fn tiles(&self) -> Vec<Tile> {
        let area = self.area_km2();
        // 1 km² makes one tile, a city of 500 km² about 20, a country MANY.
        let count = (0.6 * area.sqrt()).clamp(1.0, MANY);
        let mut target_m2 = (area / count).max(SMALLEST_TILE_KM2) * 1e6;
        let cells = loop {
            let mut cells = Vec::new();
            for start in without_antimeridian(self.bounds()) {
                self.cut(start, target_m2, &mut cells);
            }
            if cells.len() <= MOST {
                break cells;
            }
            target_m2 *= 2.0;
        };
        number(cells)
    }

    /// Halves a box until it is small enough, and leaves out what does not touch the region.
    fn cut(&self, cell: BoundingBox, target_m2: f64, into: &mut Vec<BoundingBox>) {
        if self.relation(&cell) == Relation::Outside || into.len() > MOST {
            return;
        }
        // Up to 1.5 times the target, so that the tiles' mean size is the target.
        if box_area_m2(cell.south, cell.north, cell.east - cell.west) <= 1.5 * target_m2 {
            into.push(cell);
            return;
        }
        for half in halves(&cell) {
            self.cut(half, target_m2, into);
        }
    }
}

fn without_antimeridian(bounds: BoundingBox) -> Vec<BoundingBox> {
    if bounds.west <= bounds.east {
        return vec![bounds];
    }
    let pieces = [BoundingBox { east: 180.0, ..bounds }, BoundingBox { west: -180.0, ..bounds }];
    pieces.into_iter().filter(|piece| piece.west < piece.east).collect()
}

fn number(mut cells: Vec<BoundingBox>) -> Vec<Tile> {
    cells.sort_by(|a, b| a.south.total_cmp(&b.south).then(a.west.total_cmp(&b.west)));
    cells.into_iter().zip(0..).map(|(cell, ordinal)| Tile { ordinal, cell }).collect()
}
