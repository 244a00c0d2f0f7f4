//! Strips of boxes that are counted before they are paid for: nothing is lost whatever the city, and little is paid twice.

use std::collections::BTreeSet;

use proptest::prelude::*;
use venue_sync::coverage::{EARTH_RADIUS_M, Next, Region, Rules, TileCover, distance_m};
use venue_sync::model::{Area, KnownPlace, Position, Purpose};

use super::city::{self, Dice, Manners, Venue};
use super::paged::{Bill, Desk, Told, rules, rules_of};
use super::{cases, region, venues};

/// A city, its provider's answers, and what is believed of it.
#[derive(Debug, Clone)]
struct Case {
    region: Region,
    venues: Vec<Venue>,
    known: Vec<KnownPlace>,
    words: usize,
    page: u32,
    cap: u32,
    lie: usize,
}

/// Ways of counting: the truth; nobody tells what is fresh; a full answer now and then; always a full answer; too few, but never none;
/// whatever it is, a number that has nothing to do with it.
const LIES: [fn(Told) -> Told; 6] = [
    |told| told,
    |told| Told { fresh: None, ..told },
    |told| if told.dice.is_multiple_of(3) { Told { truncated: true, ..told } } else { told },
    |told| Told { truncated: true, ..told },
    |told| {
        let fresh = told.fresh.map(|fresh| if told.truncated { 1 } else { fresh.min(1) });
        Told { rows: told.rows.min(1), truncated: false, fresh, ..told }
    },
    |told| {
        let rows = told.rows.max(1) + u32::try_from(told.dice % 7).unwrap();
        Told { rows, truncated: false, fresh: None, ..told }
    },
];

/// The first word is a wide one: all venues are found by it.
fn found_by(venue: &Venue, word: usize) -> bool {
    word == 0 || venue.word == word
}

fn case() -> impl Strategy<Value = Case> {
    let sizes = (1..4_usize, 1..6_u32, 1..5_u32, 0..LIES.len());
    (region(), any::<u64>(), 0..120_usize, sizes).prop_map(
        |((region, at, size), seed, count, (words, page, pages, lie))| {
            let venues = venues(seed, count, words, at, size);
            let mut dice = Dice::new(seed);
            // Some are known, some are not, and some of those that are known are no longer there.
            let part = dice.roll().mul_add(2.0, -0.5);
            let mut known = Vec::new();
            for venue in &venues {
                if dice.roll() < part {
                    let groups = if dice.roll() < 0.5 { vec![] } else { vec![0, u16::try_from(venue.word).unwrap()] };
                    let lat = (venue.position.lat() + 1e-4 * (dice.roll() - 0.5)).clamp(-90.0, 90.0);
                    known.push(KnownPlace { position: Position::new(lat, venue.position.lng()).unwrap(), groups });
                }
            }
            Case { region, venues, known, words, page, cap: page * pages, lie }
        },
    )
}

fn covered(case: &Case) -> Bill {
    let desk = Desk::matching(&case.venues, found_by).counting(LIES[case.lie]);
    desk.cover(&case.region, &rules_of(case.words, case.page, case.cap), &case.known)
}

