use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::model::{BusinessStatus, Field, Hours, HoursState, RawRecord, RejectReason, Venue};

/// Rows that are written by one statement. A map server answers with tens of thousands, whose text the statement holds once more.
const ROWS_AT_ONCE: usize = 1000;

/// The venues of one answer, ready for set-based statements: folded by id, sorted by key (workers that write border
/// venues in different orders deadlock).
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// As text: the tree of a week of hours takes ten times the room.
    rows: Vec<Box<RawValue>>,
    folded: u64,
}

impl Batch {
    /// Folds repeated ids (the first stands) and sorts by id.
    pub fn new(venues: impl IntoIterator<Item = Venue>) -> Self {
        Self::fold(venues.into_iter().map(|venue| (venue, With::default())))
    }

    /// The same, each with what is kept of the provider's own words.
    pub fn keeping(venues: impl IntoIterator<Item = (Venue, Option<RawRecord>)>) -> Self {
        let with = |record| match record {
            Some(RawRecord { format, answered_at, raw }) => {
                With { format: Some(format), answered_at: Some(answered_at), raw: Some(raw), seen_at: None }
            }
            None => With::default(),
        };
        Self::fold(venues.into_iter().map(|(venue, record)| (venue, with(record))))
    }

    /// Venues that were cleaned again, each with when it was last seen as its row was read; none of them is new.
    pub(super) fn again(venues: impl IntoIterator<Item = (Venue, DateTime<Utc>)>) -> Self {
        let with = |seen_at| With { seen_at: Some(seen_at), ..With::default() };
        Self::fold(venues.into_iter().map(|(venue, seen_at)| (venue, with(seen_at))))
    }

    /// Rows that were made before, folded and sorted, and have waited since.
    pub(super) fn staged(rows: Vec<Box<RawValue>>) -> Self {
        Self { rows, folded: 0 }
    }

    fn fold(venues: impl Iterator<Item = (Venue, With)>) -> Self {
        let mut seen = HashSet::new();
        let mut folded = 0;
        let mut kept: Vec<(String, Box<RawValue>)> = Vec::new();
        for (venue, with) in venues {
            if seen.insert(venue.provider_id.clone()) {
                let row = row(&venue, &with);
                kept.push((venue.provider_id, row));
            } else {
                folded += 1;
            }
        }
        kept.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self { rows: kept.into_iter().map(|(_, row)| row).collect(), folded }
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

    /// The rows, as many together as one statement takes.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[Box<RawValue>]> {
        self.rows.chunks(ROWS_AT_ONCE)
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

/// What a row has besides its venue.
#[derive(Debug, Default, Serialize)]
struct With {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_at: Option<DateTime<Utc>>,
}

/// A member that was not asked for is named in no row's `asked`, and so never overwrites.
#[derive(Serialize)]
struct Row<'a> {
    // Made here, so that ids of ours grow with time and land side by side in the index.
    id: Uuid,
    profile_id: Uuid,
    provider_id: &'a str,
    name: &'a str,
    lat: f64,
    lng: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    categories: Option<&'a Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<&'a f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_level: Option<&'a i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<&'a Hours>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_hours: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    successor_id: Option<&'a String>,
    asked: Vec<&'static str>,
    admit: bool,
    dated: bool,
    #[serde(flatten)]
    with: &'a With,
}

/// What there is of a member, whose name is noted if it was asked for.
fn noted<'v, T>(name: &'static str, member: &'v Field<T>, asked: &mut Vec<&'static str>) -> Option<&'v T> {
    if !member.is_not_asked() {
        asked.push(name);
    }
    member.present()
}

fn row(venue: &Venue, with: &With) -> Box<RawValue> {
    let mut asked = Vec::new();
    let of_the_day = |hours: &Hours| hours.state == HoursState::Complex || !hours.special_days.is_empty();
    let status = noted("status", &venue.status, &mut asked).map(|status| status.code());
    let row = Row {
        id: Uuid::now_v7(),
        profile_id: Uuid::now_v7(),
        provider_id: &venue.provider_id,
        name: &venue.name,
        lat: venue.position.lat(),
        lng: venue.position.lng(),
        categories: noted("categories", &venue.categories, &mut asked),
        address: noted("address", &venue.address, &mut asked),
        rating: noted("rating", &venue.rating, &mut asked),
        price_level: noted("price_level", &venue.price_level, &mut asked),
        hours: noted("hours", &venue.hours, &mut asked),
        raw_hours: noted("raw_hours", &venue.raw_hours, &mut asked),
        status,
        successor_id: noted("successor_id", &venue.successor_id, &mut asked),
        // Of those that were cleaned again, none is new.
        admit: with.seen_at.is_none() && status.is_none_or(|status| refusal(status).is_none()),
        dated: venue.hours.present().is_some_and(of_the_day),
        asked,
        with,
    };
    to_raw_value(&row)
        .unwrap_or_else(|error| unreachable!("numbers, texts and lists of them have a form as JSON: {error}"))
}
