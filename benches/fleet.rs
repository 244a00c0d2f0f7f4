//! What several workers of one run gain, and what their sharing costs: one region, one rate, one budget, kept in the database.
//!
//! Three questions, each with its peer in the same run: how much sooner four workers are done than one where the provider's latency is what
//! takes the time; how much of the provider's limit is used where that is what takes the time, by one worker and by several, and how much
//! longer all takes than that limit alone; and what workers that only wait for the last tile put on the database, by their number.
//! `cargo bench --bench fleet -- limit` asks one of them. The first two are asked of a city and of a country: a city has eight tiles, of
//! which the last ones are waited for.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should say where, and print what it found"
)]

#[path = "../tests/double/mod.rs"]
mod double;
#[path = "../tests/support/mod.rs"]
mod support;
mod towns;

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use double::google::{Call, Manners};
use futures_util::future::join_all;
use support::database::TestDatabase;
use towns::{MANY, Terms, Towns};
use venue_sync::model::RunStatus;

const SECOND: Duration = Duration::from_secs(1);
/// The way from one town to the next, in towns.
const CITY: f64 = 1.0;
const COUNTRY: f64 = 5.0;

fn main() {
    // `cargo test --benches` only wants to know whether it works.
    let in_earnest = std::env::args().any(|argument| argument == "--bench");
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let only = std::env::args().nth(1).filter(|argument| !argument.starts_with('-'));
        let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
        if wanted("latency") {
            latency(in_earnest).await;
        }
        if wanted("limit") {
            limit(in_earnest).await;
        }
        if wanted("waiting") {
            waiting(in_earnest).await;
        }
    });
}

/// A whole region, from the first request to the end of the last worker.
async fn latency(in_earnest: bool) {
    let delay = Duration::from_millis(if in_earnest { 200 } else { 1 });
    println!("the provider takes {} ms over an answer, and allows more than is asked", delay.as_millis());
    println!("region    workers   requests        s   times as fast");
    let lands: [(&str, f64, u8, &[&str]); 2] =
        [("city", CITY, 3, &["restaurant", "cafe"]), ("country", COUNTRY, 8, &["bakery"])];
    for (name, apart, side, types) in lands {
        let mut alone = None;
        for workers in [1, 4] {
            let towns = Towns::with(if in_earnest { side } else { 1 }, apart, delay).await;
            let terms = Terms { types, limit: 1000, concurrency: 1, requests: None };
            let (reports, took) = towns.run(terms, workers).await;
            assert!(reports.iter().all(|report| report.summary.status == RunStatus::Complete));
            let took = took.as_secs_f64();
            let times = *alone.get_or_insert(took) / took;
            println!("{name:9} {workers:7} {:10} {took:8.1} {times:15.2}", reports[0].summary.requests);
        }
    }
}

async fn limit(in_earnest: bool) {
    const LIMIT: u32 = 50;
    let requests = NonZeroU64::new(if in_earnest { 2000 } else { 20 }).unwrap();
    println!("\nthe provider takes 100 ms over an answer, and allows {LIMIT} a second");
    println!(
        "region    workers   requests   a second   of the limit   most in a sliding second   more time than the limit takes"
    );
    for (name, apart, workers) in [
        ("city", CITY, 1),
        ("city", CITY, 4),
        ("country", COUNTRY, 1),
        ("country", COUNTRY, 4),
        ("country", COUNTRY, 8),
    ] {
        let towns = Towns::with(MANY, apart, Duration::from_millis(100)).await;
        let types = &["restaurant", "cafe", "bar", "bakery"];
        towns.run(Terms { types, limit: LIMIT, concurrency: 12, requests: Some(requests) }, workers).await;
        // Counts and rows are one call, and share its rate.
        let instants = towns.double.instants(Call::Nearby);
        let spaces = u32::try_from(instants.len() - 1).unwrap();
        let rate = f64::from(spaces) / instants.last().unwrap().duration_since(instants[0]).as_secs_f64();
        let most = towns.double.busiest(Call::Nearby, SECOND);
        let share = rate / f64::from(LIMIT) * 100.0;
        // All that is not the provider's limit: coordination, and also planning, writing, and waiting for the last tiles.
        let more = 100.0 * 100.0 / share - 100.0;
        println!("{name:9} {workers:7} {:10} {rate:10.2} {share:13.1} % {most:26} {more:28.1} %", instants.len());
    }
}

/// One worker holds every tile, and its questions are not answered; the others have nothing to do but wait.
async fn waiting(in_earnest: bool) {
    let numbers: &[usize] = if in_earnest { &[0, 1, 4, 16, 64] } else { &[0, 2] };
    let watched = if in_earnest { 20 * SECOND } else { SECOND };
    println!("\nworkers that wait for the last tiles   transactions a second");
    for &number in numbers {
        let towns = Towns::with(MANY, CITY, Duration::ZERO).await;
        towns.double.mend(Manners { stalls_after: Some(0), ..Manners::GOOD });
        let terms = Terms { types: &["museum"], limit: 1000, concurrency: 16, requests: None };
        let holder = towns.connect(12).await;
        let mut databases = Vec::new();
        for _ in 0..number {
            databases.push(towns.connect(1).await);
        }
        let hold = towns.work(&holder, terms);
        let wait = async {
            let leased =
                "select (count(*) filter (where state = 'leased'))::bigint from venue_sync.tiles having count(*) > 0
                        and bool_and(state = 'leased')";
            until(&towns.guard, leased, |many| many > 0).await;
            let terms = Terms { concurrency: 1, ..terms };
            join_all(databases.iter().map(|database| towns.work(database, terms))).await;
            std::future::pending::<()>().await;
        };
        let watch = async {
            let alive = "select count(*) from venue_sync.workers where alive_until > clock_timestamp()";
            let all = i64::try_from(number).unwrap() + 1;
            until(&towns.guard, alive, |alive| alive == all).await;
            // Until all have looked for a tile in vain, and know how many they are.
            tokio::time::sleep(watched / 2).await;
            let (before, begun) = (transactions(&towns.guard).await, Instant::now());
            tokio::time::sleep(watched).await;
            let many = transactions(&towns.guard).await - before;
            let rate = f64::from(i32::try_from(many).unwrap()) / begun.elapsed().as_secs_f64();
            let there: i64 = sqlx::query_scalar(alive).fetch_one(&mut towns.guard.connect().await).await.unwrap();
            assert_eq!(there, all, "who waits shows that it lives");
            println!("{number:36} {rate:23.1}");
        };
        tokio::select! {
            _ = hold => panic!("nothing was answered, and the run is over"),
            () = wait => {}
            () = watch => {}
        }
        for database in databases {
            database.close().await;
        }
        holder.close().await;
    }
}

/// Waits until a count is as wanted. Each look is a transaction of its own, before those that are counted.
async fn until(database: &TestDatabase, count: &'static str, is_wanted: impl Fn(i64) -> bool) {
    let mut connection = database.connect().await;
    loop {
        let found: Option<i64> = sqlx::query_scalar(count).fetch_optional(&mut connection).await.unwrap();
        if found.is_some_and(&is_wanted) {
            return;
        }
        tokio::time::sleep(SECOND / 20).await;
    }
}

/// Transactions of everybody in the database so far.
async fn transactions(database: &TestDatabase) -> i64 {
    let mut connection = database.connect().await;
    sqlx::query_scalar("select xact_commit + xact_rollback from pg_stat_database where datname = current_database()")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}
