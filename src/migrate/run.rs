//! What both directions share: what was asked for, what came of it, the lock, and why it did not work.

use std::fmt;

use serde::Serialize;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::adopt::AdoptError;
use super::bookkeeping;
use super::files::{File, Files};
use super::indexes::{self, RebuildError};
use super::lint;
use super::lock::{self, LockError};
use super::loss::{self, Losing};
use super::plan::{Ascent, PlanError, Target};
use super::scratch::Places;
use super::script::Script;
use super::standing::{self, Standing, Unusable};
use super::step::{self, Step, StepError, Waits, listed};
use crate::store::{Database, DatabaseError, is_state};

/// What somebody asked for.
#[derive(Debug, Clone, Default)]
pub struct Options<'a> {
    /// How far to go.
    pub target: Target,
    /// Take over a database that the backend's Alembic made.
    pub adopt: bool,
    /// Data may go.
    pub allow_data_loss: bool,
    /// How long to wait for what.
    pub waits: Waits,
    /// Where a scratch database may be made, which one to be taken over is compared with; always beside that one.
    pub places: Places<'a>,
}

/// One migration that was applied or taken back, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The number at the beginning of the file's name.
    pub version: i64,
    /// The rest of the name, in words.
    pub what: String,
}

/// What was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Outcome {
    /// The database was taken over from Alembic, which was at this revision.
    pub adopted: Option<String>,
    /// Where it stood when nobody had done anything yet: the newest migration that was applied.
    pub stood: Option<i64>,
    /// How far it was to go, where that was a revision; 0 is before the first.
    pub asked: Option<i64>,
    /// In the order in which it was done.
    pub steps: Vec<Done>,
    /// What the steps lose.
    pub loses: Vec<Losing>,
    /// Columns of a database that was taken over which the steps rewrite as `jsonb`.
    pub rewrites: Vec<String>,
    /// Invalid indexes that were built anew.
    pub rebuilt: Vec<String>,
    /// What was left out, since the server lacks the extension that it is for.
    pub optional: Vec<String>,
    /// Files that say the same as when they were applied, in other words or another layout.
    pub reworded: Vec<i64>,
}

/// Why migrations were not run, or not all.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database's fault.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Nothing can be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The backend's Alembic made this database, and nobody said to take it over.
    #[error(
        "this database was made by the backend's Alembic (revision {revision}) and has none of our bookkeeping; nothing was \
         written. Take it over with `venues migrate up`, which asks, or `venues migrate up --yes`; the take-over itself touches no \
         row{}",
        rewriting(.rewrites).map(|what| format!(", but {what}")).unwrap_or_default()
    )]
    MadeByAlembic {
        /// What `alembic_version` says.
        revision: String,
        /// Columns of the backend's that the migrations after the take-over would rewrite.
        rewrites: Vec<String>,
    },
    /// It cannot be taken over.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// Data would go, and nobody said that it may.
    #[error("this loses data; nothing was done.{}\nTo do it all the same, give --allow-data-loss", listed(.0))]
    LosesData(Vec<Losing>),
    /// Somebody else migrates.
    #[error(transparent)]
    Lock(LockError),
    /// A migration failed.
    #[error("{error}{stands}")]
    Step {
        /// Why.
        error: StepError,
        /// What was done before it, and stays.
        stands: Stands,
    },
    /// Something else failed, after something was done.
    #[error("{error}{stands}")]
    Later {
        /// Why.
        error: Box<MigrationError>,
        /// What was done before it, and stays.
        stands: Stands,
    },
    /// Somebody holds a lock on a table that has to be looked at.
    #[error(
        "another program has locked a table that has to be looked at, and did not let go of it in time. Run the command again when \
         that is over, or give it longer with --patience"
    )]
    Busy,
    /// An invalid index.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
}

