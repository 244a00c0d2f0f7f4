//! The cover of one tile: what to ask next, until every point of it is certified or reported as capped.

use super::certify::{certify, sure_m};
use super::density::Density;
use super::ground::Ground;
use super::region::Region;
use super::rules::{Rules, RulesError, floor_m};
use super::sphere;
use super::stack::Stack;
use super::sweep::{self, Plan};
use crate::model::{AnswerSeen, Area, Ask, CappedSpot, Certificate, Circle, Tile};

/// Pieces in the radius of a certified disk, along whose edge ground is split.
const FINENESS: f64 = 24.0;

/// Ground is never split into pieces of less than this, metres from the middle to a corner.
const FINEST_M: f64 = 0.2;

/// Questions for one tile at most. A tile that needs more would cost hundreds of dollars: its rest is reported instead.
const MOST_ASKS: u32 = 10_000;

/// Answers that proved nothing new, or less than a tenth of the ground expected: so many are allowed, and
/// `FRUITLESS_PER_FRUITFUL` for each better one. A provider that always says "there is more" is left after about this many.
const FRUITLESS: u32 = 200;
const FRUITLESS_PER_FRUITFUL: u32 = 3;

/// Spots at most in which the rest of an abandoned group of words is reported.
const REST_SPOTS: usize = 64;

/// What to do next for a tile.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Ask this.
    Ask(Ask),
    /// Every point of the tile is certified, except these spots.
    Done {
        /// Where venues may be missing.
        capped: Vec<CappedSpot>,
    },
}

/// The cover of one tile. What it asks depends only on the region, the tile, the rules and the answers that it was told,
/// in their order.
#[derive(Debug, Clone)]
pub struct TileCover {
    region: Region,
    tile: Tile,
    rules: Rules,
    /// Groups of words still to be covered, the current one last.
    groups: Vec<Vec<String>>,
    ground: Ground,
    density: Density,
    stack: Option<Stack>,
    planned: Option<Plan>,
    capped: Vec<CappedSpot>,
    asks: u32,
    fruitless: u32,
    last_rows: u32,
}

impl TileCover {
    /// A cover that has been told nothing yet. So far only circles can be covered.
    pub fn new(region: &Region, tile: Tile, rules: Rules) -> Result<Self, RulesError> {
        rules.check()?;
        let mut groups = rules.groups();
        groups.reverse();
        let mut cover = Self {
            region: region.clone(),
            tile,
            rules,
            groups,
            ground: Ground::new(region, tile),
            density: Density::default(),
            stack: None,
            planned: None,
            capped: Vec::new(),
            asks: 0,
            fruitless: 0,
            last_rows: 0,
        };
        cover.plan();
        Ok(cover)
    }

    /// The next question, or that the tile is done. The same until the next [`TileCover::told`].
    pub fn next(&self) -> Next {
        let question = match (&self.stack, &self.planned, self.groups.last()) {
            (Some(stack), _, _) => stack.next().map(|words| (stack.spot, words)),
            (None, Some(plan), Some(words)) => Some((plan.circle, words.as_slice())),
            _ => None,
        };
        match question {
            Some((circle, words)) => Next::Ask(Ask { area: Area::Circle(circle), words: words.to_vec() }),
            None => Next::Done { capped: self.capped.clone() },
        }
    }

    /// Takes an answer to [`TileCover::next`]. Told the answers of a tile again in their order, a new cover is where the
    /// old one was.
    pub fn told(&mut self, seen: &AnswerSeen) {
        self.asks += 1;
        self.last_rows = seen.rows;
        if self.stack.is_some() {
            self.told_stack(seen);
        } else if let Area::Circle(circle) = seen.ask.area {
            self.told_space(seen, circle);
        }
        if self.asks >= MOST_ASKS || self.fruitless > FRUITLESS + FRUITLESS_PER_FRUITFUL * (self.asks - self.fruitless)
        {
            self.give_up();
        }
        self.plan();
    }
}

impl TileCover {
    fn told_stack(&mut self, seen: &AnswerSeen) {
        let Some(stack) = &mut self.stack else { return };
        stack.told(seen);
        self.fruitless += u32::from(seen.truncated);
        self.settle_stack();
    }

    fn told_space(&mut self, seen: &AnswerSeen, circle: Circle) {
        let proven_m = match certify(seen) {
            Certificate::Whole => sure_m(circle.radius_m),
            Certificate::Disk { radius_m } => radius_m,
            Certificate::Nothing => 0.0,
        };
        self.density.learn(circle, self.full_m(seen, circle));
        let finest_m = (proven_m / FINENESS).max(FINEST_M);
        let taken = self.ground.remove(circle.center, proven_m, finest_m);
        let plan = self.planned.filter(|plan| plan.circle == circle && seen.truncated);
        // A tenth of the expected ground is a third of the radius.
        let disappointing = plan.is_some_and(|plan| proven_m < plan.expected_m / 3.0);
        self.fruitless += u32::from(!taken || disappointing);
        let Some(plan) = plan else { return };
        let center = sphere::Vector::of(circle.center);
        if proven_m <= 0.0 {
            // No circle that holds this one can prove anything.
            self.ground.ask_less(center, circle.radius_m);
        }
        self.ground.expect_less(center, plan.expected_m);
        if plan.at_floor && proven_m < floor_m() {
            let words = self.groups.last().cloned().unwrap_or_default();
            self.stack = Some(Stack::new(circle, words, seen.rows));
            self.settle_stack();
        }
    }

    /// When all words are settled, the ground of the spot is certified, or reported.
    fn settle_stack(&mut self) {
        if let Some(stack) = self.stack.take_if(|stack| stack.next().is_none()) {
            self.ground.remove(stack.spot.center, floor_m(), FINEST_M);
            self.capped.extend(stack.capped());
        }
    }

    /// Metres in which an answer's worth of venues lies.
    fn full_m(&self, seen: &AnswerSeen, circle: Circle) -> f64 {
        if seen.truncated {
            return seen.outermost_m.unwrap_or(circle.radius_m / 2.0);
        }
        let answers = f64::from(self.rules.rows_per_query.max(1)) / (f64::from(seen.rows) + 0.5);
        circle.radius_m * answers.sqrt().clamp(1.0, 4.0)
    }

    /// Prepares the next question; goes on to the next group of words when the ground of this one is done.
    fn plan(&mut self) {
        self.planned = None;
        if self.stack.is_some() {
            return;
        }
        while !self.groups.is_empty() {
            self.planned = sweep::plan(&mut self.ground, &self.density, &self.rules);
            if self.planned.is_some() {
                return;
            }
            self.next_group();
        }
    }

    fn next_group(&mut self) {
        self.groups.pop();
        self.density = Density::default();
        if !self.groups.is_empty() {
            self.ground = Ground::new(&self.region, self.tile);
        }
    }

    /// Reports all that is open, of every group of words.
    fn give_up(&mut self) {
        // The ground of an unsettled spot is still open.
        self.stack = None;
        while let Some(words) = self.groups.last().cloned() {
            for circle in self.ground.rest(REST_SPOTS) {
                self.capped.push(CappedSpot {
                    position: circle.center,
                    radius_m: circle.radius_m,
                    seen: self.last_rows,
                    words: words.clone(),
                });
            }
            self.next_group();
        }
    }
}
