use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, Timelike, Weekday};
use opening_hours::OpeningHours;
use opening_hours_syntax::rules::day::WeekDayRange;
use opening_hours_syntax::rules::{RuleKind, RuleSequence};

use super::rules::{contradicts_itself, cuts_nights, is_vague, names_holiday, with_holidays, written};
use super::spelling::joins_holidays;
use crate::model::{Period, Point, SpecialDay};

/// Days that are told of a value that is no plain week.
pub(super) const DAYS: i64 = 14;

const EVERY_DAY: WeekDayRange = WeekDayRange::Fixed {
    range: Weekday::Mon..=Weekday::Sun,
    offset: 0,
    nth_from_start: [true; 5],
    nth_from_end: [true; 5],
};

/// The days from `from` on of which it is certain when they open, whether they are holidays or not. What is vague counts as unknown,
/// and takes its day with it.
pub(super) fn certain(rules: &[RuleSequence], text: &str, from: NaiveDate) -> Vec<SpecialDay> {
    if cuts_nights(rules) || contradicts_itself(rules) || joins_holidays(text) {
        return Vec::new();
    }
    let days = |every_day| {
        let mut rules = with_holidays(rules, every_day);
        // The grammar's crate takes a last rule for every day to be all there is, also where it is a fallback.
        for rule in rules.iter_mut().filter(|rule| rule.day_selector.is_empty()) {
            rule.day_selector.weekday.push(EVERY_DAY);
        }
        for rule in rules.iter_mut().filter(|rule| is_vague(rule)) {
            rule.kind = RuleKind::Unknown;
            for span in &mut rule.time_selector.spans {
                // The end is any time of that night.
                span.open_end = false;
            }
        }
        evaluated(&written(rules), from)
    };
    let usual = days(false);
    if !rules.iter().any(names_holiday) {
        return usual.into_iter().flatten().collect();
    }
    let holidays = days(true);
    usual.into_iter().zip(holidays).filter_map(|(day, same)| day.filter(|day| same.as_ref() == Some(day))).collect()
}

/// Each day's openings; none for a day of which something is unknown.
fn evaluated(text: &str, from: NaiveDate) -> Vec<Option<SpecialDay>> {
    let dates = (0..DAYS).filter_map(|days| from.checked_add_signed(Duration::days(days)));
    let Ok(hours) = text.parse::<OpeningHours>() else { return dates.map(|_| None).collect() };
    let midnight = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN);
    let pieces: Vec<(NaiveDateTime, NaiveDateTime, RuleKind)> = hours
        .iter_range(midnight(from) - Duration::days(1), midnight(from) + Duration::days(DAYS + 2))
        .map(|piece| (piece.range.start, piece.range.end, piece.kind))
        .collect();
    dates.map(|date| special_day(date, &pieces)).collect()
}

fn special_day(date: NaiveDate, pieces: &[(NaiveDateTime, NaiveDateTime, RuleKind)]) -> Option<SpecialDay> {
    let begin = date.and_time(chrono::NaiveTime::MIN);
    let end = begin + Duration::days(1);
    let mut periods = Vec::new();
    for (index, (from, to, kind)) in pieces.iter().enumerate().filter(|(_, (from, to, _))| *from < end && *to > begin) {
        match kind {
            RuleKind::Closed => {}
            RuleKind::Unknown => return None,
            RuleKind::Open => {
                // What lasts a day or longer is told day by day; a night belongs to the day on which it begins.
                let lasts = *to - *from >= Duration::days(1);
                let (open, close) = if lasts { ((*from).max(begin), (*to).min(end)) } else { (*from, *to) };
                let vague_end = pieces.get(index + 1).is_some_and(|(_, _, kind)| *kind == RuleKind::Unknown);
                if vague_end && close == *to {
                    return None;
                }
                if open >= begin {
                    periods.push(Period { open: point(open), close: Some(point(close)) });
                }
            }
        }
    }
    Some(SpecialDay { date, periods })
}

fn point(at: NaiveDateTime) -> Point {
    let small = |value: u32| u8::try_from(value).expect("days of a week, hours and minutes are below 60");
    Point { day: small(at.weekday().num_days_from_sunday()), hour: small(at.hour()), minute: small(at.minute()) }
}
