//! A tile covered by strips of boxes, where a provider has few rows in an answer but tells for nothing how many there are: each box is
//! counted until it is as full as an answer can prove, and its rows are paid for once.

use super::band::{Band, FINEST, Found, Sizes, Turn};
use super::certify::certify;
use super::effort::Effort;
use super::grid::{Axis, Cell, nearest_line};
use super::known::Known;
use super::region::Region;
use super::rules::Rules;
use super::stack::Stack;
use super::trim::trimmed;
use crate::model::{AnswerSeen, Area, Ask, CappedSpot, Certificate, KnownPlace, Position, Purpose, Tile};

/// Questions for boxes that were counted before.
#[derive(Debug, Clone)]
pub(super) struct Strips {
    region: Region,
    /// The whole tile, a little larger: nothing is asked beyond it.
    outer: Cell,
    sizes: Sizes,
    /// Groups of words still to be covered, the current one last; with their numbers.
    groups: Vec<(u16, Vec<String>)>,
    known: Known,
    /// What is to be done for the current group, the next last. The first of it that is asked for stands in `asked`.
    open: Vec<Work>,
    asked: Option<Ask>,
    capped: Vec<CappedSpot>,
    /// Of what is paid.
    effort: Effort,
    /// Of what is free.
    counting: Effort,
}

/// A piece of work.
#[derive(Debug, Clone)]
enum Work {
    /// Nothing is known of it.
    Look(Cell),
    /// More than one answer holds.
    Cut(Box<Band>),
    /// To be paid for.
    Take(Cell),
}

impl Strips {
    pub(super) fn new(region: &Region, tile: Tile, rules: &Rules, known: &[KnownPlace]) -> Self {
        let mut groups: Vec<(u16, Vec<String>)> = (0..).zip(rules.groups()).collect();
        groups.reverse();
        let mut strips = Self {
            region: region.clone(),
            outer: Cell::padded(&tile.cell),
            sizes: Sizes::of(rules),
            groups,
            known: Known::new(known),
            open: Vec::new(),
            asked: None,
            capped: Vec::new(),
            effort: Effort::default(),
            counting: Effort::default(),
        };
        strips.begin();
        strips.plan();
        strips
    }

    pub(super) fn next(&self) -> Option<Ask> {
        self.asked.clone()
    }

    pub(super) fn capped(&self) -> &[CappedSpot] {
        &self.capped
    }

    pub(super) fn told(&mut self, seen: &AnswerSeen) {
        if seen.ask.purpose == Purpose::Count {
            self.counting.asked();
            self.counting.note(seen.truncated);
            self.told_count(seen);
        } else {
            self.effort.asked();
            self.effort.note(seen.truncated);
            self.told_rows(seen);
        }
        if self.effort.is_hopeless() {
            self.give_up(seen.rows);
        }
        self.plan();
    }

    fn told_count(&mut self, seen: &AnswerSeen) {
        let found = (!seen.truncated).then(|| Found { rows: seen.rows, fresh: seen.fresh.unwrap_or(seen.rows) });
        match self.open.last_mut() {
            Some(Work::Cut(band)) => band.told(found),
            Some(Work::Look(cell)) => {
                let cell = *cell;
                self.open.pop();
                match found {
                    Some(found) => self.settle(cell, found),
                    None => self.cut(cell),
                }
            }
            Some(Work::Take(_)) | None => {}
        }
    }

    fn told_rows(&mut self, seen: &AnswerSeen) {
        let cell = match self.open.pop() {
            Some(Work::Take(cell) | Work::Look(cell)) => cell,
            Some(Work::Cut(band)) => band.rest(),
            None => return,
        };
        if certify(seen) == Certificate::Whole {
            return;
        }
        match cell.cuttable(FINEST) {
            Some(axis) => self.open.extend(cell.halves(axis).map(Work::Look).into_iter().rev()),
            None => self.spot(cell, seen.rows),
        }
    }

