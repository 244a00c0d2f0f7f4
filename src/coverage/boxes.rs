//! A tile covered by boxes of degrees: they meet without a gap, and one whose answer was cut off is halved.
//!
//! What is asked reaches a little beyond each box, by what a provider may have rounded: a venue that is returned inside it may have
//! been compared from just outside.

use super::certify::{ROUNDING_M, certify};
use super::effort::Effort;
use super::region::{Region, Relation};
use super::rules::{Rules, SMALLEST_ASK_M};
use super::sphere;
use super::stack::Stack;
use crate::model::{AnswerSeen, Area, Ask, BoundingBox, CappedSpot, Certificate, Tile};

/// Questions for boxes.
#[derive(Debug, Clone)]
pub(super) struct Boxes {
    region: Region,
    tile: BoundingBox,
    /// Groups of words still to be covered, the current one last.
    groups: Vec<Vec<String>>,
    /// Boxes that no answer of the current group has certified, the next one last.
    open: Vec<BoundingBox>,
    stack: Option<Stack>,
    capped: Vec<CappedSpot>,
    effort: Effort,
}

impl Boxes {
    pub(super) fn new(region: &Region, tile: Tile, rules: &Rules) -> Self {
        let mut groups = rules.groups();
        groups.reverse();
        let mut boxes = Self {
            region: region.clone(),
            tile: tile.cell,
            groups,
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
            (None, Some(cell), Some(words)) => Some(Ask::rows(Area::Rectangle(padded(cell)), words.clone())),
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
            let words = self.groups.last().cloned().unwrap_or_default();
            self.stack = Some(Stack::new(Area::Rectangle(padded(&cell)), words, rows));
            return;
        }
        let [first, second] = sphere::halves(&cell);
        self.open(second);
        self.open(first);
    }

    fn open(&mut self, cell: BoundingBox) {
        if self.region.relation(&cell) != Relation::Outside {
            self.open.push(cell);
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
        while let Some(words) = self.groups.pop() {
            for cell in std::mem::take(&mut self.open) {
                let position = sphere::middle(&cell);
                let radius_m = sphere::farthest_m(position, &cell);
                self.capped.push(CappedSpot { position, radius_m, seen: rows, words: words.clone() });
            }
            if !self.groups.is_empty() {
                self.open(self.tile);
            }
        }
    }
}

/// A box that is larger on every side by what is rounded away, in few digits, so that every spelling as JSON gives it back.
fn padded(cell: &BoundingBox) -> BoundingBox {
    const DIGITS: f64 = 1e7;
    let (down, up) = (|value: f64| (value * DIGITS).floor() / DIGITS, |value: f64| (value * DIGITS).ceil() / DIGITS);
    let high = (ROUNDING_M / sphere::EARTH_RADIUS_M).to_degrees();
    // Where a degree of longitude is shortest. At a pole it has no length.
    let shortest = cell.south.abs().max(cell.north.abs()).to_radians().cos();
    let wide = (high / shortest.max(1e-6)).min(1.0);
    BoundingBox {
        south: down(cell.south - high).max(-90.0),
        west: down(cell.west - wide).max(-180.0),
        north: up(cell.north + high).min(90.0),
        east: up(cell.east + wide).min(180.0),
    }
}
