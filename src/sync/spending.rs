use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::book::Book;
use super::job::Job;
use crate::model::{Event, MicroUsd};
use crate::store::{Database, DatabaseError, Refund, ReserveError, Spender, refund, reserve};
use crate::transport::{Attempts, Outcome};

/// Reserves each attempt's price before it is sent, and gives back what was not billed.
pub(super) struct Spending<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) database: &'a Database,
    pub(super) book: &'a Book,
    pub(super) tile: i32,
    pub(super) listen: &'a (dyn Fn(Event) + Sync),
}

/// What a dry run, which has no row in the database, has spent so far.
#[derive(Debug, Default)]
pub(super) struct DrySpend {
    pub(super) requests: AtomicU64,
    pub(super) micro_usd: AtomicU64,
}

impl Spending<'_> {
    fn spender(&self) -> Spender<'_> {
        Spender { provider: self.job.provider.name(), run: self.book.run(), price: self.job.provider.limits().price }
    }
}

impl Attempts for Spending<'_> {
    type Error = ReserveError;

    async fn reserve(&self) -> Result<(), ReserveError> {
        let price = self.job.provider.limits().price;
        if let Some(dry) = self.book.dry_spend() {
            dry.take(price, self.job)?;
        }
        reserve(self.database, self.spender(), self.job.budget).await?;
        (self.listen)(Event::RequestSent { tile: self.tile });
        Ok(())
    }

    async fn settle(&self, outcome: Outcome) -> Result<(), ReserveError> {
        let what = match outcome {
            Outcome::NeverSent => Refund::All,
            Outcome::Answered { status } if status != 200 => Refund::Money,
            // Sent, and nobody knows whether it was billed: stays spent.
            Outcome::Answered { .. } | Outcome::Unknown => return Ok(()),
        };
        if let Some(dry) = self.book.dry_spend() {
            dry.give_back(what, self.job.provider.limits().price);
        }
        Ok(refund(self.database, self.spender(), what).await?)
    }

    fn retrying(&self, reason: &str, wait: Duration) {
        (self.listen)(Event::Retrying { tile: self.tile, reason: reason.to_owned(), wait });
    }
}

impl DrySpend {
    fn take(&self, price: MicroUsd, job: &Job<'_>) -> Result<(), ReserveError> {
        let price = price.0.unsigned_abs();
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let cost = self.micro_usd.fetch_add(price, Ordering::Relaxed) + price;
        let too_many = job.budget.requests.is_some_and(|most| requests > most);
        let too_dear = job.budget.cost.is_some_and(|most| cost > most.0.unsigned_abs());
        if too_many || too_dear {
            self.give_back(Refund::All, MicroUsd(i64::try_from(price).unwrap_or(i64::MAX)));
            return Err(ReserveError::RunBudget);
        }
        Ok(())
    }

    fn give_back(&self, what: Refund, price: MicroUsd) {
        if what == Refund::All {
            self.requests.fetch_sub(1, Ordering::Relaxed);
        }
        self.micro_usd.fetch_sub(price.0.unsigned_abs(), Ordering::Relaxed);
    }
}

/// Whether an error is a limit of ours rather than the database's fault.
pub(super) fn limit(error: ReserveError) -> Result<String, DatabaseError> {
    match error {
        ReserveError::Database(error) => Err(error),
        other => Ok(other.to_string()),
    }
}
