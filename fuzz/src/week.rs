//! Hours: any text is read or left, any week is written in words that give it back.

use chrono::{DateTime, Utc};

use crate::clean::{raw_hours, stays_clean};
use crate::model::{Field, Hours, HoursState, Normalised, Period, Point, RawHours, RawPeriod, RawPoint, RawVenue};
use crate::normalise::normalise;

const DAY: usize = 24 * 60;
const WEEK: usize = 7 * DAY;

/// Monday first, with the number of the day.
const DAYS: [(&str, usize); 7] =
    [("Monday", 1), ("Tuesday", 2), ("Wednesday", 3), ("Thursday", 4), ("Friday", 5), ("Saturday", 6), ("Sunday", 0)];

/// Takes a text for the value of an `opening_hours` tag.
pub fn any_text(text: &str) {
    stays_clean(cleaned(RawHours::Osm(text.to_owned()), instant()), instant());
}

/// Takes bytes for openings, four each: the minute of the week, and how long. Their week must come back from its words.
pub fn any_week(bytes: &[u8]) {
    let number = |high: u8, low: u8| i64::from(u16::from_be_bytes([high, low]));
    let point = |minute: i64| RawPoint { day: minute / 1_440 % 7, hour: minute / 60 % 24, minute: minute % 60 };
    let (openings, _) = bytes.as_chunks::<4>();
    let week = openings.iter().map(|&[a, b, c, d]| {
        let open = number(a, b) % 10_080;
        RawPeriod { open: point(open), close: Some(point(open + number(c, d) % 10_080)) }
    });
    let found = cleaned(RawHours::Periods { week: Some(week.collect()), special: vec![] }, instant());
    let Some(hours) = found.venue.hours.present().cloned() else { return };
    // Believed of openings with their days, taken for a slip in a mapper's text.
    let is_nearly_a_day = |period: &Period| {
        period
            .close
            .is_some_and(|close| (22 * 60 + 1..DAY).contains(&((minute(close) + WEEK - minute(period.open)) % WEEK)))
    };
    if hours.periods.iter().flatten().any(is_nearly_a_day) {
        return stays_clean(found, instant());
    }
    let text = hours.osm.clone().expect("a week has its text");
    let read = cleaned(RawHours::Osm(text), instant());
    assert_eq!(read.repairs, [], "our own text needs no repair: {hours:?}");
    assert_eq!(read.venue.hours, Field::Present(hours), "our own text gives the week back");
    stays_clean(found, instant());
}

/// Panics where the words of a week mean another one, or its periods give another one.
pub(crate) fn says_the_same(hours: &Hours, answered_at: DateTime<Utc>) {
    if let (Some(periods), Some(lines)) = (&hours.periods, &hours.weekday_text) {
        let by_words = of_lines(lines);
        assert!(by_words == of_periods(periods), "the words mean another week: {hours:?}");
        let always = by_words.iter().all(|open| *open);
        assert_eq!(always, hours.state == HoursState::AlwaysOpen, "{hours:?}");
    } else {
        assert_eq!(hours.state, HoursState::Complex);
    }
    let again = cleaned(raw_hours(hours), answered_at).venue.hours;
    let again = again.map(|again| Hours { timezone: hours.timezone.clone(), ..again });
    assert_eq!(again, Field::Present(hours.clone()));
}

fn instant() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_340_000, 0).expect("an instant of November 2026")
}

/// A venue of which only the hours matter.
fn cleaned(hours: RawHours, answered_at: DateTime<Utc>) -> Normalised {
    let raw = RawVenue {
        provider_id: "1".to_owned(),
        name: Field::Present("One".to_owned()),
        position: Field::Present((38.71, -9.14)),
        hours: Field::Present(hours),
        timezone: Field::Present("Europe/Lisbon".to_owned()),
        answered_at,
        ..RawVenue::default()
    };
    normalise(raw, &|_| None, &|_| true).expect("hours refuse no venue")
}

/// The open minutes from Sunday on.
fn of_periods(periods: &[Period]) -> Vec<bool> {
    let mut open = vec![false; WEEK];
    for period in periods {
        let from = minute(period.open);
        let length = period.close.map_or(WEEK, |close| (minute(close) + WEEK - from) % WEEK);
        (from..from + length).for_each(|minute| open[minute % WEEK] = true);
    }
    open
}

/// Of the week, from Sunday's first.
fn minute(at: Point) -> usize {
    usize::from(at.day) * DAY + usize::from(at.hour) * 60 + usize::from(at.minute)
}

/// The open minutes from Sunday on, as a person would read the lines.
fn of_lines(lines: &[String]) -> Vec<bool> {
    assert_eq!(lines.len(), DAYS.len());
    let mut open = vec![false; WEEK];
    for (line, (name, day)) in lines.iter().zip(DAYS) {
        let times = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")).expect("the day's name");
        let spans: Vec<(usize, usize)> = match times {
            "closed" => Vec::new(),
            "open 24 hours" => vec![(0, DAY)],
            times => times.split(", ").map(span).collect(),
        };
        for (from, to) in spans {
            let to = if to <= from { to + DAY } else { to };
            (from..to).for_each(|minute| open[(day * DAY + minute) % WEEK] = true);
        }
    }
    open
}

fn span(text: &str) -> (usize, usize) {
    let clock = |text: &str| {
        let (hour, minute) = text.split_once(':').expect("a time");
        hour.parse::<usize>().expect("hours") * 60 + minute.parse::<usize>().expect("minutes")
    };
    let (from, to) = text.split_once('–').expect("two times");
    (clock(from), clock(to))
}
