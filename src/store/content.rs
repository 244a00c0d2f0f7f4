use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::model::{BusinessStatus, Field, Hours, HoursState, RawRecord, RejectReason, Venue};

/// The venues of one answer, ready for one set-based statement: folded by id, sorted by key (workers that write border
/// venues in different orders deadlock).
#[derive(Debug, Clone, Default)]
pub struct Batch {
    rows: Vec<Value>,
    folded: u64,
}

impl Batch {
    /// Folds repeated ids (the first stands) and sorts by id.
    pub fn new(venues: impl IntoIterator<Item = Venue>) -> Self {
        Self::keeping(venues.into_iter().map(|venue| (venue, None)))
    }

    /// The same, each with what is kept of the provider's own words.
    pub fn keeping(venues: impl IntoIterator<Item = (Venue, Option<RawRecord>)>) -> Self {
        Self::fold(venues, |row, record| {
            let Some(RawRecord { format, answered_at, raw }) = record else { return };
            row.insert("format".to_owned(), json!(format));
            row.insert("answered_at".to_owned(), json!(answered_at));
            row.insert("raw".to_owned(), raw);
        })
    }

    /// Venues that were cleaned again, each with when it was last seen as its row was read; none of them is new.
    pub(super) fn again(venues: impl IntoIterator<Item = (Venue, DateTime<Utc>)>) -> Self {
        Self::fold(venues, |row, seen_at| {
            row.insert("seen_at".to_owned(), json!(seen_at));
            row.insert("admit".to_owned(), Value::Bool(false));
        })
    }

    /// Rows that were made before, folded and sorted, and have waited since.
    pub(super) fn staged(rows: Vec<Value>) -> Self {
        Self { rows, folded: 0 }
    }

    fn fold<T>(venues: impl IntoIterator<Item = (Venue, T)>, add: impl Fn(&mut Map<String, Value>, T)) -> Self {
        let mut seen = HashSet::new();
        let mut folded = 0;
        let mut kept: Vec<(Venue, T)> = Vec::new();
        for (venue, with) in venues {
            if seen.insert(venue.provider_id.clone()) {
                kept.push((venue, with));
            } else {
                folded += 1;
            }
        }
        kept.sort_by(|(a, _), (b, _)| a.provider_id.cmp(&b.provider_id));
        let rows = kept.into_iter().map(|(venue, with)| {
            let mut row = row(venue);
            add(&mut row, with);
            Value::Object(row)
        });
        Self { rows: rows.collect(), folded }
    }

    /// Rows that repeated another of the same answer.
    pub fn folded(&self) -> u64 {
        self.folded
    }

    /// Rows that will be written.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn json(&self) -> Value {
        Value::Array(self.rows.clone())
    }
}

/// Why a venue that we do not know yet is not worth a row.
pub(super) fn refusal(status: &str) -> Option<RejectReason> {
    [
        (BusinessStatus::ClosedPermanently, RejectReason::ClosedPermanently),
        (BusinessStatus::FutureOpening, RejectReason::NotYetOpen),
    ]
    .into_iter()
    .find(|(known, _)| known.code() == status)
    .map(|(_, reason)| reason)
}

/// A member that was not asked for is named in no row's `asked`, and so never overwrites.
fn row(venue: Venue) -> Map<String, Value> {
    let mut asked = Vec::new();
    let mut row = Map::new();
    let mut put = |name: &'static str, value: Field<Value>| {
        if !matches!(value, Field::NotAsked) {
            asked.push(Value::from(name));
        }
        if let Field::Present(value) = value {
            row.insert(name.to_owned(), value);
        }
    };
    let status = venue.status.present().copied();
    let of_the_day = |hours: &Hours| hours.state == HoursState::Complex || !hours.special_days.is_empty();
    let dated = venue.hours.present().is_some_and(of_the_day);
    put("categories", venue.categories.map(|codes| json!(codes)));
    put("address", venue.address.map(Value::from));
    put("rating", venue.rating.map(|rating| json!(rating)));
    put("price_level", venue.price_level.map(Value::from));
    put("hours", venue.hours.map(|hours| json!(hours)));
    put("raw_hours", venue.raw_hours.map(Value::from));
    put("status", venue.status.map(|status| json!(status.code())));
    put("successor_id", venue.successor_id.map(Value::from));
    let admit = status.is_none_or(|status| refusal(status.code()).is_none());
    row.insert("asked".to_owned(), Value::Array(asked));
    row.insert("admit".to_owned(), Value::Bool(admit));
    row.insert("dated".to_owned(), Value::Bool(dated));
    // Made here, so that ids of ours grow with time and land side by side in the index.
    row.insert("id".to_owned(), json!(Uuid::now_v7()));
    row.insert("profile_id".to_owned(), json!(Uuid::now_v7()));
    row.insert("provider_id".to_owned(), Value::String(venue.provider_id));
    row.insert("name".to_owned(), Value::String(venue.name));
    row.insert("lat".to_owned(), json!(venue.position.lat()));
    row.insert("lng".to_owned(), json!(venue.position.lng()));
    row
}
