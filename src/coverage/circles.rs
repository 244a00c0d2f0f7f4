//! A section of a tile covered by circles: each is laid against the ground that is certified already, until none is open.

use super::believed::Believed;
use super::certify::{certify, sure_m};
use super::density::Density;
use super::effort::Effort;
use super::fit::fitted;
use super::ground::Ground;
use super::layout::{Disk, Foresight, lay_out};
use super::region::Region;
use super::rules::{Rules, SMALLEST_ASK_M, floor_m};
use super::sphere;
use super::stack::Stack;
use super::sweep::{self, Plan};
use crate::model::{AnswerSeen, Area, Ask, BoundingBox, CappedSpot, Certificate, Circle, KnownPlace, Position};

/// Pieces in the radius of a certified disk, along whose edge ground is split.
const FINENESS: f64 = 60.0;

/// Ground is never split into pieces of less than this, metres from the middle to a corner.
const FINEST_M: f64 = 0.2;

/// Covers that are laid out for one group of words at most: the first, and others for what answers left open.
const LAYOUTS: u32 = 4;

/// Part of an answer's rows that is planned with where known venues were not enough, and where venues are only counted.
const MENDING: f64 = 0.95;
const COUNTED: f64 = 0.9;

/// Spots at most in which the rest of an abandoned group of words is reported.
const REST_SPOTS: usize = 64;

/// Ground that answers certified, for a group of words.
#[derive(Debug, Clone, Copy)]
struct Proven {
    group: usize,
    center: Position,
    radius_m: f64,
}

/// What the sections of a tile hand on to each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Carried {
    proven: Vec<Proven>,
    effort: Effort,
    last_rows: u32,
}

impl Carried {
    /// Nothing more is asked for any section.
    pub(super) fn is_hopeless(&self) -> bool {
        self.effort.is_hopeless()
    }
}

/// What is believed of a section.
#[derive(Debug, Clone, Default)]
pub(super) struct Belief {
    /// Venues of it and its surroundings that were there before.
    pub(super) known: Vec<KnownPlace>,
    /// As many as were counted, about where they were.
    pub(super) invented: Vec<sphere::Vector>,
}

/// Questions for circles.
#[derive(Debug, Clone)]
pub(super) struct Circles {
    region: Region,
    section: BoundingBox,
    rules: Rules,
    /// Groups of words still to be covered, the current one last.
    groups: Vec<Vec<String>>,
    ground: Ground,
    density: Density,
    stack: Option<Stack>,
    planned: Option<Plan>,
    belief: Belief,
    /// The venues of the section were counted, and none are known.
    is_counted: bool,
    believed: Believed,
    /// Covers that may still be laid out for this group of words.
    layouts: u32,
    /// What is left of the cover that was laid out, the next disk last.
    laid_out: Vec<Disk>,
    capped: Vec<CappedSpot>,
    carried: Carried,
}

impl Circles {
    /// Nothing is asked for what the sections before certified; where they were hopeless, nothing at all.
    pub(super) fn new(region: &Region, section: BoundingBox, rules: Rules, belief: Belief, carried: Carried) -> Self {
        let mut groups = rules.groups();
        groups.reverse();
        let mut cover = Self {
            region: region.clone(),
            section,
            groups,
            ground: Ground::new(region, section),
            density: Density::default(),
            stack: None,
            planned: None,
            is_counted: !belief.invented.is_empty(),
            belief,
            rules,
            believed: Believed::new([]),
            layouts: 0,
            laid_out: Vec::new(),
            capped: Vec::new(),
            carried,
        };
        cover.begin_group();
        if cover.carried.is_hopeless() {
            cover.give_up();
        } else {
            cover.plan();
        }
        cover
    }

    /// What was capped in it, and what the next section begins with.
    pub(super) fn end(self) -> (Vec<CappedSpot>, Carried) {
        (self.capped, self.carried)
    }

    pub(super) fn next(&self) -> Option<Ask> {
        match (&self.stack, &self.planned, self.groups.last()) {
            (Some(stack), _, _) => stack.next(),
            (None, Some(plan), Some(words)) => Some(Ask::rows(Area::Circle(plan.circle), words.clone())),
            _ => None,
        }
    }

    pub(super) fn told(&mut self, seen: &AnswerSeen) {
        self.carried.effort.asked();
        self.carried.last_rows = seen.rows;
        if self.stack.is_some() {
            self.told_stack(seen);
        } else if let Area::Circle(circle) = seen.ask.area {
            self.told_space(seen, circle);
        }
        if self.carried.is_hopeless() {
            self.give_up();
        }
        self.plan();
    }
}

impl Circles {
    fn told_stack(&mut self, seen: &AnswerSeen) {
        let Some(stack) = &mut self.stack else { return };
        stack.told(seen);
        self.carried.effort.note(seen.truncated);
        self.settle_stack();
    }

    fn told_space(&mut self, seen: &AnswerSeen, circle: Circle) {
        let proven_m = match certify(seen) {
            Certificate::Whole => sure_m(circle.radius_m),
            Certificate::Disk { radius_m } => radius_m,
            Certificate::Nothing => 0.0,
        };
        self.density.learn(circle, self.full_m(seen, circle));
        let taken = self.ground.remove(circle.center, proven_m, finest_m(proven_m));
        self.prove(circle.center, proven_m);
        let plan = self.planned.filter(|plan| plan.circle == circle && seen.truncated);
        // A tenth of the expected ground is a third of the radius.
        let disappointing = plan.is_some_and(|plan| proven_m < plan.expected_m / 3.0);
        self.carried.effort.note(!taken || disappointing);
        let Some(plan) = plan else { return };
        let center = sphere::Vector::of(circle.center);
        if proven_m <= 0.0 {
            // No circle that holds this one can prove anything.
            self.ground.ask_less(center, circle.radius_m);
        }
        self.ground.expect_less(center, plan.expected_m);
        if plan.at_floor && proven_m < floor_m() {
            let words = self.groups.last().cloned().unwrap_or_default();
            let spot = Circle { radius_m: self.rules.spot_ask_m(), ..circle };
            self.stack = Some(Stack::new(Area::Circle(spot), words, seen.rows));
            self.settle_stack();
        }
    }

