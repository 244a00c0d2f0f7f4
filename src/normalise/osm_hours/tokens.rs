//! A value of any spelling, cut into the few things that a week is made of.

use super::day_names;

/// A piece of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word that is a weekday in some language, lower case.
    Day(String),
    /// Every day of the week.
    EveryDay,
    Holiday,
    /// A time of day.
    Time(Clock),
    /// From here to there.
    To,
    /// And.
    And,
    Comma,
    /// A stronger stop than a comma.
    Stop,
    /// Between days and times; means nothing.
    Colon,
    Closed,
    WholeDay,
    /// No end is known.
    Plus,
}

/// A time of day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// From midnight, up to 48 hours.
    pub(super) minutes: u32,
    /// With `am` or `pm`.
    pub(super) half: bool,
    pub(super) written: Written,
}

/// How a time is written, and so what it shows of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// `noon` or `midnight`, which say nothing of how the other times are written.
    InAWord,
    /// In some other way: `9`, `9h30`.
    Loosely,
    /// With two digits for the hour and two for the minute: a clock of 24 hours.
    InFull,
    /// As the grammar has it, which is in full.
    ByTheGrammar,
}

/// The pieces of a value; none if it has a piece that is not known.
pub(super) fn tokens(value: &str) -> Option<Vec<Token>> {
    let mut rest = value;
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let after_first = rest.get(first.len_utf8()..)?;
        let (token, after) = if [' ', '\n'].contains(&first) {
            (None, after_first)
        } else if first.is_ascii_digit() {
            number(rest)?
        } else if first.is_alphabetic() {
            word(rest, matches!(found.last(), Some(Token::Time(_))))?
        } else {
            (Some(sign(first)?), after_first)
        };
        found.extend(token);
        rest = after;
    }
    Some(found)
}

/// A sign that stands alone.
fn sign(sign: char) -> Option<Token> {
    Some(match sign {
        '-' | '~' | '÷' | '〜' => Token::To,
        ',' => Token::Comma,
        ';' | '|' => Token::Stop,
        '/' | '&' => Token::And,
        ':' => Token::Colon,
        '+' => Token::Plus,
        _ => return None,
    })
}

/// A word; an `h` after a time is none.
fn word(rest: &str, after_time: bool) -> Option<(Option<Token>, &str)> {
    let end = rest.find(|c: char| !(c.is_alphabetic() || c == '\'')).unwrap_or(rest.len());
    let (word, after) = rest.split_at_checked(end)?;
    let word = word.to_lowercase();
    // Two words that are one.
    for (phrase, token) in [
        ("t/m", Token::To),
        ("every day", Token::EveryDay),
        ("tous les jours", Token::EveryDay),
        ("todos los días", Token::EveryDay),
        ("todos os dias", Token::EveryDay),
        ("tutti i giorni", Token::EveryDay),
    ] {
        if let Some(length) = phrase_at(rest, phrase) {
            return Some((Some(token), rest.get(length..)?));
        }
    }
    let token = match word.as_str() {
        "off" | "closed" | "geschlossen" | "ruhetag" | "fermé" | "fermée" | "ferme" | "chiuso" | "cerrado"
        | "fechado" | "gesloten" | "zavřeno" | "nieczynne" | "zárva" | "suletud" | "выходной" => {
            Some(Token::Closed)
        }
        "ph" => Some(Token::Holiday),
        "daily" | "everyday" | "täglich" | "tgl" | "dagelijks" | "ежедневно" | "щоденно" | "quotidien" => {
            Some(Token::EveryDay)
        }
        "to" | "till" | "until" | "thru" | "through" | "bis" | "au" | "à" | "a" | "al" | "às" | "as" | "alle"
        | "tot" | "do"
            if !is_a_day(&word, after) =>
        {
            Some(Token::To)
        }
        "and" | "und" | "et" | "y" | "en" => Some(Token::And),
        "late" | "close" | "closing" | "selesai" => Some(Token::Plus),
        "noon" | "midi" => Some(time(12 * 60)),
        "midnight" | "minuit" => Some(time(24 * 60)),
        // Words that say what stands there anyway.
        "from" | "von" | "vom" | "de" | "du" | "le" | "des" | "les" | "dalle" | "das" | "van" | "uhr" | "hs"
        | "hrs" | "hr" | "hours" | "uur" | "open" | "opening" | "öffnungszeiten" | "с" | "з" | "godz" => None,
        "h" if after_time => None,
        _ if day_names::is_known(&word) => Some(Token::Day(word)),
        _ => return None,
    };
    // An abbreviation's full stop.
    let after = after.strip_prefix('.').unwrap_or(after);
    Some((token, after))
}

