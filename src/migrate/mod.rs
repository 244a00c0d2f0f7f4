//! Migrations: plain reversible SQL in `migrations/`, embedded, recorded in sqlx's own table in our schema.
//!
//! Needs a direct connection (not PgBouncer in transaction mode): runners exclude each other by a session lock.

pub mod lint;

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::postgres::PgConnection;

use crate::store::{Database, DatabaseError, Transaction, is_state, word};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Any number that nobody else's advisory lock uses: "venuesyn" in ASCII.
const LOCK: i64 = 0x7665_6e75_6573_796e;

/// One migration, and whether this database has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Revision {
    /// The number at the beginning of the file's name.
    pub version: i64,
    /// The rest of the name, in words.
    pub what: String,
    /// Applied to this database.
    pub applied: bool,
}

/// Where a database stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Has every migration of this binary.
    Current,
    /// Lacks some.
    Behind {
        /// How many.
        pending: usize,
    },
    /// Made by the backend's Alembic, and never seen by us.
    MadeByAlembic {
        /// What `alembic_version` says.
        revision: String,
    },
}

/// Why migrations cannot be run or judged.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database's fault.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A newer binary was here.
    #[error(
        "the database has migration {database}, which this binary (newest {binary}) does not know; nothing was written. \
         Use the newer `venues` that made it"
    )]
    Newer {
        /// Newest version in the database.
        database: i64,
        /// Newest version in this binary.
        binary: i64,
    },
    /// A file was changed after it had been applied.
    #[error("migration {version} was changed after it had been applied to this database; restore the file as it was")]
    Changed {
        /// Its version.
        version: i64,
    },
    /// The backend's Alembic made this database.
    #[error(
        "this database was made by the backend's Alembic (revision {revision}) and has none of our bookkeeping; nothing was \
         written. If its schema is unchanged since that revision, take it over with `venues migrate up --adopt`"
    )]
    MadeByAlembic {
        /// What `alembic_version` says.
        revision: String,
    },
    /// Alembic's database, at a revision that we do not build upon.
    #[error(
        "this database is at Alembic's revision {revision}; ours begin at {INITIAL_ALEMBIC}. Bring it there with the backend's \
         `alembic upgrade {INITIAL_ALEMBIC}` first"
    )]
    UnknownAlembic {
        /// What `alembic_version` says.
        revision: String,
    },
    /// A statement of a migration failed; that migration was rolled back whole.
    #[error("migration {version} failed and was rolled back: {reason}")]
    Failed {
        /// Its version.
        version: i64,
        /// The server's word.
        reason: String,
    },
    /// Somebody else migrates.
    #[error("another `venues migrate` is at work on this database; it did not finish within {waited:?}")]
    Locked {
        /// How long we waited.
        waited: Duration,
    },
}

/// The backend's first revision, which our first migration equals.
const INITIAL_ALEMBIC: &str = "f99aa361bd09";
/// The backend's later revision: adds a `jobs` table of its own, which we leave alone.
const LATER_ALEMBIC: &str = "a1b2c3d4e5f6";

/// All revisions of this binary, oldest first, and which of them the database has; an error where it has newer ones.
pub async fn history(database: &Database) -> Result<Vec<Revision>, MigrationError> {
    let mut transaction = database.begin().await?;
    let applied = applied(database, &mut transaction).await?;
    database.commit(transaction).await?;
    check_none_newer(&applied)?;
    Ok(ups()
        .map(|(version, what)| Revision {
            version,
            what: what.to_owned(),
            applied: applied.iter().any(|(known, _)| *known == version),
        })
        .collect())
}

/// Where the database stands; an error where it cannot be used with this binary at all.
pub async fn state(database: &Database) -> Result<State, MigrationError> {
    // Every sync asks this, also through PgBouncer: hence a transaction.
    let mut transaction = database.begin().await?;
    let applied = applied(database, &mut transaction).await?;
    let alembic = if applied.is_empty() { alembic_revision(database, &mut transaction).await? } else { None };
    database.commit(transaction).await?;
    check_none_newer(&applied)?;
    check_unchanged(&applied)?;
    if let Some(revision) = alembic {
        return Ok(State::MadeByAlembic { revision });
    }
    let pending = ups().filter(|(version, _)| !applied.iter().any(|(known, _)| known == version)).count();
    Ok(if pending == 0 { State::Current } else { State::Behind { pending } })
}

