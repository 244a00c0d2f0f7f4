//! `venues migrate`: what each verb does, and how it is told.

mod change;
mod lint;
mod look;
mod mend;

use super::failure::Failure;
use super::open::open;
use crate::cli::args::{MigrateCommand, WaitArgs};
use crate::cli::exit::Exit;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::terminal::Terminal;
use crate::migrate::Waits;
use crate::store::Database;

/// Changes or shows the schema. Returns what to print on stdout.
pub async fn migrate(
    action: &MigrateCommand,
    choice: Option<&DatabaseChoice>,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    let Some(choice) = choice else { return without_database(action, terminal) };
    let database = open(choice, 2, terminal).await?.database;
    let done = with_database(action, &database, terminal).await;
    database.close().await;
    done
}

fn without_database(action: &MigrateCommand, terminal: &Terminal) -> Result<(String, Exit), Failure> {
    match action {
        MigrateCommand::Sql { from, to, .. } => Ok((look::sql(from.as_ref(), to, None)?, Exit::Complete)),
        MigrateCommand::Lint { files } => lint::lint(files, terminal),
        _ => Err(Failure::Bug("a verb that needs a database was given none".to_owned())),
    }
}

async fn with_database(
    action: &MigrateCommand,
    database: &Database,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    let text = match action {
        MigrateCommand::Up { how_far, yes, dry_run, allow_data_loss, waits, .. } => {
            let options = change::options(how_far, *allow_data_loss, waits);
            if *dry_run {
                change::foresee_up(database, &options, terminal).await?
            } else {
                change::up(database, options, *yes, terminal).await?
            }
        }
        MigrateCommand::Down { how_far, dry_run, allow_data_loss, waits, .. } => {
            let options = change::options(how_far, *allow_data_loss, waits);
            change::down(database, &options, *dry_run, terminal).await?
        }
        MigrateCommand::Current { exit_code, .. } => {
            let (text, found) = look::current(database, terminal).await?;
            return Ok((text, if found && *exit_code { Exit::Finding } else { Exit::Complete }));
        }
        MigrateCommand::History { .. } => look::history(database, terminal).await?,
        MigrateCommand::Sql { from, to, .. } => look::sql(from.as_ref(), to, Some(database_stands(database).await?))?,
        MigrateCommand::Lint { files } => return lint::lint(files, terminal),
        MigrateCommand::Stamp { rev, waits, .. } => mend::stamp(database, rev, waits, terminal).await?,
        MigrateCommand::Repair { yes, waits, .. } => mend::repair(database, *yes, waits, terminal).await?,
    };
    Ok((text, Exit::Complete))
}

async fn database_stands(database: &Database) -> Result<i64, Failure> {
    Ok(crate::migrate::standing(database).await?.newest())
}

fn waits(typed: &WaitArgs) -> Waits {
    Waits { lock_timeout: typed.lock_timeout, patience: typed.patience }
}
