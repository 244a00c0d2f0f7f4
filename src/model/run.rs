use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::money::as_usd;
use super::{MicroUsd, Verdict};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Every point of the region is certified, capped spots aside.
    Complete,
    /// Some tiles failed; run again to go on.
    Partial,
    /// Nothing more could be done.
    Failed,
    /// The guard did not believe the data.
    Refused,
    /// Stopped early; run again to go on.
    Interrupted,
    /// Fresh enough: nothing was asked.
    Skipped,
}

impl RunStatus {
    /// The word in `--json`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
            Self::Skipped => "skipped",
        }
    }
}

/// What stopped a run before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoppedBy {
    /// `--max-requests`, `--max-cost` or a monthly limit.
    Budget,
    /// The provider's own quota.
    Quota,
    /// Ctrl-C or SIGTERM.
    Signal,
    /// The guard.
    Guard,
}

impl StoppedBy {
    /// The word in `--json`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Quota => "quota",
            Self::Signal => "signal",
            Self::Guard => "guard",
        }
    }

    /// What such a word means.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Budget, Self::Quota, Self::Signal, Self::Guard].into_iter().find(|by| by.code() == code)
    }
}

/// What became of the rows received: `received` is always the sum of the other six.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VenueCounts {
    /// Rows in all answers, but for those that wait to be judged.
    pub received: u64,
    /// New to us.
    pub inserted: u64,
    /// Known, and the content changed.
    pub updated: u64,
    /// Known, nothing changed.
    pub unchanged: u64,
    /// Refused, with a reason.
    pub rejected: u64,
    /// Outside the region.
    pub outside: u64,
    /// Seen in this run already.
    pub duplicate: u64,
}

/// What became of one row that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowWord {
    /// New to us.
    Inserted,
    /// Known, and the content changed.
    Updated,
    /// Known, nothing changed.
    Unchanged,
    /// Refused, with a reason.
    Rejected,
    /// Seen in this run already.
    Duplicate,
}

impl VenueCounts {
    /// Rows that are venues as readers have them: written, or found as they were.
    pub fn written(&self) -> u64 {
        self.inserted + self.updated + self.unchanged
    }

    /// Adds a row.
    pub fn count(&mut self, word: RowWord) {
        self.received += 1;
        let sum = match word {
            RowWord::Inserted => &mut self.inserted,
            RowWord::Updated => &mut self.updated,
            RowWord::Unchanged => &mut self.unchanged,
            RowWord::Rejected => &mut self.rejected,
            RowWord::Duplicate => &mut self.duplicate,
        };
        *sum += 1;
    }

    /// Whether every row received is accounted for.
    pub fn add_up(&self) -> bool {
        self.received == self.inserted + self.updated + self.unchanged + self.rejected + self.outside + self.duplicate
    }
}

impl AddAssign for VenueCounts {
    fn add_assign(&mut self, other: Self) {
        self.received += other.received;
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
        self.outside += other.outside;
        self.duplicate += other.duplicate;
    }
}

/// How much of the region is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CoverageCounts {
    /// Pieces of the region.
    pub tiles: u64,
    /// Pieces that are certified (capped spots inside them aside).
    pub complete: u64,
    /// Spots where more venues share a few metres than an answer can hold.
    pub capped: u64,
    /// Pieces that could not be finished.
    pub failed: u64,
}

/// What a run did, in the shape of `--json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Our id of the run.
    pub run_id: Uuid,
    /// The region's name.
    pub region: String,
    /// The provider's name.
    pub provider: String,
    /// How it ended.
    pub status: RunStatus,
    /// What stopped it, if something did.
    pub stopped_by: Option<StoppedBy>,
    /// Every attempt sent, over all workers and resumptions of the run.
    pub requests: u64,
    /// Those of them that are free by the price list.
    pub requests_free: u64,
    /// List price of the answers with status 200, before free allowances.
    #[serde(rename = "cost_usd", serialize_with = "as_usd", deserialize_with = "from_usd")]
    pub cost: MicroUsd,
    /// Wall time of this process's part.
    pub duration_ms: u64,
    /// What became of the rows.
    pub venues: VenueCounts,
    /// New stubs in `venue_profiles`.
    pub profiles_stubbed: u64,
    /// How much of the region is proven.
    pub coverage: CoverageCounts,
    /// When what stopped it lets it go on, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes_at: Option<DateTime<Utc>>,
    /// What the guard says, where it did not believe the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Verdict>,
}

fn from_usd<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<MicroUsd, D::Error> {
    let usd = f64::deserialize(deserializer)?;
    MicroUsd::from_usd(usd).ok_or_else(|| serde::de::Error::custom(format!("{usd} is not an amount of money")))
}
