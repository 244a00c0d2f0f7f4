//! Many workers, killed and stopped at random, a provider on its bad day, and a database whose line is cut: what comes of it is what one
//! undisturbed worker writes, nothing that was committed is asked again, and neither the rate nor the budget is exceeded.
//!
//! `VENUES_CHAOS_SEEDS` sets how many seeds are tried, `VENUES_CHAOS_KILLS` how many workers are killed in each.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod away;
#[path = "../double/mod.rs"]
mod double;
mod front;
mod line;
#[path = "../support/mod.rs"]
mod support;
mod worker;

use std::collections::HashSet;
use std::time::Duration;

use double::city::{self, Place};
use double::google::{Double, Manners};
use front::{Front, Weather};
use line::{Cut, Line};
use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgPool};
use support::database::TestDatabase;
use venue_sync::model::Ask;
use worker::{Desk, Worker};

const WORKERS: usize = 8;
const CONCURRENCY: usize = 3;

/// Requests per second of a fleet in the tests that look at the rate.
const RATE: u32 = 60;

fn asked_for(name: &str, usual: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how long to go on is whoever runs it to say")]
    let given = std::env::var(name);
    given.ok().and_then(|many| many.parse().ok()).unwrap_or(usual)
}

fn seeds() -> std::ops::Range<u64> {
    0..asked_for("VENUES_CHAOS_SEEDS", 1)
}

/// The invented town, side by side so many times: enough work for many workers.
fn city(towns: u32) -> (Vec<Place>, [f64; 4]) {
    let [west, south, east, north] = city::BOUNDS;
    let wide = (east - west) * 1.05;
    let mut places = Vec::new();
    for town in 0..towns {
        for mut place in city::town() {
            place.lng += f64::from(town) * wide;
            let id = format!("{}-{town}", place.id());
            place.row["id"] = id.into();
            if place.row.get("location").is_some() {
                place.row["location"] = json!({ "latitude": place.lat, "longitude": place.lng });
            }
            places.push(place);
        }
    }
    (places, [west, south, east + f64::from(towns - 1) * wide, north])
}

/// A city behind its double and a front, and a database.
struct Bench {
    double: Double,
    front: Front,
    desk: Desk,
    url: String,
    pool: PgPool,
    /// Gone with the bench; none where the server is.
    guard: Option<TestDatabase>,
}

impl Bench {
    async fn new(towns: u32, delay: Duration, weather: Weather, seed: u64, settings: &str) -> Self {
        let guard = TestDatabase::create().await;
        let bench = Self::on(&guard.url(), towns, delay, (weather, seed, settings)).await;
        Self { guard: Some(guard), ..bench }
    }

    async fn on(url: &str, towns: u32, delay: Duration, (weather, seed, settings): (Weather, u64, &str)) -> Self {
        let (places, bounds) = city(towns);
        let double = Double::serve_with(places, Manners { delay, ..Manners::GOOD }).await;
        let front = Front::before(&double.url(), weather, seed).await;
        let desk = Desk::new(bounds, settings, front.url());
        desk.migrate(url);
        let pool = PgPoolOptions::new().max_connections(8).connect(url).await.unwrap();
        Self { double, front, desk, url: url.to_owned(), pool, guard: None }
    }

    fn start(&self) -> Worker {
        self.desk.start(&self.url, CONCURRENCY)
    }

    /// A line to the bench's database, and the address at its other end.
    async fn line(&self, seed: u64, cut: Cut) -> (Line, String) {
        let guard = self.guard.as_ref().unwrap();
        let line = Line::to(guard.socket(), seed, cut).await;
        let url = guard.url_by_port(line.port());
        (line, url)
    }

