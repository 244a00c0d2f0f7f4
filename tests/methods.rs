//! A whole run by each of Google's methods against its double: what is found, what it costs, what the next run has learned, and what an
//! audit makes of a provider that does not tell all.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use double::city::{self, Place};
use double::google::{Double, KEY, Manners};
use sqlx::PgPool;
use support::database::TestDatabase;
use support::job::job;
use support::migrations::to_head;
use tokio_util::sync::CancellationToken;
use venue_sync::coverage::Region;
use venue_sync::model::{Event, MicroUsd, RunStatus, StoppedBy};
use venue_sync::provider::{self, Provider};
use venue_sync::store::{Budget, Database};
use venue_sync::sync::{Job, Knowledge, Outlook, RunReport, plan_methods, sync};
use venue_sync::transport::{Courier, LiveOptions};

const METHODS: [&str; 2] = ["nearby", "text"];

/// A town, its double and a migrated database.
struct Bench {
    database: Database,
    pool: PgPool,
    double: Double,
    google: Box<dyn Provider>,
    method: &'static str,
    types: Vec<String>,
    _guard: TestDatabase,
}

impl Bench {
    async fn new(method: &'static str, manners: Manners) -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 24).await.unwrap();
        to_head(&database).await;
        let google = google(method);
        let types = ["restaurant", "cafe", "bar", "bakery"].map(str::to_owned).to_vec();
        let double = Double::serve_with(city::town(), manners).await;
        Self { database, pool: guard.pool().await, double, google, method, types, _guard: guard }
    }

    fn job(&self) -> Job<'_> {
        Job {
            region: region(),
            types: self.types.clone(),
            method: self.method.to_owned(),
            ..job(self.google.as_ref(), city::BOUNDS)
        }
    }

    fn courier(&self) -> Courier {
        let mut options = LiveOptions::new(self.double.url().parse().unwrap(), "GOOGLE_PLACES_BASE_URL", 10_000.0);
        options.key = Some(KEY.to_owned().into());
        options.key_setting = Some("GOOGLE_PLACES_API_KEY");
        Courier::live(options).unwrap()
    }

    async fn sync(&self, job: &Job<'_>) -> RunReport {
        sync(job, &self.courier(), &self.database, &|_| (), &CancellationToken::new()).await.unwrap()
    }

    async fn ids(&self) -> BTreeSet<String> {
        let ids: Vec<String> =
            sqlx::query_scalar("select provider_id from public.venues").fetch_all(&self.pool).await.unwrap();
        ids.into_iter().collect()
    }

    async fn count(&self, sql: &'static str) -> u64 {
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&self.pool).await.unwrap().unsigned_abs()
    }

    /// Whether every request has its place in an answer that is kept, and none was asked for what was kept before.
    async fn nothing_was_asked_twice(&self) -> bool {
        let kept = self.count("select sum(requests)::bigint from venue_sync.answers").await;
        let twice = "select count(*) from (select from venue_sync.answers group by tile_id, ask having count(*) > 1) t";
        kept == self.double.asked() && self.count(twice).await == 0
    }
}

fn google(method: &str) -> Box<dyn Provider> {
    let usual = provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
    usual.by(method).unwrap_or(usual)
}

fn region() -> Region {
    let [west, south, east, north] = city::BOUNDS;
    Region::from_bbox(west, south, east, north).unwrap()
}

/// What a run has to find: readable, inside the region, and fit to be inserted.
fn findable(town: &[Place]) -> BTreeSet<String> {
    let [west, south, east, north] = city::BOUNDS;
    town.iter()
        .filter(|place| {
            let status = place.row["businessStatus"].as_str().unwrap_or_default();
            (south..=north).contains(&place.lat)
                && (west..=east).contains(&place.lng)
                && place.row.get("location").is_some()
                && place.row.get("displayName").is_some()
                && !["CLOSED_PERMANENTLY", "FUTURE_OPENING"].contains(&status)
        })
        .map(|place| place.id().to_owned())
        .collect()
}

