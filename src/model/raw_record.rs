use chrono::{DateTime, Utc};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::RawVenue;

/// A [`RawVenue`] in the form in which it is kept.
#[derive(Debug, Clone)]
pub struct RawRecord {
    /// Of `raw`.
    pub format: i16,
    /// When the answer came.
    pub answered_at: DateTime<Utc>,
    /// The row, without the members that were not asked for. As text: a tree takes many times the room.
    pub raw: Box<RawValue>,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RawRecordError {
    /// Another program wrote it.
    #[error("kept in format {0}, which this version of the program does not know; the next sync keeps it anew")]
    Format(i16),
    /// It is not what this format has.
    #[error("what was kept cannot be read: {0}; the next sync keeps it anew")]
    Unreadable(#[from] serde_json::Error),
}

/// What [`RawRecord::of`] makes.
const FORMAT: i16 = 1;

impl RawRecord {
    /// None for a row that has no form as JSON.
    pub fn of(venue: &RawVenue) -> Option<Self> {
        let mut raw = serde_json::to_value(venue).ok()?;
        take_out_nul(&mut raw);
        Some(Self { format: FORMAT, answered_at: venue.answered_at, raw: to_raw_value(&raw).ok()? })
    }

    /// The row as it was.
    pub fn read(self) -> Result<RawVenue, RawRecordError> {
        if self.format != FORMAT {
            return Err(RawRecordError::Format(self.format));
        }
        Ok(RawVenue { answered_at: self.answered_at, ..serde_json::from_str(self.raw.get())? })
    }
}

/// PostgreSQL's JSON has no NUL, and cleaning takes it out of every text anyway.
fn take_out_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => text.retain(|c| c != '\0'),
        Value::Array(items) => items.iter_mut().for_each(take_out_nul),
        Value::Object(members) => members.values_mut().for_each(take_out_nul),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::{
        BusinessStatus, Field, RawDatedPeriod, RawDay, RawHours, RawPeriod, RawPoint, RawPrice, RawRating,
    };

    fn field<T: std::fmt::Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Field<T>> {
        prop_oneof![Just(Field::NotAsked), Just(Field::Absent), value.prop_map(Field::Present)]
    }

    prop_compose! {
        fn period()(open in any::<[i64; 3]>(), close in any::<Option<[i64; 3]>>()) -> RawPeriod {
            RawPeriod { open: RawPoint::from(open), close: close.map(RawPoint::from) }
        }
    }

    prop_compose! {
        fn day()(
            day in prop::option::of(0_i64..40_000), stated in any::<bool>(),
            periods in prop::collection::vec((period(), any::<bool>()), 0..3),
        ) -> RawDay {
            let date = day.and_then(|day| chrono::NaiveDate::default().checked_add_signed(chrono::Duration::days(day)));
            let dated = |(period, truncated)| RawDatedPeriod { period, truncated };
            RawDay { date, stated, periods: periods.into_iter().map(dated).collect() }
        }
    }

    fn text() -> impl Strategy<Value = String> {
        any::<String>().prop_map(|text| text.replace('\0', ""))
    }

    fn hours() -> impl Strategy<Value = RawHours> {
        let periods = (prop::option::of(prop::collection::vec(period(), 0..4)), prop::collection::vec(day(), 0..3));
        prop_oneof![
            text().prop_map(RawHours::Osm),
            periods.prop_map(|(week, special)| RawHours::Periods { week, special }),
        ]
    }

    fn price() -> impl Strategy<Value = RawPrice> {
        prop_oneof![
            text().prop_map(RawPrice::Word),
            any::<i64>().prop_map(RawPrice::Level),
            text().prop_map(RawPrice::Signs),
        ]
    }

    prop_compose! {
        fn raw_venue()(
            provider_id in text(),
            name in field(text()),
            position in field((-90.0..90.0, -180.0..180.0)),
            categories in field(prop::collection::vec(text(), 0..3)),
            rating in field((-1.0..11.0, prop_oneof![Just(5.0), Just(10.0)])),
            price in field(price()),
            hours in field(hours()),
            status in field(prop_oneof![Just(BusinessStatus::Operational), Just(BusinessStatus::ClosedTemporarily)]),
            timezone in field(text()),
        ) -> RawVenue {
            let answered_at = DateTime::UNIX_EPOCH;
            let rating = rating.map(|(value, out_of)| RawRating { value, out_of });
            let (address, hours_text, successor_id) = (name.clone(), timezone.clone(), timezone.clone());
            RawVenue {
                provider_id, name, position, address, categories, rating, price, hours, hours_text, status, successor_id, timezone,
                answered_at,
            }
        }
    }

    proptest! {
        /// Not asked, absent and present are three things after it as before it, and no number is another.
        #[test]
        fn a_row_comes_back_as_it_was(venue in raw_venue()) {
            let kept = RawRecord::of(&venue).unwrap();
            prop_assert_eq!(kept.read().unwrap(), venue);
        }
    }

    /// PostgreSQL would refuse the whole answer.
    #[test]
    fn nul_is_taken_out_wherever_it_is() {
        let venue = RawVenue {
            name: Field::Present("U\0no".to_owned()),
            categories: Field::Present(vec!["\0bar".to_owned()]),
            hours: Field::Present(RawHours::Osm("24/7\0".to_owned())),
            ..RawVenue::default()
        };
        let kept = RawRecord::of(&venue).unwrap();
        assert!(!kept.raw.get().contains("\\u0000"), "{}", kept.raw);
        assert_eq!(kept.read().unwrap().name, Field::Present("Uno".to_owned()));
    }

    /// What is in databases by now.
    #[test]
    fn the_first_format_is_read() {
        let raw = json!({
            "provider_id": "node/1", "name": "Uno", "position": [38.7, -9.1], "address": null, "categories": ["amenity=cafe"],
            "rating": {"value": 8.5, "out_of": 10.0}, "price": {"signs": "€€"}, "status": "operational",
            "hours": {"periods": {"week": [{"open": [5, 18, 0], "close": [6, 2, 0]}], "special": [
                {"date": "2026-12-25", "stated": true, "periods": [{"period": {"open": [5, 9, 0]}, "truncated": true}]}]}},
        });
        let record = RawRecord { format: 1, answered_at: DateTime::UNIX_EPOCH, raw: to_raw_value(&raw).unwrap() };
        let venue = record.clone().read().unwrap();
        assert_eq!((venue.address.clone(), venue.timezone.clone()), (Field::Absent, Field::NotAsked));
        let again = RawRecord::of(&venue).unwrap();
        assert_eq!(serde_json::from_str::<Value>(again.raw.get()).unwrap(), raw, "and written as it is read");
        let newer = RawRecord { format: 2, ..record };
        assert!(newer.read().unwrap_err().to_string().contains("format 2"));
    }
}
