use serde_json::json;

use super::failure::Failure;
use super::open::open;
use crate::cli::args::MigrateCommand;
use crate::cli::exit::Exit;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::terminal::Terminal;
use crate::migrate::{self, Revision};

/// Changes or shows the schema. Returns what to print on stdout.
pub async fn migrate(
    action: &MigrateCommand,
    choice: &DatabaseChoice,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    let database = open(choice, 2, terminal).await?.database;
    let text = match action {
        MigrateCommand::Up { count, adopt, .. } => {
            let count = count.map(|count| usize::try_from(count.get()).unwrap_or(usize::MAX));
            let applied = migrate::up(&database, count, *adopt).await?;
            told(terminal, "applied", "nothing to do: the database has every migration", &applied)
        }
        MigrateCommand::Down { steps, .. } => {
            let undone = migrate::down(&database, usize::try_from(steps.get()).unwrap_or(usize::MAX)).await?;
            told(terminal, "rolled back", "nothing to roll back", &undone)
        }
        MigrateCommand::Current { .. } => current(terminal, &migrate::history(&database).await?),
        MigrateCommand::History { .. } => history(terminal, &migrate::history(&database).await?),
    };
    database.close().await;
    Ok((text, Exit::Complete))
}

fn told(terminal: &Terminal, verb: &str, nothing: &str, revisions: &[Revision]) -> String {
    if terminal.json {
        return format!("{}\n", json!({ verb.replace(' ', "_"): revisions }));
    }
    if revisions.is_empty() {
        return format!("{nothing}\n");
    }
    revisions
        .iter()
        .map(|revision| format!("{verb} {} {}\n", revision.version, revision.what))
        .collect::<Vec<_>>()
        .concat()
}

fn current(terminal: &Terminal, all: &[Revision]) -> String {
    let newest = all.iter().rfind(|revision| revision.applied);
    let pending = all.iter().filter(|revision| !revision.applied).count();
    if terminal.json {
        return format!("{}\n", json!({ "current": newest.map(|revision| revision.version), "pending": pending }));
    }
    let at =
        newest.map_or("no migration applied".to_owned(), |revision| format!("{} {}", revision.version, revision.what));
    let behind = if pending == 0 { "(head)".to_owned() } else { format!("({pending} pending)") };
    format!("{at} {behind}\n")
}

fn history(terminal: &Terminal, all: &[Revision]) -> String {
    if terminal.json {
        return format!("{}\n", json!(all));
    }
    let mark = |revision: &Revision| if revision.applied { "applied" } else { "pending" };
    all.iter()
        .map(|revision| format!("{}  {}  {}\n", mark(revision), revision.version, revision.what))
        .collect::<Vec<_>>()
        .concat()
}
