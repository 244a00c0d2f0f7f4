use sqlx::AssertSqlSafe;
use venue_sync::migrate::{AdoptError, MigrationError, Options, State, Target, foresee_up, lock_id, stamp, up};

use crate::bench::{Bench, FIRST, SECOND, files, to, told};

#[tokio::test]
async fn an_alembic_database_is_taken_over_when_somebody_says_so_and_no_row_is_touched() {
    let mut bench = Bench::made_by_alembic().await;
    let before = bench.everything().await;
    let error = bench.up(&Options::default()).await.unwrap_err();
    assert!(matches!(&error, MigrationError::MadeByAlembic { revision, .. } if revision == "f99aa361bd09"), "{error}");
    assert!(error.to_string().contains("--yes"), "{error}");
    assert_eq!(bench.standing().await.state(), Ok(State::MadeByAlembic { revision: "f99aa361bd09".to_owned() }));
    assert!(bench.down(&told(Target::Usual)).await.unwrap().is_empty(), "what we did not do we do not undo");
    let (planned, takeover) = foresee_up(&bench.database, files(), &Options::default()).await.unwrap();
    assert_eq!(planned.adopted.as_deref(), Some("f99aa361bd09"));
    assert_eq!(takeover, Some(venue_sync::migrate::Takeover::default()), "it is as it should be");
    assert_eq!(bench.everything().await, before);

    let stamped = stamp(&bench.database, files(), &"f99aa361bd09".parse().unwrap(), &Options::default()).await.unwrap();
    assert_eq!(stamped.recorded.len(), 1);
    let rows = bench.rows().await;
    assert_eq!(bench.standing().await.newest(), FIRST, "stamp takes over, and no more");
    assert_eq!(bench.up(&Options::default()).await.unwrap().len(), bench.count().await - 1);
    assert_eq!(bench.rows().await, rows);
    assert_eq!(bench.text("select version_num from alembic_version").await.unwrap(), "f99aa361bd09");
    let mut ours = Bench::at_head().await;
    for schema in ["public", "venue_sync"] {
        assert_eq!(bench.catalogue(schema).await, ours.catalogue(schema).await);
    }
    assert!(bench.up(&told(Target::Usual)).await.unwrap().is_empty(), "once is enough");
}

#[tokio::test]
async fn the_way_back_leaves_what_alembic_takes_for_its_own() {
    let mut bench = Bench::made_by_alembic().await;
    let before = (bench.catalogue("public").await, bench.rows().await);
    assert_eq!(bench.up(&told(Target::Usual)).await.unwrap().len(), bench.count().await - 1);
    assert_eq!(bench.down(&told(to("f99aa361bd09"))).await.unwrap().last(), Some(&SECOND));
    stamp(&bench.database, files(), &"base".parse().unwrap(), &Options::default()).await.unwrap();
    assert_eq!((bench.catalogue("public").await, bench.rows().await), before);
    assert_eq!(bench.catalogue("venue_sync").await, "no such schema");
    assert!(matches!(bench.standing().await.state(), Ok(State::MadeByAlembic { .. })), "as if we had never been here");
}

#[tokio::test]
async fn the_backends_later_revision_keeps_its_jobs() {
    let mut bench = Bench::made_by_alembic().await;
    bench
        .run(
            "create table jobs (id uuid primary key, venue_id uuid references venues (id), state json);
             insert into jobs select gen_random_uuid(), id, '{\"tries\": 1}' from venues;
             update alembic_version set version_num = 'a1b2c3d4e5f6'",
        )
        .await;
    let jobs = "select string_agg(j::text, ' ' order by id) from jobs j";
    let (rows, work) = (bench.rows().await, bench.text(jobs).await);
    let (_, takeover) = foresee_up(&bench.database, files(), &Options::default()).await.unwrap();
    let takeover = takeover.unwrap();
    assert_eq!((takeover.in_the_way.len(), takeover.not_ours), (0, vec!["public.jobs: table is not ours".to_owned()]));
    assert_eq!(bench.up(&told(Target::Usual)).await.unwrap().last(), Some(&bench.newest().await));
    assert_eq!(bench.down(&told(to("f99aa361bd09"))).await.unwrap().last(), Some(&SECOND));
    assert_eq!(bench.up(&told(Target::Usual)).await.unwrap().last(), Some(&bench.newest().await));
    assert_eq!((bench.rows().await, bench.text(jobs).await), (rows, work));
    assert_eq!(bench.text("select version_num from alembic_version").await.unwrap(), "a1b2c3d4e5f6");
}

