//! `venues doctor`: what would be in the way of a sync, and what to do about it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod double;
mod support;

use double::city;
use double::google::{Double, KEY};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _};
use support::database::TestDatabase;
use support::desk::{Desk, Said, assert_all};
use support::migrations::to_head;
use venue_sync::store::Database;

const REGION: &str = "[regions.lisbon]\nbbox = [-9.23, 38.69, -9.09, 38.80]\n";

/// A finding, as `level about what`; the remedy beside it.
fn findings(said: &Said) -> Vec<(String, String)> {
    let read = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = said.stdout.lines().map(read);
    lines
        .map(|one| {
            (format!("{} {} {}", text(&one["level"]), text(&one["about"]), text(&one["what"])), text(&one["remedy"]))
        })
        .collect()
}

/// The one that says this, and its remedy.
#[track_caller]
fn found(said: &Said, begins: &str, words: &[&str]) -> String {
    let all = findings(said);
    let one = all.iter().find(|(what, _)| what.starts_with(begins) && words.iter().all(|word| what.contains(word)));
    let (_, remedy) = one.unwrap_or_else(|| panic!("no {begins:?} with {words:?} in\n{all:#?}\n{}", said.stderr));
    remedy.clone()
}

async fn migrated() -> TestDatabase {
    let guard = TestDatabase::create().await;
    let database = Database::connect(&guard.url(), 2).await.unwrap();
    to_head(&database).await;
    database.close().await;
    guard
}

/// Everything that a sync of one region needs.
fn ready(database: &TestDatabase) -> Desk {
    Desk::new()
        .with_file("venues.toml", REGION)
        .with_file(".env", "GOOGLE_PLACES_API_KEY=AIzaInventedForTests\n")
        .with("DATABASE_URL", &database.url())
}

