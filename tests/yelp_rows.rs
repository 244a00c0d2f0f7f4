//! Yelp's rows, from the bytes of an answer to the venue or the reject: one fixture for each of the inputs that have bitten
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
use venue_sync::provider::{self, Cursor, Page, Provider};
use venue_sync::wire::{QuotaReset, Request, Response, Verdict};

fn yelp() -> Box<dyn Provider> {
    provider::all().into_iter().find(|provider| provider.name() == "yelp").unwrap()
}

/// The page of a search that begins at `offset`.
fn request(offset: u32) -> Request {
    let center = Position::new(38.71, -9.14).unwrap();
    let ask = Ask::rows(Area::Circle(Circle { center, radius_m: 250.0 }), vec![]);
    yelp().request(&ask, "en", Some(&Cursor(offset.to_string())))
}

fn response(status: u16, body: Vec<u8>) -> Response {
    Response { status, headers: vec![], body, received_at: DateTime::from_timestamp(1_798_027_200, 0).unwrap() }
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/yelp").join(name).with_extension("json"))
        .unwrap()
}

fn page(name: &str) -> Page {
    let response = response(200, fixture(name));
    assert_eq!(yelp().judge(&response), Verdict::Fine, "{name}");
    yelp().parse(&request(0), &response)
}

fn clean(row: Result<RawVenue, Reject>) -> Result<Normalised, Reject> {
    let yelp = yelp();
    normalise(row?, &|word| yelp.category(word), &|_| false)
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

fn week(name: &str) -> String {
    osm(&venues(name)[0]).to_owned()
}

/// A row as a search gave it without hours, after its look-up was answered.
fn looked_up(status: u16, name: &str) -> RawVenue {
    let mut row = page("16_no_hours_member").rows.remove(0).unwrap();
    let mut body = fixture(name);
    if let Ok(mut business) = serde_json::from_slice::<serde_json::Value>(&body)
        && business.get("id").is_some()
    {
        business["id"] = row.provider_id.clone().into();
        body = business.to_string().into_bytes();
    }
    let response = response(status, body);
    assert_eq!(yelp().judge(&response), Verdict::Fine, "{name}");
    yelp().complete(&mut row, &response);
    row
}

#[test]
fn no_match_is_an_answer_without_rows() {
    let page = page("00_no_match");
    assert_eq!((page.rows.len(), page.truncated, page.next), (0, false, None));
}

#[test]
fn items_1_and_2_no_coordinates_is_a_reject_that_keeps_the_id() {
    assert_eq!(reasons("01_null_coordinates"), [RejectReason::NoPosition; 4]);
    assert_eq!(reasons("02_zero_coordinates"), [RejectReason::NoPosition; 2]);
    let row = cleaned("01_null_coordinates").remove(0).unwrap_err();
    assert!(row.provider_id.unwrap().starts_with("InventedYelpId"));
}

#[test]
fn item_3_coordinates_on_another_continent_are_read_and_impossible_ones_refused() {
    let mut rows = cleaned("03_far_coordinates");
    assert_eq!(rows.pop().unwrap().unwrap_err().reason, RejectReason::BadPosition);
    // Whoever knows the region drops it: a search returns what lies outside.
    assert!(rows.pop().unwrap().unwrap().venue.position.lng() < -70.0);
}

#[test]
fn items_4_to_6_a_price_is_the_number_of_its_signs() {
    let levels = |name: &str| venues(name).iter().map(|row| row.venue.price_level).collect::<Vec<_>>();
    assert_eq!(levels("04_no_price"), [Field::Absent; 2]);
    assert_eq!(levels("05_price_signs"), [1, 2, 3, 4, 2].map(Field::Present));
    assert_eq!(levels("06_price_of_no_scale"), [Field::Absent; 3]);
    let repairs: Vec<_> = venues("06_price_of_no_scale").into_iter().map(|row| row.repairs).collect();
    assert_eq!(repairs, [vec![Repair::PriceDropped], vec![], vec![Repair::PriceDropped]]);
}

#[test]
fn items_7_and_8_no_rating_is_no_zero_and_tenths_stay() {
    let ratings = |name: &str| venues(name).iter().map(|row| row.venue.rating).collect::<Vec<_>>();
    assert_eq!(ratings("07_no_rating"), [Field::Absent; 4]);
    assert_eq!(ratings("08_rating_tenths"), [4.4, 4.5, 5.0].map(Field::Present));
}

#[test]
fn items_9_10_and_14_closed_means_for_good() {
    let status = |name: &str| venues(name).iter().map(|row| row.venue.status).collect::<Vec<_>>();
    assert_eq!(status("09_closed_for_good"), [Field::Present(BusinessStatus::ClosedPermanently)]);
    assert_eq!(status("10_not_closed"), [Field::Present(BusinessStatus::Operational), Field::Absent]);
    let moved = venues("14_moved_two_ids");
    assert_eq!(
        moved[0].venue.status,
        Field::Present(BusinessStatus::ClosedPermanently),
        "the old id keeps its closed record"
    );
    assert_ne!(moved[0].venue.provider_id, moved[1].venue.provider_id);
}

#[test]
fn items_11_and_30_only_what_a_reader_sees_makes_a_difference() {
    for name in ["11_alias_changed", "30_one_business_two_calls"] {
        let rows = venues(name);
        assert_eq!(rows[0], rows[1], "{name}: alias, tracking, distance, open now and order of lists differ");
    }
    let row = venues("30_one_business_two_calls").remove(0);
    assert_eq!(row.venue.categories.present().unwrap(), &["italian_restaurant", "wine_bar", "bar"]);
    assert!(!format!("{row:?}").contains("adjust_creative"));
}

#[test]
fn item_12_an_id_that_is_the_alias_is_refused() {
    let reject = cleaned("12_id_is_the_alias").remove(0).unwrap_err();
    assert_eq!(reject.reason, RejectReason::Unreadable);
    assert!(reject.detail.contains("alias") && reject.provider_id.is_some(), "{reject:?}");
}

#[test]
fn item_13_an_id_may_look_like_a_flag() {
    let ids: Vec<_> = venues("13_id_like_a_flag").into_iter().map(|row| row.venue.provider_id).collect();
    assert_eq!(ids, ["--InventedYelpId000013", "_-InventedYelpId000013"]);
}

#[test]
fn item_15_an_empty_list_is_unknown_and_never_closed() {
    let rows = venues("15_empty_hours");
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!((row.venue.hours, row.venue.raw_hours), (Field::Absent, Field::Absent));
    }
}