#[tokio::test]
async fn what_differs_is_named_object_by_object_before_anything_is_done() {
    let mut bench = Bench::made_by_alembic().await;
    bench
        .run(
            "alter table venues drop raw_hours; drop index ix_venue_profiles_id; alter table venues alter name type text;
             alter table venues add must text not null default ''; alter table venues alter must drop default;
             alter table venues add may text; create index mine on venues (may); create table theirs (id int);
             comment on table venues is 'places'",
        )
        .await;
    let before = bench.everything().await;
    for action in ["up", "stamp"] {
        let error = match action {
            "up" => bench.up(&told(Target::Usual)).await.unwrap_err(),
            _ => stamp(&bench.database, files(), &"2025".parse().unwrap(), &Options::default()).await.unwrap_err(),
        };
        let MigrationError::Adopt(AdoptError::Differs(mut lines)) = error else { panic!("{error}") };
        lines.sort();
        assert_eq!(
            lines,
            [
                "public.venue_profiles.ix_venue_profiles_id: index is missing",
                "public.venues.must: column should not be there",
                "public.venues.name: column has another type: text instead of character varying(255)",
                "public.venues.raw_hours: column is missing",
            ],
            "{action}"
        );
        assert_eq!(bench.everything().await, before, "{action}");
    }
    let (_, takeover) = foresee_up(&bench.database, files(), &Options::default()).await.unwrap();
    let left = takeover.unwrap().not_ours.join("\n");
    for words in ["public.venues.may", "public.venues.mine", "public.theirs", "places"] {
        assert!(left.contains(words), "{words} is not in: {left}");
    }
}

#[tokio::test]
async fn a_revision_of_alembics_that_we_do_not_know_is_not_built_upon() {
    let mut bench = Bench::made_by_alembic().await;
    bench.run("update alembic_version set version_num = '0123456789ab'").await;
    let before = bench.everything().await;
    let error = bench.up(&told(Target::Usual)).await.unwrap_err();
    assert!(error.to_string().contains("0123456789ab") && error.to_string().contains("alembic upgrade"), "{error}");
    assert_eq!(bench.everything().await, before);
    // One of two branches that were never merged is known: that is no place that is.
    bench.run("insert into alembic_version values ('f99aa361bd09')").await;
    let error = bench.up(&told(Target::Usual)).await.unwrap_err();
    assert!(error.to_string().contains("0123456789ab, f99aa361bd09"), "{error}");
}

#[tokio::test]
async fn somebody_elses_tables_are_refused_and_nothing_is_left_behind() {
    for foreign in
        ["create table venues (id int)", "create type mode_enum as enum ('A')", "create view user_events as select 1"]
    {
        let mut bench = Bench::empty().await;
        bench.run(foreign).await;
        let before = bench.everything().await;
        let said = bench.up(&told(Target::Usual)).await.unwrap_err().to_string();
        let name = foreign.split(' ').nth(2).unwrap();
        assert!(said.contains(&format!("public.{name}")) && said.contains("nothing was written"), "{said}");
        assert_eq!(bench.everything().await, before);
        assert_eq!(bench.catalogue("venue_sync").await, "no such schema");
    }
}

