//! Weeks that people wrote as they speak, written anew as the grammar has it. What could be read in two ways is not written at all.

use super::blocks::{Block, Days, blocks, note_between_times};
use super::stretch::Span;
use super::token::{Token, Written};
use super::tokens::tokens;
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
    let (groups, order) = arranged(&blocks, asking.is_some() || is_condition(&tokens))?;
    if says_twice(&groups, order)
        || says_nothing(&groups)
        || mixes_seasons(&groups)
        || order == Order::DaysLast && note_between_times(&tokens)
    {
        return None;
    }
    let text = written(&groups, &notes, asking.as_ref());
    Some((text, repairs(&tokens, order != Order::DaysFirst)))
}

/// Whether a value is one note of the known ones, without brackets or quotes.
fn is_condition(tokens: &[Token]) -> bool {
    matches!(tokens, [Token::Condition(_)])
}

/// Words that are of no days in particular.
struct Asking {
    words: String,
    /// Said of the hours right before.
    of_the_last: bool,
}

/// The blocks without "or by appointment", and those words.
fn without_asking(blocks: Vec<Block>) -> Option<(Vec<Block>, Option<Asking>)> {
    let mut asking = None;
    let mut kept: Vec<Block> = Vec::new();
    for block in blocks {
        // "Mon 9-12, by appointment Tue 9-12".
        if asking.is_some() {
            return None;
        }
        match block {
            Block::Asking { words, of_these } if !matches!(kept.last(), Some(Block::Days(_))) || is_said(&kept) => {
                let joined = ["or ", "and ", "und ", "oder ", "sowie ", "et ", "ou "];
                let of_the_last = of_these && !joined.iter().any(|and| words.starts_with(and));
                asking = Some(Asking { words, of_the_last });
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

/// Where the days stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    DaysFirst,
    DaysLast,
    /// Only days that differ are named.
    EveryDayBut,
}

/// The groups in the one order that gives the value a meaning; none where two do.
fn arranged(blocks: &[Block], alone: bool) -> Option<(Vec<Group>, Order)> {
    if let [Block::Closed] = blocks {
        return Some((vec![closed(&Days::default())], Order::DaysFirst));
    }
    if blocks.is_empty() {
        return alone.then(|| (Vec::new(), Order::DaysFirst));
    }
    let readings = [
        (days_first(blocks), Order::DaysFirst),
        (days_last(blocks), Order::DaysLast),
        (every_day_but(blocks), Order::EveryDayBut),
    ];
    let mut found: Vec<(Vec<Group>, Order)> = Vec::new();
    for (groups, order) in readings {
        if let Some(groups) = groups
            && !found.iter().any(|(other, _)| *other == groups)
        {
            found.push((groups, order));
        }
    }
    let (groups, order) = found.pop().filter(|_| found.is_empty())?;
    Some((without_idle(groups), order))
}

/// Without groups that close days which nothing opens: a night before them runs to its end.
fn without_idle(groups: Vec<Group>) -> Vec<Group> {
    let opened: Vec<usize> = groups
        .iter()
        .filter(|group| group.what != Block::Closed)
        .flat_map(|group| if group.days.week.is_empty() { (0..7).collect() } else { group.days.week.clone() })
        .collect();
    let is_idle = |group: &Group| {
        group.what == Block::Closed
            && !opened.is_empty()
            && !group.days.holiday
            && !group.days.week.is_empty()
            && !group.days.week.iter().any(|day| opened.contains(day))
    };
    if !passes_midnight(&groups) {
        return groups;
    }
    groups.into_iter().filter(|group| !is_idle(group)).collect()
}

/// Whether no group says when days open or close, or one closes all that another opens.
fn says_nothing(groups: &[Group]) -> bool {
    let is_closed = |group: &Group| group.what == Block::Closed;
    let cancelled = |open: &Group| {
        let covers = |closed: &Group| {
            is_closed(closed)
                && closed.days.months.is_none()
                && closed.days.nth.is_empty()
                && open.days.week.iter().all(|day| closed.days.week.contains(day))
        };
        !is_closed(open) && !open.days.week.is_empty() && groups.iter().any(covers)
    };
    let days_closed: usize = groups.iter().filter(|group| is_closed(group)).map(|group| group.days.week.len()).sum();
    groups.iter().any(cancelled)
        || !groups.is_empty() && groups.iter().all(|group| group.what == Block::Unknown)
        || days_closed > 4 && groups.iter().all(is_closed)
}

/// `Mon 9-17, Tue 9-12, closed on Sundays`.
fn days_first(blocks: &[Block]) -> Option<Vec<Group>> {
    let mut groups = Vec::new();
    let mut rest = blocks;
    while !rest.is_empty() {
        let (group, after) = match rest {
            [Block::Closed, Block::Days(days), after @ ..] if names_days(days) => (closed(days), after),
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
            [Block::Closed, Block::Days(days), after @ ..] if names_days(days) => (closed(days), after),
            [what @ Block::Open(_), Block::Days(days), after @ ..] => {
                (Group { days: days.clone(), what: what.clone() }, after)
            }
            [Block::Days(days), Block::Closed] if !groups.is_empty() => (closed(days), [].as_slice()),
            _ => return None,
        };
        groups.push(group);
        rest = after;
    }
    let closes = groups.iter().any(|group| group.what == Block::Closed);
    let opened: usize =
        groups.iter().filter(|group| group.what != Block::Closed).map(|group| group.days.week.len()).sum();
    let seasonal = groups.iter().any(|group| group.days.months.is_some());
    // "9-17 Mon closed Sun": closed on Monday or on Sunday?
    (!closes || opened >= 3 || seasonal || opened == 0).then_some(groups)
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

/// Whether days are named, and not months alone.
fn names_days(days: &Days) -> bool {
    days.holiday || !days.week.is_empty()
}

fn closed(days: &Days) -> Group {
    Group { days: days.clone(), what: Block::Closed }
}

/// Whether two groups speak of one day: the second could add to the first, or replace it. One that closes replaces, but for a night
/// that reaches into its day.
fn says_twice(groups: &[Group], order: Order) -> bool {
    let nights = passes_midnight(groups);
    groups.iter().enumerate().any(|(index, group)| {
        groups.iter().take(index).any(|before| {
            let others_sunday = groups.iter().any(|other| other != before && other.days.week.contains(&6));
            // "Lu-Do 8-15; Sa 8-12" leaves Sunday open, which is odd.
            let leaves_sunday = |before: &Group, group: &Group| {
                group.days.week == [5] && before.days.week.contains(&6) && !others_sunday
            };
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
            let replaces = (group.what == Block::Closed
                || order == Order::DaysFirst && narrows(before, group) && !leaves_sunday(before, group))
                && !nights;
            same_season && same_day && !replaces
        })
    })
}

/// Whether hours without a season stand behind some with one: they may be of the same season.
fn mixes_seasons(groups: &[Group]) -> bool {
    let mut behind = groups.iter().skip_while(|group| group.days.months.is_none());
    behind.any(|group| group.days.months.is_none() && group.what != Block::Closed)
}

/// Whether the second tells anew of some days of the first, at hours that meet: `Thu-Sun 12-15,18-22; Sun 12-18`.
fn narrows(before: &Group, group: &Group) -> bool {
    let (Block::Open(earlier), Block::Open(later)) = (&before.what, &group.what) else { return false };
    let end = |span: &Span| span.close.unwrap_or(1_440);
    let meets = |one: &Span| earlier.iter().any(|other| one.open < end(other) && other.open < end(one));
    let days = &group.days;
    // "WE" is a weekend too.
    days.week != [2]
        && days.week.len() < before.days.week.len()
        && !days.holiday
        && days.months.is_none()
        && days.nth.is_empty()
        && before.days.nth.is_empty()
        && days.week.iter().all(|day| before.days.week.contains(day))
        && later.iter().any(meets)
}

/// Whether two seasons have a month in common.
fn meet(one: (u8, u8), other: (u8, u8)) -> bool {
    let within = |(first, last): (u8, u8), month: u8| {
        if first <= last { (first..=last).contains(&month) } else { month >= first || month <= last }
    };
    (1..=12).any(|month| within(one, month) && within(other, month))
}

fn passes_midnight(groups: &[Group]) -> bool {
    let spans =
        groups.iter().flat_map(|group| if let Block::Open(spans) = &group.what { spans.as_slice() } else { &[] });
    spans.into_iter().any(|span| span.close.is_some_and(|close| close > 1_440))
}

/// Notes are of no rule in particular, so of every rule, and of the days without one.
fn written(groups: &[Group], notes: &[String], asking: Option<&Asking>) -> String {
    let note = notes.join(", ");
    // "Sat 9-12 by appointment", but "Sat 9-12 or by appointment".
    let last = groups.len().saturating_sub(1);
    let rule = |(index, group): (usize, &Group)| {
        let what = said(&group.what);
        let note = match asking.filter(|asking| asking.of_the_last && index == last) {
            Some(asking) if note.is_empty() => asking.words.clone(),
            Some(asking) => format!("{}, {note}", asking.words),
            None => note.clone(),
        };
        let selected = selected(&group.days);
        let joined = if selected.is_empty() { what } else { format!("{selected} {what}") };
        if note.is_empty() || joined.contains('"') { joined } else { format!("{joined} \"{note}\"") }
    };
    let rules: Vec<String> = groups.iter().enumerate().map(rule).collect();
    // A comma adds to what the day has, which would be a holiday's other hours.
    let holidays = groups.iter().any(|group| group.days.holiday && group.what != Block::Closed);
    let mut text = rules.join(if passes_midnight(groups) && !holidays { ", " } else { "; " });
    let otherwise: Vec<&str> = asking
        .iter()
        .map(|asking| asking.words.as_str())
        .chain(Some(note.as_str()).filter(|note| !note.is_empty()))
        .collect();
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
        Block::Asking { words, .. } => format!("\"{words}\""),
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
    let note = |token: &Token| matches!(token, Token::Note(_) | Token::Condition(_) | Token::Appointment(_));
    let names_days = |token: &Token| day(token) || matches!(token, Token::Day(_) | Token::Holiday);
    let mut found = Vec::new();
    for (is_there, repair) in [
        (tokens.iter().any(day), Repair::HoursDayNames),
        (tokens.iter().any(clock), Repair::HoursClock),
        (tokens.iter().any(note), Repair::HoursNotes),
        (behind && tokens.iter().any(names_days), Repair::HoursOrder),
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
