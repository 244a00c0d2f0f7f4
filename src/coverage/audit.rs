//! What a proof is worth that rests on a provider's word: some places are asked again in another way, and what was missed there tells of
//! the rest.
//!
//! A complete answer in any order proves its area only if the provider returns all that it has. Text Search ranks by relevance, and what it
//! finds irrelevant cannot be seen from its answers. So a run by text ends with a few questions to Nearby Search, at places drawn by
//! lot, and from their venues recall is estimated.

use super::region::Region;
use super::sphere::{self, Vector};
use crate::model::{Area, Ask, Circle, Position, Purpose};

/// Questions that every audit may take, and one more for so many that were paid for (2 %).
const QUESTIONS: u32 = 5;
const PAID_PER_QUESTION: u32 = 50;

/// One question in so many is at a place where no venue need be: neighbourhoods without a known venue are in the region, too.
const UNIFORM: u32 = 3;

/// How far from a venue its neighbourhood is asked for, metres.
const NEIGHBOURHOOD_M: f64 = 300.0;

/// How far a question reaches, metres. Its answer is the nearest venues, so that most answers end long before.
const REACH_M: f64 = 5_000.0;

/// Draws for a place inside a region, at most: some hold little of their own bounds.
const DRAWS: usize = 10_000;

/// Error allowed for, in one direction or in both together.
const ALPHA: f64 = 0.05;

/// Questions that an audit may take after so many paid requests: 2 % of them, and five if that is less.
pub fn questions(paid: u32) -> u32 {
    QUESTIONS.max(paid / PAID_PER_QUESTION)
}

/// The questions of an audit: circles, to be asked nearest first. `venues` are those that the run returned or knew, `groups` the words, as
/// many in a group as one question takes. Two of three places lie near a venue drawn by lot, one is drawn from all of the region. The same
/// seed (a run's id, or its snapshot's) and the same venues in the same order give the same questions.
pub fn plan(region: &Region, venues: &[Position], groups: &[Vec<String>], seed: &str, questions: u32) -> Vec<Ask> {
    let mut lot = Lot::new(seed);
    let mut asks = Vec::new();
    for number in 0..questions {
        let drawn = if number % UNIFORM == UNIFORM - 1 { None } else { lot.one_of(venues) };
        let place = match drawn {
            Some(venue) => beside(region, *venue, &mut lot),
            None => anywhere(region, &mut lot),
        };
        let Some(center) = place.or_else(|| lot.one_of(venues).copied()) else { continue };
        let words = lot.one_of(groups).cloned().unwrap_or_default();
        let area = Area::Circle(Circle { center: rounded(center), radius_m: REACH_M });
        asks.push(Ask { area, words, purpose: Purpose::Audit });
    }
    asks
}

/// What an audit found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recall {
    /// Venues of the region that the audit's answers held, each once; those in spots that were reported as capped aside.
    pub audited: u32,
    /// Those of them that the run had not returned.
    pub missed: u32,
    /// Part of the venues that the run returned, as estimated.
    pub estimate: f64,
    /// At least this part, with 95 % confidence (one-sided).
    pub at_least: f64,
    /// Between these parts, with 95 % confidence (two-sided).
    pub between: (f64, f64),
}

/// What so many audited venues, of which so many were missed, tell of a run's recall: the exact binomial bounds of Clopper and Pearson. None
/// where nothing was audited.
///
/// The bounds hold for venues drawn one by one. Venues of one answer are neighbours, and what hides one of them may hide the next: where
/// misses come in clusters, the truth can lie further away than the bounds say.
pub fn judge(audited: u32, missed: u32) -> Option<Recall> {
    if audited == 0 {
        return None;
    }
    let missed = missed.min(audited);
    let most = |alpha: f64| if missed == audited { 1.0 } else { solve(|part| at_most(missed, audited, part) > alpha) };
    let least = |alpha: f64| match missed.checked_sub(1) {
        None => 0.0,
        Some(fewer) => solve(|part| 1.0 - at_most(fewer, audited, part) < alpha),
    };
    Some(Recall {
        audited,
        missed,
        estimate: 1.0 - f64::from(missed) / f64::from(audited),
        at_least: 1.0 - most(ALPHA),
        between: (1.0 - most(ALPHA / 2.0), 1.0 - least(ALPHA / 2.0)),
    })
}

