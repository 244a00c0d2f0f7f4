use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::model::{RawDatedPeriod, RawDay, RawPeriod, RawPoint};
use crate::provider::body::Text;

/// One of the lists of `business_hours` (search) or `hours` (details). `is_open_now` is stale when it is written, and left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct List<'a> {
    #[serde(borrow)]
    hours_type: Option<Text<'a>>,
    #[serde(borrow)]
    open: Option<Vec<Opening<'a>>>,
}

/// An opening on a day of the week, local wall clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Opening<'a> {
    /// 0 = Monday.
    day: Option<i64>,
    /// `HHMM`.
    #[serde(borrow)]
    start: Option<Text<'a>>,
    /// `HHMM`.
    #[serde(borrow)]
    end: Option<Text<'a>>,
    is_overnight: Option<bool>,
}

/// An entry of `special_hours`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Special {
    date: Option<String>,
    start: Option<String>,
    end: Option<String>,
    is_closed: Option<bool>,
}

/// The regular week: the union of all lists of that type, of which there may be several. An empty list is no list: closed all week
/// and unknown look alike at Yelp.
pub(super) fn week(lists: &[List<'_>]) -> Option<Vec<RawPeriod>> {
    let openings = lists.iter().filter(|list| list.is_regular()).flat_map(|list| list.open.iter().flatten());
    let mut periods: Vec<_> = openings.map(Opening::raw).collect();
    periods.sort_by_key(|period| (period.open.day, period.open.hour, period.open.minute));
    periods.dedup();
    Some(periods).filter(|periods| !periods.is_empty())
}

/// Lists of another type than the regular one, each as a day without a date: dropped later, and counted.
pub(super) fn of_other_types(lists: &[List<'_>]) -> impl Iterator<Item = RawDay> {
    lists.iter().filter(|list| !list.is_regular()).map(|_| RawDay { date: None, stated: true, periods: Vec::new() })
}

/// The lists in Yelp's own words, the same text whatever the order in which it sent them; none where they say nothing.
pub(super) fn words(mut lists: Vec<List<'_>>) -> Option<String> {
    for openings in lists.iter_mut().filter_map(|list| list.open.as_mut()) {
        openings.sort_unstable();
    }
    lists.retain(|list| list.open.as_ref().is_some_and(|openings| !openings.is_empty()));
    lists.sort_unstable();
    serde_json::to_string(&lists).ok().filter(|_| !lists.is_empty())
}

/// The dated days. Several entries of a date are its several openings; one that is open and closed, or open at no time that can be
/// read, has no date: dropped later, and counted.
pub(super) fn dated_days(entries: Vec<Special>) -> Vec<RawDay> {
    let mut unread = Vec::new();
    let mut dates: BTreeMap<NaiveDate, Vec<Special>> = BTreeMap::new();
    for entry in entries {
        match entry.date.as_deref().and_then(|date| date.trim().parse().ok()) {
            Some(date) => dates.entry(date).or_default().push(entry),
            None => unread.push(RawDay { date: None, stated: true, periods: Vec::new() }),
        }
    }
    unread.extend(dates.into_iter().map(|(date, entries)| day(date, &entries)));
    unread
}

fn day(date: NaiveDate, entries: &[Special]) -> RawDay {
    let closed = entries.iter().filter(|entry| entry.is_closed == Some(true)).count();
    let periods: Option<Vec<_>> = entries
        .iter()
        .filter(|entry| entry.is_closed != Some(true))
        .map(|entry| {
            let (open, close) = ends(entry.start.as_deref()?, entry.end.as_deref()?)?;
            Some(RawDatedPeriod { period: period(sunday_based(date.weekday()), open, close), truncated: false })
        })
        .collect();
    let periods = periods.filter(|periods| closed == 0 || periods.is_empty());
    RawDay { date: Some(date).filter(|_| periods.is_some()), stated: true, periods: periods.unwrap_or_default() }
}

impl List<'_> {
    fn is_regular(&self) -> bool {
        self.hours_type.as_ref().is_none_or(|kind| kind.as_str().eq_ignore_ascii_case("REGULAR"))
    }
}

impl Opening<'_> {
    /// What cannot be read becomes an opening that no week has, so that the whole week is dropped: the rest of it would call
    /// this day closed.
    fn raw(&self) -> RawPeriod {
        let day = self.day.filter(|day| (0..7).contains(day));
        let ends =
            self.start.as_ref().zip(self.end.as_ref()).and_then(|(start, end)| ends(start.as_str(), end.as_str()));
        match day.zip(ends) {
            Some((day, (open, close))) => period((day + 1) % 7, open, close),
            None => RawPeriod { open: RawPoint { day: -1, hour: 0, minute: 0 }, close: None },
        }
    }
}

/// Hour and minute.
type Clock = (i64, i64);

/// The times alone tell whether it closes on the next day, whatever `is_overnight` says: where it closes when it opens, that is
/// 24 hours (#158), and `0000` is the midnight that ends the day.
fn period(day: i64, open: Clock, close: Clock) -> RawPeriod {
    let close_day = if close <= open { (day + 1) % 7 } else { day };
    let point = |day, (hour, minute)| RawPoint { day, hour, minute };
    RawPeriod { open: point(day, open), close: Some(point(close_day, close)) }
}

fn ends(start: &str, end: &str) -> Option<(Clock, Clock)> {
    Some((clock(start)?, clock(end)?))
}

/// `HHMM`. Whether the clock has such a time is checked later, with everybody's.
fn clock(text: &str) -> Option<Clock> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (hour, minute) = text.split_at_checked(2).filter(|_| digits)?;
    Some((hour.parse().ok()?, minute.parse().ok()?))
}

fn sunday_based(day: Weekday) -> i64 {
    i64::from(day.num_days_from_sunday())
}
