//! A band of ground is cut into strips that one question each can prove: their edges are found by counting, which costs nothing.

use super::forecast::Forecast;
use super::grid::{Axis, Cell, SEAM};
use super::region::Region;
use super::rules::Rules;
use super::trim::trimmed;

/// Lines of the grid below which a piece is not cut: about a metre.
pub(super) const FINEST: i64 = 100;

/// Counts for one strip, after which it is taken as it is.
const MOST_COUNTS: u32 = 16;

/// Counts after which a strip that lacks one venue is good enough, and further counts for each venue that it lacks.
const PATIENCE: u32 = 6;

/// Venues by which a question that was refused for too many is believed to have been too large, as a part of a full one.
const TOO_MANY: f64 = 1.4;

/// Full strips for which the region's sides are looked up.
const AHEAD: f64 = 1.25;

/// Full questions in ground of which no more is known than that one was not enough.
const UNKNOWN: f64 = 4.0;

/// What an answer can hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Rows of a page, which is what is paid for.
    pub(super) page: u32,
    /// Rows that still prove that there are no more.
    pub(super) full: u32,
}

impl Sizes {
    pub(super) fn of(rules: &Rules) -> Self {
        let counted = rules.counts.map_or(u32::MAX, |counts| counts.rows_per_query);
        Self { page: rules.rows_per_answer.max(1), full: rules.rows_per_query.min(counted).saturating_sub(1).max(1) }
    }

    pub(super) fn pages(self, rows: u32) -> u32 {
        rows.div_ceil(self.page)
    }
}

/// What comes next in a band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Turn {
    /// How many are there?
    Count(Cell),
    /// A strip is found: with so many venues at most, so many of them not yet returned.
    Strip(Cell, Found),
    /// Too many for a question, and too thin to be cut along the band.
    Thin(Cell),
    /// All of it is cut.
    Done,
}

/// What counting found in a cell. Where pieces were counted one by one, a venue on a seam may be in it twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    pub(super) rows: u32,
    pub(super) fresh: u32,
}

/// A band: certified or handed on up to `start`; from there to `edge` counted, and no more than a question holds.
#[derive(Debug, Clone)]
pub(super) struct Band {
    ground: Cell,
    axis: Axis,
    sizes: Sizes,
    start: i64,
    edge: i64,
    /// What may hold something of the region, up to where the strip may reach. None at its beginning.
    reach: Option<Cell>,
    /// The end of a piece from `edge` on that holds more than there is room for.
    over: Option<i64>,
    found: Found,
    /// The strip ends at `edge`, and what follows is certified up to here: nothing in it is new.
    skipped: Option<i64>,
    counts: u32,
    forecast: Forecast,
    asked: Option<i64>,
}

impl Band {
    /// A band of ground that holds more venues than a question does.
    pub(super) fn new(ground: Cell, axis: Axis, sizes: Sizes, known: Vec<i64>) -> Self {
        let (start, end) = ground.range(axis);
        let mut forecast = Forecast::new(end, known);
        // It may be just too many, or a city: where nothing is known of it, the middle is guessed.
        let many = if forecast.is_telling() { 1.0 } else { UNKNOWN };
        forecast.note_more(start, end, many * f64::from(sizes.full));
        Self {
            ground,
            axis,
            sizes,
            start,
            edge: start,
            reach: None,
            over: None,
            found: Found::default(),
            skipped: None,
            counts: 0,
            forecast,
            asked: None,
        }
    }

    /// All that is neither certified nor handed on.
    pub(super) fn rest(&self) -> Cell {
        self.ground.with(self.axis, (self.start, self.end()))
    }

    /// What comes next. After [`Turn::Count`] it must be told.
    pub(super) fn turn(&mut self, region: &Region) -> Turn {
        while self.start < self.end() {
            let good = self.found.rows > 0 && self.is_good();
            if self.skipped.is_some() || good || !self.look_ahead(region) {
                if self.found.rows > 0 {
                    return self.strip();
                }
                continue;
            }
            return self.count();
        }
        Turn::Done
    }