    /// A cell whose venues were counted, and are few enough for one answer.
    fn settle(&mut self, cell: Cell, found: Found) {
        if found.fresh == 0 {
            return;
        }
        // A page for each that is new is cheaper than all pages, most of which would hold nothing new.
        let axis = cell.cuttable(FINEST).filter(|_| found.fresh < self.sizes.pages(found.rows));
        match axis {
            Some(axis) => self.open.extend(cell.halves(axis).map(Work::Look).into_iter().rev()),
            None => self.open.push(Work::Take(cell)),
        }
    }

    /// A cell with more venues than one answer holds.
    fn cut(&mut self, cell: Cell) {
        match cell.cuttable(FINEST) {
            Some(axis) => {
                let known = self.known_along(axis, cell);
                self.open.push(Work::Cut(Box::new(Band::new(cell, axis, self.sizes, known))));
            }
            None => self.open.push(Work::Take(cell)),
        }
    }

    /// Known venues of the current group in a cell, along an axis.
    fn known_along(&self, axis: Axis, cell: Cell) -> Vec<i64> {
        let Some((group, _)) = self.groups.last() else { return Vec::new() };
        let along = |place: Position| nearest_line(if axis == Axis::Lat { place.lat() } else { place.lng() });
        self.known.within(*group, &cell.degrees()).map(along).collect()
    }

    /// Prepares the next question; goes on to the next group of words when all of this one is certified.
    fn plan(&mut self) {
        self.asked = None;
        while let Some((_, words)) = self.groups.last() {
            let words = words.clone();
            let Some(work) = self.open.last_mut() else {
                self.groups.pop();
                self.begin();
                continue;
            };
            let ask = match work {
                Work::Look(cell) => {
                    let kept = [Axis::Lat, Axis::Lng]
                        .into_iter()
                        .try_fold(*cell, |cell, axis| trimmed(&self.region, cell, axis));
                    let Some(kept) = kept else {
                        self.open.pop();
                        continue;
                    };
                    *cell = kept;
                    let area = asked(kept, self.outer);
                    if self.counting.is_hopeless() { Ask::rows(area, words) } else { Ask::count(area, words) }
                }
                Work::Take(cell) => Ask::rows(asked(*cell, self.outer), words),
                Work::Cut(band) if self.counting.is_hopeless() => Ask::rows(asked(band.rest(), self.outer), words),
                Work::Cut(band) => match band.turn(&self.region) {
                    Turn::Count(cell) => Ask::count(asked(cell, self.outer), words),
                    Turn::Strip(cell, found) => {
                        self.settle(cell, found);
                        continue;
                    }
                    Turn::Thin(cell) => {
                        self.cut(cell);
                        continue;
                    }
                    Turn::Done => {
                        self.open.pop();
                        continue;
                    }
                },
            };
            self.asked = Some(ask);
            return;
        }
    }

    /// All of the tile, for the group that is next.
    fn begin(&mut self) {
        self.open = vec![Work::Look(self.outer)];
    }

    /// Reports a cell that cannot be cut, word by word.
    fn spot(&mut self, cell: Cell, rows: u32) {
        let words = self.groups.last().map(|(_, words)| words.clone()).unwrap_or_default();
        let stack = Stack::new(asked(cell, self.outer), words, rows);
        self.capped.extend(stack.given_up());
    }

    /// Reports all that is open, of every group of words.
    fn give_up(&mut self, rows: u32) {
        while !self.groups.is_empty() {
            for work in std::mem::take(&mut self.open) {
                let cell = match work {
                    Work::Look(cell) | Work::Take(cell) => cell,
                    Work::Cut(band) => band.rest(),
                };
                self.spot(cell, rows);
            }
            self.groups.pop();
            self.begin();
        }
    }
}

fn asked(cell: Cell, outer: Cell) -> Area {
    Area::Rectangle(cell.over_seams(outer).degrees())
}
