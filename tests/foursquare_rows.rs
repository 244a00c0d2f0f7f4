//! Foursquare's rows, from the bytes of an answer to the venue or the reject: one fixture for each of the inputs that have bitten
//! somebody. The numbers in the fixtures' names are those of the test names.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

#[path = "support/foreign.rs"]
mod foreign;

use std::path::Path;

use chrono::DateTime;
use proptest::prelude::*;
use venue_sync::model::{
    Area, Ask, BoundingBox, BusinessStatus, Field, Hours, HoursState, Normalised, Position, RawVenue, Reject,
    RejectReason, Repair, Tier,
};
use venue_sync::normalise::normalise;
use venue_sync::provider::{self, Cursor, Page, Provider};
use venue_sync::wire::{Request, Response, Verdict};

fn foursquare() -> Box<dyn Provider> {
    provider::all().into_iter().find(|provider| provider.name() == "foursquare").unwrap()
}

fn request_of(provider: &dyn Provider) -> Request {
    let cell = BoundingBox { south: 38.69, west: -9.23, north: 38.8, east: -9.09 };
    provider.request(&Ask::rows(Area::Rectangle(cell), vec![]), "en", None)
}

fn response(status: u16, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body, received_at: DateTime::from_timestamp(1_798_027_200, 0).unwrap() }
}

fn fixture(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/foursquare").join(name).with_extension("json");
    std::fs::read(file).unwrap()
}

fn page_of(provider: &dyn Provider, name: &str) -> Page {
    let response = response(200, &[], fixture(name));
    assert_eq!(provider.judge(&response), Verdict::Fine, "{name}");
    provider.parse(&request_of(provider), &response)
}

fn clean(row: Result<RawVenue, Reject>) -> Result<Normalised, Reject> {
    let foursquare = foursquare();
    normalise(row?, &|word| foursquare.category(word), &|zone| zone == "Europe/Lisbon")
}

fn cleaned(name: &str) -> Vec<Result<Normalised, Reject>> {
    page_of(foursquare().as_ref(), name).rows.into_iter().map(clean).collect()
}

/// The fixture's rows, all of which become venues.
fn venues(name: &str) -> Vec<Normalised> {
    cleaned(name).into_iter().map(Result::unwrap).collect()
}

/// The OSM value of each row's hours; a dash where they are unknown.
fn weeks(name: &str) -> Vec<String> {
    let osm = |hours: &Hours| hours.osm.clone().unwrap();
    venues(name).iter().map(|row| row.venue.hours.present().map_or_else(|| "-".to_owned(), osm)).collect()
}

#[test]
fn items_1_and_2_what_says_nothing_of_hours_is_unknown_and_not_closed() {
    assert_eq!(weeks("01_hours_empty"), ["-"; 4]);
    let rows = venues("02_hours_without_list");
    assert_eq!(weeks("02_hours_without_list"), ["-"; 3]);
    assert!(rows.iter().all(|row| row.venue.hours == Field::Absent && row.repairs.is_empty()));
    let words: Vec<_> = rows.iter().map(|row| row.venue.raw_hours.present().map(String::as_str)).collect();
    assert_eq!(words, [None, Some("Mon-Fri 9-5; Sat by luck"), None]);
}

#[test]
fn items_3_to_7_a_day_may_end_on_the_next() {
    assert_eq!(
        weeks("03_to_07_past_midnight"),
        ["Fr 18:00-02:00", "Fr 17:00-02:00", "24/7", "Su 00:00-24:00", "Sa,Su 11:00-24:00"]
    );
    let always = venues("03_to_07_past_midnight").remove(2);
    assert_eq!(always.venue.hours.present().unwrap().state, HoursState::AlwaysOpen);
}

#[test]
fn items_8_and_9_times_are_read_in_every_spelling() {
    assert_eq!(weeks("08_and_09_odd_times"), ["Mo 18:00-22:30", "Mo 09:00-17:00", "Mo 09:00-14:00,17:00-23:00"]);
}

#[test]
fn item_10_a_night_in_two_rows_is_one() {
    assert_eq!(weeks("10_night_in_two_rows"), ["Sa 11:00-03:00", "Mo 11:00-23:59"]);
}

