//! A recorded run: a folder with `run.json` and one small JSON file an exchange, named by order and fingerprint. All of it is checked when
//! it is opened, and an exchange is read again when it is asked for: a recording may be larger than memory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::canonical::Fingerprint;
use super::format::{
    FORMAT, FormatError, Kept, RUN_FILE, RecordedRun, file_name, parse_file_name, read_exchange, read_run,
};
use crate::wire::Request;

/// A recorded run, checked.
#[derive(Debug, Clone)]
pub struct Cassette {
    place: String,
    run: RecordedRun,
    files: Files,
    /// The exchanges' fingerprints in order, and at the same place their numbers: both make a file's name. There may be a million.
    fingerprints: Vec<Fingerprint>,
    numbers: Vec<u32>,
}

/// Where the files are.
#[derive(Debug, Clone)]
enum Files {
    Folder(PathBuf),
    /// By name.
    Embedded(BTreeMap<String, Vec<u8>>),
}

impl Files {
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        match self {
            Self::Folder(folder) => std::fs::read(folder.join(name)),
            Self::Embedded(files) => files.get(name).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }
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
    /// Reads and checks a folder that a recorder wrote.
    pub fn open(folder: &Path) -> Result<Self, CassetteError> {
        let place = folder.display().to_string();
        if !folder.is_dir() {
            return Err(CassetteError::Missing { place });
        }
        let unreadable = |source| CassetteError::Unreadable { file: place.clone(), source };
        let mut names = Names::default();
        for entry in folder.read_dir().map_err(unreadable)? {
            if let Some(name) = entry.map_err(unreadable)?.file_name().to_str() {
                names.note(name);
            }
        }
        Self::check(place, Files::Folder(folder.to_owned()), names)
    }

    /// Checks files that are embedded in the binary: names, and what is in them. `place` is for messages.
    pub fn embedded(place: String, files: Vec<(String, Vec<u8>)>) -> Result<Self, CassetteError> {
        let mut names = Names::default();
        for (name, _) in &files {
            names.note(name);
        }
        Self::check(place, Files::Embedded(files.into_iter().collect()), names)
    }

    fn check(place: String, files: Files, mut names: Names) -> Result<Self, CassetteError> {
        // Sorted, so that of several faults always the same one is named.
        names.exchanges.sort_unstable();
        names.others.sort_unstable();
        for (number, fingerprint) in &names.exchanges {
            read(&place, &files, &file_name(*number, *fingerprint))?;
        }
        names.exchanges.sort_unstable_by_key(|(number, fingerprint)| (*fingerprint, *number));
        if let Some([first, second]) = names.exchanges.array_windows().find(|[first, second]| first.1 == second.1) {
            let [first, second] = [first, second].map(|(number, fingerprint)| file_name(*number, *fingerprint));
            return Err(CassetteError::Twice { place, first, second });
        }
        if let Some(name) = names.others.first() {
            // Whatever is wrong with it, it is not found by its name.
            read(&place, &files, name)?;
        }
        let file = format!("{place}/{RUN_FILE}");
        let bytes = match files.read(RUN_FILE) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(CassetteError::NoRun { place }),
            Err(source) => return Err(CassetteError::Unreadable { file, source }),
        };
        let run = read_run(&bytes).map_err(|error| in_file(file, error))?;
        let fingerprints = names.exchanges.iter().map(|(_, fingerprint)| *fingerprint).collect();
        let numbers = names.exchanges.iter().map(|(number, _)| *number).collect();
        Ok(Self { place, run, files, fingerprints, numbers })
    }

    /// What was recorded.
    pub fn run(&self) -> &RecordedRun {
        &self.run
    }

    /// How many exchanges it holds.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether it holds no exchange at all.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Where it is, for messages.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Reads the exchange of a request; none if it holds none.
    pub(super) fn get(&self, fingerprint: Fingerprint) -> Result<Option<Recording>, CassetteError> {
        let at = self.fingerprints.binary_search(&fingerprint);
        let Some(number) = at.ok().and_then(|at| self.numbers.get(at)) else { return Ok(None) };
        read(&self.place, &self.files, &file_name(*number, fingerprint)).map(Some)
    }

    /// All exchanges, in a stable order, each read when it is its turn.
    pub(super) fn recordings(&self) -> impl Iterator<Item = Result<Recording, CassetteError>> {
        self.numbers().map(|(fingerprint, number)| read(&self.place, &self.files, &file_name(number, fingerprint)))
    }

    /// What the names of all exchanges are made of.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (Fingerprint, u32)> {
        self.fingerprints.iter().copied().zip(self.numbers.iter().copied())
    }
}

/// Names in a folder, as little of them as will do: there may be a million.
#[derive(Debug, Default)]
struct Names {
    exchanges: Vec<(u32, Fingerprint)>,
    /// What is no name of ours.
    others: Vec<String>,
}

impl Names {
    /// Hidden files (writes that were cut off) and notes do not belong to the recording.
    fn note(&mut self, name: &str) {
        let is_ours =
            !name.starts_with('.') && Path::new(name).extension().is_some_and(|extension| extension == "json");
        match parse_file_name(name).filter(|(number, fingerprint)| file_name(*number, *fingerprint) == name) {
            Some(exchange) => self.exchanges.push(exchange),
            None if is_ours && name != RUN_FILE => self.others.push(name.to_owned()),
            None => {}
        }
    }
}

/// Reads an exchange, whose name has to be that of its request.
fn read(place: &str, files: &Files, name: &str) -> Result<Recording, CassetteError> {
    let file = format!("{place}/{name}");
    let bytes = files.read(name).map_err(|source| CassetteError::Unreadable { file: file.clone(), source })?;
    let (request, kept) = read_exchange(&bytes).map_err(|error| in_file(file.clone(), error))?;
    let number = parse_file_name(name).map_or(1, |(number, _)| number);
    let expected = file_name(number, Fingerprint::of(&request));
    if expected != name {
        return Err(CassetteError::Misnamed { file, expected });
    }
    Ok(Recording { name: name.to_owned(), request, kept })
}

fn in_file(file: String, error: FormatError) -> CassetteError {
    match error {
        FormatError::Damaged(reason) => CassetteError::Damaged { file, reason },
        FormatError::Newer(format) => CassetteError::Newer { file, format },
    }
}
