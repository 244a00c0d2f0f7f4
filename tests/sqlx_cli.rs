//! The real sqlx-cli on the same files and the same databases as our own runner. Run by `.ci/sqlx-cli`, which builds it once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Output;

use sha2::{Digest as _, Sha384};
use support::database::TestDatabase;
use venue_sync::schema::catalogue::{self, Catalogue};
use venue_sync::schema::difference;

const FIRST: &str = "20250101000000";
const SECOND: &str = "20261122000000";

/// Runs sqlx-cli; returns all that it said.
fn sqlx(database: &TestDatabase, arguments: &[&str]) -> (bool, String) {
    #[expect(clippy::disallowed_methods, reason = "a test program has no `cli` to read its environment")]
    let program = std::env::var_os("VENUES_SQLX_CLI").expect("VENUES_SQLX_CLI names the program, as .ci/sqlx-cli does");
    // It reads sqlx.toml in the folder that it runs in.
    let mut command = std::process::Command::new(PathBuf::from(program));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("migrate").args(arguments);
    said(&command.args(["--no-dotenv", "--database-url", &database.url()]).output().unwrap())
}

/// Runs our own command.
fn venues(database: &TestDatabase, arguments: &[&str]) -> (bool, String) {
    let mut command = assert_cmd::Command::cargo_bin("venues").unwrap();
    command.env_clear().arg("migrate").args(arguments);
    said(&command.args(["--database-url", &database.url()]).output().unwrap())
}

fn said(output: &Output) -> (bool, String) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[track_caller]
fn done((success, said): (bool, String)) -> String {
    assert!(success, "{said}");
    said
}

async fn catalogue(database: &TestDatabase) -> Catalogue {
    catalogue::read(&mut database.connect().await).await.unwrap()
}

/// What the two runners recorded; but for the optional migrations, which only ours leaves out where they would do nothing.
async fn records(database: &TestDatabase) -> Vec<(i64, String, bool, Vec<u8>)> {
    sqlx::query_as(
        "select version, description, success, checksum from venue_sync._sqlx_migrations
         where description <> 'venue embeddings' order by version",
    )
    .fetch_all(&mut database.connect().await)
    .await
    .unwrap()
}

#[track_caller]
fn assert_same(ours: &Catalogue, theirs: &Catalogue) {
    let differences: Vec<String> = difference::compare(ours, theirs).iter().map(ToString::to_string).collect();
    assert_eq!(differences, [""; 0]);
}

#[tokio::test]
#[ignore = "needs sqlx-cli: .ci/sqlx-cli"]
async fn sqlx_cli_applies_the_same_files_to_the_same_end() {
    let (ours, theirs) = (TestDatabase::create().await, TestDatabase::create().await);
    done(venues(&ours, &["up"]));
    done(sqlx(&theirs, &["run"]));
    assert_same(&catalogue(&ours).await, &catalogue(&theirs).await);
    assert_eq!(records(&ours).await, records(&theirs).await);
    assert!(records(&ours).await.len() > 2);

    // And each takes the other's work for its own.
    assert!(done(venues(&theirs, &["up"])).contains("nothing to do"));
    done(venues(&theirs, &["current", "--exit-code"]));
    done(sqlx(&ours, &["run"]));
    let info = done(sqlx(&ours, &["info"]));
    assert!(info.contains("installed") && !info.contains("pending") && !info.contains("mismatch"), "{info}");
    assert_same(&catalogue(&ours).await, &catalogue(&theirs).await);
}

#[tokio::test]
#[ignore = "needs sqlx-cli: .ci/sqlx-cli"]
async fn each_runner_goes_on_where_the_other_stopped() {
    let (ours_first, theirs_first) = (TestDatabase::create().await, TestDatabase::create().await);
    done(venues(&ours_first, &["up", "--to", SECOND]));
    let info = done(sqlx(&ours_first, &["info"]));
    assert!(info.contains(&format!("{SECOND}/installed")) && info.contains("pending"), "{info}");
    done(sqlx(&ours_first, &["run"]));
    done(sqlx(&theirs_first, &["run", "--target-version", SECOND]));
    assert!(done(venues(&theirs_first, &["current"])).starts_with(SECOND));
    done(venues(&theirs_first, &["up"]));
    assert_same(&catalogue(&ours_first).await, &catalogue(&theirs_first).await);
    assert_eq!(records(&ours_first).await, records(&theirs_first).await);
}

