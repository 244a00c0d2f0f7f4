//! Runs one file: never waiting long for a lock, since everybody else would queue behind it, but again and again.

use std::fmt;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgDatabaseError};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, FromRow};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::bookkeeping;
use super::indexes;
use super::loss::Losing;
use super::made;
use super::script::Script;
use crate::store::{Database, DatabaseError, is_state, word};

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// For one lock, while others queue behind us.
    pub lock_timeout: Duration,
    /// For everything that is in one migration's way, over all tries; and for another runner.
    pub patience: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self { lock_timeout: Duration::from_secs(3), patience: Duration::from_mins(2) }
    }
}

/// What is done to the database besides the file's own statements.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way<'a> {
    /// Recorded as applied; first, what is in its way and nobody's is removed.
    Up {
        clear: &'a [String],
        down: Option<&'a Script>,
        /// A try that was killed may have got as far as it goes.
        again: bool,
        /// The newest version that is applied, or the file's own where that is newer.
        newest: i64,
    },
    /// No longer recorded.
    Down {
        /// A try that was killed may have got as far as it goes.
        again: bool,
    },
}

/// One file, to be run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) version: i64,
    pub(super) what: &'a str,
    pub(super) script: &'a Script,
    pub(super) way: Way<'a>,
    /// Somebody said that data may go.
    pub(super) allow_data_loss: bool,
}

/// Why a file was not run.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A statement of it failed.
    #[error("migration {version} failed and {}: {reason}{}", undone(*.rolled_back), is_there(*.unrecorded_up_to))]
    Failed {
        /// Its version.
        version: i64,
        /// The server's word.
        reason: String,
        /// Nothing of it is left.
        rolled_back: bool,
        /// What it makes is there already: its record may have been lost, in a database that may be at this version.
        unrecorded_up_to: Option<i64>,
    },
    /// Its own words for a right that the role lacks: an extension, for one, that only a superuser may make.
    #[error("migration {version} was not run: {reason}")]
    NotAllowed {
        /// Its version.
        version: i64,
        /// The server's word, and what to do.
        reason: String,
    },
    /// Others held what it needs.
    #[error(
        "migration {version} did not get a lock within {} s and {}; {}.{} Run the command again when that is over, or \
         give it longer with --patience",
        waited.as_secs(), many(*.tries), left(*.rolled_back), told(.by)
    )]
    Blocked {
        /// Its version.
        version: i64,
        /// How long, over all tries.
        waited: Duration,
        /// How often.
        tries: u32,
        /// Who was last seen in the way.
        by: Vec<Blocker>,
        /// Nothing of it is left.
        rolled_back: bool,
    },
    /// Data would go that came there only since the run began.
    #[error("migration {version} was not run: it loses data that an earlier one of this run put there.{}\nTo do it all the same, \
             give --allow-data-loss", listed(.losing))]
    LosesData {
        /// Its version.
        version: i64,
        /// What would go.
        losing: Vec<Losing>,
    },
    /// The database's fault.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

fn many(tries: u32) -> String {
    if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") }
}

fn undone(rolled_back: bool) -> &'static str {
    if rolled_back {
        "was rolled back"
    } else {
        "is not recorded; it runs without a transaction, see what it may have left"
    }
}

fn is_there(version: Option<i64>) -> String {
    let told = |version| {
        format!(
            ". If it was applied and its record was lost, `venues migrate stamp {version}` (or the newest revision that the database \
             matches) records it again, once it has compared the two"
        )
    };
    version.map(told).unwrap_or_default()
}

fn left(rolled_back: bool) -> &'static str {
    if rolled_back {
        "nothing of it was done"
    } else {
        "it is not recorded, and an index that it had begun is dropped by the next run"
    }
}

/// A line for each.
pub(super) fn listed(losing: &[Losing]) -> String {
    losing.iter().map(|one| format!("\n  {one}")).collect::<Vec<_>>().concat()
}

fn told(by: &[Blocker]) -> String {
    by.iter().map(|blocker| format!("\n  in the way: {blocker}\n")).collect::<Vec<_>>().concat()
}

/// Somebody who holds what we need.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Blocker {
    /// The server's process.
    pub pid: i32,
    /// What the program calls itself.
    pub application: String,
    /// How long its transaction has been open.
    pub since: String,
    /// Its last statement, cut.
    pub query: String,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, application, since, query } = self;
        let name = if application.is_empty() { "a program without a name" } else { application };
        write!(f, "process {pid} ({name}), in a transaction since {since}: {query}")
    }
}

