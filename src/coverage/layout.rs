//! A cover laid out before the first question: the fewest disks that together hold all open ground, each as wide as an answer there
//! will see if the venues are where they are believed to be.

use std::collections::BTreeSet;

use super::believed::{Believed, Sight};
use super::certify::sure_m;
use super::ground::{Cell, Ground};
use super::growth::push;
use super::places::Places;
use super::rules::{Rules, floor_m};
use super::selection::{Selection, number};
use super::sphere::{Vector, chord2, position};
use crate::model::{BoundingBox, Ranking};

/// A question of the plan, and what its answer is expected to certify.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Disk {
    pub(super) center: Vector,
    /// Metres.
    pub(super) proven_m: f64,
    /// More venues than an answer holds share its middle: its words will be split.
    pub(super) at_floor: bool,
}

/// More than the last digit of a distance in an answer, and of a question's middle, metres.
const ANSWER_DIGITS_M: f64 = 0.012;

/// Part of the foreseen distance that is asked for where a full answer proves nothing.
const UNRANKED: f64 = 0.9;

/// What decides how the answers are foreseen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foresight<'a> {
    pub(super) believed: &'a Believed,
    pub(super) rules: &'a Rules,
    /// Venues in a full answer, by the believed ones.
    pub(super) rows: u32,
}

impl Foresight<'_> {
    /// Metres that an answer which sees so far will certify.
    fn proven_m(&self, full_m: f64) -> f64 {
        let full_m = full_m.min(self.rules.largest_radius_m);
        match self.rules.ranking {
            Ranking::Distance => sure_m(full_m - ANSWER_DIGITS_M),
            // Only an answer that is not full proves anything.
            Ranking::Other => sure_m(UNRANKED * full_m),
        }
    }

    /// The best disk about here, where so many venues lie within `bound_m`.
    pub(super) fn disk(&self, center: Vector, bound_m: f64) -> Disk {
        let Sight { center, full_m } = self.widest_near(center, bound_m);
        let foreseen_m = self.proven_m(full_m);
        let at_floor = foreseen_m < floor_m();
        Disk { center, proven_m: if at_floor { self.rules.spot_m() } else { foreseen_m }, at_floor }
    }

    /// The best answer from about here, where so many venues lie within `bound_m`.
    fn widest_near(&self, center: Vector, bound_m: f64) -> Sight {
        let most_m = self.rules.largest_radius_m;
        if bound_m < most_m {
            return self.believed.widest_near(center, self.rows, bound_m);
        }
        let full_m = self.believed.full_m(center, self.rows);
        if full_m < most_m {
            return self.believed.widest_near(center, self.rows, full_m);
        }
        Sight { center, full_m }
    }
}

/// A piece of ground, by its corners.
struct Piece {
    cell: Cell,
    corners: [Vector; 4],
    /// The piece that it was cut from.
    root: u32,
    /// Metres from the middle of that one to its corners.
    root_m: f64,
    /// It is not halved if it reaches no farther, metres.
    finest_m: f64,
}

impl Piece {
    fn new(cell: Cell, (root, root_m): (u32, f64), finest_m: f64) -> Self {
        let BoundingBox { south, west, north, east } = cell.bounds;
        let corners = [(south, west), (south, east), (north, west), (north, east)];
        Self { cell, corners: corners.map(|(lat, lng)| Vector::of(position(lat, lng))), root, root_m, finest_m }
    }

    fn lies_in(&self, disk: &Candidate) -> bool {
        let holds = |place: &Vector| disk.disk.center.chord2(*place) <= disk.edge;
        holds(&self.cell.center) && self.corners.iter().all(holds)
    }
}

/// Pieces in the radius of a foreseen disk, to begin with, and at most where a border has to be looked at closely.
const COARSE: f64 = 6.0;
const FINE: f64 = 30.0;

/// Pieces are never smaller than this from the middle to a corner, metres.
const FINEST_M: f64 = 0.3;

/// Of so many pieces one is the middle of a disk to begin with: disks that are moved to where they see most are alike where they
/// begin near each other.
const THINNED: usize = 2;

/// Rounds of the search; in each the pieces that are hardest to hold are halved, and shifted copies of the disks come in.
const ROUNDS: u8 = 6;

/// Steps of the search for each disk, first and in each round, and pieces that are halved for each.
const FIRST_STEPS: u32 = 16;
const STEPS: u32 = 8;
const HALVED: u32 = 2;

/// How far away the first pieces are whose disks are looked at when one is halved, in parts of its own reach.
const BESIDE: f64 = 2.2;

/// Radii in which the first pieces are looked for that a disk may hold a part of.
const ROOTS_BEYOND: f64 = 1.3;

/// Pieces of one layout at most, and for each venue: more would take long.
const MOST_PIECES: usize = 4_000;
const MOST_PIECES_PER_VENUE: usize = 15;

/// Shifted copies of a disk, and how far they are shifted, in parts of its radius.
const COPIES: u32 = 6;
const SHIFTS: [f64; 2] = [0.1, 0.05];

