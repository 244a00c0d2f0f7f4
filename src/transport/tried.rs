//! How one attempt of a request ended.

use super::attempts::Outcome;
use super::send_error::SendError;
use crate::wire::{Request, Response, Verdict};

/// An attempt's end.
pub(super) enum Tried {
    Answered(Response, Verdict),
    Failed(SendError),
    /// We were told to stop, and the answer did not come in time.
    Dropped,
}

impl Tried {
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Answered(response, _) => Outcome::Answered { status: response.status },
            Self::Failed(SendError::TooLarge { status, .. }) => Outcome::Answered { status: *status },
            Self::Failed(SendError::NeverSent(_)) => Outcome::NeverSent,
            // An error that was cut off is still an error, and not charged.
            Self::Failed(SendError::NoAnswer { status: Some(status), .. }) if *status != 200 => {
                Outcome::Answered { status: *status }
            }
            Self::Failed(SendError::NoAnswer { .. }) | Self::Dropped => Outcome::Unknown,
        }
    }

    /// The page that tells how long to wait.
    pub(super) fn look(self) -> Option<Box<Request>> {
        match self {
            Self::Answered(_, Verdict::LookAfter { look, .. }) => Some(look),
            _ => None,
        }
    }
}
