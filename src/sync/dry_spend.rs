use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::MicroUsd;
use crate::store::{Budget, Refund, ReserveError};

/// What a dry run, which has no row in the database, has spent so far.
#[derive(Debug, Default)]
pub(super) struct DrySpend {
    pub(super) requests: AtomicU64,
    pub(super) free: AtomicU64,
    pub(super) micro_usd: AtomicU64,
}

impl DrySpend {
    /// Reserves a request, or says that a limit is reached.
    pub(super) fn take(&self, price: MicroUsd, budget: Budget) -> Result<(), ReserveError> {
        let price = price.0.unsigned_abs();
        self.free.fetch_add(u64::from(price == 0), Ordering::Relaxed);
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let cost = self.micro_usd.fetch_add(price, Ordering::Relaxed) + price;
        let too_many = budget.requests.is_some_and(|most| requests > most);
        let too_dear = budget.cost.is_some_and(|most| cost > most.0.unsigned_abs());
        if too_many || too_dear {
            self.give_back(Refund::All, MicroUsd(i64::try_from(price).unwrap_or(i64::MAX)));
            return Err(ReserveError::RunBudget);
        }
        Ok(())
    }

    /// Gives back what was not billed.
    pub(super) fn give_back(&self, what: Refund, price: MicroUsd) {
        if what == Refund::All {
            self.requests.fetch_sub(1, Ordering::Relaxed);
            self.free.fetch_sub(u64::from(price == MicroUsd(0)), Ordering::Relaxed);
        }
        if what == Refund::Nothing {
            return;
        }
        self.micro_usd.fetch_sub(price.0.unsigned_abs(), Ordering::Relaxed);
    }
}
