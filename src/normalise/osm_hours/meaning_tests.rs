use chrono::{Duration, NaiveDate};
use opening_hours::OpeningHours;
use proptest::prelude::*;

use super::meaning::Meaning;
use super::read::meaning;
use crate::model::{Repair, SpecialDay};
use crate::normalise::day_text::Days;
use crate::normalise::week::{DAY, Stretch, Week};

/// A Sunday.
fn from() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

fn read(value: &str) -> (Meaning, Vec<Repair>) {
    let mut repairs = Vec::new();
    (meaning(value, from(), &mut repairs), repairs)
}

/// The week in our own spelling; `complex` and `unknown` by their names.
fn week(value: &str) -> String {
    match read(value).0 {
        Meaning::Plain(week) => Days::of(&week).osm(),
        Meaning::Complex { .. } => "complex".to_owned(),
        Meaning::Unknown => "unknown".to_owned(),
    }
}

fn days(value: &str) -> Vec<SpecialDay> {
    match read(value).0 {
        Meaning::Complex { days, .. } => days,
        other => panic!("{value}: {other:?}"),
    }
}

/// Days that are told, as Monday = 1 to Sunday = 7 with their openings.
fn told(value: &str) -> Vec<String> {
    let clock = |point: crate::model::Point| format!("{:02}:{:02}", point.hour, point.minute);
    let one = |day: &SpecialDay| {
        let times: Vec<_> =
            day.periods.iter().map(|p| format!("{}-{}", clock(p.open), clock(p.close.unwrap()))).collect();
        format!("{} {}", day.date.format("%u"), times.join(","))
    };
    days(value).iter().take(7).map(one).collect()
}

#[test]
fn plain_weeks_in_the_grammars_own_spelling() {
    for (value, expected) in [
        ("Mo-Fr 09:00-18:00; Sa 10:00-14:00", "Mo-Fr 09:00-18:00; Sa 10:00-14:00"),
        ("24/7", "24/7"),
        ("00:00-24:00", "24/7"),
        ("Mo-Fr 24/7", "Mo-Fr 00:00-24:00"),
        ("off", "off"),
        ("closed", "off"),
        ("Mo-Su 10:00-24:00", "Mo-Su 10:00-24:00"),
        ("mo-fr 9:00-18:00", "Mo-Fr 09:00-18:00"),
        ("Mo-Fr 08:00-20:00; We off", "Mo,Tu,Th,Fr 08:00-20:00"),
        ("Mo-Fr 08:00-20:00; We 12:00-14:00 off", "Mo,Tu,Th,Fr 08:00-20:00; We 08:00-12:00,14:00-20:00"),
        ("Su-Tu 10:00-12:00", "Mo,Tu,Su 10:00-12:00"),
        ("Mo-Su,PH 10:00-20:00", "Mo-Su 10:00-20:00"),
    ] {
        assert_eq!(week(value), expected, "{value}");
    }
}

/// Both found by the fuzzer.
#[test]
fn what_is_left_of_a_value_is_clean_and_says_something() {
    for nothing in [":", ":\u{c} .", "; .", "\u{2013}"] {
        assert_eq!(week(nothing), "unknown", "{nothing:?}");
    }
    assert_eq!(week("Mo-Fr 09:00-18:00 ; ."), "Mo-Fr 09:00-18:00");
}

/// Items 23 and 24.
#[test]
fn midnight_and_what_is_past_it() {
    for (value, expected) in [
        ("Mo-Sa 18:00-0:00; Su 11:00-0:00", "Mo-Sa 18:00-24:00; Su 11:00-24:00"),
        ("00:00-00:00", "24/7"),
        ("Tu 10:00-10:00", "Tu 10:00-24:00; We 00:00-10:00"),
        ("Mo-Fr 18:00-26:00", "Mo-Fr 18:00-02:00"),
        ("Fr 22:00-48:00", "Fr 22:00-24:00; Sa 00:00-24:00"),
        ("Mo 22:00-02:00, Tu 10:00-12:00", "Mo 22:00-02:00, Tu 10:00-12:00"),
    ] {
        assert_eq!(week(value), expected, "{value}");
    }
}