/// What becomes of a database's json in words; nothing where it stays as it is.
pub fn rewriting(columns: &[String]) -> Option<String> {
    (!columns.is_empty()).then(|| {
        format!(
            "the migrations after it rewrite json as jsonb, in {}: the values stay; how they were spelt, the order of members, and \
             all but the last of members of one name do not",
            columns.join(", ")
        )
    })
}

/// What the files rewrite of a database that Alembic made.
pub(super) fn rewrites(ascent: &Ascent<'_>) -> Vec<String> {
    if ascent.adopt.is_none() {
        return Vec::new();
    }
    rewritten_by(ascent.steps.iter().map(|(file, _)| *file))
}

fn rewritten_by<'a>(files: impl Iterator<Item = &'a File>) -> Vec<String> {
    files.flat_map(|file| lint::becoming_jsonb(&file.up.text)).collect()
}

/// The role lacks a right that a migration needs.
pub(super) fn is_not_allowed(error: &StepError) -> bool {
    matches!(error, StepError::NotAllowed { .. } | StepError::Database(DatabaseError::MissingRight { .. }))
}

impl MigrationError {
    /// For whoever would bring an Alembic database up to date all the way.
    pub fn made_by_alembic(revision: String, files: &Files) -> Self {
        Self::MadeByAlembic { revision, rewrites: rewritten_by(files.iter().skip(1)) }
    }

    /// With what stands, where something does and it is not said yet.
    pub(super) fn after(self, outcome: &Outcome) -> Self {
        self.beside(Stands::of(outcome))
    }

    pub(super) fn beside(self, stands: Stands) -> Self {
        if stands.is_empty() || matches!(self, Self::Step { .. }) {
            return self;
        }
        Self::Later { error: Box::new(self), stands }
    }

    /// What was done before it, and stays.
    pub fn stands(&self) -> Option<&Stands> {
        match self {
            Self::Step { stands, .. } | Self::Later { stands, .. } => Some(stands).filter(|stands| !stands.is_empty()),
            _ => None,
        }
    }
}

impl From<Unusable> for MigrationError {
    fn from(error: Unusable) -> Self {
        Self::Plan(error.into())
    }
}

/// What was done before a migration failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stands {
    /// The database was taken over from Alembic.
    pub adopted: bool,
    /// Migrations that were applied or taken back.
    pub done: Vec<i64>,
    /// What was mended, in words.
    pub mended: Vec<String>,
}

impl Stands {
    fn of(outcome: &Outcome) -> Self {
        let done = outcome.steps.iter().map(|one| one.version).collect();
        let mended = outcome.rebuilt.iter().map(|index| format!("{index} built anew")).collect();
        Self { adopted: outcome.adopted.is_some(), done, mended }
    }

    /// Nothing was done.
    pub fn is_empty(&self) -> bool {
        !self.adopted && self.done.is_empty() && self.mended.is_empty()
    }
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.adopted {
            write!(f, ".\nWhat stands: the database is taken over from Alembic, which touched no row")?;
        }
        if let Some(last) = self.done.last() {
            let many = self.done.len();
            write!(f, ".\nWhat stands: {many} before it, the last of them {last}")?;
        }
        for one in &self.mended {
            write!(f, ".\nWhat stands: {one}")?;
        }
        if !self.is_empty() {
            write!(f, ". Mend what failed and run the same command again: it goes on from there")?;
        }
        if self.adopted {
            write!(f, "; `venues migrate stamp base` gives the database back to Alembic")?;
        }
        Ok(())
    }
}

/// Invalid indexes of migrations that are applied: those of others are built by running them.
pub(super) fn to_rebuild<'a>(
    standing: &'a Standing,
    files: &'a Files,
) -> impl Iterator<Item = &'a indexes::InvalidIndex> {
    let applied = |version| standing.revisions.iter().any(|one| one.version == version && one.status.is_applied());
    standing
        .invalid_indexes
        .iter()
        .filter(move |index| files.iter().any(|file| applied(file.version) && index.is_of(&file.up)))
}

