//! Lines of others, read one by one: the good ones written in steps, the bad ones set aside with their number and the reason.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use serde_json::json;

use super::failure::Failure;
use crate::cli::whole_file::WholeFile;
use crate::exchange::{Line, Lines};

/// Lines that are written in one transaction.
const STEP: usize = 500;

/// Lines that are told of one by one where they are not kept in a file.
const TOLD: u64 = 20;

/// What became of the lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Lines that were not empty.
    pub(super) lines: u64,
    /// Those that were set aside.
    pub(super) set_aside: u64,
}

/// Reads all lines of a file, or of stdin (`-`). `write` writes what was read of some, and returns which were refused (by their place)
/// and why. What comes slowly is not held back until there is enough of it.
pub(super) async fn take_in<T>(
    file: &Path,
    rejects: Option<&Path>,
    read: impl Fn(&str) -> Result<T, String>,
    mut write: impl AsyncFnMut(&[T]) -> Result<Vec<(usize, String)>, Failure>,
) -> Result<Taken, Failure> {
    let unreadable = |source| Failure::File { what: "cannot read", path: file.to_owned(), source };
    let input: Box<dyn Read> =
        if file == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(file).map_err(unreadable)?) };
    let mut lines = Lines::new(input);
    let mut aside = Aside::begin(rejects)?;
    let mut taken = Taken::default();
    let (mut values, mut whence): (Vec<T>, Vec<Line>) = (Vec::new(), Vec::new());
    loop {
        let line = lines.next_line().map_err(unreadable)?;
        let ended = line.is_none();
        if let Some(line) = line {
            taken.lines += 1;
            match line.fault.map_or_else(|| read(&line.text), |fault| Err(fault.to_owned())) {
                Ok(value) => {
                    values.push(value);
                    whence.push(line);
                }
                Err(reason) => aside.put(&line, &reason)?,
            }
        }
        if !values.is_empty() && (ended || values.len() >= STEP || lines.may_wait()) {
            for (at, reason) in write(&values).await? {
                if let Some(line) = whence.get(at) {
                    aside.put(line, &reason)?;
                }
            }
            values.clear();
            whence.clear();
        }
        if ended {
            taken.set_aside = aside.finish()?;
            return Ok(taken);
        }
    }
}

/// Where bad lines go.
struct Aside<'a> {
    file: Option<(&'a Path, BufWriter<WholeFile>)>,
    many: u64,
}

impl<'a> Aside<'a> {
    fn begin(path: Option<&'a Path>) -> Result<Self, Failure> {
        let file = path.map(|path| match WholeFile::begin(path) {
            Ok(file) => Ok((path, BufWriter::new(file))),
            Err(source) => Err(Failure::File { what: "cannot write", path: path.to_owned(), source }),
        });
        Ok(Self { file: file.transpose()?, many: 0 })
    }

    fn put(&mut self, line: &Line, reason: &str) -> Result<(), Failure> {
        self.many += 1;
        let Some((path, file)) = &mut self.file else {
            if self.many <= TOLD {
                tracing::warn!("line {} is set aside: {reason}", line.number);
            }
            return Ok(());
        };
        let told = json!({ "line": line.number, "reason": reason, "text": line.text });
        writeln!(file, "{told}").map_err(|source| Failure::File { what: "cannot write", path: path.to_owned(), source })
    }

    fn finish(self) -> Result<u64, Failure> {
        if let Some((path, file)) = self.file {
            let written = file.into_inner().map_err(io::IntoInnerError::into_error).and_then(WholeFile::finish);
            written.map_err(|source| Failure::File { what: "cannot write", path: path.to_owned(), source })?;
        } else if self.many > TOLD {
            tracing::warn!("{} more lines are set aside; --rejects FILE keeps them all", self.many - TOLD);
        }
        Ok(self.many)
    }
}
