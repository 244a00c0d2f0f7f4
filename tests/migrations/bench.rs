//! A test's database, and what is looked at in it.

use sqlx::migrate::{Migration, MigrationType};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, SqlSafeStr as _};
use venue_sync::migrate::{
    Done, File, Files, MigrationError, Options, Outcome, Rev, Revision, Standing, Status, Target, Waits, down,
    standing, up,
};
use venue_sync::schema::catalogue;
use venue_sync::store::Database;

use crate::support::database::TestDatabase;

/// What the backend's Alembic makes.
pub(crate) const FIRST: i64 = 20_250_101_000_000;
pub(crate) const SECOND: i64 = 20_261_122_000_000;
pub(crate) const INITIAL: &str = include_str!("../../migrations/20250101000000_initial.up.sql");

pub(crate) fn files() -> &'static Files {
    Files::embedded()
}

/// The embedded files, with some changed (by version) or added: version, up, down.
pub(crate) fn files_with(changed: &[(i64, &str, &str)]) -> Files {
    let text = |version, up: &str, down: &str| {
        let migration = |kind, text: &str| {
            let sql = AssertSqlSafe(text.to_owned()).into_sql_str();
            Migration::new(version, "what".into(), kind, sql, text.starts_with("-- no-transaction"))
        };
        [migration(MigrationType::ReversibleUp, up), migration(MigrationType::ReversibleDown, down)]
    };
    let kept = files().iter().filter(|file| changed.iter().all(|(version, ..)| *version != file.version));
    let kept = kept.flat_map(|file| text(file.version, &file.up.text, down_of(file)));
    let all: Vec<Migration> =
        kept.chain(changed.iter().flat_map(|(version, up, down)| text(*version, up, down))).collect();
    Files::of(&all)
}

pub(crate) fn down_of(file: &File) -> &str {
    file.down.as_ref().map_or("", |down| &down.text)
}

/// Does what it is told: asks nothing.
pub(crate) fn told(target: Target) -> Options<'static> {
    Options { target, adopt: true, allow_data_loss: true, ..Options::default() }
}

pub(crate) fn to(rev: &str) -> Target {
    Target::Rev(rev.parse::<Rev>().unwrap())
}

/// Short, so that a test of what is in the way need not wait.
pub(crate) fn impatient(patience_ms: u64) -> Waits {
    use std::time::Duration;
    Waits { lock_timeout: Duration::from_millis(50), patience: Duration::from_millis(patience_ms) }
}

/// A test's database, empty or brought up to a revision.
pub(crate) struct Bench {
    pub(crate) guard: TestDatabase,
    pub(crate) database: Database,
    pub(crate) connection: PgConnection,
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

impl Bench {
    pub(crate) async fn empty() -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 4).await.unwrap();
        let connection = guard.connect().await;
        Self { guard, database, connection }
    }

    /// With the first so many migrations.
    pub(crate) async fn at(many: usize) -> Self {
        let bench = Self::empty().await;
        let target = Target::Count(u32::try_from(many).unwrap());
        assert_eq!(bench.up(&told(target)).await.unwrap().len(), many);
        bench
    }

    pub(crate) async fn at_head() -> Self {
        let bench = Self::empty().await;
        let done = bench.up(&told(Target::Usual)).await.unwrap();
        assert_eq!(done, bench.versions().await);
        bench
    }

    /// Every migration but those for which this server lacks an extension.
    pub(crate) async fn versions(&self) -> Vec<i64> {
        let optional = |one: &Revision| matches!(one.status, Status::Optional { .. });
        let standing = self.standing().await;
        standing.revisions.iter().filter(|one| !optional(one)).map(|one| one.version).collect()
    }

    pub(crate) async fn count(&self) -> usize {
        self.versions().await.len()
    }

    pub(crate) async fn newest(&self) -> i64 {
        self.versions().await.last().copied().unwrap()
    }

    /// As the backend's Alembic leaves it, with a venue of its own.
    pub(crate) async fn made_by_alembic() -> Self {
        let mut bench = Self::empty().await;
        bench.connection.execute(AssertSqlSafe(INITIAL)).await.unwrap();
        bench.seed().await;
        bench
    }

    pub(crate) async fn up(&self, options: &Options<'_>) -> Result<Vec<i64>, MigrationError> {
        up(&self.database, files(), options).await.map(versions)
    }

    pub(crate) async fn down(&self, options: &Options<'_>) -> Result<Vec<i64>, MigrationError> {
        down(&self.database, files(), options).await.map(versions)
    }

    pub(crate) async fn standing(&self) -> Standing {
        standing(&self.database).await.unwrap()
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        self.connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    }

    pub(crate) async fn text(&mut self, sql: &str) -> Option<String> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.connection).await.unwrap()
    }

    pub(crate) async fn catalogue(&mut self, schema: &str) -> String {
        if self.text(&format!("select to_regnamespace('{schema}')::text")).await.is_none() {
            return "no such schema".to_owned();
        }
        let lines: Vec<String> =
            sqlx::query_scalar(CATALOGUE).bind(schema).fetch_all(&mut self.connection).await.unwrap();
        lines.join("\n")
    }

    /// Every object of every kind, and every row of every table: what a dry run must leave as it is.
    pub(crate) async fn everything(&mut self) -> String {
        let objects = catalogue::read(&mut self.connection).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind = 'r' and n.nspname !~ '^pg_|^information_schema$' order by 1",
        )
        .fetch_all(&mut self.connection)
        .await
        .unwrap();
        let mut all = format!("{objects:#?}\n");
        for table in tables {
            let rows = format!("select string_agg(t::text, E'\\n' order by t::text) from {table} t");
            all.extend([table, "\n".to_owned(), self.text(&rows).await.unwrap_or_default(), "\n".to_owned()]);
        }
        all
    }

    /// Venues, a profile and events, with every kind of JSON value and every label.
    pub(crate) async fn seed(&mut self) {
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

    /// Every row of the backend's tables, in its own columns, as values: not as the text of a json.
    pub(crate) async fn rows(&mut self) -> String {
        let rows = "select string_agg(r, E'\\n' order by r collate \"C\") from (
                select to_jsonb(v)::text as r from venues v union all select to_jsonb(p)::text from (
                    select id, venue_id, attribute_scores, evidence_snippets, embedding_ref, profiled_at, expires_at
                    from venue_profiles) p
                union all select to_jsonb(e)::text from user_events e) as rows";
        self.text(rows).await.unwrap_or_default()
    }
}

/// Of what was done.
pub(crate) fn versions(outcome: Outcome) -> Vec<i64> {
    outcome.steps.into_iter().map(|Done { version, .. }| version).collect()
}
