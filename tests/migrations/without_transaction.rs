use std::time::Duration;

use sqlx::{Connection as _, Executor as _};
use venue_sync::migrate::{
    Fault, Files, MigrationError, Options, State, StepError, Target, Waits, faults, repair, standing, up,
};

use crate::bench::{Bench, FIRST, files_with, impatient, told};

const LATER: i64 = 99_990_101_000_000;
const UP: &str = "-- no-transaction\ncreate unique index concurrently ix_try on public.venues (name)";
/// As a run leaves it that was killed.
const MARK: &str = "insert into venue_sync._sqlx_migrations values (99990101000000, 'what', now(), false, 'sum', -1)";
const DOWN: &str = "-- no-transaction\ndrop index concurrently public.ix_try";

fn with_index() -> Files {
    files_with(&[(LATER, UP, DOWN)])
}

async fn validity(bench: &mut Bench) -> Option<String> {
    bench
        .text("select string_agg(c.relname || ' ' || i.indisvalid, ' ') from pg_index i join pg_class c on c.oid = i.indexrelid
               where c.relname like 'ix_try%'")
        .await
}

#[tokio::test]
async fn an_index_is_built_and_dropped_while_others_write() {
    let mut bench = Bench::at_head().await;
    bench.seed().await;
    assert_eq!(up(&bench.database, &with_index(), &Options::default()).await.unwrap().steps.len(), 1);
    assert_eq!(validity(&mut bench).await.unwrap(), "ix_try true");
    venue_sync::migrate::down(&bench.database, &with_index(), &Options::default()).await.unwrap();
    assert_eq!(validity(&mut bench).await, None);
    assert_eq!(bench.standing().await.state(), Ok(State::Current));
}

#[tokio::test]
async fn an_index_that_could_not_be_built_is_taken_away_and_built_by_the_next_run() {
    let mut bench = Bench::at_head().await;
    bench.seed().await;
    bench.run("update venues set name = 'twice' where provider_id in ('id-1', 'id-2')").await;
    let error = up(&bench.database, &with_index(), &Options::default()).await.unwrap_err();
    assert!(
        matches!(
            &error,
            MigrationError::Step { error: StepError::Failed { version: LATER, rolled_back: false, .. }, .. }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("twice"), "{error}");
    assert_eq!(validity(&mut bench).await, None, "nothing of it is left to cost writers");
    assert!(faults(&bench.database, &with_index()).await.unwrap().is_empty());
    bench.run("update venues set name = 'once' where provider_id = 'id-1'").await;
    assert_eq!(up(&bench.database, &with_index(), &Options::default()).await.unwrap().steps.len(), 1);
    assert_eq!(validity(&mut bench).await.unwrap(), "ix_try true");
}

#[tokio::test]
async fn an_invalid_index_of_an_applied_migration_is_rebuilt_by_up_or_repair_and_nobody_elses_is_touched() {
    let mut bench = Bench::at_head().await;
    up(&bench.database, &with_index(), &Options::default()).await.unwrap();
    bench.run("create index theirs on venues (address)").await;
    let spoil = "update pg_index set indisvalid = false where indexrelid in ('ix_try'::regclass, 'theirs'::regclass)";
    for by_repair in [false, true] {
        bench.run(spoil).await;
        if by_repair {
            let mended = repair(&bench.database, &with_index(), Waits::default()).await.unwrap();
            assert!(matches!(&mended[..], [Fault::Invalid { rebuild: true, .. }]), "{mended:?}");
        } else {
            assert_eq!(
                up(&bench.database, &with_index(), &Options::default()).await.unwrap().rebuilt,
                ["public.ix_try"]
            );
        }
        assert_eq!(validity(&mut bench).await.unwrap(), "ix_try true");
        let theirs = bench.text("select indisvalid::text from pg_index where indexrelid = 'theirs'::regclass").await;
        assert_eq!(theirs.unwrap(), "false");
    }
    assert!(repair(&bench.database, &with_index(), Waits::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_repair_that_fails_half_way_says_what_it_did_and_is_run_again() {
    let mut bench = Bench::at_head().await;
    up(&bench.database, &with_index(), &Options::default()).await.unwrap();
    bench.run("update pg_index set indisvalid = false where indexrelid = 'ix_try'::regclass").await;
    bench.run(&format!("update venue_sync._sqlx_migrations set checksum = '' where version = {FIRST}")).await;
    let mut writer = bench.guard.connect().await;
    writer.execute("begin; lock table venues in row exclusive mode").await.unwrap();
    let error = repair(&bench.database, &with_index(), impatient(100)).await.unwrap_err();
    let stands = error.stands().expect("the checksum was written");
    assert!(matches!(&stands.mended[..], [one] if one.contains(&FIRST.to_string())), "{error}");
    assert!(error.to_string().contains("run the same command again"), "{error}");
    writer.execute("rollback").await.unwrap();
    let mended = repair(&bench.database, &with_index(), Waits::default()).await.unwrap();
    assert!(mended.iter().all(|fault| matches!(fault, Fault::Invalid { .. })) && !mended.is_empty(), "{mended:?}");
    assert_eq!(validity(&mut bench).await.unwrap(), "ix_try true");
}

#[tokio::test]
async fn a_run_that_was_killed_at_any_moment_is_taken_up_again() {
    let mut bench = Bench::at_head().await;
    bench.seed().await;
    // Before the statement; while it built; after it, before that was recorded.
    for left in [
        "select 1",
        "create index ix_try on venues (name); update pg_index set indisvalid = false where indexrelid = 'ix_try'::regclass",
        "create unique index ix_try on venues (name)",
    ] {
        bench.run(left).await;
        bench.run(MARK).await;
        assert_eq!(up(&bench.database, &with_index(), &Options::default()).await.unwrap().steps.len(), 1, "{left}");
        assert_eq!(validity(&mut bench).await.unwrap(), "ix_try true", "{left}");
        bench.run("update venue_sync._sqlx_migrations set success = false where version = 99990101000000").await;
        venue_sync::migrate::down(&bench.database, &with_index(), &told(Target::Usual)).await.unwrap();
        assert_eq!(validity(&mut bench).await, None);
    }
    // And on the way back: gone, and not yet forgotten.
    up(&bench.database, &with_index(), &Options::default()).await.unwrap();
    bench
        .run("drop index ix_try; update venue_sync._sqlx_migrations set success = false where version = 99990101000000")
        .await;
    venue_sync::migrate::down(&bench.database, &with_index(), &told(Target::Usual)).await.unwrap();
    assert_eq!(bench.standing().await.state(), Ok(State::Current));
}

#[tokio::test]
async fn what_the_server_refused_is_not_taken_for_done_by_the_next_run() {
    let create = |what: &str| format!("-- no-transaction\ncreate index concurrently {what}");
    for (before, up_text) in [
        ("select 1", create("ix_try on public.venues (name no_such_ops)")),
        ("select 1", create("ix_try on public.no_such_table (name)")),
        ("create index ix_try on venues (address)", create("ix_try on public.venues (name)")),
        ("create index ix_try on venues (address)", create("if not exists ix_try on public.venues (name)")),
        ("create index ix_try on venue_profiles (id)", create("if not exists ix_try on public.venues (id)")),
        (
            "create index ix_try on venues (name) where rating > 4",
            create("if not exists ix_try on public.venues (name)"),
        ),
    ] {
        let mut bench = Bench::at_head().await;
        bench.run(before).await;
        let (files, there) = (files_with(&[(LATER, &up_text, DOWN)]), bench.everything().await);
        for nth in 1..=2 {
            let error = up(&bench.database, &files, &Options::default()).await.unwrap_err();
            let failed = matches!(&error, MigrationError::Step { error: StepError::Failed { version: LATER, .. }, .. });
            assert!(failed, "{nth} of {up_text}: {error}");
            assert_eq!(bench.everything().await, there, "{nth} of {up_text}");
        }
        // Nor after a kill, which leaves a mark.
        bench.run(MARK).await;
        up(&bench.database, &files, &Options::default()).await.unwrap_err();
        assert_eq!(bench.everything().await, there, "{up_text}");
    }
}

#[tokio::test]
async fn a_way_back_that_the_server_refused_leaves_the_migration_applied() {
    let mut bench = Bench::at_head().await;
    let files = files_with(&[(LATER, UP, "-- no-transaction\ndrop index concurrently public.ix_misspelt")]);
    up(&bench.database, &files, &Options::default()).await.unwrap();
    let there = bench.everything().await;
    for _ in 1..=2 {
        venue_sync::migrate::down(&bench.database, &files, &told(Target::Usual)).await.unwrap_err();
        assert_eq!(bench.everything().await, there);
    }
}

#[tokio::test]
async fn a_build_that_waited_too_long_stops_nothing_else() {
    let mut bench = Bench::at_head().await;
    let mut writer = bench.guard.connect().await;
    let mut writing = writer.begin().await.unwrap();
    sqlx::Executor::execute(&mut *writing, "lock table venues in row exclusive mode").await.unwrap();
    let options = Options { waits: impatient(300), ..Options::default() };
    let error = up(&bench.database, &with_index(), &options).await.unwrap_err();
    assert!(matches!(&error, MigrationError::Step { error: StepError::Blocked { .. }, .. }), "{error}");
    assert!(error.to_string().contains("an index that it had begun"), "{error}");
    assert_eq!(bench.standing().await.state(), Ok(State::Current), "as far as this binary's own files go");
    writing.rollback().await.unwrap();
    assert_eq!(up(&bench.database, &with_index(), &options).await.unwrap().steps.len(), 1);
    assert_eq!(validity(&mut bench).await.unwrap(), "ix_try true");
}

#[tokio::test]
async fn the_killed_way_back_of_a_mixed_pair_is_gone_on_with() {
    let mut bench = Bench::at_head().await;
    let files = files_with(&[(LATER, "create index ix_try on public.venues (name)", DOWN)]);
    up(&bench.database, &files, &Options::default()).await.unwrap();
    bench.run("update venue_sync._sqlx_migrations set success = false where version = 99990101000000").await;
    venue_sync::migrate::down(&bench.database, &files, &told(Target::Usual)).await.unwrap();
    assert_eq!(validity(&mut bench).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_concurrent_build_does_not_deadlock_with_runners_that_wait() {
    let mut bench = Bench::at_head().await;
    bench.seed().await;
    let mut writer = bench.guard.connect().await;
    let mut writing = writer.begin().await.unwrap();
    sqlx::Executor::execute(&mut *writing, "update venues set rating = 1").await.unwrap();
    let (one, two) = (bench.database.clone(), bench.database.clone());
    let first = tokio::spawn(async move { up(&one, &with_index(), &Options::default()).await });
    let asks =
        "select count(*)::text from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                and query like";
    while bench.text(&format!("{asks} '%index concurrently%' and wait_event_type = 'Lock'")).await.unwrap() != "1" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let second = tokio::spawn(async move { up(&two, &with_index(), &Options::default()).await });
    while bench.text(&format!("{asks} '%pg_try_advisory_lock%'")).await.unwrap() != "1" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    writing.commit().await.unwrap();
    let done = [first.await.unwrap().unwrap().steps.len(), second.await.unwrap().unwrap().steps.len()];
    assert_eq!(done, [1, 0]);
    assert_eq!(
        standing(&bench.database).await.unwrap().revisions.len(),
        venue_sync::migrate::Files::embedded().iter().count() + 1
    );
}

#[tokio::test]
async fn an_index_that_somebody_builds_just_now_is_not_taken_for_a_failed_one() {
    let mut bench = Bench::at_head().await;
    up(&bench.database, &with_index(), &Options::default()).await.unwrap();
    bench.run("update pg_index set indisvalid = false where indexrelid = 'ix_try'::regclass").await;
    let mut builder = bench.guard.connect().await;
    let mut building = builder.begin().await.unwrap();
    sqlx::Executor::execute(&mut *building, "lock table venues in share update exclusive mode").await.unwrap();
    assert!(faults(&bench.database, &with_index()).await.unwrap().is_empty());
    building.rollback().await.unwrap();
    assert_eq!(faults(&bench.database, &with_index()).await.unwrap().len(), 1);
}
