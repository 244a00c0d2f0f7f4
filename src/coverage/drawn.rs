//! Polygons with holes, edges straight in degrees, joined across the antimeridian.

use std::sync::Arc;

use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::{Coord, LineString, Polygon, Rect};

use super::sphere::EARTH_RADIUS_M;
use crate::model::{BoundingBox, Position};

/// Farthest longitude that a drawing may use: one turn beyond the antimeridian.
const FARTHEST_LNG_DEG: f64 = 540.0;

/// A drawing. Longitudes inside one polygon are continuous: each begins in -180..180 and may go on beyond 180.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn(Arc<Vec<Part>>);

#[derive(Debug, Clone, PartialEq)]
struct Part {
    polygon: Polygon,
    bounds: Rect,
}

/// Why rings enclose no area.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DrawnError {
    /// No polygon, or a polygon without rings.
    #[error("polygon {polygon} has no positions; draw an outer ring of at least 4")]
    Empty {
        /// Counted from 1.
        polygon: usize,
    },
    /// A ring of fewer than four positions.
    #[error(
        "polygon {polygon}, ring {ring} has {count} positions; a ring needs at least 4, the last equal to the first"
    )]
    TooShort {
        /// Counted from 1.
        polygon: usize,
        /// Counted from 1; the first is the outer one.
        ring: usize,
        /// Positions found.
        count: usize,
    },
    /// The last position is not the first.
    #[error("polygon {polygon}, ring {ring} is not closed; repeat its first position {first:?} at the end")]
    NotClosed {
        /// Counted from 1.
        polygon: usize,
        /// Counted from 1.
        ring: usize,
        /// `[lng, lat]`.
        first: [f64; 2],
    },
    /// A coordinate out of range.
    #[error(
        "polygon {polygon}, ring {ring}, position {position} is {value:?}: not longitude, latitude in degrees{hint}"
    )]
    OutOfRange {
        /// Counted from 1.
        polygon: usize,
        /// Counted from 1.
        ring: usize,
        /// Counted from 1.
        position: usize,
        /// `[lng, lat]` as given.
        value: [f64; 2],
        /// What was probably meant, beginning with `; `; may be empty.
        hint: &'static str,
    },
    /// A ring that goes once round a pole.
    #[error(
        "polygon {polygon}, ring {ring} goes round a pole; draw it from -180 to 180 with corners at the pole's latitude"
    )]
    RoundThePole {
        /// Counted from 1.
        polygon: usize,
        /// Counted from 1.
        ring: usize,
    },
    /// All positions on one line.
    #[error("polygon {polygon} encloses no area; its positions lie on one line")]
    Flat {
        /// Counted from 1.
        polygon: usize,
    },
}

impl Drawn {
    /// Checks the rings of `[lng, lat]` and joins them across the antimeridian.
    pub(super) fn new(polygons: Vec<Vec<Vec<[f64; 2]>>>) -> Result<Self, DrawnError> {
        if polygons.is_empty() {
            return Err(DrawnError::Empty { polygon: 1 });
        }
        let parts = polygons.into_iter().zip(1..).map(|(rings, number)| part(&rings, number));
        Ok(Self(Arc::new(parts.collect::<Result<_, _>>()?)))
    }

    pub(super) fn contains(&self, place: Position) -> bool {
        self.0.iter().any(|part| {
            let bounds = part.bounds;
            if place.lat().abs() >= 90.0 {
                // All longitudes meet in a pole.
                return bounds.min().y <= place.lat() && bounds.max().y >= place.lat();
            }
            turns(place.lng(), place.lng(), bounds).any(|turn| {
                let point = Coord { x: place.lng() + turn, y: place.lat() };
                part.polygon.coordinate_position(&point) != CoordPos::Outside
            })
        })
    }

    /// Whether any edge comes within `margin` degrees of a box.
    pub(super) fn border_touches(&self, cell: &BoundingBox, margin: f64) -> bool {
        self.0.iter().any(|part| {
            turns(cell.west - margin, cell.east + margin, part.bounds).any(|turn| {
                let grown = Rect::new(
                    Coord { x: cell.west + turn - margin, y: cell.south - margin },
                    Coord { x: cell.east + turn + margin, y: cell.north + margin },
                );
                rings_of(&part.polygon).any(|ring| ring.lines().any(|edge| touches(edge.start, edge.end, grown)))
            })
        })
    }

