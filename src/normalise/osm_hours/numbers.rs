//! Numbers of a value: times of day, and which of a month's weekdays.

use super::calendar;
use super::token::{Clock, Token, Written};

/// The token that a text begins with, which is a digit, and what comes behind it.
pub(super) fn number<'a>(rest: &'a str, before: &[Token]) -> Option<(Option<Token>, &'a str)> {
    let (digits, after) = digits(rest)?;
    if let Some(found) = nth(digits, after) {
        return Some(found);
    }
    let (hour, minute, after, standard): (u32, u32, &str, bool) = match digits.len() {
        1 | 2 => match minute(after).or_else(|| dashed(after, before)) {
            Some((minute, after, colon)) => (digits.parse().ok()?, minute, after, colon && digits.len() == 2),
            None => (
                digits.parse().ok()?,
                0,
                after.strip_prefix(['h', 'u', '時', '时', '点', '點', 'ч']).unwrap_or(after),
                false,
            ),
        },
        3 | 4 => {
            let (hour, minute) = digits.split_at_checked(digits.len() - 2)?;
            (hour.parse().ok()?, minute.parse().ok()?, after, false)
        }
        _ => return None,
    };
    // `10:00:00` and `1.2.3` are no times; `10:00:16:00` is two.
    let goes_on = after.strip_prefix([':', '.']).is_some_and(starts_with_digit) && !is_second_time(after);
    if minute >= 60 || starts_with_digit(after) || goes_on {
        return None;
    }
    let full = standard || digits.len() == 4;
    let after = after.strip_prefix('時').unwrap_or(after);
    let (half, after) = half(after);
    let written = match (standard && half.is_none(), full) {
        (true, _) => Written::ByTheGrammar,
        (false, true) => Written::InFull,
        (false, false) => Written::Loosely,
    };
    let clock = Clock { minutes: hour * 60 + minute, half: false, written };
    let token = match half {
        None if hour <= 48 => Token::Time(clock),
        Some(pm) => calendar::halved(clock, pm)?,
        None => return None,
    };
    Some((Some(token), after))
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn digits(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// `1st`, `2nd`.
fn nth<'a>(digits: &str, after: &'a str) -> Option<(Option<Token>, &'a str)> {
    let ending = match digits {
        "1" => "st",
        "2" => "nd",
        "3" => "rd",
        "4" | "5" => "th",
        _ => return None,
    };
    let rest = after.strip_prefix(ending).filter(|rest| !rest.starts_with(char::is_alphabetic))?;
    Some((Some(Token::Nth(digits.parse().ok()?)), rest))
}

/// `:30`, `.30`, `h30`, ` h 30`, and whether it is the first of these.
fn minute(after: &str) -> Option<(u32, &str, bool)> {
    let sign = after.chars().next()?;
    let rest = after.get(sign.len_utf8()..)?;
    let (sign, rest) = match (sign, rest) {
        (' ', rest) => ('h', rest.strip_prefix("h ")?),
        _ => (sign, rest),
    };
    match sign {
        ':' | '.' | 'h' | 'u' | 'ч' => {
            let (digits, rest) = digits(rest)?;
            (digits.len() == 2).then(|| digits.parse().ok()).flatten().map(|minute| (minute, rest, sign == ':'))
        }
        '時' | '时' | '点' | '點' => {
            if let Some(rest) = rest.strip_prefix('半') {
                return Some((30, rest, false));
            }
            let (digits, rest) = digits(rest)?;
            let rest = rest.strip_prefix('分')?;
            (digits.len() == 2).then(|| digits.parse().ok()).flatten().map(|minute| (minute, rest, false))
        }
        _ => None,
    }
}

/// `09:00-19-00`, `from 8-00 to 17-00`: minutes behind a dash, where it can be no sign between times.
fn dashed<'a>(after: &'a str, before: &[Token]) -> Option<(u32, &'a str, bool)> {
    let (digits, rest) = digits(after.strip_prefix('-')?)?;
    let in_full = |clock: &Clock| clock.written == Written::ByTheGrammar;
    let fits = match before {
        [.., Token::Time(first), Token::To] if in_full(first) => true,
        [.., Token::From, Token::Time(_), Token::To] => true,
        [.., Token::From] => rest.trim_start().starts_with(char::is_alphabetic),
        _ => false,
    };
    let quarter = ["00", "15", "30", "45"].contains(&digits);
    let ends = rest.is_empty() || rest.starts_with([';', ',', ' ']) && !rest.trim_start().starts_with(['-', ':', '+']);
    (fits && quarter && ends).then(|| digits.parse().ok()).flatten().map(|minute| (minute, rest, true))
}

/// Whether a colon and a whole time follow: `:16:00`, and then no more of the kind.
fn is_second_time(after: &str) -> bool {
    let time = after.strip_prefix(':').and_then(|rest| {
        let (hour, rest) = digits(rest)?;
        let (minute, rest) = digits(rest.strip_prefix(':')?)?;
        Some((hour.len() <= 2 && minute.len() == 2, rest))
    });
    time.is_some_and(|(is_time, rest)| {
        is_time && !rest.starts_with([':', '-', '.', '+']) && !rest.trim_start().starts_with('-')
    })
}

/// `am`, `p.m.`: whether it is the second half of the day.
fn half(after: &str) -> (Option<bool>, &str) {
    let trimmed = after.trim_start_matches(' ');
    for (word, pm) in [
        ("a.m.", false),
        ("p.m.", true),
        ("a. m.", false),
        ("p. m.", true),
        ("a.m", false),
        ("p.m", true),
        ("am", false),
        ("pm", true),
        ("a", false),
        ("p", true),
    ] {
        // A letter alone stands right behind its time; "a" apart is a word of several languages.
        let text = if word.len() == 1 { after } else { trimmed };
        if let Some(rest) = text.strip_prefix(word)
            && !rest.starts_with(char::is_alphabetic)
        {
            return (Some(pm), rest);
        }
    }
    (None, after)
}