    /// When all words are settled, the ground of the spot is certified, or reported.
    fn settle_stack(&mut self) {
        if let Some(stack) = self.stack.take_if(|stack| stack.next().is_none()) {
            self.ground.remove(stack.center(), self.rules.spot_m(), FINEST_M);
            self.prove(stack.center(), self.rules.spot_m());
            self.capped.extend(stack.capped());
        }
    }

    /// Keeps for the sections to come what is certified.
    fn prove(&mut self, center: Position, radius_m: f64) {
        if radius_m > 0.0 {
            self.carried.proven.push(Proven { group: self.group(), center, radius_m });
        }
    }

    /// The number of the current group of words.
    fn group(&self) -> usize {
        self.rules.groups().len() - self.groups.len()
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
            self.planned = self.next_laid_out();
            if self.planned.is_some() {
                return;
            }
            self.planned = sweep::plan(&mut self.ground, &self.density, &self.rules);
            if self.planned.is_some() {
                return;
            }
            self.next_group();
        }
    }

    /// The next disk of the cover that was laid out; where it left ground open, another is laid out for the rest, a few times.
    fn next_laid_out(&mut self) -> Option<Plan> {
        loop {
            while let Some(disk) = self.laid_out.pop() {
                if let Some(disk) = self.still_needed(disk) {
                    let radius_m = sweep::asked_m(&self.ground, &self.rules, disk.center, disk.proven_m, f64::INFINITY);
                    let circle = sweep::rounded(disk.center.place(), radius_m);
                    let circle = if disk.at_floor { Circle { radius_m: SMALLEST_ASK_M, ..circle } } else { circle };
                    return Some(Plan { circle, expected_m: disk.proven_m, at_floor: disk.at_floor });
                }
            }
            if self.believed.is_empty() || self.ground.cells().is_empty() || self.layouts == 0 {
                return None;
            }
            self.layouts -= 1;
            self.lay_out();
            if self.laid_out.is_empty() {
                return None;
            }
        }
    }

    fn lay_out(&mut self) {
        let rows = self.foreseen_rows();
        let foresight = Foresight { believed: &self.believed, rules: &self.rules, rows };
        self.laid_out = lay_out(&self.ground, &foresight);
    }

    /// The disk, if it is still needed; where the foresight is not exact, moved to where it is needed most.
    fn still_needed(&mut self, disk: Disk) -> Option<Disk> {
        if self.is_exact() {
            return Some(disk).filter(|disk| self.ground.is_open(disk.center, disk.proven_m));
        }
        let rows = self.foreseen_rows();
        let foresight = Foresight { believed: &self.believed, rules: &self.rules, rows };
        fitted(&mut self.ground, &self.laid_out, disk, &foresight)
    }

    /// Whether the cover in hand was laid out from known venues alone, and takes them at their word.
    fn is_exact(&self) -> bool {
        !self.is_counted && self.layouts + 1 == LAYOUTS
    }

    /// The first cover takes what is known at its word. Others, and those from counts, leave room for venues that nobody knew of.
    fn foreseen_rows(&self) -> u32 {
        let rows = f64::from(self.rules.rows_per_query);
        let foreseen = match (self.is_counted, self.is_exact()) {
            (true, _) => COUNTED * rows,
            (false, true) => rows,
            (false, false) => MENDING * rows,
        };
        let whole = (1..self.rules.rows_per_query.max(1)).rev().find(|rows| f64::from(*rows) <= foreseen);
        if foreseen < rows { whole.unwrap_or(1) } else { self.rules.rows_per_query }
    }

    /// Begins with what is known of the current group of words, and with its ground that answers of other sections left open.
    fn begin_group(&mut self) {
        let group = self.group();
        for proven in self.carried.proven.iter().filter(|proven| proven.group == group) {
            if sphere::nearest_m(proven.center, &self.section) < proven.radius_m {
                self.ground.remove(proven.center, proven.radius_m, finest_m(proven.radius_m));
            }
        }
        let returned = |place: &&KnownPlace| {
            place.groups.is_empty() || place.groups.iter().any(|number| usize::from(*number) == group)
        };
        let Belief { known, invented } = &self.belief;
        let places = known.iter().filter(returned).map(|place| sphere::Vector::of(place.position));
        self.believed = Believed::new(places.chain(invented.iter().copied()));
        if self.groups.len() == 1 {
            // Nobody asks again.
            self.belief = Belief::default();
        }
        self.laid_out.clear();
        self.layouts = LAYOUTS;
    }

    fn next_group(&mut self) {
        self.groups.pop();
        self.density = Density::default();
        if !self.groups.is_empty() {
            self.ground = Ground::new(&self.region, self.section);
            self.begin_group();
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
                    seen: self.carried.last_rows,
                    words: words.clone(),
                });
            }
            self.next_group();
        }
    }
}

/// Metres down to which ground is split along the edge of a certified disk.
fn finest_m(proven_m: f64) -> f64 {
    (proven_m / FINENESS).max(FINEST_M)
}