/// Item 16.
#[test]
fn a_night_lasts_to_its_end_whatever_the_next_day_has() {
    for (value, expected) in [
        ("Fr 20:00-04:00; Sa 10:00-18:00", "Fr 20:00-04:00, Sa 10:00-18:00"),
        ("Mo-Th 18:00-02:00; Fr-Sa 18:00-04:00", "Mo-Th 18:00-02:00, Fr,Sa 18:00-04:00"),
        ("Mo-Fr 10:00-18:00; Sa,Su 22:00-04:00", "Mo-Fr 10:00-18:00, Sa,Su 22:00-04:00"),
        // Whether the closed day cuts the night before is left open.
        ("Mo-Su 18:00-02:00; Tu off", "complex"),
        ("Mo 22:00-02:00, Tu off", "complex"),
    ] {
        assert_eq!(week(value), expected, "{value}");
    }
}

/// Items 12 to 15, 17, 26, 28, and the table of what the grammar's crate reads otherwise.
#[test]
fn what_is_no_plain_week_is_never_called_one() {
    for value in [
        "\"by appointment\"",
        "08:00-18:00; Sa,Su \"On request\"",
        "Mo-Fr 08:00-16:00 || \"on appointment\"",
        "Mo-Fr 08:00-16:00 \"weather permitting\"",
        "24/7; PH off",
        "PH off; Mo-Fr 08:00-16:00",
        "Su,PH 10:00-18:00",
        "PH Mo-Fr 10:00-18:00",
        "Mo-Fr 16:00+",
        "Fr 17:00-22:00+",
        "Mo-Fr",
        "Mo-Su open",
        "Apr-Oct",
        "Apr-Oct: Mo-Su 10:00-22:00",
        "Su[-1] 10:00-12:00",
        "Mo[1] off; Mo-Fr 10:00-12:00",
        "week 1-53/2 Mo 10:00-12:00",
        "easter -2 days off; Mo-Fr 10:00-12:00",
        "SH Mo-Fr 09:00-17:00",
        "Mo-Fr sunrise-sunset",
        "Mo-Fr 09:00-(sunset-00:30)",
        "unknown",
        "Mo off",
        "2017 Jul 1 - 2017 Aug 8 off; PH off",
        // By the letter the first rule is void, or some of it.
        "Mo-Fr 10:00-12:00; Mo-Fr 14:00-18:00",
        "Mo-Fr 10:00-12:00; Mo-Sa 14:00-18:00",
        "Mo-Fr 10:00-12:00; Fr 14:00-18:00",
        "Mo-Fr 10:00-18:00; 11:00-15:00",
        "Mo off; Mo-Fr 10:00-18:00",
        "Mo,Su off; We-Su 16:00-23:00",
        "Mo-Fr 10:00-18:00; off",
        // Words for people.
        "Mo-Fr 07:10-16:15; Summer 07:00-13:00",
        "Mo-Fr 07:10-16:15 (ask first)",
    ] {
        assert_eq!(week(value), "complex", "{value}");
    }
    assert_eq!(week("Mo-Fr 10:00-20:00/21:00"), "unknown", "a range of closing times");
    assert_eq!(week("Mo-Su 10:00-18:00/01:30"), "unknown", "points in time");
}

