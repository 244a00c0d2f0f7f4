use opening_hours_syntax::rules::RuleSequence;
use unicode_normalization::UnicodeNormalization;

use super::calendar;
use super::respelt::respelt;
use super::rules::{LONGEST_BUT_A_DAY, LONGEST_NIGHT, minutes};
use crate::model::Repair;

/// A whole day in a form that differs from no time at all, which the grammar's crate takes for a whole day too.
const WHOLE_DAY: &str = "00:00-12:00,12:00-24:00";

/// The value's rules and the text that they were read from: as it is, else with its signs mended, else respelt. What was mended is
/// told only where it helped.
pub(super) fn parsed(value: &str, repairs: &mut Vec<Repair>) -> Option<(String, Vec<RuleSequence>)> {
    let trimmed = value.trim();
    let joined = join_days(trimmed);
    if let Some(rules) = rules(&joined) {
        if joined != trimmed {
            repairs.push(Repair::HoursSeparators);
        }
        return Some((joined, rules));
    }
    let mended = years_first(&join_days(&mend_signs(trimmed)));
    if let Some(rules) = rules(&mended) {
        repairs.push(Repair::HoursPunctuation);
        return Some((mended, rules));
    }
    // What a table of a database went on with on its next line, which is not there.
    if trimmed.ends_with(" +") {
        return None;
    }
    let (text, changes) = respelt(&mended)?;
    let rules = rules(&text)?;
    repairs.extend(changes);
    Some((text, rules))
}

/// The rules of a text that the grammar knows and that means what it says: `9:00-5:00` means no night of twenty hours.
fn rules(text: &str) -> Option<Vec<RuleSequence>> {
    let rules = opening_hours_syntax::parse(&mark_whole_days(text)).ok()?.rules;
    let mut spans = rules.iter().flat_map(|rule| &rule.time_selector.spans).filter_map(minutes);
    // "6:30-01:00": the nought shows a clock of 24 hours.
    let ends_late =
        |end: u32| end <= 1_440 + 180 && text.contains(&format!("-{:02}:{:02}", (end - 1_440) / 60, end % 60));
    let short_hour = has_short_hour(text);
    let is_slip = |(start, end): (u32, u32)| {
        let length = end - start;
        let too_long = end > 1_440 && length > LONGEST_NIGHT;
        // "15:00-14:30": not even a place that closes for an hour writes so.
        too_long && (short_hour && !ends_late(end) || (LONGEST_BUT_A_DAY..1_440).contains(&length))
    };
    (!spans.any(is_slip)).then_some(rules)
}

/// Whether an hour is written with one digit.
fn has_short_hour(text: &str) -> bool {
    text.match_indices(':').any(|(colon, _)| {
        let mut before = text.get(..colon).unwrap_or_default().chars().rev();
        before.next().is_some_and(|c| c.is_ascii_digit()) && !before.next().is_some_and(|c| c.is_ascii_digit())
    })
}

/// Gives whole days that are written as such [`WHOLE_DAY`]'s form.
fn mark_whole_days(text: &str) -> String {
    let mut marked = text.to_owned();
    for whole in ["24/7", "00:00-24:00", "00:00-00:00", "0:00-24:00"] {
        let mut pieces = marked.split(whole);
        let mut joined = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            // Not the end of `10:00-24:00`.
            let is_time = !joined.ends_with(|c: char| c.is_ascii_digit());
            joined.push_str(if is_time { WHOLE_DAY } else { whole });
            joined.push_str(piece);
        }
        marked = joined;
    }
    marked
}

/// `Sa, Su 10:00-18:00`: the grammar reads a Saturday without times, then a rule for Sunday. Who writes so means both.
pub(super) fn join_days(text: &str) -> String {
    const DAYS: [&str; 8] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH"];
    let is_day = |word: &str| word.split('-').all(|day| DAYS.contains(&day));
    let words: Vec<&str> = text.split(' ').collect();
    let mut joined = String::new();
    for (index, word) in words.iter().enumerate() {
        joined.push_str(word);
        let only_days = word.strip_suffix(',').is_some_and(|list| list.split(',').all(is_day));
        let next_is_day = words
            .get(index + 1)
            .is_some_and(|next| next.trim_end_matches(',').split(',').all(is_day) && !next.is_empty());
        // The first of the list stands at the beginning of its rule.
        let begins = index == 0 || words[index - 1].ends_with([';', ',', ':']);
        if index + 1 < words.len() && !(only_days && next_is_day && begins) {
            joined.push(' ');
        }
    }
    joined
}

