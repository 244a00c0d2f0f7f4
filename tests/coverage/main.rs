//! Whatever the city and however the provider behaves: every venue of the region that the provider can return is returned, or
//! lies in a spot that is reported as capped. `PROPTEST_CASES` sets how many cities are tried.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod city;

use city::{Dice, Manners, Outcome, Venue};
use proptest::prelude::*;
use proptest::test_runner::Config;
use venue_sync::coverage::{Next, Region, Rules, TileCover, distance_m};
use venue_sync::model::{AnswerSeen, Area, Circle, Position, Ranking};

/// A city to be covered and how its provider behaves.
#[derive(Debug, Clone)]
struct Case {
    region: Region,
    venues: Vec<Venue>,
    manners: Manners,
    rules: Rules,
}

fn cases(most: u32) -> Config {
    let default = Config::default();
    // The environment's word counts, a smaller number keeps the room's tests quick.
    let cases = if default.cases == 256 { most } else { default.cases };
    Config { cases, max_shrink_iters: 200, failure_persistence: None, ..default }
}

fn place() -> impl Strategy<Value = (f64, f64)> {
    prop_oneof![
        (-60.0..70.0_f64, -170.0..170.0_f64),
        (-60.0..70.0_f64, Just(179.999)),
        (84.0..89.9_f64, -180.0..180.0_f64),
        (-89.9..-84.0_f64, -180.0..180.0_f64),
        Just((89.999, 10.0)),
        Just((-90.0, 0.0)),
        Just((0.0, 0.0)),
    ]
}

fn wrap(lng: f64) -> f64 {
    if lng > 180.0 {
        lng - 360.0
    } else if lng < -180.0 {
        lng + 360.0
    } else {
        lng
    }
}

