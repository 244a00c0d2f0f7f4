use std::process::Command;

use serde_json::Value;

use venue_sync::migrate;

use crate::bench::{Bench, FIRST, files_with};

/// What the command said, and how it ended.
struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

fn venues(bench: &Bench, words: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
    // Whoever runs the tests may have settings, and an embedded server that runs: neither is asked, and none is started.
    let nowhere = env!("CARGO_TARGET_TMPDIR");
    command.env_clear().env("VENUES_DATA_DIR", format!("{nowhere}/nowhere")).env("VENUES_POSTGRES_BIN", nowhere);
    command.current_dir(nowhere).arg("migrate").args(words).args(["--database-url", &bench.guard.url()]);
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[tokio::test]
async fn a_database_is_brought_up_looked_at_and_taken_back() {
    let mut bench = Bench::empty().await;
    let all = bench.count().await;
    assert_eq!(venues(&bench, &["current", "--exit-code"]).code, Some(1));
    let planned = venues(&bench, &["up", "--dry-run", "--json"]).json();
    assert_eq!((planned["applied"].as_array().unwrap().len(), planned["dry_run"].as_bool()), (all, Some(true)));
    assert_eq!(venues(&bench, &["current", "--json"]).json()["current"], Value::Null);

    let applied = venues(&bench, &["up"]);
    assert_eq!((applied.code, applied.stdout.lines().count()), (Some(0), all), "{}", applied.stderr);
    assert_eq!(venues(&bench, &["up"]).stdout, "nothing to do: the database has every migration\n");
    let newest = bench.newest().await.to_string();
    for (words, said) in [
        (&["up", "--to", "20261122000000"][..], format!("past migration 20261122000000 already, at {newest}")),
        (&["up", "--to", "20261122000000", "--dry-run"], format!("past migration 20261122000000 already, at {newest}")),
        (&["up", "--to", "base"], format!("past base already, at {newest}")),
        (&["up", "--to", "head"], "the database has every migration".to_owned()),
    ] {
        let idle = venues(&bench, words);
        assert!(idle.code == Some(0) && idle.stdout.contains(&said), "{words:?}: {}", idle.stdout);
    }
    let current = venues(&bench, &["current", "--exit-code", "--json"]);
    assert_eq!((current.code, current.json()["current"].as_i64()), (Some(0), Some(bench.newest().await)));
    let history = venues(&bench, &["history", "--json"]).json();
    assert_eq!(history[0]["version"].as_i64(), Some(FIRST));
    assert_eq!(history[0]["status"], "applied");
    assert_eq!(venues(&bench, &["repair"]).stdout, "nothing to repair\n");
    bench.run("alter table venues alter name drop not null").await;
    let adrift = venues(&bench, &["current", "--exit-code"]);
    assert_eq!(adrift.code, Some(1), "{}", adrift.stderr);
    assert!(adrift.stdout.contains("adrift: public.venues.name"), "{}", adrift.stdout);
    bench.run("alter table venues alter name set not null").await;
    assert!(venues(&bench, &["sql", "--from", "head", "--to", "2025"]).stdout.contains("drop table venue_sync.runs"));

    let refused = venues(&bench, &["down", "--to", "base"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
    assert!(refused.stderr.contains("public.venues: 0 rows"), "{}", refused.stderr);
    let undone = venues(&bench, &["down", "--to", "base", "--allow-data-loss", "--json"]).json();
    assert_eq!(undone["rolled_back"].as_array().unwrap().len(), all);
}

#[tokio::test]
async fn nobody_at_the_terminal_means_that_nothing_is_taken_over_unless_told() {
    let mut bench = Bench::made_by_alembic().await;
    let before = bench.everything().await;
    let refused = venues(&bench, &["up"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    // Whoever says yes to the take-over says yes to what comes after it.
    let rewritten =
        ["public.venues.hours", "public.venue_profiles.attribute_scores", "public.user_events.query_context"];
    let planned = venues(&bench, &["up", "--dry-run"]).stdout;
    for words in rewritten.iter().chain(&["rewrite json as jsonb", "order of members"]) {
        assert!(refused.stderr.contains(words), "{words} is not in: {}", refused.stderr);
        assert!(planned.contains(words), "{words} is not in: {planned}");
    }
    let only_taken_over = venues(&bench, &["up", "--dry-run", "--to", "f99aa361bd09"]).stdout;
    assert!(!only_taken_over.contains("jsonb"), "{only_taken_over}");
    let current = venues(&bench, &["current", "--exit-code"]);
    assert_eq!(current.code, Some(1));
    assert!(current.stdout.contains("f99aa361bd09"), "{}", current.stdout);
    let printed = venues(&bench, &["sql"]).stdout;
    assert!(printed.contains("create table venue_sync.runs") && printed.contains("only recorded"), "{printed}");
    // In the text that is kept every quote is doubled.
    assert!(!printed.contains("create type public.mode_enum as enum ('WORK'"), "{printed}");
    assert_eq!(bench.everything().await, before);
    let taken = venues(&bench, &["up", "--yes", "--json"]);
    assert_eq!(taken.json()["adopted"], "f99aa361bd09", "{}", taken.stderr);
}

#[tokio::test]
async fn what_is_in_the_way_of_a_take_over_ends_it_with_one() {
    let mut bench = Bench::made_by_alembic().await;
    bench.run("alter table venues drop raw_hours").await;
    for words in [&["up", "--yes"][..], &["stamp", "f99aa361bd09"]] {
        let refused = venues(&bench, words);
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert!(refused.stderr.contains("public.venues.raw_hours: column is missing"), "{}", refused.stderr);
    }
    let planned = venues(&bench, &["up", "--dry-run"]);
    assert!(planned.stdout.contains("public.venues.raw_hours: column is missing"), "{}", planned.stdout);
}

#[tokio::test]
async fn a_mark_is_taken_away_only_by_somebody_who_says_so_and_a_lock_that_is_not_had_is_75() {
    let mut bench = Bench::at(2).await;
    bench.run("update venue_sync._sqlx_migrations set success = false where version = 20261122000000").await;
    let refused = venues(&bench, &["up"]);
    assert_eq!(refused.code, Some(2));
    assert_eq!(venues(&bench, &["current", "--exit-code"]).code, Some(1));
    let unasked = venues(&bench, &["repair"]);
    assert_eq!(unasked.code, Some(2));
    assert!(unasked.stderr.contains("20261122000000") && unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    assert!(venues(&bench, &["repair", "--yes"]).stdout.contains("20261122000000"));

    let mut reader = bench.guard.connect().await;
    let mut reading = sqlx::Connection::begin(&mut reader).await.unwrap();
    sqlx::Executor::execute(&mut *reading, "lock table venues").await.unwrap();
    let blocked = venues(&bench, &["up", "--lock-timeout", "0.05", "--patience", "0.3"]);
    assert_eq!(blocked.code, Some(75), "{}", blocked.stderr);
    let blocked = venues(&bench, &["up", "--lock-timeout", "0.05", "--patience", "0.1"]);
    assert!(blocked.stderr.contains(" and 1 try;"), "{}", blocked.stderr);
    // Not even counted can it be what would go.
    let blocked = venues(&bench, &["down", "--to", "base", "--patience", "0.3"]);
    assert_eq!(blocked.code, Some(75), "{}", blocked.stderr);
}

#[tokio::test]
async fn a_run_that_fails_half_way_ends_with_75_and_one_that_fails_at_once_with_2() {
    let mut bench = Bench::empty().await;
    bench.run("create schema venue_sync; create table venue_sync.runs (x int)").await;
    let failed = venues(&bench, &["up"]);
    assert_eq!(failed.code, Some(75), "{}", failed.stderr);
    for words in ["runs", "already exists", "What stands: 1 before it", "run the same command again"] {
        assert!(failed.stderr.contains(words), "{words} is not in: {}", failed.stderr);
    }
    let again = venues(&bench, &["up"]);
    assert_eq!(again.code, Some(2), "nothing more was done: {}", again.stderr);
    bench.run("drop table venue_sync.runs").await;
    assert_eq!(venues(&bench, &["up"]).code, Some(0));

    // On the way back, too.
    bench.run("create view public.mine as select id from venue_sync.runs").await;
    let failed = venues(&bench, &["down", "--to", "base", "--allow-data-loss"]);
    assert_eq!(failed.code, Some(75), "{}", failed.stderr);
    assert!(failed.stderr.contains("What stands:"), "{}", failed.stderr);
}

#[tokio::test]
async fn a_record_that_was_lost_is_written_again_by_the_command_that_the_message_names() {
    let mut bench = Bench::at_head().await;
    let newest = bench.newest().await;
    let stamp = format!("`venues migrate stamp {newest}`");
    for (lost, named) in [
        // Of one migration, with later ones recorded.
        ("delete from venue_sync._sqlx_migrations where version = 20261122000000", stamp.as_str()),
        // Of all of them.
        ("drop table venue_sync._sqlx_migrations", "`venues migrate stamp head`"),
        ("drop table venue_sync._sqlx_migrations; delete from alembic_version", "`venues migrate stamp head`"),
    ] {
        bench.run(lost).await;
        let refused = venues(&bench, &["up", "--yes"]);
        assert!(refused.stderr.contains(named), "{lost}: {}", refused.stderr);
        let word = named.trim_matches('`').rsplit(' ').next().unwrap();
        let stamped = venues(&bench, &["stamp", word]);
        assert_eq!(stamped.code, Some(0), "{lost}: {}", stamped.stderr);
        assert_eq!(venues(&bench, &["up"]).stdout, "nothing to do: the database has every migration\n", "{lost}");
    }
}

#[tokio::test]
async fn a_checksum_that_was_lost_is_written_again_from_the_text_that_was_kept() {
    let mut bench = Bench::at_head().await;
    let sums = "select string_agg(encode(checksum, 'hex'), ' ' order by version) from venue_sync._sqlx_migrations";
    let before = bench.text(sums).await;
    bench.run("update venue_sync._sqlx_migrations set checksum = '' where version = 20261122000000").await;
    let repaired = venues(&bench, &["repair", "--yes"]);
    assert!(repaired.stdout.contains("20261122000000 is recorded without a checksum"), "{}", repaired.stdout);
    assert_eq!(bench.text(sums).await, before);
    assert_eq!(venues(&bench, &["up"]).code, Some(0));
    // What was kept has to be the file's.
    bench
        .run(
            "update venue_sync._sqlx_migrations set checksum = '' where version = 20261122000000;
             update venue_sync.migration_statements set up = 'select 1', checksum = 'other' where version = 20261122000000",
        )
        .await;
    assert_eq!(venues(&bench, &["repair", "--yes"]).stdout, "nothing to repair\n");
    let refused = venues(&bench, &["up"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("-select 1"), "{}", refused.stderr);
}

#[tokio::test]
async fn what_nobody_knows_is_not_nothing_to_repair() {
    let mut bench = Bench::at_head().await;
    bench
        .run(
            "insert into venue_sync._sqlx_migrations values (99990101000000, 'from the future', now(), true, 'sum', 1)",
        )
        .await;
    let said = venues(&bench, &["repair"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    for words in ["99990101000000 (from the future)", "newer `venues`", "delete from venue_sync._sqlx_migrations"] {
        assert!(said.stdout.contains(words), "{words} is not in: {}", said.stdout);
    }
}

#[tokio::test]
async fn a_number_that_no_migration_can_have_is_refused_by_name_before_anything_is_done() {
    for version in ["0", "-7"] {
        let mut bench = Bench::at(2).await;
        bench
            .run(&format!("insert into venue_sync._sqlx_migrations values ({version}, 'stray', now(), true, 'sum', 1)"))
            .await;
        let before = bench.everything().await;
        for words in [
            &["up"][..],
            &["down"],
            &["down", "--to", "base", "--allow-data-loss"],
            &["stamp", "head"],
            &["repair", "--yes"],
        ] {
            let refused = venues(&bench, words);
            assert_eq!(refused.code, Some(2), "{words:?}: {}", refused.stderr);
            let named = format!("records a migration {version} (stray)");
            assert!(refused.stderr.contains(&named), "{words:?}: {}", refused.stderr);
        }
        assert_eq!(bench.everything().await, before);
    }
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_looked_at_as_far_as_that_goes() {
    let mut bench = Bench::at_head().await;
    let name = bench.text("select current_database()::text").await.unwrap();
    bench.run(&format!("alter database {name} set default_transaction_read_only = on")).await;
    let current = venues(&bench, &["current", "--exit-code"]);
    assert_eq!(current.code, Some(0), "{}{}", current.stdout, current.stderr);
    for words in [bench.newest().await.to_string().as_str(), "(head)", "not compared with what is declared: "] {
        assert!(current.stdout.contains(words), "{words} is not in: {}", current.stdout);
    }
    let check = venues(&bench, &["check"]);
    assert_ne!(check.code, Some(0));
    // Somebody named a server that does not take writes either.
    let url = bench.guard.url();
    let current = venues(&bench, &["current", "--exit-code", "--scratch-url", &url]);
    assert_eq!(current.code, Some(0), "{}{}", current.stdout, current.stderr);
    assert!(current.stdout.contains("cannot execute CREATE DATABASE in a read-only transaction"), "{}", current.stdout);
    let check = venues(&bench, &["check", "--scratch-url", &url]);
    assert_eq!(check.code, Some(2), "{}", check.stderr);
    assert_eq!(check.stderr.matches("cannot execute CREATE DATABASE").count(), 1, "{}", check.stderr);
}

#[tokio::test]
async fn what_the_server_says_ends_with_one_full_stop() {
    let bench = Bench::empty().await;
    let twice = "create table public.t (a int unique); insert into public.t values (1), (1)";
    let files = files_with(&[(99_990_101_000_000, twice, "drop table public.t")]);
    let said = migrate::up(&bench.database, &files, &migrate::Options::default()).await.unwrap_err().to_string();
    assert!(said.contains("already exists.\nWhat stands"), "{said}");
}

#[tokio::test]
async fn a_database_whose_own_schema_is_gone_is_told_how_to_bring_it_back() {
    let mut bench = Bench::at_head().await;
    bench.run("drop schema venue_sync cascade").await;
    for words in [&["up", "--yes"][..], &["stamp", "head"]] {
        let refused = venues(&bench, words);
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert!(refused.stderr.contains("pg_dump --schema venue_sync"), "{}", refused.stderr);
    }
    // What Alembic made lacks more than that.
    let alembic = Bench::made_by_alembic().await;
    let refused = venues(&alembic, &["stamp", "head"]);
    assert!(refused.code == Some(1) && !refused.stderr.contains("pg_dump"), "{}", refused.stderr);
}

#[tokio::test]
async fn a_server_of_another_version_is_not_compared_with() {
    let mut bench = Bench::at_head().await;
    let name = bench.text("select current_database()::text").await.unwrap();
    let version = bench.text("select (current_setting('server_version_num')::int / 10000)::text").await.unwrap();
    // The database says that it is of a version that no server has.
    let other = "create schema other; create function other.current_setting(text) returns text language sql as $$ select '90600' $$";
    bench.run(&format!("{other}; alter database {name} set search_path = other, pg_catalog, public")).await;
    let check = venues(&bench, &["check"]);
    assert_eq!(check.code, Some(2), "{}{}", check.stdout, check.stderr);
    for words in ["is PostgreSQL 9,", &format!("the scratch server {version}:"), "--scratch-url"] {
        assert!(check.stderr.contains(words), "{words} is not in: {}", check.stderr);
    }
}

#[tokio::test]
async fn printed_sql_is_one_line_of_json_too() {
    let bench = Bench::at(1).await;
    let said = venues(&bench, &["sql", "--json", "--to", "20261122"]).json();
    assert_eq!([&said["from"], &said["to"]], [FIRST, 20_261_122_000_000]);
    assert!(said["sql"].as_str().unwrap().contains("create table venue_sync.runs"), "{said}");
}