#[test]
fn item_16_without_the_member_what_was_known_stays() {
    let rows = page("16_no_hours_member").rows;
    assert_eq!(rows.len(), 2);
    for row in rows {
        let row = row.unwrap();
        assert_eq!((&row.hours, &row.hours_text), (&Field::NotAsked, &Field::NotAsked));
        let request = yelp().detail(&row, "de").unwrap();
        assert_eq!(request.path, format!("/v3/businesses/{}", row.provider_id));
    }
    assert_eq!(looked_up(200, "16_details_without_hours").hours, Field::NotAsked);
    // Where the search has told, nothing is looked up.
    for (name, count) in [("15_empty_hours", 3), ("19_until_midnight", 1), ("hours_that_contradict", 7)] {
        let rows = page(name).rows;
        assert_eq!(rows.len(), count, "{name}");
        assert!(rows.into_iter().all(|row| yelp().detail(&row.unwrap(), "de").is_none()), "{name}");
    }
}

#[test]
fn item_17_several_regular_lists_are_one_week() {
    let row = venues("17_two_regular_lists").remove(0);
    assert_eq!((osm(&row), row.repairs.as_slice()), ("Mo 09:00-12:00,13:00-18:00; Tu 09:00-17:00", [].as_slice()));
}

#[test]
fn item_18_another_type_of_hours_is_left_out_and_counted() {
    let rows = venues("18_other_hours_type");
    assert_eq!((osm(&rows[0]), rows[0].repairs.as_slice()), ("Mo 09:00-17:00", [Repair::SpecialDayDropped].as_slice()));
    assert_eq!(rows[1].venue.hours, Field::Absent);
}

#[test]
fn items_19_to_23_the_times_tell_the_day_and_the_flag_does_not() {
    assert_eq!(week("19_until_midnight"), "Mo-Su 11:00-24:00");
    let whole = venues("20_whole_days");
    assert_eq!((hours(&whole[0]).state, osm(&whole[0])), (HoursState::AlwaysOpen, "24/7"));
    assert_eq!(osm(&whole[1]), "We 00:00-24:00");
    assert_eq!(week("21_a_day_from_six_to_six"), "Sa 06:00-24:00; Su 00:00-06:00");
    assert_eq!(week("22_overnight_without_the_flag"), "Su 22:00-02:00");
    assert_eq!(week("23_flag_without_overnight"), "Tu 09:00-17:00");
}

