//! A value of any spelling, cut into the few things that a week is made of.

use super::numbers::number;
use super::token::Token;
use super::{calendar, day_names, words};

/// Letters of a note at most.
const LONGEST_NOTE: usize = 120;

/// The pieces of a value; none if it has a piece that is not known.
pub(super) fn tokens(value: &str) -> Option<Vec<Token>> {
    let lower: String = value.chars().map(lower_case).collect();
    if ["nonstop", "non stop", "non-stop"].contains(&lower.trim()) {
        return Some(vec![Token::WholeDay]);
    }
    cut(value, &lower).or_else(|| with_a_tail(value, &lower))
}

/// Words that begin what is for people.
const TAILS: [&str; 22] = [
    "closed",
    "geschlossen",
    "fermé",
    "summer",
    "in summer",
    "winter",
    "in winter",
    "autumn",
    "spring",
    "sommer",
    "im sommer",
    "im winter",
    "été",
    "en été",
    "hiver",
    "en hiver",
    "verano",
    "en verano",
    "invierno",
    "estate",
    "летом",
    "зимой",
];

/// `Mon-Sun 9-17; closed: 24 & 25 December, Good Friday` and `Mon-Fri 9-17; summer 9-20`: nobody but a person knows the dates, and any
/// day may be one.
fn with_a_tail(value: &str, lower: &str) -> Option<Vec<Token>> {
    let begins_tail = |at: &usize| {
        let behind = lower.get(at + 1..).unwrap_or_default().trim_start();
        TAILS.iter().any(|tail| behind.strip_prefix(tail).is_some_and(|rest| !rest.starts_with(char::is_alphabetic)))
    };
    let start = lower.match_indices([';', ',']).map(|(at, _)| at).find(begins_tail)?;
    let tail = value.get(start + 1..)?.trim();
    let fits = tail.contains(|c: char| c.is_ascii_digit())
        && !tail.contains(['"', '(', ')', '\\'])
        && tail.chars().count() <= LONGEST_NOTE;
    let mut tokens = cut(value.get(..start)?, lower.get(..start)?)?;
    tokens.push(Token::Note(tail.to_owned()));
    fits.then_some(tokens)
}

/// A letter's lower case where it takes as many bytes, so that places are the same in both texts.
fn lower_case(c: char) -> char {
    let mut lower = c.to_lowercase();
    lower.next().filter(|one| lower.len() == 0 && one.len_utf8() == c.len_utf8()).unwrap_or(c)
}

fn cut(value: &str, lower: &str) -> Option<Vec<Token>> {
    let mut rest = lower;
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let after_first = rest.get(first.len_utf8()..)?;
        let (token, after) = if [' ', '\n'].contains(&first) {
            (None, after_first)
        } else if let Some((token, after)) = known_word(rest, &found) {
            (token, after)
        } else if first.is_ascii_digit() {
            number(rest, &found)?
        } else if first.is_alphabetic() {
            word(rest, &found)?
        } else if let Some(end) = closing(first) {
            let (inner, after) = after_first.split_once(end)?;
            let start = lower.len() - after_first.len();
            found.extend(aside(value.get(start..start + inner.len())?, inner, first, &found)?);
            (None, after)
        } else {
            (Some(sign(first)?), after_first)
        };
        found.extend(token);
        rest = after;
    }
    Some(found)
}

fn closing(opening: char) -> Option<char> {
    match opening {
        '(' => Some(')'),
        '"' => Some('"'),
        _ => None,
    }
}

/// What stands in brackets: days, or times of days named before, as if there were none; else words for people.
fn aside(text: &str, lower: &str, sign: char, before: &[Token]) -> Option<Vec<Token>> {
    let note = || {
        let text = text.trim();
        let fits = !text.contains(['"', '(', ')', '\\']) && text.chars().count() <= LONGEST_NOTE;
        fits.then(|| if text.is_empty() { vec![] } else { vec![Token::Note(text.to_owned())] })
    };
    if sign == '"' {
        return note();
    }
    let Some(inner) = cut(text, lower) else { return note() };
    // Times behind times: when the kitchen is open, or what holds in summer.
    let begins_with_time = matches!(inner.first(), Some(Token::Time(_) | Token::From | Token::To));
    let names_days = inner.iter().any(is_day);
    if begins_with_time && !names_days && !before.is_empty() && !before.last().is_some_and(is_day) {
        return None;
    }
    // Days in brackets are no more days of the list before them.
    let stop = inner.first().is_some_and(is_day) && before.last().is_some_and(is_day);
    Some(stop.then_some(Token::Stop).into_iter().chain(inner).collect())
}

