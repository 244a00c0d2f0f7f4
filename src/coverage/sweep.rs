//! Where to ask next: the sweep takes the outermost open ground of the section first and lays each disk against what is certified.

use super::certify::{asked_for_m, sure_m};
use super::density::Density;
use super::ground::{Cell, Ground};
use super::rules::{Rules, SMALLEST_ASK_M, floor_m};
use super::sphere::{self, Vector};
use crate::model::{BoundingBox, Circle, Position, Ranking};

/// The next question, before its words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    /// What to ask.
    pub(super) circle: Circle,
    /// Metres that the answer is expected to certify; 0 where nothing is known yet.
    pub(super) expected_m: f64,
    /// Space cannot be split further here.
    pub(super) at_floor: bool,
}

/// Part of the guessed distance that is planned with: an answer that sees less than planned leaves a sliver to pay for.
const CAUTION: f64 = 0.75;

/// Part of the guessed distance asked for where a full answer proves nothing: about half an answer's worth of venues.
const CAUTION_UNRANKED: f64 = 0.7;

/// Pieces of ground in the radius of the expected disk. More of them place the disks tighter and take longer.
const FINENESS: f64 = 10.0;

/// Metres by which a question may lie beside its plan, because it is written in few digits.
const ROUNDED_M: f64 = 0.03;

/// Where the middle of the next disk is tried, seen from the ground that it has to cover: directions, and parts of the
/// largest distance.
const BEARINGS: u32 = 24;
const STEPS: [f64; 5] = [0.99, 0.85, 0.65, 0.4, 0.0];

/// The next question, or none when no ground is left. Splits ground where it has to be looked at closely.
pub(super) fn plan(ground: &mut Ground, density: &Density, rules: &Rules) -> Option<Plan> {
    loop {
        let anchor = outermost(ground)?.clone();
        let Some(full_m) = density.full_m(anchor.center) else { return Some(first(ground.section(), rules)) };
        let guess_m = expected_m(full_m, &anchor, rules);
        let at_floor = guess_m < floor_m();
        let around_m = guess_m.max(floor_m());
        if anchor.reach_m > around_m / FINENESS {
            ground.refine(anchor.center, 2.0 * around_m, around_m / FINENESS);
            continue;
        }
        let density = density.near(anchor.center);
        let radius = |center| match density.full_m(center) {
            Some(full_m) if !at_floor => expected_m(full_m, &anchor, rules),
            _ => around_m,
        };
        let (center, expected_m) = best_disk(ground, &anchor, around_m, radius);
        let radius_m =
            if at_floor { SMALLEST_ASK_M } else { asked_m(ground, rules, center, expected_m, anchor.asked_m) };
        return Some(Plan { circle: rounded(center.place(), radius_m), expected_m, at_floor });
    }
}

/// The first question of a section: nothing is known, so as much as may be, from its middle.
fn first(section: BoundingBox, rules: &Rules) -> Plan {
    let center = sphere::middle(&section);
    let radius_m = asked_for_m(sphere::farthest_m(center, &section) + ROUNDED_M);
    let radius_m = radius_m.clamp(SMALLEST_ASK_M, rules.largest_radius_m);
    Plan { circle: rounded(center, radius_m), expected_m: 0.0, at_floor: false }
}

/// The open ground that is farthest from the section's middle, in parts of its width and height. No trigonometry: in a
/// symmetric section many pieces are equally far, and every machine has to take the same.
fn outermost(ground: &Ground) -> Option<&Cell> {
    let section = ground.section();
    let (width, height) = (section.east - section.west, section.north - section.south);
    let off = |cell: &Cell| {
        let x = ((cell.bounds.west - section.west) + (cell.bounds.east - section.east)) / width;
        let y = ((cell.bounds.south - section.south) + (cell.bounds.north - section.north)) / height;
        x * x + y * y
    };
    let order = |a: &&Cell, b: &&Cell| {
        let south = a.bounds.south.total_cmp(&b.bounds.south);
        off(a).total_cmp(&off(b)).then(south).then(a.bounds.west.total_cmp(&b.bounds.west))
    };
    ground.cells().iter().max_by(order)
}

/// Metres that an answer is expected to certify where an answer's worth of venues lies within `full_m`.
fn expected_m(full_m: f64, anchor: &Cell, rules: &Rules) -> f64 {
    let guess = match rules.ranking {
        Ranking::Distance => CAUTION * sure_m(full_m),
        Ranking::Other => sure_m(CAUTION_UNRANKED * full_m),
    };
    guess.min(anchor.expected_m).min(sure_m(anchor.asked_m.min(rules.largest_radius_m)))
}

/// The disk that covers the anchor and the most open ground besides: its middle, and the radius expected there.
fn best_disk(ground: &Ground, anchor: &Cell, around_m: f64, radius: impl Fn(Vector) -> f64) -> (Vector, f64) {
    let neighbourhood = sphere::chord2(3.0 * around_m);
    let near: Vec<(Vector, f64)> = ground
        .cells()
        .iter()
        .filter(|cell| anchor.center.chord2(cell.center) <= neighbourhood)
        .map(|cell| (cell.center, cell.area_m2))
        .collect();
    let (mut winner, mut highest) = ((anchor.center, around_m), f64::MIN);
    for step in STEPS {
        for turn in 0..if step > 0.0 { BEARINGS } else { 1 } {
            let bearing = f64::from(turn) / f64::from(BEARINGS) * std::f64::consts::TAU;
            let away_m = step * (around_m - anchor.reach_m - ROUNDED_M);
            let center = anchor.center.towards(bearing, away_m);
            let radius_m = radius(center);
            if away_m + anchor.reach_m + ROUNDED_M > radius_m {
                continue;
            }
            let edge = sphere::chord2(radius_m - 0.7 * around_m / FINENESS);
            let mut gain = 0.0;
            for (at, area_m2) in &near {
                if center.chord2(*at) <= edge {
                    gain += area_m2;
                }
            }
            // Clearly more: candidates that mirror each other must not be told apart by the last digit.
            if gain > highest * (1.0 + 1e-9) {
                (winner, highest) = ((center, radius_m), gain);
            }
        }
    }
    winner
}

/// The radius to ask for. Nearest first, a larger circle costs nothing and may prove more; otherwise only what is expected.
pub(super) fn asked_m(ground: &Ground, rules: &Rules, center: Vector, expected_m: f64, most_m: f64) -> f64 {
    let useful_m = match rules.ranking {
        Ranking::Distance => ground.reach_from(center).max(expected_m),
        Ranking::Other => expected_m,
    };
    asked_for_m(useful_m + ROUNDED_M).min(most_m).clamp(SMALLEST_ASK_M, rules.largest_radius_m)
}

/// A circle in few digits, so that every spelling as JSON gives the same one back: a centimetre, in degrees and metres.
pub(super) fn rounded(center: Position, radius_m: f64) -> Circle {
    let degrees = |value: f64| (value * 1e7).round() / 1e7;
    Circle {
        center: sphere::position(degrees(center.lat()), degrees(center.lng())),
        radius_m: (radius_m * 100.0).floor() / 100.0,
    }
}