#[tokio::test]
async fn where_nothing_is_wrong_it_says_so_and_where_each_setting_is_from() {
    let database = migrated().await;
    let settings = format!("{REGION}[providers.google]\nrequests_per_second = 5\nmax_requests_per_day = 100\n");
    let desk = ready(&database).with_file("venues.toml", settings);
    let said = desk.run(&["doctor", "--json"]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    found(&said, "ok settings venues.toml (in the working directory)", &["regions: 1"]);
    found(&said, "ok settings database: ", &["(DATABASE_URL in the environment)"]);
    found(
        &said,
        "ok settings [providers.google]",
        &[
            "base_url https://places.googleapis.com (default)",
            "requests_per_second 5 (venues.toml)",
            "max_cost_per_month none (default)",
        ],
    );
    found(&said, "ok settings [providers.osm]", &["requests_per_second 0.5 (default)", "keep_raw for good (default)"]);
    found(&said, "ok key GOOGLE_PLACES_API_KEY is set (.env)", &[]);
    found(&said, "note key no key for yelp", &["YELP_API_KEY"]);
    found(&said, "ok database ", &["PostgreSQL 1"]);
    found(&said, "ok schema ", &["(head)"]);
    found(&said, "ok schema as it is declared", &[]);
    found(&said, "ok clock as the database's", &[]);
    found(&said, "ok disk ", &["MiB free"]);
    found(&said, "ok quota google: 0 requests today (100 left), 0 this month", &[]);
    assert!(!said.stdout.contains("AIzaInvented") && !said.stderr.contains("AIzaInvented"));
    let table = desk.run(&["doctor"]);
    assert_all(&table.stdout, &["ok       key        GOOGLE_PLACES_API_KEY", "nothing is in the way of a sync"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_comes_with_what_to_do() {
    let nowhere = Desk::ready()
        .with("GOOGLE_PLACES_API_KEY", "")
        .with("DATABASE_URL", "postgresql://me:hunter22@localhost:1/mine");
    let said = nowhere.run(&["doctor", "--json"]);
    assert_eq!(said.code, Some(1));
    found(&said, "problem key no key for google", &["GOOGLE_PLACES_API_KEY"]);
    assert_all(
        &found(&said, "problem database cannot reach the database at localhost:1/mine", &[]),
        &["docker compose up"],
    );
    assert!(!said.stdout.contains("hunter22"));
    assert_all(&nowhere.run(&["doctor"]).stdout, &["PROBLEM  key", "→ start it", "2 problems are in the way"]);

    let regions = "[regions.a]\nbbox = [1, 2, 3, 4]\nprovider = \"bing\"\n[regions.b]\nbbox = [1, 4, 3, 2]\nprovider = \"osm\"\n\
                   [regions.c]\ngeojson = \"gone.json\"\nprovider = \"osm\"\ntypes = [\"nonsense\"]\nlanguag = \"en\"\n";
    let said = Desk::new().with_file("venues.toml", regions).run(&["doctor", "--json"]);
    assert_eq!(said.code, Some(1));
    found(&said, "problem settings no database: set DATABASE_URL", &[]);
    found(&said, "problem region region `a`", &["venues.toml, line 1", "unknown provider `bing`"]);
    found(&said, "problem region region `b`", &["south 4 is not below north 2"]);
    found(&said, "problem region region `c`", &["nonsense"]);
    found(&said, "problem region cannot read the polygon of region `c`", &["gone.json", "No such file"]);
    found(&said, "note settings venues.toml, line 11", &["did you mean `language`?"]);
    found(&said, "note key no key for google", &["no region of venues.toml needs it"]);

    let settings = "[regions.a]\nbbox = [1, 2, 3, 4]\nmethod = \"by foot\"\nlanguage = \"xx-\"\n\
                    [providers.google]\nbase_url = \"http://maps.example\"\n";
    let desk = Desk::new().with_file("venues.toml", settings).with("GOOGLE_PLACES_API_KEY", "AIzaInventedForTests");
    let said = desk.run(&["doctor", "--json"]);
    found(&said, "problem region region `a`: google has no method `by foot`", &["nearby, text"]);
    found(&said, "problem region region `a`: `xx-` is not a language tag", &[]);
    found(&said, "problem provider base_url in the settings file is plain http to `maps.example`", &[]);

    let said = Desk::new().with_file("venues.toml", "[regions.a]\nbbox = 5\n").run(&["doctor", "--json"]);
    assert_eq!(said.code, Some(1));
    found(&said, "problem settings venues.toml, line 2", &["regions.a.bbox = 5"]);
}

#[tokio::test]
async fn a_schema_that_is_behind_or_adrift_is_told() {
    let empty = TestDatabase::create().await;
    let said = ready(&empty).run(&["doctor", "--json"]);
    assert_eq!(said.code, Some(1));
    assert_all(&found(&said, "problem schema no migration applied: it lacks", &[]), &["venues migrate up"]);

    let database = migrated().await;
    database.connect().await.execute("drop index ix_venues_lat_lng").await.unwrap();
    let said = ready(&database).run(&["doctor", "--json"]);
    assert_eq!(said.code, Some(0), "it is not in the way: {}", said.stdout);
    assert_all(&found(&said, "note schema adrift:", &["ix_venues_lat_lng"]), &["venues migrate check"]);
}

#[tokio::test]
async fn a_used_up_quota_and_a_missing_right_are_in_the_way() {
    let database = migrated().await;
    let settings = format!("{REGION}[providers.google]\nmax_requests_per_day = 7\nmax_cost_per_month = 1.0\n");
    database
        .connect()
        .await
        .execute("insert into venue_sync.quota values ('google', (now() at time zone 'UTC')::date, 7, 245000)")
        .await
        .unwrap();
    let desk = ready(&database).with_file("venues.toml", settings);
    let said = desk.run(&["doctor", "--json"]);
    assert_eq!(said.code, Some(1));
    let words = ["7 requests today (0 left), 7 this month, $0.245 ($0.755 left)"];
    assert_all(&found(&said, "problem quota google: ", &words), &["max_requests_per_day", "[providers.google]"]);

    let role = format!("weak_{}", uuid::Uuid::new_v4().simple());
    let rights = format!(
        "create role {role} login; grant usage on schema venue_sync to {role};
                          grant select on all tables in schema public, venue_sync to {role}"
    );
    database.connect().await.execute(AssertSqlSafe(rights)).await.unwrap();
    let owner = database.options().get_username().to_owned();
    let url = database.url().replacen(&format!("{owner}@"), &format!("{role}@"), 1);
    let said = desk.run(&["doctor", "--json", "--database-url", &url]);
    database.connect().await.execute(AssertSqlSafe(format!("drop owned by {role}; drop role {role}"))).await.unwrap();
    assert_eq!(said.code, Some(1));
    let remedy = found(&said, "problem database the database role", &[&role, "venue_sync.runs", "public.venues"]);
    assert_all(&remedy, &["grant select, insert, update, delete"]);
    found(&said, "note schema not compared with what is declared", &[]);
}

#[tokio::test]
async fn online_each_provider_with_a_key_is_asked_once_and_it_is_counted() {
    let database = migrated().await;
    let double = Double::serve(city::town()).await;
    let ask = |key: &'static str| {
        let desk = Desk::new()
            .with_file("venues.toml", REGION)
            .with("GOOGLE_PLACES_API_KEY", key)
            .with("GOOGLE_PLACES_BASE_URL", &double.url())
            .with("DATABASE_URL", &database.url());
        // The double answers on this thread's runtime.
        tokio::task::spawn_blocking(move || desk.run(&["doctor", "--online", "--json"]))
    };
    let said = ask(KEY).await.unwrap();
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert_all(&said.stderr, &["asking google once; list price $0.00"]);
    found(&said, "ok provider google answers, and takes the key", &[]);
    found(&said, "ok quota google: 1 requests today", &["$0.00"]);
    let said = ask("another-key").await.unwrap();
    assert_eq!(said.code, Some(1));
    assert_all(
        &found(&said, "problem provider google: the provider refused the credentials", &[]),
        &["GOOGLE_PLACES_API_KEY"],
    );
}

#[test]
fn an_embedded_database_is_looked_at_and_not_made() {
    let desk = Desk::new().with("VENUES_DATA_DIR", "data");
    let said = desk.run(&["doctor", "--json"]);
    found(&said, "ok database no database yet", &["the next command that needs it starts it"]);
    found(&said, "ok settings database: embedded, in ", &["(VENUES_DATA_DIR)"]);
    let broken = desk.with("VENUES_POSTGRES_BIN", "/nowhere");
    let said = broken.run(&["doctor", "--json"]);
    assert_eq!(said.code, Some(1));
    assert_all(&found(&said, "problem programs ", &["/nowhere"]), &["VENUES_POSTGRES_BIN"]);
    assert_eq!(std::fs::read_dir(broken.folder.path()).unwrap().count(), 0, "nothing was made");
}
