//! `venues report` and `venues sync --metrics-file`: what is told of runs after they are over.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod double;
mod support;

use std::os::unix::fs::PermissionsExt as _;

use double::city;
use double::google::{Double, KEY};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _};
use support::database::TestDatabase;
use support::desk::{Desk, Said, assert_all};

const HOSTILE: &str = "</script><script>alert(1)</script>";
const METRICS: &str = "venues.prom";

/// A town at Google's double, and a database that the runs land in.
struct Bench {
    desk: Desk,
    database: TestDatabase,
    _double: Double,
}

impl Bench {
    async fn new() -> Self {
        let double = Double::serve(city::town()).await;
        let [west, south, east, north] = city::BOUNDS;
        let settings = format!(
            "metrics_file = \"{METRICS}\"\n[regions.town]\nbbox = [{west}, {south}, {east}, {north}]\ntypes = [\"cafe\", \"bar\"]\n\
             [providers.google]\nrequests_per_second = 1000\nattempts = 1\n"
        );
        let database = TestDatabase::create().await;
        let desk = Desk::new()
            .with_file("venues.toml", settings)
            .with("DATABASE_URL", &database.url())
            .with("GOOGLE_PLACES_BASE_URL", &double.url());
        Self { desk, database, _double: double }
    }

    /// In a thread of its own: the double answers in ours.
    async fn run(&self, words: &[&str], key: &str) -> Said {
        let mut command = self.desk.command(words);
        command.env("GOOGLE_PLACES_API_KEY", key);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    async fn sync(&self, more: &[&str]) -> Value {
        let words: Vec<&str> =
            ["sync", "--region", "town", "--migrate", "--json"].iter().chain(more).copied().collect();
        let said = self.run(&words, KEY).await;
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        serde_json::from_str(&said.stdout).unwrap()
    }

    async fn report(&self, words: &[&str]) -> String {
        let words: Vec<&str> = std::iter::once(&"report").chain(words).copied().collect();
        let said = self.run(&words, KEY).await;
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        said.stdout
    }

    async fn told(&self, run: &str) -> Value {
        serde_json::from_str(&self.report(&[run, "--json"]).await).unwrap()
    }

    async fn execute(&self, sql: &str) {
        self.database.connect().await.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    }

    fn metrics(&self) -> String {
        std::fs::read_to_string(self.desk.folder.path().join(METRICS)).unwrap()
    }

    /// The value of a series of the one region.
    fn metric(&self, name: &str, labels: &str) -> Option<String> {
        let start = format!("{name}{{region=\"town\",provider=\"google\"{labels}}} ");
        self.metrics().lines().find_map(|line| line.strip_prefix(&start).map(str::to_owned))
    }
}

#[tokio::test]
async fn a_run_is_told_by_what_it_changed_and_what_it_did_not_see() {
    let bench = Bench::new().await;
    let first = bench.sync(&[]).await;
    let told = bench.told("latest").await;
    assert_eq!(told["run"]["run_id"], first["run_id"]);
    assert_eq!((&told["run"]["state"], &told["stored"]["new"]), (&"complete".into(), &first["venues"]["inserted"]));
    assert_eq!(told["run"]["filled"]["venues"], told["stored"]["filled"]["venues"]);
    assert_eq!(told["run"]["filled"]["rating"], told["stored"]["filled"]["rating"]);
    assert_eq!(told["run"]["requests"], first["requests"]);
    let sum = |member: &str| -> u64 {
        told["run"]["pace"].as_array().unwrap().iter().map(|step| step[member].as_u64().unwrap()).sum()
    };
    assert_eq!(
        (sum("requests"), sum("received")),
        (first["requests"].as_u64().unwrap(), first["venues"]["received"].as_u64().unwrap())
    );

    // Three venues are another now, and one is there that the provider does not know.
    bench
        .execute(
            "update public.venues set created_at = '2026-01-01', updated_at = '2026-01-01';
             update public.venues set rating = 0.5, address = 'elsewhere'
             where id in (select id from public.venues where rating is not null order by id limit 3)",
        )
        .await;
    bench
        .execute(&format!(
            "insert into public.venues (id, provider_id, provider_name, name, categories, lat, lng, last_seen_at, created_at, updated_at)
             select gen_random_uuid(), 'gone-' || c, 'google', '{HOSTILE}', array[c], avg(lat), avg(lng), '2026-01-01', '2026-01-01', '2026-01-01'
             from public.venues, unnest('{{cafe,bank}}'::text[]) c group by c"
        ))
        .await;
    let second = bench.sync(&[]).await;
    assert_eq!(second["venues"]["updated"], 3);
    let told = bench.told("latest").await;
    let stored = &told["stored"];
    assert_eq!((&stored["new"], &stored["updated"], &stored["missing"]), (&0.into(), &3.into(), &1.into()));
    assert_eq!(stored["not_seen"][0]["name"], HOSTILE);
    let changes = &told["run"]["changes"];
    assert_eq!(
        (&changes["venues"], &changes["fields"]),
        (&3.into(), &serde_json::json!([["address", 3], ["rating", 3]]))
    );
    assert_eq!(changes["shown"][0]["fields"]["rating"][0], 0.5, "before");
    assert_ne!(changes["shown"][0]["fields"]["rating"][1], 0.5, "after");
    assert_eq!(told["run"]["earlier"][0]["run_id"], first["run_id"]);

    // The first is told as far as it can still be, by its id; what changed is on record until the next complete run.
    let told = bench.told(first["run_id"].as_str().unwrap()).await;
    assert_eq!((&told["run"]["superseded"], &told["stored"]["updated"]), (&true.into(), &0.into()));
    bench.sync(&[]).await;
    let told = bench.told(second["run_id"].as_str().unwrap()).await;
    assert_eq!(told["run"]["changes"]["venues"], 0);
}

#[tokio::test]
async fn the_page_holds_every_venue_and_no_markup_of_theirs() {
    let bench = Bench::new().await;
    let run = bench.sync(&[]).await;
    bench
        .execute(&format!(
            "update public.venues set name = '{HOSTILE}' where id = (select min(id::text)::uuid from public.venues);
             update venue_sync.tiles set capped =
                 '[{{\"position\": {{\"lat\": 36.5, \"lng\": -30.01}}, \"radius_m\": 3, \"seen\": 20, \"words\": [\"<b>bar\"]}}]'
             where ordinal = 0"
        ))
        .await;
    let said = bench.report(&["latest", "--region", "town", "--html", "town.html"]).await;
    assert!(said.contains(" venues in town.html"), "{said}");
    let page = std::fs::read_to_string(bench.desk.folder.path().join("town.html")).unwrap();
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (2, 2), "the data and the program");
    assert!(!page.contains("<script>alert") && !page.contains("<b>bar"));
    assert_all(
        &page,
        &[
            "default-src 'none'",
            "Data: Google Maps",
            "but for 1 spot that overflows",
            "&#60;b&#62;bar",
            run["run_id"].as_str().unwrap(),
        ],
    );
    let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let map: Value = serde_json::from_str(data).unwrap();
    let names = map["venues"]["name"].as_array().unwrap();
    assert_eq!(names.len(), usize::try_from(run["venues"]["inserted"].as_u64().unwrap()).unwrap());
    assert!(names.iter().any(|name| name == HOSTILE));
    assert_eq!(
        map["tiles"].as_array().unwrap().len(),
        usize::try_from(run["coverage"]["tiles"].as_u64().unwrap()).unwrap()
    );
    let asked = map["circles"].as_array().unwrap().len() + map["boxes"].as_array().unwrap().len();
    assert!(asked > 3 && map["rings"][0].as_array().unwrap().len() == 8, "{asked} questions");
    assert_eq!(map["capped"][0]["words"][0], "<b>bar");
    // Another's nonce opens nothing: each page has its own.
    let page = bench.report(&["latest", "--html", "-"]).await;
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"), "{page}");
    assert!(!bench.desk.folder.path().join("-").exists());
    bench.report(&["latest", "--html", "again.html"]).await;
    let again = std::fs::read_to_string(bench.desk.folder.path().join("again.html")).unwrap();
    let nonce = |page: &str| page.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    assert_ne!(nonce(&page), nonce(&again));
}

