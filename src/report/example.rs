//! A run for the tests of this room.

use uuid::Uuid;

use super::run_report::{LookAtData, RunReport};
use crate::model::SampleVenue;
use crate::model::{CappedSpot, CoverageCounts, MicroUsd, Position, RunStatus, Summary, VenueCounts};

pub(super) fn report() -> RunReport {
    RunReport {
        summary: summary(),
        dry_run: false,
        replayed: false,
        audit: None,
        staged: 0,
        gone: 0,
        capped: vec![CappedSpot {
            position: Position::new(38.700_12, -27.2).unwrap(),
            radius_m: 1.0,
            seen: 20,
            words: vec!["restaurant".to_owned()],
        }],
        reason: None,
        failures: vec![],
        rejects: vec![("no_name".to_owned(), 2, "ChIJx: nothing is left of it".to_owned())],
        repairs: vec![("text_cleaned".to_owned(), 3)],
        unmapped: vec![("cable_car_station".to_owned(), 4), ("noodle_barge".to_owned(), 7)],
        samples: samples(),
        today: chrono::NaiveDate::from_ymd_opt(2026, 7, 1).unwrap(),
        look: Some(LookAtData {
            shell: "venues db shell".to_owned(),
            url: "postgresql://venues@localhost/venues?host=/run/x".to_owned(),
        }),
        last_success: None,
        go_on: "venues sync --region demo".to_owned(),
        embedded_flag: false,
    }
}

fn summary() -> Summary {
    Summary {
        run_id: Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001),
        region: "demo".to_owned(),
        provider: "google".to_owned(),
        status: RunStatus::Complete,
        stopped_by: None,
        requests: 1_031,
        requests_free: 0,
        cost: MicroUsd(1_085_000),
        duration_ms: 2_437,
        venues: VenueCounts {
            received: 1_216,
            inserted: 1_212,
            updated: 0,
            unchanged: 0,
            rejected: 2,
            outside: 1,
            duplicate: 1,
        },
        profiles_stubbed: 1_212,
        coverage: CoverageCounts { tiles: 9, complete: 9, capped: 1, failed: 0 },
        resumes_at: None,
        guard: None,
    }
}

fn samples() -> Vec<SampleVenue> {
    vec![
        SampleVenue {
            name: "Farol Azul".to_owned(),
            category: Some("seafood_restaurant".to_owned()),
            rating: Some(4.46),
            price_level: Some(2),
            weekday_text: Some(
                ["Monday: closed", "Tuesday: closed", "Wednesday: 12:00–15:00, 19:00–01:30", "Thursday: open 24 hours"]
                    .map(str::to_owned)
                    .to_vec(),
            ),
        },
        SampleVenue {
            name: "港の食堂".to_owned(),
            category: Some("noodle_shop".to_owned()),
            rating: None,
            price_level: None,
            weekday_text: None,
        },
    ]
}