/// Where something that holds for small parts begins to fail, 0 to 1.
fn solve(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// How likely at most `missed` of `audited` are missed, if a venue is with probability `part`, between 0 and 1.
fn at_most(missed: u32, audited: u32, part: f64) -> f64 {
    // By logarithms: the first terms may be smaller than any float.
    let (odds, all) = ((part / (1.0 - part)).ln(), f64::from(audited));
    let mut term = all * (-part).ln_1p();
    let mut sum = term.exp();
    for number in 1..=missed {
        let number = f64::from(number);
        term += odds + ((all - number + 1.0) / number).ln();
        sum += term.exp();
    }
    sum.min(1.0)
}

/// A place in the neighbourhood of a venue, and in the region.
fn beside(region: &Region, venue: Position, lot: &mut Lot) -> Option<Position> {
    let from = Vector::of(venue);
    let draw = |lot: &mut Lot| {
        let bearing = std::f64::consts::TAU * lot.part();
        from.towards(bearing, NEIGHBOURHOOD_M * lot.part().sqrt()).place()
    };
    (0..DRAWS / 100).map(|_| draw(lot)).find(|place| region.contains(*place)).or(Some(venue))
}

/// A place in the region, all of it alike.
fn anywhere(region: &Region, lot: &mut Lot) -> Option<Position> {
    let bounds = region.bounds();
    let width = if bounds.west > bounds.east { bounds.east - bounds.west + 360.0 } else { bounds.east - bounds.west };
    let (low, high) = (bounds.south.to_radians().sin(), bounds.north.to_radians().sin());
    let draw = |lot: &mut Lot| {
        let lat = (low + (high - low) * lot.part()).clamp(-1.0, 1.0).asin().to_degrees();
        sphere::position(lat, bounds.west + width * lot.part())
    };
    (0..DRAWS).map(|_| draw(lot)).find(|place| region.contains(*place))
}

/// In few digits: every spelling as JSON gives it back.
fn rounded(place: Position) -> Position {
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    sphere::position(round(place.lat()), round(place.lng()))
}

/// Numbers drawn by lot, from a seed (`SplitMix64`): a recording that is made today must replay with the libraries of tomorrow.
struct Lot(u64);

impl Lot {
    fn new(seed: &str) -> Self {
        // FNV-1a.
        let mixed = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, mixed))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0 to 1.
    fn part(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
    }

    fn one_of<'a, T>(&mut self, many: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(many.len()).ok().filter(|count| *count > 0)?;
        many.get(usize::try_from(self.next() % count).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn region() -> Region {
        Region::from_bbox(-9.2, 38.69, -9.1, 38.76).unwrap()
    }

    #[test]
    fn an_audit_is_five_questions_or_two_percent() {
        assert_eq!([0, 1, 249, 300, 5_000].map(questions), [5, 5, 5, 6, 100]);
    }

    #[test]
    fn the_bounds_are_those_of_clopper_and_pearson() {
        let close = |left: f64, right: f64| assert!((left - right).abs() < 5e-5, "{left} is not {right}");
        let none = judge(100, 0).unwrap();
        close(none.at_least, 1.0 - 0.029_513);
        close(none.between.0, 1.0 - 0.036_217);
        assert!(none.estimate >= 1.0 && none.between.1 >= 1.0);
        let some = judge(200, 4).unwrap();
        close(some.estimate, 0.98);
        close(some.between.0, 0.949_585);
        close(some.between.1, 0.994_530);
        let all = judge(3, 3).unwrap();
        assert!(all.estimate <= 0.0 && all.at_least <= 0.0 && all.between.0 <= 0.0);
        close(all.between.1, 1.0 - 0.025_f64.cbrt());
        assert_eq!(judge(0, 0), None);
    }

    #[test]
    fn the_same_seed_asks_the_same_and_another_one_asks_elsewhere() {
        let venues: Vec<Position> =
            (0..50_u8).map(|step| Position::new(38.70 + 0.001 * f64::from(step), -9.15).unwrap()).collect();
        let groups = vec![vec!["cafe".to_owned()], vec!["bar".to_owned()]];
        let once = plan(&region(), &venues, &groups, "018f", 30);
        assert_eq!(once, plan(&region(), &venues, &groups, "018f", 30));
        assert_ne!(once, plan(&region(), &venues, &groups, "0190", 30));
        assert_eq!(once.len(), 30);
        for ask in &once {
            assert_eq!((ask.purpose, ask.words.len()), (Purpose::Audit, 1));
            let again: Ask = serde_json::from_str(&serde_json::to_string(ask).unwrap()).unwrap();
            assert_eq!(&again, ask);
        }
        // Two of three lie near a venue.
        let near = |ask: &&Ask| {
            let Area::Circle(circle) = ask.area else { panic!("circles are asked") };
            venues.iter().any(|venue| sphere::distance_m(*venue, circle.center) <= NEIGHBOURHOOD_M + 1.0)
        };
        assert!((20..=25).contains(&once.iter().filter(near).count()));
    }

    #[test]
    fn a_region_without_venues_is_audited_too() {
        let over = Region::from_bbox(179.9, -17.0, -179.9, -16.8).unwrap();
        let asks = plan(&over, &[], &[], "run", 9);
        assert_eq!(asks.len(), 9);
        for ask in asks {
            let Area::Circle(circle) = ask.area else { panic!("circles are asked") };
            assert!(over.contains(circle.center), "{circle:?}");
        }
    }

    proptest! {
        #[test]
        fn more_misses_are_less_recall_and_more_venues_are_closer_bounds(audited in 1..2_000_u32, missing in any::<u32>()) {
            let missed = missing % (audited + 1);
            let recall = judge(audited, missed).unwrap();
            prop_assert!(recall.between.0 <= recall.at_least && recall.at_least <= recall.estimate);
            prop_assert!(recall.estimate <= recall.between.1 && recall.between.1 <= 1.0);
            prop_assert!(recall.between.0 >= -1e-12);
            let ten = judge(audited * 10, missed * 10).unwrap();
            prop_assert!(ten.between.1 - ten.between.0 <= recall.between.1 - recall.between.0 + 1e-9);
        }
    }
}
