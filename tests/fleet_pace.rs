//! One rate for all workers: the instants that the database hands out.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{Executor as _, PgPool};
use support::database::TestDatabase;
use support::migrations::to_head;
use venue_sync::store::{Database, RateOf, hold_instants, take_instants};

/// Long enough that no machine is so slow that an instant passes before the next is taken. Nobody waits for it.
const INTERVAL: Duration = Duration::from_secs(10);

fn rate(account: &str) -> RateOf<'_> {
    RateOf { provider: "google", call: "searchNearby", account }
}

/// A database with the schema, and as many pools as there are workers.
async fn bench(workers: usize) -> (TestDatabase, PgPool, Vec<Database>) {
    let guard = TestDatabase::create().await;
    let mut pools = Vec::new();
    for _ in 0..workers {
        pools.push(Database::connect(&guard.url(), 4).await.unwrap());
    }
    to_head(&pools[0]).await;
    let pool = guard.pool().await;
    (guard, pool, pools)
}

/// When the first instant that nobody has comes, in seconds from the server's now.
async fn next_in(pool: &PgPool, account: &str) -> f64 {
    sqlx::query_scalar(
        "select extract(epoch from next_at - clock_timestamp())::float8 from venue_sync.pace where account = $1",
    )
    .bind(account)
    .fetch_one(pool)
    .await
    .unwrap()
}

/// So many instants, as soon as may be.
fn block(count: u32) -> (u32, Duration, Duration) {
    (count, INTERVAL, Duration::ZERO)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_instant_is_handed_out_twice_and_none_is_left_out() {
    let (_guard, pool, workers) = bench(8).await;
    take_instants(&workers[0], rate("a"), block(1), None).await.unwrap();
    let before = next_in(&pool, "a").await;
    let begun: f64 = sqlx::query_scalar("select extract(epoch from next_at)::float8 from venue_sync.pace")
        .fetch_one(&pool)
        .await
        .unwrap();
    let taken = join_all(workers.iter().flat_map(|worker| {
        (1..=5_u32).map(async move |count| take_instants(worker, rate("a"), block(count), None).await.unwrap().wait)
    }))
    .await;
    assert_eq!(taken.len(), 40);
    // 8 workers took 1 + 2 + 3 + 4 + 5 instants, one behind the other from where the first ended.
    let ended: f64 = sqlx::query_scalar("select extract(epoch from next_at)::float8 from venue_sync.pace")
        .fetch_one(&pool)
        .await
        .unwrap();
    let most = 120.0 * INTERVAL.as_secs_f64();
    assert!((ended - begun - most).abs() < 0.1, "{} instead of {most} (the first was {before} s away)", ended - begun);
    // The waits are counted from different nows; in their order they are at least one behind the other, but for the time between them.
    let mut waits = taken;
    waits.sort();
    assert!(waits[39] > INTERVAL * 100, "{waits:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_saves_no_instants_up() {
    let (_guard, pool, workers) = bench(1).await;
    take_instants(&workers[0], rate("a"), block(1), None).await.unwrap();
    pool.execute("update venue_sync.pace set next_at = next_at - interval '1 hour'").await.unwrap();
    assert!(take_instants(&workers[0], rate("a"), block(3), None).await.unwrap().wait < INTERVAL, "at once");
    let next = next_in(&pool, "a").await;
    assert!(next <= INTERVAL.as_secs_f64() * 3.0 && next > 0.0, "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_for_everybody_with_the_same_key_and_for_nobody_else() {
    let (_guard, _pool, workers) = bench(2).await;
    hold_instants(&workers[0], rate("a"), Duration::from_mins(1)).await.unwrap();
    hold_instants(&workers[0], rate("a"), Duration::from_secs(5)).await.unwrap();
    let held = take_instants(&workers[1], rate("a"), block(1), None).await.unwrap().wait;
    assert!(held > Duration::from_secs(50) && held <= Duration::from_mins(1), "the longer hold counts: {held:?}");
    let other = take_instants(&workers[1], rate("b"), block(1), None).await.unwrap().wait;
    let call = RateOf { call: "searchText", ..rate("a") };
    let another = take_instants(&workers[1], call, block(1), None).await.unwrap().wait;
    assert!(other < Duration::from_secs(1) && another < Duration::from_secs(1), "{other:?} {another:?}");
}
