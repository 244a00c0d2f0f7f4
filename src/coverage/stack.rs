//! Space cannot be split for ever: at one spot the words are.

use super::certify::ROUNDING_M;
use super::sphere;
use crate::model::{AnswerSeen, Area, Ask, BoundingBox, CappedSpot, Position};

/// The disk in which every venue of a box is shown: the provider chooses by where it is, and shows where that is rounded to.
pub(super) fn around(cell: &BoundingBox) -> (Position, f64) {
    let middle = sphere::middle(cell);
    (middle, sphere::farthest_m(middle, cell) + ROUNDING_M)
}

/// One spot where a whole group of words overflowed the smallest area.
#[derive(Debug, Clone)]
pub(super) struct Stack {
    spot: Area,
    /// Words to ask next, last first.
    open: Vec<Vec<String>>,
    overflowed: Vec<String>,
    most_rows: u32,
    capped: bool,
}

impl Stack {
    /// The group overflowed with so many rows.
    pub(super) fn new(spot: Area, words: Vec<String>, rows: u32) -> Self {
        let mut stack = Self { spot, open: Vec::new(), overflowed: Vec::new(), most_rows: 0, capped: false };
        stack.split(words, rows);
        stack
    }

    /// What to ask next at the spot; none when all words are settled.
    pub(super) fn next(&self) -> Option<Ask> {
        self.open.last().map(|words| Ask::rows(self.spot, words.clone()))
    }

    pub(super) fn center(&self) -> Position {
        match self.spot {
            Area::Circle(circle) => circle.center,
            Area::Rectangle(cell) => sphere::middle(&cell),
        }
    }

    pub(super) fn told(&mut self, seen: &AnswerSeen) {
        if let Some(words) = self.open.pop()
            && seen.truncated
        {
            self.split(words, seen.rows);
        }
    }

    /// What overflows even word by word.
    pub(super) fn capped(self) -> Option<CappedSpot> {
        let (position, radius_m) = match self.spot {
            Area::Circle(circle) => (circle.center, circle.radius_m),
            Area::Rectangle(cell) => around(&cell),
        };
        self.capped.then_some(CappedSpot { position, radius_m, seen: self.most_rows, words: self.overflowed })
    }

    /// The same where nothing more is to be asked: words that are still open count as overflowing.
    pub(super) fn given_up(mut self) -> Option<CappedSpot> {
        for words in std::mem::take(&mut self.open) {
            self.capped = true;
            self.overflowed.extend(words);
        }
        self.capped()
    }

    fn split(&mut self, mut words: Vec<String>, rows: u32) {
        if words.len() > 1 {
            let second = words.split_off(words.len().div_ceil(2));
            self.open.extend([second, words]);
        } else {
            self.capped = true;
            self.most_rows = self.most_rows.max(rows);
            self.overflowed.extend(words);
        }
    }
}
