use std::sync::{Mutex, PoisonError};

use crate::wire::QuotaReset;

/// What a provider said of its allowance with an answer that was fine: that it was the last.
#[derive(Debug, Default)]
pub(super) struct Allowance(Mutex<Option<(QuotaReset, String)>>);

impl Allowance {
    pub(super) fn end(&self, until: QuotaReset, reason: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((until, reason));
    }

    /// When it is filled again, and the provider's word, if it is used up.
    pub(super) fn gone(&self) -> Option<(QuotaReset, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
