//! Processes and servers that are killed in the middle of a run: nothing that was committed is lost or asked again.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::collections::{BTreeMap, HashSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use double::city;
use double::google::{Double, KEY, Manners};
use rustix::process::{Pid, Signal};
use serde_json::Value;
use sqlx::postgres::PgPoolOptions;
use sqlx::types::{Json, Uuid};
use sqlx::{AssertSqlSafe, PgPool};
use support::database::TestDatabase;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use venue_sync::model::Ask;

const CONCURRENCY: u64 = 3;
/// So slow that a kill finds requests in flight, as it would with the provider itself.
const SLOW: Manners = Manners { delay: Duration::from_millis(20), ..Manners::GOOD };

/// A town, its double and what somebody has who runs the command: a folder with settings, and a database.
struct Bench {
    folder: TempDir,
    double: Double,
    url: String,
    pool: PgPool,
    _guard: TestDatabase,
}

impl Bench {
    async fn new(manners: Manners) -> Self {
        let guard = TestDatabase::create().await;
        let double = Double::serve_with(city::town(), manners).await;
        Self { folder: settings(), double, url: guard.url(), pool: guard.pool().await, _guard: guard }
    }

    fn start(&self) -> Child {
        sync(&self.folder, &self.double).args(["--migrate", "--database-url", &self.url]).spawn().unwrap()
    }

    /// A run that nothing disturbs, and its line of JSON.
    async fn run(&self) -> Value {
        summary(&self.start().wait_with_output().await.unwrap())
    }