#[test]
fn days_that_are_certain_are_told_and_no_others() {
    // Every day but those of which only words are said.
    assert_eq!(
        told("Mo-Fr 09:00-17:00; Sa,Su \"On request\""),
        [
            "1 09:00-17:00",
            "2 09:00-17:00",
            "3 09:00-17:00",
            "4 09:00-17:00",
            "5 09:00-17:00",
            "1 09:00-17:00",
            "2 09:00-17:00"
        ]
    );
    // A fallback says of the weekend that it is unknown.
    assert_eq!(told("We 08:00-16:00 || \"on appointment\""), ["3 08:00-16:00", "3 08:00-16:00"]);
    // Any weekday may be a holiday; the weekend is closed either way.
    assert_eq!(told("Mo-Fr 09:00-17:00; PH off"), ["7 ", "6 ", "7 ", "6 "]);
    assert_eq!(told("PH Mo-Fr 09:00-17:00"), Vec::<String>::new());
    // A season that is over, and one that is not.
    assert_eq!(told("Apr-Oct: Mo-Su 10:00-22:00")[..2], ["7 ", "1 "]);
    assert_eq!(told("Nov-Mar: Su 10:00-02:00")[..2], ["7 10:00-02:00", "1 "]);
    assert_eq!(told("Nov 24-Mar 3 00:00-24:00")[..3], ["7 ", "1 ", "2 00:00-00:00"]);
    // The end of an evening that nobody knows, and a sunset, take their day with them.
    assert_eq!(told("We 10:00-12:00; Th 17:00+")[..2], ["7 ", "1 "]);
    assert!(!told("We 10:00-12:00; Th 17:00+").iter().any(|day| day.starts_with('4')));
    assert_eq!(told("sunrise-sunset"), Vec::<String>::new());
    // Nothing opens: nothing is told.
    assert_eq!(told("Mo off"), Vec::<String>::new());
    assert_eq!(days("Nov-Mar 10:00-12:00").len(), 14);
}

/// Items 18 to 22, 29: invented look-alikes of what mappers write.
#[test]
fn what_can_be_mended_safely_is_and_is_counted() {
    use Repair::{HoursClock as Clock, HoursDayNames as Names, HoursPunctuation as Signs, HoursSeparators as Parts};
    for (value, expected, repairs) in [
        ("Mo-Sa 09:10–19:40", "Mo-Sa 09:10-19:40", &[Signs][..]),
        ("Mo – Fr 09:10 – 19:40", "Mo-Fr 09:10-19:40", &[Signs]),
        ("Tu-Fr 09:10-17:20;", "Tu-Fr 09:10-17:20", &[Signs]),
        (" Tu-Fr\t09:10-17:20 ;; Sa\u{a0}10:00-13:10 ", "Tu-Fr 09:10-17:20; Sa 10:00-13:10", &[Signs]),
        ("９：１０～１８：２０", "Mo-Su 09:10-18:20", &[Clock]),
        ("9.10-18.20", "Mo-Su 09:10-18:20", &[Clock]),
        ("8am-5pm", "Mo-Su 08:00-17:00", &[Clock]),
        ("Mon to Thu 8:15 a.m. - 5 p.m., Fri 12pm-12am", "Mo-Th 08:15-17:00; Fr 12:00-24:00", &[Names, Clock]),
        ("10-12,14-16", "Mo-Su 10:00-12:00,14:00-16:00", &[Clock]),
        ("Mo,Do,Fr 08.40-22.10;So 10:00-22:00", "Mo,Th,Fr 08:40-22:10; Su 10:00-22:00", &[Names, Clock]),
        ("Dienstag bis Freitag 9 - 18 Uhr, So: geschlossen", "Tu-Fr 09:00-18:00", &[Names, Clock]),
        ("Lu-Ve 9h30-18h", "Mo-Fr 09:30-18:00", &[Names, Clock]),
        ("Du lundi au samedi de 9h à 12h15 et de 14h à 19h", "Mo-Sa 09:00-12:15,14:00-19:00", &[Names, Clock]),
        ("Maandag t/m vrijdag van 08:40-17:20 uur", "Mo-Fr 08:40-17:20", &[Names]),
        ("Пн-Пт 09:10-18:20", "Mo-Fr 09:10-18:20", &[Names]),
        ("Mo-Fr 7:10-21; Sa-Su 12:00-18:00", "Mo-Fr 07:10-21:00; Sa,Su 12:00-18:00", &[Clock]),
        ("Tu-Fr 08:10-19:00 Sa 09:10-19:00", "Tu-Fr 08:10-19:00; Sa 09:10-19:00", &[Parts]),
        ("Mo-Fr 09:10-17:00; Sa, Su 10:00-16:00", "Mo-Fr 09:10-17:00; Sa,Su 10:00-16:00", &[Parts]),
        ("Mo-Th 1100-2230, Fr-Sa 1100-0130", "Mo-Th 11:00-22:30, Fr,Sa 11:00-01:30", &[Clock]),
        ("10am-6pm Wed-Sun", "We-Su 10:00-18:00", &[Names, Clock, Repair::HoursOrder]),
    ] {
        let (_, counted) = read(value);
        assert_eq!((week(value).as_str(), counted.as_slice()), (expected, repairs), "{value}");
    }
}