#[test]
fn item_24_special_days_are_dated_closed_or_dropped() {
    let row = clean(Ok(looked_up(200, "24_details_special_hours"))).unwrap();
    assert_eq!(osm(&row), "Mo-Fr 10:00-19:00");
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let special: Vec<_> = hours(&row)
        .special_days
        .iter()
        .map(|day| {
            let clock = |point: venue_sync::model::Point| (point.day, point.hour);
            (
                day.date,
                day.periods.iter().map(|period| (clock(period.open), clock(period.close.unwrap()))).collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(
        special,
        [
            (day(2026, 12, 25), vec![]),
            // A Monday in two shifts, the second past midnight.
            (day(2027, 3, 1), vec![((1, 10), (1, 14)), ((1, 20), (2, 2))]),
            (day(2027, 3, 2), vec![((2, 0), (3, 0))]),
        ]
    );
    // One is over, one is open and closed, one says neither, two have no date.
    assert_eq!(row.repairs, [Repair::SpecialDayDropped; 5]);
}

#[test]
fn item_25_closed_for_a_while_in_every_spelling() {
    let rows = venues("25_closed_for_a_while");
    let closed =
        rows.iter().filter(|row| row.venue.status == Field::Present(BusinessStatus::ClosedTemporarily)).count();
    let open = rows.iter().filter(|row| row.venue.status == Field::Present(BusinessStatus::Operational)).count();
    assert_eq!((closed, open), (4, 7));
    assert_eq!(rows[3].venue.hours, Field::NotAsked, "closed for a while does not forget the hours");
}

#[test]
fn items_26_and_27_an_address_is_its_parts_that_are_not_empty() {
    let addresses: Vec<_> = venues("26_address_parts").into_iter().map(|row| row.venue.address).collect();
    let line = |text: &str| Field::Present(text.to_owned());
    assert_eq!(
        addresses,
        [
            line("1100-001 Lisboa"),
            line("Rua A 1, Loja B, 1100-001 Lisboa"),
            line("Rua B 2, Lisboa"),
            Field::Absent,
            Field::Absent
        ]
    );
    assert_eq!(venues("27_odd_state")[0].venue.address, line("High Street 1, London N1 0AA, United Kingdom"));
}

/// A page of so many rows, with the total that it claims.
fn paged(offset: u32, rows: usize, total: Option<u32>) -> (bool, Option<String>) {
    let row: serde_json::Value = serde_json::from_slice(&fixture("04_no_price")).unwrap();
    let mut answer = serde_json::json!({ "businesses": vec![row["businesses"][0].clone(); rows] });
    if let Some(total) = total {
        answer["total"] = total.into();
    }
    let page = yelp().parse(&request(offset), &response(200, answer.to_string().into_bytes()));
    assert_eq!(page.rows.len(), rows);
    (page.truncated, page.next.map(|cursor| cursor.0))
}

#[test]
fn item_28_pages_end_with_the_total_and_240_rows_are_never_all() {
    let next = |offset: u32| Some(offset.to_string());
    assert_eq!(page("28_more_rows_than_total").rows.len(), 3);
    assert_eq!(paged(0, 3, Some(2)), (false, None), "more rows than total");
    assert_eq!(paged(0, 50, Some(50)), (false, None));
    assert_eq!(paged(0, 50, Some(51)), (false, next(50)));
    assert_eq!(paged(50, 51, Some(120)), (false, next(100)), "a repeated row makes a page longer");
    assert_eq!(paged(0, 40, Some(120)), (true, next(50)), "a short page is not the last one, and has left some out");
    assert_eq!(paged(200, 39, Some(239)), (false, None));
    for total in [240, 241, 19_000] {
        assert_eq!(paged(0, 50, Some(total)), (true, next(50)));
        assert_eq!(paged(200, 40, Some(total)), (true, None), "never beyond the 240th row");
    }
    // What was promised and did not come is somewhere.
    assert_eq!((paged(0, 36, Some(37)), paged(50, 0, Some(120))), ((true, None), (true, None)));
    // Without a total a full page goes on.
    assert_eq!(
        (paged(0, 50, None), paged(0, 49, None), paged(200, 40, None)),
        ((false, next(50)), (false, None), (true, None))
    );
}

#[test]
fn item_29_what_became_of_a_business_is_told_by_its_look_up() {
    let merged = looked_up(301, "29_merged_301");
    assert_eq!(merged.successor_id, Field::Present("InventedYelpNewId00000".to_owned()));
    assert_eq!(merged.status, Field::Present(BusinessStatus::ClosedPermanently));
    for (status, name) in [(404, "29_gone_404"), (403, "29_unavailable_403")] {
        assert_eq!(looked_up(status, name), page("16_no_hours_member").rows.remove(0).unwrap(), "{name}");
    }
    assert_eq!(looked_up(200, "details_closed").status, Field::Present(BusinessStatus::ClosedPermanently));
    // None of these certifies anything as the answer to a search.
    for (status, name) in [(301, "29_merged_301"), (404, "29_gone_404"), (200, "details_closed")] {
        let page = yelp().parse(&request(0), &response(status, fixture(name)));
        assert_eq!((page.rows.len(), page.truncated, page.next), (0, true, None), "{name}");
    }
}

#[test]
fn a_look_up_of_another_business_changes_nothing() {
    let mut row = page("16_no_hours_member").rows.remove(0).unwrap();
    let before = row.clone();
    yelp().complete(&mut row, &response(200, fixture("24_details_special_hours")));
    assert_eq!(row, before);
}

#[test]
fn hours_that_cannot_be_read_are_dropped_whole() {
    let rows = venues("hours_that_contradict");
    assert_eq!(rows.len(), 7);
    for row in rows {
        assert_eq!((row.venue.hours, row.repairs.as_slice()), (Field::Absent, [Repair::HoursDropped].as_slice()));
        assert!(row.venue.raw_hours.present().unwrap().starts_with(r#"[{"hours_type":"REGULAR","open":[{"day":"#));
    }
}

#[test]
fn categories_are_read_by_alias_and_the_unknown_pass() {
    let rows = venues("titles_mislead");
    assert_eq!(
        rows[0].venue.categories.present().unwrap(),
        &["indian_restaurant", "fast_food_restaurant", "tidalkitchens"]
    );
    assert_eq!(rows[0].unmapped_categories, ["tidalkitchens"]);
    assert_eq!(rows[1].venue.categories.present().unwrap(), &[] as &[String]);
}

#[test]
fn a_row_that_cannot_be_read_spoils_only_itself() {
    let rows = cleaned("unreadable_rows");
    let names: Vec<_> = rows.iter().flatten().map(|row| row.venue.name.as_str()).collect();
    assert_eq!(names, ["Fine Before", "Fine After"]);
    let count = |reason| rows.iter().filter(|row| matches!(row, Err(reject) if reject.reason == reason)).count();
    assert_eq!(
        (count(RejectReason::Unreadable), count(RejectReason::NoId), count(RejectReason::NoName), rows.len()),
        (7, 1, 2, 12)
    );
}

#[test]
fn refusals_are_told_apart() {
    let judged = |status, name: &str| yelp().judge(&response(status, fixture(name)));
    assert!(
        matches!(judged(429, "error_429_second"), Verdict::RetryAfter { wait: Some(wait), .. } if wait.as_secs() == 1)
    );
    assert!(matches!(judged(429, "error_429_day"), Verdict::QuotaGone { until: QuotaReset::MidnightIn("UTC"), .. }));
    for (status, name) in [(401, "error_401"), (403, "error_403")] {
        let verdict = judged(status, name);
        assert!(
            matches!(&verdict, Verdict::CredentialsRefused { reason } if reason.contains("YELP_API_KEY")),
            "{verdict:?}"
        );
    }
    assert!(matches!(judged(400, "error_400_area"), Verdict::TooMuch { .. }));
    assert!(matches!(judged(400, "error_400_validation"), Verdict::RequestWrong { .. }));
    assert!(matches!(judged(200, "error_429_day"), Verdict::NotUsable { .. }));
}

#[test]
fn every_fixture_is_judged_and_every_row_accounted_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/yelp");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let body = fixture(&name);
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let rows = json["businesses"].as_array().map_or(0, Vec::len);
        let page = yelp().parse(&request(0), &response(200, body));
        assert_eq!(page.rows.len(), rows, "{name}");
    }
}

/// Judges, parses and cleans, as a search and as a look-up; each row comes out as a venue or a reject.
fn run_through(body: Vec<u8>) -> Result<(), TestCaseError> {
    let response = response(200, body);
    let rows = foreign::counted_rows(yelp().as_ref(), &request(0), &response, "businesses")?;
    let business = serde_json::from_str::<serde_json::Value>(&String::from_utf8_lossy(&response.body)).ok();
    let id = business.and_then(|business| Some(business["id"].as_str()?.to_owned()));
    let mut row = RawVenue {
        provider_id: id.unwrap_or_else(|| "x".to_owned()),
        name: Field::Present("x".to_owned()),
        position: Field::Present((1.0, 1.0)),
        ..RawVenue::default()
    };
    yelp().complete(&mut row, &response);
    for row in rows.into_iter().chain([Ok(row)]) {
        foreign::check_clean(clean(row), &(1..=4))?;
    }
    Ok(())
}

const ODD: &[&str] = &[
    "17_two_regular_lists",
    "25_closed_for_a_while",
    "hours_that_contradict",
    "unreadable_rows",
    "24_details_special_hours",
];

proptest! {
    #[test]
    fn any_bytes_are_survived(body: Vec<u8>) {
        run_through(body)?;
    }

    #[test]
    fn a_damaged_answer_is_survived(bodies in foreign::damaged("yelp", ODD)) {
        for body in bodies {
            run_through(body)?;
        }
    }

    #[test]
    fn a_lying_answer_is_survived(body in foreign::lying("yelp", ODD)) {
        run_through(body)?;
    }
}
