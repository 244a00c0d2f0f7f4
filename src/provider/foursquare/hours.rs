use serde::Deserialize;
use serde::de::MapAccess;

use super::loose::{Loose, Reads, members};
use crate::model::{RawPeriod, RawPoint};

/// `hours`. `hours_popular` has the same shape and is foot traffic: it is never asked for and never read. `open_now` is false
/// where nothing is known, too.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OpeningHours {
    /// In Foursquare's words; free text.
    pub(super) display: Loose<String>,
    pub(super) regular: Loose<Vec<Loose<Row>>>,
}

/// One opening of the week.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    /// 1 = Monday … 7 = Sunday.
    day: Loose<f64>,
    open: Loose<Clock>,
    close: Loose<Clock>,
}

/// A time of day, as far as it could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clock {
    /// 0 to 1,440.
    minute: i64,
    /// Written with a `+`: on the day after.
    next_day: bool,
}

/// An opening, minutes from the midnight at which its day begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shift {
    /// 0 = Sunday.
    day: i64,
    open: i64,
    /// After `open`; past 1,440 where it closes on the next day.
    close: i64,
}

const DAY: i64 = 24 * 60;

/// What a row becomes that cannot be read: no day of any week, so that the week is dropped whole. The rest of it alone would call
/// that day closed.
const NOWHERE: RawPeriod = RawPeriod { open: RawPoint { day: -1, hour: 0, minute: 0 }, close: None };

/// The regular week. No rows are no list: "never open" would be a guess.
pub(super) fn periods(rows: Option<Vec<Loose<Row>>>) -> Option<Vec<RawPeriod>> {
    let rows = rows.filter(|rows| !rows.is_empty())?;
    let Some(mut shifts) = rows.into_iter().map(|row| row.0?.shift()).collect::<Option<Vec<_>>>() else {
        return Some(vec![NOWHERE]);
    };
    shifts.sort_unstable();
    shifts.dedup();
    join_nights(&mut shifts);
    Some(shifts.into_iter().map(Shift::raw).collect())
}

/// A night that is written as two rows, the first to 23:59 and the next day's from 00:00, is one.
fn join_nights(shifts: &mut [Shift]) {
    let from_midnight: Vec<i64> = shifts.iter().filter(|shift| shift.open == 0).map(|shift| shift.day).collect();
    for shift in shifts {
        if shift.close == DAY - 1 && from_midnight.contains(&((shift.day + 1) % 7)) {
            shift.close = DAY;
        }
    }
}

impl Row {
    fn shift(self) -> Option<Shift> {
        let day = (1..=7).find(|day: &u8| self.day.0 == Some(f64::from(*day)))?;
        let (open, close) = (self.open.0?, self.close.0?);
        if open.next_day || open.minute == DAY {
            return None;
        }
        // The `+` is left out now and then; and midnight is the end of a day, with or without it.
        let after_midnight = close.minute < DAY && (close.next_day || close.minute <= open.minute);
        let close = if after_midnight { close.minute + DAY } else { close.minute };
        Some(Shift { day: i64::from(day % 7), open: open.minute, close })
    }
}

impl Shift {
    fn raw(self) -> RawPeriod {
        let point =
            |minute: i64| RawPoint { day: (self.day + minute / DAY) % 7, hour: minute % DAY / 60, minute: minute % 60 };
        RawPeriod { open: point(self.open), close: Some(point(self.close)) }
    }
}

impl Clock {
    /// `1800`, `+0200`, `18:00`, `900`, `2400`.
    fn read(written: &str) -> Option<Self> {
        let written = written.trim();
        let (next_day, digits) = written.strip_prefix('+').map_or((false, written), |rest| (true, rest));
        let (hour, minute) = digits.split_at_checked(digits.len().checked_sub(2)?)?;
        let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        let (hour, minute): (i64, i64) = (number(hour.strip_suffix(':').unwrap_or(hour))?, number(minute)?);
        // An hour of many digits must not be reckoned with.
        let of_day = if hour <= 24 && minute < 60 { hour * 60 + minute } else { return None };
        (of_day <= DAY).then_some(Self { minute: of_day, next_day })
    }
}

