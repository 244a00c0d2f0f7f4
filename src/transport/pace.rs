//! Keeps the distance between requests that the provider allows: one lane per call, first come, first served. The instants come from
//! whoever hands them out to all workers ([`Attempts::instants`]).

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::attempts::{Attempts, HandedOut, Lane, Wanted};
use crate::wire::QuotaReset;

/// Spacing as a multiple of 1 ÷ limit. At exactly 1, eleven of ten were measured in one sliding second at the receiver; at 1.03, once, 51 of
/// 50, with eight busy workers.
const SPACING: f64 = 1.04;

/// Time that one block of instants may span: what a worker takes and loses is no more than this.
const BLOCK: Duration = Duration::from_millis(500);

/// Whoever wakes later than this lets its instant go by. The spacing leaves 40 ms in a second, the rest of which is for the way there.
const LATE: Duration = Duration::from_millis(20);

/// By so much any timer is late.
const TIMER: Duration = Duration::from_millis(2);

/// Instants are never asked for farther ahead: whoever hands them out is slower than anybody could work with, or was away for a moment.
const LONGEST_LEAD: Duration = Duration::from_secs(5);

/// Paces the requests of one provider, each of its calls apart.
pub(super) struct Pace {
    interval: Duration,
    account: String,
    queues: Mutex<HashMap<String, Arc<Queue>>>,
}

#[derive(Default)]
struct Queue {
    /// Whoever holds it is next, with the instants that are ours; tokio's mutex is fair.
    turn: tokio::sync::Mutex<Ours>,
    waiting: AtomicU32,
    held_until: Mutex<Option<Instant>>,
}

/// The instants that are ours, and what was learned of the way to who hands them out.
#[derive(Default)]
struct Ours {
    instants: VecDeque<Instant>,
    /// From when instants are handed out until we have them, about.
    lead: Duration,
    /// Time that the last question and its answer were on their way.
    trip: Duration,
}

impl Pace {
    /// At most this many requests per second, evenly spaced; none for a rate that is not a positive, finite number. `account` is whose
    /// rate it is.
    pub(super) fn new(requests_per_second: f64, account: String) -> Option<Self> {
        let interval = Duration::try_from_secs_f64(SPACING / requests_per_second).ok()?;
        (!interval.is_zero()).then(|| Self { interval, account, queues: Mutex::default() })
    }

    /// Waits for the next turn of this call. Dropping the future gives up the place in the queue and nothing else.
    pub(super) async fn turn<A: Attempts>(&self, call: &str, attempts: &A) -> Result<(), A::Error> {
        let queue = self.queue(call);
        let _waiting = Waiting::among(&queue.waiting);
        let mut ours = queue.turn.lock().await;
        loop {
            if let Some(held_until) = queue.held_until().filter(|until| Instant::now() < *until) {
                sleep_until(held_until).await;
                continue;
            }
            if let Some(instant) = ours.instants.front().copied() {
                sleep_until(instant).await;
                ours.instants.pop_front();
                // Whoever overslept lets it go by: others hold the instants right behind it.
                if instant.elapsed() <= (self.interval / 2).min(LATE).max(TIMER) {
                    return Ok(());
                }
                continue;
            }
            let lane = Lane { call, account: &self.account };
            let count = self.block(queue.waiting.load(Ordering::Relaxed));
            let wanted = Wanted { lane, count, interval: self.interval, lead: ours.lead };
            let handed_out = attempts.instants(wanted).await?;
            if let Some(first) = ours.first(handed_out) {
                ours.instants.extend((0..count).map(|place| first + self.interval * place));
            }
        }
    }

    /// Lets nobody through for so long: the provider asked all of us to wait, not one request.
    pub(super) async fn hold<A: Attempts>(&self, call: &str, wait: Duration, attempts: &A) {
        let queue = self.queue(call);
        queue.hold(wait);
        attempts.hold(Lane { call, account: &self.account }, wait).await;
    }

    /// Tells all workers that nobody gets through before the reset.
    pub(super) async fn used_up<A: Attempts>(&self, call: &str, until: &QuotaReset, attempts: &A) {
        attempts.used_up(Lane { call, account: &self.account }, until).await;
    }

    /// Instants to take at a time: no more than are waited for, so that none is taken from others for nothing.
    fn block(&self, waiting: u32) -> u32 {
        let most = BLOCK.as_secs_f64() / self.interval.as_secs_f64();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 1,000")]
        let most = most.clamp(1.0, 1000.0) as u32;
        waiting.clamp(1, most)
    }

    fn queue(&self, call: &str) -> Arc<Queue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.entry(call.to_owned()).or_default())
    }
}

impl Ours {
    /// When the first of these instants is on our clock; none where nobody knows. Between two workers, what is wrong with it puts their requests
    /// too near each other.
    fn first(&mut self, HandedOut { wait, answered_at, trip, way_back }: HandedOut) -> Option<Instant> {
        // Something held up the question or its answer (a stopped process, a lost packet), and nobody can say which of the two. Where it stays
        // so, that is the way by now.
        let is_known = trip <= 2 * self.trip + LATE;
        self.trip = trip;
        if !is_known {
            return None;
        }
        let handed_out_at = answered_at.checked_sub(way_back)?;
        // Late for its first instants, it would let them go by, and the next ones in the same way: it asks for later ones.
        self.lead = handed_out_at.elapsed().max(self.lead.mul_f64(0.75)).min(LONGEST_LEAD);
        Some(handed_out_at + wait)
    }
}

impl Queue {
    fn held_until(&self) -> Option<Instant> {
        *self.held_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, wait: Duration) {
        let mut held_until = self.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        *held_until = (*held_until).max(Some(Instant::now() + wait));
    }
}

/// Counts one among those who wait, as long as it does.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn among(waiting: &'a AtomicU32) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