const BLOCKERS: &str = "
    select pid, coalesce(application_name, '') as application,
        coalesce(to_char(xact_start, 'YYYY-MM-DD HH24:MI:SSTZH:TZM'), 'some time') as since,
        coalesce(left(regexp_replace(query, '\\s+', ' ', 'g'), 100), '') as query
    from pg_stat_activity where pid = any(pg_blocking_pids($1)) order by xact_start limit 5";

/// Runs a file, with as many tries as `waits` has room for.
pub(super) async fn run(
    database: &Database,
    connection: &mut PgConnection,
    step: &Step<'_>,
    waits: Waits,
) -> Result<(), StepError> {
    const FIRST_PAUSE: Duration = Duration::from_millis(250);
    const LONGEST_PAUSE: Duration = Duration::from_secs(10);
    let begun = Instant::now();
    let (mut tries, mut pause, mut by) = (0, FIRST_PAUSE, Vec::new());
    loop {
        tries += 1;
        let (done, seen) = watched(database, connection, step, waits).await?;
        let Err(error) = done else { break };
        if !seen.is_empty() {
            by = seen;
        }
        // Not had within lock_timeout, or a deadlock that we were chosen to end.
        if !is_state(&error, "55P03") && !is_state(&error, "40P01") {
            return Err(refused(database, step, error));
        }
        if begun.elapsed() + pause >= waits.patience {
            return Err(StepError::Blocked {
                version: step.version,
                waited: begun.elapsed(),
                tries,
                by,
                rolled_back: step.script.in_transaction,
            });
        }
        for blocker in &by {
            tracing::warn!(version = step.version, "waiting for a lock: {blocker}");
        }
        sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    if matches!(step.way, Way::Up { .. }) {
        let timed = bookkeeping::record_time(connection, step.version, begun.elapsed()).await;
        timed.map_err(|error| database.error(error))?;
    }
    Ok(())
}

fn refused(database: &Database, step: &Step<'_>, error: sqlx::Error) -> StepError {
    let said = error.as_database_error().and_then(|said| said.try_downcast_ref::<PgDatabaseError>());
    let hint = said.and_then(PgDatabaseError::hint).map(str::to_owned);
    // A right that is missing has its own advice, unless the file gives a better one.
    if said.is_none() || hint.is_none() && is_state(&error, "42501") {
        return database.error(error).into();
    }
    let reason = hint.iter().fold(word(&error), |reason, hint| format!("{reason}. {}", hint.trim_end_matches('.')));
    if is_state(&error, "42501") {
        return StepError::NotAllowed { version: step.version, reason };
    }
    // A schema, a table, a column, a function, and all else that has a name.
    let is_there = ["42P06", "42P07", "42701", "42723", "42710"].iter().any(|state| is_state(&error, state));
    let unrecorded_up_to = match step.way {
        Way::Up { newest, .. } if is_there => Some(newest),
        _ => None,
    };
    let Step { version, script, .. } = step;
    StepError::Failed { version: *version, reason, rolled_back: script.in_transaction, unrecorded_up_to }
}

/// One try, and who was seen in its way meanwhile.
async fn watched(
    database: &Database,
    connection: &mut PgConnection,
    step: &Step<'_>,
    waits: Waits,
) -> Result<(Result<(), sqlx::Error>, Vec<Blocker>), StepError> {
    const LOOK: Duration = Duration::from_millis(500);
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .persistent(false)
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| database.error(error))?;
    let mut looks = interval(LOOK.min(waits.lock_timeout / 3).max(Duration::from_millis(1)));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks.tick().await;
    let mut seen = Vec::new();
    let trying = once(connection, step, waits);
    tokio::pin!(trying);
    loop {
        tokio::select! {
            done = &mut trying => return Ok((done, seen)),
            _ = looks.tick() => {
                // Only to tell of them: where that cannot be had, the migration goes on all the same.
                match blockers(database, pid).await {
                    Ok(now) if now.is_empty() => (),
                    Ok(now) => seen = now,
                    Err(error) => tracing::debug!(%error, "cannot see who is in the way"),
                }
            }
        }
    }
}

async fn blockers(database: &Database, pid: i32) -> Result<Vec<Blocker>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let found = sqlx::query_as(BLOCKERS).bind(pid).fetch_all(&mut transaction).await;
    let found = found.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(found)
}