/// Items 21, 25, 30: two readings, or none.
#[test]
fn what_could_be_read_in_two_ways_is_not_read() {
    for value in [
        "Di-Sa 16:10-21:00",
        "Do 10:10-12:00.",
        "9-5",
        "3-6, 8-10",
        "Mo-Su 5-midnight",
        "6 to midnight",
        "Mo-Su 9-11",
        "8.30-9",
        "Mo-Fr 9:00-5:00",
        "Fr-Sa 15:10-14:40",
        "Mon-Fri 9:00-5:00",
        "Mon-Fri 9:10-5",
        "12-9:10",
        "10pm-12",
        "Mon-Thu 4pm-12pm",
        "Tu-Th 9:10-12:00 v 15:00-18:00",
        "8~12 3~6 7~9:40",
        "Sat 12am-11pm",
        "Mo-Fr 12-00-14-00",
        "Mo-Fr 8-02;Sa 8-02 Su 8",
        "Mo-Sa 20:00:00-02:00",
        "Lu-Je 10:00-12:30;Lu-Je 14:00-18:00",
        "Seasonal, only in summer",
        "Closed: 24 & 25 December, Good Friday",
        "noon to whenever",
        "+49 30 1234567",
        "http://example.org/hours",
        "Mo 10:00",
        "",
        ";",
        "\"",
        "M-S 10:10-18:00",
        "H",
    ] {
        assert_eq!(week(value), "unknown", "{value}");
    }
}

/// One day of a made-up week: up to two stretches, minutes; the last may pass midnight.
fn any_day() -> impl Strategy<Value = Vec<(u32, u32)>> {
    let quarter = |from: u32, to: u32| (from * 4..to * 4).prop_map(|quarter| quarter * 15);
    prop_oneof![
        2 => Just(vec![]),
        4 => (quarter(6, 12), quarter(13, 24)).prop_map(|(open, close)| vec![(open, close)]),
        2 => (quarter(6, 9), quarter(10, 13), quarter(14, 17), quarter(18, 23))
            .prop_map(|(a, b, c, d)| vec![(a, b), (c, d)]),
        2 => (quarter(17, 23), quarter(24, 29)).prop_map(|(open, close)| vec![(open, close)]),
        1 => Just(vec![(0, 1_440)]),
    ]
}

/// Ways to write the same thing; each number picks one.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is one habit, and all of them mix")]
struct Hand {
    grouped: bool,
    by_comma: bool,
    past_24: bool,
    short_hour: bool,
    spaces: bool,
    sunday_first: bool,
}

prop_compose! {
    fn any_hand()(choices in any::<[bool; 6]>()) -> Hand {
        let [grouped, by_comma, past_24, short_hour, spaces, sunday_first] = choices;
        Hand { grouped, by_comma, past_24, short_hour, spaces, sunday_first }
    }
}

