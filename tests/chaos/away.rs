//! A database that is away in the middle of a run: the same process goes on when it is back, has everything counted once and pays for
//! nothing twice; or it ends with the word that helps.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _};
use tempfile::TempDir;
use venue_sync::store::embedded::{self, Home, Options};

use crate::front::Weather;
use crate::line::Cut;
use crate::support::database;
use crate::worker::{Ended, Worker};
use crate::{Bench, CONCURRENCY, seeds, undisturbed};

const FAST: &str = "requests_per_second = 1000";

/// Half a second for an outage that does not end, and the pool's own ten for one that hangs.
const SOON: &str = "database_patience = \"500ms\"";

/// A server for one test, which it may stop.
struct Server {
    home: Home,
    options: Options,
    url: String,
    _folder: TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("venues-test-").tempdir_in("/tmp").unwrap();
        // Others may pass, because as root the server is not us.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let home = Home { data: folder.path().join("data"), cache: folder.path().join("cache") };
        // What was committed has to be there after a crash.
        let options = Options { settings: Vec::new(), watcher: None, ..database::options() };
        let url = embedded::start(&home, &options, &|_| ()).await.unwrap().url;
        Self { home, options, url, _folder: folder }
    }

    async fn stop(&self) {
        embedded::stop(&self.home).await.unwrap();
    }

    /// All its processes at once, as when the power fails.
    async fn crash(&self) {
        let postmaster = self.home.data.join("postgres/cluster/postmaster.pid");
        let text = std::fs::read_to_string(&postmaster).unwrap();
        let pid = rustix::process::Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, Signal::QUIT).unwrap();
        while rustix::process::test_kill_process(pid).is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn start_again(&self) {
        embedded::start(&self.home, &self.options, &|_| ()).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let home = self.home.clone();
        let stopping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(embedded::stop(&home)).ok();
        });
        stopping.join().ok();
    }
}

impl Bench {
    async fn run_sql(&self, sql: &str) {
        self.pool.execute(AssertSqlSafe(sql)).await.unwrap();
    }

    /// From now on every answer that is committed meets this.
    async fn answers_meet(&self, plpgsql: &str) {
        self.run_sql(&format!(
            "create function public.meet_fault() returns trigger language plpgsql as $$ begin {plpgsql} return new; end $$;
             create trigger fault before insert on venue_sync.answers for each row execute function public.meet_fault()"
        ))
        .await;
    }

    /// Also where the account is out of reach. What was reserved and could not be sent is on it.
    fn has_told_of_its_requests(&self, summary: &Value) {
        let (asked, told) = (self.double.asked(), summary["requests"].as_u64().unwrap());
        assert!((asked..=asked + CONCURRENCY as u64).contains(&told), "{asked} asked, {told} told of");
    }

    /// One process did it all: everything is there, was asked once, and is on every account once.
    async fn is_as_undisturbed(&self, ended: &Ended, expected: &[(String, String)], what: &str) {
        assert_eq!(ended.code, Some(0), "{what}: {}", ended.stderr);
        let summary: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(summary["status"], "complete", "{what}");
        assert!(self.rows().await == expected, "{what}: other rows than by a line that holds");
        let (asked, kept) = (self.double.asked(), self.committed().await.len() as u64);
        assert_eq!(asked, kept, "{what}: an answer in hand was lost, and asked for again");
        assert_eq!(summary["requests"], asked, "{what}: on the run's account");
        assert_eq!(self.count("select requests from venue_sync.quota").await, asked, "{what}: on the day's");
        assert_eq!(self.count("select requests from venue_sync.billed").await, asked, "{what}: on the month's");
        assert_eq!(self.count("select count(*) from venue_sync.answers").await, asked, "{what}: kept twice");
        assert_eq!(self.count("select count(*) from venue_sync.runs").await, 1, "{what}");
        assert_eq!(self.count("select count(*) from venue_sync.workers").await, 0, "{what}: it signed off");
    }
}

