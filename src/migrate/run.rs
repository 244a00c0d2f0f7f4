//! Applies migrations and takes them back, one runner at a time.

use std::fmt;

use serde::Serialize;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::adopt::{self, AdoptError, Takeover};
use super::bookkeeping;
use super::files::{File, Files};
use super::indexes::{self, RebuildError};
use super::lock::{self, LockError};
use super::loss::{self, Losing};
use super::plan::{self, Ascent, Descent, PlanError, Target};
use super::script::Script;
use super::standing::{self, Standing, Status, Unusable};
use super::step::{self, Step, StepError, Waits, Way};
use crate::store::{Database, DatabaseError};

/// What somebody asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How far to go.
    pub target: Target,
    /// Take over a database that the backend's Alembic made.
    pub adopt: bool,
    /// Data may go.
    pub allow_data_loss: bool,
    /// How long to wait for what.
    pub waits: Waits,
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
    /// In the order in which it was done.
    pub steps: Vec<Done>,
    /// What the steps lose.
    pub loses: Vec<Losing>,
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
         written. Take it over with `venues migrate up`, which asks, or `venues migrate up --yes`; no row is touched"
    )]
    MadeByAlembic {
        /// What `alembic_version` says.
        revision: String,
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
    /// An invalid index.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
}

impl From<Unusable> for MigrationError {
    fn from(error: Unusable) -> Self {
        Self::Plan(error.into())
    }
}

fn listed(losing: &[Losing]) -> String {
    losing.iter().map(|one| format!("\n  {one}")).collect()
}

/// What was done before a migration failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stands {
    /// The database was taken over from Alembic.
    pub adopted: bool,
    /// Migrations that were applied or taken back.
    pub done: Vec<i64>,
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.adopted {
            write!(f, ".\nWhat stands: the database is taken over from Alembic, with no row touched")?;
        }
        if let Some(last) = self.done.last() {
            let many = self.done.len();
            write!(f, ".\nWhat stands: {many} before it, the last of them {last}")?;
        }
        if self.adopted || !self.done.is_empty() {
            write!(f, ". Mend what failed and run the same command again: it goes on from there")?;
        }
        if self.adopted {
            write!(f, "; `venues migrate stamp base` gives the database back to Alembic")?;
        }
        Ok(())
    }
}

/// What `up` would do, and nothing written: neither to the database nor to its bookkeeping.
pub async fn foresee_up(
    database: &Database,
    files: &Files,
    options: &Options,
) -> Result<(Outcome, Option<Takeover>), MigrationError> {
    let mut connection = database.own_connection().await?;
    let standing = read(database, &mut connection, files).await?;
    let ascent = plan::up(&standing, files, &options.target)?;
    let takeover = match &ascent.adopt {
        Some(_) => Some(adopt::inspect(database, &mut connection, files).await?),
        None => None,
    };
    let mut outcome = outcome(&standing);
    for (file, _) in &ascent.steps {
        outcome.loses.extend(losing(database, &mut connection, file.version, &file.up).await?);
        outcome.steps.push(Done { version: file.version, what: file.what.clone() });
    }
    outcome.adopted = ascent.adopt;
    outcome.rebuilt = to_rebuild(&standing, files).map(|index| index.path.clone()).collect();
    close(connection).await;
    Ok((outcome, takeover))
}

/// Applies what the database lacks. Three statements and no lock where it lacks nothing.
pub async fn up(database: &Database, files: &Files, options: &Options) -> Result<Outcome, MigrationError> {
    let mut connection = database.own_connection().await?;
    let standing = read(database, &mut connection, files).await?;
    let ascent = admitted(&standing, files, options)?;
    if is_idle(&standing, files, &ascent) {
        close(connection).await;
        return Ok(outcome(&standing));
    }
    if ascent.adopt.is_some() {
        adopt::inspect(database, &mut connection, files).await?.admit()?;
    }
    let lock = take_lock(database, &mut connection, &standing, options.waits).await?;
    let done = ascend(database, &mut connection, files, options).await;
    lock::leave(connection, lock).await;
    done
}

fn admitted<'a>(standing: &Standing, files: &'a Files, options: &Options) -> Result<Ascent<'a>, MigrationError> {
    let ascent = plan::up(standing, files, &options.target)?;
    match ascent.adopt {
        Some(revision) if !options.adopt => Err(MigrationError::MadeByAlembic { revision }),
        _ => Ok(ascent),
    }
}

fn is_idle(standing: &Standing, files: &Files, ascent: &Ascent<'_>) -> bool {
    let work = !ascent.steps.is_empty() || ascent.adopt.is_some() || standing.unkept().next().is_some();
    !work && to_rebuild(standing, files).next().is_none()
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

/// With the lock held: looks again, since somebody may have been at work while we waited for it.
async fn ascend(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
    options: &Options,
) -> Result<Outcome, MigrationError> {
    let standing = read(database, connection, files).await?;
    let ascent = admitted(&standing, files, options)?;
    let mut outcome = outcome(&standing);
    for (file, _) in &ascent.steps {
        outcome.loses.extend(losing(database, connection, file.version, &file.up).await?);
    }
    if !options.allow_data_loss && !outcome.loses.is_empty() {
        return Err(MigrationError::LosesData(outcome.loses));
    }
    if let Some(revision) = ascent.adopt {
        adopt::take_over(connection, files).await.map_err(|error| database.error(error))?;
        outcome.adopted = Some(revision);
    }
    for index in to_rebuild(&standing, files) {
        indexes::rebuild(connection, index).await?;
        outcome.rebuilt.push(index.path.clone());
    }
    let clear = standing.clearing();
    for (file, again) in ascent.steps {
        let way = Way::Up { clear: &clear, down: file.down.as_ref(), again };
        let step = self::step(file, &file.up, way, options);
        let stands = || Stands { adopted: outcome.adopted.is_some(), done: versions(&outcome.steps) };
        let run = step::run(database, connection, &step, options.waits).await;
        run.map_err(|error| MigrationError::Step { error, stands: stands() })?;
        outcome.steps.push(Done { version: file.version, what: file.what.clone() });
    }
    keep_texts(connection, files).await.map_err(|error| database.error(error))?;
    Ok(outcome)
}

fn step<'a>(file: &'a File, script: &'a Script, way: Way<'a>, options: &Options) -> Step<'a> {
    let Options { allow_data_loss, .. } = *options;
    Step { version: file.version, what: &file.what, script, way, allow_data_loss }
}