/// Applies the next `count` pending migrations (all, if none is given) and returns them. With `adopt`, a database made by the
/// backend's Alembic is taken over: the first migration is recorded without being run.
pub async fn up(database: &Database, count: Option<usize>, adopt: bool) -> Result<Vec<Revision>, MigrationError> {
    if admit(state(database).await?, adopt)? == State::Current {
        return Ok(Vec::new());
    }
    let mut connection = lock(database).await?;
    let applied = apply(database, &mut connection, count, adopt).await;
    unlock(connection).await;
    applied
}

/// Refuses what must not be migrated: a database of the backend's Alembic that nobody said to take over.
fn admit(state: State, adopt: bool) -> Result<State, MigrationError> {
    match state {
        State::MadeByAlembic { revision } if !adopt => Err(MigrationError::MadeByAlembic { revision }),
        State::MadeByAlembic { revision } if revision != INITIAL_ALEMBIC && revision != LATER_ALEMBIC => {
            Err(MigrationError::UnknownAlembic { revision })
        }
        admitted => Ok(admitted),
    }
}

async fn apply(
    database: &Database,
    connection: &mut PgConnection,
    count: Option<usize>,
    adopt: bool,
) -> Result<Vec<Revision>, MigrationError> {
    // Again, now that nobody else migrates: while we waited, somebody may have.
    if let State::MadeByAlembic { .. } = admit(state(database).await?, adopt)? {
        let first = ups().next().map(|(version, _)| version);
        let stamped = unlocked().run_direct(first, connection, true).await;
        stamped.map_err(|error| migration_error(error, database))?;
    }
    let before = history(database).await?;
    let pending = before.iter().filter(|revision| !revision.applied).take(count.unwrap_or(usize::MAX));
    let Some(target) = pending.last().map(|revision| revision.version) else { return Ok(Vec::new()) };
    let run = unlocked().run_direct(Some(target), connection, false).await;
    run.map_err(|error| migration_error(error, database))?;
    let mut after = history(database).await?;
    after.retain(|now| now.applied && before.iter().any(|then| then.version == now.version && !then.applied));
    Ok(after)
}

/// Rolls back the newest `count` applied migrations and returns them, newest first.
pub async fn down(database: &Database, count: usize) -> Result<Vec<Revision>, MigrationError> {
    let mut connection = lock(database).await?;
    let undone = revert(database, &mut connection, count).await;
    unlock(connection).await;
    undone
}

async fn revert(
    database: &Database,
    connection: &mut PgConnection,
    count: usize,
) -> Result<Vec<Revision>, MigrationError> {
    let mut undone = Vec::new();
    let applied: Vec<_> = history(database).await?.into_iter().filter(|revision| revision.applied).collect();
    for revision in applied.into_iter().rev().take(count) {
        let file = MIGRATIONS
            .iter()
            .find(|file| file.version == revision.version && file.migration_type.is_down_migration())
            .ok_or(MigrationError::Changed { version: revision.version })?;
        let reverted = connection.revert(&MIGRATIONS.table_name, file).await;
        reverted.map_err(|error| migration_error(error, database))?;
        undone.push(Revision { applied: false, ..revision });
    }
    Ok(undone)
}

/// Version and description of the up files, oldest first.
fn ups() -> impl Iterator<Item = (i64, &'static str)> {
    MIGRATIONS
        .iter()
        .filter(|migration| !migration.migration_type.is_down_migration())
        .map(|migration| (migration.version, migration.description.as_ref()))
}