    /// Sees to it that there is ground ahead that the strip can take; false where the strip ends here.
    fn look_ahead(&mut self, region: &Region) -> bool {
        let ahead = self.reach.map_or(self.start, |reach| reach.range(self.axis).1);
        if self.edge < ahead {
            return true;
        }
        if ahead >= self.end() {
            return false;
        }
        // A little more than what fills a strip: the narrower it is seen, the less of what is outside is in it.
        let full = AHEAD * f64::from(self.sizes.full);
        let to = self.forecast.reach(ahead, full).max(ahead + FINEST);
        let to = if self.end() - to < FINEST { self.end() } else { to };
        let next = trimmed(region, self.ground.with(self.axis, (ahead, to)), self.axis.other());
        match (self.reach, next) {
            (None, None) => {
                // Nothing of the region is there.
                self.go_on(to);
                false
            }
            (None, Some(next)) => {
                self.reach = Some(next);
                true
            }
            (Some(reach), Some(next)) if reach.spans(next, self.axis.other()) => {
                self.reach = Some(reach.with(self.axis, (reach.range(self.axis).0, to)));
                true
            }
            // The region widens: what was counted is not all that a longer strip would hold.
            (Some(_), Some(_)) if self.counts < PATIENCE => {
                self.forecast.note(self.start, self.edge, self.found.rows);
                self.reach = trimmed(region, self.ground.with(self.axis, (self.start, to)), self.axis.other());
                (self.edge, self.over, self.found) = (self.start, None, Found::default());
                self.reach.is_some()
            }
            _ => false,
        }
    }

    fn count(&mut self) -> Turn {
        let end = self.reach.map_or(self.edge, |reach| reach.range(self.axis).1);
        let to = match self.over {
            Some(over) if over - self.edge <= FINEST && self.found.rows == 0 => {
                // Whatever overflows on its far seam shall not overflow once more from beyond.
                let over = (over + 2 * SEAM + 1).min(self.end());
                let thin = self.ground.with(self.axis, (self.edge, over));
                self.go_on(over);
                return Turn::Thin(thin);
            }
            Some(over) => self.forecast.reach(self.edge, self.wanted()).clamp(self.edge + 1, over - 1).min(end),
            None => {
                self.forecast.reach(self.edge, self.wanted()).clamp(self.edge + FINEST, end.max(self.edge + FINEST))
            }
        };
        // A sliver at the end is not left for a question of its own.
        let to = if end - to < FINEST && self.over.is_none() { end } else { to };
        self.asked = Some(to);
        Turn::Count(self.across((self.edge, to)))
    }

    /// Takes what the last count found; none where it was more than an answer tells.
    pub(super) fn told(&mut self, found: Option<Found>) {
        let Some(to) = self.asked.take() else { return };
        self.counts += 1;
        match found {
            Some(found) if found.rows <= self.room() => self.take(to, found),
            Some(found) => {
                self.forecast.note(self.edge, to, found.rows);
                self.over = Some(to);
            }
            None => {
                self.forecast.note_more(self.edge, to, TOO_MANY * f64::from(self.sizes.full));
                self.over = Some(to);
            }
        }
    }

    /// A piece of the band, without what is outside the region beside it.
    fn across(&self, along: (i64, i64)) -> Cell {
        self.reach.unwrap_or(self.ground).with(self.axis, along)
    }

    fn end(&self) -> i64 {
        self.ground.range(self.axis).1
    }

    fn room(&self) -> u32 {
        self.sizes.full - self.found.rows
    }

    /// Venues that the next piece should hold.
    fn wanted(&self) -> f64 {
        let room = f64::from(self.room());
        if self.found.rows > 0 || self.forecast.holds() { room } else { 0.7 * room }
    }

    fn take(&mut self, to: i64, found: Found) {
        self.forecast.pass(self.edge, to, found.rows);
        let paid = self.sizes.pages(self.found.rows) * self.sizes.page;
        if found.fresh == 0 && self.found.rows > 0 && self.found.rows + found.rows > paid {
            // It would be paid for again.
            self.skipped = Some(to);
            return;
        }
        self.edge = to;
        self.found.rows += found.rows;
        self.found.fresh += found.fresh;
        if self.over.is_some_and(|over| over <= to) {
            self.over = None;
        }
        if self.found.fresh == 0 {
            // Nothing here that is not paid for: certified by the counts.
            self.start = to;
            self.found = Found::default();
            self.reach.take_if(|reach| reach.range(self.axis).1 <= to);
        }
    }

    /// Whether the strip is as full as it is worth.
    fn is_good(&self) -> bool {
        let stuck = self.over.is_some_and(|over| over - self.edge <= FINEST);
        stuck || self.room() == 0 || self.counts >= MOST_COUNTS || self.room() + PATIENCE <= self.counts
    }

    fn strip(&mut self) -> Turn {
        let cell = self.across((self.start, self.edge));
        let found = self.found;
        let at = self.skipped.take().unwrap_or(self.edge);
        self.go_on(at);
        Turn::Strip(cell, found)
    }

    fn go_on(&mut self, at: i64) {
        // It was too much for what was left of this strip; for a new one it may not be.
        (self.over, self.reach) = (None, None);
        (self.start, self.edge, self.found, self.counts) = (at, at, Found::default(), 0);
    }
}
