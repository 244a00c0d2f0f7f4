//! Takes migrations back, one runner at a time.

use sqlx::postgres::PgConnection;

use super::bookkeeping;
use super::files::Files;
use super::lock;
use super::plan::{self, Descent, PlanError};
use super::run::{self, Done, MigrationError, Options, Outcome};
use super::script::Script;
use super::step::{Step, Way};
use crate::store::Database;

/// What `down` would do, and nothing written.
pub async fn foresee_down(
    database: &Database,
    files: &Files,
    options: &Options<'_>,
) -> Result<Outcome, MigrationError> {
    let mut connection = database.own_connection().await?;
    run::limit(database, &mut connection, options.waits).await?;
    let (outcome, _) = look_down(database, &mut connection, files, options).await?;
    run::close(connection).await;
    Ok(outcome)
}

/// Takes migrations back, newest first.
pub async fn down(database: &Database, files: &Files, options: &Options<'_>) -> Result<Outcome, MigrationError> {
    let mut connection = database.own_connection().await?;
    let standing = run::read(database, &mut connection, files).await?;
    if plan::down(&standing, files, &options.target)?.is_empty() {
        run::close(connection).await;
        return Ok(Outcome::default());
    }
    let lock = run::take_lock(database, &mut connection, &standing, options.waits).await?;
    let done = descend(database, &mut connection, files, options).await;
    lock::leave(connection, lock).await;
    done
}

async fn descend(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
    options: &Options<'_>,
) -> Result<Outcome, MigrationError> {
    let (mut outcome, scripts) = look_down(database, connection, files, options).await?;
    if !options.allow_data_loss && !outcome.loses.is_empty() {
        return Err(MigrationError::LosesData(outcome.loses));
    }
    outcome.steps.clear();
    let climbed = climb_down(database, connection, scripts, options, &mut outcome).await;
    climbed.map_err(|error| error.after(&outcome))?;
    clear_away(database, connection, files).await.map_err(|error| error.after(&outcome))?;
    Ok(outcome)
}

/// What is done piece by piece, each of which stays when a later one fails.
async fn climb_down(
    database: &Database,
    connection: &mut PgConnection,
    scripts: Vec<(Descent, Script)>,
    options: &Options<'_>,
    outcome: &mut Outcome,
) -> Result<(), MigrationError> {
    for (descent, script) in scripts {
        let Descent { version, what, again, .. } = descent;
        let Options { allow_data_loss, waits, .. } = *options;
        let step = Step { version, what: &what, script: &script, way: Way::Down { again }, allow_data_loss };
        run::step(database, connection, &step, waits, outcome).await?;
    }
    Ok(())
}

/// The bookkeeping, where it records nothing any more.
async fn clear_away(database: &Database, connection: &mut PgConnection, files: &Files) -> Result<(), MigrationError> {
    let standing = run::read(database, connection, files).await?;
    if standing.found.bookkeeping && standing.found.rows.is_empty() {
        bookkeeping::unmake(connection).await.map_err(|error| database.error(error))?;
    }
    Ok(())
}

/// What is to be taken back, with what, and what is lost by it.
async fn look_down(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
    options: &Options<'_>,
) -> Result<(Outcome, Vec<(Descent, Script)>), MigrationError> {
    let standing = run::read(database, connection, files).await?;
    let mut outcome = Outcome::default();
    let mut scripts = Vec::new();
    for descent in plan::down(&standing, files, &options.target)? {
        let version = descent.version;
        let script = way_back(connection, files, &descent).await.map_err(|error| database.error(error))?;
        let script = script.ok_or(PlanError::NoWayBack { version })?;
        outcome.loses.extend(run::losing(database, connection, version, &script).await?);
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
