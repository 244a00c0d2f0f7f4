//! Applies migrations, one runner at a time.

use sqlx::postgres::PgConnection;

use super::adopt::{self, Takeover};
use super::files::{File, Files};
use super::indexes;
use super::lock;
use super::plan::{self, Ascent};
use super::run::{self, Done, MigrationError, Options, Outcome};
use super::script::Script;
use super::standing::{self, Standing, Status};
use super::step::{Step, Way};
use crate::store::Database;

/// What `up` would do, and nothing written: neither to the database nor to its bookkeeping.
pub async fn foresee_up(
    database: &Database,
    files: &Files,
    options: &Options<'_>,
) -> Result<(Outcome, Option<Takeover>), MigrationError> {
    let mut connection = database.own_connection().await?;
    run::limit(database, &mut connection, options.waits).await?;
    let standing = run::read(database, &mut connection, files).await?;
    let ascent = plan::up(&standing, files, &options.target)?;
    let takeover = match &ascent.adopt {
        Some(_) => Some(adopt::inspect(database, &mut connection, &first(files), files, options.places).await?),
        None => None,
    };
    let mut outcome = outcome(&standing, &ascent);
    for (file, _) in &ascent.steps {
        outcome.loses.extend(run::losing(database, &mut connection, file.version, &file.up).await?);
        outcome.steps.push(Done { version: file.version, what: file.what.clone() });
    }
    outcome.adopted = ascent.adopt;
    outcome.rebuilt = run::to_rebuild(&standing, files).map(|index| index.path.clone()).collect();
    run::close(connection).await;
    Ok((outcome, takeover))
}

/// Applies what the database lacks. Three statements and no lock where it lacks nothing.
pub async fn up(database: &Database, files: &Files, options: &Options<'_>) -> Result<Outcome, MigrationError> {
    let mut connection = database.own_connection().await?;
    let standing = run::read(database, &mut connection, files).await?;
    let ascent = admitted(&standing, files, options)?;
    if is_idle(&standing, files, &ascent) {
        run::close(connection).await;
        return Ok(outcome(&standing, &ascent));
    }
    let lock = run::take_lock(database, &mut connection, &standing, options.waits).await?;
    let done = ascend(database, &mut connection, files, options).await;
    lock::leave(connection, lock).await;
    done
}

/// What Alembic's first revision equals.
fn first(files: &Files) -> Files {
    files.up_to(files.iter().next().map_or(0, |file| file.version))
}

fn admitted<'a>(standing: &Standing, files: &'a Files, options: &Options<'_>) -> Result<Ascent<'a>, MigrationError> {
    let ascent = plan::up(standing, files, &options.target)?;
    match &ascent.adopt {
        Some(revision) if !options.adopt => {
            Err(MigrationError::MadeByAlembic { revision: revision.clone(), rewrites: run::rewrites(&ascent) })
        }
        _ => Ok(ascent),
    }
}

fn is_idle(standing: &Standing, files: &Files, ascent: &Ascent<'_>) -> bool {
    let work = !ascent.steps.is_empty() || ascent.adopt.is_some() || standing.unkept().next().is_some();
    !work && run::to_rebuild(standing, files).next().is_none()
}

/// With the lock held: looks again, since somebody may have been at work while we waited for it.
async fn ascend(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
    options: &Options<'_>,
) -> Result<Outcome, MigrationError> {
    let standing = run::read(database, connection, files).await?;
    let ascent = admitted(&standing, files, options)?;
    let mut outcome = outcome(&standing, &ascent);
    for (file, _) in &ascent.steps {
        outcome.loses.extend(run::losing(database, connection, file.version, &file.up).await?);
    }
    if !options.allow_data_loss && !outcome.loses.is_empty() {
        return Err(MigrationError::LosesData(outcome.loses));
    }
    if let Some(revision) = ascent.adopt {
        // Not before the lock: what was compared has to be what is recorded.
        let takeover = adopt::inspect(database, connection, &first(files), files, options.places).await?;
        for line in &takeover.not_ours {
            tracing::info!("left alone: {line}");
        }
        takeover.admit()?;
        adopt::take_over(connection, files).await.map_err(|error| run::refused(database, error))?;
        outcome.adopted = Some(revision);
    }
    let work = Work { standing: &standing, files, steps: ascent.steps };
    let climbed = climb(database, connection, work, options, &mut outcome).await;
    climbed.map_err(|error| error.after(&outcome))?;
    Ok(outcome)
}

/// What is to be done, once all is admitted.
struct Work<'a> {
    standing: &'a Standing,
    files: &'a Files,
    steps: Vec<(&'a File, bool)>,
}

/// What is done piece by piece, each of which stays when a later one fails.
async fn climb(
    database: &Database,
    connection: &mut PgConnection,
    Work { standing, files, steps }: Work<'_>,
    options: &Options<'_>,
    outcome: &mut Outcome,
) -> Result<(), MigrationError> {
    for index in run::to_rebuild(standing, files) {
        indexes::rebuild(connection, index).await?;
        outcome.rebuilt.push(index.path.clone());
    }
    let mut clear = standing.clearing();
    for (file, again) in steps {
        let way =
            Way::Up { clear: &clear, down: file.down.as_ref(), again, newest: standing.newest().max(file.version) };
        let step = self::step(file, &file.up, way, options);
        match run::step(database, connection, &step, options.waits, outcome).await {
            Err(MigrationError::Step { error, .. }) if file.up.extension.is_some() && run::is_not_allowed(&error) => {
                outcome.optional.push(format!("{} {} ({error})", file.version, file.what));
            }
            done => done?,
        }
        clear.clear();
    }
    run::keep_texts(connection, files).await.map_err(|error| database.error(error))?;
    Ok(())
}

fn step<'a>(file: &'a File, script: &'a Script, way: Way<'a>, options: &Options<'_>) -> Step<'a> {
    let Options { allow_data_loss, .. } = *options;
    Step { version: file.version, what: &file.what, script, way, allow_data_loss }
}

fn outcome(standing: &Standing, ascent: &Ascent<'_>) -> Outcome {
    let reworded = |revision: &&standing::Revision| revision.status == Status::Reworded;
    Outcome {
        stood: standing.at().map(|revision| revision.version),
        asked: ascent.asked,
        rewrites: run::rewrites(ascent),
        optional: standing.revisions.iter().filter_map(left_out).collect(),
        reworded: standing.revisions.iter().filter(reworded).map(|revision| revision.version).collect(),
        ..Outcome::default()
    }
}

fn left_out(revision: &standing::Revision) -> Option<String> {
    let Status::Optional { extension } = &revision.status else { return None };
    Some(format!("{} {} (the server has no extension {extension})", revision.version, revision.what))
}
