//! Where to ask next: the sweep goes from the lowest open ground upwards and lays each disk against what is certified.

use super::certify::{asked_for_m, sure_m};
use super::density::Density;
use super::ground::{Cell, Ground};
use super::rules::{Rules, SMALLEST_ASK_M, floor_m};
use super::sphere::{self, Vector};
use crate::model::{Circle, Position, Ranking};

/// The next question, before its words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    /// What to ask.
    pub(super) circle: Circle,
    /// Metres that the answer is expected to certify.
    pub(super) expected_m: f64,
    /// Space cannot be split further here.
    pub(super) at_floor: bool,
}

/// Part of the guessed distance that is planned with: an answer that sees less than planned leaves a sliver to pay for.
const CAUTION: f64 = 0.9;

/// Part of the guessed distance asked for when a capped answer proves nothing: about half an answer's worth of venues.
const CAUTION_UNRANKED: f64 = 0.7;

/// Pieces of ground in the radius of the expected disk. More of them place the disks tighter and take longer.
const FINENESS: f64 = 10.0;

/// Metres by which a question may lie beside its plan, because it is written in few digits.
const ROUNDED_M: f64 = 0.03;

const BEARINGS: u32 = 24;
const STEPS: [f64; 5] = [0.99, 0.85, 0.65, 0.4, 0.0];

/// The next question, or none when no ground is left. Splits ground where it has to be looked at closely.
pub(super) fn plan(ground: &mut Ground, density: &Density, rules: &Rules) -> Option<Plan> {
    loop {
        let anchor = lowest(ground.cells())?.clone();
        let full_m = density.full_m(anchor.center)?;
        let expected_m = expected_m(full_m, &anchor, rules);
        if expected_m < floor_m() {
            if anchor.reach_m <= floor_m() - ROUNDED_M {
                return Some(at_floor(anchor.center.place()));
            }
            ground.refine(anchor.center, 0.0, floor_m() - ROUNDED_M);
        } else if anchor.reach_m > expected_m / FINENESS {
            ground.refine(anchor.center, 2.0 * expected_m, expected_m / FINENESS);
        } else {
            return Some(best(ground, density, rules, &anchor, expected_m));
        }
    }
}

/// The first question of a tile: nothing is known, so as much as may be, from its middle.
pub(super) fn first(center: Position, farthest_m: f64, rules: &Rules) -> Plan {
    let radius_m = asked_for_m(farthest_m + ROUNDED_M).clamp(SMALLEST_ASK_M, rules.largest_radius_m);
    Plan { circle: rounded(center, radius_m), expected_m: 0.0, at_floor: false }
}

fn lowest(cells: &[Cell]) -> Option<&Cell> {
    let order = |a: &&Cell, b: &&Cell| a.cell.south.total_cmp(&b.cell.south).then(a.cell.west.total_cmp(&b.cell.west));
    cells.iter().min_by(order)
}

/// Metres that an answer is expected to certify where `full_m` holds an answer's worth of venues.
fn expected_m(full_m: f64, anchor: &Cell, rules: &Rules) -> f64 {
    let guess = match rules.ranking {
        Ranking::Distance => CAUTION * sure_m(full_m),
        Ranking::Other => sure_m(CAUTION_UNRANKED * full_m),
    };
    guess.min(anchor.expected_m).min(sure_m(anchor.asked_m.min(rules.largest_radius_m)))
}

fn at_floor(center: Position) -> Plan {
    Plan { circle: rounded(center, SMALLEST_ASK_M), expected_m: floor_m(), at_floor: true }
}

/// The disk that covers the anchor and the most open ground besides.
fn best(ground: &Ground, density: &Density, rules: &Rules, anchor: &Cell, around_m: f64) -> Plan {
    let near: Vec<(Vector, f64, f64)> = ground
        .cells()
        .iter()
        .filter(|cell| anchor.center.distance_m(cell.center) <= 3.0 * around_m)
        .map(|cell| (cell.center, cell.reach_m, cell.area_m2))
        .collect();
    let (mut winner, mut highest) = ((anchor.center, around_m), f64::MIN);
    for step in STEPS {
        for turn in 0..if step > 0.0 { BEARINGS } else { 1 } {
            let bearing = f64::from(turn) / f64::from(BEARINGS) * std::f64::consts::TAU;
            let away = step * (around_m - anchor.reach_m - ROUNDED_M);
            let center = anchor.center.towards(bearing, away);
            let radius_m = density.full_m(center).map_or(around_m, |full_m| expected_m(full_m, anchor, rules));
            if away + anchor.reach_m + ROUNDED_M > radius_m {
                continue;
            }
            let gain: f64 = near
                .iter()
                .filter(|(at, reach_m, _)| center.chord2(*at) <= sphere::chord2(radius_m - 0.7 * reach_m))
                .map(|(_, _, area_m2)| area_m2)
                .sum();
            if gain > highest * (1.0 + 1e-9) {
                (winner, highest) = ((center, radius_m), gain);
            }
        }
    }
    let (center, expected_m) = winner;
    Plan { circle: rounded(center.place(), asked_m(ground, rules, anchor, winner)), expected_m, at_floor: false }
}

/// The radius to ask for. Nearest first, a larger circle costs nothing and may prove more; otherwise only what is expected.
fn asked_m(ground: &Ground, rules: &Rules, anchor: &Cell, (center, expected_m): (Vector, f64)) -> f64 {
    let useful_m = match rules.ranking {
        Ranking::Distance => {
            ground.cells().iter().map(|cell| center.distance_m(cell.center) + cell.reach_m).fold(expected_m, f64::max)
        }
        Ranking::Other => expected_m,
    };
    asked_for_m(useful_m + ROUNDED_M).min(anchor.asked_m).clamp(SMALLEST_ASK_M, rules.largest_radius_m)
}

/// A circle in few digits, so that every spelling as JSON gives the same one back: a centimetre, in degrees and metres.
fn rounded(center: Position, radius_m: f64) -> Circle {
    let degrees = |value: f64| (value * 1e7).round() / 1e7;
    Circle {
        center: sphere::position(degrees(center.lat()), degrees(center.lng())),
        radius_m: (radius_m * 100.0).floor() / 100.0,
    }
}
