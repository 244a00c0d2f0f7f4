//! A better mapping is applied to what was kept: seen before it is written, without asking anybody, and without a word about when a
//! venue was last seen.

mod support;

use std::process::Command;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use support::database::TestDatabase;
use tempfile::TempDir;
use venue_sync::model::{Field, Retention};
use venue_sync::normalise::normalise;
use venue_sync::store::{Database, Whose, forget_raw, kept_rows, merge_again};

/// All that a reader or a later run could notice, and whether the row was written at all.
const EVERYTHING: &str = "
    select coalesce(md5(string_agg(t, '' order by t)), '') from (
        select v.xmin || v::text as t from public.venues v
        union all select p.xmin || p::text from public.venue_profiles p
        union all select k.xmin || k::text from venue_sync.raw_venues k
        union all select s.xmin || s::text from venue_sync.venue_states s) as all_of_it";

/// A database with the demo of OpenStreetMap in it, and a folder to work in.
struct Desk {
    guard: TestDatabase,
    connection: PgConnection,
    folder: TempDir,
}

impl Desk {
    async fn new() -> Self {
        let guard = TestDatabase::create().await;
        let folder = TempDir::new().expect("a temporary folder can be made");
        let mut desk = Self { connection: guard.connect().await, guard, folder };
        let synced = desk.sync();
        assert_eq!(synced["status"], "complete");
        assert_eq!(desk.one("select count(*) from venue_sync.raw_venues").await, synced["venues"]["inserted"]);
        desk
    }

    fn settings(&self, text: &str) {
        std::fs::write(self.folder.path().join("venues.toml"), text).expect("a temporary folder can be written to");
    }

    /// The lines on stdout of a command that succeeds.
    fn lines(&self, words: &str) -> Vec<Value> {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("venues"));
        command.args(words.split(' ')).args(["--json", "--database-url", &self.guard.url()]);
        command.current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path());
        let said = command.output().expect("the command can be started");
        assert_eq!(said.status.code(), Some(0), "{words}: {}", String::from_utf8_lossy(&said.stderr));
        let text = String::from_utf8(said.stdout).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// The one line of a command for one provider or region.
    fn run(&self, words: &str) -> Value {
        let mut lines = self.lines(words);
        assert_eq!(lines.len(), 1, "{words}");
        lines.remove(0)
    }

    /// One answer after the other, so that of two that show one venue it is always the same that is believed.
    fn sync(&self) -> Value {
        self.run("sync --region demo --provider osm --migrate --concurrency 1")
    }

    async fn one(&mut self, sql: &str) -> Value {
        let sql = AssertSqlSafe(format!("select coalesce(to_jsonb(({sql})), 'null')"));
        sqlx::query_scalar(sql).fetch_one(&mut self.connection).await.expect("one value")
    }

    async fn change(&mut self, sql: &str) -> u64 {
        let changed = self.connection.execute(AssertSqlSafe(sql.to_owned())).await.expect("the statement runs");
        changed.rows_affected()
    }
}

fn counts(outcome: &Value) -> [u64; 4] {
    ["kept", "updated", "unchanged", "rejected"].map(|name| outcome[name].as_u64().expect("a number"))
}

#[tokio::test]
async fn what_is_as_it_should_be_is_not_touched_by_a_second_sync_or_by_cleaning_again() {
    let mut desk = Desk::new().await;
    let kept =
        "select coalesce(md5(string_agg(xmin || k::text, '' order by venue_id)), '') from venue_sync.raw_venues k";
    let (before, many) = (desk.one(kept).await, desk.one("select count(*) from venue_sync.raw_venues").await);
    assert_eq!(desk.sync()["venues"]["unchanged"], many);
    assert_eq!(desk.one(kept).await, before, "what is kept already is not written again");

    let before = desk.one(EVERYTHING).await;
    let many = many.as_u64().expect("a number");
    for words in
        ["renormalise --all", "renormalise --provider osm --dry-run", "renormalise --region demo --provider osm"]
    {
        let said = desk.lines(words);
        let of_osm = said.iter().find(|line| line["provider"] == "osm").expect("a line of osm");
        assert_eq!(counts(of_osm), [many, 0, many, 0], "{words}");
        assert_eq!(said.iter().map(|line| counts(line)[0]).sum::<u64>(), many, "nothing of others is kept");
    }
    assert_eq!(desk.one(EVERYTHING).await, before);
}