    pub(super) fn area_m2(&self) -> f64 {
        let area = |part: &Part| {
            let holes: f64 = part.polygon.interiors().iter().map(ring_area).sum();
            ring_area(part.polygon.exterior()) - holes
        };
        self.0.iter().map(area).sum::<f64>().max(0.0) * EARTH_RADIUS_M * EARTH_RADIUS_M
    }

    pub(super) fn bounds(&self) -> BoundingBox {
        let south = self.0.iter().map(|part| part.bounds.min().y).fold(90.0, f64::min);
        let north = self.0.iter().map(|part| part.bounds.max().y).fold(-90.0, f64::max);
        let mut spans: Vec<(f64, f64)> = self.0.iter().map(|part| (part.bounds.min().x, part.bounds.max().x)).collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (west, east) = outside_the_largest_gap(&spans);
        if east - west >= 360.0 {
            return BoundingBox { south, west: -180.0, north, east: 180.0 };
        }
        let wrap = |lng: f64| if lng > 180.0 { lng - 360.0 } else { lng };
        BoundingBox { south, west: wrap(west), north, east: wrap(wrap(east)) }
    }

    /// The rings as they are kept, `[lng, lat]`.
    pub(super) fn rings(&self) -> Vec<Vec<Vec<[f64; 2]>>> {
        let plain = |ring: &LineString| ring.coords().map(|at| [at.x, at.y]).collect();
        self.0.iter().map(|part| rings_of(&part.polygon).map(plain).collect()).collect()
    }
}

fn rings_of(polygon: &Polygon) -> impl Iterator<Item = &LineString> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// The full turns by which the longitudes `from..=to` have to be moved to meet the bounds.
fn turns(from: f64, to: f64, bounds: Rect) -> impl Iterator<Item = f64> {
    [-360.0, 0.0, 360.0].into_iter().filter(move |turn| to + turn >= bounds.min().x && from + turn <= bounds.max().x)
}

fn part(rings: &[Vec<[f64; 2]>], polygon: usize) -> Result<Part, DrawnError> {
    let Some((outer, holes)) = rings.split_first().filter(|(outer, _)| !outer.is_empty()) else {
        return Err(DrawnError::Empty { polygon });
    };
    let outer = joined(outer, polygon, 1)?;
    let shift = -360.0 * ((span(&outer).0 + 180.0) / 360.0).floor();
    let outer = moved(&outer, shift);
    let (west, east) = span(&outer);
    let (south, north) = outer.coords().fold((90.0_f64, -90.0_f64), |(low, high), at| (low.min(at.y), high.max(at.y)));
    if ring_area(&outer) < 1e-18 {
        return Err(DrawnError::Flat { polygon });
    }
    let mut inner = Vec::with_capacity(holes.len());
    for (hole, ring) in holes.iter().zip(2..) {
        let hole = joined(hole, polygon, ring)?;
        // The hole may have been written a full turn away from its polygon.
        let (hole_west, hole_east) = span(&hole);
        let turn = (f64::midpoint(west, east) - f64::midpoint(hole_west, hole_east)) / 360.0;
        inner.push(moved(&hole, turn.round() * 360.0));
    }
    let bounds = Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
    Ok(Part { polygon: Polygon::new(outer, inner), bounds })
}

/// Checks a ring and makes its longitudes continuous.
fn joined(ring: &[[f64; 2]], polygon: usize, number: usize) -> Result<LineString, DrawnError> {
    check(ring, polygon, number)?;
    let mut here = ring[0][0];
    let mut path = vec![here];
    for pair in ring.windows(2) {
        let step = pair[1][0] - pair[0][0];
        here += step - 360.0 * (step / 360.0).round() * f64::from(u8::from(step.abs() > 180.0));
        path.push(here);
    }
    let open = (here - ring[0][0]).abs() > 1.0;
    let width = path.iter().copied().fold(f64::MIN, f64::max) - path.iter().copied().fold(f64::MAX, f64::min);
    let literal =
        ring.iter().map(|at| at[0]).fold(f64::MIN, f64::max) - ring.iter().map(|at| at[0]).fold(f64::MAX, f64::min);
    // A step of exactly one turn is either the seam of a split ring or an edge that goes round the whole world: it is the
    // latter when the ring does not close, or encloses nothing, without it.
    let goes_round = ring.windows(2).any(|pair| (pair[1][0] - pair[0][0]).abs() >= 360.0);
    if goes_round && (open || width <= 0.0) && literal <= 360.0 {
        path = ring.iter().map(|at| at[0]).collect();
    } else if open {
        return Err(DrawnError::RoundThePole { polygon, ring: number });
    }
    let first = path[0];
    if let Some(last) = path.last_mut() {
        *last = first;
    }
    Ok(path.into_iter().zip(ring).map(|(x, at)| Coord { x, y: at[1] }).collect())
}