#[test]
fn items_11_and_12_a_row_twice_is_one_and_a_row_of_no_day_spoils_the_week() {
    assert_eq!(weeks("11_and_12_rows_twice_and_no_days"), ["We 09:00-17:00", "-", "-"]);
    let repairs: Vec<_> = venues("11_and_12_rows_twice_and_no_days").into_iter().map(|row| row.repairs).collect();
    assert_eq!(repairs, [vec![], vec![Repair::HoursDropped], vec![Repair::HoursDropped]]);
}

#[test]
fn item_13_foot_traffic_is_no_opening() {
    assert_eq!(weeks("13_foot_traffic"), ["-"]);
}

#[test]
fn items_14_and_15_ratings_are_halved_and_prices_have_no_zero() {
    let rows = venues("14_and_15_rating_and_price");
    let ratings: Vec<_> = rows.iter().map(|row| row.venue.rating).collect();
    assert_eq!(
        ratings,
        [Field::Absent, Field::Absent, Field::Present(4.7), Field::Absent, Field::Present(5.0), Field::Present(4.0)]
    );
    let prices: Vec<_> = rows.iter().map(|row| row.venue.price_level).collect();
    assert_eq!(prices, [Field::Absent, Field::Absent, Field::Present(2), Field::Absent, Field::Absent, Field::Absent]);
    assert_eq!(rows[3].repairs, [Repair::RatingDropped, Repair::PriceDropped]);
    assert_eq!(rows[4].repairs, [Repair::PriceDropped]);
}

#[test]
fn item_16_a_venue_needs_no_category() {
    let categories: Vec<_> = venues("16_no_categories").into_iter().map(|row| row.venue.categories).collect();
    assert_eq!(categories, [const { Field::Present(vec![]) }; 2]);
}

#[test]
fn item_17_the_two_kinds_of_category_ids_mean_the_same() {
    let rows = venues("17_ids_of_both_kinds");
    let codes = |at: usize| rows[at].venue.categories.present().unwrap().join(" ");
    assert_eq!(codes(0), "coffee_shop bakery");
    // What nobody knows passes by its name, and only without one by its id.
    assert_eq!(codes(1), "tidal_kitchen bar 99999");
    assert_eq!(rows[1].unmapped_categories, ["99999", "Bar", "Tidal Kitchen"]);
    assert_eq!(codes(2), "event_venue");
}

#[test]
fn items_18_and_20_the_older_shape_is_read_where_it_is_met() {
    let rows = cleaned("18_and_20_the_older_shape");
    assert_eq!(rows.len(), 4);
    let first = rows[0].as_ref().unwrap();
    assert!(first.venue.provider_id.starts_with("4b05invented"));
    assert_eq!(Ok(first.venue.position), Position::new(38.7111, -9.1411));
    assert_eq!(first.venue.categories, Field::Present(vec!["bar".to_owned()]));
    assert_eq!(first.venue.hours.present().unwrap().timezone.as_deref(), Some("Europe/Lisbon"));
    assert_eq!(Ok(rows[1].as_ref().unwrap().venue.position), Position::new(38.7112, -9.1412), "the roof");
    for row in &rows[2..] {
        assert_eq!(row.as_ref().unwrap_err().reason, RejectReason::NoPosition);
    }
}

#[test]
fn item_19_no_position_is_a_reject_that_keeps_the_id() {
    let rows = cleaned("19_no_position");
    assert_eq!(Ok(rows[2].as_ref().unwrap().venue.position), Position::new(38.7101, -9.1402), "written as a text");
    let reject = |at: usize| rows[at].as_ref().unwrap_err();
    for at in [0, 1] {
        assert_eq!(reject(at).reason, RejectReason::NoPosition);
        assert!(reject(at).provider_id.as_ref().unwrap().starts_with("5eaf"));
    }
    assert_eq!([reject(3).reason, reject(4).reason], [RejectReason::BadPosition; 2]);
}

#[test]
fn items_21_and_22_an_address_is_put_together_without_the_country() {
    let rows = venues("21_and_22_addresses");
    let lines: Vec<_> = rows.iter().map(|row| row.venue.address.present().map(String::as_str)).collect();
    let harbour = Some("1 Harbour St, 53704 Madison, WI");
    assert_eq!(lines, [None, harbour, harbour, Some("Lisboa"), None]);
}