    async fn rows(&self) -> BTreeMap<String, String> {
        rows(&self.pool).await
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Waits until so many questions were asked, or the process has ended by itself.
    async fn until_asked(&self, many: u64, child: &mut Child) {
        while self.double.asked() < many && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Every question whose answer is committed, as it was put to the provider.
    async fn committed(&self) -> HashSet<String> {
        let google = venue_sync::provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
        if !migrated(&self.pool).await {
            return HashSet::new();
        }
        let asks: Vec<Json<Ask>> =
            sqlx::query_scalar("select ask from venue_sync.answers").fetch_all(&self.pool).await.unwrap();
        asks.into_iter().map(|ask| google.request(&ask.0, "en", None).json.unwrap().to_string()).collect()
    }
}

fn settings() -> TempDir {
    let folder = tempfile::Builder::new().prefix("venues-test-").tempdir_in("/tmp").unwrap();
    // As root the embedded server is another user, who has to get to its data.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let text = format!(
        "[regions.town]\nbbox = {:?}\ntypes = [\"restaurant\", \"cafe\", \"bar\", \"bakery\"]\n\
         [providers.google]\nrequests_per_second = 1000\n",
        city::BOUNDS
    );
    std::fs::write(folder.path().join("venues.toml"), text).unwrap();
    folder
}

/// `venues sync`, with what it says kept.
fn sync(folder: &TempDir, double: &Double) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
    command
        .args(["sync", "--region", "town", "--json", "--concurrency", &CONCURRENCY.to_string()])
        .current_dir(folder.path())
        .env_remove("DATABASE_URL")
        .env("GOOGLE_PLACES_BASE_URL", double.url())
        .env("GOOGLE_PLACES_API_KEY", KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn summary(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The columns that come from the provider, of every venue by its id.
async fn rows(pool: &PgPool) -> BTreeMap<String, String> {
    sqlx::query_as(
        "select provider_id, to_jsonb(v)::jsonb - '{id,last_seen_at,created_at,updated_at}'::text[] #>> '{}'
         from public.venues v",
    )
    .fetch_all(pool)
    .await
    .unwrap()
    .into_iter()
    .collect()
}

async fn migrated(pool: &PgPool) -> bool {
    sqlx::query_scalar("select to_regclass('venue_sync.answers') is not null").fetch_one(pool).await.unwrap()
}

/// Stands for the half a minute after which a dead worker counts as dead, and its tiles are free.
async fn let_the_leases_run_out(pool: &PgPool) {
    if migrated(pool).await {
        sqlx::query("update venue_sync.workers set alive_until = clock_timestamp() - interval '1 s'")
            .execute(pool)
            .await
            .unwrap();
        sqlx::query(
            "update venue_sync.tiles set lease_until = clock_timestamp() - interval '1 s' where state = 'leased'",
        )
        .execute(pool)
        .await
        .unwrap();
    }
}

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// How the process ended, and what it said on stderr; it is given no more time than this.
async fn ends_within(child: Child, limit: Duration) -> (ExitStatus, String) {
    let began = Instant::now();
    let output = tokio::time::timeout(limit * 4, child.wait_with_output()).await.unwrap().unwrap();
    let took = began.elapsed();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(took < limit, "it took {took:?}\n{stderr}");
    (output.status, stderr)
}

#[tokio::test]
async fn a_run_killed_ten_times_ends_as_one_that_never_was() {
    const KILLS: u64 = 10;
    let undisturbed = Bench::new(Manners::GOOD).await;
    undisturbed.run().await;
    let bench = Bench::new(SLOW).await;
    let mut dice = fastrand::Rng::with_seed(0x00C0_FFEE);
    let mut settled = Vec::new();
    for kill in 0..KILLS {
        let mut child = bench.start();
        // Some die while they still look around, most with answers half written.
        if kill % 4 == 1 {
            tokio::time::sleep(Duration::from_millis(dice.u64(0..80))).await;
        } else {
            bench.until_asked(bench.double.asked() + dice.u64(1..=3), &mut child).await;
            tokio::time::sleep(Duration::from_micros(dice.u64(0..30_000))).await;
        }
        assert!(child.try_wait().unwrap().is_none(), "kill {kill} comes too late: the run is over");
        child.kill().await.unwrap();
        settled.push((bench.double.questions().len(), bench.committed().await));
        let_the_leases_run_out(&bench.pool).await;
    }
    let summary = bench.run().await;

    assert_eq!(summary["status"], "complete");
    assert!(bench.rows().await == undisturbed.rows().await, "other rows than those of a run that was not killed");
    let venues = bench.count("select count(*) from public.venues").await;
    assert_eq!(bench.count("select count(distinct venue_id) from public.venue_profiles").await, venues);
    assert_eq!(bench.count("select count(*) from public.venue_profiles").await, venues);
    assert_eq!(summary["profiles_stubbed"], venues, "each stub is counted once, by the process that made it");
    assert_eq!(bench.count("select count(*) from venue_sync.runs").await, 1, "all of them worked on one run");
    let questions: Vec<String> = bench.double.questions().iter().map(Value::to_string).collect();
    for (kill, (asked, committed)) in settled.iter().enumerate() {
        let again = questions[*asked..].iter().find(|question| committed.contains(*question));
        assert_eq!(again, None, "committed before kill {kill} and asked again");
    }
    let (asked, kept) = (bench.double.asked(), bench.committed().await.len() as u64);
    assert!(asked > kept, "no kill hit a request in flight: this test tests nothing");
    assert!(asked <= kept + KILLS * CONCURRENCY, "{asked} asked, {kept} kept");
    let booked = summary["requests"].as_u64().unwrap();
    assert!((asked..=asked + KILLS * CONCURRENCY).contains(&booked), "{asked} asked, {booked} on the account");
    assert_eq!(bench.count("select count(*) from venue_sync.tiles where state <> 'complete'").await, 0);
}

#[tokio::test]
async fn sigterm_ends_a_run_in_good_order_even_if_the_provider_stalls() {
    let bench = Bench::new(Manners { stalls_after: Some(7), ..SLOW }).await;
    let mut child = bench.start();
    bench.until_asked(7 + 1, &mut child).await;
    send(&child, Signal::TERM);
    let (status, stderr) = ends_within(child, Duration::from_secs(5)).await;
    assert_eq!(status.code(), Some(75), "{stderr}");
    assert!(stderr.contains("stopping"), "{stderr}");
    assert_eq!(bench.count("select count(*) from venue_sync.tiles where state = 'leased'").await, 0);
    assert_eq!(bench.count("select count(*) from venue_sync.answers").await, 7);
    let stopped: (Uuid, Option<String>) =
        sqlx::query_as("select id, stopped_by from venue_sync.runs").fetch_one(&bench.pool).await.unwrap();
    assert_eq!(stopped.1.as_deref(), Some("signal"));

    bench.double.mend(Manners::GOOD);
    let summary = bench.run().await;
    assert_eq!(
        (summary["status"].as_str(), summary["run_id"].as_str()),
        (Some("complete"), Some(&*stopped.0.to_string()))
    );
    assert_eq!(summary["requests"], bench.double.asked(), "what was in flight stays on the account, and nothing else");
}

/// Before there is a run, and where there is none: what waits for the database in the middle of something else.
#[tokio::test]
async fn sigterm_ends_whatever_waits_for_a_database_that_does_not_answer() {
    let bench = Bench::new(Manners::GOOD).await;
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let ends_by_a_signal = async |mut command: Command| {
        let child = command.args(["--database-url", &bench.url]).spawn().unwrap();
        while bench.count(waits).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        send(&child, Signal::TERM);
        let (status, stderr) = ends_within(child, Duration::from_secs(5)).await;
        assert_eq!(status.code(), Some(75), "{stderr}");
        // The server does not notice that nobody waits any more until it may go on.
        let gone = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock'";
        while bench.count(gone).await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let migrating = || {
        let mut command = sync(&bench.folder, &bench.double);
        command.arg("--migrate");
        command
    };
    // What a migration is about to make.
    let mut other = bench.pool.begin().await.unwrap();
    sqlx::raw_sql("create schema venue_sync").execute(&mut *other).await.unwrap();
    ends_by_a_signal(migrating()).await;
    other.rollback().await.unwrap();

    bench.run().await;
    let mut other = bench.pool.begin().await.unwrap();
    sqlx::raw_sql("lock table venue_sync._sqlx_migrations in access exclusive mode")
        .execute(&mut *other)
        .await
        .unwrap();
    ends_by_a_signal(migrating()).await;
    for words in [["purge", "--provider", "google"], ["renormalise", "--provider", "google"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
        command.args(words).current_dir(bench.folder.path()).env_remove("DATABASE_URL");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        ends_by_a_signal(command).await;
    }
    other.rollback().await.unwrap();
    assert_eq!(bench.run().await["status"], "complete");
}

#[tokio::test]
async fn a_second_ctrl_c_ends_at_once() {
    let bench = Bench::new(Manners { stalls_after: Some(2), ..SLOW }).await;
    let mut child = bench.start();
    bench.until_asked(2 + 1, &mut child).await;
    send(&child, Signal::INT);
    // Signals of one kind that are not yet taken are one: the second has to come after the first was heard.
    let mut stderr = tokio::io::BufReader::new(child.stderr.take().unwrap());
    let mut heard = String::new();
    while !heard.contains("stopping") {
        heard.clear();
        assert!(tokio::io::AsyncBufReadExt::read_line(&mut stderr, &mut heard).await.unwrap() > 0, "it went silently");
    }
    send(&child, Signal::INT);
    let (status, _) = ends_within(child, Duration::from_secs(1)).await;
    assert_eq!(status.code(), Some(75));
    // What was in flight is lost, and nothing else: what was committed stays, and is not asked again.
    let (asked, committed) = (bench.double.questions().len(), bench.committed().await);
    let_the_leases_run_out(&bench.pool).await;
    bench.double.mend(SLOW);
    assert_eq!(bench.run().await["status"], "complete");
    assert!(committed.is_subset(&bench.committed().await));
    let again = bench.double.questions()[asked..].iter().map(Value::to_string).find(|one| committed.contains(one));
    assert_eq!(again, None, "committed before the second signal and asked again");
    let undisturbed = Bench::new(Manners::GOOD).await;
    undisturbed.run().await;
    assert!(bench.rows().await == undisturbed.rows().await, "other rows than those of a run that was not stopped");
}

#[tokio::test]
async fn two_processes_at_once_share_one_run_and_ask_nothing_twice() {
    let bench = Bench::new(SLOW).await;
    // What two that migrate at once do is another matter, and tried with the migrations.
    let (one, other) = tokio::join!(bench.start().wait_with_output(), bench.start().wait_with_output());
    let (one, other) = (summary(&one.unwrap()), summary(&other.unwrap()));
    assert_eq!((&one["status"], &other["status"]), (&"complete".into(), &"complete".into()));
    assert_eq!(one["run_id"], other["run_id"]);
    assert_eq!(bench.count("select count(*) from venue_sync.runs").await, 1);
    assert_eq!(bench.committed().await.len() as u64, bench.double.asked());
    assert_eq!(one["requests"], bench.double.asked());
}

#[tokio::test]
async fn a_killed_embedded_server_comes_back_with_all_that_was_committed() {
    let bench = Bench::new(SLOW).await;
    let data = bench.folder.path().join("data");
    let on_embedded = || {
        let mut command = sync(&bench.folder, &bench.double);
        command.arg("--embedded").env("VENUES_DATA_DIR", &data);
        command
    };
    let mut child = on_embedded().spawn().unwrap();
    bench.until_asked(6, &mut child).await;
    let server = postmaster(&data);
    rustix::process::kill_process(server, Signal::KILL).unwrap();
    let (status, stderr) = ends_within(child, Duration::from_secs(20)).await;
    assert_eq!(status.code(), Some(69), "{stderr}");
    assert!(stderr.contains("embedded database") && stderr.contains("run the command again"), "{stderr}");

    let before = bench.double.asked();
    let pool = PgPoolOptions::new().connect(&url(&data).await).await.unwrap();
    let_the_leases_run_out(&pool).await;
    let whole = summary(&on_embedded().output().await.unwrap());
    let lost = bench.double.asked() - count(&pool, "select count(*) from venue_sync.answers").await;
    let (runs, kept) = (count(&pool, "select count(*) from venue_sync.runs").await, rows(&pool).await);
    pool.close().await;
    let stop = Command::new(env!("CARGO_BIN_EXE_venues"))
        .args(["db", "stop"])
        .env("VENUES_DATA_DIR", &data)
        .output()
        .await
        .unwrap();
    assert!(stop.status.success(), "{}", String::from_utf8_lossy(&stop.stderr));
    assert_eq!(whole["status"], "complete");
    assert_eq!(runs, 1);
    assert!(before > 0 && lost <= CONCURRENCY, "{lost} answers were lost");
    bench.run().await;
    assert!(kept == bench.rows().await, "other rows than those of a run that was not disturbed");
}

fn postmaster(data: &Path) -> Pid {
    let text = std::fs::read_to_string(data.join("postgres/cluster/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap()
}

async fn url(data: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_venues"))
        .args(["db", "url"])
        .env("VENUES_DATA_DIR", data)
        .output()
        .await
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn count(pool: &PgPool, sql: &str) -> u64 {
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.unwrap();
    count.unsigned_abs()
}
