//! `venues runs`: what there was, and what is to become of what the guard refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod support;

use serde_json::Value;
use sqlx::PgPool;
use support::database::TestDatabase;
use support::desk::{Desk, Said, assert_all};

struct Bench {
    desk: Desk,
    pool: PgPool,
    url: String,
    _guard: TestDatabase,
}

impl Bench {
    async fn new() -> Self {
        let guard = TestDatabase::create().await;
        Self { desk: Desk::new(), pool: guard.pool().await, url: guard.url(), _guard: guard }
    }

    fn run(&self, words: &[&str]) -> Said {
        self.desk.run(&[words, &["--database-url", &self.url]].concat())
    }

    fn sync(&self) -> Said {
        self.run(&["sync", "--region", "demo", "--migrate"])
    }

    fn json(&self, words: &[&str]) -> Vec<Value> {
        let said = self.run(&[words, &["--json"]].concat());
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// As if the region had held a hundred times as much before.
    async fn inflate(&self) {
        let sql = "update venue_sync.tiles set figures = jsonb_set(figures, '{venues}', to_jsonb((figures ->> 'venues')::bigint * 100))";
        sqlx::query(sql).execute(&self.pool).await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_run_is_listed_shown_looked_at_and_accepted() {
    let bench = Bench::new().await;
    assert_eq!(bench.sync().code, Some(0));
    bench.inflate().await;
    let refused = bench.sync();
    assert_eq!(refused.code, Some(65), "{}{}", refused.stdout, refused.stderr);
    assert_all(
        &refused.stdout,
        &["demo from google: refused", "the run as a whole:", "where the last good run found", "venues runs accept 0"],
    );

    let listed = bench.json(&["runs", "--region", "demo"]);
    let outcomes: Vec<&str> = listed.iter().map(|run| run["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["refused", "complete"], "the newest first");
    assert_eq!(listed[0]["method"], "nearby");
    assert_eq!(bench.json(&["runs", "--region", "elsewhere"]), Vec::<Value>::new());
    let of_map = bench.run(&["sync", "--region", "demo", "--provider", "osm"]);
    assert_eq!(of_map.code, Some(0), "{}", of_map.stderr);
    assert_eq!(bench.json(&["runs", "--limit", "1"])[0]["method"], Value::Null, "it knows but one way to be asked");
    let table = bench.run(&["runs"]).stdout;
    assert_all(&table, &["OUTCOME", "refused, ", "complete", "demo", "nearby"]);

    let (id, good) = (listed[0]["run_id"].as_str().unwrap(), listed[1]["run_id"].as_str().unwrap());
    let shown = bench.run(&["runs", "show", id]).stdout;
    assert_all(
        &shown,
        &["  found     ", "  before    ", "seen again", "kept apart", &format!("venues runs discard {id}")],
    );
    let shown = &bench.json(&["runs", "show", id])[0];
    let staged = shown["guard"]["verdict"]["staged"].as_u64().unwrap();
    assert!(
        staged > 100 && shown["guard"]["before"][0]["venues"].as_u64() > shown["guard"]["found"]["venues"].as_u64()
    );
    let waiting = bench.json(&["runs", "staged", id]);
    assert_eq!(waiting.len() as u64, staged);
    assert!(waiting.iter().all(|venue| venue["name"].is_string() && venue["profile_id"].is_null()), "{}", waiting[0]);
    let known = waiting.iter().filter(|venue| venue["known"] == true).count() as u64;
    assert!(known > 100 && known < staged, "what is closed for good waits, too, and is not known");

    // Decided about are refused ones, and nothing else.
    let wrong = bench.run(&["runs", "accept", good]);
    assert_eq!(wrong.code, Some(2));
    assert_all(&wrong.stderr, &[good, "is complete: only a refused one can be accepted or discarded"]);
    let unknown = bench.run(&["runs", "show", "ffffffff"]);
    assert_eq!(unknown.code, Some(2));
    assert_all(&unknown.stderr, &["there is no run whose id begins with ffffffff", "`venues runs` lists them"]);
    let several = bench.run(&["runs", "show", id.get(..4).unwrap()]);
    assert_eq!(several.code, Some(2));
    assert_all(&several.stderr, &["the ids of several runs begin with", id, good]);
    assert_eq!(bench.run(&["runs", "show", "no-id"]).code, Some(2));

    // As much of the id as no other run has: the millisecond, and a little more.
    let accepted = bench.run(&["runs", "accept", id.get(..18).unwrap()]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.stderr);
    assert_all(&accepted.stdout, &[id, "is accepted", " unchanged"]);
    let counts = &bench.json(&["runs", "show", id])[0];
    assert_eq!((counts["outcome"].as_str(), counts["venues"]["unchanged"].as_u64()), (Some("accepted"), Some(known)));
    assert_eq!(bench.sync().code, Some(0), "later runs are judged by it");
}

#[tokio::test]
async fn a_refused_run_is_discarded_and_the_limits_are_what_the_settings_say() {
    let bench = Bench::new().await;
    assert_eq!(bench.sync().code, Some(0));
    bench.inflate().await;
    assert_eq!(bench.sync().code, Some(65));
    let listed = bench.json(&["runs"]);
    let id = listed[0]["run_id"].as_str().unwrap();
    let discarded = bench.json(&["runs", "discard", id]);
    assert_eq!(
        (discarded[0]["outcome"].as_str(), discarded[0]["staged"].as_u64()),
        (Some("discarded"), listed[0]["staged"].as_u64())
    );
    assert_eq!(bench.json(&["runs"])[0]["outcome"], "discarded");
    assert_eq!(bench.run(&["runs", "discard", id]).code, Some(2));
    let bench = Bench { desk: Desk::new().with_file("venues.toml", "[guard]\nenabled = false\n"), ..bench };
    assert_eq!(bench.sync().code, Some(0), "a guard that is off refuses nothing");
}