#[test]
fn item_23_marked_as_closed_is_closed_whatever_the_date() {
    let status: Vec<_> = venues("23_closed").iter().map(|row| row.venue.status).collect();
    let closed = Field::Present(BusinessStatus::ClosedPermanently);
    assert_eq!(status, [closed, closed, Field::Present(BusinessStatus::Operational)]);
}

#[test]
fn item_24_what_is_doubted_is_kept_aside() {
    let rows = cleaned("24_flags");
    for row in &rows[..5] {
        let reject = row.as_ref().unwrap_err();
        assert_eq!(reject.reason, RejectReason::Flagged);
        assert!(reject.provider_id.is_some() && reject.detail.contains('`'), "{reject:?}");
    }
    // Only said to be closed: neither closed nor surely open.
    assert_eq!(rows[5].as_ref().unwrap().venue.status, Field::Absent);
    assert_eq!(rows[6].as_ref().unwrap().venue.status, Field::Present(BusinessStatus::Operational));
}

#[test]
fn item_25_what_we_do_not_read_spoils_nothing() {
    assert_eq!(venues("25_relations_without_ids").len(), 1);
}

#[test]
fn item_26_names_stay_as_they_are() {
    let rows = cleaned("26_names");
    let name = |at: usize| rows[at].as_ref().unwrap().venue.name.as_str();
    assert_eq!([name(0), name(1), name(2), name(5)], ["🍤 Maré", "@thecorner", "Tasca Azul (Closed)", "Café  do Sul"]);
    for at in [3, 4] {
        assert_eq!(rows[at].as_ref().unwrap_err().reason, RejectReason::NoName);
    }
}