/// Pieces that are laid out at once at most. More are laid out one part after the other, so that no layout takes much memory.
const PART: usize = 20_000;

/// Lays out a cover of all the ground; empty where that would take too long.
pub(super) fn lay_out(ground: &Ground, foresight: &Foresight<'_>) -> Vec<Disk> {
    let most = MOST_PIECES + MOST_PIECES_PER_VENUE * foresight.believed.len();
    let coarse = |full_m| (foresight.proven_m(full_m) / COARSE).max(floor_m() / 2.0);
    let sight = |center, bound_m| foresight.believed.full_within_m(center, foresight.rows, bound_m);
    let mut pieces = ground.pieces(sight, coarse);
    let (mut disks, mut met): (Vec<Disk>, usize) = (Vec::new(), 0);
    loop {
        let part: Vec<(Cell, f64)> = pieces.by_ref().take(PART).collect();
        if part.is_empty() {
            return disks;
        }
        met += part.len();
        if met > most {
            return Vec::new();
        }
        let is_held = |cell: &Cell| {
            disks.iter().any(|disk| {
                !disk.center.is_farther(cell.center, disk.proven_m) && cell.lies_within(disk.center, disk.proven_m)
            })
        };
        let open = part.into_iter().filter(|(cell, _)| !is_held(cell)).collect();
        disks.extend(lay_out_part(ground, open, foresight));
    }
}

fn lay_out_part(ground: &Ground, cells: Vec<(Cell, f64)>, foresight: &Foresight<'_>) -> Vec<Disk> {
    let mut table = Table::new(ground, cells, foresight);
    table.search.complete();
    let size = number(table.search.chosen().len());
    table.search.search(FIRST_STEPS * size);
    let mut copied = BTreeSet::new();
    for (round, shift) in (0..ROUNDS).zip(SHIFTS.into_iter().cycle()) {
        for element in table.search.hardest((HALVED * size) as usize) {
            table.halve(element);
        }
        for set in table.search.chosen() {
            if copied.insert(set) {
                table.copy(set, shift, f64::from(round));
            }
        }
        table.search.search(STEPS * size);
    }
    // By place: while neighbours are asked one after the other, little of the ground lies open in slivers between them.
    let mut chosen: Vec<Candidate> = table.search.chosen().into_iter().map(|set| table.disks[set as usize]).collect();
    chosen.sort_by_key(|candidate| candidate.root);
    chosen.into_iter().map(|candidate| candidate.disk).collect()
}

/// A disk, and the squared chord that belongs to its radius.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    disk: Disk,
    edge: f64,
    /// The first piece that it was looked for from.
    root: u32,
}

/// What is to be covered, and by what it could be.
struct Table<'a> {
    ground: &'a Ground,
    foresight: &'a Foresight<'a>,
    pieces: Vec<Piece>,
    /// The first pieces, numbered as all are, and what was cut off each of them.
    roots: Places,
    cuts: Vec<Vec<u32>>,
    disks: Vec<Candidate>,
    search: Selection,
    /// The question for which a disk was last looked at.
    looked: Vec<u32>,
    question: u32,
}

impl<'a> Table<'a> {
    fn new(ground: &'a Ground, cells: Vec<(Cell, f64)>, foresight: &'a Foresight<'a>) -> Self {
        let mut table = Self {
            ground,
            foresight,
            roots: Places::new(cells.iter().map(|(cell, _)| cell.center)),
            cuts: vec![Vec::new(); cells.len()],
            pieces: Vec::with_capacity(cells.len()),
            disks: Vec::with_capacity(cells.len()),
            search: Selection::default(),
            looked: Vec::new(),
            question: 0,
        };
        let centers: Vec<(Vector, f64)> = cells.iter().map(|(cell, full_m)| (cell.center, *full_m)).collect();
        for ((cell, full_m), root) in cells.into_iter().zip(0..) {
            let finest_m = (foresight.proven_m(full_m) / FINE).max(FINEST_M);
            let root_m = cell.reach_m;
            table.pieces.push(Piece::new(cell, (root, root_m), finest_m));
        }
        let mut sets = Vec::new();
        let mut is_held = vec![false; centers.len()];
        let number_of_first = centers.len().div_ceil(THINNED);
        let first = (0..centers.len()).step_by(THINNED);
        let others = (0..centers.len()).filter(|at| !at.is_multiple_of(THINNED));
        for (turn, at) in first.chain(others).enumerate() {
            if turn < number_of_first || !is_held[at] {
                let (center, full_m) = centers[at];
                let disk = table.add_disk((center, number(at)), full_m);
                let set = table.held_by(&disk);
                for element in &set {
                    is_held[*element as usize] = true;
                }
                sets.push(set);
            }
        }
        table.search = Selection::new(sets, table.pieces.len());
        table
    }