#[tokio::test]
async fn the_difference_is_shown_by_a_dry_run_and_then_written() {
    let mut desk = Desk::new().await;
    let all = desk.one("select count(*) from venues").await.as_u64().expect("a number");
    // As an older version would have left it: two words without a code, one week not understood.
    let older = "update venues set categories = array['an_old_word'], updated_at = 'epoch', last_seen_at = '2026-01-02'
                 where id in (select id from venues where cardinality(categories) > 0 order by provider_id limit 2)";
    assert_eq!(desk.change(older).await, 2);
    let older = "update venues set hours = null, updated_at = 'epoch', last_seen_at = '2026-01-02' where id =
                 (select id from venues where hours->>'state' = 'known' and categories <> '{an_old_word}' order by provider_id limit 1)";
    assert_eq!(desk.change(older).await, 1);
    desk.change("update venue_profiles set expires_at = now() + interval '7 days'").await;

    let before = desk.one(EVERYTHING).await;
    let said = desk.run("renormalise --region demo --provider osm --dry-run --limit 2");
    assert_eq!(desk.one(EVERYTHING).await, before, "a dry run writes nothing");
    assert_eq!(counts(&said), [all, 3, all - 3, 0]);
    assert_eq!((&said["dry_run"], &said["complete"]), (&json!(true), &json!(true)));
    assert_eq!(said["fields"], json!({"categories": 2, "hours": 1}));
    let shown = said["differences"].as_array().expect("a list");
    assert_eq!(shown.len(), 2, "no more than asked for");
    let of_categories = shown.iter().flat_map(|venue| venue["fields"].as_array().expect("a list"));
    let of_categories = of_categories.filter(|field| field["field"] == "categories").inspect(|field| {
        assert_eq!(field["before"], json!(["an_old_word"]));
        assert!(field["after"].as_array().is_some_and(|codes| !codes.is_empty()), "{field}");
    });
    assert!(of_categories.count() > 0, "{shown:?}");

    assert_eq!(counts(&desk.run("renormalise --provider osm")), [all, 3, all - 3, 0]);
    let written = "select count(*) from venues where last_seen_at = '2026-01-02' and updated_at > now() - interval '1 hour'
                   and categories <> '{an_old_word}' and cardinality(categories) > 0 and (hours is not null or raw_hours is null)";
    assert_eq!(desk.one(written).await, 3, "written, and not seen");
    let due = "select count(*) from venue_profiles p join venues v on v.id = p.venue_id
               where p.expires_at <= now() and v.last_seen_at = '2026-01-02'";
    assert_eq!(desk.one(due).await, 2, "what was made of the other categories is due");
    assert_eq!(counts(&desk.run("renormalise --provider osm")), [all, 0, all, 0]);
}

#[tokio::test]
async fn what_was_not_asked_for_stays_what_is_absent_goes_and_what_is_no_venue_is_only_reported() {
    let mut desk = Desk::new().await;
    let all = desk.one("select count(*) from venues").await.as_u64().expect("a number");
    let mut with_hours = sqlx::query_scalar::<_, String>(
        "select provider_id from venues where hours->>'state' = 'known' order by provider_id limit 5",
    )
    .fetch_all(&mut desk.connection)
    .await
    .expect("five venues")
    .into_iter();
    let mut next = || with_hours.next().expect("five venues");
    let (not_asked, absent, other, nameless, newer) = (next(), next(), next(), next(), next());
    for (id, set) in [
        (&not_asked, "raw = raw - 'hours' - 'hours_text'"),
        (&absent, "raw = raw || '{\"hours\": null}'"),
        (&other, "raw = raw || '{\"hours\": {\"osm\": \"Mo-Fr 06:00-07:00\"}}'"),
        (&nameless, "raw = raw || '{\"name\": \" \"}'"),
        (&newer, "format = 99"),
    ] {
        let of_one = format!(
            "update venue_sync.raw_venues k set {set} from venues v where v.id = k.venue_id and v.provider_id = '{id}'"
        );
        assert_eq!(desk.change(&of_one).await, 1);
    }
    let untouched = format!(
        "select md5(string_agg(v.xmin || v::text, '' order by id)) from venues v
         where provider_id in ('{not_asked}', '{nameless}', '{newer}')"
    );
    let before = desk.one(&untouched).await;
    let said = desk.run("renormalise --provider osm");
    assert_eq!(counts(&said), [all, 2, all - 4, 2]);
    assert_eq!(said["fields"], json!({"hours": 2}));
    assert_eq!(desk.one(&untouched).await, before);
    let mut reasons: Vec<(&Value, &Value)> = said["rejects"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|reject| (&reject["provider_id"], &reject["reason"]))
        .collect();
    reasons.sort_by_key(|(_, reason)| reason.to_string());
    assert_eq!(reasons, [(&json!(nameless), &json!("no_name")), (&json!(newer), &json!("unreadable"))]);
    let hours = |id: &str| format!("select hours->>'osm' from venues where provider_id = '{id}'");
    assert_eq!(desk.one(&hours(&absent)).await, Value::Null);
    assert_eq!(desk.one(&hours(&other)).await, "Mo-Fr 06:00-07:00");

    // A sync brings the records back, and keeps what it was not told in this one.
    desk.sync();
    assert_eq!(counts(&desk.run("renormalise --provider osm")), [all, 0, all, 0]);
}

