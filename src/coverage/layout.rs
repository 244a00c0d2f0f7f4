//! A cover laid out before the first question: the fewest disks that together hold all open ground, each as wide as an answer there
//! will see if the venues are where they are believed to be.

use std::collections::BTreeSet;

use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::believed::Believed;
use super::certify::sure_m;
use super::ground::{Cell, Ground};
use super::rules::{Rules, SMALLEST_ASK_M, floor_m};
use super::selection::{Selection, number};
use super::sphere::{Vector, chord2, position};
use super::sweep::rounded;
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

/// More than the last digit of a distance in an answer, metres.
const ANSWER_DIGITS_M: f64 = 0.002;

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
    /// Metres that an answer from here will certify.
    pub(super) fn proven_m(&self, center: Vector) -> f64 {
        let most_m = self.rules.largest_radius_m;
        let full_m = self.believed.full_m(center, self.rows).map_or(most_m, |metres| metres.min(most_m));
        match self.rules.ranking {
            Ranking::Distance => sure_m(full_m - ANSWER_DIGITS_M),
            // Only an answer that is not full proves anything.
            Ranking::Other => sure_m(UNRANKED * full_m),
        }
    }
}

/// A piece of ground, by its corners.
struct Piece {
    cell: Cell,
    corners: [Vector; 4],
}

impl Piece {
    fn new(cell: Cell) -> Self {
        let BoundingBox { south, west, north, east } = cell.bounds;
        let corners = [(south, west), (south, east), (north, west), (north, east)];
        Self { cell, corners: corners.map(|(lat, lng)| Vector::of(position(lat, lng))) }
    }

    fn lies_in(&self, disk: &Candidate) -> bool {
        let holds = |place: &Vector| disk.center.chord2(*place) <= disk.edge;
        holds(&self.cell.center) && self.corners.iter().all(holds)
    }
}

/// Pieces in the radius of a foreseen disk, to begin with, and at most where a border has to be looked at closely.
const COARSE: f64 = 6.0;
const FINE: f64 = 25.0;

/// Pieces are never smaller than this from the middle to a corner, metres.
const FINEST_M: f64 = 0.3;

/// Rounds of the search; in each the pieces that are hardest to hold are halved, and shifted copies of the disks come in.
const ROUNDS: u8 = 4;

/// Steps of the search for each disk, and pieces that are halved for each.
const STEPS: u32 = 16;
const HALVED: u32 = 6;

/// Pieces of one layout at most, and for each venue: more would take long.
const MOST_PIECES: usize = 4_000;
const MOST_PIECES_PER_VENUE: usize = 15;

/// Shifted copies of a disk, and how far they are shifted, in parts of its radius.
const COPIES: u8 = 6;
const SHIFTS: [f64; 2] = [0.1, 0.05];

/// Lays out a cover of all the ground; empty where that would take too long.
pub(super) fn lay_out(ground: &Ground, foresight: &Foresight<'_>) -> Vec<Disk> {
    let most = MOST_PIECES + MOST_PIECES_PER_VENUE * foresight.believed.len();
    let coarse = |center| (foresight.proven_m(center) / COARSE).max(floor_m() / 2.0);
    let Some(cells) = ground.pieces(coarse, most) else { return Vec::new() };
    let pieces: Vec<Piece> = cells.into_iter().map(Piece::new).collect();
    let mut table = Table { ground, foresight, pieces, disks: Vec::new() };
    let centers: Vec<Vector> = table.pieces.iter().map(|piece| piece.cell.center).collect();
    let numbered = centers.iter().zip(0..).map(|(center, number)| GeomWithData::new(center.coordinates(), number));
    let index: RTree<GeomWithData<[f64; 3], u32>> = RTree::bulk_load(numbered.collect());
    let mut sets = Vec::new();
    for center in centers {
        let disk = table.add_disk(center);
        let near = index.locate_within_distance(disk.center.coordinates(), disk.edge);
        sets.push(near.map(|at| at.data).filter(|at| table.pieces[*at as usize].lies_in(&disk)).collect());
    }
    let mut search = Selection::new(sets, table.pieces.len());
    search.complete();
    let size = number(search.chosen().len());
    search.search(STEPS * size);
    let mut copied = BTreeSet::new();
    for (round, shift) in (0..ROUNDS).zip(SHIFTS.into_iter().cycle()) {
        for element in search.hardest((HALVED * size) as usize) {
            table.halve(element, &mut search);
        }
        for set in search.chosen() {
            if copied.insert(set) {
                table.copy(set, shift, f64::from(round), &mut search);
            }
        }
        search.search(STEPS * size / 2);
    }
    search.chosen().into_iter().map(|set| table.disks[set as usize].disk).collect()
}

/// What is to be covered, and by what it could be.
struct Table<'a> {
    ground: &'a Ground,
    foresight: &'a Foresight<'a>,
    pieces: Vec<Piece>,
    disks: Vec<Candidate>,
}

/// A disk, and the squared chord that belongs to its radius.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    disk: Disk,
    center: Vector,
    edge: f64,
}

impl Table<'_> {
    fn add_disk(&mut self, center: Vector) -> Candidate {
        let center = Vector::of(rounded(center.place(), SMALLEST_ASK_M).center);
        let foreseen_m = self.foresight.proven_m(center);
        let at_floor = foreseen_m < floor_m();
        let proven_m = if at_floor { self.foresight.rules.spot_m() } else { foreseen_m };
        let edge = chord2((proven_m - 2.0 * ANSWER_DIGITS_M).max(0.0));
        let candidate = Candidate { disk: Disk { center, proven_m, at_floor }, center, edge };
        self.disks.push(candidate);
        candidate
    }

    /// Copies of a disk that are shifted a little, each as wide as an answer there will see.
    fn copy(&mut self, set: u32, shift: f64, turned: f64, search: &mut Selection) {
        let Disk { center, proven_m, .. } = self.disks[set as usize].disk;
        for turn in 0..COPIES {
            let bearing = (f64::from(turn) + 0.37 * turned) / f64::from(COPIES) * std::f64::consts::TAU;
            let copy = self.add_disk(center.towards(bearing, shift * proven_m));
            let held = self.pieces.iter().zip(0..).filter(|(piece, _)| piece.lies_in(&copy));
            search.add_set(held.map(|(_, number)| number).collect());
        }
    }

    /// Halves a piece: what holds the whole holds both halves, and more may.
    fn halve(&mut self, element: u32, search: &mut Selection) {
        let cell = &self.pieces[element as usize].cell;
        if cell.reach_m < (self.foresight.proven_m(cell.center) / FINE).max(FINEST_M) {
            return;
        }
        let mut halves = self.ground.halves(cell).into_iter().map(Piece::new);
        let Some(first) = halves.next() else { return };
        for (candidate, set) in self.disks.iter().zip(0..) {
            if first.lies_in(candidate) && !search.holds(element, set) {
                search.add_holder(element, set);
            }
        }
        self.pieces[element as usize] = first;
        if let Some(second) = halves.next() {
            let holders = self.disks.iter().zip(0..).filter(|(candidate, _)| second.lies_in(candidate));
            search.add_element(holders.map(|(_, set)| set).collect());
            self.pieces.push(second);
        }
    }
}