impl Reads<'_> for Clock {
    fn of_text(text: &str) -> Option<Self> {
        Self::read(text)
    }
}

impl<'de> Reads<'de> for Row {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        members(object)
    }
}

impl<'de> Reads<'de> for OpeningHours {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        members(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The week of these rows as `day hh:mm-day hh:mm`, 0 = Sunday.
    fn week(rows: &str) -> Option<Vec<String>> {
        let hours: OpeningHours = serde_json::from_str(&format!("{{\"regular\":{rows}}}")).unwrap();
        let point = |point: RawPoint| format!("{} {:02}:{:02}", point.day, point.hour, point.minute);
        let period = |period: RawPeriod| {
            period
                .close
                .map_or_else(|| "dropped".to_owned(), |close| format!("{}-{}", point(period.open), point(close)))
        };
        periods(hours.regular.0).map(|periods| periods.into_iter().map(period).collect())
    }

    fn day(open: &str, close: &str) -> String {
        week(&format!(r#"[{{"day":5,"open":"{open}","close":"{close}"}}]"#)).unwrap().join(", ")
    }

    #[test]
    fn a_day_runs_to_its_end_or_into_the_next() {
        assert_eq!(day("0900", "1700"), "5 09:00-5 17:00");
        assert_eq!(day("1800", "+0200"), "5 18:00-6 02:00");
        assert_eq!(day("1700", "0200"), "5 17:00-6 02:00");
        for midnight in ["2400", "+2400", "0000", "+0000", "24:00"] {
            assert_eq!(day("0000", midnight), "5 00:00-6 00:00", "{midnight}");
            assert_eq!(day("1100", midnight), "5 11:00-6 00:00", "{midnight}");
        }
        assert_eq!(day("1000", "+1200"), "5 10:00-6 12:00");
    }

    #[test]
    fn times_are_read_in_every_spelling() {
        assert_eq!(day("18:00", "+2:30"), "5 18:00-6 02:30");
        assert_eq!(day("900", "1030"), "5 09:00-5 10:30");
        for nonsense in [
            "",
            "9",
            "25:00",
            "0960",
            "2430",
            "-100",
            "9 00",
            "noon",
            "+",
            "é00",
            "09000000000000000000000",
            "40000000000000000000",
        ] {
            assert_eq!(day(nonsense, "1700"), "dropped", "{nonsense}");
            assert_eq!(day("0900", nonsense), "dropped", "{nonsense}");
        }
        assert_eq!(day("2400", "0200"), "dropped");
        assert_eq!(day("+0100", "0200"), "dropped");
    }

    #[test]
    fn one_row_of_no_week_drops_the_week() {
        let fine = r#"{"day":1,"open":"0900","close":"1700"}"#;
        for wrong in [
            r#"{"day":0,"open":"0900","close":"1700"}"#,
            r#"{"day":8,"open":"0900","close":"1700"}"#,
            r#"{"day":1.5,"open":"0900","close":"1700"}"#,
            r#"{"day":2,"open":"0900"}"#,
            "null",
            "[]",
            "7",
        ] {
            assert_eq!(week(&format!("[{fine},{wrong}]")).unwrap(), ["dropped"], "{wrong}");
        }
    }

    #[test]
    fn no_rows_are_no_week() {
        for rows in ["[]", "null", "{}", "\"Mon 9-5\""] {
            assert_eq!(week(rows), None, "{rows}");
        }
    }

    #[test]
    fn a_night_in_two_rows_is_one() {
        let rows = r#"[{"day":6,"open":"1100","close":"2359"},{"day":7,"open":"0000","close":"0300"},
                       {"day":2,"open":"1100","close":"2359"},{"day":6,"open":"1100","close":"2359"}]"#;
        assert_eq!(week(rows).unwrap(), ["0 00:00-0 03:00", "2 11:00-2 23:59", "6 11:00-0 00:00"]);
    }
}
