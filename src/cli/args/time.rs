//! Times and spans of time, as people type them.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::store::{Moment, Since};

/// A span, like `90m` or `7d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// Why a text is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not a span.
    #[error("not a span of time: write one like 90m, 36h or 7d")]
    Span,
    /// Not a moment.
    #[error(
        "not a time: write now, an instant like 2026-11-27T21:00+01:00 (or …Z), or 2026-11-27T21:00 for what each venue's own clock shows"
    )]
    Moment,
    /// Neither a time nor a span.
    #[error(
        "neither a time like 2026-11-27 or 2026-11-27T21:00Z (UTC where no zone is named) nor a span like 36h or 7d"
    )]
    Since,
}

impl FromStr for Span {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        /// Longer than anything that is meant; and every clock can go back so far.
        const LONGEST: u64 = 100 * 366 * 86_400;
        let span = humantime::parse_duration(text.trim()).ok();
        let span = span.filter(|span| (1..=LONGEST).contains(&span.as_secs())).ok_or(TimeError::Span)?;
        Ok(Self(span))
    }
}

/// What `--open-at` takes.
pub(super) fn moment(text: &str) -> Result<Moment, TimeError> {
    if text.trim() == "now" {
        return Ok(Moment::Now);
    }
    match read(text) {
        Some(Read::Instant(then)) => Ok(Moment::Instant(then)),
        Some(Read::Clock(clock)) => Ok(Moment::Local(clock)),
        Some(Read::Date(_)) | None => Err(TimeError::Moment),
    }
}

/// What `--changed-since` and `--since` take.
pub(super) fn since(text: &str) -> Result<Since, TimeError> {
    if let Ok(Span(span)) = text.parse() {
        return Ok(Since::Ago(span));
    }
    let then = match read(text).ok_or(TimeError::Since)? {
        Read::Instant(then) => then,
        Read::Clock(clock) => clock.and_utc(),
        Read::Date(date) => date.and_time(NaiveTime::MIN).and_utc(),
    };
    Ok(Since::Instant(then))
}

enum Read {
    Instant(DateTime<Utc>),
    Clock(NaiveDateTime),
    Date(NaiveDate),
}

fn read(text: &str) -> Option<Read> {
    let text = text.trim();
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(Read::Date(date));
    }
    let text = text.replacen(' ', "T", 1);
    for form in ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"] {
        if let Ok(clock) = NaiveDateTime::parse_from_str(&text, form) {
            return Some(Read::Clock(clock));
        }
    }
    let zoned = text.strip_suffix(['Z', 'z']).map_or_else(|| text.clone(), |clock| format!("{clock}+00:00"));
    let forms = ["%Y-%m-%dT%H:%M%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"];
    let instant = forms.iter().find_map(|form| DateTime::parse_from_str(&zoned, form).ok())?;
    Some(Read::Instant(instant.to_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn moments_are_instants_or_what_the_venues_own_clock_shows() {
        assert_eq!(moment("now"), Ok(Moment::Now));
        for text in ["2026-11-27T21:00+01:00", "2026-11-27 20:00Z", "2026-11-27T20:00:00.0Z", "2026-11-27T21:00+0100"] {
            assert_eq!(moment(text), Ok(Moment::Instant(at("2026-11-27T20:00:00Z"))), "{text}");
        }
        let clock = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap().and_hms_opt(21, 0, 0).unwrap();
        assert_eq!(moment("2026-11-27 21:00"), Ok(Moment::Local(clock)));
        for text in ["", "2026-11-27", "friday", "21:00", "2026-02-30T10:00", "2026-11-27T25:00Z"] {
            assert_eq!(moment(text), Err(TimeError::Moment), "{text}");
        }
    }

    #[test]
    fn since_is_a_time_or_a_span() {
        assert_eq!(since("7d"), Ok(Since::Ago(Duration::from_hours(168))));
        assert_eq!(since("90m"), Ok(Since::Ago(Duration::from_mins(90))));
        assert_eq!(since("2026-11-27"), Ok(Since::Instant(at("2026-11-27T00:00:00Z"))));
        assert_eq!(since("2026-11-27T10:00"), Ok(Since::Instant(at("2026-11-27T10:00:00Z"))));
        for text in ["", "d", "7", "-7d", "0d", "99999999999999999999d", "900000d", "yesterday"] {
            assert_eq!(since(text), Err(TimeError::Since), "{text}");
        }
    }
}
