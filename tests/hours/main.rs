//! Opening hours in the words of people, from OpenStreetMap's value to what is stored: no wrong ones.
//!
//! `judged.tsv` holds invented values that look like what mappers write: each has what a careful reader would say the hours are,
//! `complex` where that is no plain week, `unknown` where it cannot be said.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::collections::BTreeSet;

use chrono::DateTime;
use proptest::prelude::*;
use venue_sync::model::{Field, Hours, HoursState, Period, RawHours, RawPeriod, RawPoint, RawVenue};
use venue_sync::normalise::normalise;

fn stored(given: RawHours) -> Option<Hours> {
    let raw = RawVenue {
        provider_id: "node/1".to_owned(),
        name: Field::Present("Harbour Café".to_owned()),
        position: Field::Present((38.71, -9.14)),
        address: Field::Absent,
        categories: Field::Absent,
        rating: Field::Absent,
        price: Field::Absent,
        hours: Field::Present(given),
        hours_text: Field::Absent,
        status: Field::Absent,
        successor_id: Field::Absent,
        timezone: Field::Absent,
        answered_at: DateTime::from_timestamp(1_795_305_600, 0).unwrap(),
    };
    normalise(raw, &|_| None, &|_| true).unwrap().venue.hours.present().cloned()
}

fn of(value: &str) -> Option<Hours> {
    stored(RawHours::Osm(value.to_owned()))
}

/// In the words of `judged.tsv`.
fn told(value: &str) -> String {
    match of(value) {
        None => "unknown".to_owned(),
        Some(hours) if hours.state == HoursState::Complex => "complex".to_owned(),
        Some(hours) => hours.osm.unwrap(),
    }
}

fn judged() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("judged.tsv").lines().skip(1).map(|line| {
        let mut cells = line.split('\t');
        (cells.next().unwrap(), cells.next().unwrap())
    })
}

