//! A run and its venues for the tests of this folder.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::stock::Stock;
use crate::model::{
    Change, Changes, CoverageCounts, EarlierRun, Hours, HoursState, MicroUsd, PaceStep, Period, Point, Position,
    RejectedRows, RunAccount, RunState, StoredVenue, VenueCounts,
};

/// What a hostile name looks like.
pub(super) const HOSTILE: &str = "</script><script>alert(1)</script>";

pub(super) fn begun() -> DateTime<Utc> {
    DateTime::from_timestamp(1_782_975_600, 0).unwrap()
}

pub(super) fn account() -> RunAccount {
    let filled = |venues: u64, rating: u64| {
        BTreeMap::from([("venues".to_owned(), venues), ("rating".to_owned(), rating), ("hours".to_owned(), 2)])
    };
    let counts =
        VenueCounts { received: 8, inserted: 1, updated: 1, unchanged: 1, rejected: 2, outside: 1, duplicate: 2 };
    RunAccount {
        run_id: Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001),
        region: "lisbon".to_owned(),
        provider: "google".to_owned(),
        state: RunState::Complete,
        stopped_by: None,
        resumes_at: None,
        begun_at: begun(),
        last_at: begun() + TimeDelta::seconds(125),
        types: vec!["restaurant".to_owned(), "cafe".to_owned()],
        method: Some("nearby".to_owned()),
        replayed: false,
        superseded: false,
        requests: 1_031,
        requests_free: 31,
        cost: MicroUsd(35_000_000),
        venues: counts,
        profiles_stubbed: 1,
        coverage: CoverageCounts { tiles: 9, complete: 9, capped: 0, failed: 0 },
        capped: vec![],
        audit: None,
        failures: vec![],
        failed_attempts: vec![("status 503".to_owned(), 4)],
        rejects: vec![RejectedRows {
            reason: "no_name".to_owned(),
            count: 2,
            examples: vec![format!("ChIJx: {HOSTILE}")],
        }],
        repairs: vec![("text_cleaned".to_owned(), 3)],
        unmapped: vec![("noodle_barge".to_owned(), 7)],
        pace: vec![
            PaceStep { at: begun() + TimeDelta::seconds(60), requests: 500, cost: MicroUsd(17_500_000), received: 4 },
            PaceStep { at: begun() + TimeDelta::seconds(120), requests: 531, cost: MicroUsd(17_500_000), received: 4 },
        ],
        changes: Changes {
            venues: 1,
            fields: vec![("rating".to_owned(), 1)],
            shown: vec![Change {
                provider_id: "b".to_owned(),
                name: "Bar | Blue".to_owned(),
                fields: BTreeMap::from([("rating".to_owned(), (json!(4.1), json!(4.3)))]),
            }],
        },
        filled: Some(filled(3, 2)),
        earlier: vec![EarlierRun {
            run_id: Uuid::from_u128(7),
            begun_at: begun() - TimeDelta::days(7),
            state: RunState::Complete,
            requests: 900,
            cost: MicroUsd(31_500_000),
            venues: counts,
            filled: Some(filled(4, 4)),
        }],
    }
}

fn venue(name: &str, lat: f64) -> StoredVenue {
    let noon =
        Period { open: Point { day: 1, hour: 12, minute: 0 }, close: Some(Point { day: 1, hour: 15, minute: 0 }) };
    StoredVenue {
        name: name.to_owned(),
        position: Position::new(lat, -9.14).unwrap(),
        categories: vec!["cafe".to_owned()],
        has_address: true,
        rating: Some(4.6),
        price_level: Some(2),
        hours: Some(Hours {
            state: HoursState::Known,
            periods: Some(vec![noon]),
            weekday_text: None,
            timezone: None,
            special_days: vec![],
            osm: None,
        }),
        last_seen_at: begun() + TimeDelta::seconds(30),
        created_at: begun() + TimeDelta::seconds(30),
        updated_at: begun() + TimeDelta::seconds(30),
        lot: 1,
    }
}

/// New, updated, unchanged and missing.
pub(super) fn venues() -> Vec<StoredVenue> {
    let before = begun() - TimeDelta::days(7);
    vec![
        venue(HOSTILE, 38.71),
        StoredVenue { created_at: before, rating: Some(4.3), price_level: None, ..venue("Bar | Blue", 38.72) },
        StoredVenue {
            created_at: before,
            updated_at: before,
            rating: None,
            price_level: None,
            hours: None,
            ..venue("Café 港", 38.73)
        },
        StoredVenue { created_at: before, updated_at: before, last_seen_at: before, ..venue("Old Harbour", 38.74) },
    ]
}

/// All of them, counted.
pub(super) fn stock(account: &RunAccount) -> Stock {
    let mut stock = Stock::new(account);
    for venue in venues() {
        stock.count(venue);
    }
    stock
}