#[test]
fn item_28_the_last_page_is_known_by_its_link() {
    let foursquare = foursquare();
    let request = request_of(foursquare.as_ref());
    let body = fixture("25_relations_without_ids");
    let page = |links: &[(&str, &str)], body: &[u8]| foursquare.parse(&request, &response(200, links, body.to_vec()));
    let links = r#"<https://p.example/places/search?cursor=old>; rel="prev", <https://p.example/places/search?cursor=c3I6NTA%3D>; rel="next""#;
    let first = page(&[("link", links)], &body);
    assert_eq!((first.truncated, first.next.clone()), (false, Some(Cursor("c3I6NTA=".to_owned()))));
    let last = page(&[], &body);
    assert_eq!((last.truncated, last.next), (false, None));
    // The next question is the same, with the cursor; the address in the header goes nowhere.
    let cell = BoundingBox { south: 38.69, west: -9.23, north: 38.8, east: -9.09 };
    let ask = Ask::rows(Area::Rectangle(cell), vec![]);
    let mut next = foursquare.request(&ask, "en", first.next.as_ref());
    assert_eq!(next.query.pop(), Some(("cursor".to_owned(), "c3I6NTA=".to_owned())));
    assert_eq!(next, request);
    // There is more, but not where; and a page without rows leads nowhere.
    assert!(page(&[("link", r#"<https://p.example/x>; rel="next""#)], &body).truncated);
    let empty = page(&[("link", links)], br#"{"results":[]}"#);
    assert_eq!((empty.truncated, empty.next), (true, None));
}

#[test]
fn a_full_page_that_is_the_last_may_have_been_cut_off() {
    let foursquare = foursquare();
    let row: serde_json::Value = serde_json::from_slice(&fixture("25_relations_without_ids")).unwrap();
    for (rows, cut) in [(49, false), (50, true)] {
        let body = serde_json::json!({ "results": vec![&row["results"][0]; rows] }).to_string().into_bytes();
        assert_eq!(foursquare.parse(&request_of(foursquare.as_ref()), &response(200, &[], body)).truncated, cut);
    }
}

#[test]
fn item_29_no_credit_is_not_a_throttle() {
    let of = |body: &str| foursquare().judge(&response(429, &[], body.as_bytes().to_vec()));
    assert!(matches!(of(r#"{"message":"No API credits left"}"#), Verdict::CredentialsRefused { .. }));
    assert!(matches!(of(r#"{"message":"Slow down"}"#), Verdict::RetryAfter { .. }));
}

#[test]
fn item_30_an_error_under_status_200_is_no_empty_town() {
    for body in [r#"{"message":"Something went wrong"}"#, "<html><title>Sign in</title>", "", "{}"] {
        let verdict = foursquare().judge(&response(200, &[], body.as_bytes().to_vec()));
        assert!(matches!(verdict, Verdict::NotUsable { .. }), "{body}");
    }
}

#[test]
fn a_row_that_cannot_be_read_spoils_no_other() {
    let rows = cleaned("rows_that_are_none");
    assert!(rows[0].is_ok());
    for row in &rows[1..5] {
        assert_eq!(row.as_ref().unwrap_err().reason, RejectReason::Unreadable);
    }
    assert_eq!(rows[5].as_ref().unwrap_err().reason, RejectReason::NoId);
    assert_eq!(rows[6].as_ref().unwrap_err().reason, RejectReason::NoName);
}

#[test]
fn the_same_place_in_another_order_is_the_same_row() {
    let rows = venues("one_place_in_two_orders");
    assert_eq!(rows[0].venue, rows[1].venue);
}

#[test]
fn what_the_basic_tier_does_not_ask_for_overwrites_nothing() {
    let basic = foursquare().at(Tier::Basic).unwrap();
    assert!(basic.limits().price < foursquare().limits().price);
    // Even where it comes all the same.
    let row = page_of(basic.as_ref(), "25_relations_without_ids").rows.remove(0);
    let venue = clean(row).unwrap().venue;
    assert_eq!((venue.rating, venue.price_level, venue.hours), (Field::NotAsked, Field::NotAsked, Field::NotAsked));
    assert_eq!(venue.raw_hours, Field::NotAsked);
    assert_eq!(venue.status, Field::Present(BusinessStatus::Operational));
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        prop_oneof!["[+]?[0-9]{1,2}:?[0-9]{2}", "\\PC{0,12}"].prop_map(Into::into),
    ];
    let member = prop::sample::select(vec![
        "fsq_place_id",
        "fsq_id",
        "name",
        "latitude",
        "longitude",
        "geocodes",
        "main",
        "roof",
        "location",
        "locality",
        "formatted_address",
        "categories",
        "fsq_category_id",
        "id",
        "rating",
        "price",
        "hours",
        "display",
        "regular",
        "day",
        "open",
        "close",
        "date_closed",
        "unresolved_flags",
        "timezone",
    ]);
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map(member.clone().prop_map(str::to_owned), inner, 0..12)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// Judges, parses and cleans; each row comes out as a venue or a reject.
fn run_through(body: Vec<u8>) -> Result<(), TestCaseError> {
    let foursquare = foursquare();
    let request = request_of(foursquare.as_ref());
    for row in foreign::counted_rows(foursquare.as_ref(), &request, &response(200, &[], body), "results")? {
        foreign::check_clean(clean(row), &(1..=4))?;
    }
    Ok(())
}

const ODD: &[&str] = &[
    "03_to_07_past_midnight",
    "14_and_15_rating_and_price",
    "18_and_20_the_older_shape",
    "21_and_22_addresses",
    "24_flags",
    "rows_that_are_none",
];

proptest! {
    #[test]
    fn any_bytes_are_survived(status: u16, link in "\\PC*", body: Vec<u8>) {
        let foursquare = foursquare();
        let response = response(status, &[("link", &link)], body.clone());
        foursquare.judge(&response);
        foursquare.parse(&request_of(foursquare.as_ref()), &response);
        run_through(body)?;
    }

    #[test]
    fn a_damaged_answer_is_survived(bodies in foreign::damaged("foursquare", ODD)) {
        for body in bodies {
            run_through(body)?;
        }
    }

    #[test]
    fn a_lying_answer_is_survived(body in foreign::lying("foursquare", ODD)) {
        run_through(body)?;
    }

    #[test]
    fn every_row_of_any_shape_is_accounted_for(rows in prop::collection::vec(any_json(), 0..6)) {
        let body = serde_json::json!({ "results": rows }).to_string().into_bytes();
        prop_assert_eq!(foursquare().judge(&response(200, &[], body.clone())), Verdict::Fine);
        run_through(body)?;
    }
}
