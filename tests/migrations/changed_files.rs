use venue_sync::migrate::{
    Fault, MigrationError, Options, State, Target, Unusable, Waits, down, faults, repair, stamp, standing, up,
};

use crate::bench::{Bench, FIRST, SECOND, down_of, files, files_with, told};

const LATER: i64 = 99_990_101_000_000;

/// Another set of files, by what a program that holds them would do.
async fn up_with(
    bench: &Bench,
    files: &venue_sync::migrate::Files,
) -> Result<venue_sync::migrate::Outcome, MigrationError> {
    up(&bench.database, files, &Options::default()).await
}

#[tokio::test]
async fn a_changed_comment_is_no_changed_migration_and_repair_contents_sqlx_too() {
    let mut bench = Bench::at_head().await;
    let second = files().get(SECOND).unwrap();
    let reworded = format!("-- Said better.\n{}", second.up.text.replace("create table", "CREATE  TABLE"));
    let changed = files_with(&[(SECOND, &reworded, down_of(second))]);
    assert_eq!(up_with(&bench, &changed).await.unwrap().reworded, [SECOND], "it goes on, and says so");

    let sums = "select encode(checksum, 'hex') from venue_sync._sqlx_migrations where version = 20261122000000";
    let before = bench.text(sums).await;
    assert_eq!(faults(&bench.database, &changed).await.unwrap(), [Fault::Reworded { version: SECOND }]);
    assert_eq!(bench.text(sums).await, before, "told, not done");
    repair(&bench.database, &changed, Waits::default()).await.unwrap();
    let as_sqlx = sqlx::migrate::Migration::new(
        SECOND,
        "".into(),
        sqlx::migrate::MigrationType::ReversibleUp,
        sqlx::SqlSafeStr::into_sql_str(sqlx::AssertSqlSafe(reworded)),
        false,
    );
    let sum: Vec<u8> = sqlx::query_scalar("select checksum from venue_sync._sqlx_migrations where version = $1")
        .bind(SECOND)
        .fetch_one(&mut bench.connection)
        .await
        .unwrap();
    assert_eq!(sum, *as_sqlx.checksum);
    assert!(faults(&bench.database, &changed).await.unwrap().is_empty());
    assert!(up_with(&bench, &changed).await.unwrap().reworded.is_empty());
}

