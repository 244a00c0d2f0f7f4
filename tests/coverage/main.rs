//! Whatever the city and however the provider behaves: every venue of the region that the provider can return is returned, or
//! lies in a spot that is reported as capped. `PROPTEST_CASES` sets how many cities are tried.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod city;
mod paged;
mod text;

use city::{Dice, Manners, Outcome, Venue};
use proptest::prelude::*;
use proptest::test_runner::Config;
use venue_sync::coverage::{Next, Region, Rules, TileCover, distance_m, seen};
use venue_sync::model::{
    AnswerSeen, Area, AreaShape, CappedSpot, Circle, Counts, KnownPlace, Position, Purpose, Ranking,
};

/// A city to be covered and how its provider behaves.
#[derive(Debug, Clone)]
struct Case {
    region: Region,
    venues: Vec<Venue>,
    manners: Manners,
    rules: Rules,
    known: Vec<KnownPlace>,
}

fn cases(usual: u32) -> Config {
    #[expect(clippy::disallowed_methods, reason = "the same variable that proptest itself reads")]
    let given = std::env::var_os("PROPTEST_CASES").is_some();
    let default = Config::default();
    let cases = if given { default.cases } else { usual };
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

fn manners() -> impl Strategy<Value = Manners> {
    // What the ellipsoid does to a distance on our sphere: -0.56 % to +0.45 %, 0.67 % between directions.
    let metres = [0.9967..1.0033_f64, 0.9967..1.0033_f64];
    let shape = prop_oneof![
        3 => Just(AreaShape::Circle),
        1 => Just(AreaShape::SoftCircle),
        2 => Just(AreaShape::Rectangle),
    ];
    let miscounts = prop_oneof![2 => Just(0_u32), 1 => 1..6_u32];
    let positionless = prop_oneof![Just(0), Just(3)];
    (1..=20_usize, shape, prop::bool::weighted(0.7), metres, 5..=7, positionless, any::<[bool; 2]>(), miscounts)
        .prop_map(|(cap, shape, ranked, metres, decimals, positionless, [reversed, knows], miscounts)| Manners {
            // Boxes take the word of a count as that of an answer, which comes from the same search.
            miscounts: if shape == AreaShape::Rectangle { 0 } else { miscounts },
            cap,
            shape,
            ranking: if ranked { Ranking::Distance } else { Ranking::Other },
            metres,
            decimals,
            positionless,
            reversed,
            knows,
        })
}

/// What was known before: nothing, all, all but the newest, some with much that is gone, or nonsense; and the wrong groups.
fn known(venues: &[Venue], manners: &Manners, kind: u8, seed: u64) -> Vec<KnownPlace> {
    let mut dice = Dice::new(seed ^ 0xA5A5);
    let place = |position| KnownPlace { position, groups: Vec::new() };
    let mut moved = |venue: &Venue, far: f64| {
        let at = venue.position;
        let (lat, lng) = (at.lat() + far * dice.bell(), at.lng() + far * dice.bell());
        Position::new(lat.clamp(-90.0, 90.0), lng.clamp(-180.0, 180.0)).unwrap()
    };
    match kind {
        0 => Vec::new(),
        1 => venues.iter().map(|venue| place(city::shown(venue.position, manners))).collect(),
        2 => venues.iter().skip(venues.len() / 5).map(|venue| place(moved(venue, 1e-5))).collect(),
        3 => venues
            .iter()
            .chain(venues)
            .map(|venue| KnownPlace { groups: vec![1, 7], ..place(moved(venue, 1e-3)) })
            .collect(),
        _ => venues.iter().map(|venue| place(moved(venue, 20.0))).collect(),
    }
}

fn case() -> impl Strategy<Value = Case> {
    let radius = prop_oneof![Just(50_000.0), Just(40_000.0), Just(800.0)];
    let size = (0..60_usize, 0..5_usize, 1..5_usize);
    // In earnest a section has thousands.
    let section = prop_oneof![Just(usize::MAX), Just(20), Just(4)];
    (region(), manners(), any::<u64>(), size, radius, 0..5_u8, any::<bool>(), section).prop_map(
        |(
            (region, at, reach),
            manners,
            seed,
            (count, words, words_per_query),
            largest_radius_m,
            kind,
            counts,
            section,
        )| {
            let venues = venues(seed, count, words, at, reach);
            let rules = city::rules(&manners, city::words(words), largest_radius_m);
            Case {
                known: known(&venues, &manners, kind, seed),
                rules: Rules {
                    words_per_query,
                    counts: counts.then_some(Counts { rows_per_answer: 5, rows_per_query: 15 }),
                    count_words: city::words(words.min(2)),
                    section_venues: section,
                    ..rules
                },
                venues,
                region,
                manners,
            }
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
        // A pole has no longitude: whether a box holds it is anybody's guess.
        let at_a_pole = case.manners.shape == AreaShape::Rectangle && place.lat().abs() >= 90.0;
        !at_a_pole && case.region.contains(place) && !outcome.returned.contains(index) && !reported(place, venue.word)
    };
    (0..case.venues.len()).filter(is_lost).collect()
}

fn check_ask(seen: &AnswerSeen, rules: &Rules) -> Result<(), TestCaseError> {
    match seen.ask.area {
        Area::Circle(Circle { center, radius_m }) => {
            prop_assert!(radius_m > 0.0 && radius_m <= rules.largest_radius_m, "radius {}", radius_m);
            prop_assert!((-180.0..=180.0).contains(&center.lng()));
            prop_assert!(rules.shape != AreaShape::Rectangle);
        }
        Area::Rectangle(cell) => {
            prop_assert!(cell.south < cell.north && cell.west < cell.east, "{:?}", cell);
            let counts = seen.ask.purpose == Purpose::Count && seen.ask.words.len() == 1;
            prop_assert!(rules.shape == AreaShape::Rectangle || counts);
        }
    }
    prop_assert!(seen.ask.words.len() <= rules.words_per_query);
    Ok(())
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn every_venue_is_returned_or_lies_in_a_capped_spot(case in case()) {
        let outcome = city::cover_known(&case.region, &case.rules, &case.known, &case.venues, &case.manners);
        prop_assert_eq!(lost(&case, &outcome), Vec::<usize>::new());
        for seen in outcome.told.iter().flatten() {
            check_ask(seen, &case.rules)?;
        }
    }

    #[test]
    fn a_cover_told_the_same_answers_asks_the_same_and_asks_survive_json(case in case()) {
        let outcome = city::cover_known(&case.region, &case.rules, &case.known, &case.venues, &case.manners);
        for (tile, told) in case.region.tiles().into_iter().zip(&outcome.told) {
            let mut again = TileCover::new(&case.region, tile, case.rules.clone(), &case.known).unwrap();
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

/// The provider chooses by where a venue is, and shows where that is rounded to: up to 0.8 m away, and the smallest boxes are smaller than
/// that where degrees of longitude are short.
#[test]
fn a_stack_in_boxes_is_reported_where_it_is_shown() {
    let manners = Manners {
        shape: AreaShape::Rectangle,
        ranking: Ranking::Other,
        decimals: 5,
        metres: [0.9967, 0.9967],
        ..Manners::nearest_first(1)
    };
    let places = [
        (-89.999_437_165_200_02, 67.596_853_175_106_65),
        (-90.0, 25.248_058_745_741_858),
        (-89.999_594_594_594_6, -32.0),
        (-89.999_884_224_132_4, 80.0),
        (-89.999_070_018_970_41, -93.046_370_341_686_14),
        (-90.0, 23.999_979_023_076_587),
        (-89.999_594_594_594_6, -32.0),
        (-90.0, 80.0),
        (-90.0, 95.352_976_888_267_53),
        (-90.0, 22.912_547_592_006_753),
        (-89.999_594_594_594_6, -32.0),
        (-90.0, 80.0),
        (-90.0, 44.224_193_650_350_01),
        (-90.0, 25.075_248_632_457_86),
        (-89.999_594_594_594_6, -32.0),
        (-90.0, 80.0),
        (-90.0, -47.676_458_168_699_51),
        (-90.0, 24.423_432_256_938_757),
        (-89.999_594_594_594_6, -32.0),
        (-89.999_966_010_814_4, 80.0),
        (-89.999_838_667_097_85, 60.417_019_478_142_5),
        (-90.0, 23.234_983_782_478_37),
        (-89.999_594_594_594_6, -32.0),
        (-90.0, 80.0),
        (-90.0, -61.786_955_050_608_83),
        (-90.0, 24.175_845_746_923_2),
        (-89.999_594_594_594_6, -32.0),
        (-89.999_372_438_085_54, 80.0),
        (-90.0, -48.913_069_088_224_574),
        (-90.0, 25.140_342_677_091_326),
        (-89.999_594_594_594_6, -32.0),
    ];
    let rules = Rules {
        counts: Some(Counts { rows_per_answer: 5, rows_per_query: 15 }),
        ..city::rules(&manners, vec![], 50_000.0)
    };
    let case = Case {
        region: Region::from_bbox(-80.0, -90.0, 80.0, -89.999_099_099_099_1).unwrap(),
        venues: places.map(|(lat, lng)| Venue { position: Position::new(lat, lng).unwrap(), word: 0 }).to_vec(),
        rules,
        manners,
        known: vec![],
    };
    let outcome = city::cover_known(&case.region, &case.rules, &case.known, &case.venues, &case.manners);
    assert_eq!(lost(&case, &outcome), Vec::<usize>::new());
}

/// Tells the cover of one tile the same kind of answer to everything and returns the number of questions and the spots.
fn covered_by_a_liar(
    words: usize,
    ranking: Ranking,
    answer: impl Fn(Circle) -> Vec<Option<Position>>,
) -> (u32, Outcome) {
    let region = Region::from_circle(Position::new(48.2, 16.37).unwrap(), 400.0).unwrap();
    let manners = Manners { ranking, ..Manners::nearest_first(20) };
    let rules = city::rules(&manners, city::words(words), 50_000.0);
    let mut cover = TileCover::new(&region, region.tiles()[0], rules, &[]).unwrap();
    let mut asks = 0;
    loop {
        match cover.next() {
            Next::Ask(ask) => {
                let Area::Circle(circle) = ask.area else { panic!("only circles are asked") };
                asks += 1;
                assert!(asks <= 20_000, "asks without end");
                cover.told(&seen(&ask, &answer(circle), true, (AreaShape::Circle, ranking)).unwrap());
            }
            Next::Done { capped } => return (asks, Outcome { capped, ..Outcome::default() }),
        }
    }
}

/// Every point of a grid over the liar's region lies in a spot that is reported with all words.
fn assert_all_reported(outcome: &Outcome, words: usize) {
    let center = Position::new(48.2, 16.37).unwrap();
    for step in 0..400_u32 {
        let (row, column) = (f64::from(step / 20), f64::from(step % 20));
        let place = Position::new(48.1964 + row * 0.000_36, 16.3646 + column * 0.000_54).unwrap();
        if distance_m(center, place) <= 400.0 {
            let words = city::words(words);
            for word in [&words[0], &words[words.len() - 1]] {
                let reported =
                    |spot: &&CappedSpot| spot.words.contains(word) && distance_m(spot.position, place) <= spot.radius_m;
                assert!(outcome.capped.iter().any(|spot| reported(&spot)), "{word} at {place:?} is not reported");
            }
        }
    }
}

#[test]
fn a_provider_that_always_has_more_is_left_soon_and_its_ground_reported() {
    for ranking in [Ranking::Distance, Ranking::Other] {
        for words in [1, 60] {
            let (asks, outcome) = covered_by_a_liar(words, ranking, |_| vec![None; 20]);
            assert!(asks < 500, "{asks} questions for {words} words");
            assert_all_reported(&outcome, words);
        }
    }
}

#[test]
fn a_provider_that_sees_only_a_metre_is_left_soon_and_its_ground_reported() {
    let metre = |circle: Circle| {
        let (lat, lng) = (circle.center.lat(), circle.center.lng());
        vec![Some(circle.center), Some(Position::new(lat + 0.000_01, lng).unwrap())]
    };
    let (asks, outcome) = covered_by_a_liar(2, Ranking::Distance, metre);
    assert!(asks < 1000, "{asks} questions");
    assert!(!outcome.capped.is_empty());
}

#[test]
fn an_empty_region_costs_one_question_a_tile() {
    let region = Region::from_bbox(179.9, -17.0, -179.9, -16.8).unwrap();
    let manners = Manners::nearest_first(20);
    let outcome = city::cover(&region, &city::rules(&manners, city::words(3), 50_000.0), &[], &manners);
    assert_eq!(outcome.told.iter().map(Vec::len).collect::<Vec<_>>(), vec![1; region.tiles().len()]);
}

#[test]
fn a_full_spot_is_split_by_words_before_it_is_called_capped() {
    let at = Position::new(41.15, -8.61).unwrap();
    let stacked = |count: usize, words: usize| -> Vec<Venue> {
        (0..count).map(|index| Venue { position: at, word: index % words }).collect()
    };
    let region = Region::from_circle(at, 250.0).unwrap();
    let manners = Manners::nearest_first(20);
    let rules = city::rules(&manners, city::words(4), 50_000.0);

    let split = city::cover(&region, &rules, &stacked(60, 4), &manners);
    assert_eq!((split.returned.len(), split.capped.len()), (60, 0), "15 of each word fit");

    let overfull = city::cover(&region, &rules, &stacked(60, 1), &manners);
    assert_eq!(overfull.returned.len(), 20);
    assert!(!overfull.capped.is_empty());
    assert!(overfull.capped.iter().all(|spot| spot.words == ["word0"] && spot.seen == 20));
    assert!(overfull.capped.iter().all(|spot| distance_m(spot.position, at) <= spot.radius_m + 0.1));
}

#[test]
fn more_words_than_fit_one_question_are_asked_in_groups() {
    let at = Position::new(1.3, 103.8).unwrap();
    let region = Region::from_circle(at, 300.0).unwrap();
    let manners = Manners::nearest_first(20);
    let rules = Rules { words_per_query: 2, ..city::rules(&manners, city::words(5), 50_000.0) };
    let venues: Vec<Venue> = (0..10).map(|index| Venue { position: at, word: index % 5 }).collect();
    let outcome = city::cover(&region, &rules, &venues, &manners);
    let asked: Vec<Vec<String>> = outcome.told.iter().flatten().map(|seen| seen.ask.words.clone()).collect();
    assert_eq!(asked, [vec!["word0", "word1"], vec!["word2", "word3"], vec!["word4"]]);
    assert_eq!(outcome.returned.len(), 10);
}

#[test]
fn a_uniform_city_costs_less_than_three_times_the_least() {
    let region = Region::from_bbox(2.30, 48.84, 2.36, 48.88).unwrap();
    let mut dice = Dice::new(11);
    let venues: Vec<Venue> = (0..1500)
        .map(|_| Position::new(48.84 + 0.04 * dice.roll(), 2.30 + 0.06 * dice.roll()).unwrap())
        .map(|position| Venue { position, word: 0 })
        .collect();
    let manners = Manners::nearest_first(20);
    let outcome = city::cover(&region, &city::rules(&manners, city::words(1), 50_000.0), &venues, &manners);
    assert_eq!(outcome.returned.len(), 1500);
    assert!(outcome.asks < 3 * 1500 / 20, "{} questions", outcome.asks);
}