    /// The columns that come from the provider, of every venue by its id.
    async fn rows(&self) -> Vec<(String, String)> {
        sqlx::query_as(
            "select provider_id, to_jsonb(v)::jsonb - '{id,last_seen_at,created_at,updated_at}'::text[] #>> '{}'
             from public.venues v order by provider_id",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }

    /// The provider has only every so many of its venues left, and some hours have passed since whatever was done before.
    async fn shrinks_to_one_in(self, towns: u32, many: usize, weather: Weather, seed: u64) -> Self {
        let (places, bounds) = city(towns);
        let places = if many == 1 { places } else { places.into_iter().step_by(many).collect() };
        // Slow enough that workers are killed with a question under way.
        let delay = Duration::from_millis(400);
        let double = Double::serve_with(places, Manners { delay, ..Manners::GOOD }).await;
        let front = Front::before(&double.url(), weather, seed).await;
        let desk = Desk::new(bounds, "requests_per_second = 200", front.url());
        for sql in [
            "update venue_sync.runs set begun_at = begun_at - interval '5 h', ended_at = ended_at - interval '5 h'",
            "update public.venues set last_seen_at = last_seen_at - interval '5 h'",
        ] {
            sqlx::query(sql).execute(&self.pool).await.unwrap();
        }
        Self { double, front, desk, ..self }
    }

    async fn count(&self, sql: &str) -> u64 {
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.pool).await.unwrap();
        count.unsigned_abs()
    }

    /// Every question whose answer is committed, as it was put to the provider.
    async fn committed(&self) -> HashSet<String> {
        let google = venue_sync::provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
        let asks: Vec<Json<Ask>> =
            sqlx::query_scalar("select ask from venue_sync.answers").fetch_all(&self.pool).await.unwrap();
        asks.into_iter().map(|ask| google.request(&ask.0, "en", None).json.unwrap().to_string()).collect()
    }

    /// Stands for the half a minute after which a dead worker counts as dead, and its tiles are free.
    async fn bury(&self, worker: Option<String>) {
        let Some(worker) = worker else { return };
        for sql in [
            "update venue_sync.workers set alive_until = clock_timestamp() - interval '1 s' where id = $1::uuid",
            "update venue_sync.tiles set lease_until = clock_timestamp() - interval '1 s'
             where state = 'leased' and lease_owner = $1::uuid",
        ] {
            sqlx::query(sql).bind(&worker).execute(&self.pool).await.unwrap();
        }
    }

    /// Waits until so many questions more were asked.
    async fn until_asked(&self, more: u64) {
        let until = self.double.asked() + more;
        let asking = async {
            while self.double.asked() < until {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(2), asking).await.expect("workers that go on asking");
    }

    /// How many questions have arrived, and those whose answers were committed before: what is asked and committed in between is none of
    /// either.
    async fn moment(&self) -> (usize, HashSet<String>) {
        let committed = self.committed().await;
        (self.front.arrivals().len(), committed)
    }

    /// What was committed at a moment, and asked after it.
    fn asked_again(&self, (arrivals, committed): &(usize, HashSet<String>)) -> Vec<String> {
        self.asked_after(*arrivals).into_iter().filter(|question| committed.contains(question)).collect()
    }

    fn asked_after(&self, arrivals: usize) -> Vec<String> {
        self.front.arrivals()[arrivals..].iter().map(|arrival| arrival.body.to_string()).collect()
    }
}

/// What one undisturbed worker writes of so many towns.
async fn undisturbed(towns: u32) -> Vec<(String, String)> {
    let bench = Bench::new(towns, Duration::ZERO, Weather::default(), 0, "requests_per_second = 1000").await;
    let ended = bench.start().ends().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    bench.rows().await
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_workers_killed_and_stopped_at_random_write_what_one_undisturbed_worker_does() {
    const USUAL: u64 = 24;
    let kills = asked_for("VENUES_CHAOS_KILLS", USUAL);
    // For more than the usual kills, so much work that all of them happen before it is done. The usual run is short, and on a busy machine
    // over after some of them.
    let (towns, least) =
        if kills > USUAL { (u32::try_from(kills / 2).unwrap(), kills) } else { (9, (kills / 4).max(1)) };
    let expected = undisturbed(towns).await;
    for seed in seeds() {
        let settings = format!("requests_per_second = {RATE}");
        let bench = Bench::new(towns, Duration::from_millis(40), Weather::default(), seed, &settings).await;
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut workers: Vec<Worker> = (0..WORKERS).map(|_| bench.start()).collect();
        let mut moments = Vec::new();
        let (mut killed, mut stopped) = (0, 0);
        let open = "select count(*) from venue_sync.runs where state = 'complete'";
        while killed < kills && bench.count(open).await == 0 {
            tokio::time::sleep(Duration::from_millis(dice.u64(10..250))).await;
            let victim = dice.usize(0..WORKERS);
            if dice.u32(0..4) == 0 {
                // Asleep for a while, and now and then so long that its tile is another's when it wakes.
                workers[victim].signal(Signal::STOP);
                if dice.bool() {
                    bench.bury(workers[victim].id()).await;
                }
                tokio::time::sleep(Duration::from_millis(dice.u64(50..400))).await;
                // One may have been stopped with its turn in hand, on the way to the socket.
                moments.push((1, bench.moment().await));
                workers[victim].signal(Signal::CONT);
                stopped += 1;
                continue;
            }
            workers[victim].kill().await;
            moments.push((0, bench.moment().await));
            bench.bury(workers[victim].id()).await;
            workers[victim] = bench.start();
            killed += 1;
        }
        for worker in workers {
            // The server ends the transaction of one that was stopped in the middle of it: it then finds its line cut, and goes on.
            let ended = worker.ends().await;
            assert_eq!(ended.code, Some(0), "seed {seed}: {}", ended.stderr);
        }
        let closing = bench.start().ends().await;
        assert_eq!(closing.code, Some(0), "seed {seed}: {}", closing.stderr);
        assert!(bench.rows().await == expected, "seed {seed}: other rows than those of one undisturbed worker");
        assert_eq!(bench.count("select count(*) from venue_sync.runs").await, 1, "all of them worked on one run");
        for (number, (allowed, moment)) in moments.iter().enumerate() {
            let again = bench.asked_again(moment);
            assert!(
                again.len() <= *allowed,
                "seed {seed}: committed before moment {number} and asked again: {again:?}"
            );
        }
        assert!(killed >= least, "seed {seed}: {killed} of {kills} killed: this tests little");
        let asked = bench.front.arrivals().len();
        let kept = bench.committed().await.len();
        let lost = asked - kept;
        assert!(lost <= moments.len() * CONCURRENCY, "seed {seed}: {asked} asked, {kept} kept");
        let most = bench.front.most_in_a_second();
        assert!(most <= RATE as usize, "seed {seed}: {most} in a second, {RATE} allowed");
        println!(
            "seed {seed}: {killed} killed, {stopped} stopped; {asked} asked, {kept} kept; at most {most} in a second"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_slept_while_its_requests_waited_for_their_turn_does_not_send_what_another_was_answered() {
    let bench = Bench::new(3, Duration::ZERO, Weather::default(), 0, "requests_per_second = 4").await;
    let late = bench.start();
    bench.until_asked(2).await;
    // A turn comes every 260 ms: two of its three tiles have a request reserved and wait.
    late.signal(Signal::STOP);
    bench.bury(late.id()).await;
    let next = bench.start();
    bench.until_asked(6).await;
    let moment = bench.moment().await;
    late.signal(Signal::CONT);
    bench.until_asked(6).await;
    assert_eq!(bench.asked_again(&moment), Vec::<String>::new(), "answered to another, and asked again");
    late.signal(Signal::TERM);
    next.signal(Signal::TERM);
    let (late, next) = (late.ends().await, next.ends().await);
    assert_eq!((late.code, next.code), (Some(75), Some(75)), "{}{}", late.stderr, next.stderr);
    let refused = "nothing more is asked for it here";
    assert!(late.stderr.contains(refused), "it lost nothing: this test tests nothing\n{}", late.stderr);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "VENUES_FAKETIME names the library that bends clocks; CI has it"]
async fn workers_whose_clocks_are_hours_apart_share_one_run_one_rate_and_its_tiles() {
    const CLOCKS: [&str; 4] = ["+0", "-7m", "+5h", "+400d"];
    #[expect(clippy::disallowed_methods, reason = "where the library lies is whoever runs it to say")]
    let faketime = std::env::var("VENUES_FAKETIME").unwrap();
    let towns = 4;
    let expected = undisturbed(towns).await;
    let settings = format!("requests_per_second = {RATE}");
    let bench = Bench::new(towns, Duration::from_millis(40), Weather::default(), 0, &settings).await;
    let url = bench.url.clone();
    let workers = CLOCKS.map(|clock| bench.desk.start_at(&url, CONCURRENCY, clock, &faketime));
    let (mut years, mut at_work) = (HashSet::new(), 0);
    for worker in workers {
        let ended = worker.ends().await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        at_work += usize::from(ended.stderr.contains(r#""tile":"#));
        years.extend(
            ended.stderr.lines().filter_map(|line| line.split_once(r#""timestamp":""#)?.1.get(..4).map(str::to_owned)),
        );
    }
    assert!(years.len() > 1, "every clock told the same year: this test tests nothing");
    assert!(bench.rows().await == expected, "other rows than those of one undisturbed worker");
    assert_eq!(bench.count("select count(*) from venue_sync.runs").await, 1, "all of them worked on one run");
    assert!(at_work > 1, "one of them did it all: this test tests nothing");
    let (asked, kept) = (bench.front.arrivals().len(), bench.committed().await.len());
    assert_eq!(asked, kept, "a tile was taken from a worker that was at work on it");
    let most = bench.front.most_in_a_second();
    assert!(most <= RATE as usize, "{most} in a second, {RATE} allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_worker_of_a_fleet_exceeds_the_budget_of_all_even_if_some_are_killed() {
    const BUDGET: usize = 60;
    for seed in seeds() {
        let settings = format!("requests_per_second = 200\nmax_requests_per_month = {BUDGET}");
        let bench = Bench::new(3, Duration::from_millis(20), Weather::default(), seed, &settings).await;
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut workers: Vec<Worker> = (0..WORKERS).map(|_| bench.start()).collect();
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(dice.u64(50..150))).await;
            let victim = dice.usize(0..WORKERS);
            workers[victim].kill().await;
            bench.bury(workers[victim].id()).await;
            workers[victim] = bench.start();
        }
        for worker in workers {
            let ended = worker.ends().await;
            assert_eq!(ended.code, Some(75), "seed {seed}: {}", ended.stderr);
            let summary: Value = serde_json::from_str(&ended.stdout).unwrap();
            assert_eq!(summary["stopped_by"], "budget", "seed {seed}: {}", ended.stdout);
        }
        let asked = bench.front.arrivals().len();
        assert!(asked <= BUDGET, "seed {seed}: {asked} sent, {BUDGET} allowed");
        assert!(asked + 3 * CONCURRENCY >= BUDGET, "seed {seed}: only {asked} sent of {BUDGET}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_on_its_bad_day_costs_attempts_and_no_venue() {
    let expected = undisturbed(2).await;
    let weather = Weather {
        throttled: 20,
        unavailable: 20,
        reset: 20,
        truncated: 20,
        stalled: 10,
        html: 20,
        repeated: 30,
        reordered: 30,
        elsewhere: 30,
    };
    for seed in seeds() {
        let bench = Bench::new(2, Duration::ZERO, weather, seed, "requests_per_second = 1000").await;
        let mut starts = 0;
        let ended = loop {
            let ended = bench.start().ends().await;
            starts += 1;
            if ended.code == Some(0) {
                break ended;
            }
            assert!([Some(69), Some(75)].contains(&ended.code), "seed {seed}: {}", ended.stderr);
            assert!(starts < 20, "seed {seed}: it comes to no end\n{}", ended.stderr);
        };
        let summary: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(summary["status"], "complete", "seed {seed}");
        assert!(bench.rows().await == expected, "seed {seed}: other rows than on a good day");
        let asked = bench.front.arrivals();
        let unanswered = asked.iter().filter(|arrival| !arrival.answered).count();
        assert!(unanswered > 0, "seed {seed}: nothing went wrong: this test tests nothing");
        println!("seed {seed}: {} asked, {unanswered} of them in vain, {starts} starts", asked.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_shrinks_to_a_twentieth_changes_nothing_however_many_workers_it_fools() {
    const TOWNS: u32 = 3;
    let settings = "requests_per_second = 200";
    for seed in seeds() {
        let bench = Bench::new(TOWNS, Duration::ZERO, Weather::default(), seed, settings).await;
        assert_eq!(bench.start().ends().await.code, Some(0));
        let weather = Weather { throttled: 20, reset: 20, repeated: 30, reordered: 30, ..Weather::default() };
        let bench = bench.shrinks_to_one_in(TOWNS, 20, weather, seed).await;
        let everything = "select md5(string_agg(to_jsonb(v) #>> '{}', '' order by provider_id)) from public.venues v";
        let before: String = sqlx::query_scalar(everything).fetch_one(&bench.pool).await.unwrap();
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut workers: Vec<Worker> = (0..WORKERS).map(|_| bench.start()).collect();
        while bench.front.arrivals().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(dice.u64(10..150))).await;
            let victim = dice.usize(0..WORKERS);
            workers[victim].kill().await;
            bench.bury(workers[victim].id()).await;
            workers[victim] = bench.start();
        }
        for worker in workers {
            let ended = worker.ends().await;
            // Tiles that failed on the way are left to whoever comes next.
            assert!([Some(65), Some(75)].contains(&ended.code), "seed {seed}: {:?} {}", ended.code, ended.stderr);
        }
        let mut starts = 0;
        let refused = loop {
            let ended = bench.start().ends().await;
            starts += 1;
            assert!(starts < 10, "seed {seed}: it comes to no end\n{}", ended.stderr);
            if ended.code == Some(65) {
                break ended;
            }
            assert_eq!(ended.code, Some(75), "seed {seed}: {}", ended.stderr);
        };
        let summary: Value = serde_json::from_str(&refused.stdout).unwrap();
        assert_eq!((&summary["status"], &summary["stopped_by"]), (&json!("refused"), &json!("guard")), "seed {seed}");
        assert_eq!(
            bench.count("select count(*) from venue_sync.runs").await,
            2,
            "seed {seed}: one run, and paid for once"
        );
        let after: String = sqlx::query_scalar(everything).fetch_one(&bench.pool).await.unwrap();
        assert!(after == before, "seed {seed}: something of it was let in");
        let missing = "select count(*) from venue_sync.venue_states where missing_since is not null";
        assert_eq!(bench.count(missing).await, 0, "seed {seed}");
        let waiting = bench.count("select count(*) from venue_sync.staged").await;
        println!(
            "seed {seed}: {} asked, {waiting} venues kept apart, {starts} more starts",
            bench.front.arrivals().len()
        );

        let bench = bench.shrinks_to_one_in(TOWNS, 1, Weather::default(), seed).await;
        let well = bench.start().ends().await;
        assert_eq!(well.code, Some(0), "seed {seed}: {}", well.stderr);
        assert_eq!(bench.count("select count(*) from venue_sync.staged").await, 0, "seed {seed}");
    }
}