/// Regions of every kind around a place, some hundred metres to some kilometres wide.
fn region() -> impl Strategy<Value = (Region, (f64, f64), (f64, f64))> {
    (place(), 2.0..4.0_f64, 0..4_u8).prop_map(|((lat, lng), size, kind)| {
        let metres = 10.0_f64.powf(size);
        let high = (metres / 111_000.0).min(5.0);
        let wide = (high / lat.to_radians().cos().max(1e-9)).min(80.0);
        let (south, north) = ((lat - high).max(-90.0), (lat + high).min(90.0));
        let ring = |part: f64| {
            let (w, s, e, n) =
                (lng - wide * part, lat - (lat - south) * part, lng + wide * part, lat + (north - lat) * part);
            format!("[[{w},{lat}],[{lng},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{lat}]]")
        };
        let region = match kind {
            0 => Region::from_bbox(wrap(lng - wide), south, wrap(lng + wide), north),
            1 => Region::from_circle(Position::new(lat, lng).unwrap(), metres),
            _ if lat <= -90.0 => Region::from_bbox(-180.0, -90.0, 180.0, north),
            2 => Region::from_geojson(&format!(r#"{{"type":"Polygon","coordinates":[{}]}}"#, ring(1.0))),
            _ => Region::from_geojson(&format!(r#"{{"type":"Polygon","coordinates":[{},{}]}}"#, ring(1.0), ring(0.4))),
        };
        (region.unwrap(), (lat, lng), (high, wide))
    })
}

/// Uniform, clustered, stacked and strung on lines; some of them outside the region.
fn venues(seed: u64, count: usize, words: usize, (lat, lng): (f64, f64), (high, wide): (f64, f64)) -> Vec<Venue> {
    let mut dice = Dice::new(seed);
    let styles = 1 + seed % 4;
    (0..count)
        .map(|index| {
            let (x, y) = match u64::try_from(index).unwrap() % styles {
                0 => (2.4 * dice.roll() - 1.2, 2.4 * dice.roll() - 1.2),
                1 => (0.3 + 0.01 * dice.bell(), -0.2 + 0.01 * dice.bell()),
                2 => (-0.4, 0.45),
                _ => (1.0, 2.0 * dice.roll() - 1.0),
            };
            let at = Position::new((lat + y * high).clamp(-90.0, 90.0), wrap(lng + x * wide).clamp(-180.0, 180.0));
            Venue { position: at.unwrap(), word: index % words.max(1) }
        })
        .collect()
}

fn manners(most_metre: f64) -> impl Strategy<Value = Manners> {
    let metre = 1.0 - most_metre..1.0 + most_metre;
    (1..=20_usize, prop::bool::weighted(0.7), metre, 5..=7, prop_oneof![Just(0), Just(3)], any::<[bool; 2]>()).prop_map(
        |(cap, ranked, metre, decimals, positionless, [reversed, knows])| Manners {
            cap,
            ranking: if ranked { Ranking::Distance } else { Ranking::Other },
            metre,
            decimals,
            positionless,
            reversed,
            knows,
        },
    )
}

fn case() -> impl Strategy<Value = Case> {
    let radius = prop_oneof![Just(50_000.0), Just(40_000.0), Just(800.0)];
    (region(), manners(0.003), any::<u64>(), 0..60_usize, 0..5_usize, 1..5_usize, radius).prop_map(
        |((region, at, size), manners, seed, count, words, words_per_query, largest_radius_m)| Case {
            venues: venues(seed, count, words, at, size),
            rules: Rules { words_per_query, ..city::rules(&manners, city::words(words), largest_radius_m) },
            region,
            manners,
        },
    )
}

fn lost(case: &Case, outcome: &Outcome) -> Vec<usize> {
    let reported = |place: Position, word: usize| {
        outcome.capped.iter().any(|spot| {
            let named = spot.words.is_empty() || spot.words.contains(&format!("word{word}"));
            named && distance_m(spot.position, place) <= spot.radius_m + 1e-6
        })
    };
    let is_lost = |index: &usize| {
        let venue = case.venues[*index];
        let place = city::shown(venue.position, &case.manners);
        case.region.contains(place) && !outcome.returned.contains(index) && !reported(place, venue.word)
    };
    (0..case.venues.len()).filter(is_lost).collect()
}

fn check_ask(seen: &AnswerSeen, rules: &Rules) -> Result<(), TestCaseError> {
    let Area::Circle(Circle { center, radius_m }) = seen.ask.area else { panic!("only circles are asked") };
    prop_assert!(radius_m > 0.0 && radius_m <= rules.largest_radius_m, "radius {}", radius_m);
    prop_assert!((-180.0..=180.0).contains(&center.lng()));
    prop_assert!(seen.ask.words.len() <= rules.words_per_query);
    Ok(())
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn every_venue_is_returned_or_lies_in_a_capped_spot(case in case()) {
        let outcome = city::cover(&case.region, &case.rules, &case.venues, &case.manners);
        if outcome.capped.iter().any(|c| c.radius_m > 2.0) { eprintln!("GAVEUP {} {:?} {:?} {}", outcome.asks, case.manners, case.rules, serde_json::to_string(&case.region).unwrap()); }
        prop_assert_eq!(lost(&case, &outcome), Vec::<usize>::new());
        for seen in outcome.told.iter().flatten() {
            check_ask(seen, &case.rules)?;
        }
    }

    #[test]
    fn a_cover_told_the_same_answers_asks_the_same_and_asks_survive_json(case in case()) {
        let outcome = city::cover(&case.region, &case.rules, &case.venues, &case.manners);
        for (tile, told) in case.region.tiles().into_iter().zip(&outcome.told) {
            let mut again = TileCover::new(&case.region, tile, case.rules.clone()).unwrap();
            for seen in told {
                prop_assert_eq!(again.next(), Next::Ask(seen.ask.clone()));
                let stored = serde_json::to_string(seen).unwrap();
                again.told(&serde_json::from_str(&stored).unwrap());
            }
            let done = matches!(again.next(), Next::Done { .. });
            prop_assert!(done, "asks beyond what it was told");
        }
    }
}
