use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::migrate::Migrate as _;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use venue_sync::migrate::{LockError, MigrationError, Options, StepError, Target, lock_id, up};
use venue_sync::store::Database;

use crate::bench::{Bench, INITIAL, SECOND, files, files_with, impatient, told, versions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runners_at_once_apply_each_migration_once() {
    let mut bench = Bench::empty().await;
    let databases = join_all((0..3).map(|_| async { Database::connect(&bench.guard.url(), 2).await.unwrap() })).await;
    let options = Options::default();
    let done = join_all(databases.iter().map(|database| up(database, files(), &options))).await;
    let mut applied: Vec<i64> = done.into_iter().flat_map(|done| versions(done.unwrap())).collect();
    applied.sort_unstable();
    assert_eq!(applied, bench.versions().await);
    let recorded = "select count(*)::text from venue_sync._sqlx_migrations where success";
    assert_eq!(bench.text(recorded).await.unwrap(), applied.len().to_string());
}

#[tokio::test]
async fn sqlxs_own_runner_and_ours_exclude_each_other() {
    let bench = Bench::at(1).await;
    let mut theirs = bench.guard.connect().await;
    theirs.lock().await.unwrap();
    let options = Options { waits: impatient(300), ..told(Target::Usual) };
    let error = bench.up(&options).await.unwrap_err();
    assert!(matches!(error, MigrationError::Lock(LockError::Locked { .. })), "{error}");
    theirs.unlock().await.unwrap();
    assert_eq!(bench.up(&options).await.unwrap().first(), Some(&SECOND));
}

#[tokio::test]
async fn a_lock_that_is_not_had_is_tried_again_and_who_holds_it_is_named() {
    let mut bench = Bench::at(1).await;
    bench.seed().await;
    let before = bench.everything().await;
    let mut reader = bench.guard.connect().await;
    reader.execute("set application_name = 'a long report'").await.unwrap();
    let mut reading = reader.begin().await.unwrap();
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *reading).await.unwrap();
    reading.execute("select count(*)  from venues").await.unwrap();
    let options = Options { waits: impatient(1500), ..told(Target::Usual) };
    let error = bench.up(&options).await.unwrap_err();
    let MigrationError::Step { error: StepError::Blocked { version: SECOND, tries, .. }, .. } = &error else {
        panic!("{error}")
    };
    assert!(*tries > 1, "{tries}");
    let said = error.to_string();
    for words in [&format!("process {pid}"), "a long report", "select count(*) from venues", "Run the command again"] {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    assert_eq!(bench.everything().await, before);
    reading.rollback().await.unwrap();
    assert_eq!(bench.up(&options).await.unwrap().first(), Some(&SECOND));
}

#[tokio::test]
async fn a_killed_runner_leaves_no_lock_and_nothing_half_done() {
    let mut bench = Bench::at(1).await;
    bench.seed().await;
    let before = bench.rows().await;
    let mut reader = bench.guard.connect().await;
    let mut reading = reader.begin().await.unwrap();
    reading.execute("lock table venues").await.unwrap();
    let mut runner = Command::new(env!("CARGO_BIN_EXE_venues"))
        .args(["migrate", "up", "--lock-timeout", "60", "--database-url", &bench.guard.url()])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let held = "select count(*)::text from pg_locks l join pg_database d on d.oid = l.database
                where d.datname = current_database() and l.locktype = 'advisory' and l.granted";
    let waits =
        "select count(*)::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while bench.text(waits).await.unwrap() != "1" {
        assert!(runner.try_wait().unwrap().is_none(), "the runner should be waiting for the reader");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bench.text(held).await.unwrap(), "1");
    runner.kill().unwrap();
    runner.wait().unwrap();
    reading.rollback().await.unwrap();
    let options = told(Target::Count(1));
    let next = tokio::time::timeout(Duration::from_secs(20), bench.up(&options)).await;
    assert_eq!(next.expect("the lock went with its holder").unwrap(), [SECOND]);
    assert_eq!(bench.text(held).await.unwrap(), "0", "nor does one that ended");
    assert_eq!(bench.rows().await, before);
}

#[tokio::test]
async fn a_migration_that_fails_half_way_leaves_nothing_of_itself() {
    let mut bench = Bench::at(1).await;
    bench.seed().await;
    // Comes late in the second migration, after the indexes and the columns.
    bench.run("create table venue_sync.venue_states (mine int)").await;
    let before = bench.everything().await;
    let error = bench.up(&told(Target::Usual)).await.unwrap_err();
    assert!(matches!(&error, MigrationError::Step { error: StepError::Failed { version: SECOND, .. }, .. }), "{error}");
    assert!(error.to_string().contains("venue_states"), "{error}");
    assert_eq!(bench.everything().await, before);
    bench.run("drop table venue_sync.venue_states").await;
    assert_eq!(
        bench.up(&told(Target::Count(1))).await.unwrap(),
        [SECOND],
        "and it goes on once that is out of the way"
    );
}

#[tokio::test]
async fn a_database_that_alembic_makes_while_we_wait_is_not_taken_over_unasked() {
    let mut bench = Bench::empty().await;
    let mut other = bench.guard.connect().await;
    let name = bench.text("select current_database()::text").await.unwrap();
    sqlx::query("select pg_advisory_lock($1)").bind(lock_id(&name)).execute(&mut other).await.unwrap();
    let database = bench.database.clone();
    let waiting = tokio::spawn(async move { up(&database, files(), &Options::default()).await });
    let asks = "select count(*)::text from pg_stat_activity
                where datname = current_database() and query like '%pg_try_advisory_lock%' and pid <> pg_backend_pid()";
    while bench.text(asks).await.unwrap() != "1" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bench.connection.execute(AssertSqlSafe(INITIAL)).await.unwrap();
    other.close().await.unwrap();
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error, MigrationError::MadeByAlembic { .. }), "{error}");
    assert_eq!(bench.catalogue("venue_sync").await, "no such schema");
}

#[tokio::test]
async fn what_is_set_to_end_strays_does_not_end_a_migration() {
    let mut bench = Bench::at_head().await;
    let name = bench.text("select current_database()::text").await.unwrap();
    bench.run(&format!("alter database {name} set statement_timeout = '100ms'")).await;
    let slow = files_with(&[(99_990_101_000_000, "select pg_sleep(0.4)", "select 1")]);
    assert_eq!(up(&bench.database, &slow, &Options::default()).await.unwrap().steps.len(), 1);
}

#[tokio::test]
async fn an_extension_that_the_role_may_not_make_is_left_out_and_the_run_goes_on() {
    let mut bench = Bench::empty().await;
    let refused = "-- requires-extension: plpgsql
        do $$ begin raise exception using errcode = 'insufficient_privilege', message = 'role x may not create it',
            hint = 'Have a superuser do it.'; end $$";
    let files = files_with(&[
        (99_990_101_000_000, refused, "select 1"),
        (99_990_102_000_000, "create table after (id int)", "drop table after"),
    ]);
    let vectors: bool = sqlx::query_scalar("select exists (select from pg_available_extensions where name = 'vector')")
        .fetch_one(&mut bench.connection)
        .await
        .unwrap();
    let ours = files.iter().filter(|file| file.up.extension.is_none()).count() + usize::from(vectors);
    for steps in [ours, 0] {
        let done = up(&bench.database, &files, &Options::default()).await.unwrap();
        assert_eq!(done.steps.len(), steps);
        let left_out = done.optional.join(" ");
        assert!(left_out.contains("may not create it. Have a superuser do it)"), "{left_out}");
    }
}
