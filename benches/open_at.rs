//! "Open at a moment within a box" through its index, beside a plain question for the box, a filter of all that lies in it, and a
//! scan of the whole table: same rows, same run.

#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]
#![expect(clippy::print_stdout, reason = "a bench is there to be read")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use support::database::TestDatabase;
use venue_sync::migrate;
use venue_sync::store::Database;

/// Times that each is done; the median counts.
const ROUNDS: usize = 5;
/// A late Friday in a tenth of a degree of the two that the venues lie in.
const QUESTION: &str = "select count(*) from venues_open_at('2026-11-20 23:30+00', 38.7, -9.2, 38.8, -9.1)";
/// All of the box, read as its readers do: whole rows.
const BOX: &str = "select count(v) from (select * from venues where lat between 38.7 and 38.8 and lng between -9.2 and -9.1 offset 0) v";
/// The same answer as to the question, venue by venue of the box.
const FILTER: &str = "select count(*) from venues where lat between 38.7 and 38.8 and lng between -9.2 and -9.1
    and venue_open_at(hours, '2026-11-20 23:30+00')";

fn main() {
    // `cargo test --benches` only wants to know whether it works.
    let rows = if std::env::args().any(|argument| argument == "--bench") { 1_000_000 } else { 2_000 };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(compare(rows));
}

async fn compare(rows: i32) {
    let guard = TestDatabase::create().await;
    let database = Database::connect(&guard.url(), 2).await.unwrap();
    migrate::up(&database, migrate::Files::embedded(), &migrate::Options::default()).await.unwrap();
    database.close().await;
    let mut connection = guard.connect().await;
    // Made anew when the rows are there, which is quicker.
    let index = "select pg_get_indexdef('ix_venues_open'::regclass)";
    let index: String = sqlx::query_scalar(index).fetch_one(&mut connection).await.unwrap();
    connection.execute("drop index ix_venues_open").await.unwrap();
    // Restaurants with two openings a day, bars that pass midnight, bakeries; each closed on one day.
    sqlx::query(
        "insert into venues select gen_random_uuid(), 'id-' || n, 'google', 'n', '{}', 38 + random() * 2, -10 + random() * 2, null,
             null, null, jsonb_build_object('state', 'known', 'timezone', 'Europe/Lisbon', 'periods', (
                 select jsonb_agg(jsonb_build_object(
                     'open', jsonb_build_object('day', d, 'hour', o, 'minute', n % 60),
                     'close', jsonb_build_object('day', (d + c / 24) % 7, 'hour', c % 24, 'minute', 0)) order by d, o)
                 from generate_series(0, 6) d, (values (0, 12, 15), (0, 19, 23), (1, 18, 26), (2, 7, 19)) as kinds (kind, o, c)
                 where kind = n % 3 and d <> n % 7)), null, now(), now(), now()
           from generate_series(1, $1) n",
    )
    .bind(rows)
    .execute(&mut connection)
    .await
    .unwrap();
    let began = Instant::now();
    connection.execute(AssertSqlSafe(index)).await.unwrap();
    println!("the index of {rows} venues took {:?}", began.elapsed());
    connection.execute("vacuum analyze venues").await.unwrap();
    let (indexed, found) = median(&mut connection, QUESTION).await;
    let (plain, of_the_box) = median(&mut connection, BOX).await;
    let (filtered, same) = median(&mut connection, FILTER).await;
    assert_eq!(found, same);
    connection.execute("set enable_indexscan = off; set enable_bitmapscan = off").await.unwrap();
    let (scanned, same) = median(&mut connection, QUESTION).await;
    assert_eq!(found, same);
    println!("{rows} venues, {of_the_box} in the box, {found} of them open, median of {ROUNDS}: {indexed:?}");
    for (what, other) in [("the box alone", plain), ("every venue of the box", filtered), ("a scan", scanned)] {
        println!("{what}: {other:?}, {:.2} times that", other.as_secs_f64() / indexed.as_secs_f64());
    }
}

async fn median(connection: &mut PgConnection, question: &'static str) -> (Duration, i64) {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        found = sqlx::query_scalar(question).fetch_one(&mut *connection).await.unwrap();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    (times[ROUNDS / 2], found)
}
