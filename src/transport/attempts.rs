//! The account of attempts, which somebody else keeps.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::wire::QuotaReset;

/// Keeps the account of attempts. Asked before each that will be sent, told what became of it.
pub trait Attempts: Send + Sync {
    /// What can go wrong: the budget is used up, the account cannot be reached.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Reserves one attempt. An error means that it is not sent, and ends the exchange.
    fn reserve(&self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Settles an attempt that did not end in a fine answer. A fine one is settled by whoever keeps its content.
    fn settle(&self, outcome: Outcome) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Takes the next instants at which a lane may be used. No other worker gets them.
    fn instants(&self, wanted: Wanted<'_>) -> impl Future<Output = Result<HandedOut, Self::Error>> + Send;

    /// Whether what was reserved may be sent at its instant, by what was learned when instants were last taken. An error means that it is
    /// not sent, and ends the exchange.
    fn confirm(&self) -> Result<(), Self::Error>;

    /// Tells all workers that the provider wants no request in `lane` for so long. This process knows already.
    fn hold(&self, lane: Lane<'_>, wait: Duration) -> impl Future<Output = ()> + Send;

    /// Tells all workers that the provider lets nobody use `lane` before the reset. This process knows already.
    fn used_up(&self, lane: Lane<'_>, until: &QuotaReset) -> impl Future<Output = ()> + Send;

    /// Says that another attempt follows, why, and after what time. The reason holds no secret.
    fn retrying(&self, reason: &str, wait: Duration);
}

/// What has a rate of its own: a call of the provider, for whoever uses the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane<'a> {
    /// The provider's name of the call.
    pub call: &'a str,
    /// Drawn from the key and the address; nothing of the key can be read from it.
    pub account: &'a str,
}

/// Instants that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// For what.
    pub lane: Lane<'a>,
    /// How many.
    pub count: u32,
    /// How far apart.
    pub interval: Duration,
    /// The least time from when they are handed out to the first of them.
    pub lead: Duration,
}

/// Instants that were handed out by another clock than ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedOut {
    /// From when that clock was looked at to the first instant.
    pub wait: Duration,
    /// When we had the answer.
    pub answered_at: Instant,
    /// Time that question and answer were on their way.
    pub trip: Duration,
    /// How much of the trip is the answer's way: the clock was looked at so long before `answered_at`.
    pub way_back: Duration,
}

/// What became of an attempt that did not end in a fine answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was given back before its turn: refund all.
    Withdrawn,
    /// It was tried, and the server saw nothing of it: refund all.
    NeverSent,
    /// The server answered, but not with what we wanted. With a status other than 200 the request counts and no money is
    /// due; with 200 both stay spent.
    Answered {
        /// HTTP status.
        status: u16,
    },
    /// It was sent and no whole answer came: both stay spent.
    Unknown,
}
