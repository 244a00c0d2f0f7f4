//! Region → tiles, the unit that is claimed, retried and resumed.

use super::region::{Region, Relation};
use super::sphere::{box_area_m2, halves};
use crate::model::{BoundingBox, Tile};

/// Square kilometres of a tile at least, about: every border between tiles costs a share of the answers beside it, and where boxes are
/// asked a type at a time, one more answer for each type.
const SMALLEST_KM2: f64 = 4.0;

/// Tiles of any region that is worth it, about: a tile asks one question at a time, and so many fill a provider's pace.
const FEW: f64 = 8.0;

/// Tiles of a large region, about. Enough to keep many workers busy; more would only cost borders.
const MANY: f64 = 256.0;

/// Tiles at most; a region of thin or scattered parts gets larger tiles instead.
const MOST: usize = 4096;

impl Region {
    /// The tiles, in order from south to north, then west to east. Only those that touch the region; none crosses the
    /// antimeridian. They depend on the region alone.
    pub fn tiles(&self) -> Vec<Tile> {
        let area = self.area_km2();
        // 30 km² make FEW, so does a city of 500 km²; one of 2,500 km² twice as many, a country MANY.
        let few = FEW.min(area / SMALLEST_KM2).max(1.0);
        let count = (0.32 * area.sqrt()).clamp(few, MANY);
        let mut target_m2 = area / count * 1e6;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Position;

    fn holds(tiles: &[Tile], place: Position) -> bool {
        tiles.iter().any(|tile| {
            let cell = &tile.cell;
            (cell.south..=cell.north).contains(&place.lat()) && (cell.west..=cell.east).contains(&place.lng())
        })
    }

    #[test]
    fn small_regions_are_not_cut_and_large_ones_give_parallel_work() {
        let tiles = |west, south, east, north| Region::from_bbox(west, south, east, north).unwrap().tiles().len();
        assert_eq!(tiles(-9.14, 38.71, -9.134, 38.7145), 1, "500 m");
        assert_eq!(tiles(-9.15, 38.70, -9.138, 38.709), 1, "1 km²");
        assert!((1..=2).contains(&tiles(-9.15, 38.70, -9.12, 38.72)), "6 km²");
        assert!((8..=16).contains(&tiles(-9.2, 38.70, -9.12, 38.75)), "39 km²");
        assert!((12..=64).contains(&tiles(-0.51, 51.28, 0.33, 51.69)), "2,650 km²");
        assert!((64..=512).contains(&tiles(-9.5, 37.0, -6.2, 42.1)), "160,000 km²");
        assert!((64..=512).contains(&tiles(-180.0, -90.0, 180.0, 90.0)), "the earth");
    }

    #[test]
    fn scattered_parts_do_not_make_endless_tiles() {
        let island = |lng: f64| format!("[[[{lng},10],[{},10],[{},10.001],[{lng},10]]]", lng + 0.001, lng + 0.001);
        let parts: Vec<String> = (0..200_u8).map(|index| island(f64::from(index) * 1.7 - 170.0)).collect();
        let text = format!(r#"{{"type":"MultiPolygon","coordinates":[{}]}}"#, parts.join(","));
        let tiles = Region::from_geojson(&text).unwrap().tiles();
        assert!((200..=400).contains(&tiles.len()), "{}", tiles.len());
    }

    #[test]
    fn a_region_over_the_antimeridian_has_tiles_on_both_sides_in_order() {
        let tiles = Region::from_bbox(177.0, -19.0, -178.0, -16.0).unwrap().tiles();
        assert!(tiles.iter().all(|tile| tile.cell.west < tile.cell.east));
        assert!(holds(&tiles, Position::new(-17.0, 179.99).unwrap()));
        assert!(holds(&tiles, Position::new(-17.0, -179.99).unwrap()));
        let ordinals: Vec<usize> = tiles.iter().map(|tile| usize::try_from(tile.ordinal).unwrap()).collect();
        assert_eq!(ordinals, (0..tiles.len()).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn every_place_of_a_circle_lies_in_a_tile(
            (lat, lng, size) in (-90.0..=90.0_f64, -180.0..=180.0_f64, 1.0..5.9_f64),
            places in prop::collection::vec((0.0..=1.0_f64, 0.0..=1.0_f64), 20),
        ) {
            let region = Region::from_circle(Position::new(lat, lng).unwrap(), 10_f64.powf(size)).unwrap();
            let (bounds, tiles) = (region.bounds(), region.tiles());
            let width = (bounds.east - bounds.west).rem_euclid(360.0);
            for (x, y) in places {
                let lng = bounds.west + x * if width > 0.0 { width } else { 360.0 };
                let lat = (bounds.south + y * (bounds.north - bounds.south)).min(bounds.north);
                let place = Position::new(lat, if lng > 180.0 { lng - 360.0 } else { lng }).unwrap();
                prop_assert!(!region.contains(place) || holds(&tiles, place), "{:?}", place);
            }
        }
    }
}
