//! The most memory that an export takes, of many venues and of few, in each form; and how long the many take.

#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]
#![expect(clippy::print_stdout, reason = "a bench is there to be read")]

mod peak;
#[path = "../tests/support/mod.rs"]
mod support;

use std::process::Stdio;
use std::time::Duration;

use support::database::TestDatabase;
use support::desk::Desk;
use venue_sync::migrate;
use venue_sync::store::Database;

fn main() {
    // `cargo test --benches` only wants to know whether it works.
    let rows = if std::env::args().any(|argument| argument == "--bench") { 1_000_000 } else { 2_000 };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure(rows));
}

async fn measure(rows: i32) {
    let guard = TestDatabase::create().await;
    let database = Database::connect(&guard.url(), 2).await.unwrap();
    migrate::up(&database, migrate::Files::embedded(), &migrate::Options::default()).await.unwrap();
    database.close().await;
    let mut connection = guard.connect().await;
    // A week of hours for each, of the size that a sync writes. One index less is quicker, and nothing here asks it.
    sqlx::query("drop index ix_venues_open").execute(&mut connection).await.unwrap();
    sqlx::query(
        "insert into venues select gen_random_uuid(), 'id-' || n, 'osm', 'Venue ' || n, '{cafe,coffee_shop}', 38 + random() * 2,
             -10 + random() * 2, 'Rua ' || n || ', 1000-001 Lisboa', 4.5, 2, jsonb_build_object('state', 'known', 'timezone',
                 'Europe/Lisbon', 'osm', 'Mo-Su 08:00-18:00', 'weekday_text', (
                     select jsonb_agg(d || ': 08:00-18:00') from unnest('{Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday}'::text[]) d),
                 'periods', (select jsonb_agg(jsonb_build_object('open', jsonb_build_object('day', d, 'hour', 8, 'minute', 0),
                     'close', jsonb_build_object('day', d, 'hour', 18, 'minute', 0))) from generate_series(0, 6) d)),
             'Mo-Su 08:00-18:00', now(), now(), now() from generate_series(1, $1) n",
    )
    .bind(rows)
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::query("analyze venues").execute(&mut connection).await.unwrap();
    let desk = Desk::new().with("DATABASE_URL", &guard.url());
    for format in [
        "geojson",
        "csv",
        "ndjson",
        #[cfg(feature = "parquet")]
        "parquet",
    ] {
        let few = (rows / 100).to_string();
        let (of_few, _) = export(&desk, &["export", "--format", format, "--limit", &few]);
        let (of_all, took) = export(&desk, &["export", "--format", format]);
        println!(
            "{format}: {rows} venues at most {of_all} KiB, {:.2} times that of {few} ({of_few} KiB), in {took:?}",
            f64::from(of_all) / f64::from(of_few.max(1))
        );
    }
}

/// The most memory that the command had, KiB; and how long it took.
fn export(desk: &Desk, words: &[&str]) -> (u32, Duration) {
    let (most, took, ended) = peak::of(desk.command(words).stdout(Stdio::null()));
    assert!(ended.success());
    (most, took)
}
