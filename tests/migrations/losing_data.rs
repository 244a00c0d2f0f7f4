use sqlx::Executor as _;
use venue_sync::migrate::{MigrationError, Options, StepError, Target, foresee_down};

use crate::bench::{Bench, SECOND, files, files_with, to, told};

/// A second provider's row of an id that the first has, seen later; and so many more.
const SHARED: &str = "
    insert into venues select gen_random_uuid(), provider_id, 'yelp', 'Later', categories, lat, lng, null, null, null, null,
        null, now(), now(), now() from venues where provider_id = 'id-2'";

#[tokio::test]
async fn what_would_go_is_listed_with_its_rows_and_nothing_is_done() {
    let mut bench = Bench::at(2).await;
    bench.seed().await;
    bench.run("insert into venue_sync.quota values ('google', '2026-01-01', 1, 1)").await;
    let before = bench.everything().await;
    let error = bench.down(&Options::default()).await.unwrap_err();
    assert!(matches!(error, MigrationError::LosesData(_)), "{error}");
    let said = error.to_string();
    for words in ["venue_sync.runs: 0 rows", "venue_sync.quota: 1 row", "nothing was done", "--allow-data-loss"] {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    assert_eq!(bench.everything().await, before);
    let planned = foresee_down(&bench.database, files(), &Options::default()).await.unwrap();
    assert_eq!((planned.steps.len(), planned.loses.len()), (1, 8));
    assert_eq!(bench.everything().await, before);
}

#[tokio::test]
async fn two_providers_with_one_id_stop_the_way_back_and_the_rows_that_would_go_are_named() {
    let mut bench = Bench::at(2).await;
    bench.seed().await;
    bench.run(SHARED).await;
    let before = bench.everything().await;
    let said = bench.down(&Options { target: to("f99aa361bd09"), ..Options::default() }).await.unwrap_err().to_string();
    for words in ["public.venues: 1 row", "google", "id-2", "Café \"2\"", "2026-03-01"] {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    assert!(!said.contains("Later"), "the one seen last stays: {said}");
    assert_eq!(bench.everything().await, before);

    let profiles = "select count(*)::text from venue_profiles";
    assert_eq!(bench.text(profiles).await.unwrap(), "5");
    assert_eq!(bench.down(&told(Target::Usual)).await.unwrap(), [SECOND]);
    assert_eq!(bench.text("select name from venues where provider_id = 'id-2'").await.unwrap(), "Later");
    assert_eq!(bench.text("select count(*)::text from venues").await.unwrap(), "5");
    assert_eq!(bench.text(profiles).await.unwrap(), "4", "its profile went with the row");
}

#[tokio::test]
async fn of_many_shared_ids_twenty_are_shown_and_the_rest_counted() {
    let mut bench = Bench::at(2).await;
    bench
        .run(
            "insert into venues select gen_random_uuid(), 'id-' || n, p, 'Venue ' || n, '{}', 0, 0, null, null, null, null, null,
                 now() - make_interval(days => n), now(), now() from generate_series(1, 25) n, unnest('{a,b}'::text[]) p",
        )
        .await;
    let said = bench.down(&Options::default()).await.unwrap_err().to_string();
    assert_eq!(said.matches("Venue ").count(), 20, "{said}");
    assert!(said.contains("public.venues: 25 rows") && said.contains("and 5 more"), "{said}");
}

#[tokio::test]
async fn the_file_itself_stops_whoever_runs_it() {
    let mut bench = Bench::at(2).await;
    bench.seed().await;
    bench.run(SHARED).await;
    let before = bench.everything().await;
    let down = files().get(SECOND).unwrap().down.clone().unwrap().text;
    let error = bench.connection.execute(sqlx::AssertSqlSafe(down.clone())).await.unwrap_err();
    let refused = error.as_database_error().unwrap().downcast_ref::<sqlx::postgres::PgDatabaseError>();
    let said = format!("{} {} {}", refused.message(), refused.detail().unwrap(), refused.hint().unwrap());
    for words in
        ["2 venues share", "google id-2 \"Café", "yelp id-2 \"Later\"", "last seen", "venue_sync.allow_data_loss"]
    {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    assert_eq!(bench.everything().await, before);
    bench.run("set venue_sync.allow_data_loss = 'on'").await;
    bench.run(&down).await;
    assert_eq!(bench.text("select name from venues where provider_id = 'id-2'").await.unwrap(), "Later");
}

#[tokio::test]
async fn a_step_up_that_loses_data_waits_for_the_word_too_also_in_an_empty_table() {
    let bench = Bench::at_head().await;
    let drops = files_with(&[(
        99_990_101_000_000,
        "-- loses: public.venues.address\nalter table public.venues drop address",
        "alter table public.venues add address text",
    )]);
    let careful = venue_sync::migrate::up(&bench.database, &drops, &Options::default()).await.unwrap_err();
    assert!(careful.to_string().contains("public.venues.address: 0 rows"), "{careful}");
    venue_sync::migrate::up(&bench.database, &drops, &told(Target::Usual)).await.unwrap();
}

#[tokio::test]
async fn a_failure_says_what_stands_and_how_to_go_on() {
    let mut bench = Bench::made_by_alembic().await;
    // Comes late in the second migration, after the indexes and the columns.
    bench.run("create schema venue_sync; create table venue_sync.venue_states (mine int)").await;
    let said = bench.up(&told(Target::Usual)).await.unwrap_err().to_string();
    assert!(said.contains("venue_sync.venue_states: table should not be there"), "before anything is done: {said}");
    bench.run("drop schema venue_sync cascade").await;

    // What no comparison of schemas can see: data that refuse.
    bench
        .run(
            "insert into venues select gen_random_uuid(), 'odd', 'google', 'n', '{}', 0, 0, null, null, null,
                 '\"\\u0000\"'::json, null, now(), now(), now()",
        )
        .await;
    let rows = bench.text("select count(*)::text from venues").await;
    let error = bench.up(&told(Target::Usual)).await.unwrap_err();
    assert!(
        matches!(&error, MigrationError::Step { error: StepError::Failed { version: SECOND, .. }, stands } if stands.adopted),
        "{error}"
    );
    let said = error.to_string();
    for words in ["rolled back", "taken over from Alembic", "run the same command again", "stamp base"] {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    assert_eq!(bench.text("select count(*)::text from venues").await, rows);
    assert_eq!(bench.standing().await.newest(), crate::bench::FIRST);
    bench.run("delete from venues where provider_id = 'odd'").await;
    assert_eq!(bench.up(&told(Target::Count(1))).await.unwrap(), [SECOND], "and it goes on");
}
