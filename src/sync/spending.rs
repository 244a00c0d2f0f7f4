use std::time::{Duration, Instant};

use super::book::Book;
use super::job::Job;
use super::outcome::refill;
use crate::model::{Event, MicroUsd};
use crate::store::{
    Database, DatabaseError, Lease, RateOf, Refund, ReserveError, Spender, TakenInstants, hold_instants, note_used_up,
    refund, reserve, take_instants,
};
use crate::transport::{Attempts, HandedOut, Lane, Outcome, Wanted};
use crate::wire::QuotaReset;

/// Reserves each attempt's price before it is sent, and gives back what was not billed.
pub(super) struct Spending<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) database: &'a Database,
    pub(super) book: &'a Book,
    pub(super) tile: i32,
    pub(super) lease: Lease,
    /// After the tile was claimed, and before anything is reserved for it.
    pub(super) since: Instant,
    /// What is called, as the price list knows it.
    pub(super) call: &'a str,
    /// List price of each attempt.
    pub(super) price: MicroUsd,
    pub(super) listen: &'a (dyn Fn(Event) + Sync),
}

impl Spending<'_> {
    fn spender(&self) -> Spender<'_> {
        Spender {
            provider: self.job.provider.name(),
            run: self.book.run(),
            lease: Some(self.lease),
            call: self.call,
            price: self.price,
        }
    }

    fn rate_of<'b>(&'b self, lane: Lane<'b>) -> RateOf<'b> {
        RateOf { provider: self.job.provider.name(), call: lane.call, account: lane.account }
    }
}

impl Attempts for Spending<'_> {
    type Error = ReserveError;

    async fn reserve(&self) -> Result<(), ReserveError> {
        if let Some(dry) = self.book.dry_spend() {
            dry.take(self.price, self.job.budget)?;
        }
        let reserved = self.database.outlast(|| reserve(self.database, self.spender(), self.job.budget)).await;
        if let (Err(_), Some(dry)) = (&reserved, self.book.dry_spend()) {
            dry.give_back(Refund::All, self.price);
        }
        reserved?;
        (self.listen)(Event::RequestSent { tile: self.tile, free: self.price == MicroUsd::default() });
        Ok(())
    }

    async fn settle(&self, outcome: Outcome) -> Result<(), ReserveError> {
        let (what, cause) = match outcome {
            Outcome::Withdrawn => (Refund::All, None),
            Outcome::NeverSent => (Refund::All, Some("not sent".to_owned())),
            Outcome::Answered { status: 200 } => (Refund::Nothing, Some("an answer that is none".to_owned())),
            Outcome::Answered { status: status @ (401..=403 | 429) } => {
                (Refund::Refused, Some(format!("status {status}")))
            }
            Outcome::Answered { status } => (Refund::Money, Some(format!("status {status}"))),
            // Sent, and nobody knows whether it was billed: stays spent.
            Outcome::Unknown => (Refund::Nothing, Some("no answer".to_owned())),
        };
        if let Some(dry) = self.book.dry_spend() {
            dry.give_back(what, self.price);
        }
        Ok(self.database.outlast(|| refund(self.database, self.spender(), what, cause.as_deref())).await?)
    }

    async fn instants(&self, wanted: Wanted<'_>) -> Result<HandedOut, ReserveError> {
        let (of, block) = (self.rate_of(wanted.lane), (wanted.count, wanted.interval, wanted.lead));
        let taker = self.book.taker();
        // Of the try that got them: one before may be a minute old.
        let take = async || {
            let began = Instant::now();
            Ok::<_, DatabaseError>((began, take_instants(self.database, of, block, taker).await?))
        };
        let (began, instants) = self.database.outlast(take).await?;
        let handed_out = HandedOut::from(&instants);
        // A dry run leaves no note, and heeds none: nobody would ever forget it.
        if let Some(until) = instants.used_up_until.filter(|_| self.book.run().is_some()) {
            return Err(ReserveError::AllowanceGone { until });
        }
        if let Some(roll) = self.book.roll() {
            roll.note(began, instants.leases);
        }
        Ok(handed_out)
    }

    fn confirm(&self) -> Result<(), ReserveError> {
        let lost = self.book.roll().is_some_and(|roll| roll.lacks(self.lease, self.since));
        if lost { Err(ReserveError::TakenOver) } else { Ok(()) }
    }

    async fn hold(&self, lane: Lane<'_>, wait: Duration) {
        let of = self.rate_of(lane);
        // The others find out by themselves, then.
        if let Err(error) = self.database.outlast(|| hold_instants(self.database, of, wait)).await {
            tracing::warn!("cannot tell the other workers that the provider wants a pause: {error}");
        }
    }

    async fn used_up(&self, lane: Lane<'_>, until: &QuotaReset) {
        if self.book.run().is_none() {
            return;
        }
        let (of, refill) = (self.rate_of(lane), refill(until));
        // As above: by one refused call each.
        if let Err(error) = self.database.outlast(|| note_used_up(self.database, of, refill)).await {
            tracing::warn!("cannot tell the other workers that the provider's allowance is used up: {error}");
        }
    }

    fn retrying(&self, reason: &str, wait: Duration) {
        (self.listen)(Event::Retrying { tile: self.tile, reason: reason.to_owned(), wait });
    }
}

impl From<&TakenInstants> for HandedOut {
    fn from(taken: &TakenInstants) -> Self {
        let TakenInstants { wait, answered_at, trip, way_back, .. } = *taken;
        Self { wait, answered_at: answered_at.into(), trip, way_back }
    }
}

/// Whether an error is a limit of ours rather than the database's fault.
pub(super) fn limit(error: ReserveError) -> Result<String, DatabaseError> {
    match error {
        ReserveError::Database(error) => Err(error),
        other => Ok(other.to_string()),
    }
}
