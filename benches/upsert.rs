//! Rows a second of the real thing (answers of 20 rows, each a durable transaction with its stubs and its bookkeeping) beside the
//! least that the same rows can cost: `COPY` into a staging table and one merge, and where nothing changed the touch of `last_seen_at`
//! alone. Same rows, same server, same run.
//!
//! The server is the embedded one with its own settings, so that a commit is on the disk before the next one begins.

#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]
#![expect(clippy::print_stdout, reason = "a bench is there to be read")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};
use support::database;
use tempfile::TempDir;
use uuid::Uuid;
use venue_sync::migrate;
use venue_sync::model::{
    AnswerSeen, Area, Ask, BoundingBox, BusinessStatus, Certificate, Circle, Field, Hours, HoursState, MicroUsd,
    Period, Point, Position, Tile, Venue, VenueCounts,
};
use venue_sync::store::embedded::{self, EmbeddedError, Home, Options, Running};
use venue_sync::store::{self, AnswerToCommit, Batch, Database, Learn, Opening, RunSpec};

/// Rows of a full answer.
const ANSWER: usize = 20;
/// Longer than the bench.
const LEASE: Duration = Duration::from_hours(1);
/// Times that everything is done; the median counts.
const ROUNDS: usize = 3;

fn main() {
    // `cargo test --benches` only wants to know whether it works.
    let rows = if std::env::args().any(|argument| argument == "--bench") { 20_000 } else { 400 };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(compare(rows));
}

async fn compare(rows: usize) {
    let (_folder, home, running) = start().await;
    let venues: Vec<Venue> = (0..rows).map(venue).collect();
    let database = Database::connect(&running.url, 8).await.unwrap();
    migrate::up(&database, migrate::Files::embedded(), &migrate::Options::default()).await.unwrap();
    let mut connection = PgConnection::connect_with(&PgConnectOptions::from_str(&running.url).unwrap()).await.unwrap();
    let mut table = Table::default();
    for _ in 0..ROUNDS {
        for workers in [1, 4] {
            empty(&mut connection).await;
            for reload in [false, true] {
                let before = wal(&mut connection).await;
                let (took, counts) = answers(&database, &venues, workers).await;
                let all = u64::try_from(rows).unwrap();
                assert_eq!(if reload { counts.unchanged } else { counts.inserted }, all, "{counts:?}");
                table.note(
                    format!("answers of {ANSWER}, {workers} at a time"),
                    reload,
                    took,
                    wal(&mut connection).await - before,
                );
            }
        }
        empty(&mut connection).await;
        for reload in [false, true] {
            let before = wal(&mut connection).await;
            let took = copy_and_merge(&mut connection, &venues).await;
            table.note("COPY and one merge".to_owned(), reload, took, wal(&mut connection).await - before);
        }
        let before = wal(&mut connection).await;
        let took = touch(&mut connection, &venues).await;
        table.note(format!("the touch alone, {ANSWER} rows each"), true, took, wal(&mut connection).await - before);
    }
    table.print(rows);
    connection.close().await.unwrap();
    database.close().await;
    embedded::stop(&home).await.unwrap();
}