fn check(ring: &[[f64; 2]], polygon: usize, number: usize) -> Result<(), DrawnError> {
    if ring.len() < 4 {
        return Err(DrawnError::TooShort { polygon, ring: number, count: ring.len() });
    }
    let fits = |lng: f64, lat: f64| lng.abs() <= FARTHEST_LNG_DEG && lat.abs() <= 90.0;
    if let Some(index) = ring.iter().position(|at| !fits(at[0], at[1])) {
        let swapped = ring.iter().all(|at| fits(at[1], at[0]));
        let hint = if swapped { "; latitude and longitude look swapped: GeoJSON writes longitude first" } else { "" };
        return Err(DrawnError::OutOfRange { polygon, ring: number, position: index + 1, value: ring[index], hint });
    }
    let (first, last) = (ring[0], ring[ring.len() - 1]);
    if (first[0] - last[0]).abs() > 0.0 || (first[1] - last[1]).abs() > 0.0 {
        return Err(DrawnError::NotClosed { polygon, ring: number, first });
    }
    Ok(())
}

fn moved(ring: &LineString, degrees: f64) -> LineString {
    ring.coords().map(|at| Coord { x: at.x + degrees, y: at.y }).collect()
}

fn span(ring: &LineString) -> (f64, f64) {
    ring.coords().fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(at.x), high.max(at.x)))
}

/// Steradians inside a ring whose edges are straight in degrees: the integral of sin(lat) over the longitude.
fn ring_area(ring: &LineString) -> f64 {
    let under = ring.lines().map(|edge| {
        let width = (edge.end.x - edge.start.x).to_radians();
        let (from, to) = (edge.start.y.to_radians(), edge.end.y.to_radians());
        let rise = to - from;
        if rise.abs() < 1e-9 { width * f64::midpoint(from, to).sin() } else { width * (from.cos() - to.cos()) / rise }
    });
    under.sum::<f64>().abs()
}

/// Whether a straight edge meets a rectangle: no axis, and not the edge's own direction, keeps them apart.
fn touches(start: Coord, end: Coord, area: Rect) -> bool {
    let (low, high) = (area.min(), area.max());
    if start.x.max(end.x) < low.x
        || start.x.min(end.x) > high.x
        || start.y.max(end.y) < low.y
        || start.y.min(end.y) > high.y
    {
        return false;
    }
    let side = |x: f64, y: f64| (end.x - start.x) * (y - start.y) - (end.y - start.y) * (x - start.x);
    let corners = [side(low.x, low.y), side(low.x, high.y), side(high.x, low.y), side(high.x, high.y)];
    !(corners.iter().all(|value| *value > 0.0) || corners.iter().all(|value| *value < 0.0))
}

/// The smallest stretch of longitude that holds all spans (sorted by their start).
fn outside_the_largest_gap(spans: &[(f64, f64)]) -> (f64, f64) {
    let Some(&(first, first_end)) = spans.first() else { return (-180.0, 180.0) };
    let farthest = spans.iter().map(|span| span.1).fold(first_end, f64::max);
    // The gap over the seam, from the farthest end to the first start one turn later.
    let mut best = (first + 360.0 - farthest, first, farthest);
    let mut reached = first_end.max(farthest - 360.0);
    for &(start, end) in spans {
        if start - reached > best.0 {
            best = (start - reached, start, reached + 360.0);
        }
        reached = reached.max(end);
    }
    (best.1, best.2)
}
