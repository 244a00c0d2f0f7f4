use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::week::{Stretch, Week};
use crate::model::{Period, RawDay, Repair, SpecialDay};

/// The dated exceptions that can be trusted, sorted; the others are dropped and counted. A date without an opening is a day
/// closed. A period that the provider cut has unknown ends, so its whole day goes: half a day would be a wrong one.
///
/// A provider that shows the openings of the coming week alone says nothing of a date beyond it, seen from the answer's own time: it
/// would look closed for want of openings, and is dropped too. Of any provider, days that have passed are.
pub(super) fn special_days(given: &[RawDay], answered_at: DateTime<Utc>, repairs: &mut Vec<Repair>) -> Vec<SpecialDay> {
    let count = given.len();
    let mut days = BTreeMap::new();
    let mut contradicted = Vec::new();
    let shown =
        given.iter().filter_map(|given| special_day(given).filter(|day| is_shown(day.date, given.stated, answered_at)));
    for SpecialDay { date, periods } in shown {
        if let Some(before) = days.insert(date, periods.clone())
            && before != periods
        {
            contradicted.push(date);
        }
    }
    days.retain(|date, _| !contradicted.contains(date));
    repairs.extend(std::iter::repeat_n(Repair::SpecialDayDropped, count - days.len()));
    days.into_iter().map(|(date, periods)| SpecialDay { date, periods }).collect()
}

/// Whether the provider was looking at the date: give or take the time zones not one before its answer, and, if it does not say
/// what the day is like, one of the coming week.
fn is_shown(date: NaiveDate, stated: bool, answered_at: DateTime<Utc>) -> bool {
    let days = (date - answered_at.date_naive()).num_days();
    days >= -1 && (stated || days <= 7)
}

fn special_day(day: &RawDay) -> Option<SpecialDay> {
    let date = day.date?;
    let weekday = i64::from(date.weekday().num_days_from_sunday());
    let stretches: Option<Vec<_>> = day
        .periods
        .iter()
        .map(|dated| Stretch::of(dated.period).filter(|_| !dated.truncated && dated.period.open.day == weekday))
        .collect();
    let week = Week::merged(stretches?);
    let periods: Vec<Period> = if week == Week::Always { return None } else { week.periods() };
    Some(SpecialDay { date, periods })
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::model::{Point, RawDatedPeriod, RawPeriod, RawPoint};

    /// A Sunday.
    fn sunday() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, 27).unwrap()
    }

    fn opening(day: i64, open: i64, close: i64, truncated: bool) -> RawDatedPeriod {
        let at = |hour| RawPoint { day, hour, minute: 0 };
        RawDatedPeriod { period: RawPeriod { open: at(open), close: Some(at(close)) }, truncated }
    }

    fn days(given: &[RawDay]) -> (Vec<SpecialDay>, usize) {
        let mut repairs = Vec::new();
        let noon = sunday().and_hms_opt(12, 0, 0).unwrap().and_utc();
        (special_days(given, noon, &mut repairs), repairs.len())
    }

    #[test]
    fn a_changed_day_and_a_closed_day_are_kept_in_order() {
        let monday = sunday().succ_opt().unwrap();
        let (found, dropped) = days(&[
            RawDay { date: Some(monday), stated: false, periods: vec![] },
            RawDay {
                date: Some(sunday()),
                stated: false,
                periods: vec![opening(0, 12, 17, false), opening(0, 9, 11, false)],
            },
        ]);
        assert_eq!(dropped, 0);
        let hours = |day: &SpecialDay| day.periods.iter().map(|period| period.open.hour).collect::<Vec<_>>();
        assert_eq!(
            found.iter().map(|day| (day.date, hours(day))).collect::<Vec<_>>(),
            [(sunday(), vec![9, 12]), (monday, vec![])]
        );
        assert_eq!(found[0].periods[0].close, Some(Point { day: 0, hour: 11, minute: 0 }));
    }

    #[test]
    fn a_day_that_cannot_be_trusted_is_dropped_and_counted() {
        for periods in [
            vec![opening(0, 9, 23, true)],
            vec![opening(0, 9, 12, false), opening(0, 14, 23, true)],
            vec![opening(3, 9, 12, false)],
            vec![opening(0, 12, 9, false)],
        ] {
            assert_eq!(days(&[RawDay { date: Some(sunday()), stated: false, periods }]), (vec![], 1));
        }
        assert_eq!(days(&[RawDay { date: None, stated: false, periods: vec![] }]), (vec![], 1));
    }

    #[test]
    fn a_day_far_ahead_counts_where_the_provider_says_what_it_is_like() {
        let in_a_month = sunday().checked_add_days(chrono::Days::new(28));
        let before = sunday().checked_sub_days(chrono::Days::new(2));
        let day = |date, stated| RawDay { date, stated, periods: vec![] };
        assert_eq!(days(&[day(in_a_month, true)]).0.len(), 1);
        assert_eq!(days(&[day(in_a_month, false)]), (vec![], 1), "closed for want of openings");
        assert_eq!(days(&[day(before, true), day(before, false)]), (vec![], 2), "over");
    }

    #[test]
    fn a_repeated_day_counts_once_and_a_contradicted_one_not_at_all() {
        let closed = RawDay { date: Some(sunday()), stated: false, periods: vec![] };
        let open = RawDay { date: Some(sunday()), stated: false, periods: vec![opening(0, 9, 12, false)] };
        assert_eq!(days(&[closed.clone(), closed.clone()]).0.len(), 1);
        assert_eq!(days(&[closed, open]), (vec![], 2));
    }
}