#[tokio::test]
async fn a_run_that_is_not_there_is_told_with_those_that_are() {
    let bench = Bench::new().await;
    let none = bench.run(&["migrate", "up", "--yes"], KEY).await;
    assert_eq!(none.code, Some(0), "{}", none.stderr);
    let none = bench.run(&["report", "latest"], KEY).await;
    assert_eq!(none.code, Some(2));
    assert_all(&none.stderr, &["there is no run in this database", "none of any region yet"]);
    bench.sync(&[]).await;
    let other = bench.run(&["report", "latest", "--region", "twon"], KEY).await;
    assert_eq!(other.code, Some(2));
    assert_all(&other.stderr, &["no run of region `twon`", "town"]);
    let gone = bench.run(&["report", "01980000-0000-7000-8000-000000000001"], KEY).await;
    assert_all(&gone.stderr, &["no run whose id begins with 01980000-0000-7000-8000-000000000001", "venues runs"]);
    assert_eq!(bench.run(&["report", "last"], KEY).await.code, Some(2));
}

#[tokio::test]
async fn a_failed_run_keeps_the_time_of_the_last_good_one() {
    let bench = Bench::new().await;
    let success = "venues_sync_last_success_timestamp_seconds";
    let status = |bench: &Bench, status: &str| {
        bench.metric("venues_sync_last_run_status", &format!(",status=\"{status}\"")).unwrap()
    };
    // Before anything is there: the database refuses the run its tables.
    let said = bench.run(&["sync", "--region", "town"], KEY).await;
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    assert_eq!((status(&bench, "failed").as_str(), bench.metric(success, "")), ("1", None));

    let good = bench.sync(&[]).await;
    let at = bench.metric(success, "").unwrap();
    assert_eq!((status(&bench, "complete").as_str(), status(&bench, "failed").as_str()), ("1", "0"));
    let inserted = bench.metric("venues_sync_last_run_rows", ",outcome=\"inserted\"").unwrap();
    assert_eq!(inserted, good["venues"]["inserted"].to_string());
    let mode = std::fs::metadata(bench.desk.folder.path().join(METRICS)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "node_exporter is another user");

    // A refused key, on a machine that has no file yet: the database knows.
    std::fs::remove_file(bench.desk.folder.path().join(METRICS)).unwrap();
    let said = bench.run(&["sync", "--region", "town"], "AIzaNobodysKeyAtAll").await;
    assert_eq!(said.code, Some(77), "{}", said.stderr);
    assert_eq!(status(&bench, "failed"), "1");
    let known: f64 = bench.metric(success, "").unwrap().parse().unwrap();
    assert!((known - at.parse::<f64>().unwrap()).abs() < 60.0, "{known} is not {at}");
    let told = bench.told("latest").await;
    assert_eq!(told["run"]["state"], "open");
    let (cause, many) = (&told["run"]["failed_attempts"][0][0], &told["run"]["failed_attempts"][0][1]);
    assert!(cause.as_str().unwrap().starts_with("status 40") && many.as_u64() >= Some(1), "{cause}: {many}");
    assert!(!bench.metrics().contains("AIza"), "no key in it");

    // A dry run is none.
    let before = bench.metrics();
    let said = bench.run(&["sync", "--region", "town", "--dry-run", "--max-cost", "9"], KEY).await;
    assert_eq!((said.code, bench.metrics()), (Some(0), before), "{}", said.stderr);
    // A file that cannot be written takes nothing from the run; a flag wins over the settings.
    let said = bench.run(&["sync", "--region", "town", "--metrics-file", "no/such/folder.prom"], KEY).await;
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_all(&said.stderr, &["cannot write the metrics to no/such/folder.prom"]);
}
