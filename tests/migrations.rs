//! Every migration up, down and up again with data in the tables; what stops one; and who may run them at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use support::database::TestDatabase;
use venue_sync::migrate::{MigrationError, State, down, history, state, up};
use venue_sync::store::Database;

/// What the backend's Alembic makes.
const FIRST: i64 = 20_250_101_000_000;
const SECOND: i64 = 20_261_122_000_000;
const INITIAL: &str = include_str!("../migrations/20250101000000_initial.up.sql");
/// The advisory lock of everybody who migrates.
const LOCK: i64 = 0x7665_6e75_6573_796e;

/// The backend's revision f99aa361bd09, object by object.
const REVISION_F99AA361BD09: &str = "\
alembic_version.version_num character varying(32) not null
user_events.created_at timestamp with time zone not null
user_events.event_type event_type_enum not null
user_events.id uuid not null
user_events.mode mode_enum
user_events.query_context json
user_events.user_id character varying(255)
user_events.venue_id uuid
venue_profiles.attribute_scores json not null
venue_profiles.embedding_ref character varying(255)
venue_profiles.evidence_snippets json not null
venue_profiles.expires_at timestamp with time zone
venue_profiles.id uuid not null
venue_profiles.profiled_at timestamp with time zone not null
venue_profiles.venue_id uuid not null
venues.address text
venues.categories character varying[] not null
venues.created_at timestamp with time zone not null
venues.hours json
venues.id uuid not null
venues.last_seen_at timestamp with time zone not null
venues.lat double precision not null
venues.lng double precision not null
venues.name character varying(255) not null
venues.price_level integer
venues.provider_id character varying(255) not null
venues.provider_name character varying(50) not null
venues.rating double precision
venues.raw_hours text
venues.updated_at timestamp with time zone not null
CREATE INDEX ix_user_events_created_at ON public.user_events USING btree (created_at)
CREATE INDEX ix_user_events_event_type ON public.user_events USING btree (event_type)
CREATE INDEX ix_user_events_id ON public.user_events USING btree (id)
CREATE INDEX ix_user_events_mode ON public.user_events USING btree (mode)
CREATE INDEX ix_user_events_user_id ON public.user_events USING btree (user_id)
CREATE INDEX ix_user_events_venue_id ON public.user_events USING btree (venue_id)
CREATE INDEX ix_venue_profiles_id ON public.venue_profiles USING btree (id)
CREATE INDEX ix_venues_id ON public.venues USING btree (id)
CREATE UNIQUE INDEX alembic_version_pkc ON public.alembic_version USING btree (version_num)
CREATE UNIQUE INDEX ix_venue_profiles_venue_id ON public.venue_profiles USING btree (venue_id)
CREATE UNIQUE INDEX ix_venues_provider_id ON public.venues USING btree (provider_id)
CREATE UNIQUE INDEX user_events_pkey ON public.user_events USING btree (id)
CREATE UNIQUE INDEX venue_profiles_pkey ON public.venue_profiles USING btree (id)
CREATE UNIQUE INDEX venues_pkey ON public.venues USING btree (id)
alembic_version alembic_version_pkc PRIMARY KEY (version_num)
user_events user_events_pkey PRIMARY KEY (id)
user_events user_events_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES venues(id) ON DELETE SET NULL
venue_profiles venue_profiles_pkey PRIMARY KEY (id)
venue_profiles venue_profiles_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES venues(id) ON DELETE CASCADE
venues venues_pkey PRIMARY KEY (id)
event_type_enum IMPRESSION CLICK SAVE THUMBS_UP THUMBS_DOWN NAVIGATE
mode_enum WORK DATE QUICK_BITE BUDGET";

/// How many migrations there are.
fn all() -> usize {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    files.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().ends_with(".up.sql")).count()
}