#[tokio::test]
async fn what_may_not_be_kept_is_forgotten_and_not_read() {
    let mut desk = Desk::new().await;
    let all = desk.one("select count(*) from venues").await.as_u64().expect("a number");
    let old = "update venue_sync.raw_venues set answered_at = case when venue_id in
                   (select venue_id from venue_sync.raw_venues order by venue_id limit 3)
               then now() - interval '31 days' else now() end";
    desk.change(old).await;
    desk.settings("[providers.osm]\nkeep_raw = 30\n");
    assert_eq!(counts(&desk.run("renormalise --provider osm"))[0], all - 3);
    let database = Database::connect(&desk.guard.url(), 2).await.expect("the database answers");
    let retention = Retention::Days(std::num::NonZeroU16::MIN.saturating_add(29));
    assert_eq!(forget_raw(&database, "google", retention).await.expect("a number"), 0, "another provider's");
    assert_eq!(forget_raw(&database, "osm", Retention::Always).await.expect("a number"), 0);
    assert_eq!(forget_raw(&database, "osm", retention).await.expect("a number"), 3);

    desk.settings("[providers.osm]\nkeep_raw = false\n");
    assert_eq!(counts(&desk.run("renormalise --provider osm"))[0], 0);
    assert_eq!(
        desk.one("select count(*) from venue_sync.raw_venues").await,
        all - 3,
        "a sync forgets, nothing else does"
    );
    desk.run("sync --region demo --provider osm --dry-run");
    assert_eq!(desk.one("select count(*) from venue_sync.raw_venues").await, all - 3);
    desk.sync();
    assert_eq!(desk.one("select count(*) from venue_sync.raw_venues").await, 0);

    // Its terms forbid it, whoever forgets to say so.
    desk.settings("");
    desk.run("sync --region demo");
    assert_eq!(desk.one("select count(*) from venue_sync.raw_venues").await, 0);
    desk.settings("[providers.google]\nkeep_raw = true\n");
    let synced = desk.run("sync --region demo --fresh");
    assert_eq!(desk.one("select count(*) from venue_sync.raw_venues").await, synced["venues"]["unchanged"]);
    let kept = synced["venues"]["unchanged"].as_u64().expect("a number");
    assert_eq!(counts(&desk.run("renormalise --region demo")), [kept, 0, kept, 0]);
}

#[tokio::test]
async fn only_what_lies_in_the_region_is_cleaned_again() {
    let mut desk = Desk::new().await;
    desk.settings("[regions.west]\nbbox = [-30.035, 36.488, -30.02, 36.512]\nprovider = \"osm\"\n");
    let west = desk.one("select count(*) from venues where lng < -30.02").await.as_u64().expect("a number");
    assert!(west > 0, "there is a west");
    desk.change("update venues set name = 'Another'").await;
    let said = desk.run("renormalise --region west");
    assert_eq!((counts(&said), &said["region"]), ([west, west, 0, 0], &json!("west")));
    let left = "select count(*) filter (where lng < -30.02) from venues where name = 'Another'";
    assert_eq!(desk.one(left).await, 0);
}

#[tokio::test]
async fn a_venue_that_was_seen_or_went_meanwhile_is_left_to_whoever_did_that() {
    let mut desk = Desk::new().await;
    let database = Database::connect(&desk.guard.url(), 2).await.expect("the database answers");
    let osm = Whose { provider: "osm", retention: Retention::Always, within: None };
    let rows = kept_rows(&database, osm, uuid::Uuid::nil(), 3).await.expect("three rows");
    let ids: Vec<String> = rows.iter().map(|row| format!("'{}'", row.provider_id)).collect();
    let venues = rows.into_iter().map(|row| {
        let mut venue = normalise(row.record.read().expect("a row"), &|_| None, &|_| true).expect("a venue").venue;
        venue.name = "Another name".to_owned();
        venue.address = Field::NotAsked;
        (venue, row.seen_at)
    });
    let venues: Vec<_> = venues.collect();
    let seen = format!("update venues set last_seen_at = now(), name = 'Seen' where provider_id = {}", ids[0]);
    assert_eq!(desk.change(&seen).await, 1);
    assert_eq!(desk.change(&format!("delete from venues where provider_id = {}", ids[1])).await, 1);
    let merged = merge_again(&database, "osm", venues, false).await.expect("it merges");
    assert_eq!((merged.counts.inserted, merged.counts.updated), (0, 1));
    let names =
        format!("select string_agg(name, ', ' order by name) from venues where provider_id in ({})", ids.join(","));
    assert_eq!(desk.one(&names).await, "Another name, Seen");
}
