//! A run, as a test has it that says only what it is about.

use std::time::Duration;

use venue_sync::coverage::Region;
use venue_sync::model::{GuardLimits, Retention};
use venue_sync::provider::Provider;
use venue_sync::store::Budget;
use venue_sync::sync::{Job, Knowledge, Session, Source};

/// Everywhere that people eat or drink, between west, south, east and north, live, without any limit.
pub(crate) fn job(provider: &dyn Provider, [west, south, east, north]: [f64; 4]) -> Job<'_> {
    Job {
        region_name: "town".to_owned(),
        region: Region::from_bbox(west, south, east, north).expect("an area"),
        provider,
        types: ["restaurant", "cafe", "bar", "bakery"].map(str::to_owned).to_vec(),
        language: "en".to_owned(),
        method: "nearby".to_owned(),
        knowledge: Knowledge::Learned,
        audit_recall: 0.98,
        guard: GuardLimits::default(),
        details: false,
        source: Source::Live,
        budget: Budget::default(),
        concurrency: 4,
        fresh: false,
        if_stale: None,
        session: Session::New,
        dry_run: false,
        retention: Retention::Nothing,
        lease: Duration::from_secs(30),
    }
}
