//! Where the next venues of a band are believed to be. It decides where a band is cut, and never what is proven.

/// How much of a piece's venues must be known before their places say more than its length does.
const TELLING: f64 = 0.5;

/// Venues by which what was known outweighs what is counted, until more are counted.
const TRUSTED: f64 = 20.0;

/// Part of what was learned before that still counts when the next piece is counted: the density changes on the way.
const REMEMBERED: f64 = 0.5;

/// Lines between two venues that are too few to cut there, where there is a gap among the last few.
const CLOSE: i64 = 40;
const FEW: usize = 4;

/// What is believed of the ground ahead, along one axis.
#[derive(Debug, Clone)]
pub(super) struct Forecast {
    end: i64,
    /// Places of known venues, in order.
    known: Vec<i64>,
    /// Venues counted, and how many of them were known, where the way was gone already.
    counted: (f64, f64),
    /// Venues and lines of the pieces counted last.
    recent: (f64, f64),
    /// What was counted of the nearest ground ahead, the nearest last; each begins where the one before it ends.
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    from: i64,
    to: i64,
    venues: f64,
}

impl Forecast {
    /// For ground up to `end`, with known venues at these places.
    pub(super) fn new(end: i64, mut known: Vec<i64>) -> Self {
        known.sort_unstable();
        Self { end, known, counted: (0.0, 0.0), recent: (0.0, 0.0), marks: Vec::new() }
    }

    /// Whether all that was counted so far is what was known.
    pub(super) fn holds(&self) -> bool {
        !self.known.is_empty() && self.counted.0 <= self.counted.1
    }

    /// Whether what was known tells anything.
    pub(super) fn is_telling(&self) -> bool {
        !self.known.is_empty() && self.scale() < 1.0 / TELLING
    }

    fn scale(&self) -> f64 {
        (self.counted.0 + TRUSTED) / (self.counted.1 + TRUSTED)
    }

    /// Learns that a piece which begins where the way is now holds so many.
    pub(super) fn note(&mut self, from: i64, to: i64, venues: u32) {
        let mut rest = None;
        while let Some(mark) = self.marks.pop_if(|mark| mark.from < to) {
            if mark.to > to {
                let more = (mark.venues - f64::from(venues)).max(0.0);
                rest = (mark.from == from).then_some(Mark { from: to, to: mark.to, venues: more });
            }
        }
        self.marks.extend(rest);
        self.marks.push(Mark { from, to, venues: f64::from(venues) });
    }

    /// Learns that a piece which begins where the way is now holds so many at least.
    pub(super) fn note_more(&mut self, from: i64, to: i64, venues: f64) {
        self.marks.retain(|mark| mark.from >= to);
        let surprise = venues - self.guessed(from, to);
        if surprise > 0.0 {
            self.counted.0 += surprise;
            self.recent = (venues, lines(to - from));
        }
    }

    fn guessed(&self, from: i64, to: i64) -> f64 {
        if self.is_telling() {
            let known = self.known.partition_point(|at| *at < to) - self.known.partition_point(|at| *at < from);
            return self.scale() * count(known);
        }
        self.density() * lines(to - from)
    }

    /// Venues a line.
    fn density(&self) -> f64 {
        if self.recent.1 > 0.0 { (self.recent.0 + 0.5) / self.recent.1 } else { 0.0 }
    }

    /// Learns that a piece at the beginning of the way holds so many, and goes on behind it.
    pub(super) fn pass(&mut self, from: i64, to: i64, venues: u32) {
        let known = self.known.partition_point(|at| *at < to) - self.known.partition_point(|at| *at < from);
        self.counted = (self.counted.0 + f64::from(venues), self.counted.1 + count(known));
        self.recent = (self.recent.0 * REMEMBERED + f64::from(venues), self.recent.1 * REMEMBERED + lines(to - from));
        self.note(from, to, venues);
        self.marks.pop();
    }

    /// The place up to which so many venues are believed to be.
    pub(super) fn reach(&self, from: i64, venues: f64) -> i64 {
        let (mut at, mut left) = (from, venues);
        for mark in self.marks.iter().rev() {
            if mark.from > at {
                break;
            }
            if left <= mark.venues {
                return self.within(*mark, left);
            }
            (at, left) = (mark.to, left - mark.venues);
        }
        if self.is_telling() {
            return self.behind(self.known.partition_point(|place| *place < at), left / self.scale());
        }
        let density = self.density();
        if density <= 0.0 {
            return self.end;
        }
        at.saturating_add(whole(left / density)).min(self.end)
    }

    /// The place in a piece up to which so many of its venues are believed to be.
    fn within(&self, mark: Mark, venues: f64) -> i64 {
        let part = if mark.venues > 0.0 { venues / mark.venues } else { 0.5 };
        let first = self.known.partition_point(|place| *place < mark.from);
        let known = count(self.known.partition_point(|place| *place < mark.to) - first);
        if known >= mark.venues * TELLING && known >= 2.0 {
            return self.behind(first, known * part).clamp(mark.from, mark.to);
        }
        mark.from + whole(lines(mark.to - mark.from) * part)
    }

    /// Between two known venues, so many behind the first.
    fn behind(&self, first: usize, venues: f64) -> i64 {
        let mut next = first + usize::try_from(whole(venues.round())).unwrap_or(0);
        let is_gap = |next: usize| match (self.known.get(next.wrapping_sub(1)), self.known.get(next)) {
            (Some(last), Some(next)) => next - last > CLOSE,
            _ => true,
        };
        // A few less are better than one on the seam, which would come twice.
        if let Some(gap) = (first + 1..=next).rev().take(FEW).find(|next| is_gap(*next)) {
            next = gap;
        }
        match (next.checked_sub(1).and_then(|last| self.known.get(last)), self.known.get(next)) {
            (Some(last), Some(next)) => last + (next - last) / 2,
            (None, Some(next)) => *next,
            (_, None) => self.end,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "lines are at most 3.6e9")]
fn lines(many: i64) -> f64 {
    many as f64
}

#[expect(clippy::cast_precision_loss, reason = "venues of a tile")]
fn count(many: usize) -> f64 {
    many as f64
}

#[expect(clippy::cast_possible_truncation, reason = "saturates, and is held within the ground by the callers")]
fn whole(value: f64) -> i64 {
    value as i64
}
