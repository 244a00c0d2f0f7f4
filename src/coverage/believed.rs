//! Where venues are believed to be: how far an answer will see is read from it, never what it proves.

use super::places::Places;
use super::sphere::{Vector, chord2, metres};

/// Positions, as points on a sphere of radius 1.
#[derive(Debug, Clone)]
pub(super) struct Believed(Places);

/// Part of an answer's sight by which its middle is moved at most, away from the outermost venue.
const AWAY: f64 = 0.25;

/// Metres within which venues are looked for first.
const NEAR_M: f64 = 20.0;

/// What an answer from somewhere will see.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    /// From where.
    pub(super) center: Vector,
    /// Metres to the outermost venue; infinite where there are not so many.
    pub(super) full_m: f64,
}

impl Believed {
    pub(super) fn new(places: impl IntoIterator<Item = Vector>) -> Self {
        Self(Places::new(places))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Metres from a place to the last of the nearest `rows` venues; infinite where there are fewer.
    pub(super) fn full_m(&self, place: Vector, rows: u32) -> f64 {
        if self.len() < usize::try_from(rows).unwrap_or(usize::MAX) {
            return f64::INFINITY;
        }
        let mut bound_m = NEAR_M;
        loop {
            let mut squares = self.squares(place, bound_m);
            if let Some(square) = nth(&mut squares, rows) {
                return metres(square);
            }
            bound_m *= 2.0;
        }
    }

    /// The same where it is known that so many lie within `bound_m`: a bounded search is much faster.
    pub(super) fn full_within_m(&self, place: Vector, rows: u32, bound_m: f64) -> f64 {
        if bound_m.is_infinite() {
            return self.full_m(place, rows);
        }
        let mut squares = self.squares(place, bound_m);
        nth(&mut squares, rows).map_or_else(|| self.full_m(place, rows), metres)
    }

    /// From where an answer sees all that it sees from here, and more: away from its outermost venue, until another one is as far.
    /// `bound_m` is a distance within which there are so many.
    pub(super) fn widest_near(&self, place: Vector, rows: u32, bound_m: f64) -> Sight {
        let bound_m = if bound_m.is_finite() { bound_m } else { self.full_m(place, rows) };
        let mut sight = Sight { center: place, full_m: f64::INFINITY };
        if bound_m.is_infinite() {
            return sight;
        }
        let around = chord2(bound_m).sqrt() * (1.0 + 2.0 * AWAY) * (1.0 + 1e-9);
        let mut near: Vec<(f64, [f64; 3])> = Vec::with_capacity(64);
        self.0.near(place, around * around, |square, at, _| near.push((square, at)));
        let here = place.coordinates();
        let last = usize::try_from(rows.max(1)).unwrap_or(1) - 1;
        if last >= near.len() {
            return sight;
        }
        let (_, (edge2, outermost), farther) = near.select_nth_unstable_by(last, |a, b| a.0.total_cmp(&b.0));
        let (edge, outermost) = (edge2.sqrt(), *outermost);
        sight.full_m = metres(*edge2);
        let from_it = less(here, outermost);
        let long = dot(from_it, from_it).sqrt();
        if long <= 0.0 {
            return sight;
        }
        let ahead = from_it.map(|value| value / long);
        // The circle grows, and touches the outermost venue all the way.
        let mut step = AWAY * edge;
        for (square, other) in farther.iter() {
            let slope = long - dot(less(here, *other), ahead);
            if slope > 0.0 {
                step = step.min(((square - long * long) / (2.0 * slope)).max(0.0));
            }
        }
        let mut there = here;
        for (value, part) in there.iter_mut().zip(ahead) {
            *value += step * part;
        }
        sight.center = Vector::unit(there);
        let mut squares: Vec<f64> = near.iter().map(|(_, at)| square(less(*at, sight.center.coordinates()))).collect();
        if let Some(square) = nth(&mut squares, rows) {
            sight.full_m = metres(square);
        }
        sight
    }

    /// The squared chords to the venues within so many metres.
    fn squares(&self, place: Vector, bound_m: f64) -> Vec<f64> {
        let mut squares = Vec::with_capacity(64);
        self.0.near(place, chord2(bound_m), |square, _, _| squares.push(square));
        squares
    }
}

fn nth(squares: &mut [f64], rows: u32) -> Option<f64> {
    let last = usize::try_from(rows.max(1)).ok()? - 1;
    (last < squares.len()).then(|| *squares.select_nth_unstable_by(last, f64::total_cmp).1)
}

fn less(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn square(a: [f64; 3]) -> f64 {
    dot(a, a)
}
