use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use crate::cli::settings::database::{DatabaseChoice, EmbeddedPlace};
use crate::cli::terminal::Terminal;
use crate::migrate::{self, Files, MigrationError, State};
use crate::store::Database;
use crate::store::embedded::{self, Download, Home, Options, Running, Watcher};

/// The embedded server stops by itself after this long without a client.
const IDLE: Duration = Duration::from_mins(15);

/// An open database.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) database: Database,
    /// For other programs; without a password.
    pub(super) printable_url: String,
    /// What our own private server says, if that is what it is.
    pub(super) embedded_log: Option<PathBuf>,
}

/// Nobody starts our own server again while we wait; but it comes back by itself where only a session of its has crashed.
const EMBEDDED_PATIENCE: Duration = Duration::from_secs(10);

/// Connects; starts the embedded server if that is the choice. `connections` is the most that are opened.
pub(super) async fn open(choice: &DatabaseChoice, connections: u32, terminal: &Terminal) -> Result<Opened, Failure> {
    let (url, printable_url, embedded_log) = find(choice, terminal).await?;
    let database = Database::connect(&url, connections).await?;
    Ok(Opened { database, printable_url, embedded_log })
}

/// The same for who can wait where the database is away for a moment: for how long, and until when.
pub(super) async fn open_enduring(
    choice: &DatabaseChoice,
    connections: u32,
    terminal: &Terminal,
    (patience, stop): (Duration, &CancellationToken),
) -> Result<Opened, Failure> {
    let (url, printable_url, embedded_log) = find(choice, terminal).await?;
    let patience = if embedded_log.is_some() { patience.min(EMBEDDED_PATIENCE) } else { patience };
    let database = Database::connect_enduring(&url, connections, patience, stop.clone()).await?;
    Ok(Opened { database, printable_url, embedded_log })
}

/// How to connect, for us and for a person's eyes, and what our own server says, if it is that.
async fn find(choice: &DatabaseChoice, terminal: &Terminal) -> Result<(String, String, Option<PathBuf>), Failure> {
    Ok(match choice {
        DatabaseChoice::Url(url) => {
            if !url.left_out.is_empty() {
                tracing::warn!(
                    "the database URL has parameters of another driver, which are left out: {}",
                    url.left_out.join(", ")
                );
            }
            (url.expose().to_owned(), url.to_string(), None)
        }
        DatabaseChoice::Embedded(place) => {
            let running = serve(place, terminal).await?;
            (running.url.clone(), running.url, Some(running.log))
        }
    })
}

/// The embedded server, started if need be.
pub(super) async fn serve(place: &EmbeddedPlace, terminal: &Terminal) -> Result<Running, Failure> {
    let options = embedded_options(place);
    let steps = terminal.server_steps();
    let running = embedded::start(&home(place), &options, &|step| steps.show(&step)).await;
    steps.finish();
    Ok(running?)
}

pub(super) fn embedded_options(place: &EmbeddedPlace) -> Options {
    Options {
        programs: place.programs.clone(),
        search_path: place.search_path.clone(),
        download: Download { base: place.mirror.clone(), ..Download::default() },
        port: place.port,
        watcher: std::env::current_exe().ok().map(|program| Watcher { program, idle: IDLE }),
        ..Options::default()
    }
}

pub(super) fn home(place: &EmbeddedPlace) -> Home {
    Home { data: place.data_dir.clone(), cache: place.cache_dir.clone() }
}

/// Brings the schema up on our own server, or where we were told to; elsewhere it has to be there.
pub(super) async fn ensure_schema(opened: &Opened, told: bool) -> Result<(), Failure> {
    let standing = opened.database.outlast(|| migrate::standing(&opened.database)).await?;
    match standing.state().map_err(MigrationError::from)? {
        State::Current => Ok(()),
        State::Behind { .. } if opened.embedded_log.is_some() || told => {
            let applied = migrate::up(&opened.database, Files::embedded(), &migrate::Options::default()).await?;
            tracing::info!(applied = applied.steps.len(), "brought the schema up to date");
            Ok(())
        }
        State::Behind { pending } => Err(Failure::Behind { place: opened.database.place().to_owned(), pending }),
        State::MadeByAlembic { revision } => Err(MigrationError::made_by_alembic(revision, Files::embedded()).into()),
    }
}
