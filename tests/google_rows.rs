//! Google's rows, from the bytes of an answer to the venue or the reject: one fixture for each of the inputs that have bitten
//! somebody. The numbers in the fixtures' names are those of the test names.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

#[path = "support/foreign.rs"]
mod foreign;

use std::path::Path;

use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;
use venue_sync::model::{
    Area, Ask, BusinessStatus, Circle, Field, Hours, HoursState, Normalised, Position, RawVenue, Reject, RejectReason,
    Repair,
};
use venue_sync::normalise::normalise;
use venue_sync::provider::{self, Page, Provider};
use venue_sync::wire::{HeaderValue, QuotaReset, Request, Response, Verdict};

fn google() -> Box<dyn Provider> {
    provider::all().into_iter().find(|provider| provider.name() == "google").unwrap()
}

fn request() -> Request {
    let center = Position::new(38.71, -9.14).unwrap();
    google().request(&Ask::rows(Area::Circle(Circle { center, radius_m: 250.0 }), vec![]), "en", None)
}

fn response(status: u16, body: Vec<u8>) -> Response {
    Response { status, headers: vec![], body, received_at: DateTime::from_timestamp(1_798_027_200, 0).unwrap() }
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/google").join(name).with_extension("json"))
        .unwrap()
}

fn page(name: &str) -> Page {
    let response = response(200, fixture(name));
    assert_eq!(google().judge(&response), Verdict::Fine, "{name}");
    google().parse(&request(), &response)
}

fn clean(row: Result<RawVenue, Reject>) -> Result<Normalised, Reject> {
    let google = google();
    normalise(row?, &|word| google.category(word), &|zone| zone == "Europe/Lisbon")
}

fn cleaned(name: &str) -> Vec<Result<Normalised, Reject>> {
    page(name).rows.into_iter().map(clean).collect()
}

/// The fixture's rows, all of which become venues.
fn venues(name: &str) -> Vec<Normalised> {
    cleaned(name).into_iter().map(Result::unwrap).collect()
}

fn reasons(name: &str) -> Vec<RejectReason> {
    cleaned(name).into_iter().map(|row| row.unwrap_err().reason).collect()
}

fn hours(row: &Normalised) -> &Hours {
    row.venue.hours.present().unwrap()
}

fn osm(row: &Normalised) -> &str {
    hours(row).osm.as_deref().unwrap()
}

#[test]
fn item_1_an_empty_object_is_an_answer_without_rows() {
    let page = page("01_no_match");
    assert_eq!((page.rows.len(), page.truncated, page.next), (0, false, None));
}

#[test]
fn item_2_no_location_is_a_reject_that_keeps_the_id() {
    let row = cleaned("02_no_location").remove(0).unwrap_err();
    assert_eq!(row.reason, RejectReason::NoPosition);
    assert!(row.provider_id.unwrap().starts_with("ChIJinvented"));
}

#[test]
fn item_3_no_display_name_is_a_reject_and_the_resource_name_no_title() {
    assert_eq!(reasons("03_no_display_name"), [RejectReason::NoName; 3]);
}

#[test]
fn item_4_a_name_needs_no_language() {
    assert_eq!(venues("04_name_without_language")[0].venue.name, "Café da Esquina");
}

#[test]
fn item_5_a_coordinate_left_out_is_zero_but_both_are_nowhere() {
    let mut rows = cleaned("05_zero_coordinates_left_out");
    let at = |row: Result<Normalised, Reject>| row.map(|row| (row.venue.position.lat(), row.venue.position.lng()));
    assert_eq!(rows.pop().unwrap().unwrap_err().reason, RejectReason::BadPosition);
    assert_eq!(at(rows.pop().unwrap()).unwrap(), (51.5, 0.0));
    assert_eq!(at(rows.pop().unwrap()).unwrap(), (0.0, -0.12));
}

#[test]
fn items_6_and_7_ratings_are_numbers_or_absent() {
    let ratings: Vec<_> = venues("06_rating_whole_and_broken").iter().map(|row| row.venue.rating).collect();
    assert_eq!(ratings, [Field::Present(5.0), Field::Present(4.7)]);
    assert_eq!(venues("07_no_rating")[0].venue.rating, Field::Absent);
}

#[test]
fn items_8_11_12_13_a_price_range_is_no_price_level() {
    let levels: Vec<_> = venues("08_price_range_and_level").iter().map(|row| row.venue.price_level).collect();
    assert_eq!(levels, [Field::Absent, Field::Present(3)]);
    let levels: Vec<_> = venues("11_price_range_odd_forms").iter().map(|row| row.venue.price_level).collect();
    assert_eq!(levels, [Field::Absent; 3]);
}

