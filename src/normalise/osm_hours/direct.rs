//! The plainest values, read without the grammar: every weekday named once at most, each with its times or `off`. Most values are of
//! this form, and they mean one thing; whatever else is left to the grammar.

use super::rules::LONGEST_BUT_A_DAY;
use crate::normalise::week::{DAY, Stretch, Week};

/// The week of such a value; none for any other, however plain it may be.
pub(super) fn week(value: &str) -> Option<Week> {
    if value == "24/7" {
        return Some(Week::Always);
    }
    let mut stretches = Vec::with_capacity(14);
    let mut seen = [false; 7];
    let mut has_off = false;
    for rules in value.split(';') {
        let rules = rules.strip_prefix(' ').unwrap_or(rules);
        let mut days = [false; 7];
        let mut before = None;
        // Behind `, ` there are more times of the same days, or other days, which as none is named twice is the same as behind `; `.
        for rule in rules.split(", ") {
            let times = if before.is_some() && rule.starts_with(|c: char| c.is_ascii_digit()) {
                rule
            } else {
                let (named, times) = rule.split_once(' ').unwrap_or(("Mo-Su", rule));
                days = days_of(named, &mut seen)?;
                before = None;
                times
            };
            if before.is_none() && matches!(times, "off" | "closed") && rules == rule {
                has_off = true;
                continue;
            }
            for span in times.split(',') {
                let (open, close) = minutes(span)?;
                if before.is_some_and(|before| open < before) {
                    return None;
                }
                before = Some(close);
                let of_days = days.iter().zip(0..).filter(|(is_named, _)| **is_named);
                stretches.extend(of_days.map(|(_, day)| Stretch { open: day * DAY + open, close: day * DAY + close }));
            }
        }
    }
    let has_nights = stretches.iter().any(|stretch| stretch.close > (stretch.open / DAY + 1) * DAY);
    // Whether a closed day ends the night before is not for us to say; nor what a week is of which only closed days are told.
    if stretches.is_empty() || has_off && has_nights {
        return None;
    }
    Some(Week::merged(stretches))
}

/// Sunday first, as in `Mo,We-Fr`; none where a day was named before.
fn days_of(names: &str, seen: &mut [bool; 7]) -> Option<[bool; 7]> {
    let mut days = [false; 7];
    for range in names.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (day(first)?, day(last)?);
        let count = (last + 7 - first) % 7;
        for day in (first..=first + count).map(|day| day % 7) {
            if std::mem::replace(&mut seen[day], true) {
                return None;
            }
            days[day] = true;
        }
    }
    Some(days)
}

fn day(name: &str) -> Option<usize> {
    ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"].iter().position(|day| *day == name)
}

/// Of `18:00-02:00`: from the midnight of its day, the end past 1,440 where it lies in the next.
fn minutes(span: &str) -> Option<(u32, u32)> {
    let (open, close) = span.split_once('-')?;
    let (open, close) = (clock(open)?, clock(close)?);
    if open == DAY || open == close && open > 0 {
        return None;
    }
    let close = if close <= open { close + DAY } else { close };
    // "15:00-14:30" may be a slip: others have to judge.
    (close <= DAY || close - open < LONGEST_BUT_A_DAY).then_some((open, close))
}

/// `HH:MM`, up to `24:00`.
fn clock(text: &str) -> Option<u32> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let [h, hh, b':', m, mm] = *text.as_bytes() else { return None };
    let (hour, minute) = (digit(h)? * 10 + digit(hh)?, digit(m)? * 10 + digit(mm)?);
    Some(hour * 60 + minute).filter(|of_day| minute < 60 && *of_day <= DAY)
}
