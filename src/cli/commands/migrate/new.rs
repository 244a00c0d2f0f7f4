use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::cli::args::NewArgs;
use crate::cli::commands::failure::Failure;
use crate::cli::commands::open::{embedded_options, home};
use crate::cli::database_url::DatabaseUrl;
use crate::cli::exit::Exit;
use crate::cli::settings::database::ScratchChoice;
use crate::cli::terminal::{Terminal, ask};
use crate::migrate::Files;
use crate::migrate::auto::{AutoError, Options, Outcome, Rename, Start, Written, generate};
use crate::migrate::scratch::{Places, Scratch};
use crate::schema::declared::{self, Declaration};

/// Where the declared schema stands beside the folder of migrations.
const DECLARED: &str = "src/schema/declared";
/// The longest name of a file that is made of a message, without its version.
const LONGEST: usize = 60;

/// `venues migrate new`.
pub(super) async fn new(
    args: &NewArgs,
    scratch: &ScratchChoice,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    if !args.dir.is_dir() {
        return Err(Failure::NoFolder(args.dir.clone()));
    }
    let files = Files::read(&args.dir).await?;
    let outcome =
        if args.auto { generated(args, &files, scratch).await? } else { Outcome::Proven(to_fill_in(&args.message)) };
    let Outcome::Proven(written) = outcome else {
        let text = "nothing differs: the migrations make what is declared; nothing was written\n".to_owned();
        let line = format!("{}\n", json!({ "written": [], "loses": [] }));
        return Ok((if terminal.json { line } else { text }, Exit::Complete));
    };
    #[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
    let version = version(Utc::now(), files.newest());
    let stem = format!("{version}_{}", slug(&args.message));
    let paths = ["up", "down"].map(|way| args.dir.join(format!("{stem}.{way}.sql")));
    for (path, text) in paths.iter().zip([&written.up, &written.down]) {
        std::fs::write(path, text).map_err(|source| Failure::Source {
            what: "cannot write",
            path: path.clone(),
            source,
        })?;
    }
    Ok((told(&paths, &written, terminal), Exit::Complete))
}

fn told(paths: &[PathBuf], written: &Written, terminal: &Terminal) -> String {
    if terminal.json {
        return format!("{}\n", json!({ "written": paths, "loses": written.loses, "loses_down": written.loses_down }));
    }
    let files = paths.iter().map(|path| format!("wrote {}\n", path.display()));
    let loses =
        written.loses.iter().map(|name| format!("loses the data of {name}: `up` will need --allow-data-loss\n"));
    files.chain(loses).collect()
}

/// Read from the disk where they are, so that an old program cannot lie about a new tree.
fn declarations(dir: &Path) -> Result<Vec<Declaration>, Failure> {
    let folder = dir.parent().unwrap_or(Path::new("")).join(DECLARED);
    if !folder.is_dir() {
        tracing::info!("there is no {}: the declared schema is the one built into this program", folder.display());
        return Ok(declared::embedded());
    }
    let failed = |path: &Path, source| Failure::Source { what: "cannot read", path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
        let path = entry.map_err(|error| failed(&folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            let sql = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push(Declaration { name, sql });
        }
    }
    Ok(declared::in_order(files))
}

async fn generated(args: &NewArgs, files: &Files, choice: &ScratchChoice) -> Result<Outcome, Failure> {
    let wanted = declarations(&args.dir)?;
    let mut options = Options {
        message: args.message.clone(),
        renames: args.rename.clone(),
        no_other_renames: args.no_rename,
        fills: args.fill.iter().cloned().collect(),
        ..Options::default()
    };
    let (home, embedded) = (home(&choice.embedded), embedded_options(&choice.embedded));
    let url = choice.url.as_ref().map(DatabaseUrl::expose);
    let scratch = Scratch::make(&Places { url, beside: None, embedded: Some((&home, &embedded)) }).await?;
    let outcome = loop {
        let tried = attempt(&scratch, files, &wanted, &options).await;
        let Err(Failure::Auto(AutoError::Ambiguous(open))) = tried else { break tried };
        match open.first().and_then(|rename| Some((rename, ask(&question(rename))?))) {
            Some((rename, true)) => options.renames.push(rename.clone()),
            Some((rename, false)) => options.no_renames.push(rename.clone()),
            None => break Err(AutoError::Ambiguous(open).into()),
        }
    };
    scratch.remove().await?;
    outcome
}

async fn attempt(
    scratch: &Scratch,
    files: &Files,
    wanted: &[Declaration],
    options: &Options,
) -> Result<Outcome, Failure> {
    let mut connection = scratch.connect().await?;
    Ok(Box::pin(generate(&mut connection, &Start::Migrations(files), wanted, options)).await?)
}

fn question(rename: &Rename) -> String {
    format!("Is {} now called {}, with the same data?", rename.old, rename.new)
}

fn to_fill_in(message: &str) -> Written {
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let up = format!(
        "-- For: {message}.\n-- To be written. Statements run in one transaction; one that cannot stands alone in its file, below the line\n\
         -- `-- no-transaction`. What loses data is said on the first lines: `-- loses: schema.table.column`.\n"
    );
    let down = format!(
        "-- Takes back: {message}.\n-- To be written: `venues migrate lint` does not pass a way back that does nothing.\n"
    );
    Written { up, down, ..Written::default() }
}

/// The time, or one more than the newest where that is later: a migration comes after those that are there.
fn version(now: DateTime<Utc>, newest: i64) -> i64 {
    let now = now.format("%Y%m%d%H%M%S").to_string().parse().unwrap_or_default();
    newest.saturating_add(1).max(now)
}

fn slug(message: &str) -> String {
    let letters =
        message.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' });
    let words: String = letters.collect();
    let mut name = words.split_whitespace().collect::<Vec<_>>().join("_");
    name.truncate(LONGEST);
    let name = name.trim_end_matches('_');
    if name.is_empty() { "migration".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_name() {
        assert_eq!(slug("Phone numbers, & more!"), "phone_numbers_more");
        assert_eq!(slug("../../etc"), "etc");
        assert_eq!(slug("Überall"), "berall");
        assert_eq!(slug("…"), "migration");
        assert!(slug(&"long ".repeat(40)).len() <= LONGEST);
    }

    #[test]
    fn a_version_is_the_time_but_never_before_what_is_there() {
        let now = DateTime::from_timestamp(1_793_361_600, 0).unwrap();
        assert_eq!(version(now, 0), 20_261_030_120_000);
        assert_eq!(version(now, 20_261_124_000_800), 20_261_124_000_801);
    }
}