#[test]
fn item_9_an_unknown_price_word_is_absent() {
    let rows = venues("09_price_words_unknown");
    assert_eq!((rows[0].venue.price_level, rows[0].repairs.as_slice()), (Field::Absent, [].as_slice()));
    assert_eq!(
        (rows[1].venue.price_level, rows[1].repairs.as_slice()),
        (Field::Absent, [Repair::PriceDropped].as_slice())
    );
}

#[test]
fn item_10_free_is_zero() {
    assert_eq!(venues("10_price_free")[0].venue.price_level, Field::Present(0));
}

#[test]
fn items_14_and_16_one_period_without_close_is_always_open() {
    for row in venues("14_always_open") {
        assert_eq!((hours(&row).state, osm(&row)), (HoursState::AlwaysOpen, "24/7"));
        let json = serde_json::to_value(hours(&row)).unwrap();
        assert_eq!(json["periods"], serde_json::json!([{ "open": { "day": 0, "hour": 0, "minute": 0 } }]));
        assert_eq!(json["timezone"], "Europe/Lisbon");
    }
}

#[test]
fn item_15_the_coming_week_is_not_the_regular_one() {
    let rows = venues("15_always_open_current_week");
    assert_eq!(hours(&rows[0]).state, HoursState::AlwaysOpen);
    // A special day inside one long period that is cut at both ends: not a day closed, but not known either.
    assert_eq!(hours(&rows[0]).special_days, []);
    assert_eq!(rows[0].repairs, [Repair::SpecialDayDropped]);
    assert_eq!(rows[1].venue.hours, Field::Absent);
}

#[test]
fn item_17_saturday_night_ends_on_sunday() {
    let rows = venues("17_saturday_to_midnight");
    assert_eq!(osm(&rows[0]), "Fr 18:00-24:00, Sa 11:00-24:00, Su 22:00-02:00");
    let periods = hours(&rows[0]).periods.clone().unwrap();
    let saturday = periods.iter().find(|period| period.open.day == 6).unwrap();
    let close = saturday.close.unwrap();
    assert_eq!((close.day, close.hour, close.minute), (0, 0, 0));
}

#[test]
fn item_18_a_minute_to_midnight_stays() {
    let rows = venues("18_a_minute_to_midnight");
    assert_eq!((osm(&rows[0]), osm(&rows[1])), ("Mo-Su 10:00-23:59", "Th 10:00-23:58"));
}

#[test]
fn item_19_every_shift_is_kept_in_order() {
    let row = venues("19_three_shifts_a_day").remove(0);
    let periods = hours(&row).periods.as_ref().unwrap();
    assert_eq!(periods.len(), 19);
    assert!(periods.is_sorted());
    assert_eq!(osm(&row), "Mo-Sa 07:00-10:00,12:00-15:00,18:00-22:30; Su 12:00-16:00");
}

#[test]
fn item_20_days_are_named_by_the_opening_not_by_place() {
    let row = venues("20_week_not_from_sunday").remove(0);
    let lines = hours(&row).weekday_text.clone().unwrap();
    assert_eq!((lines[0].as_str(), lines[6].as_str()), ("Monday: 09:00–18:00", "Sunday: closed"));
}

#[test]
fn item_21_a_period_of_days_is_kept_long() {
    let row = venues("21_open_for_days").remove(0);
    assert_eq!(hours(&row).periods.as_ref().unwrap().len(), 1);
    assert_eq!(osm(&row), "Fr 18:00-24:00; Sa 00:00-24:00; Su 00:00-02:00");
}

#[test]
fn item_22_repeated_hours_are_merged_and_contradictions_dropped() {
    let rows = venues("22_overlapping_periods");
    assert_eq!((osm(&rows[0]), rows[0].repairs.as_slice()), ("Mo,Tu 09:00-17:00", [Repair::HoursMerged].as_slice()));
    assert_eq!(hours(&rows[1]).state, HoursState::AlwaysOpen);
    for contradicted in &rows[2..] {
        assert_eq!(contradicted.venue.hours, Field::Absent);
        assert_eq!(contradicted.repairs, [Repair::HoursDropped]);
    }
}

#[test]
fn item_23_hours_without_periods_are_unknown() {
    for row in venues("23_hours_without_periods") {
        assert_eq!((row.venue.hours, row.venue.raw_hours), (Field::Absent, Field::Absent));
    }
}

