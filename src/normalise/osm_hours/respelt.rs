//! Weeks that people wrote as they speak, written anew as the grammar has it. What could be read in two ways is not written at all.

use super::blocks::{Block, Days, Span, blocks};
use super::tokens::{Token, Written, tokens};
use crate::model::Repair;

/// Monday first.
const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Days, and what is said of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    /// Empty where it holds every day.
    days: Days,
    what: Block,
}

/// The value in the grammar's own spelling, and what was changed; none if any of it is not understood, or said twice.
pub(super) fn respelt(value: &str) -> Option<(String, Vec<Repair>)> {
    let tokens = tokens(value)?;
    let (blocks, notes) = blocks(&tokens)?;
    let (blocks, asking) = without_asking(blocks)?;
    let (groups, order) = arranged(&blocks, asking.is_some())?;
    if says_twice(&groups) {
        return None;
    }
    let text = written(&groups, &notes, asking.as_deref());
    Some((text, repairs(&tokens, order)))
}

/// The blocks without "or by appointment", which is of no days in particular, and those words.
fn without_asking(blocks: Vec<Block>) -> Option<(Vec<Block>, Option<String>)> {
    let mut asking = None;
    let mut kept: Vec<Block> = Vec::new();
    for block in blocks {
        match block {
            Block::Asking(words) if !matches!(kept.last(), Some(Block::Days(_))) || is_said(&kept) => {
                if asking.replace(words).is_some() {
                    return None;
                }
            }
            block => kept.push(block),
        }
    }
    Some((kept, asking))
}

/// Whether something was said already of the days that end a list of blocks: they stand behind it.
fn is_said(blocks: &[Block]) -> bool {
    !matches!(blocks.first(), Some(Block::Days(_)) | None)
}

/// The groups, and whether days stood behind what is said of them.
fn arranged(blocks: &[Block], asking: bool) -> Option<(Vec<Group>, bool)> {
    if blocks.is_empty() {
        return asking.then(|| (Vec::new(), false));
    }
    let readings = [days_first(blocks), days_last(blocks), every_day_but(blocks)];
    let mut found: Vec<(Vec<Group>, bool)> = Vec::new();
    for (groups, behind) in readings.into_iter().zip([false, true, true]) {
        if let Some(groups) = groups
            && !found.iter().any(|(other, _)| *other == groups)
        {
            found.push((groups, behind));
        }
    }
    found.pop().filter(|_| found.is_empty())
}

/// `Mon 9-17, Tue 9-12, closed on Sundays`.
fn days_first(blocks: &[Block]) -> Option<Vec<Group>> {
    let mut groups = Vec::new();
    let mut rest = blocks;
    while !rest.is_empty() {
        let (group, after) = match rest {
            [Block::Closed, Block::Days(days), after @ ..] => (closed(days), after),
            [Block::Days(days), what, after @ ..] if !matches!(what, Block::Days(_)) => {
                (Group { days: days.clone(), what: what.clone() }, after)
            }
            _ => return None,
        };
        groups.push(group);
        rest = after;
    }
    Some(groups)
}

/// `9-17 Mon-Fri, 9-12 Sat, closed on Sundays`.
fn days_last(blocks: &[Block]) -> Option<Vec<Group>> {
    let mut groups = Vec::new();
    let mut rest = blocks;
    while !rest.is_empty() {
        let (group, after) = match rest {
            [Block::Closed, Block::Days(days), after @ ..] => (closed(days), after),
            [what @ Block::Open(_), Block::Days(days), after @ ..] => (Group { days: days.clone(), what: what.clone() }, after),
            [Block::Days(days), Block::Closed] if !groups.is_empty() => (closed(days), [].as_slice()),
            _ => return None,
        };
        groups.push(group);
        rest = after;
    }
    Some(groups)
}

/// `9-17, closed on Sundays`; `9-17, Sunday 10-12`, but not `9-17, Saturday 10-12`, which leaves Sunday open.
fn every_day_but(blocks: &[Block]) -> Option<Vec<Group>> {
    let (what @ Block::Open(_), exceptions) = blocks.split_first()? else { return None };
    let mut exceptions = if exceptions.is_empty() { Vec::new() } else { days_first(exceptions)? };
    let names_sunday = |group: &Group| group.days.week.contains(&6) || group.days.week.is_empty();
    if !exceptions.iter().all(|group| group.what == Block::Closed) && !exceptions.iter().any(names_sunday) {
        return None;
    }
    if exceptions.iter().any(|group| group.days.months.is_some() || !group.days.nth.is_empty()) {
        return None;
    }
    // Days that are told of themselves are not among every day.
    let own: Vec<usize> = exceptions.iter().flat_map(|group| group.days.week.iter().copied()).collect();
    let mut days = Days::default();
    if !own.is_empty() {
        days.week = (0..7).filter(|day| !own.contains(day)).collect();
        if days.week.is_empty() {
            return None;
        }
    }
    exceptions.retain(|group| group.what != Block::Closed || group.days.holiday);
    let mut groups = vec![Group { days, what: what.clone() }];
    groups.append(&mut exceptions);
    Some(groups)
}