#[tokio::test]
#[ignore = "needs sqlx-cli: .ci/sqlx-cli"]
async fn each_runner_takes_back_what_the_other_applied() {
    let (by_us, by_them) = (TestDatabase::create().await, TestDatabase::create().await);
    done(sqlx(&by_us, &["run"]));
    done(venues(&by_us, &["down", "--to", FIRST, "--allow-data-loss"]));
    done(venues(&by_them, &["up"]));
    done(sqlx(&by_them, &["revert", "--target-version", FIRST]));
    assert_same(&catalogue(&by_us).await, &catalogue(&by_them).await);
    assert_eq!(records(&by_us).await, records(&by_them).await);

    // Up again, each the way that the other went down, and all the way back.
    done(sqlx(&by_us, &["run"]));
    done(venues(&by_them, &["up"]));
    assert_same(&catalogue(&by_us).await, &catalogue(&by_them).await);
    done(sqlx(&by_us, &["revert", "--target-version", "0"]));
    done(venues(&by_them, &["down", "--to", "base", "--allow-data-loss"]));
    // Only sqlx-cli keeps its table, and the schema that it lies in.
    let differences = difference::compare(&catalogue(&by_us).await, &catalogue(&by_them).await);
    let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(differences, ["venue_sync: schema is missing"]);
    done(venues(&by_us, &["up"]));
    done(sqlx(&by_them, &["run"]));
    assert_same(&catalogue(&by_us).await, &catalogue(&by_them).await);
}

#[tokio::test]
#[ignore = "needs sqlx-cli: .ci/sqlx-cli"]
async fn sqlx_cli_too_stops_before_a_way_back_that_would_lose_venues() {
    let database = TestDatabase::create().await;
    done(venues(&database, &["up", "--to", SECOND]));
    let mut connection = database.connect().await;
    for provider in ["google", "yelp"] {
        sqlx::query(
            "insert into public.venues (id, provider_id, provider_name, name, categories, lat, lng, last_seen_at, created_at, updated_at)
             values (gen_random_uuid(), 'shared', $1, 'Bar', '{}', 1, 1, now(), now(), now())",
        )
        .bind(provider)
        .execute(&mut connection)
        .await
        .unwrap();
    }
    let before = catalogue(&database).await;
    let (success, said) = sqlx(&database, &["revert"]);
    assert!(!success && said.contains("share their provider_id"), "{said}");
    assert_same(&before, &catalogue(&database).await);
    let left: i64 = sqlx::query_scalar("select count(*) from public.venues").fetch_one(&mut connection).await.unwrap();
    assert_eq!(left, 2);
}

#[tokio::test]
#[ignore = "needs sqlx-cli: .ci/sqlx-cli"]
async fn after_a_comment_was_changed_sqlx_cli_refuses_until_repair() {
    let database = TestDatabase::create().await;
    done(venues(&database, &["up"]));
    // As if an older release had applied the second file when it had one comment more.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("migrations/{SECOND}_venue_sync.up.sql"));
    let older = format!("{}-- A word that went.\n", std::fs::read_to_string(file).unwrap());
    let mut connection = database.connect().await;
    sqlx::query("update venue_sync._sqlx_migrations set checksum = $1 where version = $2")
        .bind(Sha384::digest(older.as_bytes()).as_slice())
        .bind(SECOND.parse::<i64>().unwrap())
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query("update venue_sync.migration_statements set up = $1 where version = $2")
        .bind(&older)
        .bind(SECOND.parse::<i64>().unwrap())
        .execute(&mut connection)
        .await
        .unwrap();

    let (success, said) = sqlx(&database, &["run"]);
    assert!(!success && said.contains("has been modified"), "{said}");
    assert!(done(sqlx(&database, &["info"])).contains("different checksum"));
    done(venues(&database, &["up"]));
    done(venues(&database, &["repair", "--yes"]));
    done(sqlx(&database, &["run"]));
    assert!(!done(sqlx(&database, &["info"])).contains("different checksum"));
}