async fn once(connection: &mut PgConnection, step: &Step<'_>, waits: Waits) -> Result<(), sqlx::Error> {
    if step.script.in_transaction {
        let mut transaction = connection.begin().await?;
        settings(&mut transaction, waits.lock_timeout, step.allow_data_loss, true).await?;
        if let Way::Up { clear, .. } = step.way {
            bookkeeping::make(&mut transaction).await?;
            for statement in clear {
                transaction.execute(AssertSqlSafe(statement.clone())).await?;
            }
        }
        transaction.execute(AssertSqlSafe(step.script.text.clone())).await?;
        note(&mut transaction, step).await?;
        return transaction.commit().await;
    }
    let ran = outside(connection, step, waits).await;
    connection.execute("reset venue_sync.allow_data_loss").await?;
    if let Err(error @ sqlx::Error::Database(_)) = ran {
        // Only a kill leaves a mark: what the server itself refused is known not to be done.
        if let Err(error) = take_back(connection, step, waits).await {
            tracing::warn!(version = step.version, "its mark, or an index that it had begun, stays behind: {error}");
        }
        return Err(error);
    }
    ran?;
    let mut transaction = connection.begin().await?;
    note(&mut transaction, step).await?;
    transaction.commit().await
}

/// A statement that cannot run inside a transaction, between a mark and what records it as done.
async fn outside(connection: &mut PgConnection, step: &Step<'_>, waits: Waits) -> Result<(), sqlx::Error> {
    // Nobody queues behind such a statement: it may wait as long as we have.
    settings(connection, waits.patience, step.allow_data_loss, false).await?;
    let (text, again) = match step.way {
        Way::Down { again } => {
            bookkeeping::mark_begun(connection, step.version).await?;
            (Some(step.script.text.clone()), again)
        }
        Way::Up { again, .. } => {
            bookkeeping::make(connection).await?;
            bookkeeping::record(connection, step.version, step.what, step.script, false).await?;
            // What an earlier try left unfinished is in the way of this one.
            drop_unfinished(connection, step).await?;
            (made::statement(connection, &step.script.text, again).await?, again)
        }
    };
    let Some(text) = text else { return Ok(()) };
    match connection.execute(AssertSqlSafe(text)).await {
        Err(error) if again && is_done_already(&error, step.way) => Ok(()),
        ran => ran.map(drop),
    }
}

async fn drop_unfinished(connection: &mut PgConnection, step: &Step<'_>) -> Result<(), sqlx::Error> {
    for index in indexes::find_invalid(connection).await?.iter().filter(|index| index.is_of(step.script)) {
        indexes::drop(connection, index).await?;
    }
    Ok(())
}

async fn take_back(connection: &mut PgConnection, step: &Step<'_>, waits: Waits) -> Result<(), sqlx::Error> {
    match step.way {
        Way::Up { .. } => {
            bookkeeping::forget(connection, step.version).await?;
            // Whoever was in the way of the build is in the way of this, too.
            settings(connection, waits.lock_timeout, false, false).await?;
            drop_unfinished(connection, step).await
        }
        Way::Down { again: false } => bookkeeping::mark_applied(connection, step.version).await,
        Way::Down { again: true } => Ok(()),
    }
}

/// A try that was killed had done it and did not get to say so: what is to go is gone, or a label is there. Not an index: whether
/// that is the one that was meant was looked at before.
fn is_done_already(error: &sqlx::Error, way: Way<'_>) -> bool {
    let states: &[&str] = if let Way::Up { .. } = way { &["42710"] } else { &["42704", "42P01"] };
    states.iter().any(|state| is_state(error, state))
}

async fn settings(
    connection: &mut PgConnection,
    lock_timeout: Duration,
    allow_data_loss: bool,
    local: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query("select set_config('lock_timeout', $1, $3), set_config('venue_sync.allow_data_loss', $2, $3)")
        .persistent(false)
        .bind(format!("{}ms", lock_timeout.as_millis()))
        .bind(if allow_data_loss { "on" } else { "off" })
        .bind(local)
        .execute(connection)
        .await?;
    Ok(())
}

async fn note(connection: &mut PgConnection, step: &Step<'_>) -> Result<(), sqlx::Error> {
    let Way::Up { down, .. } = step.way else { return bookkeeping::forget(connection, step.version).await };
    bookkeeping::record(connection, step.version, step.what, step.script, true).await?;
    if bookkeeping::keeps_texts(connection).await? {
        bookkeeping::keep(connection, step.version, step.script, down).await?;
    }
    Ok(())
}