#[tokio::test]
async fn by_each_method_a_run_finds_all_and_the_next_one_pays_less_and_changes_nothing() {
    for method in METHODS {
        let bench = Bench::new(method, Manners::GOOD).await;
        let first = bench.sync(&bench.job()).await;
        assert_eq!(first.summary.status, RunStatus::Complete, "{method}: {:?}", first.reason);
        assert_eq!(bench.ids().await, findable(&city::town()), "{method}: recall is not 1");
        let summary = &first.summary;
        assert_eq!(summary.requests, bench.double.asked(), "{method}");
        assert_eq!(summary.cost.0.unsigned_abs(), bench.double.cost(), "{method}: the account is not the bill");
        assert_eq!(first.judgement.is_some(), method == "text", "only what rests on the provider's word is audited");
        if let Some(judgement) = first.judgement {
            assert!(summary.requests_free > 0, "nothing was counted for nothing");
            assert!((judgement.recall - 1.0).abs() < 1e-9 && judgement.believed, "{judgement:?}");
            assert!(judgement.figures.venues > 40 && judgement.figures.requests == 5, "{judgement:?}");
        }
        assert!(bench.nothing_was_asked_twice().await, "{method}");

        let planned = {
            let region = region();
            let asking = METHODS.map(|method| (method, google(method)));
            let asking: Vec<(&str, &dyn Provider)> =
                asking.iter().map(|(method, provider)| (*method, provider.as_ref())).collect();
            let outlook =
                Outlook { region_name: "town", region: &region, types: &bench.types, asking: &asking, chosen: method };
            let plans = plan_methods(&outlook, &bench.database).await.unwrap();
            plans.into_iter().find(|plan| plan.chosen).unwrap()
        };
        assert_eq!(bench.double.asked(), summary.requests, "{method}: a plan asks nothing");

        let before = bench.double.cost();
        let second = bench.sync(&bench.job()).await.summary;
        assert_eq!((second.venues.inserted, second.venues.updated), (0, 0), "{method}");
        assert_eq!(second.venues.unchanged, summary.venues.inserted, "{method}");
        // Strips that were counted for nothing were hardly paid for twice the first time.
        assert!(second.cost <= summary.cost, "{method}: {} after {}", second.cost, summary.cost);
        assert!(second.requests < summary.requests, "{method}: nothing was learned: {second:?} after {summary:?}");
        assert_eq!(second.cost.0.unsigned_abs(), bench.double.cost() - before, "{method}");
        // The audit is on top of the plan.
        let audit = if method == "text" { 5 } else { 0 };
        let paid = second.requests - second.requests_free - audit;
        let about = planned.paid.least.saturating_sub(2)..=planned.paid.most + 2;
        assert!(about.contains(&paid), "{method}: {paid} paid for, planned {:?}", planned.paid);
    }
}

#[tokio::test]
async fn what_was_learned_can_be_forgotten_and_is_the_same_for_whoever_joins() {
    let bench = Bench::new("nearby", Manners::GOOD).await;
    let first = bench.sync(&bench.job()).await.summary;
    let forgetful = Job { knowledge: Knowledge::Nothing, fresh: true, ..bench.job() };
    let again = bench.sync(&forgetful).await.summary;
    assert_eq!(again.requests, first.requests, "it knew nothing, as the first");
    // Stopped after each answer and taken up again, while its venues' rows are changed under its feet.
    let limited = Job { budget: Budget { requests: Some(6), ..Budget::default() }, ..bench.job() };
    let mut last = bench.sync(&limited).await.summary;
    assert!(bench.count("select count(*) from venue_sync.tiles where known is not null").await > 0);
    sqlx::query("update public.venues set lat = lat + 0.001, categories = '{museum}'")
        .execute(&bench.pool)
        .await
        .unwrap();
    while last.status != RunStatus::Complete {
        last = bench.sync(&limited).await.summary;
    }
    // It goes with the run: positions may not be kept for ever.
    assert_eq!(bench.count("select count(*) from venue_sync.tiles where known is not null").await, 0);
    let undisturbed = Bench::new("nearby", Manners::GOOD).await;
    undisturbed.sync(&undisturbed.job()).await;
    assert_eq!(last.requests, undisturbed.sync(&undisturbed.job()).await.summary.requests);
}