/// sqlx's own lock blocks, which deadlocks with `create index concurrently`: ours is polled.
fn unlocked() -> Migrator {
    Migrator {
        migrations: MIGRATIONS.migrations.clone(),
        table_name: MIGRATIONS.table_name.clone(),
        create_schemas: MIGRATIONS.create_schemas.clone(),
        locking: false,
        ..Migrator::DEFAULT
    }
}

async fn lock(database: &Database) -> Result<PgConnection, MigrationError> {
    const PATIENCE: Duration = Duration::from_mins(1);
    const PAUSE: Duration = Duration::from_millis(250);
    let mut connection = database.own_connection().await?;
    let mut waited = Duration::ZERO;
    loop {
        let got: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(LOCK)
            .fetch_one(&mut connection)
            .await
            .map_err(|error| database.error(error))?;
        if got {
            return Ok(connection);
        }
        if waited >= PATIENCE {
            return Err(MigrationError::Locked { waited });
        }
        tokio::time::sleep(PAUSE).await;
        waited += PAUSE;
    }
}

/// Before the connection goes, so that the next runner need not wait until the server has noticed that.
async fn unlock(mut connection: PgConnection) {
    let released = sqlx::query("select pg_advisory_unlock($1)").bind(LOCK).execute(&mut connection).await;
    if let Err(error) = released.and(connection.close().await) {
        tracing::debug!(%error, "the connection that held the migration lock was gone already");
    }
}

/// Versions and checksums that the database has; none where the bookkeeping table is not there.
async fn applied(database: &Database, transaction: &mut Transaction) -> Result<Vec<(i64, Vec<u8>)>, DatabaseError> {
    let there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(MIGRATIONS.table_name.as_ref())
        .fetch_one(&mut *transaction)
        .await
        .map_err(|error| database.error(error))?;
    if !there {
        return Ok(Vec::new());
    }
    sqlx::query_as("select version, checksum from venue_sync._sqlx_migrations where success order by version")
        .fetch_all(transaction)
        .await
        .map_err(|error| database.error(error))
}

fn check_none_newer(applied: &[(i64, Vec<u8>)]) -> Result<(), MigrationError> {
    let newest = ups().map(|(version, _)| version).max().unwrap_or_default();
    match applied.iter().rev().find(|(version, _)| !ups().any(|(known, _)| known == *version)) {
        Some(&(database, _)) => Err(MigrationError::Newer { database, binary: newest }),
        None => Ok(()),
    }
}

fn check_unchanged(applied: &[(i64, Vec<u8>)]) -> Result<(), MigrationError> {
    let is_ours = |version: i64, checksum: &[u8]| {
        MIGRATIONS.iter().any(|file| {
            file.version == version && !file.migration_type.is_down_migration() && *file.checksum == *checksum
        })
    };
    match applied.iter().find(|(version, checksum)| !is_ours(*version, checksum)) {
        Some(&(version, _)) => Err(MigrationError::Changed { version }),
        None => Ok(()),
    }
}

/// The backend's revision, where its table is there and filled.
async fn alembic_revision(database: &Database, transaction: &mut Transaction) -> Result<Option<String>, DatabaseError> {
    let there: bool = sqlx::query_scalar("select to_regclass('public.alembic_version') is not null")
        .fetch_one(&mut *transaction)
        .await
        .map_err(|error| database.error(error))?;
    if !there {
        return Ok(None);
    }
    sqlx::query_scalar("select version_num from public.alembic_version limit 1")
        .fetch_optional(transaction)
        .await
        .map_err(|error| database.error(error))
}

fn migration_error(error: MigrateError, database: &Database) -> MigrationError {
    match error {
        MigrateError::ExecuteMigration(error @ sqlx::Error::Database(_), version) if !is_state(&error, "42501") => {
            MigrationError::Failed { version, reason: word(&error) }
        }
        MigrateError::ExecuteMigration(error, _) | MigrateError::Execute(error) => database.error(error).into(),
        MigrateError::VersionMismatch(version) => MigrationError::Changed { version },
        other => MigrationError::Database(DatabaseError::Statement(sqlx::Error::Configuration(other.into()))),
    }
}
