use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a row of an answer did not become a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// The row is not of the provider's shape.
    Unreadable,
    /// No id.
    NoId,
    /// The id is longer than the column (255 characters).
    IdTooLong,
    /// No name, or nothing left of it after cleaning.
    NoName,
    /// No position (a business that comes to its customers).
    NoPosition,
    /// A position that is not on the earth, or exactly 0,0.
    BadPosition,
    /// Closed for good, and we did not know it.
    ClosedPermanently,
    /// Not open yet, and we did not know it.
    NotYetOpen,
    /// The provider's own reviewers doubt that it is a venue of its own (a duplicate, a private home), and nobody has settled it.
    Flagged,
    /// Something else than a venue.
    NoVenue,
    /// The same venue is in the same answer under another id.
    ListedTwice,
}

impl RejectReason {
    /// The word kept in `venue_sync.rejects.reason`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NoId => "no_id",
            Self::IdTooLong => "id_too_long",
            Self::NoName => "no_name",
            Self::NoPosition => "no_position",
            Self::BadPosition => "bad_position",
            Self::ClosedPermanently => "closed_permanently",
            Self::NotYetOpen => "not_yet_open",
            Self::Flagged => "flagged",
            Self::NoVenue => "no_venue",
            Self::ListedTwice => "listed_twice",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A row that was refused, kept so that nothing is lost silently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// The provider's id, where one could be read.
    pub provider_id: Option<String>,
    /// Why.
    pub reason: RejectReason,
    /// What exactly, for a person.
    pub detail: String,
}