#[test]
fn item_24_googles_own_words_are_kept_as_printed() {
    let rows = venues("24_descriptions_as_printed");
    let raw = rows[0].venue.raw_hours.present().unwrap();
    assert!(raw.starts_with("Monday: 4:00\u{2009}–\u{2009}10:00\u{202f}PM\nTuesday: 11:30\u{202f}AM"), "{raw}");
    assert_eq!(osm(&rows[0]), "Mo-Su 16:00-22:00", "from the periods, never from the words");
    assert!(rows[1].venue.raw_hours.present().unwrap().starts_with("月曜日: "));
    assert_eq!(rows[0].repairs, []);
}

#[test]
fn item_25_closed_for_a_while_does_not_forget_the_hours() {
    let rows = venues("25_closed_temporarily");
    assert_eq!(rows[0].venue.status, Field::Present(BusinessStatus::ClosedTemporarily));
    assert_eq!((&rows[0].venue.hours, &rows[0].venue.raw_hours), (&Field::NotAsked, &Field::NotAsked));
    assert_eq!(osm(&rows[1]), "Mo-Su 09:00-17:00");
}

#[test]
fn item_26_a_place_that_moved_names_its_successor() {
    let row = venues("26_closed_and_moved").remove(0);
    assert_eq!(row.venue.status, Field::Present(BusinessStatus::ClosedPermanently));
    assert_eq!(row.venue.successor_id, Field::Present("ChIJinventedNew".to_owned()));
}

#[test]
fn item_27_a_place_may_open_some_day() {
    assert_eq!(venues("27_opening_some_day")[0].venue.status, Field::Present(BusinessStatus::FutureOpening));
}

#[test]
fn item_30_the_order_of_types_changes_nothing() {
    let rows = venues("30_one_place_two_orders");
    assert_eq!(rows[0], rows[1]);
    let categories = rows[0].venue.categories.present().unwrap();
    assert_eq!(categories, &["wine_bar", "italian_restaurant", "bar", "restaurant"]);
}

#[test]
fn special_days_are_looked_up_among_the_coming_weeks_periods() {
    let rows = venues("special_days");
    let date = |day| NaiveDate::from_ymd_opt(2026, 12, day).unwrap();
    let special: Vec<_> = hours(&rows[0])
        .special_days
        .iter()
        .map(|day| (day.date, day.periods.iter().map(|period| period.open.hour).collect::<Vec<_>>()))
        .collect();
    // Shorter on the 24th, closed on the 25th, other hours on the 27th; the 29th was cut, and two had no date.
    assert_eq!(special, [(date(24), vec![12]), (date(25), vec![]), (date(27), vec![12])]);
    assert_eq!(rows[0].repairs, [Repair::SpecialDayDropped; 3]);
    // "Closed" would be a guess where there are no dated periods, or one of them has no date.
    for untrusted in &rows[1..] {
        assert_eq!(hours(untrusted).special_days, []);
        assert_eq!(untrusted.repairs, [Repair::SpecialDayDropped]);
    }
}

#[test]
fn a_row_that_cannot_be_read_spoils_only_itself() {
    let page = page("unreadable_rows");
    assert_eq!(page.rows.len(), 8);
    let (fine, bad): (Vec<_>, Vec<_>) = page.rows.into_iter().partition(Result::is_ok);
    assert_eq!(fine.len(), 2);
    let bad: Vec<_> = bad.into_iter().map(Result::unwrap_err).collect();
    assert!(bad.iter().all(|reject| reject.reason == RejectReason::Unreadable && !reject.detail.is_empty()));
    assert!(bad[0].provider_id.as_ref().unwrap().starts_with("ChIJinvented"), "{:?}", bad[0]);
    assert!(bad[0].detail.contains("four"), "{}", bad[0].detail);
    assert_eq!(bad[1].provider_id, None);
}

