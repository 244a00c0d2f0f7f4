//! The demo's recordings: made from the invented town by the command itself, and never stale.
//!
//! When the questions change, re-make them: `cargo test --test demo_recordings -- --ignored`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use double::city;
use double::google::{Double, KEY};
use serde_json::Value;
use support::database::TestDatabase;

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/google")
}

/// Runs the command over the double, one request at a time, so that the files are numbered in the order of the questions.
async fn record(folder: &Path) {
    let double = Double::serve(city::town()).await;
    let database = TestDatabase::create().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
    command
        .args([
            "sync",
            "--region",
            "demo",
            "--concurrency",
            "1",
            "--migrate",
            "--database-url",
            &database.url(),
            "--record",
        ])
        .arg(folder)
        .current_dir(folder.parent().unwrap())
        .env("GOOGLE_PLACES_BASE_URL", double.url())
        .env("GOOGLE_PLACES_API_KEY", KEY);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(double.asked(), u64::try_from(exchanges(folder).len()).unwrap(), "every answer is recorded, once");
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

#[tokio::test]
async fn they_are_what_the_command_records_from_the_town_today() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("recording");
    record(&fresh).await;
    let (fresh, committed) = (exchanges(&fresh), exchanges(&committed()));
    assert!(fresh == committed, "stale: re-make them with `cargo test --test demo_recordings -- --ignored`");
}

#[test]
fn they_show_a_newcomer_every_kind_of_answer() {
    let exchanges = exchanges(&committed());
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
    let folder = committed();
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    record(&folder).await;
}
