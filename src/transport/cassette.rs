//! A recorded run, read: a folder with `run.json` and one small JSON file an exchange, named by order and fingerprint.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::canonical::Fingerprint;
use super::format::{
    FORMAT, FormatError, Kept, RUN_FILE, RecordedRun, file_name, parse_file_name, read_exchange, read_run,
};
use crate::wire::Request;

/// A recorded run, read and checked.
#[derive(Debug, Clone)]
pub struct Cassette {
    place: String,
    run: RecordedRun,
    exchanges: BTreeMap<Fingerprint, Recording>,
}

/// One recorded exchange.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    /// The file's name.
    pub(super) name: String,
    pub(super) request: Request,
    pub(super) kept: Kept,
}

/// A recording that cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// No such folder.
    #[error("there is no recording at {place}; name the folder that `--record` wrote")]
    Missing {
        /// The folder.
        place: String,
    },
    /// The folder or a file cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// The folder or file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Not a recording, or its first file is gone.
    #[error(
        "{place} holds no {RUN_FILE}, so it is not a recording; name the folder that `--record` wrote, or record again"
    )]
    NoRun {
        /// The folder.
        place: String,
    },
    /// Not the whole of what was written, or never written by us.
    #[error("{file} is damaged or half-written ({reason}); record again into another folder")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Written by a newer version.
    #[error("{file} has format {format}, this program reads up to {FORMAT}; use a newer version, or record again")]
    Newer {
        /// The file.
        file: String,
        /// Its format.
        format: u32,
    },
    /// One request, two answers.
    #[error("{first} and {second} in {place} answer the same request; delete one of them")]
    Twice {
        /// The folder.
        place: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// The name does not belong to the request in the file.
    #[error("{file} is not named for the request in it; rename it to {expected}, or delete it and record again")]
    Misnamed {
        /// The file.
        file: String,
        /// The name it should have.
        expected: String,
    },
}

impl Cassette {
    /// Reads a folder that a recorder wrote.
    pub fn open(folder: &Path) -> Result<Self, CassetteError> {
        let place = folder.display().to_string();
        if !folder.is_dir() {
            return Err(CassetteError::Missing { place });
        }
        let unreadable = |file: &Path, source| CassetteError::Unreadable { file: file.display().to_string(), source };
        let mut files = Vec::new();
        for entry in folder.read_dir().map_err(|source| unreadable(folder, source))? {
            let path = entry.map_err(|source| unreadable(folder, source))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| is_ours(name)) else {
                continue;
            };
            let bytes = std::fs::read(&path).map_err(|source| unreadable(&path, source))?;
            files.push((name.to_owned(), bytes));
        }
        Self::from_files(place, files)
    }

    /// Reads files that are embedded in the binary: names, and what is in them. `place` is for messages.
    pub fn embedded(place: String, files: Vec<(String, Vec<u8>)>) -> Result<Self, CassetteError> {
        Self::from_files(place, files.into_iter().filter(|(name, _)| is_ours(name)))
    }

    fn from_files(place: String, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, CassetteError> {
        let mut run = None;
        let mut exchanges = BTreeMap::new();
        // Sorted, so that of several faults always the same one is named.
        let files: BTreeMap<_, _> = files.into_iter().collect();
        for (name, bytes) in files {
            let file = format!("{place}/{name}");
            if name == RUN_FILE {
                run = Some(read_run(&bytes).map_err(|error| in_file(file, error))?);
                continue;
            }
            let (request, kept) = read_exchange(&bytes).map_err(|error| in_file(file.clone(), error))?;
            let fingerprint = Fingerprint::of(&request);
            let named = parse_file_name(&name);
            if named.as_ref().is_none_or(|(_, in_name)| *in_name != fingerprint) {
                let expected = file_name(named.map_or(1, |(number, _)| number), &fingerprint);
                return Err(CassetteError::Misnamed { file, expected });
            }
            if let Some(Recording { name: first, .. }) = exchanges.get(&fingerprint) {
                return Err(CassetteError::Twice { place, first: first.clone(), second: name });
            }
            exchanges.insert(fingerprint, Recording { name, request, kept });
        }
        let Some(run) = run else { return Err(CassetteError::NoRun { place }) };
        Ok(Self { place, run, exchanges })
    }

    /// What was recorded.
    pub fn run(&self) -> &RecordedRun {
        &self.run
    }

    /// How many exchanges it holds.
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Whether it holds no exchange at all.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }

    /// Where it is, for messages.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn get(&self, fingerprint: &Fingerprint) -> Option<&Recording> {
        self.exchanges.get(fingerprint)
    }

    /// All exchanges, in a stable order.
    pub(super) fn recordings(&self) -> impl Iterator<Item = &Recording> {
        self.exchanges.values()
    }
}

fn in_file(file: String, error: FormatError) -> CassetteError {
    match error {
        FormatError::Damaged(reason) => CassetteError::Damaged { file, reason },
        FormatError::Newer(format) => CassetteError::Newer { file, format },
    }
}

/// Whether a file in the folder belongs to the recording; hidden ones (writes that were cut off) and notes do not.
fn is_ours(name: &str) -> bool {
    !name.starts_with('.') && Path::new(name).extension().is_some_and(|extension| extension == "json")
}