fn versions(done: &[Done]) -> Vec<i64> {
    done.iter().map(|one| one.version).collect()
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

fn outcome(standing: &Standing) -> Outcome {
    let reworded = |revision: &&standing::Revision| revision.status == Status::Reworded;
    Outcome {
        optional: standing.revisions.iter().filter_map(left_out).collect(),
        reworded: standing.revisions.iter().filter(reworded).map(|revision| revision.version).collect(),
        ..Outcome::default()
    }
}

fn left_out(revision: &standing::Revision) -> Option<String> {
    let Status::Optional { extension } = &revision.status else { return None };
    Some(format!("{} {} (the server has no extension {extension})", revision.version, revision.what))
}

/// What `down` would do, and nothing written.
pub async fn foresee_down(database: &Database, files: &Files, options: &Options) -> Result<Outcome, MigrationError> {
    let mut connection = database.own_connection().await?;
    let (outcome, _) = look_down(database, &mut connection, files, options).await?;
    close(connection).await;
    Ok(outcome)
}

/// Takes migrations back, newest first.
pub async fn down(database: &Database, files: &Files, options: &Options) -> Result<Outcome, MigrationError> {
    let mut connection = database.own_connection().await?;
    let standing = read(database, &mut connection, files).await?;
    if plan::down(&standing, files, &options.target)?.is_empty() {
        close(connection).await;
        return Ok(Outcome::default());
    }
    let lock = take_lock(database, &mut connection, &standing, options.waits).await?;
    let done = descend(database, &mut connection, files, options).await;
    lock::leave(connection, lock).await;
    done
}

async fn descend(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
    options: &Options,
) -> Result<Outcome, MigrationError> {
    let (mut outcome, scripts) = look_down(database, connection, files, options).await?;
    if !options.allow_data_loss && !outcome.loses.is_empty() {
        return Err(MigrationError::LosesData(outcome.loses));
    }
    outcome.steps.clear();
    for (descent, script) in scripts {
        let Descent { version, what, .. } = descent;
        let Options { allow_data_loss, waits, .. } = *options;
        let step = Step { version, what: &what, script: &script, way: Way::Down, allow_data_loss };
        let stands = || Stands { adopted: false, done: versions(&outcome.steps) };
        let run = step::run(database, connection, &step, waits).await;
        run.map_err(|error| MigrationError::Step { error, stands: stands() })?;
        outcome.steps.push(Done { version, what });
    }
    let standing = read(database, connection, files).await?;
    if standing.found.bookkeeping && standing.found.rows.is_empty() {
        bookkeeping::unmake(connection).await.map_err(|error| database.error(error))?;
    }
    Ok(outcome)
}

/// What is to be taken back, with what, and what is lost by it.
async fn look_down(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
    options: &Options,
) -> Result<(Outcome, Vec<(Descent, Script)>), MigrationError> {
    let standing = read(database, connection, files).await?;
    let mut outcome = Outcome::default();
    let mut scripts = Vec::new();
    for descent in plan::down(&standing, files, &options.target)? {
        let version = descent.version;
        let script = way_back(connection, files, &descent).await.map_err(|error| database.error(error))?;
        let script = script.ok_or(PlanError::NoWayBack { version })?;
        outcome.loses.extend(losing(database, connection, version, &script).await?);
        outcome.steps.push(Done { version, what: descent.what.clone() });
        scripts.push((descent, script));
    }
    Ok((outcome, scripts))
}

async fn way_back(
    connection: &mut PgConnection,
    files: &Files,
    descent: &Descent,
) -> Result<Option<Script>, sqlx::Error> {
    if !descent.from_kept {
        return Ok(files.get(descent.version).and_then(|file| file.down.clone()));
    }
    let kept = bookkeeping::kept(connection, descent.version).await?;
    Ok(kept.and_then(|kept| kept.down).map(Script::read))
}

async fn losing(
    database: &Database,
    connection: &mut PgConnection,
    version: i64,
    script: &Script,
) -> Result<Vec<Losing>, DatabaseError> {
    loss::count(connection, version, script).await.map_err(|error| database.error(error))
}

pub(super) async fn read(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
) -> Result<Standing, DatabaseError> {
    standing::read(connection, files).await.map_err(|error| database.error(error))
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
        Ok(()) => Ok(id),
        Err(LockError::Server(error)) => Err(database.error(error).into()),
        Err(locked) => Err(MigrationError::Lock(locked)),
    }
}

/// A connection that only looked. Whether the server hears of its end does not matter.
pub(super) async fn close(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "the connection was gone already");
    }
}