/// What a schema holds, a line each: columns, indexes, constraints, enums, and whatever else there is.
const CATALOGUE: &str = "
    select line from (
        select 1 as part, format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                case when a.attnotnull then ' not null' else '' end,
                coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
                    || case a.attidentity when '' then '' else ' identity' end) as line
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = $1::regnamespace and c.relkind = 'r'
        union all select 2, pg_get_indexdef(i.indexrelid)
        from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace = $1::regnamespace
        -- From PostgreSQL 18 on a column's `not null` is a constraint as well.
        union all select 3, concat_ws(' ', c.relname, k.conname, pg_get_constraintdef(k.oid))
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        where k.connamespace = $1::regnamespace and k.contype <> 'n'
        union all select 4, t.typname || ' ' || string_agg(e.enumlabel, ' ' order by e.enumsortorder)
        from pg_type t join pg_enum e on e.enumtypid = t.oid where t.typnamespace = $1::regnamespace group by t.typname
        union all select 5, 'relation ' || c.relname from pg_class c
        where c.relnamespace = $1::regnamespace and c.relkind not in ('r', 'i', 'S')
        -- Not what an extension brings along.
        union all select 5, 'function ' || p.proname from pg_proc p
        where p.pronamespace = $1::regnamespace
          and not exists (select from pg_depend d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e')
    ) as listed order by part, line collate \"C\"";

/// A test's database, empty or brought up to a revision.
struct Bench {
    guard: TestDatabase,
    database: Database,
    connection: PgConnection,
}

impl Bench {
    async fn empty() -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 4).await.unwrap();
        let connection = guard.connect().await;
        Self { guard, database, connection }
    }

    async fn at(count: usize) -> Self {
        let bench = Self::empty().await;
        assert_eq!(up(&bench.database, Some(count), false).await.unwrap().len(), count);
        bench
    }

    /// As the backend's Alembic leaves it, with a venue of its own.
    async fn made_by_alembic() -> Self {
        let mut bench = Self::empty().await;
        bench.connection.execute(AssertSqlSafe(INITIAL)).await.unwrap();
        bench.seed().await;
        bench
    }

    async fn run(&mut self, sql: &'static str) {
        self.connection.execute(sql).await.unwrap();
    }

    async fn text(&mut self, sql: &'static str) -> Option<String> {
        sqlx::query_scalar(sql).fetch_one(&mut self.connection).await.unwrap()
    }

    async fn catalogue(&mut self, schema: &str) -> String {
        let there: bool = sqlx::query_scalar("select to_regnamespace($1) is not null")
            .bind(schema)
            .fetch_one(&mut self.connection)
            .await
            .unwrap();
        if !there {
            return "no such schema".to_owned();
        }
        let lines: Vec<String> =
            sqlx::query_scalar(CATALOGUE).bind(schema).fetch_all(&mut self.connection).await.unwrap();
        lines.join("\n")
    }

    /// Everything that a migration could have touched.
    async fn everything(&mut self) -> [String; 5] {
        let recorded = match self.text("select to_regclass('venue_sync._sqlx_migrations')::text").await {
            Some(_) => {
                self.text("select string_agg(m::text, ' ' order by version) from venue_sync._sqlx_migrations m").await
            }
            None => None,
        };
        let rows = match self.text("select to_regclass('public.venues')::text").await {
            Some(_) => self.rows().await,
            None => String::new(),
        };
        let alembic = match self.text("select to_regclass('public.alembic_version')::text").await {
            Some(_) => self.text("select string_agg(version_num, ' ') from alembic_version").await,
            None => None,
        };
        let schemas = [self.catalogue("public").await, self.catalogue("venue_sync").await];
        let [public, ours] = schemas;
        [public, ours, rows, recorded.unwrap_or_default(), alembic.unwrap_or_default()]
    }

    /// Venues, a profile and events, with every kind of JSON value and every label.
    async fn seed(&mut self) {
        self.run(
            r#"insert into venues select gen_random_uuid(), 'id-' || n, 'google', 'Café "' || n || '" \ 光', array['bar', 'cafe'],
                   n / 7.0, -n / 3.0, null, 4.5, 2,
                   (array['{"periods": [{"open": {"day": 0, "hour": 9, "minute": 5}}], "b": 1, "a": [true, null, 1.50]}', '{}',
                          'null', null, '"words"'])[n]::json,
                   'as printed', '2026-03-01 10:00+00', '2026-01-01 10:00:00.123456+00', '2026-02-01 10:00+00'
               from generate_series(1, 5) n;
               insert into venue_profiles select gen_random_uuid(), id, '{"cosy": 0.75}', '{"cosy": ["said \"so\""]}', null,
                   'epoch', 'epoch' from venues;
               insert into user_events select gen_random_uuid(), 'someone', e, v.id, m, '{"at": [1, 2]}', now()
               from unnest(enum_range(null::event_type_enum)) e, unnest(enum_range(null::mode_enum)) m,
                   (select id from venues limit 1) v"#,
        )
        .await;
    }

    /// Every row of the backend's tables, as values: not as the text of a json.
    async fn rows(&mut self) -> String {
        let rows = "select string_agg(r, E'\\n' order by r collate \"C\") from (
                select to_jsonb(v)::text as r from venues v union all select to_jsonb(p)::text from venue_profiles p
                union all select to_jsonb(e)::text from user_events e) as rows";
        self.text(rows).await.unwrap_or_default()
    }
}