#[test]
fn nulls_and_news_pass() {
    let rows = cleaned("nulls_and_news");
    let venue = |at: usize| &rows[at].as_ref().unwrap().venue;
    let categories = |at: usize| venue(at).categories.present().unwrap().join(" ");
    assert_eq!((venue(0).rating, venue(0).status), (Field::Absent, Field::Absent));
    assert_eq!(categories(0), "axe_throwing_venue cafe");
    assert_eq!(rows[0].as_ref().unwrap().unmapped_categories, ["axe_throwing_venue"]);
    assert_eq!(categories(1), "bar hotel library restaurant");
    assert_eq!((categories(2).as_str(), categories(3).as_str()), ("", "shopping"));
    assert_eq!(
        (categories(7).as_str(), categories(8).as_str()),
        ("greek_restaurant restaurant", "fast_food_restaurant restaurant")
    );
    let zone = venue(4).hours.present().unwrap().timezone.as_deref();
    assert_eq!(zone, Some("Europe/Lisbon"), "by its position");
    assert_eq!(
        (rows[4].as_ref().unwrap().repairs.as_slice(), osm(rows[4].as_ref().unwrap())),
        ([].as_slice(), "Mo 09:00-17:00")
    );
    assert_eq!(venue(5).hours.present().unwrap().timezone, None);
    assert_eq!(rows[5].as_ref().unwrap().repairs, [Repair::TimezoneDropped]);
    assert_eq!(rows[6].as_ref().unwrap_err().reason, RejectReason::NoId);
}

#[test]
fn a_full_answer_may_have_left_rows_out() {
    let row = String::from_utf8(fixture("04_name_without_language")).unwrap();
    let row: serde_json::Value = serde_json::from_str(&row).unwrap();
    let answer = |rows: usize| serde_json::json!({ "places": vec![row["places"][0].clone(); rows] }).to_string();
    let truncated = |rows| google().parse(&request(), &response(200, answer(rows).into_bytes())).truncated;
    assert_eq!((truncated(19), truncated(20)), (false, true));
    assert_eq!(google().limits().rows_per_answer, 20);
}

#[test]
fn what_the_mask_leaves_out_was_not_asked() {
    let mut narrow = request();
    for (name, value) in &mut narrow.headers {
        if name == "x-goog-fieldmask" {
            *value = HeaderValue::Plain(
                "places.id,places.displayName.text,places.location,places.regularOpeningHours,places.rating".to_owned(),
            );
        }
    }
    let body = response(200, fixture("24_descriptions_as_printed"));
    let row = google().parse(&narrow, &body).rows.remove(0).unwrap();
    assert_eq!((row.address, row.categories, row.price), (Field::NotAsked, Field::NotAsked, Field::NotAsked));
    assert_eq!((row.status, row.timezone, row.rating), (Field::NotAsked, Field::NotAsked, Field::Absent));
    assert!(row.name.present().is_some() && row.hours.present().is_some() && row.hours_text.present().is_some());
}

#[test]
fn refusals_are_told_apart() {
    let judged = |status, name: &str| google().judge(&response(status, fixture(name)));
    assert!(matches!(judged(429, "error_429_minute"), Verdict::RetryAfter { wait: Some(_), .. }));
    let day = judged(429, "error_429_day");
    assert!(matches!(day, Verdict::QuotaGone { until: QuotaReset::MidnightIn("America/Los_Angeles"), .. }));
    for (status, name) in [(400, "error_400_key"), (403, "error_403_billing"), (403, "error_403_disabled")] {
        let verdict = judged(status, name);
        assert!(
            matches!(&verdict, Verdict::CredentialsRefused { reason } if reason.contains("GOOGLE_PLACES_API_KEY")),
            "{verdict:?}"
        );
    }
    assert!(matches!(judged(400, "error_400_types"), Verdict::RequestWrong { .. }));
    assert!(matches!(judged(200, "error_429_day"), Verdict::NotUsable { .. }));
}

#[test]
fn every_fixture_is_judged_and_every_row_accounted_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/google");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let body = fixture(&name);
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let rows = json["places"].as_array().map_or(0, Vec::len);
        let page = google().parse(&request(), &response(200, body));
        assert_eq!(page.rows.len(), rows, "{name}");
    }
}

/// Judges, parses and cleans; each row comes out as a venue or a reject.
fn run_through(body: Vec<u8>) -> Result<(), TestCaseError> {
    for row in foreign::counted_rows(google().as_ref(), &request(), &response(200, body), "places")? {
        foreign::check_clean(clean(row), &(0..=4))?;
    }
    Ok(())
}

const ODD: &[&str] =
    &["15_always_open_current_week", "22_overlapping_periods", "special_days", "nulls_and_news", "unreadable_rows"];

proptest! {
    #[test]
    fn any_bytes_are_survived(body: Vec<u8>) {
        run_through(body)?;
    }

    #[test]
    fn a_damaged_answer_is_survived(bodies in foreign::damaged("google", ODD)) {
        for body in bodies {
            run_through(body)?;
        }
    }

    #[test]
    fn a_lying_answer_is_survived(body in foreign::lying("google", ODD)) {
        run_through(body)?;
    }
}