/// Venues of the region that were neither returned nor lie in a spot that is reported.
fn lost(case: &Case, bill: &Bill) -> Vec<usize> {
    let manners = Manners::nearest_first(20);
    let is_lost = |index: &usize| {
        let venue = case.venues[*index];
        let place = city::shown(venue.position, &manners);
        let reported = bill.capped.iter().any(|spot| distance_m(spot.position, place) <= spot.radius_m + 0.02);
        place.lat().abs() < 90.0 && case.region.contains(place) && !bill.returned.contains(index) && !reported
    };
    (0..case.venues.len()).filter(is_lost).collect()
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn every_venue_is_returned_or_reported_however_it_is_counted(case in case()) {
        let bill = covered(&case);
        prop_assert_eq!(lost(&case, &bill), Vec::<usize>::new());
        for (tile, told) in case.region.tiles().into_iter().zip(&bill.told) {
            prop_assert!(told.len() < 20_000, "{} questions", told.len());
            for seen in told {
                prop_assert_eq!(seen.ask.words.len(), 1);
                let Area::Rectangle(cell) = seen.ask.area else { panic!("only boxes are asked") };
                prop_assert!(cell.south < cell.north && cell.west < cell.east, "{:?}", cell);
                // Not beyond the tile, but for what a provider rounds away.
                let high = (1.0 / EARTH_RADIUS_M).to_degrees();
                prop_assert!(cell.south >= tile.cell.south - high && cell.north <= tile.cell.north + high);
                let within = |lng: f64| (-180.0..=180.0).contains(&lng);
                prop_assert!(within(cell.west) && within(cell.east));
            }
        }
    }

    #[test]
    fn told_the_same_it_asks_the_same_and_its_asks_survive_json(case in case()) {
        let bill = covered(&case);
        for (tile, told) in case.region.tiles().into_iter().zip(&bill.told) {
            let near = |place: &&KnownPlace| {
                (tile.cell.south - 0.001..=tile.cell.north + 0.001).contains(&place.position.lat())
                    && (tile.cell.west - 0.001..=tile.cell.east + 0.001).contains(&place.position.lng())
            };
            let known: Vec<KnownPlace> = case.known.iter().filter(near).cloned().collect();
            let rules = rules_of(case.words, case.page, case.cap);
            let mut again = TileCover::new(&case.region, tile, rules, &known).unwrap();
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

/// A town of some tiles, its middle much denser than its edges.
fn town(seed: u64, count: usize, words: usize) -> (Region, Vec<Venue>) {
    let region = Region::from_bbox(2.20, 48.80, 2.50, 48.95).unwrap();
    let mut dice = Dice::new(seed);
    let mut venues = Vec::new();
    while venues.len() < count {
        let spread = if venues.len() % 2 == 0 { 0.02 } else { 0.15 };
        let (lat, lng) = (48.875 + spread * 0.5 * dice.bell(), 2.35 + spread * dice.bell());
        let position = Position::new(lat, lng).unwrap();
        if region.contains(position) {
            venues.push(Venue { position, word: venues.len() % words });
        }
    }
    (region, venues)
}

fn known(venues: &[Venue]) -> Vec<KnownPlace> {
    venues.iter().map(|venue| KnownPlace { position: venue.position, groups: vec![0] }).collect()
}

/// Paid pages over venues ÷ 20.
fn ratio(bill: &Bill, venues: usize) -> f64 {
    f64::from(bill.paid) * 20.0 / f64::from(u32::try_from(venues).unwrap())
}

#[test]
fn a_city_is_paid_for_once_and_found_by_few_free_questions() {
    let (region, venues) = town(7, 6000, 1);
    let first = Desk::new(&venues).cover(&region, &rules(1), &[]);
    assert_eq!((first.returned.len(), first.capped.len()), (6000, 0));
    assert!(ratio(&first, 6000) <= 1.05, "{}", ratio(&first, 6000));
    assert!(first.free <= 5 * first.paid, "{} free for {} paid", first.free, first.paid);
}

#[test]
fn what_is_known_saves_free_questions_and_what_changed_costs_little() {
    let (region, mut venues) = town(8, 6000, 1);
    let known = known(&venues);
    let first = Desk::new(&venues).cover(&region, &rules(1), &[]);
    let again = Desk::new(&venues).cover(&region, &rules(1), &known);
    assert_eq!(again.returned.len(), 6000);
    assert!(ratio(&again, 6000) <= 1.05, "{}", ratio(&again, 6000));
    assert!(again.free < first.free * 2 / 3, "{} free questions, {} before", again.free, first.free);

    let (_, new) = town(9, 300, 1);
    venues.drain(..180);
    venues.extend(new);
    let changed = Desk::new(&venues).cover(&region, &rules(1), &known);
    assert_eq!(changed.returned.len(), 6120);
    assert!(ratio(&changed, 6120) <= 1.12, "{}", ratio(&changed, 6120));
}

#[test]
fn an_empty_region_costs_nothing() {
    let region = Region::from_bbox(179.9, -17.0, -179.9, -16.8).unwrap();
    let bill = Desk::new(&[]).cover(&region, &rules(3), &[]);
    assert_eq!((bill.paid, bill.free), (0, 3 * u32::try_from(region.tiles().len()).unwrap()));
}

#[test]
fn a_word_whose_venues_are_all_paid_for_costs_nothing_more() {
    let (region, venues) = town(10, 3000, 9);
    let wide = Desk::matching(&venues, found_by).cover(&region, &rules(1), &[]);
    let all = Desk::matching(&venues, found_by).cover(&region, &rules(9), &[]);
    assert_eq!(all.paid, wide.paid, "the other eight words find nothing new");
    // Nobody counts what is fresh: each word is paid for by itself.
    let blind = Desk::matching(&venues, found_by).counting(LIES[1]).cover(&region, &rules(9), &[]);
    assert!(blind.paid > wide.paid * 3 / 2, "{} and {}", blind.paid, wide.paid);
}

#[test]
fn a_few_new_venues_among_many_are_not_paid_for_with_all_of_them() {
    // The second word finds all that the first one finds, and five more.
    fn second_is_wider(venue: &Venue, word: usize) -> bool {
        word == 1 || venue.word == 0
    }
    let (region, mut venues) = town(11, 2000, 1);
    let first = Desk::matching(&venues, second_is_wider).cover(&region, &rules(1), &[]);
    for venue in venues.iter_mut().take(5) {
        venue.word = 1;
    }
    let both = Desk::matching(&venues, second_is_wider).cover(&region, &rules(2), &[]);
    assert_eq!(both.returned.len(), 2000);
    assert!(both.paid <= first.paid + 10, "{} pages, {} before", both.paid, first.paid);
}

#[test]
fn more_venues_at_a_spot_than_an_answer_holds_are_one_capped_spot() {
    let at = Position::new(41.15, -8.61).unwrap();
    let mut venues = vec![Venue { position: at, word: 0 }; 70];
    venues.push(Venue { position: Position::new(41.1501, -8.61).unwrap(), word: 0 });
    let region = Region::from_circle(at, 250.0).unwrap();
    let bill = Desk::new(&venues).cover(&region, &rules(1), &[]);
    assert!(bill.returned.contains(&70), "the one beside it is found");
    assert_eq!(bill.capped.len(), 1, "{:?}", bill.capped);
    let spot = &bill.capped[0];
    assert!(spot.words == ["word0"] && spot.seen == 60 && spot.radius_m < 2.0, "{spot:?}");
    assert!(bill.paid <= 6, "{} pages", bill.paid);
}

#[test]
fn a_provider_that_always_has_more_is_left_soon_and_its_ground_reported() {
    let region = Region::from_circle(Position::new(48.2, 16.37).unwrap(), 400.0).unwrap();
    let tile = region.tiles()[0];
    for full_counts in [true, false] {
        let mut cover = TileCover::new(&region, tile, rules(3), &[]).unwrap();
        let (mut paid, mut asks) = (0, 0);
        let capped = loop {
            let ask = match cover.next() {
                Next::Ask(ask) => ask,
                Next::Done { capped } => break capped,
            };
            asks += 1;
            let is_count = ask.purpose == Purpose::Count;
            paid += u32::from(!is_count);
            let truncated = !is_count || full_counts;
            let rows = if truncated { 60 } else { 30 };
            cover.told(&venue_sync::model::AnswerSeen { ask, rows, truncated, outermost_m: None, fresh: None });
        };
        assert!(paid < 500 && asks < 5000, "{paid} paid of {asks} questions");
        let words: BTreeSet<&String> = capped.iter().flat_map(|spot| &spot.words).collect();
        assert_eq!(words.len(), 3);
        for step in 0..400_u32 {
            let (row, column) = (f64::from(step / 20), f64::from(step % 20));
            let place = Position::new(48.1965 + row * 0.000_35, 16.3650 + column * 0.000_5).unwrap();
            for word in ["word0", "word2"].into_iter().filter(|_| region.contains(place)) {
                let reported = capped.iter().any(|spot| {
                    spot.words.iter().any(|name| name == word) && distance_m(spot.position, place) <= spot.radius_m
                });
                assert!(reported, "{word} at {place:?}");
            }
        }
    }
}

#[test]
fn a_box_that_is_known_to_hold_too_much_is_cut_where_its_venues_are() {
    let (region, venues) = town(12, 4000, 1);
    // A provider without counts: 100 in an answer, all on one page.
    let rules = Rules { counts: None, ..rules_of(1, 100, 100) };
    let blind = Desk::new(&venues).cover(&region, &rules, &[]);
    let again = Desk::new(&venues).cover(&region, &rules, &known(&venues));
    assert_eq!((blind.returned.len(), again.returned.len()), (4000, 4000));
    assert!(again.asks * 3 < blind.asks * 2, "{} questions, {} without knowing", again.asks, blind.asks);
    // What is no longer true costs, and nothing is lost.
    let elsewhere = town(13, 4000, 1).1;
    let surprised = Desk::new(&elsewhere).cover(&region, &rules, &known(&venues));
    assert_eq!(surprised.returned.len(), 4000);
}
