//! One day of a venue's hours.

use chrono::{Datelike, NaiveDate};

use crate::model::{Hours, HoursState, Period, Point};

/// The openings that begin on this date, or a word for their absence. Nothing is said where nothing is certain.
pub(super) fn hours_today(hours: &Hours, date: NaiveDate) -> String {
    if let Some(special) = hours.special_days.iter().find(|special| special.date == date) {
        return spans(&special.periods);
    }
    let weekday = date.weekday().num_days_from_sunday();
    match (hours.state, &hours.periods) {
        (HoursState::AlwaysOpen, _) => "all day".to_owned(),
        (HoursState::NeverOpen, _) => "closed".to_owned(),
        (HoursState::Known, Some(periods)) => {
            let today: Vec<Period> =
                periods.iter().filter(|period| u32::from(period.open.day) == weekday).copied().collect();
            spans(&today)
        }
        (HoursState::Known | HoursState::Complex, _) => "see hours".to_owned(),
    }
}

fn spans(periods: &[Period]) -> String {
    if periods.is_empty() {
        return "closed".to_owned();
    }
    let span = |period: &Period| match period.close {
        Some(close) => format!("{}–{}", clock(period.open), clock(close)),
        None => format!("from {}", clock(period.open)),
    };
    periods.iter().map(span).collect::<Vec<_>>().join(", ")
}

fn clock(point: Point) -> String {
    format!("{:02}:{:02}", point.hour, point.minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SpecialDay;
    use crate::report::example::week;

    #[test]
    fn only_what_begins_today_is_told() {
        let wednesday = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        let hours = week(&[(2, 19, 0, 3, 2, 0), (3, 12, 0, 3, 15, 0), (3, 19, 30, 4, 1, 0)]);
        assert_eq!(hours_today(&hours, wednesday), "12:00–15:00, 19:30–01:00");
        assert_eq!(hours_today(&hours, wednesday.succ_opt().unwrap()), "closed");
    }

    #[test]
    fn a_dated_exception_comes_before_the_week() {
        let wednesday = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        let mut hours = week(&[(3, 12, 0, 3, 15, 0)]);
        hours.special_days = vec![SpecialDay { date: wednesday, periods: vec![] }];
        assert_eq!(hours_today(&hours, wednesday), "closed");
    }

    #[test]
    fn what_is_not_a_plain_week_is_not_guessed() {
        let date = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        let of = |state| Hours { state, periods: None, ..week(&[]) };
        assert_eq!(hours_today(&of(HoursState::Complex), date), "see hours");
        assert_eq!(hours_today(&of(HoursState::AlwaysOpen), date), "all day");
        assert_eq!(hours_today(&of(HoursState::NeverOpen), date), "closed");
    }
}