/// `do` is Thursday in German and until in Polish: a day where another day, a sign between days or a time follows at once.
fn is_a_day(word: &str, after: &str) -> bool {
    word == "do" && !after.trim_start().starts_with(char::is_alphabetic)
}

fn phrase_at(rest: &str, phrase: &str) -> Option<usize> {
    let start: String = rest.chars().take(phrase.chars().count()).collect();
    (start.to_lowercase() == phrase).then_some(start.len())
}

fn time(minutes: u32) -> Token {
    Token::Time(Clock { minutes, half: false, written: Written::InAWord })
}

/// A time, or an around-the-clock.
fn number(rest: &str) -> Option<(Option<Token>, &str)> {
    for whole in ["24/7", "24 hours", "24 hrs", "24hours", "24hrs", "24 std", "24h/24"] {
        if let Some(length) = phrase_at(rest, whole) {
            return Some((Some(Token::WholeDay), rest.get(length..)?));
        }
    }
    let (digits, after) = digits(rest)?;
    let (hour, minute, after, mut standard) = match digits.len() {
        1 | 2 => match minute(after) {
            Some((minute, after, colon)) => (digits.parse().ok()?, minute, after, colon && digits.len() == 2),
            None => (digits.parse().ok()?, 0, after.strip_prefix(['h', 'H', 'u']).unwrap_or(after), false),
        },
        3 | 4 => {
            let (hour, minute) = digits.split_at_checked(digits.len() - 2)?;
            (hour.parse().ok()?, minute.parse().ok()?, after, false)
        }
        _ => return None,
    };
    // `10:00:00` and `1.2.3` are no times.
    if minute >= 60
        || after.starts_with(|c: char| c.is_ascii_digit())
        || after.strip_prefix([':', '.']).is_some_and(starts_with_digit)
    {
        return None;
    }
    let full = standard || digits.len() == 4;
    let (half, after) = half(after);
    let hour: u32 = hour;
    let minutes = match half {
        None if hour <= 48 => hour * 60 + minute,
        Some(pm) if (1..=12).contains(&hour) => {
            standard = false;
            (hour % 12 + if pm { 12 } else { 0 }) * 60 + minute
        }
        _ => return None,
    };
    let written = match (standard, full) {
        (true, _) => Written::ByTheGrammar,
        (false, true) => Written::InFull,
        (false, false) => Written::Loosely,
    };
    Some((Some(Token::Time(Clock { minutes, half: half.is_some(), written })), after))
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn digits(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// `:30`, `.30`, `h30`, and whether it is the first of these.
fn minute(after: &str) -> Option<(u32, &str, bool)> {
    let (sign, rest) = after.split_at_checked(1)?;
    if ![":", ".", "h", "H", "u"].contains(&sign) {
        return None;
    }
    let (digits, rest) = digits(rest)?;
    (digits.len() == 2).then(|| digits.parse().ok()).flatten().map(|minute| (minute, rest, sign == ":"))
}

/// `am`, `p.m.`: whether it is the second half of the day.
fn half(after: &str) -> (Option<bool>, &str) {
    let trimmed = after.trim_start_matches(' ');
    for (word, pm) in [
        ("a.m.", false),
        ("p.m.", true),
        ("a.m", false),
        ("p.m", true),
        ("am", false),
        ("pm", true),
        ("a", false),
        ("p", true),
    ] {
        // A letter alone stands right behind its time; "a" apart is a word of several languages.
        let text = if word.len() == 1 { after } else { trimmed };
        if let Some(length) = phrase_at(text, word)
            && let Some(rest) = text.get(length..)
            && !rest.starts_with(char::is_alphabetic)
        {
            return (Some(pm), rest);
        }
    }
    (None, after)
}
