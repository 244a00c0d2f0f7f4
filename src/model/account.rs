use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{AskedArea, CappedSpot, CoverageCounts, DrawnTile, Hours, MicroUsd, Position, StoppedBy, VenueCounts};

/// All that is written down of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunAccount {
    /// Our id of it.
    pub run_id: Uuid,
    /// The region's name.
    pub region: String,
    /// The provider's name.
    pub provider: String,
    /// How it stands.
    pub state: RunState,
    /// Why its last worker left it, where it is not over.
    pub stopped_by: Option<StoppedBy>,
    /// When a provider's allowance is filled again, where it said so.
    pub resumes_at: Option<DateTime<Utc>>,
    /// When it was begun.
    pub begun_at: DateTime<Utc>,
    /// When it was closed, or a worker last did something for it.
    pub last_at: DateTime<Utc>,
    /// What was asked for.
    pub types: Vec<String>,
    /// In which of the provider's ways.
    pub method: Option<String>,
    /// Answers came from a recording: nothing was paid.
    pub replayed: bool,
    /// A later run of the same region and provider has been at its venues.
    pub superseded: bool,
    /// Every attempt sent.
    pub requests: u64,
    /// Those of them that are free by the price list.
    pub requests_free: u64,
    /// Their list price.
    #[serde(rename = "cost_usd", serialize_with = "usd")]
    pub cost: MicroUsd,
    /// What became of the rows.
    pub venues: VenueCounts,
    /// New stubs in `venue_profiles`.
    pub profiles_stubbed: u64,
    /// How much of the region is proven.
    pub coverage: CoverageCounts,
    /// Spots that overflow.
    pub capped: Vec<CappedSpot>,
    /// Venues that the audit was shown, and those of them that the run had not seen.
    pub audit: Option<(u64, u64)>,
    /// Tiles that could not be finished: ordinal (-1 is the audit) and why.
    pub failures: Vec<(i32, String)>,
    /// Attempts that ended in no usable answer, by cause.
    pub failed_attempts: Vec<(String, u64)>,
    /// Rows that did not become venues.
    pub rejects: Vec<RejectedRows>,
    /// Repairs by kind.
    pub repairs: Vec<(String, u64)>,
    /// Category words without a code of ours, and how many rows had them.
    pub unmapped: Vec<(String, u64)>,
    /// What was answered in each of a few dozen spans of equal length, oldest first; spans in which nothing was are left out.
    pub pace: Vec<PaceStep>,
    /// Venues whose content changed.
    pub changes: Changes,
    /// How many of the venues that it saw had which field, when it was complete; `venues` is all of them.
    pub filled: Option<BTreeMap<String, u64>>,
    /// Runs of the same region and provider before this one, newest first.
    pub earlier: Vec<EarlierRun>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Every point of the region is certified, capped spots aside.
    Complete,
    /// A worker is at it.
    AtWork,
    /// Nobody is at it, and it can go on.
    Open,
    /// The guard did not believe it, and nobody has decided about it.
    Refused,
    /// It was given up: for a newer one, for its age, or because an audit did not believe it.
    Abandoned,
}

/// Rows that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedRows {
    /// A word for why.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// Some of them: the provider's id and what exactly.
    pub examples: Vec<String>,
}

/// What was answered in a span of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PaceStep {
    /// When its last answer was committed.
    pub at: DateTime<Utc>,
    /// Requests.
    pub requests: u64,
    /// List price.
    #[serde(rename = "cost_usd", serialize_with = "usd")]
    pub cost: MicroUsd,
    /// Rows received.
    pub received: u64,
}

/// What a run changed in venues that were there before.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Changes {
    /// How many venues.
    pub venues: u64,
    /// In how many of them each field differs, most frequent first.
    pub fields: Vec<(String, u64)>,
    /// Some of them.
    pub shown: Vec<Change>,
}

/// A venue before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The provider's id.
    pub provider_id: String,
    /// Its name, as it was.
    pub name: String,
    /// By field, what it was and what it is now.
    pub fields: BTreeMap<String, (Value, Value)>,
}

/// A run before the one that is told of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EarlierRun {
    /// Our id of it.
    pub run_id: Uuid,
    /// When it was begun.
    pub begun_at: DateTime<Utc>,
    /// How it stands.
    pub state: RunState,
    /// Every attempt sent.
    pub requests: u64,
    /// Their list price.
    #[serde(rename = "cost_usd", serialize_with = "usd")]
    pub cost: MicroUsd,
    /// What became of the rows.
    pub venues: VenueCounts,
    /// As in [`RunAccount::filled`].
    pub filled: Option<BTreeMap<String, u64>>,
}

/// Where a run asked, to be drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AskedGround {
    /// The region's rings: outlines and holes; none where it cannot be read any more.
    pub outline: Vec<Vec<Position>>,
    /// Its pieces.
    pub tiles: Vec<DrawnTile>,
    /// What was asked.
    pub asked: Vec<AskedArea>,
}

/// A stored venue, as far as a report looks at it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredVenue {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub position: Position,
    /// Codes, most specific first.
    pub categories: Vec<String>,
    /// Whether it is known.
    pub has_address: bool,
    /// 0–5.
    pub rating: Option<f64>,
    /// 0–4.
    pub price_level: Option<i32>,
    /// None: unknown, or another's shape.
    pub hours: Option<Hours>,
    /// When a provider last showed it.
    pub last_seen_at: DateTime<Utc>,
    /// When it was first written.
    pub created_at: DateTime<Utc>,
    /// When its content last changed.
    pub updated_at: DateTime<Utc>,
    /// A number that says nothing of it, and is always the same: by it some are drawn where all would be too many.
    pub lot: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn usd<S: serde::Serializer>(cost: &MicroUsd, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(cost.usd())
}
