//! What one rule of a parsed value is, and what rules are together.

use std::ops::RangeInclusive;

use chrono::Weekday;
use opening_hours_syntax::rules::day::WeekDayRange;
use opening_hours_syntax::rules::time::{Time, TimeSelector, TimeSpan};
use opening_hours_syntax::rules::{OpeningHoursExpression, RuleKind, RuleOperator, RuleSequence};

/// Longest stretch past midnight that is believed where an hour is written with one digit, minutes: "9-5" is no twenty hours.
pub(super) const LONGEST_NIGHT: u32 = 14 * 60;

/// A stretch past midnight of so many minutes or more, but no whole day, is a slip.
pub(super) const LONGEST_BUT_A_DAY: u32 = 22 * 60 + 1;

/// Whether a rule that opens may mean something else than open: words stand with it, its end is open, its days have no times, or
/// the sun decides.
pub(super) fn is_vague(rule: &RuleSequence) -> bool {
    let vague_span = |span: &TimeSpan| {
        span.open_end
            || span.repeats.is_some()
            || [span.range.start, span.range.end].iter().any(|time| matches!(time, Time::Variable(_)))
    };
    rule.kind == RuleKind::Unknown
        || rule.kind == RuleKind::Open
            && (!rule.comment.is_empty() || is_whole_day(rule) || rule.time_selector.spans.iter().any(vague_span))
}

/// No times are given. A whole day that is written as one has another form by then (in `spelling.rs`).
pub(super) fn is_whole_day(rule: &RuleSequence) -> bool {
    rule.time_selector == TimeSelector::default()
}

/// A stretch of a span, minutes from the midnight of its day; it may reach into the next. None where the sun decides.
pub(super) fn minutes(span: &TimeSpan) -> Option<(u32, u32)> {
    let (Time::Fixed(start), Time::Fixed(end)) = (span.range.start, span.range.end) else { return None };
    let (start, end) = (u32::from(start.mins_from_midnight()), u32::from(end.mins_from_midnight()));
    Some((start, if end <= start { end + 1_440 } else { end }))
}

/// Whether a holiday is among the days of a rule.
pub(super) fn names_holiday(rule: &RuleSequence) -> bool {
    rule.day_selector.weekday.iter().any(|day| matches!(day, WeekDayRange::Holiday { .. }))
}

/// The rules if every day were a holiday, or none. Which days are is a calendar's matter, and differs within a country.
pub(super) fn with_holidays(rules: &[RuleSequence], every_day: bool) -> Vec<RuleSequence> {
    let changed = |rule: &RuleSequence| {
        let mut rule = rule.clone();
        if names_holiday(&rule) {
            if every_day {
                rule.day_selector.weekday.clear();
            } else {
                rule.day_selector.weekday.retain(|day| !matches!(day, WeekDayRange::Holiday { .. }));
                if rule.day_selector.weekday.is_empty() {
                    return None;
                }
            }
        }
        Some(rule)
    };
    rules.iter().filter_map(changed).collect()
}

/// Whether some rule could be read in several ways: a later one that replaces a day into which the night before reaches.
pub(super) fn cuts_nights(rules: &[RuleSequence]) -> bool {
    let passes = |rule: &RuleSequence| rule.time_selector.spans.iter().filter_map(minutes).any(|(_, end)| end > 1_440);
    let replaces = |rule: &&RuleSequence| rule.operator == RuleOperator::Normal || rule.kind == RuleKind::Closed;
    rules.iter().any(passes) && rules.iter().skip(1).any(|rule| replaces(&rule))
}

/// Day 0 is Sunday.
pub(super) fn falls_on(rule: &RuleSequence, day: u32) -> bool {
    let number = |weekday: &Weekday| weekday.num_days_from_monday();
    let monday_first = (day + 6) % 7;
    let within = |range: &RangeInclusive<Weekday>| {
        let (first, last) = (number(range.start()), number(range.end()));
        if first <= last {
            (first..=last).contains(&monday_first)
        } else {
            monday_first >= first || monday_first <= last
        }
    };
    let days = &rule.day_selector.weekday;
    days.is_empty() || days.iter().any(|day| matches!(day, WeekDayRange::Fixed { range, .. } if within(range)))
}

/// Whether a later rule makes an earlier one void, or gives a day other hours that do not meet those it had (`Mo-Fr 10:00-12:00; Mo-Fr
/// 14:00-18:00`, `Mo-Fr 10:00-18:00; 11:00-15:00`, `Mo off; Mo-Fr 10:00-18:00`): by the letter the later one counts, which nobody who
/// wrote both can have meant.
pub(super) fn contradicts_itself(rules: &[RuleSequence]) -> bool {
    let of_every_week = |rule: &&RuleSequence| {
        let days = &rule.day_selector;
        days.year.is_empty() && days.monthday.is_empty() && days.week.is_empty() && !names_only_holidays(rule)
    };
    let rules: Vec<&RuleSequence> = rules.iter().filter(of_every_week).collect();
    rules.iter().enumerate().any(|(index, rule)| {
        let later = || {
            let replaces =
                |later: &&RuleSequence| later.kind == RuleKind::Open && later.operator == RuleOperator::Normal;
            rules.iter().skip(index + 1).copied().filter(replaces)
        };
        let mut days = (0..7).filter(|day| falls_on(rule, *day));
        let closes = |day: u32| {
            let is_whole = |later: &&&RuleSequence| later.kind == RuleKind::Closed && is_whole_day(later);
            rule.kind == RuleKind::Open
                && rules.iter().skip(index + 1).filter(is_whole).any(|later| falls_on(later, day))
        };
        let is_replaced = |day: u32| closes(day) || later().any(|later| falls_on(later, day));
        let is_void = days.clone().next().is_some() && days.all(is_replaced);
        let apart =
            |later: &RuleSequence| (0..7).any(|day| falls_on(rule, day) && falls_on(later, day)) && !meet(rule, later);
        // All days are closed first by those who then name the open ones.
        let opened_again = rule.kind == RuleKind::Closed
            && is_whole_day(rule)
            && !(0..7).all(|day| falls_on(rule, day))
            && (0..7).any(|day| falls_on(rule, day) && later().any(|later| falls_on(later, day)));
        is_void || opened_again || rule.kind == RuleKind::Open && later().any(apart)
    })
}

/// Whether some stretch of one rule meets one of the other; yes where that is not to be known.
fn meet(one: &RuleSequence, other: &RuleSequence) -> bool {
    let spans = |rule: &RuleSequence| rule.time_selector.spans.iter().map(minutes).collect::<Option<Vec<_>>>();
    let (Some(ones), Some(others)) = (spans(one), spans(other)) else { return true };
    ones.iter().any(|(from, to)| others.iter().any(|(start, end)| from <= end && start <= to))
}

fn names_only_holidays(rule: &RuleSequence) -> bool {
    let days = &rule.day_selector.weekday;
    !days.is_empty() && days.iter().all(|day| matches!(day, WeekDayRange::Holiday { .. }))
}

/// The rules as text that the grammar's crate reads back.
pub(super) fn written(rules: Vec<RuleSequence>) -> String {
    OpeningHoursExpression { rules }.to_string()
}