#[test]
fn no_judged_value_is_read_wrong_and_most_are_read() {
    let wrong: Vec<String> = judged()
        .map(|(value, expected)| (value, expected, told(value)))
        .filter(|(_, expected, told)| told != expected && told != "unknown")
        .map(|(value, expected, told)| format!("{value}: {told}, and not {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all = judged().count();
    let read = judged().filter(|(value, _)| told(value) != "unknown").count();
    assert!(all >= 300 && read * 100 >= all * 60, "{read} of {all} are read");
    assert_eq!(judged().map(|(value, _)| value).collect::<BTreeSet<_>>().len(), all, "a value is there twice");
}

/// A complex value says nothing of a day of which only people know.
#[test]
fn words_for_people_leave_every_day_uncertain() {
    for value in [
        "Mo-Fr 10:20-17:40 (ask the owner)",
        "10:20-17:40; summer 10:20-20:10",
        "Mo-Su 10:20-16:40; Closed: 25 & 26 December, Easter Monday",
        "Mo-Fr 10:20-13:40; Mo-Sa 17:10-22:50",
    ] {
        let hours = of(value).unwrap();
        assert_eq!((hours.state, hours.special_days), (HoursState::Complex, vec![]), "{value}");
    }
    let hours = of("Mo-Fr 10:20-17:40; Sa by appointment").unwrap();
    let days: BTreeSet<String> = hours.special_days.iter().map(|day| day.date.format("%a").to_string()).collect();
    assert!(!days.contains("Sat") && days.contains("Mon"), "{days:?}");
}

/// The week that `weekday_text` tells, by its documented form and nothing else.
fn read_back(lines: &[String]) -> Vec<RawPeriod> {
    let clock = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap();
        hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap()
    };
    let point = |day: i64, minutes: i64| RawPoint {
        day: (day + minutes / 1_440) % 7,
        hour: minutes / 60 % 24,
        minute: minutes % 60,
    };
    let mut periods = Vec::new();
    for (line, day) in lines.iter().zip([1, 2, 3, 4, 5, 6, 0]) {
        let (_, times) = line.split_once(": ").unwrap();
        let spans: Vec<(i64, i64)> = match times {
            "closed" => vec![],
            "open 24 hours" => vec![(0, 1_440)],
            times => {
                times.split(", ").map(|span| span.split_once('–').unwrap()).map(|(a, b)| (clock(a), clock(b))).collect()
            }
        };
        periods.extend(spans.into_iter().map(|(open, close)| RawPeriod {
            open: point(day, open),
            close: Some(point(day, if close <= open { close + 1_440 } else { close })),
        }));
    }
    periods
}

fn as_raw(periods: &[Period]) -> Vec<RawPeriod> {
    let point =
        |at: &venue_sync::model::Point| RawPoint { day: at.day.into(), hour: at.hour.into(), minute: at.minute.into() };
    let one = |period: &Period| RawPeriod { open: point(&period.open), close: period.close.as_ref().map(point) };
    periods.iter().map(one).collect()
}

fn valid() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("../../docs/hours.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// What must hold of every value that is stored.
fn holds(hours: &Hours, schema: &jsonschema::Validator) -> Result<(), TestCaseError> {
    let json = serde_json::to_value(hours).unwrap();
    prop_assert!(schema.is_valid(&json), "{}", json);
    // Given again, it is the same.
    let again = of(hours.osm.as_deref().unwrap());
    prop_assert_eq!(again.as_ref(), Some(hours));
    if let (Some(periods), Some(lines)) = (&hours.periods, &hours.weekday_text) {
        let given = |week| stored(RawHours::Periods { week: Some(week), special: vec![] });
        let week = |hours: &Option<Hours>| hours.as_ref().map(|hours| (hours.state, hours.periods.clone()));
        let expected = Some((hours.state, Some(periods.clone())));
        prop_assert_eq!(week(&given(as_raw(periods))), expected.clone());
        prop_assert_eq!(week(&given(read_back(lines))), expected, "{:?}", lines);
    }
    Ok(())
}

#[test]
fn what_is_stored_of_a_judged_value_is_valid_and_gives_itself_back() {
    let schema = valid();
    for (value, _) in judged() {
        if let Some(hours) = of(value) {
            holds(&hours, &schema).unwrap_or_else(|error| panic!("{value}: {error}"));
        }
    }
}

proptest! {
    #[test]
    fn what_is_stored_is_valid_and_gives_itself_back(pieces in prop::collection::vec(prop::sample::select(vec![
        "Mo", "Tu-Fr", "Sa,Su", "PH", "Apr-Oct", "Dec 24", "[1]", "10:00-12:00", "14:20-18:40", "22:00-02:00", "17:00+", "24/7", "off",
        "\"x\"", ";", ",", "||", ":", "-", "/", "9am", "5 pm", "lundi", "Do", "bis", "closed", "except", "(note)", "daily", "2nd",
        "by appointment", "9-17", "Mon-Fri", "summer", "?", "from", "L-V", "月-金", "定休日", "8h30 à 12h", "and", "weekends",
    ]), 0..8)) {
        if let Some(hours) = of(&pieces.join(" ")) {
            holds(&hours, &valid())?;
        }
    }
}

/// Figures of a file with a value a line: `VENUES_HOURS_VALUES=file cargo test --test hours figures -- --ignored --nocapture`.
#[test]
#[ignore = "needs a file of values"]
#[expect(clippy::disallowed_methods, reason = "the file is the developer's")]
fn figures() {
    let values = std::fs::read_to_string(std::env::var("VENUES_HOURS_VALUES").unwrap()).unwrap();
    let mut counts = std::collections::BTreeMap::new();
    for value in values.lines() {
        let told = told(value);
        println!("{told}\t{value}");
        let kind = match told.as_str() {
            "complex" | "unknown" => told,
            _ => "a week".to_owned(),
        };
        *counts.entry(kind).or_insert(0_usize) += 1;
    }
    eprintln!("{counts:?} of {}", values.lines().count());
}
