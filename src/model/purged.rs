use chrono::{DateTime, Utc};
use serde::Serialize;

/// What a purge of one provider's venues came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Purged {
    /// Whose venues.
    pub provider: String,
    /// The region, where it was not everywhere.
    pub region: Option<String>,
    /// Nothing was deleted.
    pub dry_run: bool,
    /// The end was reached: nothing stopped it, and nothing that is over its time is left.
    pub complete: bool,
    /// The rule; none: no time was set, and nothing is ever over it.
    pub retention_days: Option<u16>,
    /// What was last seen before that is over its time.
    pub seen_before: Option<DateTime<Utc>>,
    /// The provider's ids and ours stay known.
    pub ids_kept: bool,
    /// Venues that went, or would go.
    pub venues: u64,
    /// What else of the provider's words went: kept rows, and what runs left; a dry run does not look for it.
    pub traces: u64,
    /// Venues that are over their time and in somebody else's hands.
    pub held: u64,
    /// When the oldest of the venues that went, or would go, was last seen.
    pub oldest_seen_at: Option<DateTime<Utc>>,
    /// How long it took.
    pub duration_ms: u64,
}