/// A week as some mapper writes it. Monday first.
fn spelt(week: &[Vec<(u32, u32)>], hand: Hand) -> String {
    const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
    let clock = |minutes: u32| {
        let hour = minutes / 60;
        if hand.short_hour { format!("{hour}:{:02}", minutes % 60) } else { format!("{hour:02}:{:02}", minutes % 60) }
    };
    let close = |minutes: u32| clock(if minutes > 1_440 && !hand.past_24 { minutes - 1_440 } else { minutes });
    let times = |day: &[(u32, u32)]| {
        let spans: Vec<_> = day.iter().map(|(from, to)| format!("{}-{}", clock(*from), close(*to))).collect();
        spans.join(if hand.spaces { ", " } else { "," })
    };
    let mut order: Vec<usize> = (0..7).collect();
    if hand.sunday_first {
        order.rotate_right(1);
    }
    let mut rules: Vec<(Vec<usize>, String)> = Vec::new();
    for day in order.into_iter().filter(|day| !week[*day].is_empty()) {
        let times = times(&week[day]);
        match rules.iter_mut().find(|(_, same)| hand.grouped && *same == times) {
            Some((days, _)) => days.push(day),
            None => rules.push((vec![day], times)),
        }
    }
    let names = |days: &[usize]| days.iter().map(|day| DAYS[*day]).collect::<Vec<_>>().join(",");
    let rules: Vec<_> = rules.iter().map(|(days, times)| format!("{} {times}", names(days))).collect();
    if rules.is_empty() { "off".to_owned() } else { rules.join(if hand.by_comma { ", " } else { "; " }) }
}

/// Our own reading of what was made up.
fn made(week: &[Vec<(u32, u32)>]) -> Week {
    let sunday_first = |day: usize| u32::try_from((day + 1) % 7).unwrap();
    let stretches = week.iter().enumerate().flat_map(|(day, spans)| {
        spans.iter().map(move |(open, close)| Stretch {
            open: sunday_first(day) * DAY + open,
            close: sunday_first(day) * DAY + close,
        })
    });
    Week::merged(stretches.collect())
}

/// Open quarters of a week as another program evaluates a value.
fn quarters(value: &str) -> Vec<bool> {
    let hours: OpeningHours = value.parse().unwrap();
    let start = from().and_hms_opt(0, 0, 0).unwrap();
    (0..7 * 24 * 4).map(|quarter| hours.is_open(start + Duration::minutes(quarter * 15))).collect()
}

fn quarters_of(week: &Week) -> Vec<bool> {
    let all = 7 * DAY;
    let open = |minute: u32| match week {
        Week::Always => true,
        Week::Stretches(stretches) => stretches
            .iter()
            .any(|one| (one.open..one.close).contains(&minute) || (one.open..one.close).contains(&(minute + all))),
    };
    (0..7 * 24 * 4).map(|quarter| open(quarter * 15)).collect()
}

proptest! {
    #[test]
    fn a_week_in_any_spelling_is_that_week_at_every_quarter_of_an_hour(
        week in prop::collection::vec(any_day(), 7), hand in any_hand(),
    ) {
        let text = spelt(&week, hand);
        let Meaning::Plain(read) = read(&text).0 else { panic!("{text} is a plain week") };
        prop_assert_eq!(&read, &made(&week), "{}", text);
        // By `;` another program cuts nights off, which nobody means; by `,` it has to agree.
        let nights = week.iter().flatten().any(|(_, close)| *close > 1_440);
        if !nights || hand.by_comma {
            prop_assert_eq!(quarters_of(&read), quarters(&text), "{}", text);
        }
        // And always on the text that we make of it.
        prop_assert_eq!(quarters_of(&read), quarters(&Days::of(&read).osm()), "{}", text);
    }

    #[test]
    fn what_we_write_we_read_back(week in prop::collection::vec(any_day(), 7)) {
        let week = made(&week);
        prop_assert_eq!(read(&Days::of(&week).osm()), (Meaning::Plain(week), vec![]));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        read(&text);
    }

    #[test]
    fn any_pieces_of_the_grammar_are_read_or_refused(pieces in prop::collection::vec(prop::sample::select(vec![
        "Mo", "Tu-Fr", "Sa,Su", "PH", "SH", "Apr-Oct", "Dec 24", "2026", "week 1-53/2", "easter", "easter -2 days", "[1]", "[-1]",
        "10:00-12:00", "22:00-02:00", "17:00+", "24/7", "sunrise-sunset", "off", "open", "unknown", "\"x\"", ";", ",", "||", " ", ":",
        "-", "+", "/", "9am", "5 pm", "lundi", "Do", "bis", "99:99", "00:00-00:00", "Feb 29", "2026 Feb 30", "(sunset-23:59)",
    ]), 0..12), spaced: bool) {
        read(&pieces.join(if spaced { " " } else { "" }));
    }
}
