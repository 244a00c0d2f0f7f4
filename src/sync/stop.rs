use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::job::SyncError;
use crate::model::StoppedBy;
use crate::store::{DatabaseError, Refill};

/// Why the loop ends before its time.
#[derive(Debug)]
pub(super) enum Ending {
    /// In good order: what was answered is committed, the run goes on next time.
    Early { by: StoppedBy, reason: String, until: Option<Until> },
    /// Somebody else closed the run: it is given up, or done.
    GivenUp { reason: String },
    /// The provider is not to be reached or answers nothing usable: no point in asking further now.
    ProviderDown { reason: String },
    /// Nothing more can be done.
    Broken(SyncError),
}

/// When an allowance is filled again.
#[derive(Debug)]
pub(super) struct Until {
    pub(super) refill: Refill<'static>,
    /// When we heard of it.
    pub(super) told: Instant,
}

impl From<Refill<'static>> for Until {
    fn from(refill: Refill<'static>) -> Self {
        Self { refill, told: Instant::now() }
    }
}

/// The first cause of an early end, shared by the tasks of a run. Whoever finds one ends all: they finish the answers in
/// hand and ask nothing more.
#[derive(Debug)]
pub(super) struct Stop<'a> {
    signal: &'a CancellationToken,
    first: Mutex<Option<Ending>>,
}

impl<'a> Stop<'a> {
    pub(super) fn new(signal: &'a CancellationToken) -> Self {
        Self { signal, first: Mutex::new(None) }
    }

    /// Ctrl-C, SIGTERM.
    pub(super) fn signal(&self) -> &CancellationToken {
        self.signal
    }

    pub(super) fn end(&self, ending: Ending) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        // A broken run outranks one that merely stops.
        let outranked = matches!(&ending, Ending::Broken(_)) && !matches!(&*first, Some(Ending::Broken(_)));
        if first.is_none() || outranked {
            if let Ending::GivenUp { reason } = &ending {
                tracing::warn!("{reason}");
            }
            *first = Some(ending);
        }
    }

    /// Whether to ask nothing more.
    pub(super) fn called(&self) -> bool {
        self.signal.is_cancelled() || self.first.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// What broke the run, if it is that the database is out of reach. Taken out.
    pub(super) fn lost_database(&self) -> Option<DatabaseError> {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        match first.take() {
            Some(Ending::Broken(SyncError::Database(error))) if error.is_away() => Some(error),
            other => {
                *first = other;
                None
            }
        }
    }

    pub(super) fn into_ending(self) -> Option<Ending> {
        let first = self.first.into_inner().unwrap_or_else(PoisonError::into_inner);
        first.or_else(|| {
            self.signal.is_cancelled().then(|| Ending::Early {
                by: StoppedBy::Signal,
                reason: "asked to stop".to_owned(),
                until: None,
            })
        })
    }
}
