//! Months, halves of a day, and which of a month's weekdays, as people write them.

use super::token::{Clock, Token, Written};

/// January first; lower case, words parted by spaces.
const MONTHS: [&str; 12] = [
    "jan january januar janvier enero gennaio janeiro januari jänner января январь",
    "feb february februar février febrero febbraio fevereiro februari",
    "mar march mär märz mars marzo março maart",
    "apr april avril abril aprile",
    "may mai mayo maggio maio mei maj",
    "jun june juni juin junio giugno junho juin",
    "jul july juli juillet julio luglio julho",
    "aug august août agosto augustus augusti",
    "sep sept september septembre septiembre settembre setembro",
    "oct october okt oktober octobre octubre ottobre outubro",
    "nov november novembre noviembre novembro",
    "dec december dez dezember décembre diciembre dicembre dezembro",
];

/// A month by its name, January = 1.
pub(super) fn month(word: &str) -> Option<u8> {
    let index = MONTHS.iter().position(|names| names.split(' ').any(|name| name == word))?;
    u8::try_from(index + 1).ok()
}

/// `first` to `fifth`, and `last` as -1.
pub(super) fn ordinal(word: &str) -> Option<i8> {
    match word {
        "first" => Some(1),
        "second" => Some(2),
        "third" => Some(3),
        "fourth" => Some(4),
        "fifth" => Some(5),
        "last" => Some(-1),
        _ => None,
    }
}

/// A time before or after noon: `8 pm`. From 13 on, `pm` says what is known.
pub(super) fn halved(clock: Clock, pm: bool) -> Option<Token> {
    let (hour, minute) = (clock.minutes / 60, clock.minutes % 60);
    if clock.half {
        return None;
    }
    let hour = match hour {
        1..=12 => hour % 12 + if pm { 12 } else { 0 },
        13..=23 if pm => hour,
        _ => return None,
    };
    Some(Token::time(
        hour * 60 + minute,
        true,
        if clock.written == Written::InFull { Written::InFull } else { Written::Loosely },
    ))
}
