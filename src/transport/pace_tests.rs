use std::future::Future;
use std::task::{Context, Waker};

use proptest::prelude::*;
use tokio::time::{advance, sleep, timeout};

use super::*;
use crate::transport::double::Ledger;

/// Longer than any turn takes.
const LONG: Duration = Duration::from_mins(10);

fn pace(limit: f64) -> Pace {
    Pace::new(limit, "account".to_owned()).unwrap()
}

/// The instants at which `count` requests of each call are let through, asked for all at once.
async fn let_through(limit: f64, calls: &[&'static str], count: usize) -> Vec<(&'static str, Duration)> {
    let (pace, ledger) = (Arc::new(pace(limit)), Arc::new(Ledger::default()));
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for &call in calls {
        for _ in 0..count {
            let (pace, ledger) = (Arc::clone(&pace), Arc::clone(&ledger));
            tasks.spawn(async move {
                pace.turn(call, &*ledger).await.unwrap();
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
    let (pace, ledger) = (pace(10.0), Ledger::default());
    pace.turn("call", &ledger).await.unwrap();
    sleep(Duration::from_mins(1)).await;
    let start = Instant::now();
    for _ in 0..3 {
        pace.turn("call", &ledger).await.unwrap();
    }
    assert!(start.elapsed() >= Duration::from_millis(208), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn calls_are_paced_apart() {
    let instants = let_through(1.0, &["searchNearby", "searchText"], 2).await;
    let at_once = instants.iter().filter(|(_, at)| at.is_zero()).count();
    assert_eq!(at_once, 2, "{instants:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_blocks_and_costs_nothing() {
    let (pace, ledger) = (pace(1.0), Ledger::default());
    pace.turn("call", &ledger).await.unwrap();
    let start = Instant::now();
    {
        let mut waiting = Box::pin(pace.turn("call", &ledger));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    pace.turn("call", &ledger).await.unwrap();
    assert!(start.elapsed() <= Duration::from_millis(1041), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_hold_stops_everybody_of_that_call_only() {
    let (pace, ledger) = (pace(1000.0), Ledger::default());
    let start = Instant::now();
    pace.hold("call", Duration::from_secs(30), &ledger).await;
    pace.hold("call", Duration::from_secs(5), &ledger).await;
    pace.turn("other", &ledger).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    advance(Duration::from_secs(10)).await;
    pace.turn("call", &ledger).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 30, "the longer hold counts");
}

#[tokio::test(start_paused = true)]
async fn who_wakes_too_late_lets_its_instants_go_by() {
    let (pace, ledger) = (Arc::new(pace(10.0)), Arc::new(Ledger::default()));
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (pace, ledger) = (Arc::clone(&pace), Arc::clone(&ledger));
        tasks.spawn(async move {
            pace.turn("call", &*ledger).await.unwrap();
            start.elapsed()
        });
    }
    // As after SIGSTOP: all that was taken lies behind.
    advance(Duration::from_secs(20)).await;
    let mut instants = tasks.join_all().await;
    instants.sort();
    let late: Vec<_> = instants.into_iter().filter(|at| *at >= Duration::from_secs(1)).collect();
    assert!(late.len() >= 5, "{late:?}");
    assert!(late.windows(2).all(|pair| pair[1] >= pair[0] + Duration::from_millis(103)), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn who_wakes_a_little_late_puts_no_eleventh_into_a_second() {
    for late in [15, 35, 50, 90] {
        let (pace, ledger) = (Arc::new(pace(10.0)), Arc::new(Ledger::default()));
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..30 {
            let (pace, ledger) = (Arc::clone(&pace), Arc::clone(&ledger));
            tasks.spawn(async move {
                pace.turn("call", &*ledger).await.unwrap();
                start.elapsed()
            });
        }
        let mut instants: Vec<Duration> = Vec::new();
        // Busy for a while at the tenth instant: whoever it is for wakes late.
        sleep(Duration::from_millis(10 * 103 - 5)).await;
        advance(Duration::from_millis(5 + late)).await;
        instants.extend(tasks.join_all().await);
        instants.sort();
        assert_eq!(most_in_a_second(&instants), 10, "{late} ms late: {instants:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_request_after_the_other_gets_its_turn_however_far_away_the_instants_are_handed_out() {
    for (limit, way) in [(10.0, 6), (10.0, 100), (50.0, 4), (1000.0, 25)] {
        let (pace, start) = (pace(limit), Instant::now());
        let far = Ledger { way: Duration::from_millis(way), ..Ledger::default() };
        for _ in 0..20 {
            timeout(LONG, pace.turn("call", &far)).await.expect("a turn").unwrap();
        }
        let each = Duration::from_secs_f64(SPACING / limit) + 4 * far.way + TIMER;
        // And two blocks before the way is known.
        assert!(start.elapsed() <= 22 * each, "{limit} a second, {way} ms away: {:?}", start.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn workers_near_and_far_keep_one_rate(limit in 2.0_f64..60.0, ways in [0_u64..120, 0..120, 0..120]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let mut sent: Vec<Duration> = runtime.block_on(async {
            let (next, start) = (Arc::default(), Instant::now());
            let ledger = |way| Ledger { way: Duration::from_millis(way), next: Arc::clone(&next), ..Ledger::default() };
            let workers = ways.map(|way| (pace(limit), ledger(way)));
            let strands = workers.iter().flat_map(|worker| std::iter::repeat_n(worker, 4));
            let strands = strands.map(async |(pace, ledger)| {
                let mut sent = Vec::new();
                for _ in 0..10 {
                    timeout(LONG, pace.turn("call", ledger)).await.expect("a turn").unwrap();
                    sent.push(start.elapsed());
                    sleep(Duration::from_millis(40)).await;
                }
                sent
            });
            futures_util::future::join_all(strands).await.concat()
        });
        sent.sort();
        let most = f64::from(u32::try_from(most_in_a_second(&sent)).unwrap());
        prop_assert!(most <= limit.ceil(), "{most} in a second, {limit} allowed");
    }
}

#[tokio::test(start_paused = true)]
async fn instants_whose_answer_was_held_up_on_its_way_are_let_go_by() {
    let mut ours = Ours::default();
    let mut after = |trip: u64| {
        let (trip, answered_at) = (Duration::from_millis(trip), Instant::now());
        ours.first(HandedOut { wait: Duration::from_secs(1), answered_at, trip, way_back: trip / 4 }).is_some()
    };
    assert_eq!([4, 6, 20_000, 5].map(&mut after), [true, true, false, true], "nobody knows where it was held up");
    assert_eq!([90, 90, 110].map(&mut after), [false, true, true], "a way that has become longer is the way by now");
}

#[test]
fn refuses_a_rate_that_is_none() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
        assert!(Pace::new(rate, String::new()).is_none(), "{rate}");
    }
}
