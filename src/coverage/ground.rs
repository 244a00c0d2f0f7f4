//! The ground of a section that is not certified yet, as boxes that are split only where a border passes.

use super::growth::push;
use super::region::{Region, Relation};
use super::sphere::{self, Vector};
use crate::model::{BoundingBox, Circle, Position};

/// A piece of ground that no answer has certified.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) bounds: BoundingBox,
    pub(super) center: Vector,
    /// Metres from the centre to the farthest corner.
    pub(super) reach_m: f64,
    pub(super) area_m2: f64,
    /// Metres that an answer here is expected to see at most, by what failed here before.
    pub(super) expected_m: f64,
    /// Metres that may be asked for here at most: larger circles proved nothing.
    pub(super) asked_m: f64,
    /// Whether the region's border may pass through.
    border: bool,
}

impl Cell {
    pub(super) fn lies_within(&self, center: Vector, radius_m: f64) -> bool {
        center.distance_m(self.center) + self.reach_m <= radius_m
    }
}

/// All ground of a section and a group of words that is not certified yet.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    region: Region,
    section: BoundingBox,
    cells: Vec<Cell>,
}

/// Metres by which ground has to lie inside a certified disk: far more than the rounding of these distances.
const SLACK_M: f64 = 0.001;

/// Room for so many times the pieces is given back, but for a quarter more than there are: a section is open in many pieces for a while only.
const ROOMY: usize = 2;

/// Part of the expected radius that is expected after a disappointment.
const LESS: f64 = 0.7;

impl Ground {
    pub(super) fn new(region: &Region, section: BoundingBox) -> Self {
        let mut ground = Self { region: region.clone(), section, cells: Vec::new() };
        if let Some(cell) = ground.measure(section, true, (f64::INFINITY, f64::INFINITY)) {
            ground.cells.push(cell);
        }
        ground
    }

    pub(super) fn section(&self) -> BoundingBox {
        self.section
    }

    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Takes away what surely lies within `radius_m` of a place. Pieces that lie across the edge are split down to `finest_m`.
    /// Returns whether anything was taken.
    pub(super) fn remove(&mut self, place: Position, radius_m: f64, finest_m: f64) -> bool {
        if radius_m <= 0.0 {
            return false;
        }
        let center = Vector::of(place);
        let (mut taken, mut index) = (false, 0);
        while let Some(cell) = self.cells.get(index) {
            if center.is_farther(cell.center, radius_m + cell.reach_m) {
                index += 1;
                continue;
            }
            let apart = center.distance_m(cell.center);
            if apart - cell.reach_m > radius_m {
                index += 1;
            } else if apart + cell.reach_m + SLACK_M <= radius_m
                || sphere::farthest_m(place, &cell.bounds) + SLACK_M <= radius_m
            {
                self.cells.swap_remove(index);
                taken = true;
            } else if cell.reach_m > finest_m && sphere::nearest_m(place, &cell.bounds) < radius_m {
                self.split(index);
            } else {
                index += 1;
            }
        }
        if self.cells.capacity() > ROOMY * self.cells.len() {
            self.cells.shrink_to(self.cells.len() + self.cells.len() / 4);
        }
        taken
    }

    /// Splits the pieces that come within `radius_m` of a place until none reaches farther than `finest_m`.
    pub(super) fn refine(&mut self, center: Vector, radius_m: f64, finest_m: f64) {
        let mut index = 0;
        while let Some(cell) = self.cells.get(index) {
            if cell.reach_m > finest_m && center.distance_m(cell.center) - cell.reach_m <= radius_m {
                self.split(index);
            } else {
                index += 1;
            }
        }
    }

    /// The ground in pieces that are as fine as is wanted where one sees so far, without changing it, and how far one sees from them; pieces
    /// beside each other come together. `sight` is told a distance that is far enough.
    pub(super) fn pieces(
        &self,
        sight: impl Fn(Vector, f64) -> f64,
        fine_m: impl Fn(f64) -> f64,
    ) -> impl Iterator<Item = (Cell, f64)> {
        let seen = move |cell: Cell, bound_m| {
            let full_m = sight(cell.center, bound_m);
            (cell, full_m)
        };
        let mut open: Vec<(Cell, f64)> = self.cells.iter().map(|cell| seen(cell.clone(), f64::INFINITY)).collect();
        std::iter::from_fn(move || {
            loop {
                let (cell, full_m) = open.pop()?;
                if cell.reach_m <= fine_m(full_m) {
                    return Some((cell, full_m));
                }
                let bound_m = |half: &Cell| full_m + 1.001 * half.center.distance_m(cell.center) + SLACK_M;
                open.extend(self.halves(&cell).into_iter().map(|half| {
                    let bound = bound_m(&half);
                    seen(half, bound)
                }));
            }
        })
    }

    /// Whether some of the ground may lie within `radius_m` of a place.
    pub(super) fn is_open(&self, center: Vector, radius_m: f64) -> bool {
        self.cells.iter().any(|cell| {
            let within_m = radius_m + cell.reach_m;
            !center.is_farther(cell.center, within_m) && center.distance_m(cell.center) <= within_m
        })
    }

