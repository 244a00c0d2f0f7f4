use chrono::{DateTime, Utc};

/// An attempt without a usable response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SendError {
    /// No connection: the server has seen nothing of the request.
    #[error("{0}")]
    NeverSent(String),
    /// The request left, and no whole answer came: the server may have done, and charged for, its work.
    #[error("{reason}")]
    NoAnswer {
        /// HTTP status, if the answer got that far.
        status: Option<u16>,
        reason: String,
    },
    /// The body passed the limit, and reading stopped there.
    #[error("the answer (status {status}) is larger than {limit} bytes")]
    TooLarge { status: u16, limit: usize, received_at: DateTime<Utc> },
}
