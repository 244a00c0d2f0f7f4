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
    assert_eq!((planned.steps.len(), planned.loses.len()), (1, 10));
    assert_eq!(bench.everything().await, before);
}

#[tokio::test]
async fn two_providers_with_one_id_stop_the_way_back_and_the_rows_that_would_go_are_named() {
    let mut bench = Bench::at(2).await;
    bench.seed().await;
    bench.run(SHARED).await;
    bench.run("update user_events set venue_id = (select id from venues where provider_id = 'id-2' and provider_name = 'google')").await;
    let before = bench.everything().await;
    let said = bench.down(&Options { target: to("f99aa361bd09"), ..Options::default() }).await.unwrap_err().to_string();
    for words in [
        "public.venues: 1 row",
        "public.venue_profiles: 1 row",
        "public.user_events.venue_id: 24 rows",
        "google",
        "id-2",
        "Café \"2\"",
        "2026-03-01",
    ] {
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
        "-- loses: public.venues.address\ndrop view public.venues_shown; alter table public.venues drop address",
        "alter table public.venues add address text",
    )]);
    let careful = venue_sync::migrate::up(&bench.database, &drops, &Options::default()).await.unwrap_err();
    assert!(careful.to_string().contains("public.venues.address: 0 rows"), "{careful}");
    venue_sync::migrate::up(&bench.database, &drops, &told(Target::Usual)).await.unwrap();
}

const LATER: i64 = 99_990_101_000_000;
const LATER_STILL: i64 = 99_990_102_000_000;

#[tokio::test]
async fn a_step_up_loses_nothing_where_what_it_drops_was_not_there_before_the_run() {
    let made_and_dropped = files_with(&[
        (
            LATER,
            "alter table public.venues add mood text",
            "-- loses: public.venues.mood\nalter table public.venues drop mood",
        ),
        (
            LATER_STILL,
            "-- loses: public.venues.mood\n-- loses: public.venues.address\ndrop view public.venues_shown; \nalter table public.venues drop mood, drop address",
            "alter table public.venues add mood text, add address text",
        ),
    ]);
    let bench = Bench::empty().await;
    let planned =
        venue_sync::migrate::foresee_up(&bench.database, &made_and_dropped, &Options::default()).await.unwrap().0;
    assert!(planned.loses.is_empty(), "{:?}", planned.loses);
    venue_sync::migrate::up(&bench.database, &made_and_dropped, &Options::default()).await.unwrap();

    // A database that had the one of them before is asked about that one.
    let mut bench = Bench::at_head().await;
    bench.seed().await;
    let careful = venue_sync::migrate::up(&bench.database, &made_and_dropped, &Options::default()).await.unwrap_err();
    let said = careful.to_string();
    assert!(said.contains("public.venues.address: 0 rows") && !said.contains("mood"), "{said}");
    venue_sync::migrate::up(&bench.database, &made_and_dropped, &told(Target::Usual)).await.unwrap();
    venue_sync::migrate::down(&bench.database, &made_and_dropped, &told(Target::Count(2))).await.unwrap();
}

#[tokio::test]
async fn what_an_earlier_step_of_the_run_moves_data_into_is_not_lost_unasked() {
    let renamed_and_dropped = files_with(&[
        (LATER, "alter table public.venues rename name to title", "alter table public.venues rename title to name"),
        (
            LATER_STILL,
            "-- loses: public.venues.title\ndrop view public.venues_shown; alter table public.venues drop title",
            "select 1",
        ),
    ]);
    let bench = Bench::empty().await;
    venue_sync::migrate::up(&bench.database, &renamed_and_dropped, &Options::default()).await.unwrap();
    let mut bench = Bench::at_head().await;
    bench.seed().await;
    let said = venue_sync::migrate::up(&bench.database, &renamed_and_dropped, &Options::default()).await.unwrap_err();
    let said = said.to_string();
    for words in ["public.venues.title: 5 rows", "--allow-data-loss", "What stands: 1 before it"] {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    assert_eq!(bench.text("select count(title)::text from venues").await.unwrap(), "5");
    venue_sync::migrate::up(&bench.database, &renamed_and_dropped, &told(Target::Usual)).await.unwrap();
}

#[tokio::test]
async fn names_that_need_quotes_are_counted_and_named() {
    let mut bench = Bench::at_head().await;
    bench
        .run(
            r#"create table public."Order" ("user" text, "a.b ""c" int); insert into "Order" values ('x', null), (null, 2), ('y', 3);
               create table public."user" (id int)"#,
        )
        .await;
    let drops = files_with(&[(
        LATER,
        r#"-- loses: public."Order"."user"
-- loses: public."Order"."a.b ""c"
-- loses: public."user"
-- loses: PUBLIC.Venues.Address
alter table public."Order" drop "user", drop "a.b ""c"; drop table public."user"; drop view public.venues_shown; alter table public.venues drop address"#,
        "select 1",
    )]);
    let said = venue_sync::migrate::up(&bench.database, &drops, &Options::default()).await.unwrap_err().to_string();
    for words in [
        r#"public."Order"."user": 2 rows"#,
        r#"public."Order"."a.b ""c": 2 rows"#,
        r#"public."user": 0 rows"#,
        "public.venues.address: 0 rows",
    ] {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
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
