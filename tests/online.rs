//! The command over each provider's loopback double, as over the network: found, written, nothing changed by a second run, recorded
//! and replayed; and what it says of words that no category has.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::process::{Command, Output};

use double::server::{self, Serves};
use serde_json::Value;
use support::database::TestDatabase;
use tempfile::TempDir;

/// A folder to work in, a database, and a double.
struct Desk {
    folder: TempDir,
    database: TestDatabase,
    server: Box<dyn Serves>,
}

impl Desk {
    async fn new(provider: &str) -> Self {
        // The double has no etiquette, and nobody wants to wait for it.
        let desk = Self {
            folder: TempDir::new().unwrap(),
            database: TestDatabase::create().await,
            server: server::of(provider).await,
        };
        desk.settings(&format!("[providers.{provider}]\nrequests_per_second = 500\n"));
        desk
    }

    fn settings(&self, text: &str) {
        std::fs::write(self.folder.path().join("venues.toml"), text).unwrap();
    }

    /// The double answers on this thread's runtime, so that the command is waited for on another.
    async fn run(&self, words: &str) -> (Option<i32>, String, String) {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("venues"));
        command.args(words.split(' ')).current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path());
        command.env("DATABASE_URL", self.database.url()).envs(self.server.variables());
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
        let Output { status, stdout, stderr } = output.unwrap();
        (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    /// The line for machines of a sync that ends well.
    async fn sync(&self, words: &str) -> Value {
        let (code, stdout, stderr) = self.run(&format!("sync --json --migrate {words}")).await;
        assert_eq!(code, Some(0), "{words}: {stderr}");
        let line: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(line["status"], "complete", "{words}: {stdout}");
        line
    }
}

#[tokio::test]
async fn each_provider_is_synced_over_the_network_and_a_second_time_without_a_change() {
    for provider in venue_sync::provider::all() {
        let name = provider.name();
        let desk = Desk::new(name).await;
        let near = format!("--near 36.5,-30.018 --radius-m 700 --provider {name}");
        let first = desk.sync(&near).await;
        assert_eq!(first["provider"], name);
        assert!(first["venues"]["inserted"].as_u64() > Some(100), "{name}: {first}");
        let again = desk.sync(&near).await;
        assert_eq!(
            (&again["venues"]["inserted"], &again["venues"]["updated"]),
            (&0.into(), &0.into()),
            "{name}: {again}"
        );
        assert_eq!(again["venues"]["unchanged"], first["venues"]["inserted"], "{name}");
    }
}

/// What was asked for is in the recording, and not in the settings of whoever replays it.
#[tokio::test]
async fn a_recording_of_the_basic_tier_replays_whatever_the_settings_say() {
    let desk = Desk::new("foursquare").await;
    let near = "--near 36.5,-30.018 --radius-m 300 --provider foursquare";
    desk.settings("[providers.foursquare]\nrequests_per_second = 500\npremium = false\n");
    let live = desk.sync(&format!("{near} --record kept")).await;
    assert_eq!(live["cost_usd"].as_f64(), live["requests"].as_f64().map(|requests| requests * 0.015), "{live}");
    for settings in ["", "[providers.foursquare]\npremium = true\n"] {
        desk.settings(settings);
        let replayed = desk.sync(&format!("{near} --replay kept")).await;
        assert_eq!(replayed["requests_free"], live["requests"], "{replayed}");
    }
}

#[tokio::test]
async fn words_without_a_category_are_told_by_the_sync_and_listed_afterwards() {
    let desk = Desk::new("osm").await;
    let (code, report, stderr) = desk.run("sync --migrate --near 36.5,-30.018 --radius-m 1500 --provider osm").await;
    assert_eq!(code, Some(0), "{stderr}");
    let told = report.lines().find(|line| line.trim_start().starts_with("unmapped")).unwrap();
    assert!(told.contains("cuisine=tidal"), "{report}");
    let (code, table, stderr) = desk.run("categories --unmapped").await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(table.starts_with("PROVIDER") && table.contains("cuisine=tidal"), "{table}");
    let (_, lines, _) = desk.run("categories --unmapped --json").await;
    let words: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let tidal = words.iter().find(|word| word["word"] == "cuisine=tidal").unwrap();
    let rows: i64 = sqlx::query_scalar(
        "select sum((unmapped ->> 'cuisine=tidal')::bigint)::bigint from venue_sync.answers where unmapped ? 'cuisine=tidal'",
    )
    .fetch_one(&mut desk.database.connect().await)
    .await
    .unwrap();
    assert_eq!((&tidal["provider"], tidal["rows"].as_i64()), (&"osm".into(), Some(rows)));
    assert!(rows > 0);
}

