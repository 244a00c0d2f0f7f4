use chrono::{DateTime, Utc};

use super::day_text::Days;
use super::osm_hours::{self, Meaning};
use super::special_days::special_days;
use super::week;
use super::week::{Stretch, Week};
use crate::model::{Field, Hours, HoursState, RawDay, RawHours, RawPeriod, Repair, SpecialDay};

/// The hours in the one shape that is stored. Hours that contradict themselves are dropped whole: part of a week would call the
/// rest closed, and unknown is better than wrong. Times such as 23:59 stay as they are.
///
/// `answered_at` is when the provider was asked: dated exceptions are measured against it.
pub(super) fn hours(
    given: Field<RawHours>,
    timezone: Option<String>,
    answered_at: DateTime<Utc>,
    repairs: &mut Vec<Repair>,
) -> Field<Hours> {
    given.and_then(|given| match given {
        RawHours::Periods { week, special } => of_periods(week, &special, timezone, answered_at, repairs),
        RawHours::Osm(value) => of_osm(&value, timezone, answered_at, repairs),
    })
}

fn of_periods(
    week: Option<Vec<RawPeriod>>,
    special: &[RawDay],
    timezone: Option<String>,
    answered_at: DateTime<Utc>,
    repairs: &mut Vec<Repair>,
) -> Option<Hours> {
    let Some(week) = week.and_then(|periods| regular(&periods, repairs)) else {
        // Exceptions to a week that nobody knows cannot be stored.
        repairs.extend(std::iter::repeat_n(Repair::SpecialDayDropped, special.len()));
        return None;
    };
    Some(of_week(&week, timezone, special_days(special, answered_at, repairs)))
}

fn of_osm(
    value: &str,
    timezone: Option<String>,
    answered_at: DateTime<Utc>,
    repairs: &mut Vec<Repair>,
) -> Option<Hours> {
    match osm_hours::meaning(value, answered_at.date_naive(), repairs) {
        Meaning::Plain(week) => Some(of_week(&week, timezone, Vec::new())),
        Meaning::Complex { text, days } => Some(Hours {
            state: HoursState::Complex,
            periods: None,
            weekday_text: None,
            timezone,
            special_days: days,
            osm: Some(text),
        }),
        Meaning::Unknown => {
            repairs.push(Repair::HoursNotUnderstood);
            None
        }
    }
}

fn of_week(week: &Week, timezone: Option<String>, special_days: Vec<SpecialDay>) -> Hours {
    let days = Days::of(week);
    Hours {
        state: state(week),
        periods: Some(week.periods()),
        weekday_text: Some(days.weekday_text()),
        timezone,
        special_days,
        osm: Some(days.osm()),
    }
}

fn state(week: &Week) -> HoursState {
    match week {
        Week::Always => HoursState::AlwaysOpen,
        Week::Stretches(stretches) if stretches.is_empty() => HoursState::NeverOpen,
        Week::Stretches(_) => HoursState::Known,
    }
}