fn closed(days: &Days) -> Group {
    Group { days: days.clone(), what: Block::Closed }
}

/// Whether two groups speak of one day: the second could add to the first, or replace it. One that closes replaces, but for a night
/// that reaches into its day.
fn says_twice(groups: &[Group]) -> bool {
    let nights = passes_midnight(groups);
    groups.iter().enumerate().any(|(index, group)| {
        groups.iter().take(index).any(|before| {
            let seasons = (before.days.months, group.days.months);
            let same_season = match seasons {
                (None, _) | (_, None) => true,
                (Some(one), Some(other)) => meet(one, other),
            };
            let every = |days: &Days| days.week.is_empty() && !days.holiday;
            let same_day = before.days.holiday && group.days.holiday
                || every(&before.days) && every(&group.days)
                || every(&before.days) && !group.days.week.is_empty()
                || every(&group.days) && !before.days.week.is_empty()
                || before.days.week.iter().any(|day| group.days.week.contains(day))
                    && (before.days.nth.is_empty() || group.days.nth.is_empty() || before.days.nth == group.days.nth);
            let replaces = group.what == Block::Closed && !nights;
            same_season && same_day && !replaces
        })
    })
}

/// Whether two seasons have a month in common.
fn meet(one: (u8, u8), other: (u8, u8)) -> bool {
    let within = |(first, last): (u8, u8), month: u8| {
        if first <= last { (first..=last).contains(&month) } else { month >= first || month <= last }
    };
    (1..=12).any(|month| within(one, month) && within(other, month))
}

fn passes_midnight(groups: &[Group]) -> bool {
    let spans = groups.iter().flat_map(|group| if let Block::Open(spans) = &group.what { spans.as_slice() } else { &[] });
    spans.into_iter().any(|span| span.close.is_some_and(|close| close > 1_440))
}

/// Notes are of no rule in particular, so of every rule, and of the days without one.
fn written(groups: &[Group], notes: &[String], asking: Option<&str>) -> String {
    let note = notes.join(", ");
    let rule = |group: &Group| {
        let what = said(&group.what);
        let selected = selected(&group.days);
        let joined = if selected.is_empty() { what } else { format!("{selected} {what}") };
        if note.is_empty() || joined.contains('"') { joined } else { format!("{joined} \"{note}\"") }
    };
    let rules: Vec<String> = groups.iter().map(rule).collect();
    let mut text = rules.join(if passes_midnight(groups) { ", " } else { "; " });
    let otherwise: Vec<&str> = asking.into_iter().chain(Some(note.as_str()).filter(|note| !note.is_empty())).collect();
    if !otherwise.is_empty() {
        let between = if text.is_empty() { "" } else { " || " };
        text = format!("{text}{between}\"{}\"", otherwise.join(", "));
    }
    text
}

fn selected(days: &Days) -> String {
    let month = |number: u8| MONTHS.get(usize::from(number) - 1).copied().unwrap_or_default();
    let mut parts = Vec::new();
    match days.months {
        Some((first, last)) if first == last => parts.push(month(first).to_owned()),
        Some((first, last)) => parts.push(format!("{}-{}", month(first), month(last))),
        None => {}
    }
    let nth: Vec<String> = days.nth.iter().map(ToString::to_string).collect();
    let nth = if nth.is_empty() { String::new() } else { format!("[{}]", nth.join(",")) };
    let mut names: Vec<String> = days.week.iter().map(|&day| format!("{}{nth}", DAYS[day])).collect();
    if days.holiday {
        names.push("PH".to_owned());
    }
    if !names.is_empty() {
        parts.push(names.join(","));
    }
    parts.join(" ")
}

fn said(what: &Block) -> String {
    let clock = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let time = |span: &Span| match span.close {
        Some(close) => format!("{}-{}", clock(span.open), clock(close)),
        None => format!("{}+", clock(span.open)),
    };
    match what {
        Block::Open(spans) => spans.iter().map(time).collect::<Vec<_>>().join(","),
        Block::Asking(words) => format!("\"{words}\""),
        Block::Unknown => "unknown".to_owned(),
        Block::Closed | Block::Days(_) => "off".to_owned(),
    }
}

fn repairs(tokens: &[Token], behind: bool) -> Vec<Repair> {
    let day = |token: &Token| match token {
        Token::Day(word) => !DAYS.iter().any(|day| day.eq_ignore_ascii_case(word)),
        Token::Days(_) | Token::WeekendAndHolidays => true,
        _ => false,
    };
    let clock = |token: &Token| matches!(token, Token::Time(clock) if clock.written != Written::ByTheGrammar);
    let note = |token: &Token| matches!(token, Token::Note(_) | Token::Appointment(_));
    let mut found = Vec::new();
    for (is_there, repair) in [
        (tokens.iter().any(day), Repair::HoursDayNames),
        (tokens.iter().any(clock), Repair::HoursClock),
        (tokens.iter().any(note), Repair::HoursNotes),
        (behind, Repair::HoursOrder),
    ] {
        if is_there {
            found.push(repair);
        }
    }
    if found.is_empty() {
        found.push(Repair::HoursSeparators);
    }
    found
}