/// What is equal to its file byte by byte and was applied before there was a table of texts, or by sqlx-cli.
pub(super) async fn keep_texts(connection: &mut PgConnection, files: &Files) -> Result<(), sqlx::Error> {
    let standing = standing::read(connection, files).await?;
    let unkept: Vec<&File> = standing.unkept().filter_map(|version| files.get(version)).collect();
    for file in unkept {
        bookkeeping::keep(connection, file.version, &file.up, file.down.as_ref()).await?;
    }
    Ok(())
}

pub(super) async fn losing(
    database: &Database,
    connection: &mut PgConnection,
    version: i64,
    script: &Script,
) -> Result<Vec<Losing>, MigrationError> {
    loss::count(connection, version, script).await.map_err(|error| refused(database, error))
}

/// Runs one step and says so in `outcome`. Counts what it loses once more: an earlier step may have put something there.
pub(super) async fn step(
    database: &Database,
    connection: &mut PgConnection,
    step: &Step<'_>,
    waits: Waits,
    outcome: &mut Outcome,
) -> Result<(), MigrationError> {
    let version = step.version;
    let losing = losing(database, connection, version, step.script).await?;
    let unasked = losing.iter().any(|one| one.rows != Some(0)) && !step.allow_data_loss;
    let ran = if unasked {
        Err(StepError::LosesData { version, losing })
    } else {
        outcome.loses.retain(|one| one.version != version);
        outcome.loses.extend(losing.into_iter().filter(|_| step.allow_data_loss));
        step::run(database, connection, step, waits).await
    };
    ran.map_err(|error| MigrationError::Step { error, stands: Stands::of(outcome) })?;
    outcome.steps.push(Done { version, what: step.what.to_owned() });
    Ok(())
}

pub(super) async fn read(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
) -> Result<Standing, DatabaseError> {
    standing::read(connection, files).await.map_err(|error| database.error(error))
}

/// For what is no migration: counting rows, the bookkeeping, indexes that are built while others write.
pub(super) async fn limit(
    database: &Database,
    connection: &mut PgConnection,
    waits: Waits,
) -> Result<(), MigrationError> {
    // What is set for a role or a database to end strays would end a migration half way.
    let limited = sqlx::query(
        "select set_config('lock_timeout', $1, false), set_config(name, '0', false) from pg_catalog.pg_settings
         where name in ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout')",
    )
        .persistent(false)
        .bind(format!("{}ms", waits.patience.as_millis()))
        .execute(connection)
        .await;
    limited.map(drop).map_err(|error| refused(database, error))
}

/// Why a statement of ours, not of a migration, did not work.
pub(super) fn refused(database: &Database, error: sqlx::Error) -> MigrationError {
    if is_state(&error, "55P03") { MigrationError::Busy } else { database.error(error).into() }
}

/// Takes the lock of everybody who migrates this database, and returns its number.
pub(super) async fn take_lock(
    database: &Database,
    connection: &mut PgConnection,
    standing: &Standing,
    waits: Waits,
) -> Result<i64, MigrationError> {
    let id = lock::lock_id(&standing.found.database);
    match lock::take(connection, id, waits.patience).await {
        Ok(()) => (),
        Err(LockError::Server(error)) => return Err(database.error(error).into()),
        Err(locked) => return Err(MigrationError::Lock(locked)),
    }
    // Where there is no second connection to be had, the first has to do.
    let mut other = database.begin().await.ok();
    let held = lock::is_held(connection, other.as_mut(), id).await.map_err(|error| database.error(error));
    if let Some(other) = other
        && let Err(error) = database.commit(other).await
    {
        tracing::debug!(%error, "the second connection is gone, which only looked");
    }
    if !held? {
        lock::end_stray(connection, id).await.map_err(|error| database.error(error))?;
        return Err(MigrationError::Lock(LockError::Pooled));
    }
    limit(database, connection, waits).await?;
    Ok(id)
}

/// A connection that only looked. Whether the server hears of its end does not matter.
pub(super) async fn close(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "the connection was gone already");
    }
}