fn versions(revisions: &[venue_sync::migrate::Revision]) -> Vec<i64> {
    revisions.iter().map(|revision| revision.version).collect()
}

#[tokio::test]
async fn the_first_migration_makes_the_backends_database() {
    let mut bench = Bench::at(1).await;
    assert_eq!(bench.catalogue("public").await, REVISION_F99AA361BD09);
    assert_eq!(bench.text("select string_agg(version_num, ' ') from alembic_version").await.unwrap(), "f99aa361bd09");
    let owned =
        bench.text("select count(*)::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'");
    assert_eq!(owned.await.unwrap(), "0", "no sequence: the backend makes its ids itself");
}

#[tokio::test]
async fn rows_survive_the_second_migration_in_both_directions() {
    let mut bench = Bench::at(1).await;
    bench.seed().await;
    let (rows, first) = (bench.rows().await, bench.everything().await);
    let mut heads = Vec::new();
    for _ in 0..2 {
        assert_eq!(versions(&up(&bench.database, Some(1), false).await.unwrap()), [SECOND]);
        assert_eq!(bench.rows().await, rows);
        heads.push([bench.catalogue("public").await, bench.catalogue("venue_sync").await]);
        assert_eq!(versions(&down(&bench.database, 1).await.unwrap()), [SECOND]);
        let back = bench.everything().await;
        assert_eq!(back[..3], first[..3], "the same objects and rows as before");
        assert_eq!(back[4], "f99aa361bd09");
    }
    assert_eq!(heads[0], heads[1]);
}

#[tokio::test]
async fn all_the_way_down_nothing_is_left_and_up_again_is_the_same() {
    let all = all();
    let mut bench = Bench::at(all).await;
    bench.seed().await;
    let head = [bench.catalogue("public").await, bench.catalogue("venue_sync").await];
    let undone = versions(&down(&bench.database, all + 7).await.unwrap());
    assert!(undone.is_sorted_by(|newer, older| newer > older), "newest first: {undone:?}");
    assert_eq!((undone.len(), &undone[all - 2..]), (all, &[SECOND, FIRST][..]), "and no more than there is");
    assert_eq!(bench.catalogue("public").await, "");
    assert_eq!(bench.text("select count(*)::text from venue_sync._sqlx_migrations").await.unwrap(), "0");
    assert!(history(&bench.database).await.unwrap().iter().all(|revision| !revision.applied));
    assert_eq!(state(&bench.database).await.unwrap(), State::Behind { pending: all });
    assert!(down(&bench.database, 1).await.unwrap().is_empty());
    let redone = versions(&up(&bench.database, None, false).await.unwrap());
    assert!(redone.iter().eq(undone.iter().rev()), "{redone:?}");
    assert_eq!([bench.catalogue("public").await, bench.catalogue("venue_sync").await], head);
    assert_eq!(state(&bench.database).await.unwrap(), State::Current);
}

#[tokio::test]
async fn at_head_json_can_be_compared_and_two_providers_may_use_one_id() {
    let mut bench = Bench::at(2).await;
    let public = bench.catalogue("public").await;
    let differ = |line: &&str| !REVISION_F99AA361BD09.lines().any(|known| known == *line);
    let added: Vec<_> = public.lines().filter(differ).collect();
    assert_eq!(
        added,
        [
            "user_events.query_context jsonb",
            "venue_profiles.attribute_scores jsonb not null",
            "venue_profiles.evidence_snippets jsonb not null",
            "venues.hours jsonb",
            "CREATE INDEX ix_venues_provider_id ON public.venues USING btree (provider_id)",
            "CREATE UNIQUE INDEX ix_venues_provider_name_provider_id ON public.venues USING btree (provider_name, provider_id)",
        ],
        "nothing else changes for the readers"
    );
    let ours = bench.catalogue("venue_sync").await;
    for table in ["_sqlx_migrations", "runs", "workers", "tiles", "answers", "rejects", "quota", "venue_states"] {
        assert!(ours.contains(&format!("{table}_pkey")), "{table} is not in {ours}");
    }
}

