//! A cover laid out before the first question: the fewest disks that together hold all open ground, each as wide as an answer there
//! will see if the venues are where they are believed to be.

use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::believed::Believed;
use super::certify::sure_m;
use super::ground::{Cell, Ground};
use super::rules::{Rules, floor_m};
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
}

/// What decides how the answers are foreseen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foresight<'a> {
    pub(super) believed: &'a Believed,
    pub(super) rules: &'a Rules,
    /// Venues in a full answer, by the believed ones.
    pub(super) rows: u32,
    /// Part of the foreseen distance that is planned with.
    pub(super) caution: f64,
}

impl Foresight<'_> {
    /// Metres that an answer from here will certify.
    pub(super) fn proven_m(&self, center: Vector) -> f64 {
        let most_m = self.rules.largest_radius_m;
        let full_m = self.believed.full_m(center, self.rows).map_or(most_m, |metres| metres.min(most_m));
        // Less than the last digit of a distance in an answer.
        let full_m = full_m - 0.002;
        match self.rules.ranking {
            Ranking::Distance => sure_m(full_m * self.caution),
            Ranking::Other => sure_m(0.98 * full_m * self.caution),
        }
    }
}

pub(super) fn knob(name: &str, default: f64) -> f64 {
    #[allow(clippy::disallowed_methods)]
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
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

    fn lies_in(&self, disk: &Disk, square: f64) -> bool {
        disk.center.chord2(self.cell.center) <= square && self.corners.iter().all(|corner| disk.center.chord2(*corner) <= square)
    }
}

/// Lays out a cover of all the ground.
pub(super) fn lay_out(ground: &Ground, foresight: &Foresight<'_>) -> Vec<Disk> {
    let fineness = knob("FINE", 6.0);
    let rounds = knob("ROUNDS", 6.0) as u32;
    let per = knob("STEPS", 20.0) as u32;
    let most = knob("SPLIT", 6.0) as usize;
    let mut plan = Table {
        ground, foresight,
        pieces: ground.pieces(|center| foresight.proven_m(center).max(floor_m()) / fineness).into_iter().map(Piece::new).collect(),
        disks: Vec::new(),
        squares: Vec::new(),
    };
    let centers: Vec<Vector> = plan.pieces.iter().map(|piece| piece.cell.center).collect();
    let index = RTree::bulk_load(
        centers.iter().enumerate().map(|(n, center)| GeomWithData::new(center.coordinates(), number(n))).collect::<Vec<_>>(),
    );
    let mut sets = Vec::new();
    for center in centers {
        let n = plan.add_disk(center);
        let (disk, square) = (plan.disks[n], plan.squares[n]);
        sets.push(index.locate_within_distance(disk.center.coordinates(), square).map(|point| point.data)
            .filter(|n| plan.pieces[*n as usize].lies_in(&disk, square)).collect());
    }
    let mut search = Selection::new(sets, plan.pieces.len());
    search.complete();
    let greedy = search.chosen().len();
    let size = number(greedy);
    search.search(per * size);
    let first = search.chosen().len();
    let mut shifted: std::collections::BTreeSet<u32> = Default::default();
    let shift0 = knob("SHIFT", 0.1);
    let turns = knob("TURNS", 6.0) as u32;
    for round in 0..rounds {
        for element in search.hardest(most * size as usize) {
            plan.split(element, &mut search);
        }
        let part = shift0 * if round % 2 == 0 { 1.0 } else { 0.5 };
        for set in search.chosen() {
            if !shifted.insert(set) { continue; }
            let old = plan.disks[set as usize];
            for turn in 0..turns {
                let bearing = (f64::from(turn) + 0.37 * f64::from(round)) / f64::from(turns) * std::f64::consts::TAU;
                let n = plan.add_disk(old.center.towards(bearing, part * old.proven_m));
                search.add_set(plan.held(n));
            }
        }
        search.search(per * size / 2);
        if knob("TRACE", 0.0) > 0.0 { eprintln!("pieces {} greedy {greedy} first {first} round {round} chosen {} cand {}", plan.pieces.len(), search.chosen().len(), plan.disks.len()); }
    }
    let mut left = ground.clone();
    for set in search.chosen() {
        let disk = plan.disks[set as usize];
        left.remove(disk.center.place(), disk.proven_m, disk.proven_m / 60.0);
    }
    if knob("TRACE", 0.0) > 0.0 { eprintln!("END {} {}", search.chosen().len(), left.cells().len()); }
    search.chosen().into_iter().map(|set| plan.disks[set as usize]).collect()
}

/// What is to be covered, and by what it could be.
struct Table<'a> {
    ground: &'a Ground,
    foresight: &'a Foresight<'a>,
    pieces: Vec<Piece>,
    disks: Vec<Disk>,
    squares: Vec<f64>,
}

impl Table<'_> {
    fn add_disk(&mut self, center: Vector) -> usize {
        let center = Vector::of(rounded(center.place(), 1.0).center);
        let disk = Disk { center, proven_m: self.foresight.proven_m(center) };
        self.disks.push(disk);
        self.squares.push(chord2((disk.proven_m - 0.002).max(0.0)));
        self.disks.len() - 1
    }

    fn held(&self, disk: usize) -> Vec<u32> {
        let (disk, square) = (self.disks[disk], self.squares[disk]);
        self.pieces.iter().enumerate().filter(|(_, piece)| piece.lies_in(&disk, square)).map(|(n, _)| number(n)).collect()
    }

    /// Halves a piece: what holds the whole holds both halves, and more may.
    fn split(&mut self, element: u32, search: &mut Selection) {
        let cell = &self.pieces[element as usize].cell;
        if cell.reach_m < self.foresight.proven_m(cell.center) / knob("LEAST", 25.0) || cell.reach_m < 0.3 {
            return;
        }
        let mut halves = self.ground.halves(cell).into_iter().map(Piece::new);
        let Some(first) = halves.next() else { return };
        for (set, (disk, square)) in self.disks.iter().zip(&self.squares).enumerate() {
            if first.lies_in(disk, *square) && !search.holds(element, number(set)) {
                search.add_holder(element, number(set));
            }
        }
        self.pieces[element as usize] = first;
        if let Some(second) = halves.next() {
            let holders = self.disks.iter().zip(&self.squares).enumerate().filter(|(_, (disk, square))| second.lies_in(disk, **square));
            search.add_element(holders.map(|(set, _)| number(set)).collect());
            self.pieces.push(second);
        }
    }
}