#[tokio::test]
async fn what_alembic_leaves_when_it_has_gone_all_the_way_down_does_not_stop_us() {
    let left =
        "create table alembic_version (version_num varchar(32) not null constraint alembic_version_pkc primary key)";
    // Its way back drops tables, and forgets the enums.
    let enums = [
        "",
        "; create type event_type_enum as enum ('IMPRESSION', 'CLICK', 'SAVE', 'THUMBS_UP', 'THUMBS_DOWN', 'NAVIGATE');
                       create type mode_enum as enum ('WORK', 'DATE', 'QUICK_BITE', 'BUDGET')",
    ];
    let mut ours = Bench::at_head().await;
    for enums in enums {
        let mut bench = Bench::empty().await;
        bench.run(&format!("{left}{enums}")).await;
        assert_eq!(bench.up(&Options::default()).await.unwrap().len(), bench.count().await);
        for schema in ["public", "venue_sync"] {
            assert_eq!(bench.catalogue(schema).await, ours.catalogue(schema).await);
        }
        assert_eq!(bench.text("select version_num from alembic_version").await.unwrap(), "f99aa361bd09");
    }
}

#[tokio::test]
async fn a_stamp_records_only_what_the_database_is() {
    let bench = Bench::at(1).await;
    let error = stamp(&bench.database, files(), &"head".parse().unwrap(), &Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("venue_sync.runs: table is missing"), "{error}");
    assert_eq!(bench.standing().await.newest(), FIRST);

    let mut hand_made = Bench::empty().await;
    // A file that is for an extension makes nothing where the server lacks it.
    for file in files().iter() {
        sqlx::Executor::execute(&mut hand_made.connection, AssertSqlSafe(file.up.text.clone())).await.unwrap();
    }
    let rev = files().iter().rfind(|file| file.up.extension.is_none()).unwrap().version.to_string();
    stamp(&hand_made.database, files(), &rev.parse().unwrap(), &Options::default()).await.unwrap();
    assert_eq!(hand_made.standing().await.newest().to_string(), rev);
}

#[tokio::test]
async fn what_would_stop_the_next_migrations_or_our_rows_is_in_the_way_and_the_rest_is_not() {
    let mut bench = Bench::made_by_alembic().await;
    bench
        .run(
            "alter table venues add constraint short check (length(name) < 900); create unique index one_name on venues (name);
             create function quiet() returns trigger language plpgsql as 'begin return null; end';
             create trigger quiet before insert on venues for each row execute function quiet();
             create view opening as select hours from venues; create view names as select name from venues;
             create table ix_venues_lat_lng (id int); alter table venue_profiles add summary int; create index plain on venues (name)",
        )
        .await;
    let (_, takeover) = foresee_up(&bench.database, files(), &Options::default()).await.unwrap();
    let takeover = takeover.unwrap();
    let (stops, left) = (takeover.in_the_way.join("\n"), takeover.not_ours.join("\n"));
    for name in ["short", "one_name", "venues.quiet", "public.opening", "public.ix_venues_lat_lng", "summary"] {
        assert!(stops.contains(name), "{name} is not in: {stops}");
    }
    for name in ["public.names", "plain"] {
        assert!(left.contains(name), "{name} is not in: {left}");
    }
}

#[tokio::test]
async fn what_changes_while_we_wait_for_the_lock_is_seen() {
    let mut bench = Bench::made_by_alembic().await;
    let mut other = bench.guard.connect().await;
    let name = bench.text("select current_database()::text").await.unwrap();
    sqlx::query("select pg_advisory_lock($1)").bind(lock_id(&name)).execute(&mut other).await.unwrap();
    let database = bench.database.clone();
    let waiting = tokio::spawn(async move { up(&database, files(), &told(Target::Usual)).await });
    let asks = "select count(*)::text from pg_stat_activity
                where datname = current_database() and query like '%pg_try_advisory_lock%' and pid <> pg_backend_pid()";
    while bench.text(asks).await.unwrap() != "1" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    bench.run("alter table venues drop raw_hours").await;
    sqlx::Connection::close(other).await.unwrap();
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error, MigrationError::Adopt(AdoptError::Differs(_))), "{error}");
    assert_eq!(bench.catalogue("venue_sync").await, "no such schema");
}