#[tokio::test]
async fn a_changed_statement_is_refused_and_shown() {
    let mut bench = Bench::at_head().await;
    let second = files().get(SECOND).unwrap();
    let other = second.up.text.replace("region text not null", "region varchar(99) not null");
    let changed =
        files_with(&[(SECOND, &other, down_of(second)), (LATER, "create table public.t ()", "drop table public.t")]);
    let before = bench.everything().await;
    let said = up_with(&bench, &changed).await.unwrap_err().to_string();
    for words in [
        "-    region text not null",
        "+    region varchar(99) not null",
        "nothing was written",
        "restore the file",
        env!("CARGO_PKG_VERSION"),
    ] {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    assert!(faults(&bench.database, &changed).await.unwrap().is_empty(), "nothing that repair could mend");
    assert_eq!(bench.everything().await, before);

    // The way back is the one that was kept beside what was applied.
    let broken = files_with(&[(SECOND, &other, "select 1/0")]);
    let target = Target::Count(u32::try_from(bench.count().await - 1).unwrap());
    down(&bench.database, &broken, &told(target)).await.unwrap();
    assert_eq!(bench.standing().await.newest(), FIRST);
}

#[tokio::test]
async fn a_stamp_settles_a_change_that_makes_the_same_schema() {
    let bench = Bench::at(3).await;
    let second = files().get(SECOND).unwrap();
    let other = format!("{}\nselect 1;\n", second.up.text);
    let changed = files_with(&[(SECOND, &other, down_of(second))]);
    assert!(up_with(&bench, &changed).await.is_err());
    let third = files().iter().nth(2).unwrap().version.to_string();
    let stamped = stamp(&bench.database, &changed, &third.parse().unwrap(), &Options::default()).await.unwrap();
    assert_eq!(stamped.recorded.iter().map(|one| one.version).collect::<Vec<_>>(), [SECOND]);
    up_with(&bench, &changed).await.unwrap();
    assert!(up_with(&bench, &changed).await.unwrap().steps.is_empty());
    assert!(faults(&bench.database, &changed).await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_kept_text_any_other_byte_is_a_change() {
    let mut bench = Bench::at(1).await;
    bench.run("update venue_sync._sqlx_migrations set checksum = 'other'").await;
    let before = bench.everything().await;
    let error = bench.up(&told(Target::Usual)).await.unwrap_err();
    assert!(error.to_string().contains("was changed after it had been applied"), "{error}");
    let state = bench.standing().await.state();
    assert!(matches!(state, Err(Unusable::Changed { version: FIRST, difference: None, .. })), "{state:?}");
    assert_eq!(bench.everything().await, before);
}

#[tokio::test]
async fn an_older_program_takes_back_what_a_newer_one_applied() {
    let mut bench = Bench::at_head().await;
    let before = bench.catalogue("public").await;
    let newer = files_with(&[(LATER, "create table public.t (a int)", "-- loses: public.t\ndrop table public.t")]);
    assert_eq!(up_with(&bench, &newer).await.unwrap().steps.len(), 1);
    let refused = bench.up(&told(Target::Usual)).await.unwrap_err().to_string();
    assert!(refused.contains("99990101000000") && refused.contains(&files().newest().to_string()), "{refused}");
    let careful = bench.down(&Options::default()).await.unwrap_err();
    assert!(careful.to_string().contains("public.t: 0 rows"), "{careful}");
    assert_eq!(bench.down(&told(Target::Usual)).await.unwrap(), [LATER]);
    assert_eq!(bench.catalogue("public").await, before);
    assert_eq!(bench.standing().await.state(), Ok(State::Current));
}

#[tokio::test]
async fn what_sqlx_applied_is_kept_when_we_first_find_it_equal() {
    let mut bench = Bench::empty().await;
    let migrator =
        sqlx::migrate::Migrator::new(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")));
    let mut migrator = migrator.await.unwrap();
    migrator.dangerous_set_table_name("venue_sync._sqlx_migrations");
    migrator.create_schema("venue_sync");
    let newest = bench.newest().await;
    migrator.run_direct(Some(newest), &mut bench.connection, false).await.unwrap();
    assert_eq!(bench.standing().await.state(), Ok(State::Current));
    let kept = "select count(*)::text from venue_sync.migration_statements";
    assert_eq!(bench.text(kept).await.unwrap(), "0");
    assert!(bench.up(&Options::default()).await.unwrap().is_empty());
    assert_eq!(bench.text(kept).await.unwrap(), bench.count().await.to_string());
    // And sqlx finds nothing amiss with what we record.
    let mut ours = Bench::at_head().await;
    migrator.run_direct(Some(newest), &mut ours.connection, false).await.unwrap();
}

#[tokio::test]
async fn a_mark_of_a_half_applied_migration_is_named_and_taken_away_by_repair() {
    let mut bench = Bench::at_head().await;
    bench.run("update venue_sync._sqlx_migrations set success = false where version = 20261122000000").await;
    for said in [
        bench.up(&told(Target::Usual)).await.unwrap_err().to_string(),
        bench.standing().await.state().unwrap_err().to_string(),
    ] {
        assert!(said.contains("20261122000000 is half-applied") && said.contains("venues migrate repair"), "{said}");
    }
    assert_eq!(faults(&bench.database, files()).await.unwrap(), [Fault::Half { version: SECOND }]);
    repair(&bench.database, files(), Waits::default()).await.unwrap();
    assert!(faults(&bench.database, files()).await.unwrap().is_empty());
    let standing = standing(&bench.database).await.unwrap();
    assert_eq!(standing.state(), Ok(State::Behind { pending: 1 }));
}
