use chrono::NaiveDate;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::model::{RawDatedPeriod, RawDay, RawPeriod, RawPoint};
use crate::provider::body::Text;

/// `regularOpeningHours` or `currentOpeningHours`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpeningHours<'a> {
    pub(super) periods: Option<Vec<OpeningPeriod>>,
    #[serde(borrow)]
    pub(super) weekday_descriptions: Option<Vec<Text<'a>>>,
    special_days: Option<Vec<SpecialDay>>,
}

/// `currentOpeningHours`, of which only the special days are wanted: where it names none, nothing of it is looked at.
#[derive(Debug)]
pub(super) struct CurrentHours<'a>(pub(super) OpeningHours<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for CurrentHours<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        if !text.contains("\"specialDays\"") {
            return Ok(Self(OpeningHours::default()));
        }
        serde_json::from_str(text).map(Self).map_err(D::Error::custom)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct OpeningPeriod {
    open: Option<OpeningPoint>,
    close: Option<OpeningPoint>,
}

/// `day`, `hour` and `minute` are written out even when they are zero, but nothing promises it.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
struct OpeningPoint {
    day: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
    date: Option<Date>,
    truncated: Option<bool>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Date {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SpecialDay {
    date: Option<Date>,
}

/// The regular week. An empty list is no list: Google's form of JSON leaves empty lists out, so one that is there was made by
/// somebody else, and "never open" would be a guess.
pub(super) fn periods(list: Option<Vec<OpeningPeriod>>) -> Option<Vec<RawPeriod>> {
    let list = list.filter(|list| !list.is_empty())?;
    Some(list.iter().map(OpeningPeriod::raw).collect())
}

/// The special days, each with the openings that begin on it. Google gives only their dates; what is different must be looked
/// up among the dated periods of the coming week. Where those cannot be trusted, the day has no date: dropped later, and counted.
pub(super) fn dated_days(current: OpeningHours<'_>) -> Vec<RawDay> {
    let special = current.special_days.unwrap_or_default();
    let periods = current.periods.unwrap_or_default();
    let dated: Vec<(NaiveDate, &OpeningPeriod)> =
        periods.iter().filter_map(|period| Some((period.opens_on()?, period))).collect();
    let trusted = !periods.is_empty() && dated.len() == periods.len();
    special
        .into_iter()
        .map(|day| {
            let date = day.date.and_then(Date::read).filter(|_| trusted);
            let periods = date.map(|date| openings(date, &dated)).unwrap_or_default();
            RawDay { date, stated: false, periods }
        })
        .collect()
}

/// The openings that begin on a date. One that began before and lasts beyond it (always open is such a period, cut at both
/// ends) means that the date is not a closed day, but not what it is: it counts as cut.
fn openings(date: NaiveDate, dated: &[(NaiveDate, &OpeningPeriod)]) -> Vec<RawDatedPeriod> {
    let lasts = |period: &OpeningPeriod| period.closes_on().is_none_or(|close| close > date);
    dated
        .iter()
        .filter(|(opens, period)| *opens == date || (*opens < date && lasts(period)))
        .map(|(opens, period)| RawDatedPeriod { period: period.raw(), truncated: *opens < date || period.is_cut() })
        .collect()
}

impl OpeningPeriod {
    /// A period without `open` becomes one that no week has.
    fn raw(&self) -> RawPeriod {
        let nowhere = RawPoint { day: -1, hour: 0, minute: 0 };
        RawPeriod { open: self.open.map_or(nowhere, OpeningPoint::raw), close: self.close.map(OpeningPoint::raw) }
    }

    fn opens_on(&self) -> Option<NaiveDate> {
        self.open?.date?.read()
    }

    fn closes_on(&self) -> Option<NaiveDate> {
        self.close?.date?.read()
    }

    fn is_cut(&self) -> bool {
        [self.open, self.close].into_iter().flatten().any(|point| point.truncated == Some(true))
    }
}

impl OpeningPoint {
    fn raw(self) -> RawPoint {
        // A missing day is no Sunday: the members are written out even where they are 0, and a guess could open a venue for days.
        RawPoint { day: self.day.unwrap_or(-1), hour: self.hour.unwrap_or(0), minute: self.minute.unwrap_or(0) }
    }
}

impl Date {
    /// A whole date; Google leaves out what it does not know.
    fn read(self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year?, self.month?, self.day?)
    }
}