#[tokio::test]
async fn no_budget_is_exceeded_by_workers_that_share_it_with_pages_counts_and_an_audit() {
    let price = MicroUsd(35_000);
    // A question that a limit cuts off loses its pages: with room for more than those of three workers, each round gets on.
    for more in [7, 12] {
        let bench = Bench::new("text", Manners { delay: Duration::from_millis(2), ..Manners::GOOD }).await;
        let mut spent = 0;
        for round in 0.. {
            assert!(round < 60, "the run never ends");
            let limit = MicroUsd(i64::try_from(spent).unwrap()) + price * more;
            let budget = Budget { cost_per_month: Some(limit), ..Budget::default() };
            let job = Job { concurrency: 1, budget, ..bench.job() };
            let reports = futures_util::future::join_all((0..3).map(|_| bench.sync(&job))).await;
            spent = bench.double.cost();
            assert!(spent <= limit.0.unsigned_abs(), "{spent} of {limit}");
            let complete = reports.iter().any(|report| report.summary.status == RunStatus::Complete);
            for report in &reports {
                let by = report.summary.stopped_by;
                assert!(complete || by == Some(StoppedBy::Budget), "{:?} {:?}", report.summary, report.reason);
            }
            if complete {
                break;
            }
            assert_eq!(spent, limit.0.unsigned_abs(), "all of it was used");
        }
        assert_eq!(bench.count("select count(*) from venue_sync.runs").await, 1);
        assert_eq!(bench.ids().await, findable(&city::town()));
        assert_eq!(bench.count("select cost_micro_usd from venue_sync.runs").await, spent);
        assert_eq!(bench.count("select sum(requests)::bigint from venue_sync.billed").await * 35_000, spent);
    }
}

#[tokio::test]
async fn a_months_limits_hold_for_runs_of_both_methods_at_once() {
    let by_text = Bench::new("text", Manners::GOOD).await;
    let (nearby, text) = (google("nearby"), &by_text.google);
    let budget = Budget { cost_per_month: Some(MicroUsd(35_000 * 11)), ..Budget::default() };
    let jobs = [
        Job { provider: nearby.as_ref(), method: "nearby".to_owned(), budget, ..by_text.job() },
        Job { provider: text.as_ref(), budget, ..by_text.job() },
        Job { region_name: "other".to_owned(), provider: text.as_ref(), budget, ..by_text.job() },
    ];
    for _ in 0..2 {
        let reports = futures_util::future::join_all(jobs.iter().map(|job| by_text.sync(job))).await;
        assert!(reports.iter().all(|report| report.summary.stopped_by == Some(StoppedBy::Budget)));
    }
    assert_eq!(by_text.double.cost(), 35_000 * 11, "all of it, and not one more");
    // Counts cost nothing, and are requests.
    let month = by_text.count("select sum(requests)::bigint from venue_sync.quota").await;
    assert_eq!(month, by_text.double.asked());
}

#[tokio::test]
async fn an_audit_that_finds_what_was_not_seen_does_not_believe_the_run() {
    let bench = Bench::new("text", Manners { irrelevant: Some(9), ..Manners::GOOD }).await;
    let report = bench.sync(&bench.job()).await;
    assert_eq!(report.summary.status, RunStatus::Partial, "{:?}", report.judgement);
    let judgement = report.judgement.unwrap();
    assert!(judgement.figures.missed > 0 && judgement.recall < 0.98, "{judgement:?}");
    assert!(report.reason.unwrap().contains("audit_recall"));
    let kept: (String, Option<i32>, Option<i32>) =
        sqlx::query_as("select state, audited, audit_missed from venue_sync.runs")
            .fetch_one(&bench.pool)
            .await
            .unwrap();
    assert_eq!((kept.0.as_str(), kept.2.is_some_and(|missed| missed > 0)), ("abandoned", true));
    // What the audit was shown is kept; the next run begins anew, and knows nothing.
    let shown =
        bench.count("select sum(inserted)::bigint from venue_sync.answers where ask ->> 'purpose' = 'audit'").await;
    assert_eq!(shown, u64::try_from(kept.2.unwrap()).unwrap());
    let next = bench.sync(&Job { audit_recall: 0.5, ..bench.job() }).await;
    assert_ne!(next.summary.run_id, report.summary.run_id);
    assert_eq!(next.summary.status, RunStatus::Complete, "the settings ask for less");
}

