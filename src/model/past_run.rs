use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::money::as_usd;
use super::{Figures, MicroUsd, StoppedBy, Verdict};

/// A run as a list of runs has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastRun {
    /// Our id of it.
    pub run_id: Uuid,
    /// The region's name.
    pub region: String,
    /// The provider's.
    pub provider: String,
    /// The provider's method, where it has several.
    pub method: Option<String>,
    /// When it was begun.
    pub begun_at: DateTime<Utc>,
    /// When it was closed.
    pub ended_at: Option<DateTime<Utc>>,
    /// What became of it.
    pub outcome: RunOutcome,
    /// Why the last worker left it, if it was left.
    pub stopped_by: Option<StoppedBy>,
    /// Venues that it wrote, or found as they were.
    pub venues: u64,
    /// Venues that wait.
    pub staged: u64,
    /// Attempts sent.
    pub requests: u64,
    /// Those of them that are free by the price list.
    pub requests_free: u64,
    /// Their list price.
    #[serde(rename = "cost_usd", serialize_with = "as_usd")]
    pub cost: MicroUsd,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// Somebody works on it.
    Running,
    /// Nobody works on it; the same command goes on.
    Unfinished,
    /// Every point of the region is certified.
    Complete,
    /// The guard did not believe it, and it waits for somebody to say what is to become of it.
    Refused,
    /// The guard did not believe it, and somebody did.
    Accepted,
    /// The guard did not believe it, and somebody agreed.
    Discarded,
    /// The guard did not believe it, and a later run of the same was closed before anybody had decided.
    Superseded,
    /// A newer one was begun in its place, or its audit did not believe it.
    Abandoned,
}

impl RunOutcome {
    /// The word in tables and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Unfinished => "unfinished",
            Self::Complete => "complete",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
            Self::Discarded => "discarded",
            Self::Superseded => "superseded",
            Self::Abandoned => "abandoned",
        }
    }
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What the guard had before it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Judged {
    /// What the run found; none before all its tiles have ended.
    pub found: Option<Figures>,
    /// What the last good runs of the same had found, the newest first.
    pub before: Vec<Figures>,
    /// What was not believed.
    pub verdict: Verdict,
}
