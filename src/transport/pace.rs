//! Keeps the distance between requests that the provider allows: one lane per call, first come, first served.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::{Instant, sleep_until};

/// Spacing as a multiple of 1 ÷ limit. At exactly 1, eleven of ten were measured in one sliding second at the receiver.
const SPACING: f64 = 1.03;

/// Paces the requests of one provider, each of its calls apart.
pub(super) struct Pace {
    quota: Quota,
    clock: TokioClock,
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
}

struct Lane {
    /// Whoever holds it is next; tokio's mutex is fair, governor's own waiting is not.
    turn: tokio::sync::Mutex<()>,
    limiter: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>,
    held_until: Mutex<Instant>,
}

/// Time as tokio tells it, so that tests can turn it.
#[derive(Debug, Clone, Copy)]
struct TokioClock {
    start: Instant,
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Pace {
    /// At most this many requests per second, evenly spaced; none for a rate that is not a positive, finite number.
    pub(super) fn new(requests_per_second: f64) -> Option<Self> {
        let interval = Duration::try_from_secs_f64(SPACING / requests_per_second).ok()?;
        let quota = Quota::with_period(interval)?;
        Some(Self { quota, clock: TokioClock { start: Instant::now() }, lanes: Mutex::default() })
    }

    /// Waits for the next turn of this call. Dropping the future gives up the place in the queue and nothing else.
    pub(super) async fn turn(&self, call: &str) {
        let lane = self.lane(call);
        let _turn = lane.turn.lock().await;
        loop {
            let held_until = lane.held_until();
            if Instant::now() < held_until {
                sleep_until(held_until).await;
                continue;
            }
            match lane.limiter.check() {
                Ok(()) => return,
                Err(early) => sleep_until(self.clock.start + early.earliest_possible()).await,
            }
        }
    }

    /// Lets nobody through for so long: the provider asked all of us to wait, not one request.
    pub(super) fn hold(&self, call: &str, wait: Duration) {
        let lane = self.lane(call);
        let mut held_until = lane.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        *held_until = (*held_until).max(Instant::now() + wait);
    }

    fn lane(&self, call: &str) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(call) {
            return Arc::clone(lane);
        }
        let lane = Arc::new(Lane {
            turn: tokio::sync::Mutex::default(),
            limiter: RateLimiter::direct_with_clock(self.quota, self.clock),
            held_until: Mutex::new(self.clock.start),
        });
        lanes.insert(call.to_owned(), Arc::clone(&lane));
        lane
    }
}

impl Lane {
    fn held_until(&self) -> Instant {
        *self.held_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Waker};

    use proptest::prelude::*;
    use tokio::time::{advance, sleep};

    use super::*;

    /// The instants at which `count` requests of each call are let through, asked for all at once.
    async fn let_through(limit: f64, calls: &[&'static str], count: usize) -> Vec<(&'static str, Duration)> {
        let pace = Arc::new(Pace::new(limit).unwrap());
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for &call in calls {
            for _ in 0..count {
                let pace = Arc::clone(&pace);
                tasks.spawn(async move {
                    pace.turn(call).await;
                    (call, start.elapsed())
                });
            }
        }
        let mut instants = tasks.join_all().await;
        instants.sort_by_key(|(_, at)| *at);
        instants
    }

    fn most_in_a_second(instants: &[Duration]) -> usize {
        let second = Duration::from_secs(1);
        let from = |from: Duration| instants.iter().filter(|at| (from..from + second).contains(*at)).count();
        instants.iter().map(|at| from(*at)).max().unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn no_sliding_second_holds_more_than_the_limit() {
        let instants: Vec<_> = let_through(10.0, &["searchNearby"], 60).await.into_iter().map(|(_, at)| at).collect();
        assert_eq!(most_in_a_second(&instants), 10);
        let whole = *instants.last().unwrap();
        assert!(whole >= Duration::from_millis(59 * 103), "{whole:?}");
        assert!(whole <= Duration::from_millis(59 * 105), "not slower than need be: {whole:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn nor_does_it_at_any_limit(limit in 0.2_f64..200.0) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let instants = runtime.block_on(let_through(limit, &["call"], 40));
            let instants: Vec<_> = instants.into_iter().map(|(_, at)| at).collect();
            let most = f64::from(u32::try_from(most_in_a_second(&instants)).unwrap());
            prop_assert!(most <= limit.ceil(), "{most} in a second, {limit} allowed");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_saves_nothing_up() {
        let pace = Pace::new(10.0).unwrap();
        pace.turn("call").await;
        sleep(Duration::from_mins(1)).await;
        let start = Instant::now();
        for _ in 0..3 {
            pace.turn("call").await;
        }
        assert!(start.elapsed() >= Duration::from_millis(206), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_paced_apart() {
        let instants = let_through(1.0, &["searchNearby", "searchText"], 2).await;
        let at_once = instants.iter().filter(|(_, at)| at.is_zero()).count();
        assert_eq!(at_once, 2, "{instants:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_wait_blocks_and_costs_nothing() {
        let pace = Pace::new(1.0).unwrap();
        pace.turn("call").await;
        let start = Instant::now();
        {
            let mut waiting = Box::pin(pace.turn("call"));
            assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        pace.turn("call").await;
        assert!(start.elapsed() <= Duration::from_millis(1031), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_stops_everybody_of_that_call_only() {
        let pace = Pace::new(1000.0).unwrap();
        let start = Instant::now();
        pace.hold("call", Duration::from_secs(30));
        pace.hold("call", Duration::from_secs(5));
        pace.turn("other").await;
        assert!(start.elapsed() < Duration::from_secs(1));
        advance(Duration::from_secs(10)).await;
        pace.turn("call").await;
        assert_eq!(start.elapsed().as_secs(), 30, "the longer hold counts");
    }

    #[test]
    fn refuses_a_rate_that_is_none() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
            assert!(Pace::new(rate).is_none(), "{rate}");
        }
    }
}
