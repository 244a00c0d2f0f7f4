//! A tile covered by boxes of degrees: they meet without a gap, and one whose answer was cut off is cut in two: where what was known of it
//! is halved, or in the middle. A box that is known to hold too much is cut before it is asked for.
//!
//! What is asked reaches a little beyond each box, by what a provider may have rounded: a venue that is returned inside it may have
//! been compared from just outside.

use super::certify::certify;
use super::effort::Effort;
use super::grid::Cell;
use super::known::Known;
use super::region::{Region, Relation};
use super::rules::{Rules, SMALLEST_ASK_M};
use super::sphere;
use super::stack::{self, Stack};
use crate::model::{AnswerSeen, Area, Ask, BoundingBox, CappedSpot, Certificate, KnownPlace, Position, Tile};

/// A box that is known to hold so many answers is not asked for before it is cut, down to a reach of so many metres.
const SURELY: f64 = 1.1;
const FEWEST_M: f64 = 20.0;

/// The least part of a box's side that is cut off.
const LEAST: f64 = 0.05;

/// Questions for boxes.
#[derive(Debug, Clone)]
pub(super) struct Boxes {
    region: Region,
    tile: BoundingBox,
    /// Rows in an answer at most.
    cap: u32,
    /// Groups of words still to be covered, the current one last; with their numbers.
    groups: Vec<(u16, Vec<String>)>,
    known: Known,
    /// Boxes that no answer of the current group has certified, the next one last.
    open: Vec<BoundingBox>,
    stack: Option<Stack>,
    capped: Vec<CappedSpot>,
    effort: Effort,
}

impl Boxes {
    pub(super) fn new(region: &Region, tile: Tile, rules: &Rules, known: &[KnownPlace]) -> Self {
        let mut groups: Vec<(u16, Vec<String>)> = (0..).zip(rules.groups()).collect();
        groups.reverse();
        let mut boxes = Self {
            region: region.clone(),
            tile: tile.cell,
            cap: rules.rows_per_query,
            groups,
            known: Known::new(known),
            open: Vec::new(),
            stack: None,
            capped: Vec::new(),
            effort: Effort::default(),
        };
        boxes.open(tile.cell);
        boxes.drop_settled_groups();
        boxes
    }

    pub(super) fn next(&self) -> Option<Ask> {
        match (&self.stack, self.open.last(), self.groups.last()) {
            (Some(stack), _, _) => stack.next(),
            (None, Some(cell), Some((_, words))) => Some(Ask::rows(Area::Rectangle(padded(cell)), words.clone())),
            _ => None,
        }
    }

    pub(super) fn capped(&self) -> &[CappedSpot] {
        &self.capped
    }

    pub(super) fn told(&mut self, seen: &AnswerSeen) {
        self.effort.asked();
        self.effort.note(seen.truncated);
        if let Some(stack) = &mut self.stack {
            stack.told(seen);
        } else if let Some(cell) = self.open.pop()
            && certify(seen) != Certificate::Whole
        {
            self.split(cell, seen.rows);
        }
        if let Some(stack) = self.stack.take_if(|stack| stack.next().is_none()) {
            self.capped.extend(stack.capped());
        }
        if self.effort.is_hopeless() {
            self.give_up(seen.rows);
        }
        self.drop_settled_groups();
    }

    /// Where a box can no longer be halved, its words are.
    fn split(&mut self, cell: BoundingBox, rows: u32) {
        let reach_m = sphere::farthest_m(sphere::middle(&cell), &cell);
        if reach_m <= SMALLEST_ASK_M {
            let words = self.groups.last().map(|(_, words)| words.clone()).unwrap_or_default();
            self.stack = Some(Stack::new(Area::Rectangle(padded(&cell)), words, rows));
            return;
        }
        self.cut(cell);
    }

    fn cut(&mut self, cell: BoundingBox) {
        let [first, second] = self.parts(&cell);
        self.open(second);
        self.open(first);
    }

    fn open(&mut self, cell: BoundingBox) {
        if self.region.relation(&cell) == Relation::Outside {
            return;
        }
        let known = f64::from(u32::try_from(self.known_in(&cell).count()).unwrap_or(u32::MAX));
        let is_large = sphere::farthest_m(sphere::middle(&cell), &cell) > FEWEST_M;
        if is_large && known > SURELY * f64::from(self.cap) {
            self.cut(cell);
        } else {
            self.open.push(cell);
        }
    }

    fn known_in(&self, cell: &BoundingBox) -> impl Iterator<Item = Position> {
        let group = self.groups.last().map_or(0, |(group, _)| *group);
        self.known.within(group, cell)
    }

    /// Both parts of a box, cut across its longer side: so that each holds half of the answers that the known venues fill.
    fn parts(&self, cell: &BoundingBox) -> [BoundingBox; 2] {
        let halves = sphere::halves(cell);
        let across_lng = halves[0].east < cell.east;
        let mut known: Vec<f64> =
            self.known_in(cell).map(|place| if across_lng { place.lng() } else { place.lat() }).collect();
        known.sort_by(f64::total_cmp);
        let answers = known.len().div_ceil(usize::try_from(self.cap).unwrap_or(usize::MAX).max(1)).max(2);
        let first = known.len() * answers.div_ceil(2) / answers;
        let (Some(last), Some(next)) = (first.checked_sub(1).and_then(|last| known.get(last)), known.get(first)) else {
            return halves;
        };
        // Venues that share a line, or hug an edge, tell nothing of how to part them.
        let at = f64::midpoint(*last, *next);
        let (from, to) = if across_lng { (cell.west, cell.east) } else { (cell.south, cell.north) };
        let is_inside = (from + LEAST * (to - from)..=to - LEAST * (to - from)).contains(&at);
        if last >= next || !is_inside {
            return halves;
        }
        if across_lng {
            [BoundingBox { east: at, ..*cell }, BoundingBox { west: at, ..*cell }]
        } else {
            [BoundingBox { north: at, ..*cell }, BoundingBox { south: at, ..*cell }]
        }
    }

    fn drop_settled_groups(&mut self) {
        while self.stack.is_none() && self.open.is_empty() && !self.groups.is_empty() {
            self.groups.pop();
            if !self.groups.is_empty() {
                self.open(self.tile);
                if self.open.is_empty() {
                    self.groups.clear();
                }
            }
        }
    }

    /// Reports all that is open, of every group of words.
    fn give_up(&mut self, rows: u32) {
        if let Some(stack) = self.stack.take() {
            self.capped.extend(stack.given_up());
        }
        while let Some((_, words)) = self.groups.pop() {
            for cell in std::mem::take(&mut self.open) {
                let (position, radius_m) = stack::around(&cell);
                self.capped.push(CappedSpot { position, radius_m, seen: rows, words: words.clone() });
            }
            if !self.groups.is_empty() {
                self.open(self.tile);
            }
        }
    }
}

/// A box that is larger on every side by what is rounded away.
fn padded(cell: &BoundingBox) -> BoundingBox {
    Cell::padded(cell).degrees()
}
