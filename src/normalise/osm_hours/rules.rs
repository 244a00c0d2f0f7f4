//! What one rule of a parsed value is, and what rules are together.

use opening_hours_syntax::rules::day::WeekDayRange;
use opening_hours_syntax::rules::time::{Time, TimeSelector, TimeSpan};
use opening_hours_syntax::rules::{OpeningHoursExpression, RuleKind, RuleOperator, RuleSequence};

/// Longest stretch past midnight that is believed where an hour is written with one digit, minutes: "9-5" is no twenty hours.
pub(super) const LONGEST_NIGHT: u32 = 14 * 60;

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

/// The rules as text that the grammar's crate reads back.
pub(super) fn written(rules: Vec<RuleSequence>) -> String {
    OpeningHoursExpression { rules }.to_string()
}
