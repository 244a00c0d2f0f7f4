//! A disk that was laid out, fitted to what the answers before it left open: they saw farther than was foreseen, or less far.

use super::ground::Ground;
use super::layout::{Disk, Foresight};
use super::sphere::{Vector, chord2};

/// How far around a disk ground is looked at, in its radii, and pieces of that ground in the radius.
const AROUND: f64 = 1.4;
const FINENESS: f64 = 8.0;

/// Where the middle is tried besides: directions, and parts of the radius.
const BEARINGS: u32 = 8;
const STEPS: [f64; 3] = [0.1, 0.2, 0.35];

/// By how much another place has to be better.
const BETTER: f64 = 1.02;

/// The disk moved to where it holds most of the open ground that none of the `rest` will hold; none where there is no such ground.
pub(super) fn fitted(ground: &mut Ground, rest: &[Disk], disk: Disk, foresight: &Foresight<'_>) -> Option<Disk> {
    let Disk { center, proven_m, at_floor } = disk;
    if !ground.is_open(center, proven_m) {
        return None;
    }
    if at_floor {
        return Some(disk);
    }
    ground.refine(center, AROUND * proven_m, proven_m / FINENESS);
    let beside: Vec<&Disk> =
        rest.iter().filter(|other| center.distance_m(other.center) < AROUND * proven_m + other.proven_m).collect();
    let holds = |from: Vector, radius_m: f64, place: Vector, reach_m: f64| {
        radius_m > reach_m && from.chord2(place) <= chord2(radius_m - reach_m)
    };
    let mut duty: Vec<(Vector, f64)> = Vec::new();
    let mut is_needed = false;
    for cell in ground.cells() {
        if center.is_farther(cell.center, AROUND * proven_m)
            || beside.iter().any(|other| holds(other.center, other.proven_m, cell.center, cell.reach_m))
        {
            continue;
        }
        is_needed |= !center.is_farther(cell.center, proven_m + cell.reach_m);
        duty.push((cell.center, cell.reach_m));
    }
    if !is_needed {
        return None;
    }
    let gain = |from: Vector, radius_m: f64| -> f64 {
        duty.iter().filter(|(place, reach_m)| holds(from, radius_m, *place, *reach_m)).map(|(_, reach_m)| reach_m).sum()
    };
    let (mut best, mut highest) = (disk, gain(center, proven_m) * BETTER);
    for step in STEPS {
        for turn in 0..BEARINGS {
            let bearing = f64::from(turn) / f64::from(BEARINGS) * std::f64::consts::TAU;
            let other = foresight.disk(center.towards(bearing, step * proven_m), (1.03 + step) * proven_m + 2.0);
            let here = gain(other.center, other.proven_m);
            if here > highest && !other.at_floor {
                (best, highest) = (other, here);
            }
        }
    }
    Some(best)
}
