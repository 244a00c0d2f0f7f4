//! The demo's recordings, one a provider: made from the invented town by the command itself, and never stale.
//!
//! When the questions change, re-make them: `cargo test --test demo_recordings -- --ignored`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use double::server;
use serde_json::Value;
use support::database::TestDatabase;
use venue_sync::provider;

fn committed(provider: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo").join(provider)
}

/// Runs the command over a provider's double, one request at a time, so that the files are numbered in the order of the questions.
async fn record(provider: &str, folder: &Path) {
    let double = server::of(provider).await;
    run(provider, folder, &double.variables()).await;
    assert_recorded(folder, double.answered());
    let ourselves = concat!("venue-sync/", env!("CARGO_PKG_VERSION"), " (maps@example.org)");
    assert!(double.callers().iter().all(|caller| caller == ourselves), "{:?}", double.callers());
}

async fn run(provider: &str, folder: &Path, environment: &[(&str, String)]) {
    let database = TestDatabase::create().await;
    let settings = folder.parent().unwrap().join("quick.toml");
    // The double has no etiquette, and nobody wants to wait for it.
    let text = format!(
        "[providers.{provider}]\nrequests_per_second = 200\ncontact = \"maps@example.org\"\ndetails = {}\n",
        provider == "yelp"
    );
    std::fs::write(&settings, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
    command
        .args(["sync", "--region", "demo", "--provider", provider, "--concurrency", "1", "--migrate"])
        .args(["--database-url", &database.url(), "--config"])
        .arg(settings)
        .arg("--record")
        .arg(folder)
        .current_dir(folder.parent().unwrap())
        .envs(environment.iter().map(|(name, value)| (name, value)));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn assert_recorded(folder: &Path, asked: u64) {
    assert_eq!(asked, u64::try_from(exchanges(folder).len()).unwrap(), "every answer is recorded, once");
}

/// Request and body of every exchange; when it was recorded does not count.
fn exchanges(folder: &Path) -> BTreeMap<String, (Value, Value)> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap() != "run.json")
        .map(|path| {
            let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, (file["request"].clone(), file["response"]["body"].clone()))
        })
        .collect()
}

/// What a replay compares before it asks anything.
fn parameters(recording: &Path) -> Value {
    let run: Value = serde_json::from_slice(&std::fs::read(recording.join("run.json")).unwrap()).unwrap();
    run["parameters"].clone()
}

fn is_the_same(one: &Path, other: &Path) -> bool {
    parameters(one) == parameters(other) && exchanges(one) == exchanges(other)
}

#[tokio::test]
async fn they_are_what_the_command_records_from_the_town_today() {
    for provider in provider::all() {
        let folder = tempfile::tempdir().unwrap();
        let fresh = folder.path().join("recording");
        record(provider.name(), &fresh).await;
        let committed = committed(provider.name());
        assert!(
            is_the_same(&fresh, &committed),
            "{}: stale: re-make them with `cargo test --test demo_recordings -- --ignored`",
            provider.name()
        );
    }
}

#[test]
fn the_map_shows_a_box_that_was_too_big_and_values_of_every_kind() {
    let exchanges = exchanges(&committed("osm"));
    let bodies: Vec<&Value> = exchanges.values().map(|(_, body)| &body["json"]).collect();
    assert!(bodies.iter().any(|body| body["remark"].is_string()), "no box was too big");
    let rows: Vec<&Value> = bodies.iter().flat_map(|body| body["elements"].as_array().unwrap()).collect();
    assert!(rows.iter().any(|row| row["type"] == "way"), "no outlines");
    for value in ["24/7", "Mo-Su 18:00+", "Mo-Fr 09:00-17:00; PH off"] {
        assert!(rows.iter().any(|row| row["tags"]["opening_hours"] == value), "{value}");
    }
}

#[test]
fn foursquare_shows_pages_and_hours_in_its_own_form() {
    let folder = committed("foursquare");
    let exchanges = exchanges(&folder);
    let has_cursor = |request: &Value| request["query"].as_array().unwrap().iter().any(|pair| pair[0] == "cursor");
    assert!(exchanges.values().any(|(request, _)| has_cursor(request)), "no second page");
    let rows: Vec<&Value> =
        exchanges.values().flat_map(|(_, body)| body["json"]["results"].as_array().unwrap()).collect();
    let closes = |row: &Value, close: &str| {
        row["hours"]["regular"].as_array().into_iter().flatten().any(|period| period["close"] == close)
    };
    for close in ["+0000", "+0400", "0400"] {
        assert!(rows.iter().any(|row| closes(row, close)), "nobody closes at {close}");
    }
    assert!(rows.iter().any(|row| row["price"] == "2"), "no price as a text");
    assert!(rows.iter().any(|row| row["unresolved_flags"][0] == "duplicate"), "nobody is doubted");
}

#[test]
fn they_show_a_newcomer_every_kind_of_answer() {
    let exchanges = exchanges(&committed("google"));
    assert!(exchanges.len() >= 25, "only {} exchanges", exchanges.len());
    let places = |body: &Value| body["json"]["places"].as_array().cloned().unwrap_or_default();
    let rows: Vec<Value> = exchanges.values().flat_map(|(_, body)| places(body)).collect();
    assert!(exchanges.values().any(|(_, body)| places(body).len() == 20), "no capped answer");
    let ids: std::collections::BTreeSet<_> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert!(ids.len() >= 150, "only {} venues", ids.len());
    let periods = |row: &Value| row["regularOpeningHours"]["periods"].as_array().cloned().unwrap_or_default();
    let some = |what: &str, found: &dyn Fn(&Value) -> bool| assert!(rows.iter().any(found), "no row with {what}");
    some("no hours", &|row| row.get("regularOpeningHours").is_none());
    some("24/7", &|row| periods(row).len() == 1 && periods(row)[0].get("close").is_none());
    some("a midnight close", &|row| {
        periods(row).iter().any(|period| period["close"]["hour"] == 0 && period["close"]["minute"] == 0)
    });
    some("an overnight stretch", &|row| {
        periods(row).iter().any(|period| {
            period["close"]["day"] != period["open"]["day"]
                && period["close"]["hour"].as_u64().is_some_and(|hour| hour > 0)
        })
    });
    some("a split day", &|row| {
        let days: Vec<_> = periods(row).iter().map(|period| period["open"]["day"].clone()).collect();
        days.windows(2).any(|pair| pair[0] == pair[1])
    });
    some("no rating", &|row| row.get("rating").is_none());
    some("a name in another script", &|row| {
        row["displayName"]["text"]
            .as_str()
            .is_some_and(|name| name.chars().any(|letter| ('\u{3040}'..'\u{30ff}').contains(&letter)))
    });
}

#[tokio::test]
#[ignore = "re-makes the recordings"]
async fn remake() {
    for provider in provider::all() {
        let folder = tempfile::tempdir().unwrap();
        let fresh = folder.path().join("recording");
        record(provider.name(), &fresh).await;
        let committed = committed(provider.name());
        // What is not stale stays as it is, its dates too.
        if committed.exists() && is_the_same(&fresh, &committed) {
            continue;
        }
        if committed.exists() {
            std::fs::remove_dir_all(&committed).unwrap();
        }
        std::fs::create_dir_all(&committed).unwrap();
        for entry in std::fs::read_dir(&fresh).unwrap().flatten() {
            std::fs::copy(entry.path(), committed.join(entry.file_name())).unwrap();
        }
    }
}
