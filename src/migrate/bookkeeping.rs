//! What a database remembers of its migrations: sqlx's table, ours beside it, and Alembic's.

use sqlx::postgres::PgConnection;
use sqlx::{Executor, FromRow, Postgres, Row as _};

use super::files::Files;
use super::script::Script;

/// sqlx's own table, in our schema (`sqlx.toml` says the same to sqlx-cli).
pub(super) const TABLE: &str = "venue_sync._sqlx_migrations";
/// The migration that makes our table of applied texts.
pub(super) const KEEPS_TEXTS: i64 = 20_261_123_000_000;

/// The statement that takes it away again, with its schema, where nothing is left in either.
pub(super) const UNMAKE: &str = "do $$ begin
    if not exists (select from venue_sync._sqlx_migrations)
        and not exists (select from pg_class where relnamespace = 'venue_sync'::regnamespace and relkind <> 'i'
                            and oid <> 'venue_sync._sqlx_migrations'::regclass)
        and not exists (select from pg_proc where pronamespace = 'venue_sync'::regnamespace) then
        drop table venue_sync._sqlx_migrations;
        drop schema venue_sync;
    end if;
end $$";

/// The statements that make the table, as sqlx makes it.
pub(super) const MAKE: [&str; 2] = [
    "create schema if not exists venue_sync",
    "create table if not exists venue_sync._sqlx_migrations (
    version bigint primary key,
    description text not null,
    installed_on timestamptz not null default now(),
    success boolean not null,
    checksum bytea not null,
    execution_time bigint not null
)",
];

const PROBE: &str = "
    select current_database()::text as database,
        to_regclass('venue_sync._sqlx_migrations') is not null as bookkeeping,
        to_regclass('venue_sync.migration_statements') is not null as keeps_texts,
        to_regclass('public.alembic_version') is not null as alembic,
        array(select c.relname::text from pg_class c
              where c.relnamespace = to_regnamespace('public') and c.relkind in ('r', 'p', 'v', 'm', 'f')
                  and c.relname in ('venues', 'venue_profiles', 'user_events') order by 1) as tables,
        array(select t.typname || ': ' || coalesce((select string_agg(e.enumlabel, ' ' order by e.enumsortorder)
                                                    from pg_enum e where e.enumtypid = t.oid), 'no enum')
              from pg_type t
              where t.typnamespace = to_regnamespace('public') and t.typname in ('event_type_enum', 'mode_enum')
              order by 1) as enums,
        array(select e.name::text from pg_available_extensions e where e.name = any($1)) as extensions,
        array(select e.name::text from pg_available_extension_versions e where e.name = any($1)
              and not (select rolsuper from pg_roles where rolname = current_user)
              group by e.name having bool_and(e.superuser and not e.trusted) and not bool_or(e.installed)) as superusers";

const ROWS: &str = "
    select version, description, success, checksum, null::bytea as statements, false as goes_back
    from venue_sync._sqlx_migrations order by version";

/// A kept text counts only where it is the one that was recorded: sqlx-cli may have been here since. It always writes a checksum:
/// where none is recorded any more, the text is all that is known.
const ROWS_WITH_TEXTS: &str = "
    select m.version, m.description, m.success, m.checksum, k.checksum as statements, k.down is not null as goes_back
    from venue_sync._sqlx_migrations m
    left join venue_sync.migration_statements k
        on k.version = m.version and (m.checksum = '' or sha384(convert_to(k.up, 'UTF8')) = m.checksum)
    order by m.version";

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The database's name.
    pub(super) database: String,
    /// sqlx's table is there.
    pub(super) bookkeeping: bool,
    /// Our table of applied texts is there.
    pub(super) keeps_texts: bool,
    /// Alembic's table, where it is there.
    pub(super) alembic: Option<Alembic>,
    /// Those of the backend's tables that are there.
    pub(super) tables: Vec<String>,
    /// Those of its enums that are there, each with its labels.
    pub(super) enums: Vec<String>,
    /// Of the extensions that were asked for, those that the server has.
    pub(super) extensions: Vec<String>,
    /// Of those, the ones that are not made yet and that only a superuser makes, as far as the server says.
    pub(super) superusers: Vec<String>,
    /// Oldest first.
    pub(super) rows: Vec<Row>,
}

/// Alembic's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Alembic {
    /// As `alembic downgrade base` leaves it.
    Empty,
    /// At a revision.
    At(String),
}

/// One migration that the database has, or has half.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(super) struct Row {
    pub(super) version: i64,
    pub(super) description: String,
    pub(super) success: bool,
    /// sqlx's, over every byte of the up file.
    pub(super) checksum: Vec<u8>,
    /// Ours, where the applied text was kept.
    pub(super) statements: Option<Vec<u8>>,
    /// The way back was kept.
    pub(super) goes_back: bool,
}

/// The texts of an applied migration.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(super) struct Kept {
    pub(super) up: String,
    pub(super) down: Option<String>,
    /// Version of the program that applied it.
    pub(super) applied_by: String,
}

