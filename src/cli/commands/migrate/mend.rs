use std::fmt::Display;

use serde_json::json;

use crate::cli::args::WaitArgs;
use crate::cli::commands::failure::Failure;
use crate::cli::exit::Exit;
use crate::cli::terminal::{self, Terminal};
use crate::migrate::{self, Done, Files, Options, Rev};
use crate::store::Database;

/// `venues migrate stamp`.
pub(super) async fn stamp(
    database: &Database,
    rev: &Rev,
    options: &Options<'_>,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let stamped = migrate::stamp(database, Files::embedded(), rev, options).await?;
    if terminal.json {
        return Ok(format!("{}\n", json!(stamped)));
    }
    let told = |verb: &str, all: &[Done]| {
        all.iter().map(|one| format!("{verb} {} {}\n", one.version, one.what)).collect::<Vec<_>>().concat()
    };
    let text = told("recorded as applied:", &stamped.recorded) + &told("no longer recorded:", &stamped.forgotten);
    Ok(if text.is_empty() { "nothing to record: the database stands there\n".to_owned() } else { text })
}

/// `venues migrate repair`: says what it found, and asks.
pub(super) async fn repair(
    database: &Database,
    yes: bool,
    typed: &WaitArgs,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    let files = Files::embedded();
    let found = migrate::faults(database, files).await?;
    if !found.is_empty() && !yes {
        let what = lines("to mend: ", &found);
        match terminal::ask(&format!("{what}Do it?")) {
            None => return Err(Failure::Unasked { what: what.trim_end().to_owned() }),
            Some(false) => return Err(Failure::Declined),
            Some(true) => (),
        }
    }
    let mended = migrate::repair(database, files, typed.waits()).await?;
    let left = migrate::standing(database).await?.beyond_repair();
    let exit = if left.is_empty() { Exit::Complete } else { Exit::Finding };
    if terminal.json {
        return Ok((format!("{}\n", json!({ "repaired": mended, "beyond_repair": left })), exit));
    }
    let text = lines("done: ", &mended) + &lines("cannot be mended here: ", &left);
    Ok((if text.is_empty() { "nothing to repair\n".to_owned() } else { text }, exit))
}

fn lines(mark: &str, faults: &[impl Display]) -> String {
    faults.iter().map(|fault| format!("{mark}{fault}\n")).collect::<Vec<_>>().concat()
}