fn is_day(token: &Token) -> bool {
    matches!(token, Token::Day(_) | Token::Days(_) | Token::WeekendAndHolidays | Token::Holiday)
}

/// A sign that stands alone.
fn sign(sign: char) -> Option<Token> {
    Some(match sign {
        '-' | '~' | '÷' | '〜' => Token::To,
        ',' | '.' | '・' | '·' | '•' => Token::Comma,
        ';' | '|' | '。' | '※' => Token::Stop,
        '&' => Token::And,
        '/' => Token::Slash,
        ':' | '=' => Token::Colon,
        '+' => Token::Plus,
        '?' => Token::Question,
        _ => return None,
    })
}

/// A word that means one thing in every language.
fn known_word<'a>(rest: &'a str, before: &[Token]) -> Option<(Option<Token>, &'a str)> {
    let (token, after) = words::word(rest)?;
    let beside_a_time = matches!(before.last(), Some(Token::To | Token::From | Token::Time(_)))
        || after.trim_start().starts_with(['-', '~', '÷']);
    match token {
        // "10h-24h", "24h-06h".
        Some(Token::WholeDay) if rest.starts_with(|c: char| c.is_ascii_digit()) && beside_a_time => None,
        Some(Token::To) if rest.starts_with("do") && is_thursday(after, before) => None,
        Some(Token::To | Token::From) => Some((token, after)),
        _ => Some((token, after.strip_prefix('.').unwrap_or(after))),
    }
}

/// `do` is Thursday in German, and until in Polish: until is followed by a time or a day, and by a time only behind the first of two.
fn is_thursday(after: &str, before: &[Token]) -> bool {
    match before {
        [.., Token::To, Token::Time(_)] => true,
        [.., Token::Time(_)] => false,
        _ => !after.trim_start().starts_with(char::is_alphabetic),
    }
}

/// A weekday, a month, or a word that means something by what stands beside it.
fn word<'a>(rest: &'a str, before: &[Token]) -> Option<(Option<Token>, &'a str)> {
    if rest.starts_with(words::is_dense) {
        return dense_day(rest);
    }
    let end = rest.find(|c: char| !(c.is_alphabetic() || c == '\'')).unwrap_or(rest.len());
    let (word, after) = rest.split_at_checked(end)?;
    let after_time = matches!(before.last(), Some(Token::Time(_)));
    let after_day = before.last().is_some_and(is_day);
    let next = after.trim_start();
    let before_word = next.starts_with(char::is_alphabetic);
    let token = match word {
        "h" | "u" | "hs" if after_time => None,
        "a" if after_time || after_day => Some(Token::To),
        "e" | "i" | "u" if (after_time || after_day) && after.starts_with(' ') => Some(Token::And),
        // English between days and times; Thursday in Finnish behind a sign between days.
        "to" if !matches!(before, [.., Token::Day(_), Token::To | Token::Comma | Token::And]) => Some(Token::To),
        // An article of French and Spanish, Saturday in Finnish.
        "la" if before_word => None,
        "am" | "pm" if next.starts_with(|c: char| c.is_ascii_digit()) => {
            let (token, after) = number(next, before)?;
            let Some(Token::Time(clock)) = token else { return None };
            return Some((calendar::halved(clock, word == "pm"), after)).filter(|(token, _)| token.is_some());
        }
        _ if calendar::month(word).is_some() && (!day_names::is_known(word) || beside_a_month(before, next)) => {
            calendar::month(word).map(Token::Month)
        }
        _ if calendar::ordinal(word).is_some() => calendar::ordinal(word).map(Token::Nth),
        _ if day_names::is_known(word) => Some(Token::Day(word.to_owned())),
        _ => return None,
    };
    // An abbreviation's full stop.
    let after = after.strip_prefix('.').unwrap_or(after);
    Some((token, after))
}

/// `mar` is March beside another month, and a Tuesday of many languages elsewhere.
fn beside_a_month(before: &[Token], next: &str) -> bool {
    let following: String =
        next.trim_start_matches(['-', ' ', '.']).chars().take_while(|c| c.is_alphabetic()).collect();
    matches!(before, [.., Token::Month(_), Token::To]) || next.starts_with('-') && calendar::month(&following).is_some()
}

/// A weekday in a script without spaces.
fn dense_day(rest: &str) -> Option<(Option<Token>, &str)> {
    (1..=3).rev().find_map(|letters| {
        let end = rest.char_indices().nth(letters).map_or(rest.len(), |(at, _)| at);
        let (word, after) = rest.split_at_checked(end)?;
        day_names::is_known(word).then(|| (Some(Token::Day(word.to_owned())), after))
    })
}