/// A recording holds what its run knew, and how it asked: it replays into a database that knows nothing, with other settings.
#[tokio::test]
async fn a_recording_of_a_learned_run_replays_by_each_method_wherever() {
    for method in ["nearby", "text"] {
        let desk = Desk::new("google").await;
        let near = "--near 36.5,-30.018 --radius-m 900 --provider google";
        desk.sync(&format!("{near} --method {method}")).await;
        let live = desk.sync(&format!("{near} --method {method} --record kept")).await;
        let run = std::fs::read_to_string(desk.folder.path().join("kept/run.json")).unwrap();
        let run: Value = serde_json::from_str(&run).unwrap();
        assert_eq!(run["parameters"]["method"], method);
        assert!(run["snapshot"]["known"][0]["places"].as_array().unwrap().len() > 50, "{}", run["snapshot"]);
        let elsewhere = Desk { database: TestDatabase::create().await, ..desk };
        for run in 0..2 {
            let replayed = elsewhere.sync(&format!("{near} --replay kept --fresh")).await;
            assert_eq!(replayed["requests"], live["requests"], "{method}");
            assert_eq!(replayed["requests_free"], live["requests"], "{method}");
            assert_eq!(replayed["venues"]["received"], live["venues"]["received"], "{method}");
            // What a replay has seen teaches nobody.
            let (code, plan, stderr) = elsewhere.run(&format!("plan {near} --json")).await;
            assert_eq!(code, Some(0), "{run}: {stderr}");
            let plan: Value = serde_json::from_str(&plan).unwrap();
            assert_eq!(
                (&plan["last_complete"], &plan["methods"][0]["basis"]["from"]),
                (&Value::Null, &"stored".into())
            );
        }
    }
}

/// No key, and nobody there to be asked.
#[tokio::test]
async fn a_plan_is_made_without_a_key_or_a_request_and_drawn() {
    let desk = Desk::new("google").await;
    let near = "--near 36.5,-30.018 --radius-m 700 --provider google";
    let before = desk.run(&format!("plan {near} --database-url {}", desk.database.url())).await;
    assert_eq!(before.0, Some(2), "a database without its schema: {}", before.2);
    let done = desk.sync(near).await;
    let asked = desk.server.answered();
    desk.settings("[providers.google]\nmax_cost_per_month = 20\nmax_requests_per_month = 1000\n");
    let (code, text, stderr) = desk.run(&format!("plan {near} --svg town.svg")).await;
    assert_eq!(code, Some(0), "{stderr}");
    for words in [
        "* nearby  ",
        "  text    ",
        "venues of the last complete run",
        "left of max_cost_per_month: $1",
        "Spent this month",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let (_, line, _) = desk.run(&format!("plan {near} --json --method text")).await;
    let plan: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(plan["month"]["region"]["requests"], done["requests"]);
    let left = 1000 - done["requests"].as_u64().unwrap();
    assert_eq!(plan["left"]["requests"], left);
    let paid = done["requests"].as_u64().unwrap() - done["requests_free"].as_u64().unwrap();
    assert_eq!(
        plan["left"]["allowances"][0]["left"],
        1000 - paid,
        "what costs nothing takes nothing of what is free a month"
    );
    assert_eq!((&plan["methods"][0]["chosen"], &plan["methods"][1]["chosen"]), (&false.into(), &true.into()));
    let svg = std::fs::read_to_string(desk.folder.path().join("town.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.matches("<circle").count() > 10, "{svg}");
    assert_eq!(desk.server.answered(), asked, "a plan asks nobody");
}

/// One command, where there is no database, no settings file, no key and no folder yet: the venues of one's own town.
#[tokio::test]
async fn from_nothing_to_the_first_venues_is_one_command() {
    let folder = tempfile::Builder::new().prefix("venues-first-").tempdir_in("/tmp").unwrap();
    // As root the server is another user, who has to get to its data.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    let server = server::of("osm").await;
    #[expect(clippy::disallowed_methods, reason = "the server programs may be anywhere on it")]
    let path = std::env::var("PATH").unwrap_or_default();
    let desk = server
        .variables()
        .into_iter()
        .fold(support::desk::Desk { folder, variables: vec![] }, |desk, (name, value)| desk.with(name, &value))
        .with("PATH", &path)
        // Where the platform's folder is this one's; it need not be there.
        .with("VENUES_DATA_DIR", "data");
    let run = move || {
        let place = ["--near", "36.5,-30.018", "--radius-m", "300"];
        let synced = desk.run(&[&["sync"][..], &place, &["--provider", "osm", "--json"]].concat());
        let listed = desk.run(&[&["list"][..], &place].concat());
        desk.run(&["db", "stop"]);
        (synced, listed)
    };
    let (synced, listed) = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!(synced.code, Some(0), "{}", synced.stderr);
    let line: Value = serde_json::from_str(&synced.stdout).unwrap();
    assert_eq!(line["status"], "complete", "{line}");
    assert!(line["venues"]["inserted"].as_u64() > Some(20), "{line}");
    assert_eq!(listed.stdout.lines().count() as u64, line["venues"]["inserted"].as_u64().unwrap(), "{}", listed.stderr);
}
