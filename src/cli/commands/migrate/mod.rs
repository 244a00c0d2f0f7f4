//! `venues migrate`: what each verb does, and how it is told.

mod change;
mod check;
mod lint;
mod look;
mod mend;
mod new;

use super::failure::Failure;
use super::open::{embedded_options, home, open};
use crate::cli::args::MigrateCommand;
use crate::cli::database_url::DatabaseUrl;
use crate::cli::exit::Exit;
use crate::cli::settings::database::{DatabaseChoice, ScratchChoice};
use crate::cli::terminal::Terminal;
use crate::migrate::scratch::Places;
use crate::migrate::{self, Options};
use crate::store::Database;

/// Changes or shows the schema. Returns what to print on stdout.
pub async fn migrate(
    action: &MigrateCommand,
    choice: Option<&DatabaseChoice>,
    scratch: &ScratchChoice,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    if let MigrateCommand::New(args) = action {
        return Box::pin(new::new(args, scratch, terminal)).await;
    }
    let Some(choice) = choice else { return without_database(action, terminal) };
    let database = open(choice, 2, terminal).await?.database;
    let (home, options) = (home(&scratch.embedded), embedded_options(&scratch.embedded));
    let url = scratch.url.as_ref().map(DatabaseUrl::expose);
    let places = Places { url, beside: Some(&database), embedded: Some((&home, &options)) };
    let done = with_database(action, &database, places, terminal).await;
    database.close().await;
    done
}

fn without_database(action: &MigrateCommand, terminal: &Terminal) -> Result<(String, Exit), Failure> {
    match action {
        MigrateCommand::Sql { from, to, .. } => Ok((look::sql(from.as_ref(), to, None, terminal)?, Exit::Complete)),
        MigrateCommand::Lint { files } => lint::lint(files, terminal),
        _ => Err(Failure::Bug("a verb that needs a database was given none".to_owned())),
    }
}

async fn with_database(
    action: &MigrateCommand,
    database: &Database,
    places: Places<'_>,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    let text = match action {
        MigrateCommand::Up { how_far, yes, dry_run, allow_data_loss, waits, .. } => {
            let options = Options { places, ..change::options(how_far, *allow_data_loss, waits) };
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
            let places = exit_code.then_some(&places);
            let (text, found) = look::current(database, places, terminal).await?;
            return Ok((text, if found && *exit_code { Exit::Finding } else { Exit::Complete }));
        }
        MigrateCommand::Check { .. } => return check::check(database, &places, terminal).await,
        MigrateCommand::History { .. } => look::history(database, terminal).await?,
        MigrateCommand::Lint { files } => return lint::lint(files, terminal),
        MigrateCommand::Sql { from, to, .. } => {
            look::sql(from.as_ref(), to, Some(&migrate::standing(database).await?), terminal)?
        }
        MigrateCommand::Stamp { rev, waits, .. } => {
            let options = Options { places, waits: waits.waits(), ..Options::default() };
            mend::stamp(database, rev, &options, terminal).await?
        }
        MigrateCommand::New(_) => return without_database(action, terminal),
        MigrateCommand::Repair { yes, waits, .. } => return mend::repair(database, *yes, waits, terminal).await,
    };
    Ok((text, Exit::Complete))
}