/// How a process ended that may not take longer.
async fn ends_within(worker: Worker, limit: Duration) -> Ended {
    let began = Instant::now();
    let ended = tokio::time::timeout(limit * 4, worker.ends()).await.unwrap();
    assert!(began.elapsed() < limit, "it took {:?}\n{}", began.elapsed(), ended.stderr);
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_again_and_again_costs_one_process_nothing() {
    let expected = undisturbed(2).await;
    for seed in seeds() {
        let bench = Bench::new(2, Duration::from_millis(5), Weather::default(), seed, FAST).await;
        let (line, url) = bench.line(seed, Cut::Bytes(400_000)).await;
        let began = Instant::now();
        let ended = bench.desk.start(&url, CONCURRENCY).ends().await;
        bench.is_as_undisturbed(&ended, &expected, &format!("seed {seed}")).await;
        assert!(line.cuts() > 0, "seed {seed}: nothing was cut: this test tests nothing");
        println!("seed {seed}: {} cuts, {} asked, in {:?}", line.cuts(), bench.double.asked(), began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_in_the_middle_of_commits_leaves_nothing_undone_and_nothing_done_twice() {
    let expected = undisturbed(1).await;
    for every in [3, 8] {
        let bench = Bench::new(1, Duration::from_millis(5), Weather::default(), every, FAST).await;
        let (line, url) = bench.line(every, Cut::Commits(every)).await;
        let ended = bench.desk.start(&url, CONCURRENCY).ends().await;
        bench.is_as_undisturbed(&ended, &expected, &format!("every {every}th commit")).await;
        assert!(line.cuts() > bench.double.asked() / every, "every {every}th: {} cuts", line.cuts());
        println!("every {every}th commit: {} cuts, {} asked", line.cuts(), bench.double.asked());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_started_again_in_the_middle_of_a_run_is_waited_for() {
    let expected = undisturbed(2).await;
    let server = Server::start().await;
    let bench = Bench::on(&server.url, 2, Duration::from_millis(20), (Weather::default(), 0, FAST)).await;
    let worker = bench.start();
    bench.until_asked(5).await;
    server.stop().await;
    worker.says("trying again for up to 60s").await;
    server.start_again().await;
    bench.until_asked(5).await;
    server.crash().await;
    server.start_again().await;
    let ended = worker.ends().await;
    bench.is_as_undisturbed(&ended, &expected, "two restarts").await;
    assert!(ended.stderr.contains("the database answers again"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_a_connection_that_is_not_to_be_had_when_it_starts() {
    let bench = Bench::new(1, Duration::ZERO, Weather::default(), 0, FAST).await;
    let role = format!("few_{}", uuid::Uuid::new_v4().simple());
    bench
        .run_sql(&format!(
            "create role {role} login connection limit 0; grant usage on schema public, venue_sync to {role};
             grant select, insert, update, delete on all tables in schema public, venue_sync to {role}"
        ))
        .await;
    let worker = bench.desk.start(&bench.url.replacen("//venues@", &format!("//{role}@"), 1), CONCURRENCY);
    worker.says("no connection to spare").await;
    assert_eq!(bench.double.asked(), 0);
    bench.run_sql(&format!("alter role {role} connection limit 5")).await;
    let ended = worker.ends().await;
    bench.run_sql(&format!("drop owned by {role}; drop role {role}")).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("too many connections for role"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_and_limits_on_time_that_end_a_statement_cost_a_try() {
    let expected = undisturbed(1).await;
    for (state, many) in [("40P01", 12), ("40001", 5), ("55P03", 5), ("57014", 5)] {
        let bench = Bench::new(1, Duration::ZERO, Weather::default(), 0, FAST).await;
        bench.run_sql("create sequence public.met").await;
        let fault = format!(
            "if nextval('public.met') <= {many} then raise exception 'in the way' using errcode = '{state}'; end if;"
        );
        bench.answers_meet(&fault).await;
        let ended = bench.start().ends().await;
        bench.is_as_undisturbed(&ended, &expected, state).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_took_over_is_found_by_a_new_connection() {
    let expected = undisturbed(1).await;
    let bench = Bench::new(1, Duration::from_millis(5), Weather::default(), 0, FAST).await;
    // Whoever is connected is connected to what was the primary.
    bench.run_sql("create table public.fail_over (at timestamptz)").await;
    bench
        .answers_meet(
            "if (select backend_start from pg_stat_activity where pid = pg_backend_pid()) < (select at from public.fail_over) then
                 raise exception 'cannot execute INSERT in a read-only transaction' using errcode = '25006';
             end if;",
        )
        .await;
    let worker = bench.start();
    bench.until_asked(8).await;
    bench.run_sql("insert into public.fail_over values (clock_timestamp())").await;
    let ended = worker.ends().await;
    bench.is_as_undisturbed(&ended, &expected, "a fail-over").await;
    assert!(ended.stderr.contains("takes no writes"), "nothing took over: this test tests nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_pass_ends_the_run_with_what_to_do_and_loses_nothing() {
    let expected = undisturbed(1).await;
    for (state, says, hint) in [
        ("53100", "has run out of room: in the way", "make room on the server's disk"),
        ("53200", "has run out of room: in the way", "make room on the server's disk"),
        ("25006", "takes no writes: in the way", "let DATABASE_URL name the primary"),
        ("40001", "were in the way: in the way", "see who holds the rows"),
        ("42501", "lacks a right: in the way", "grant usage on schema public, venue_sync"),
    ] {
        let bench = Bench::new(1, Duration::ZERO, Weather::default(), 0, FAST).await;
        bench.desk.set(SOON);
        bench.run_sql("create sequence public.met").await;
        let fault = format!(
            "if nextval('public.met') > 6 then raise exception 'in the way' using errcode = '{state}'; end if;"
        );
        bench.answers_meet(&fault).await;
        let ended = ends_within(bench.start(), Duration::from_secs(10)).await;
        let code = if state == "42501" { 2 } else { 69 };
        assert_eq!(ended.code, Some(code), "{state}: {}", ended.stderr);
        assert!(ended.stderr.contains(says) && ended.stderr.contains(hint), "{state}: {}", ended.stderr);
        let summary: Value = serde_json::from_str(&ended.stdout).unwrap();
        let run: String =
            sqlx::query_scalar("select id::text from venue_sync.runs").fetch_one(&bench.pool).await.unwrap();
        assert_eq!((&summary["status"], &summary["run_id"]), (&"failed".into(), &run.into()), "{state}");
        bench.has_told_of_its_requests(&summary);

        bench.run_sql("drop trigger fault on venue_sync.answers").await;
        bench.run_sql("update venue_sync.tiles set lease_until = clock_timestamp() where state = 'leased'").await;
        let (arrivals, committed) = (bench.front.arrivals().len(), bench.committed().await);
        assert_eq!(committed.len(), 6, "{state}: what came before is kept");
        let ended = bench.start().ends().await;
        assert_eq!(ended.code, Some(0), "{state}: {}", ended.stderr);
        assert!(bench.rows().await == expected, "{state}");
        let again = bench.asked_after(arrivals).into_iter().find(|question| committed.contains(question));
        assert_eq!(again, None, "{state}: committed and asked again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_come_back_ends_the_run_when_the_patience_does() {
    let server = Server::start().await;
    let bench = Bench::on(&server.url, 1, Duration::from_millis(20), (Weather::default(), 0, FAST)).await;
    bench.desk.set(SOON);
    let worker = bench.start();
    bench.until_asked(5).await;
    server.stop().await;
    let ended = ends_within(worker, Duration::from_secs(20)).await;
    assert_eq!(ended.code, Some(69), "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot reach the database at"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_nobody_can_be_asked_about_ends_the_run_and_is_there_for_the_next() {
    let expected = undisturbed(1).await;
    let bench = Bench::new(1, Duration::from_millis(5), Weather::default(), 0, FAST).await;
    bench.desk.set(SOON);
    let (_line, url) = bench.line(0, Cut::Answer).await;
    let ended = ends_within(bench.desk.start(&url, 1), Duration::from_secs(30)).await;
    assert_eq!(ended.code, Some(69), "{}", ended.stderr);
    assert!(ended.stderr.contains("was cut during a commit, and whether that took is not known"), "{}", ended.stderr);
    assert_eq!(bench.double.asked(), bench.committed().await.len() as u64, "it took");
    bench.run_sql("update venue_sync.tiles set lease_until = clock_timestamp() where state = 'leased'").await;
    let ended = bench.start().ends().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(bench.rows().await == expected);
    assert_eq!(bench.double.asked(), bench.committed().await.len() as u64, "nothing was asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_a_run_in_good_order_while_its_database_is_away() {
    let server = Server::start().await;
    let bench = Bench::on(&server.url, 2, Duration::from_millis(20), (Weather::default(), 0, FAST)).await;
    let worker = bench.start();
    bench.until_asked(5).await;
    server.stop().await;
    worker.says("trying again for up to").await;
    worker.signal(Signal::TERM);
    let ended = ends_within(worker, Duration::from_secs(5)).await;
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    assert!(ended.stderr.contains("run the same command again"), "{}", ended.stderr);
    let summary: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&summary["status"], &summary["stopped_by"]), (&"interrupted".into(), &"signal".into()));
    bench.has_told_of_its_requests(&summary);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_a_run_in_good_order_while_its_database_says_nothing() {
    let bench = Bench::new(2, Duration::from_millis(20), Weather::default(), 0, FAST).await;
    let (line, url) = bench.line(0, Cut::Never).await;
    let worker = bench.desk.start(&url, CONCURRENCY);
    bench.until_asked(5).await;
    line.falls_silent();
    worker.signal(Signal::TERM);
    let ended = ends_within(worker, Duration::from_secs(5)).await;
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
}
