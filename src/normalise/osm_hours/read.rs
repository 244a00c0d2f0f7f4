use chrono::NaiveDate;
use opening_hours_syntax::rules::{RuleKind, RuleSequence};

use super::meaning::Meaning;
use super::rules::is_whole_day;
use super::{dates, direct, plain, spelling};
use crate::model::Repair;
use crate::normalise::week::Week;

/// Characters of a value at most; longer ones are no tags of OpenStreetMap (255).
const LONGEST: usize = 512;

/// Reads a value; `from` is the first date of which a complex one is told.
pub(crate) fn meaning(value: &str, from: NaiveDate, repairs: &mut Vec<Repair>) -> Meaning {
    // The grammar's crate takes a lone `:` for always.
    if value.chars().count() > LONGEST || !value.contains(char::is_alphanumeric) {
        return Meaning::Unknown;
    }
    let trimmed = value.trim();
    if let Some(meaning) = direct::meaning(trimmed, from) {
        return meaning;
    }
    let joined = if trimmed.contains(", ") { spelling::join_days(trimmed) } else { String::new() };
    match direct::meaning(&joined, from) {
        Some(meaning) => {
            repairs.push(Repair::HoursSeparators);
            meaning
        }
        None => by_the_grammar(value, from, repairs),
    }
}

pub(super) fn by_the_grammar(value: &str, from: NaiveDate, repairs: &mut Vec<Repair>) -> Meaning {
    // A cleaned text may be longer than the value was: what is stored has to be read again.
    let Some((text, rules)) = spelling::parsed(value, repairs).filter(|(text, _)| text.chars().count() <= LONGEST)
    else {
        return Meaning::Unknown;
    };
    let opens = |rule: &&RuleSequence| rule.kind != RuleKind::Closed;
    if rules.iter().all(|rule| !opens(&rule)) {
        return never(&rules, text);
    }
    if rules.iter().flat_map(|rule| &rule.time_selector.spans).any(|span| span.repeats.is_some()) {
        return Meaning::Unknown;
    }
    match plain::week(&rules, &text) {
        Some(week) => Meaning::Plain(week),
        None => Meaning::Complex { days: dates::certain(&rules, &text, from), text },
    }
}

/// Closed and nothing else: every day, or only on some, which says nothing of the others.
fn never(rules: &[RuleSequence], text: String) -> Meaning {
    let always = |rule: &RuleSequence| rule.day_selector.is_empty() && is_whole_day(rule);
    if rules.iter().any(always) {
        Meaning::Plain(Week::Stretches(Vec::new()))
    } else {
        Meaning::Complex { text, days: Vec::new() }
    }
}
