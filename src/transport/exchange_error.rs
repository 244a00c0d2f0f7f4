//! Why a request has no answer that can be read.

use std::error::Error as _;
use std::time::Duration;

use super::cassette::CassetteError;
use super::record::RecordError;
use super::replay::NotRecorded;
use super::retry::spoken;
use crate::wire::{QuotaReset, Verdict};

/// Why an exchange gave no answer that can be read.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError<E: std::error::Error + 'static> {
    /// We were told to stop.
    #[error("stopped")]
    Stopped,
    /// No attempt could be reserved.
    #[error("cannot reserve a request")]
    Reserve(#[source] E),
    /// An attempt could not be settled.
    #[error("cannot settle a request")]
    Settle(#[source] E),
    /// The provider's allowance is used up.
    #[error("the provider's quota is used up: {reason}")]
    QuotaGone {
        /// When it is filled again.
        until: QuotaReset,
        /// For a person.
        reason: String,
    },
    /// More was asked for than the provider answers at a time.
    #[error("the provider wants to be asked for less: {reason}")]
    TooMuch {
        /// For a person.
        reason: String,
    },
    /// The answer is larger than is read. Where the provider sets no end to its answers, less may be asked for.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// Bytes that are read.
        limit: usize,
    },
    /// The key is not accepted.
    #[error("the provider refused the credentials: {reason}")]
    CredentialsRefused {
        /// For a person.
        reason: String,
    },
    /// The provider does not understand the request, or it could not be put on the wire.
    #[error("the request is wrong: {reason}")]
    RequestWrong {
        /// For a person.
        reason: String,
    },
    /// Further attempts might help, but not now.
    #[error("gave up after {attempts} {} in {}: {reason}", if *attempts == 1 { "attempt" } else { "attempts" }, spoken(*elapsed))]
    GaveUp {
        /// Attempts made.
        attempts: u32,
        /// Time from the first attempt to the end.
        elapsed: Duration,
        /// For a person: what the last attempt met, and what ended the matter.
        reason: String,
    },
    /// A replay does not hold this request.
    #[error(transparent)]
    NotRecorded(Box<NotRecorded>),
    /// A recording that was whole when the replay began cannot be read any more.
    #[error("the recording changed: {error}{}", error.source().map(|why| format!(": {why}")).unwrap_or_default())]
    RecordingGone {
        /// What is wrong with it now.
        error: CassetteError,
    },
    /// The answer came and could not be kept in the recording.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The error that a verdict other than fine amounts to.
pub(super) fn refused<E: std::error::Error + 'static>(
    verdict: Verdict,
    attempts: u32,
    elapsed: Duration,
) -> ExchangeError<E> {
    match verdict {
        Verdict::QuotaGone { until, reason } => ExchangeError::QuotaGone { until, reason },
        Verdict::CredentialsRefused { reason } => ExchangeError::CredentialsRefused { reason },
        Verdict::RequestWrong { reason } => ExchangeError::RequestWrong { reason },
        Verdict::TooMuch { reason } => ExchangeError::TooMuch { reason },
        Verdict::RetryAfter { reason, .. } | Verdict::LookAfter { reason, .. } | Verdict::NotUsable { reason } => {
            ExchangeError::GaveUp { attempts, elapsed, reason }
        }
        Verdict::Fine | Verdict::LastFine { .. } => unreachable!("a fine answer is no error"),
    }
}