/// A server of its own, as a user has it: below the target folder where its user can get there, else in the system's temporary one.
async fn start() -> (TempDir, Home, Running) {
    let mut last = None;
    for place in [Path::new(env!("CARGO_TARGET_TMPDIR")), &std::env::temp_dir()] {
        let folder = tempfile::Builder::new().prefix("upsert-").tempdir_in(place).unwrap();
        // As root the server is somebody else.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let home = Home { data: folder.path().join("data"), cache: folder.path().join("cache") };
        let options = Options { settings: vec![], ..database::options() };
        match embedded::start(&home, &options, &|_| ()).await {
            Ok(running) => return (folder, home, running),
            Err(error @ EmbeddedError::Folder(_)) => last = Some(error),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("{}", last.unwrap());
}

async fn empty(connection: &mut PgConnection) {
    connection.execute("truncate venues cascade").await.unwrap();
    connection.execute("vacuum analyze venues").await.unwrap();
    connection.execute("checkpoint").await.unwrap();
}

/// Bytes of write-ahead log so far.
async fn wal(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select (pg_current_wal_insert_lsn() - '0/0')::bigint").fetch_one(connection).await.unwrap()
}

/// Commits everything in a new run, answer by answer, some at a time.
async fn answers(database: &Database, venues: &[Venue], workers: usize) -> (Duration, VenueCounts) {
    let cell = BoundingBox { south: 38.0, west: -10.0, north: 39.0, east: -9.0 };
    let tiles = (0..i32::try_from(workers).unwrap()).map(|ordinal| Tile { ordinal, cell }).collect();
    let spec = RunSpec {
        guarded: false,
        region: "bench".to_owned(),
        provider: "google".to_owned(),
        parameters: json!({}),
        tiles,
        fresh: true,
        if_stale: None,
        goes_on: false,
        resume_within: (Duration::ZERO, Duration::ZERO),
        worker: Uuid::new_v4(),
        lease: LEASE,
    };
    let opening = store::open_run(database, &spec, Learn::Nothing).await.unwrap();
    let Opening::Open(run) = opening else { panic!("a fresh run is begun") };
    let began = Instant::now();
    let tiles = venues.chunks(venues.len() / workers).map(|share| async {
        let claimed = store::claim(database, run.id, Uuid::new_v4(), LEASE).await.unwrap().unwrap();
        let mut counts = VenueCounts::default();
        for (ordinal, venues) in (0..).zip(share.chunks(ANSWER)) {
            let answer = AnswerToCommit {
                id: Uuid::now_v7(),
                lease: claimed.lease,
                ordinal,
                seen: seen(venues.len()),
                ids: None,
                certificate: Certificate::Whole,
                requests: 1,
                replayed: false,
                cost: MicroUsd(35_000),
                provider: "google".to_owned(),
                begun_at: run.begun_at,
                staging: None,
                batch: Batch::new(venues.iter().cloned()),
                rejects: vec![],
                outside: 0,
                repairs: BTreeMap::new(),
                unmapped: BTreeMap::new(),
            };
            counts += store::commit_answer(database, &answer).await.unwrap().counts;
        }
        counts
    });
    let all = join_all(tiles).await;
    let took = began.elapsed();
    let mut sum = VenueCounts::default();
    for counts in all {
        sum += counts;
    }
    (took, sum)
}

fn seen(rows: usize) -> AnswerSeen {
    let center = Position::new(38.7, -9.1).unwrap();
    AnswerSeen {
        ask: Ask::rows(Area::Circle(Circle { center, radius_m: 250.0 }), vec!["restaurant".to_owned()]),
        rows: u32::try_from(rows).unwrap(),
        truncated: true,
        outermost_m: Some(240.0),
        fresh: None,
    }
}

/// What somebody writes who has all rows at once and nothing to keep account of.
async fn copy_and_merge(connection: &mut PgConnection, venues: &[Venue]) -> Duration {
    let began = Instant::now();
    let mut transaction = connection.begin().await.unwrap();
    transaction
        .execute(
            "create temporary table staged (provider_id text, name text, categories varchar[], lat float8, lng float8, address text,
                 rating float8, price_level int, hours jsonb, raw_hours text) on commit drop",
        )
        .await
        .unwrap();
    let mut copy = transaction.copy_in_raw("copy staged from stdin").await.unwrap();
    copy.send(venues.iter().map(line).collect::<String>().into_bytes()).await.unwrap();
    copy.finish().await.unwrap();
    transaction
        .execute(
            "with written as (
                 insert into venues as v select gen_random_uuid(), provider_id, 'google', name, categories, lat, lng, address, rating,
                     price_level, hours, raw_hours, now(), now(), now() from staged
                 on conflict (provider_name, provider_id) do update set name = excluded.name, categories = excluded.categories,
                     lat = excluded.lat, lng = excluded.lng, address = excluded.address, rating = excluded.rating,
                     price_level = excluded.price_level, hours = excluded.hours, raw_hours = excluded.raw_hours,
                     last_seen_at = excluded.last_seen_at, updated_at = case
                         when (v.name, v.categories, v.lat, v.lng, v.address, v.rating, v.price_level, v.hours, v.raw_hours)
                             is distinct from (excluded.name, excluded.categories, excluded.lat, excluded.lng, excluded.address,
                             excluded.rating, excluded.price_level, excluded.hours, excluded.raw_hours)
                         then excluded.updated_at else v.updated_at end
                 returning id, xmax = 0 as inserted)
             insert into venue_profiles select gen_random_uuid(), id, '{}', '{}', null, 'epoch', 'epoch' from written where inserted",
        )
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    began.elapsed()
}