/// `Aug 4 2025-Aug 22 2025`: the grammar has the year first.
fn years_first(text: &str) -> String {
    let mut words: Vec<&str> = text.split_inclusive([' ', '-', ',', ';']).collect();
    let is_number = |word: &str, digits: usize| word.len() == digits && word.chars().all(|c| c.is_ascii_digit());
    let mut at = 0;
    while at + 2 < words.len() {
        let [month, day, year] = [words[at], words[at + 1], words[at + 2]];
        let bare = year.trim_end_matches([' ', '-', ',', ';']);
        let before = at.checked_sub(1).map_or("", |before| words[before].trim_end());
        let is_date = calendar::month(&month.trim_end().to_lowercase()).is_some()
            && (1..=2).any(|digits| is_number(day.trim_end(), digits))
            && is_number(bare, 4);
        if is_date && !is_number(before, 4) {
            let (year, end) = year.split_at(bare.len());
            let (day, space) = day.split_at(day.trim_end().len());
            words.splice(at..at + 3, [year, space, month, day, end]);
        }
        at += 1;
    }
    words.concat()
}

/// Signs that look alike are the grammar's own, spaces stand where they part something, and nothing is left at the end. Text in quotes
/// stays.
fn mend_signs(text: &str) -> String {
    let text =
        text.strip_prefix("opening_hours").map_or(text, |rest| rest.trim_start().strip_prefix('=').unwrap_or(text));
    // A dash of Windows, as some program wrote what it could not show.
    let text = &text.replace("\\u0096", "-");
    let mut mended = String::new();
    for (index, piece) in text.split('"').enumerate() {
        if index > 0 {
            mended.push('"');
        }
        if index % 2 == 1 {
            mended.push_str(piece);
            continue;
        }
        mended.push_str(&mend_piece(piece));
    }
    let is_left_over = |c: char| c == ';' || c == ',' || c.is_whitespace();
    mended.trim_start_matches(is_left_over).trim_end_matches(|c: char| c == '.' || is_left_over(c)).to_owned()
}

fn mend_piece(piece: &str) -> String {
    let plain: String = piece
        .nfkc()
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2d7}' | '\u{96}' => '-',
            '，' | '、' => ',',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .filter(|c| !c.is_control())
        .collect();
    let mut text = plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if plain.starts_with(' ') {
        text.insert(0, ' ');
    }
    if plain.ends_with(' ') {
        text.push(' ');
    }
    for (from, to) in [
        (" -", "-"),
        ("- ", "-"),
        (" ;", ";"),
        (" ,", ","),
        (";;", ";"),
        ("; ;", ";"),
        (",;", ";"),
        (";,", ";"),
        (" [", "["),
        ("Ph ", "PH "),
    ] {
        while text.contains(from) {
            text = text.replace(from, to);
        }
    }
    text
}

/// Whether a holiday and a weekday stand side by side: the grammar means the holidays on those weekdays, its crate reads a list.
pub(super) fn joins_holidays(text: &str) -> bool {
    text.split(';').any(joins_holiday)
}

fn joins_holiday(rule: &str) -> bool {
    let words: Vec<&str> = rule.split(' ').collect();
    let is_holiday = |word: &str| word.ends_with("PH") || word.ends_with("SH");
    let is_day = |word: &str| ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"].iter().any(|day| word.contains(day));
    words.windows(2).any(|pair| {
        is_holiday(pair[0]) && is_day(pair[1]) && !pair[1].starts_with('"')
            || is_day(pair[0]) && !pair[0].ends_with(',') && (pair[1].starts_with("PH") || pair[1].starts_with("SH"))
    })
}