#[tokio::test]
async fn an_audit_that_is_interrupted_is_taken_up_where_it_was() {
    let bench = Bench::new("text", Manners::GOOD).await;
    let stop = CancellationToken::new();
    let after_two = std::sync::atomic::AtomicU32::new(0);
    let listen = |event: Event| {
        if matches!(event, Event::AnswerCommitted { tile: -1, .. })
            && after_two.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1
        {
            stop.cancel();
        }
    };
    let report = sync(&bench.job(), &bench.courier(), &bench.database, &listen, &stop).await.unwrap();
    assert_eq!(report.summary.stopped_by, Some(StoppedBy::Signal));
    assert_eq!(report.summary.coverage.complete, report.summary.coverage.tiles, "only the audit is left");
    let audited = "select count(*) from venue_sync.answers where ask ->> 'purpose' = 'audit'";
    assert_eq!(bench.count(audited).await, 2);
    let ended = bench.sync(&bench.job()).await;
    assert_eq!((ended.summary.run_id, ended.summary.status), (report.summary.run_id, RunStatus::Complete));
    assert_eq!(bench.count(audited).await, 5);
    assert!(bench.nothing_was_asked_twice().await);
    assert_eq!(ended.summary.requests, bench.double.asked());
}

/// A process that is killed leaves what it reserved spent, its tiles leased, and nothing else.
#[tokio::test]
async fn a_run_by_text_that_is_killed_again_and_again_asks_nothing_twice_that_was_kept() {
    const KILLS: u64 = 6;
    const PAGES: u64 = 3;
    let bench = Bench::new("text", Manners { delay: Duration::from_millis(3), ..Manners::GOOD }).await;
    let job = bench.job();
    let mut kept_before = Vec::new();
    for kill in 0..KILLS {
        let until = bench.double.asked() + 3 + kill;
        let courier = bench.courier();
        let (listen, stop) = (|_| (), CancellationToken::new());
        tokio::select! {
            ended = sync(&job, &courier, &bench.database, &listen, &stop) => panic!("kill {kill} comes too late: {ended:?}"),
            () = async { while bench.double.asked() < until { tokio::time::sleep(Duration::from_millis(1)).await; } } => {}
        }
        sqlx::query("update venue_sync.workers set alive_until = '-infinity'").execute(&bench.pool).await.unwrap();
        sqlx::query("update venue_sync.tiles set lease_until = '-infinity' where state = 'leased'")
            .execute(&bench.pool)
            .await
            .unwrap();
        kept_before.push(bench.count("select count(*) from venue_sync.answers").await);
    }
    let ended = bench.sync(&job).await;
    assert_eq!(ended.summary.status, RunStatus::Complete, "{:?}", ended.reason);
    assert_eq!(bench.ids().await, findable(&city::town()));
    assert_eq!(bench.count("select count(*) from venue_sync.runs").await, 1);
    assert!(kept_before.is_sorted() && kept_before.last() > Some(&0), "{kept_before:?}");
    let twice = "select count(*) from (select from venue_sync.answers group by tile_id, ask having count(*) > 1) t";
    assert_eq!(bench.count(twice).await, 0);
    let kept = bench.count("select sum(requests)::bigint from venue_sync.answers").await;
    let lost = bench.double.asked() - kept;
    assert!(lost <= KILLS * 4 * PAGES, "{lost} pages were lost");
    assert!(ended.summary.cost.0.unsigned_abs() >= bench.double.cost(), "what was in flight stays on the account");
}

#[tokio::test]
async fn the_stalest_pieces_come_first_and_are_asked_the_same() {
    let bench = Bench::new("nearby", Manners::GOOD).await;
    bench.sync(&Job { concurrency: 1, ..bench.job() }).await;
    // The second piece was done long ago, as if the runs since then had been stopped before it.
    sqlx::query("update venue_sync.tiles set completed_at = completed_at - interval '9 days' where ordinal = 1")
        .execute(&bench.pool)
        .await
        .unwrap();
    let asked = bench.double.questions().len();
    let one = Job { concurrency: 1, ..bench.job() };
    let order = std::sync::Mutex::new(Vec::new());
    let listen = |event: Event| {
        if let Event::TileDone { tile, .. } = event {
            order.lock().unwrap().push(tile);
        }
    };
    sync(&one, &bench.courier(), &bench.database, &listen, &CancellationToken::new()).await.unwrap();
    let order = order.into_inner().unwrap();
    assert_eq!((order.first(), order.get(1)), (Some(&1), Some(&0)), "{order:?}");
    assert!(order.iter().skip(1).is_sorted(), "{order:?}");
    let stalest_first: BTreeSet<String> =
        bench.double.questions().iter().skip(asked).map(ToString::to_string).collect();
    let asked = bench.double.questions().len();
    bench.sync(&one).await;
    let in_order: BTreeSet<String> = bench.double.questions().iter().skip(asked).map(ToString::to_string).collect();
    assert_eq!(stalest_first, in_order, "what is asked does not depend on the order");
}