    /// Metres from a place to the end of the farthest piece.
    pub(super) fn reach_from(&self, center: Vector) -> f64 {
        let farther = |reach_m: f64, cell: &Cell| {
            let is_near = center.is_nearer(cell.center, reach_m - cell.reach_m);
            if is_near { reach_m } else { reach_m.max(center.distance_m(cell.center) + cell.reach_m) }
        };
        self.cells.iter().fold(0.0, farther)
    }

    /// A circle proved nothing, so none that holds it can: on the ground inside it only half the radius is asked.
    pub(super) fn ask_less(&mut self, center: Vector, radius_m: f64) {
        for cell in self.cells.iter_mut().filter(|cell| cell.lies_within(center, radius_m)) {
            cell.asked_m = cell.asked_m.min(radius_m / 2.0);
        }
    }

    /// An answer certified less than the expected radius: on the ground that it left open there, less is expected. Ground that
    /// was left open before probably hides a stack, so the next question goes as close as that ground is wide.
    pub(super) fn expect_less(&mut self, center: Vector, radius_m: f64) {
        let mut open = self.cells.iter_mut().filter(|cell| cell.lies_within(center, radius_m)).collect::<Vec<_>>();
        let Some(first) = open.first().map(|cell| cell.center) else { return };
        let width_m = open.iter().map(|cell| first.distance_m(cell.center) + cell.reach_m).fold(0.0, f64::max);
        for cell in &mut open {
            let again = cell.expected_m.is_finite();
            let less_m = if again { width_m.min(LESS * radius_m) } else { LESS * radius_m };
            cell.expected_m = cell.expected_m.min(less_m);
        }
    }

    /// Circles, at most `most`, that together hold all the ground.
    pub(super) fn rest(&self, most: usize) -> Vec<Circle> {
        if self.cells.is_empty() {
            return Vec::new();
        }
        let all: Vec<&Cell> = self.cells.iter().collect();
        let mut bundles = vec![(around(&all), all)];
        // The widest bundle is halved until there are enough.
        while bundles.len() < most {
            let wide = bundles.iter().enumerate().filter(|(_, (_, bundle))| bundle.len() > 1);
            let widest = wide.max_by(|a, b| a.1.0.radius_m.total_cmp(&b.1.0.radius_m)).map(|(index, _)| index);
            let Some(index) = widest else { break };
            let (circle, bundle) = bundles.swap_remove(index);
            let [first, second] = halved(&bundle);
            if first.is_empty() || second.is_empty() {
                // One large piece among small ones: left as it is.
                bundles.push((circle, bundle));
                break;
            }
            bundles.extend([first, second].map(|half| (around(&half), half)));
        }
        bundles.into_iter().map(|(circle, _)| circle).collect()
    }

    /// Replaces a piece by those of its halves that touch the region: the first in its place, the second at the end.
    fn split(&mut self, index: usize) {
        let old = self.cells.swap_remove(index);
        for half in self.halves(&old) {
            push(&mut self.cells, half);
        }
    }

    /// Those halves of a piece that touch the region.
    pub(super) fn halves(&self, cell: &Cell) -> Vec<Cell> {
        let halves = sphere::halves(&cell.bounds).into_iter();
        halves.filter_map(|half| self.measure(half, cell.border, (cell.expected_m, cell.asked_m))).collect()
    }

    fn measure(&self, bounds: BoundingBox, near_border: bool, (expected_m, asked_m): (f64, f64)) -> Option<Cell> {
        let relation = if near_border { self.region.relation(&bounds) } else { Relation::Inside };
        if relation == Relation::Outside {
            return None;
        }
        let middle = sphere::middle(&bounds);
        Some(Cell {
            center: Vector::of(middle),
            reach_m: sphere::farthest_m(middle, &bounds),
            area_m2: sphere::box_area_m2(bounds.south, bounds.north, bounds.east - bounds.west),
            expected_m,
            asked_m,
            border: relation == Relation::Touches,
            bounds,
        })
    }
}

fn hull(cells: &[&Cell]) -> BoundingBox {
    let fold = |pick: fn(&Cell) -> f64, choose: fn(f64, f64) -> f64, start| {
        cells.iter().map(|cell| pick(cell)).fold(start, choose)
    };
    BoundingBox {
        south: fold(|cell| cell.bounds.south, f64::min, 90.0),
        west: fold(|cell| cell.bounds.west, f64::min, 180.0),
        north: fold(|cell| cell.bounds.north, f64::max, -90.0),
        east: fold(|cell| cell.bounds.east, f64::max, -180.0),
    }
}

/// A circle that holds all pieces.
fn around(cells: &[&Cell]) -> Circle {
    let center = sphere::middle(&hull(cells));
    let radius_m = cells.iter().map(|cell| sphere::farthest_m(center, &cell.bounds)).fold(0.0, f64::max);
    Circle { center, radius_m: radius_m + SLACK_M }
}

/// Pieces by the half of their hull that their middle lies in.
fn halved<'a>(cells: &[&'a Cell]) -> [Vec<&'a Cell>; 2] {
    let [first, _] = sphere::halves(&hull(cells));
    let (inside, outside) = cells.iter().copied().partition(|cell| {
        let at = sphere::middle(&cell.bounds);
        at.lat() <= first.north && at.lng() <= first.east
    });
    [inside, outside]
}