#[tokio::test]
async fn readers_find_a_venue_by_its_id_alone_through_an_index() {
    let mut bench = Bench::at(2).await;
    bench
        .run(
            "insert into venues select gen_random_uuid(), 'id-' || n, 'google', 'n', '{}', 0, 0, null, null, null, null, null,
                 now(), now(), now() from generate_series(1, 3000) n; analyze venues",
        )
        .await;
    let plan: Vec<String> = sqlx::query_scalar("explain select * from venues where provider_id = 'id-77' limit 1")
        .fetch_all(&mut bench.connection)
        .await
        .unwrap();
    assert!(plan.concat().contains("ix_venues_provider_id"), "{plan:?}");
}

#[tokio::test]
async fn a_rollback_that_two_providers_with_one_id_stop_leaves_everything_and_names_the_id() {
    let mut bench = Bench::at(2).await;
    bench.seed().await;
    bench
        .run("insert into venues select gen_random_uuid(), provider_id, 'yelp', name, categories, lat, lng, null, null, null, null,
                 null, now(), now(), now() from venues where provider_id = 'id-2'")
        .await;
    let before = bench.everything().await;
    let error = down(&bench.database, 2).await.unwrap_err();
    assert!(matches!(error, MigrationError::Failed { version: SECOND, .. }), "{error}");
    for said in ["rolled back", "ix_venues_provider_id", "id-2"] {
        assert!(error.to_string().contains(said), "{said} is not in: {error}");
    }
    assert_eq!(bench.everything().await, before);
}

#[tokio::test]
async fn a_migration_that_fails_half_way_leaves_nothing_of_itself() {
    let mut bench = Bench::at(1).await;
    bench.seed().await;
    // Comes late in the second migration, after the indexes and the columns.
    bench.run("create table venue_sync.venue_states (mine int)").await;
    let before = bench.everything().await;
    let error = up(&bench.database, None, false).await.unwrap_err();
    assert!(matches!(&error, MigrationError::Failed { version: SECOND, .. }), "{error}");
    assert!(error.to_string().contains("venue_states"), "{error}");
    assert_eq!(bench.everything().await, before);
    bench.run("drop table venue_sync.venue_states").await;
    assert_eq!(
        versions(&up(&bench.database, Some(1), false).await.unwrap()),
        [SECOND],
        "and it goes on once that is out of the way"
    );
}

#[tokio::test]
async fn a_file_that_was_changed_after_it_was_applied_is_noticed() {
    let mut bench = Bench::at(1).await;
    bench.run("update venue_sync._sqlx_migrations set checksum = 'other'").await;
    let before = bench.everything().await;
    let changed = |error: &MigrationError| matches!(error, MigrationError::Changed { version: FIRST });
    assert!(changed(&up(&bench.database, None, false).await.unwrap_err()));
    assert!(changed(&state(&bench.database).await.unwrap_err()));
    assert_eq!(bench.everything().await, before);
}

#[tokio::test]
async fn an_older_binary_keeps_its_hands_off_a_newer_database() {
    let newest = history(&Bench::empty().await.database).await.unwrap().last().unwrap().version;
    for count in [1, all()] {
        let mut bench = Bench::at(count).await;
        bench
            .run("insert into venue_sync._sqlx_migrations values (99990101000000, 'from the future', now(), true, 'sum', 1)")
            .await;
        let before = bench.everything().await;
        let refusals = [
            up(&bench.database, None, false).await.unwrap_err(),
            down(&bench.database, 1).await.unwrap_err(),
            state(&bench.database).await.unwrap_err(),
            history(&bench.database).await.unwrap_err(),
        ];
        for error in refusals {
            let said = error.to_string();
            assert!(said.contains("99990101000000") && said.contains(&newest.to_string()), "{said}");
        }
        assert_eq!(bench.everything().await, before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runners_at_once_apply_each_migration_once() {
    let mut bench = Bench::empty().await;
    let databases = join_all((0..3).map(|_| async { Database::connect(&bench.guard.url(), 2).await.unwrap() })).await;
    let applied = join_all(databases.iter().map(|database| up(database, None, false))).await;
    let mut applied: Vec<i64> = applied.into_iter().flat_map(|revisions| versions(&revisions.unwrap())).collect();
    applied.sort_unstable();
    assert_eq!(applied, versions(&history(&bench.database).await.unwrap()));
    assert_eq!(
        bench.text("select count(*)::text from venue_sync._sqlx_migrations where success").await.unwrap(),
        all().to_string()
    );
}

#[tokio::test]
async fn nothing_to_do_takes_no_lock() {
    let mut bench = Bench::at(all()).await;
    sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut bench.connection).await.unwrap();
    let applied = tokio::time::timeout(Duration::from_secs(10), up(&bench.database, None, false)).await;
    assert!(applied.expect("it does not wait").unwrap().is_empty());
}

#[tokio::test]
async fn a_killed_runner_leaves_no_lock_and_nothing_half_done() {
    let mut bench = Bench::at(1).await;
    bench.seed().await;
    let before = bench.everything().await;
    let mut reader = bench.guard.connect().await;
    let mut reading = reader.begin().await.unwrap();
    reading.execute("lock table venues").await.unwrap();
    let mut runner = Command::new(env!("CARGO_BIN_EXE_venues"))
        .args(["migrate", "up", "--database-url", &bench.guard.url()])
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
    let next = tokio::time::timeout(Duration::from_secs(20), up(&bench.database, Some(1), false)).await;
    assert_eq!(versions(&next.expect("the lock went with its holder").unwrap()), [SECOND]);
    assert_eq!(bench.text(held).await.unwrap(), "0", "nor does one that ended");
    assert_eq!(bench.everything().await[2], before[2]);
}

#[tokio::test]
async fn an_alembic_database_is_refused_unless_told_to_take_it_over() {
    let mut bench = Bench::made_by_alembic().await;
    let before = bench.everything().await;
    let error = up(&bench.database, None, false).await.unwrap_err();
    assert!(error.to_string().contains("f99aa361bd09") && error.to_string().contains("--adopt"), "{error}");
    assert_eq!(state(&bench.database).await.unwrap(), State::MadeByAlembic { revision: "f99aa361bd09".to_owned() });
    assert!(down(&bench.database, 1).await.unwrap().is_empty(), "what we did not do we do not undo");
    assert_eq!(bench.everything().await, before);
    assert_eq!(before[1], "no such schema");

    assert_eq!(versions(&up(&bench.database, Some(1), true).await.unwrap()), [SECOND]);
    let after = bench.everything().await;
    assert_eq!((&after[2], &after[4]), (&before[2], &before[4]), "its rows and its revision");
    let mut ours = Bench::at(2).await;
    assert_eq!(after[..2], [ours.catalogue("public").await, ours.catalogue("venue_sync").await]);
    assert_eq!(up(&bench.database, None, true).await.unwrap().len(), all() - 2);
    assert!(up(&bench.database, None, true).await.unwrap().is_empty(), "once is enough");
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
    assert_eq!(versions(&up(&bench.database, Some(1), true).await.unwrap()), [SECOND]);
    assert_eq!(versions(&down(&bench.database, 1).await.unwrap()), [SECOND]);
    assert_eq!(versions(&up(&bench.database, Some(1), false).await.unwrap()), [SECOND]);
    assert_eq!((bench.rows().await, bench.text(jobs).await), (rows, work));
    assert_eq!(bench.text("select version_num from alembic_version").await.unwrap(), "a1b2c3d4e5f6");
}

#[tokio::test]
async fn a_revision_of_alembics_that_we_do_not_know_is_not_built_upon() {
    let mut bench = Bench::made_by_alembic().await;
    bench.run("update alembic_version set version_num = '0123456789ab'").await;
    let before = bench.everything().await;
    let error = up(&bench.database, None, true).await.unwrap_err();
    assert!(error.to_string().contains("0123456789ab") && error.to_string().contains("alembic upgrade"), "{error}");
    assert_eq!(bench.everything().await, before);
}

#[tokio::test]
async fn a_database_that_alembic_makes_while_we_wait_is_not_taken_over_unasked() {
    let mut bench = Bench::empty().await;
    let mut other = bench.guard.connect().await;
    sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut other).await.unwrap();
    let database = bench.database.clone();
    let waiting = tokio::spawn(async move { up(&database, None, false).await });
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
