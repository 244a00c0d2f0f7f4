//! OpenStreetMap's elements, from the bytes of an answer to the venue or the reject: one fixture for each of the inputs that have bitten
//! somebody. The numbers in the fixtures' names are those of the test names; what is read of hours alone is tested beside the rule.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

#[path = "support/foreign.rs"]
mod foreign;

use std::ops::RangeInclusive;
use std::path::Path;

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::json;
use venue_sync::model::{
    Area, Ask, BoundingBox, BusinessStatus, Field, HoursState, Normalised, RawVenue, Reject, RejectReason,
};
use venue_sync::normalise::normalise;
use venue_sync::provider::{self, Page, Provider};
use venue_sync::wire::{Request, Response, Verdict};

fn osm() -> Box<dyn Provider> {
    provider::all().into_iter().find(|provider| provider.name() == "osm").unwrap()
}

fn request(language: &str) -> Request {
    let cell = BoundingBox { south: 38.70, west: -9.15, north: 38.72, east: -9.12 };
    osm().request(&Ask::rows(Area::Rectangle(cell), vec![]), language, None)
}

fn response(body: Vec<u8>) -> Response {
    Response { status: 200, headers: vec![], body, received_at: DateTime::from_timestamp(1_798_027_200, 0).unwrap() }
}

fn fixture(name: &str) -> Response {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/osm").join(name).with_extension("json");
    response(std::fs::read(path).unwrap())
}

fn page(name: &str) -> Page {
    let response = fixture(name);
    assert_eq!(osm().judge(&response), Verdict::Fine, "{name}");
    osm().parse(&request("en"), &response)
}

fn clean(row: Result<RawVenue, Reject>) -> Result<Normalised, Reject> {
    let osm = osm();
    normalise(row?, &|word| osm.category(word), &|_| true)
}

fn cleaned(name: &str) -> Vec<Result<Normalised, Reject>> {
    page(name).rows.into_iter().map(clean).collect()
}

/// The fixture's rows, all of which become venues.
fn venues(name: &str) -> Vec<Normalised> {
    cleaned(name).into_iter().map(Result::unwrap).collect()
}

fn names(name: &str) -> Vec<String> {
    venues(name).into_iter().map(|row| row.venue.name).collect()
}

fn categories(row: &Normalised) -> Vec<String> {
    row.venue.categories.present().unwrap().clone()
}

#[test]
fn item_1_a_remark_is_never_an_answer() {
    assert!(matches!(osm().judge(&fixture("01_remark_and_nothing")), Verdict::TooMuch { .. }));
    assert!(matches!(osm().judge(&fixture("01_remark_after_a_part")), Verdict::NotUsable { .. }));
}

#[test]
fn item_3_an_outline_without_a_middle_is_a_reject_that_keeps_the_id() {
    let rows = cleaned("03_outline_without_a_middle");
    let reject = rows[0].as_ref().unwrap_err();
    assert_eq!((reject.reason, reject.provider_id.as_deref()), (RejectReason::NoPosition, Some("way/9000000001")));
    let venue = &rows[1].as_ref().unwrap().venue;
    assert_eq!((venue.provider_id.as_str(), venue.position.lat()), ("relation/9000000002", 38.7));
}

#[test]
fn item_4_what_has_no_name_is_no_venue() {
    assert_eq!(cleaned("04_no_name").remove(0).unwrap_err().reason, RejectReason::NoName);
}

#[test]
fn item_5_a_name_in_another_language_is_better_than_none() {
    assert_eq!(names("05_named_in_other_languages"), ["Кофейня Волна", "Café Welle", "Onda"]);
    let page = osm().parse(&request("pt-PT"), &fixture("05_named_in_other_languages"));
    assert_eq!(page.rows[1].as_ref().unwrap().name, Field::Present("Café da Onda".to_owned()));
}

#[test]
fn item_6_two_names_in_one_stay_as_they_are() {
    assert_eq!(names("06_two_names_in_one"), ["Kaia / Cais; O Cais"]);
}

#[test]
fn items_7_and_8_lists_become_categories() {
    assert_eq!(categories(&venues("07_two_kinds")[0]), ["bar", "cafe"]);
    let forno = &venues("08_cuisines")[0];
    assert_eq!(
        categories(forno),
        ["pizza_restaurant", "doner_kebab_restaurant", "restaurant", "cuisine_italian_pizza"]
    );
    assert_eq!(forno.unmapped_categories, ["cuisine=italian_pizza"], "a word that says nothing is not counted");
}

#[test]
fn item_9_a_number_is_no_key() {
    let ids: Vec<_> = venues("09_one_number_twice").into_iter().map(|row| row.venue.provider_id).collect();
    assert_eq!(ids, ["node/77", "way/77"]);
}

#[test]
fn item_10_a_venue_drawn_twice_is_one_and_its_namesake_is_another() {
    let rows = cleaned("10_point_and_outline");
    let reject = rows[0].as_ref().unwrap_err();
    assert_eq!(reject.reason, RejectReason::ListedTwice);
    assert_eq!(reject.provider_id.as_deref(), Some("way/501"));
    assert!(reject.detail.contains("node/502"), "{}", reject.detail);
    assert!(rows[1].is_ok() && rows[2].is_ok());
}