/// The least that has to be written of an answer in which nothing is new: when its rows were last seen.
async fn touch(connection: &mut PgConnection, venues: &[Venue]) -> Duration {
    let began = Instant::now();
    for answer in venues.chunks(ANSWER) {
        let ids: Vec<&str> = answer.iter().map(|venue| venue.provider_id.as_str()).collect();
        sqlx::query("update venues set last_seen_at = clock_timestamp() where provider_name = 'google' and provider_id = any ($1)")
            .bind(ids)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    began.elapsed()
}

/// A row in the text form of `COPY`.
fn line(venue: &Venue) -> String {
    let escaped = |text: &str| text.replace('\\', r"\\").replace('\n', r"\n").replace('\t', r"\t");
    let text = |field: &Field<String>| field.present().map_or(r"\N".to_owned(), |text| escaped(text));
    let categories = venue.categories.present().map_or(String::new(), |codes| codes.join(","));
    let hours = venue.hours.present().map_or(r"\N".to_owned(), |hours| escaped(&json!(hours).to_string()));
    format!(
        "{}\t{}\t{{{categories}}}\t{}\t{}\t{}\t{}\t{}\t{hours}\t{}\n",
        escaped(&venue.provider_id),
        escaped(&venue.name),
        venue.position.lat(),
        venue.position.lng(),
        text(&venue.address),
        venue.rating.present().map_or(r"\N".to_owned(), f64::to_string),
        venue.price_level.present().map_or(r"\N".to_owned(), i32::to_string),
        text(&venue.raw_hours),
    )
}

/// A venue with everything a full answer has; ids in no order, as a provider's are.
fn venue(number: usize) -> Venue {
    let shuffled = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let step = f64::from(u32::try_from(number % 10_000).unwrap());
    let at = |day, hour| Point { day, hour, minute: 30 };
    let periods = (0..7).map(|day| Period { open: at(day, 9), close: Some(at(day, 22)) }).collect();
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let mut raw_hours = String::new();
    for day in days {
        writeln!(raw_hours, "{day}: 9:30\u{202f}AM – 10:30\u{202f}PM").unwrap();
    }
    Venue {
        provider_id: format!("ChIJ{shuffled:023x}"),
        name: format!("Restaurante do Largo {number}"),
        position: Position::new(38.6 + step * 2e-5, -9.3 + step * 3e-5).unwrap(),
        categories: Field::Present(["portuguese_restaurant", "restaurant", "bar"].map(str::to_owned).to_vec()),
        address: Field::Present(format!("Rua do Largo {number}, 1100-001 Lisboa, Portugal")),
        rating: Field::Present(f64::from(u32::try_from(number % 41).unwrap()) / 10.0 + 1.0),
        price_level: Field::Present(i32::try_from(number % 5).unwrap()),
        hours: Field::Present(Hours {
            state: HoursState::Known,
            periods: Some(periods),
            weekday_text: Some(days.map(|day| format!("{day}: 09:30–22:30")).to_vec()),
            timezone: Some("Europe/Lisbon".to_owned()),
            special_days: vec![],
            osm: Some("Mo-Su 09:30-22:30".to_owned()),
        }),
        raw_hours: Field::Present(raw_hours),
        status: Field::Present(BusinessStatus::Operational),
        successor_id: Field::Absent,
    }
}

/// Seconds and bytes of log by what was done; a reload beside its first load.
#[derive(Default)]
struct Table {
    noted: BTreeMap<(bool, String), Vec<(Duration, i64)>>,
}

impl Table {
    fn note(&mut self, what: String, reload: bool, took: Duration, wal: i64) {
        self.noted.entry((reload, what)).or_default().push((took, wal));
    }

    fn print(mut self, rows: usize) {
        let count = f64::from(u32::try_from(rows).unwrap());
        println!(
            "{rows} rows, median of {ROUNDS}\n{:<16}{:<28}{:>10}{:>16}{:>14}",
            "", "", "rows/s", "of COPY's", "WAL bytes/row"
        );
        for times in self.noted.values_mut() {
            times.sort_unstable();
        }
        let rate = |reload: bool, what: &str| {
            let (took, wal) = self.noted[&(reload, what.to_owned())][ROUNDS / 2];
            (count / took.as_secs_f64(), f64::from(u32::try_from(wal).unwrap()) / count)
        };
        for (reload, what) in self.noted.keys() {
            let ((rate, wal), (least, _)) = (rate(*reload, what), rate(*reload, "COPY and one merge"));
            let load = if *reload { "unchanged reload" } else { "first load" };
            println!("{load:<18}{what:<28}{rate:>8.0}{:>15.0}%{wal:>14.0}", 100.0 * rate / least);
        }
    }
}