    /// A disk more to choose from, from about here, where a full answer reaches no farther than `bound_m`.
    fn add_disk(&mut self, (center, root): (Vector, u32), bound_m: f64) -> Candidate {
        let disk = self.foresight.disk(center, bound_m);
        let candidate = Candidate { disk, edge: chord2((disk.proven_m - ANSWER_DIGITS_M).max(0.0)), root };
        self.disks.push(candidate);
        self.looked.push(0);
        candidate
    }

    fn held_by(&self, disk: &Candidate) -> Vec<u32> {
        let around = disk.edge * ROOTS_BEYOND * ROOTS_BEYOND;
        let mut held = Vec::new();
        self.roots.near(disk.disk.center, around, |_, _, root| {
            let pieces = std::iter::once(&root).chain(&self.cuts[root as usize]);
            held.extend(pieces.filter(|at| self.pieces[**at as usize].lies_in(disk)));
        });
        // There are tens of thousands of these.
        held.shrink_to_fit();
        held
    }

    /// Copies of a disk that are shifted a little, each as wide as an answer there will see.
    fn copy(&mut self, set: u32, shift: f64, turned: f64) {
        let Candidate { disk: Disk { center, proven_m, .. }, root, .. } = self.disks[set as usize];
        let away_m = shift * proven_m;
        for turn in 0..COPIES {
            let bearing = (f64::from(turn) + 0.37 * turned) / f64::from(COPIES) * std::f64::consts::TAU;
            let disk = self.add_disk((center.towards(bearing, away_m), root), 1.03 * proven_m + 2.0 + away_m);
            let held = self.held_by(&disk);
            self.search.add_set(held);
        }
    }

    /// Halves a piece: what holds the whole holds both halves, and more may.
    fn halve(&mut self, element: u32) {
        let Piece { cell, root, root_m, finest_m, .. } = &self.pieces[element as usize];
        let (root, root_m, finest_m) = (*root, *root_m, *finest_m);
        if cell.reach_m < finest_m {
            return;
        }
        let center = cell.center;
        let halves = self.ground.halves(cell);
        let mut halves = halves.into_iter().map(|half| Piece::new(half, (root, root_m), finest_m));
        let Some(first) = halves.next() else { return };
        let near = self.disks_near(center, BESIDE * root_m);
        for set in &near {
            if first.lies_in(&self.disks[*set as usize]) && !self.search.holds(element, *set) {
                self.search.add_holder(element, *set);
            }
        }
        self.pieces[element as usize] = first;
        if let Some(second) = halves.next() {
            let holders = near.into_iter().filter(|set| second.lies_in(&self.disks[*set as usize]));
            self.search.add_element(holders.collect());
            push(&mut self.cuts[root as usize], number(self.pieces.len()));
            push(&mut self.pieces, second);
        }
    }

    /// The disks that hold something about here.
    fn disks_near(&mut self, place: Vector, within_m: f64) -> Vec<u32> {
        self.question += 1;
        let mut near = Vec::new();
        let Self { roots, cuts, search, looked, question, .. } = self;
        roots.near(place, chord2(within_m), |_, _, root| {
            for set in std::iter::once(&root).chain(&cuts[root as usize]).flat_map(|piece| search.holders(*piece)) {
                if looked[*set as usize] != *question {
                    looked[*set as usize] = *question;
                    near.push(*set);
                }
            }
        });
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::region::Region;
    use crate::model::{AreaShape, Position};

    #[test]
    fn a_layout_holds_all_ground_and_foresees_no_fuller_answers_than_there_are() {
        let region = Region::from_bbox(16.30, 48.18, 16.35, 48.21).unwrap();
        let tile = region.tiles()[0];
        let places: Vec<Position> = (0..600_u32)
            .map(|number| {
                let [x, y] = [0.754_877, 0.569_840].map(|step| (f64::from(number) * step).fract());
                // Denser towards the south-west.
                Position::new(48.18 + 0.03 * y * y, 16.30 + 0.05 * x * x).unwrap()
            })
            .collect();
        let rules = Rules {
            shape: AreaShape::Circle,
            ranking: Ranking::Distance,
            largest_radius_m: 50_000.0,
            words: Vec::new(),
            words_per_query: 50,
            rows_per_answer: 20,
            rows_per_query: 20,
            counts: None,
            count_words: Vec::new(),
            section_venues: usize::MAX,
        };
        let believed = Believed::new(places.iter().map(|place| Vector::of(*place)));
        let mut ground = Ground::new(&region, tile.cell);
        let disks = lay_out(&ground, &Foresight { believed: &believed, rules: &rules, rows: 20 });
        assert!((20..60).contains(&disks.len()), "{} disks", disks.len());
        for disk in &disks {
            let within =
                places.iter().filter(|place| disk.center.distance_m(Vector::of(**place)) <= disk.proven_m).count();
            assert!(within < 20, "{within} venues in {disk:?}");
            ground.remove(disk.center.place(), disk.proven_m, disk.proven_m / 100.0);
        }
        assert!(ground.cells().is_empty(), "{} pieces are left", ground.cells().len());
    }
}
