//! The rules of the commonest values, read without the grammar: weekdays and holidays, each with times or `off`, parted by `;` or
//! `, `; words for people may stand behind times. Whatever else stands in a value, and what may be a slip, is left to the grammar.

use super::rules::{LONGEST_BUT_A_DAY, LONGEST_NIGHT};
use crate::normalise::week::DAY;

/// Spans of a rule at most; few have more than two.
const SPANS: usize = 4;

/// Days of the week, one a bit; Sunday is the lowest.
pub(super) type Days = u8;

pub(super) const EVERY_DAY: Days = 0x7f;

/// What a rule says of its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Open,
    /// Open as far as only people know: the end of some span is not told, or there are words beside it.
    Vague,
    /// All day.
    Closed,
}

/// One rule of a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Without the holidays.
    pub(super) days: Days,
    /// Whether holidays are among its days.
    pub(super) holidays: bool,
    pub(super) says: Says,
    /// Behind a comma: it takes nothing away from its days.
    pub(super) adds: bool,
    spans: [(u32, u32); SPANS],
    count: usize,
}

impl Rule {
    /// From the midnight of its day, in order; the end past 1,440 where it lies in the next day. An end that is not told is the next
    /// midnight.
    pub(super) fn spans(&self) -> &[(u32, u32)] {
        &self.spans[..self.count]
    }

    pub(super) fn opens(&self) -> bool {
        self.says != Says::Closed
    }

    /// Takes in that words for people stand behind it; none where they stand behind a closed day.
    fn note(&mut self, is_noted: bool) -> Option<()> {
        if is_noted {
            self.says = Some(Says::Vague).filter(|_| self.opens())?;
        }
        Some(())
    }

    /// Takes the times in, in order; none where they are not of the plain form.
    fn take(&mut self, times: &str, short_hours: &mut bool) -> Option<()> {
        for span in times.split(',') {
            let (span, is_open_end) = span.strip_suffix('+').map_or((span, false), |span| (span, true));
            let (open, close) = if is_open_end && !span.contains('-') {
                (clock(span, short_hours).filter(|open| *open < DAY)?, DAY)
            } else {
                minutes(span, short_hours)?
            };
            let follows = self.spans().last().is_none_or(|(_, before)| *before <= open);
            if !follows || self.count == SPANS {
                return None;
            }
            self.spans[self.count] = (open, close);
            self.count += 1;
            if is_open_end {
                self.says = Says::Vague;
            }
        }
        Some(())
    }
}

/// The rules of such a value; none for any other.
pub(super) fn rules(value: &str) -> Option<Vec<Rule>> {
    let mut all: Vec<Rule> = Vec::with_capacity(6);
    let mut short_hours = false;
    for group in value.split(';') {
        let group = group.strip_prefix(' ').unwrap_or(group);
        let mut is_noted = false;
        for (index, text) in group.split(", ").enumerate() {
            let goes_on = index > 0 && text.starts_with(|c: char| c.is_ascii_digit());
            if goes_on && is_noted {
                return None;
            }
            let text = if text.ends_with('"') {
                is_noted = true;
                without_note(text)?
            } else {
                is_noted = false;
                text
            };
            // More times of the same days.
            if goes_on {
                let rule = all.last_mut().filter(|rule| rule.opens())?;
                rule.take(text, &mut short_hours)?;
                rule.note(is_noted)?;
                continue;
            }
            let ((days, holidays), said) = match text.split_once(' ') {
                Some((named, said)) => (days(named)?, said),
                None if index == 0 => ((EVERY_DAY, false), text),
                None => return None,
            };
            let mut rule = Rule { days, holidays, says: Says::Open, adds: index > 0, spans: [(0, 0); SPANS], count: 0 };
            match said {
                "off" | "closed" => rule.says = Says::Closed,
                "24/7" => rule.take("00:00-24:00", &mut short_hours)?,
                times => rule.take(times, &mut short_hours)?,
            }
            rule.note(is_noted)?;
            all.push(rule);
        }
    }
    // "9:00-5:00" means no night of twenty hours.
    let is_long = |(open, close): &(u32, u32)| *close > DAY && close - open > LONGEST_NIGHT;
    (!(short_hours && all.iter().flat_map(Rule::spans).any(is_long))).then_some(all)
}

/// What stands before words in quotes; none where the words hold signs that the grammar's readers look for in the whole value.
fn without_note(text: &str) -> Option<&str> {
    let (before, words) = text.strip_suffix('"')?.split_once(" \"")?;
    let is_plain = |c: char| !c.is_control() && !matches!(c, '"' | ':' | ',');
    (!words.is_empty() && words.chars().all(is_plain) && !words.contains("PH") && !words.contains("SH"))
        .then_some(before)
}

/// `Mo,We-Fr`, `PH`, `Su,PH`, and whether holidays are among them.
fn days(names: &str) -> Option<(Days, bool)> {
    let (names, holidays) = if names == "PH" {
        return Some((0, true));
    } else if let Some(others) = names.strip_prefix("PH,").or_else(|| names.strip_suffix(",PH")) {
        (others, true)
    } else {
        (names, false)
    };
    let mut days = 0;
    for range in names.split(',') {
        let (first, last) = match range.split_once('-') {
            Some((first, last)) if first != last => (day(first)?, day(last)?),
            Some(_) => return None,
            None => (day(range)?, day(range)?),
        };
        let count = (last + 7 - first) % 7;
        days |= (first..=first + count).fold(0, |days, day| days | 1 << (day % 7));
    }
    Some((days, holidays))
}

fn day(name: &str) -> Option<u32> {
    match name {
        "Su" => Some(0),
        "Mo" => Some(1),
        "Tu" => Some(2),
        "We" => Some(3),
        "Th" => Some(4),
        "Fr" => Some(5),
        "Sa" => Some(6),
        _ => None,
    }
}

/// Of `18:00-02:00`.
fn minutes(span: &str, short_hours: &mut bool) -> Option<(u32, u32)> {
    let (open, close) = span.split_once('-')?;
    let (open, close) = (clock(open, short_hours)?, clock(close, short_hours)?);
    if open >= DAY || open == close && open > 0 {
        return None;
    }
    let close = if close <= open { close + DAY } else { close };
    // "15:00-14:30" may be a slip: others have to judge.
    (close <= DAY || close - open < LONGEST_BUT_A_DAY).then_some((open, close))
}

/// `HH:MM` or `H:MM`, up to `48:00`: `02:00` of the next day may be written `26:00`.
fn clock(text: &str, short_hours: &mut bool) -> Option<u32> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let (hour, [m, mm]) = match *text.as_bytes() {
        [h, hh, b':', m, mm] => (digit(h)? * 10 + digit(hh)?, [m, mm]),
        [h, b':', m, mm] => {
            *short_hours = true;
            (digit(h)?, [m, mm])
        }
        _ => return None,
    };
    let minute = digit(m)? * 10 + digit(mm)?;
    Some(hour * 60 + minute).filter(|of_day| minute < 60 && *of_day <= 2 * DAY)
}
