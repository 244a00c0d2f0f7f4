//! Many places, and those of them that are near: halved again and again down to short rows, which are looked through. A plan asks this some
//! hundred times for every disk, and a general index took most of its time.

use super::sphere::Vector;

/// Places in a row that is looked through.
const ROW: usize = 16;

/// Points on a sphere of radius 1, each with a number.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    points: Vec<([f64; 3], u32)>,
    /// The axis along which each part is halved, and where. The whole is part 1; the halves of a part have twice its number, and one more.
    cuts: Vec<(u8, f64)>,
}

impl Places {
    /// Numbered from 0 in the order in which they come.
    pub(super) fn new(places: impl IntoIterator<Item = Vector>) -> Self {
        let points: Vec<_> = places.into_iter().map(Vector::coordinates).zip(0..).collect();
        let mut places = Self { cuts: Vec::new(), points };
        places.halve(1, 0, places.points.len());
        places
    }

    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    fn halve(&mut self, part_number: usize, from: usize, to: usize) {
        if to - from <= ROW {
            return;
        }
        let part = &mut self.points[from..to];
        let wide = |axis: usize| {
            let values = || part.iter().map(|(at, _)| at[axis]);
            values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min)
        };
        let (axis, name) =
            [(0, 0), (1, 1), (2, 2)].into_iter().max_by(|a, b| wide(a.0).total_cmp(&wide(b.0))).unwrap_or_default();
        let half = part.len() / 2;
        let (_, (middle, _), _) =
            part.select_nth_unstable_by(half, |a, b| a.0[axis].total_cmp(&b.0[axis]).then(a.1.cmp(&b.1)));
        let cut = middle[axis];
        if self.cuts.len() <= part_number {
            self.cuts.resize(part_number + 1, (0, 0.0));
        }
        self.cuts[part_number] = (name, cut);
        self.halve(2 * part_number, from, from + half);
        self.halve(2 * part_number + 1, from + half, to);
    }

    /// Tells of each place within a chord, given by its square: the square of its own chord, the place and its number.
    pub(super) fn near(&self, place: Vector, edge2: f64, mut tell: impl FnMut(f64, [f64; 3], u32)) {
        self.look((1, 0, self.points.len()), place.coordinates(), edge2, &mut tell);
    }

    fn look(
        &self,
        (part, from, to): (usize, usize, usize),
        here: [f64; 3],
        edge2: f64,
        tell: &mut impl FnMut(f64, [f64; 3], u32),
    ) {
        if to - from <= ROW {
            for (at, number) in &self.points[from..to] {
                let [x, y, z] = [at[0] - here[0], at[1] - here[1], at[2] - here[2]];
                let square = x * x + y * y + z * z;
                if square <= edge2 {
                    tell(square, *at, *number);
                }
            }
            return;
        }
        let middle = from + (to - from) / 2;
        let (axis, cut) = self.cuts[part];
        let beyond = here[usize::from(axis)] - cut;
        if beyond <= 0.0 || beyond * beyond <= edge2 {
            self.look((2 * part, from, middle), here, edge2, tell);
        }
        if beyond >= 0.0 || beyond * beyond <= edge2 {
            self.look((2 * part + 1, middle, to), here, edge2, tell);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Position;

    proptest! {
        #[test]
        fn near_are_those_that_are_near(
            places in prop::collection::vec((-1.0..1.0_f64, prop_oneof![Just(0.5), -1.0..1.0_f64]), 0..200),
            reach in 0.0..0.02_f64,
        ) {
            let places: Vec<Vector> =
                places.into_iter().map(|(lat, lng)| Vector::of(Position::new(lat, lng).unwrap())).collect();
            let index = Places::new(places.iter().copied());
            let here = Vector::of(Position::new(0.1, 0.4).unwrap());
            let mut found = Vec::new();
            index.near(here, reach * reach, |square, at, number| {
                assert!(Vector::unit(at).chord2(places[number as usize]) < 1e-30);
                assert!((square - here.chord2(places[number as usize])).abs() < 1e-15);
                found.push(number);
            });
            found.sort_unstable();
            let near = (0_u32..).zip(&places).filter(|(_, place)| here.chord2(**place) <= reach * reach);
            prop_assert_eq!(found, near.map(|(number, _)| number).collect::<Vec<_>>());
        }
    }
}
