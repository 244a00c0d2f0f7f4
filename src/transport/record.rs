//! Keeps exchanges in a folder, to be replayed.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

use super::canonical::Fingerprint;
use super::cassette::{Cassette, CassetteError};
use super::format::{
    RUN_FILE, RecordedRun, TooLarge, exchange_text, file_name, parse_file_name, run_text, too_large_text,
};
use crate::wire::{Request, Response};

/// Writes one run's exchanges into one folder. A request asked again overwrites its own file.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    names: Mutex<Names>,
}

#[derive(Debug)]
struct Names {
    next: u32,
    /// Numbers of the files that there are.
    taken: HashMap<Fingerprint, u32>,
}

/// A recording that cannot be begun or continued.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The folder cannot be made or a file in it cannot be written.
    #[error("cannot write {file}; choose another folder for `--record`, or make room")]
    Write {
        /// The folder or file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The folder holds the recording of something else.
    #[error(
        "{folder} holds the recording of another run (its {what} differs); choose another folder or delete this one"
    )]
    OtherRun {
        /// The folder.
        folder: String,
        /// What differs.
        what: &'static str,
    },
    /// The folder holds a recording that cannot be read, so it cannot be continued either.
    #[error("cannot continue the recording in {folder}")]
    Unreadable {
        /// The folder.
        folder: String,
        /// What is wrong with it.
        source: CassetteError,
    },
}

impl Recorder {
    /// Begins a recording, its parent folders included, or continues that of the same run (same provider, region,
    /// parameters and snapshot). Fails before anything is asked, so that nothing is paid for a recording that cannot be kept.
    pub fn begin(folder: &Path, run: &RecordedRun) -> Result<Self, RecordError> {
        let mut names = Names { next: 1, taken: HashMap::new() };
        if holds_recording(folder) {
            let unreadable = |source| RecordError::Unreadable { folder: folder.display().to_string(), source };
            let cassette = Cassette::open(folder).map_err(unreadable)?;
            if let Some(what) = difference(cassette.run(), run) {
                return Err(RecordError::OtherRun { folder: folder.display().to_string(), what });
            }
            for (fingerprint, number) in cassette.numbers() {
                names.next = names.next.max(number.saturating_add(1));
                names.taken.insert(fingerprint, number);
            }
        } else {
            let unwritable = |source| RecordError::Write { file: folder.display().to_string(), source };
            std::fs::create_dir_all(folder).map_err(unwritable)?;
            let text = run_text(run).map_err(|error| unwritable(error.into()))?;
            write_whole(folder, RUN_FILE, &text)?;
        }
        Ok(Self { folder: folder.to_owned(), names: Mutex::new(names) })
    }

    /// Keeps one exchange.
    pub(super) async fn keep(&self, request: &Request, response: &Response) -> Result<(), RecordError> {
        self.write(request, exchange_text(request, response)).await
    }

    /// Keeps of one exchange that its answer was too large.
    pub(super) async fn keep_too_large(&self, request: &Request, answer: TooLarge) -> Result<(), RecordError> {
        self.write(request, too_large_text(request, answer)).await
    }

    async fn write(&self, request: &Request, text: serde_json::Result<String>) -> Result<(), RecordError> {
        let fingerprint = Fingerprint::of(request);
        // Held while writing, so that two answers to one request do not meet in one file.
        let mut names = self.names.lock().await;
        let number = names.taken.get(&fingerprint).copied().unwrap_or(names.next);
        let name = file_name(number, fingerprint);
        let failed = |source| RecordError::Write { file: self.folder.join(&name).display().to_string(), source };
        let text = text.map_err(|error| failed(error.into()))?;
        let writing = {
            let (folder, name) = (self.folder.clone(), name.clone());
            tokio::task::spawn_blocking(move || write_whole(&folder, &name, &text))
        };
        writing.await.map_err(|error| failed(io::Error::other(error)))??;
        if names.taken.insert(fingerprint, number).is_none() {
            names.next = names.next.saturating_add(1);
        }
        Ok(())
    }
}

fn holds_recording(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_str().is_some_and(|name| name == RUN_FILE || parse_file_name(name).is_some()))
}

fn difference(recorded: &RecordedRun, run: &RecordedRun) -> Option<&'static str> {
    [
        ("provider", recorded.provider != run.provider),
        ("region", recorded.region != run.region),
        ("settings", recorded.parameters != run.parameters),
        ("knowledge from earlier runs", recorded.snapshot != run.snapshot),
    ]
    .into_iter()
    .find_map(|(what, differs)| differs.then_some(what))
}

/// Writes a file so that whoever looks sees all of it or none.
fn write_whole(folder: &Path, name: &str, text: &str) -> Result<(), RecordError> {
    let path = folder.join(name);
    // Another process may record the same run into the same folder.
    let draft = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, &path));
    written.map_err(|source| RecordError::Write { file: path.display().to_string(), source })
}