/// Reads all of it. Two statements where our table is there and has rows.
pub(super) async fn find<C>(connection: &mut C, files: &Files) -> Result<Found, sqlx::Error>
where
    for<'c> &'c mut C: Executor<'c, Database = Postgres>,
{
    let probe = sqlx::query(PROBE).persistent(false).bind(files.extensions()).fetch_one(&mut *connection).await?;
    let mut found = Found {
        database: probe.try_get("database")?,
        bookkeeping: probe.try_get("bookkeeping")?,
        keeps_texts: probe.try_get("keeps_texts")?,
        alembic: None,
        tables: probe.try_get("tables")?,
        enums: probe.try_get("enums")?,
        extensions: probe.try_get("extensions")?,
        superusers: probe.try_get("superusers")?,
        rows: Vec::new(),
    };
    if found.bookkeeping {
        let rows = if found.keeps_texts { ROWS_WITH_TEXTS } else { ROWS };
        found.rows = sqlx::query_as(rows).persistent(false).fetch_all(&mut *connection).await?;
    }
    if found.rows.is_empty() && probe.try_get("alembic")? {
        let revision: Option<String> =
            // Several where its branches were never merged: a place that we do not know.
            sqlx::query_scalar("select string_agg(version_num::text, ', ' order by version_num::text) from public.alembic_version")
                .persistent(false)
                .fetch_one(connection)
                .await?;
        found.alembic = Some(revision.map_or(Alembic::Empty, Alembic::At));
    }
    Ok(found)
}

/// The texts of one applied migration, where they were kept.
pub(super) async fn kept<C>(connection: &mut C, version: i64) -> Result<Option<Kept>, sqlx::Error>
where
    for<'c> &'c mut C: Executor<'c, Database = Postgres>,
{
    sqlx::query_as("select up, down, applied_by from venue_sync.migration_statements where version = $1")
        .persistent(false)
        .bind(version)
        .fetch_optional(connection)
        .await
}

/// Makes the table, where it is missing. Who may not make schemas may still have been given this one.
pub(super) async fn make(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (schema, table): (bool, bool) = sqlx::query_as(
        "select to_regnamespace('venue_sync') is not null, to_regclass('venue_sync._sqlx_migrations') is not null",
    )
    .persistent(false)
    .fetch_one(&mut *connection)
    .await?;
    for (there, statement) in [schema, table].into_iter().zip(MAKE) {
        if !there {
            connection.execute(statement).await?;
        }
    }
    Ok(())
}

/// Records that a migration is being applied (`success` false), or is applied.
pub(super) async fn record(
    connection: &mut PgConnection,
    version: i64,
    what: &str,
    up: &Script,
    success: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into venue_sync._sqlx_migrations (version, description, success, checksum, execution_time)
         values ($1, $2, $3, $4, -1)
         on conflict (version) do update set success = excluded.success, checksum = excluded.checksum",
    )
    .persistent(false)
    .bind(version)
    .bind(what)
    .bind(success)
    .bind(up.checksum())
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that the way back of a migration is being gone, which cannot be undone.
pub(super) async fn mark_begun(connection: &mut PgConnection, version: i64) -> Result<(), sqlx::Error> {
    sqlx::query("update venue_sync._sqlx_migrations set success = false where version = $1")
        .persistent(false)
        .bind(version)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes back that the way back was begun: the server refused it.
pub(super) async fn mark_applied(connection: &mut PgConnection, version: i64) -> Result<(), sqlx::Error> {
    sqlx::query("update venue_sync._sqlx_migrations set success = true where version = $1")
        .persistent(false)
        .bind(version)
        .execute(connection)
        .await?;
    Ok(())
}

/// Records how long it took, as sqlx does: for people.
pub(super) async fn record_time(
    connection: &mut PgConnection,
    version: i64,
    took: std::time::Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query("update venue_sync._sqlx_migrations set execution_time = $1 where version = $2")
        .persistent(false)
        .bind(i64::try_from(took.as_nanos()).unwrap_or(i64::MAX))
        .bind(version)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets a migration.
pub(super) async fn forget(connection: &mut PgConnection, version: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from venue_sync._sqlx_migrations where version = $1")
        .persistent(false)
        .bind(version)
        .execute(&mut *connection)
        .await?;
    if keeps_texts(connection).await? {
        sqlx::query("delete from venue_sync.migration_statements where version = $1")
            .persistent(false)
            .bind(version)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Whether our table of applied texts is there.
pub(super) async fn keeps_texts(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select to_regclass('venue_sync.migration_statements') is not null")
        .persistent(false)
        .fetch_one(connection)
        .await
}

/// Keeps the texts of an applied migration.
pub(super) async fn keep(
    connection: &mut PgConnection,
    version: i64,
    up: &Script,
    down: Option<&Script>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into venue_sync.migration_statements (version, checksum, up, down, applied_by) values ($1, $2, $3, $4, $5)
         on conflict (version) do update set checksum = excluded.checksum, up = excluded.up, down = excluded.down,
             applied_at = clock_timestamp(), applied_by = excluded.applied_by",
    )
    .persistent(false)
    .bind(version)
    .bind(up.statements_checksum())
    .bind(&up.text)
    .bind(down.map(|down| down.text.as_str()))
    .bind(env!("CARGO_PKG_VERSION"))
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the bookkeeping itself away, where it records nothing any more and nothing else is in its schema.
pub(super) async fn unmake(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(UNMAKE).await.map(drop)
}
