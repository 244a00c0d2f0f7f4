//! Space cannot be split for ever: at one spot the words are.

use crate::model::{AnswerSeen, CappedSpot, Circle};

/// One spot where a whole group of words overflowed the smallest circle.
#[derive(Debug, Clone)]
pub(super) struct Stack {
    pub(super) spot: Circle,
    /// Words to ask next, last first.
    open: Vec<Vec<String>>,
    overflowed: Vec<String>,
    most_rows: u32,
    capped: bool,
}

impl Stack {
    /// The group overflowed with so many rows.
    pub(super) fn new(spot: Circle, words: Vec<String>, rows: u32) -> Self {
        let mut stack = Self { spot, open: Vec::new(), overflowed: Vec::new(), most_rows: 0, capped: false };
        stack.split(words, rows);
        stack
    }

    /// The words to ask next at the spot; none when all are settled.
    pub(super) fn next(&self) -> Option<&[String]> {
        self.open.last().map(Vec::as_slice)
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
        self.capped.then_some(CappedSpot {
            position: self.spot.center,
            radius_m: self.spot.radius_m,
            seen: self.most_rows,
            words: self.overflowed,
        })
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