/// The regular week; none if it contradicts itself. Exactly one period from midnight, and that without close, is how
/// always open is written, whatever day it names; from any other hour it is an opening without an end.
fn regular(periods: &[RawPeriod], repairs: &mut Vec<Repair>) -> Option<Week> {
    if let [RawPeriod { open, close: None }] = periods
        && week::is_on_the_clock(*open)
        && (open.hour, open.minute) == (0, 0)
    {
        return Some(Week::Always);
    }
    let mut stretches = Vec::with_capacity(periods.len());
    for period in periods {
        let Some(stretch) = Stretch::of(*period) else {
            repairs.push(Repair::HoursDropped);
            return None;
        };
        stretches.push(stretch);
    }
    let week = Week::merged(stretches);
    if !matches!(week, Week::Always) && week.count() < periods.len() {
        repairs.push(Repair::HoursMerged);
    }
    Some(week)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Period, Point, RawDatedPeriod, RawDay, RawPoint};

    fn noon() -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(2026, 12, 27).unwrap().and_hms_opt(12, 0, 0).unwrap().and_utc()
    }

    fn raw(open: (i64, i64, i64), close: Option<(i64, i64, i64)>) -> RawPeriod {
        let at = |(day, hour, minute)| RawPoint { day, hour, minute };
        RawPeriod { open: at(open), close: close.map(at) }
    }

    fn of(week: Vec<RawPeriod>) -> (Field<Hours>, Vec<Repair>) {
        let mut repairs = Vec::new();
        let given = Field::Present(RawHours::Periods { week: Some(week), special: vec![] });
        (hours(given, Some("Europe/Lisbon".to_owned()), noon(), &mut repairs), repairs)
    }

    fn state_of(week: Vec<RawPeriod>) -> Option<HoursState> {
        of(week).0.present().map(|hours| hours.state)
    }

    #[test]
    fn one_period_without_close_is_always_open_on_any_day() {
        for day in 0..7 {
            let (hours, repairs) = of(vec![raw((day, 0, 0), None)]);
            let hours = hours.present().unwrap().clone();
            assert_eq!((hours.state, hours.osm.as_deref()), (HoursState::AlwaysOpen, Some("24/7")));
            let sunday = Point { day: 0, hour: 0, minute: 0 };
            assert_eq!(hours.periods, Some(vec![Period { open: sunday, close: None }]));
            assert_eq!(repairs, []);
        }
    }

    #[test]
    fn contradictions_drop_the_whole_week() {
        let fine = raw((1, 9, 0), Some((1, 17, 0)));
        for wrong in [
            raw((2, 9, 0), None),
            raw((2, 18, 0), Some((2, 2, 0))),
            raw((2, 9, 0), Some((2, 9, 0))),
            raw((2, 25, 0), Some((3, 2, 0))),
            raw((8, 9, 0), Some((8, 17, 0))),
        ] {
            assert_eq!(of(vec![fine, wrong]), (Field::Absent, vec![Repair::HoursDropped]), "{wrong:?}");
        }
        assert_eq!(of(vec![raw((9, 0, 0), None)]), (Field::Absent, vec![Repair::HoursDropped]));
    }

    #[test]
    fn no_list_is_unknown_and_an_empty_one_is_never() {
        let mut repairs = Vec::new();
        let given = Field::Present(RawHours::Periods { week: None, special: vec![] });
        assert_eq!(hours(given, None, noon(), &mut repairs), Field::Absent);
        assert_eq!(repairs, []);
        assert_eq!(state_of(vec![]), Some(HoursState::NeverOpen));
    }

    #[test]
    fn overlaps_are_merged_and_counted() {
        let (merged, repairs) = of(vec![
            raw((1, 9, 0), Some((1, 14, 0))),
            raw((1, 13, 0), Some((1, 17, 0))),
            raw((1, 9, 0), Some((1, 14, 0))),
        ]);
        assert_eq!(merged.present().unwrap().osm.as_deref(), Some("Mo 09:00-17:00"));
        assert_eq!(repairs, [Repair::HoursMerged]);
    }

    #[test]
    fn exceptions_without_a_week_are_dropped_and_counted() {
        let mut repairs = Vec::new();
        let day = RawDay { date: NaiveDate::from_ymd_opt(2026, 12, 25), stated: false, periods: vec![] };
        let given = Field::Present(RawHours::Periods { week: None, special: vec![day] });
        assert_eq!(hours(given, None, noon(), &mut repairs), Field::Absent);
        assert_eq!(repairs, [Repair::SpecialDayDropped]);
    }

    prop_compose! {
        fn any_point()(day in -1_i64..8, hour in -1_i64..25, minute in prop_oneof![Just(0_i64), -1_i64..61]) -> RawPoint {
            RawPoint { day, hour, minute }
        }
    }

    prop_compose! {
        fn any_period()(open in any_point(), close in prop::option::weighted(0.9, any_point())) -> RawPeriod {
            RawPeriod { open, close }
        }
    }

    prop_compose! {
        fn sound_period()(day in 0_i64..7, hour in 0_i64..24, minute in 0_i64..60, later in 1_i64..(6 * 24 * 60)) -> RawPeriod {
            let close = day * 1_440 + hour * 60 + minute + later;
            raw((day, hour, minute), Some((close / 1_440 % 7, close / 60 % 24, close % 60)))
        }
    }

    fn back(hours: &Hours) -> Vec<RawPeriod> {
        let point =
            |point: Point| RawPoint { day: point.day.into(), hour: point.hour.into(), minute: point.minute.into() };
        let period = |period: &Period| RawPeriod { open: point(period.open), close: period.close.map(point) };
        hours.periods.iter().flatten().map(period).collect()
    }

    proptest! {
        #[test]
        fn any_hours_are_made_sense_of_or_dropped(
            week in prop::option::of(prop::collection::vec(any_period(), 0..9)),
            special in prop::collection::vec(prop::collection::vec((any_period(), any::<bool>()), 0..3), 0..4),
        ) {
            let dated = |(period, truncated)| RawDatedPeriod { period, truncated };
            let special = special.into_iter().zip(24..).map(|(periods, day)| RawDay {
                date: NaiveDate::from_ymd_opt(2026, 12, day),
                stated: day % 2 == 0,
                periods: periods.into_iter().map(dated).collect(),
            });
            let given = RawHours::Periods { week, special: special.collect() };
            let found = hours(Field::Present(given), None, noon(), &mut Vec::new());
            if let Field::Present(hours) = found {
                prop_assert_eq!(hours.weekday_text.as_ref().map(Vec::len), Some(7));
                let json = serde_json::to_string(&hours).unwrap();
                prop_assert_eq!(serde_json::from_str::<Hours>(&json).unwrap(), hours);
            }
        }

        #[test]
        fn normal_hours_stay_as_they_are(week in prop::collection::vec(sound_period(), 1..9)) {
            let (first, _) = of(week);
            let (second, repairs) = of(back(first.present().unwrap()));
            prop_assert_eq!(second, first);
            prop_assert_eq!(repairs, vec![]);
        }
    }

    #[test]
    fn an_opening_without_an_end_is_unknown_unless_it_begins_at_midnight() {
        let open = |hour| RawPeriod { open: RawPoint { day: 3, hour, minute: 0 }, close: None };
        let given = |hour| Field::Present(RawHours::Periods { week: Some(vec![open(hour)]), special: vec![] });
        let mut repairs = Vec::new();
        assert_eq!(hours(given(9), None, noon(), &mut repairs), Field::Absent);
        assert_eq!(repairs, [Repair::HoursDropped]);
        let always = hours(given(0), None, noon(), &mut repairs);
        assert_eq!(always.present().map(|hours| hours.state), Some(HoursState::AlwaysOpen));
    }
}
