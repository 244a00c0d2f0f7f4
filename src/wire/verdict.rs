use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Request;

/// What a provider's answer means for the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Can be read.
    Fine,
    /// Can be read, and was the last: the allowance is used up with it, by what the answer's headers say.
    LastFine {
        /// When it is filled again.
        until: QuotaReset,
        /// For a person.
        reason: String,
    },
    /// Throttled, or the provider's own trouble: the same request may succeed later.
    RetryAfter {
        /// The least time to wait that the provider's words imply (a `retry-after` header is read by the transport).
        wait: Option<Duration>,
        /// For a person.
        reason: String,
    },
    /// Throttled by a provider that has a page, free of charge, which says when we are let in: to be looked at after `wait`,
    /// and judged like any response, before the same request is sent again.
    LookAfter {
        /// The time to wait first.
        wait: Duration,
        /// The page.
        look: Box<Request>,
        /// For a person.
        reason: String,
    },
    /// More was asked for than the provider is willing to answer at a time: the same for a smaller area may succeed.
    TooMuch {
        /// For a person.
        reason: String,
    },
    /// The allowance is used up: stop, go on after the reset.
    QuotaGone {
        /// When it is filled again.
        until: QuotaReset,
        /// For a person.
        reason: String,
    },
    /// The key is wrong, missing a right, or not paid for: no request will succeed.
    CredentialsRefused {
        /// For a person: what, and what to do.
        reason: String,
    },
    /// The provider does not understand what we asked: our bug or a setting's.
    RequestWrong {
        /// For a person.
        reason: String,
    },
    /// The answer is not what it claims to be (an HTML page with status 200, a cut body).
    NotUsable {
        /// For a person.
        reason: String,
    },
}

/// When an allowance is filled again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaReset {
    /// The next midnight in this IANA zone.
    MidnightIn(&'static str),
    /// At this instant.
    At(DateTime<Utc>),
    /// So long after the answer came, whatever the clock here says.
    After(Duration),
    /// The provider does not say.
    Unknown,
}