#[test]
fn item_11_only_a_live_tag_is_what_a_place_is() {
    let rows = venues("11_what_it_once_was");
    let read: Vec<_> = rows.iter().map(|row| (categories(row)[0].clone(), row.venue.status)).collect();
    let of = |code: &str, status| (code.to_owned(), Field::Present(status));
    assert_eq!(
        read,
        [
            of("food_and_beverage_store", BusinessStatus::Operational),
            of("pub", BusinessStatus::ClosedPermanently),
            of("coffee_shop", BusinessStatus::FutureOpening),
            of("bar", BusinessStatus::ClosedPermanently),
        ]
    );
}

#[test]
fn items_12_and_13_never_always_and_who_knows() {
    let rows = venues("12_closed_says_the_tag");
    let states: Vec<_> = rows.iter().map(|row| row.venue.hours.present().map(|hours| hours.state)).collect();
    let known = [HoursState::NeverOpen, HoursState::AlwaysOpen, HoursState::Complex].map(Some);
    assert_eq!(states, [known.as_slice(), &[None, None]].concat());
    let words: Vec<_> = rows.iter().map(|row| row.venue.raw_hours.present().map(String::as_str)).collect();
    let kept = ["off", "24/7", "\"by appointment\"", "noon to whenever"].map(Some);
    assert_eq!(words, [kept.as_slice(), &[None]].concat(), "what was said is kept, whatever it means");
    let complex = rows[2].venue.hours.present().unwrap();
    assert_eq!((complex.periods.as_ref(), complex.weekday_text.as_ref(), complex.special_days.len()), (None, None, 0));
    assert_eq!(complex.timezone.as_deref(), Some("Europe/Lisbon"), "from the position");
}

/// The kinds of value are judged in `normalise`; here they come through the tag.
#[test]
fn item_27_a_closure_that_is_past_is_no_week() {
    let tags = |hours: &str| json!({"amenity": "cafe", "name": "Cais", "opening_hours": hours});
    let element = |hours: &str| json!({"type": "node", "id": 1, "lat": 38.71, "lon": -9.14, "tags": tags(hours)});
    let hours = |value: &str| {
        let body = json!({"elements": [element(value)]}).to_string();
        let row = osm().parse(&request("en"), &response(body.into_bytes())).rows.remove(0);
        clean(row).unwrap().venue.hours.present().cloned()
    };
    let past = hours("2017 Jul 1 - 2017 Aug 8 off; PH off").unwrap();
    assert_eq!((past.state, past.periods.is_none()), (HoursState::Complex, true), "nobody said when it is open");
    assert!(past.special_days.iter().all(|day| day.periods.is_empty()), "and nothing makes it open: {past:?}");
}

#[test]
fn a_row_that_cannot_be_read_spoils_no_other() {
    let rows = cleaned("unreadable_rows");
    let reasons: Vec<_> = rows.iter().map(|row| row.as_ref().err().map(|reject| reject.reason)).collect();
    let unreadable = Some(RejectReason::Unreadable);
    let no_venue = Some(RejectReason::NoVenue);
    assert_eq!(reasons, [[unreadable; 7].as_slice(), &[no_venue, no_venue, None]].concat());
    let id = |index: usize| rows[index].as_ref().err().and_then(|reject| reject.provider_id.clone());
    assert_eq!((id(0), id(4), id(5).as_deref()), (None, None, Some("node/5")));
}

#[test]
fn ratings_and_prices_are_nothing_that_the_map_speaks_of() {
    let venue = venues("07_two_kinds").remove(0).venue;
    assert_eq!((venue.rating, venue.price_level), (Field::NotAsked, Field::NotAsked));
}

/// Judges, parses and cleans; each row comes out as a venue or a reject. The map has no prices.
fn run_through(body: Vec<u8>) -> Result<(), TestCaseError> {
    for row in foreign::counted_rows(osm().as_ref(), &request("en"), &response(body), "elements")? {
        foreign::check_clean(clean(row), &NO_PRICES)?;
    }
    Ok(())
}

const NO_PRICES: RangeInclusive<i32> = RangeInclusive::new(1, 0);

const ODD: &[&str] = &[
    "01_remark_after_a_part",
    "03_outline_without_a_middle",
    "05_named_in_other_languages",
    "08_cuisines",
    "10_point_and_outline",
    "12_closed_says_the_tag",
    "unreadable_rows",
];

proptest! {
    #[test]
    fn any_bytes_are_survived(body: Vec<u8>, status in 100_u16..600) {
        let response = Response { status, ..response(body.clone()) };
        osm().judge(&response);
        osm().parse(&request("en"), &response);
        run_through(body)?;
    }

    #[test]
    fn a_damaged_answer_is_survived(bodies in foreign::damaged("osm", ODD)) {
        for body in bodies {
            run_through(body)?;
        }
    }

    #[test]
    fn a_lying_answer_is_survived(body in foreign::lying("osm", ODD)) {
        run_through(body)?;
    }

    #[test]
    fn any_tags_become_a_venue_or_a_reject(
        tags in prop::collection::btree_map(
            prop::sample::select(vec!["amenity", "shop", "cuisine", "name", "name:x", "opening_hours", "end_date", "was:shop", "addr:street"]),
            "\\PC{0,20}", 0..6),
        lat in -91.0..91.0_f64, lon in -181.0..181.0_f64,
    ) {
        let body = serde_json::json!({"elements": [{"type": "node", "id": 1, "lat": lat, "lon": lon, "tags": tags}]});
        run_through(body.to_string().into_bytes())?;
    }
}
