//! The outcome of a sync, for Prometheus.

use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::whole_file::WholeFile;
use crate::model::Summary;
use crate::report::{MeasuredRun, RunReport, metrics};

/// Writes what a run came to, which was no dry one; none: it could not even be begun. A file that cannot be written takes nothing from the run.
pub(super) fn write_metrics(file: &Path, report: Option<&RunReport>, never_begun: &Summary) {
    let summary = report.map_or(never_begun, |report| &report.summary);
    #[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
    let ended_at = chrono::Utc::now();
    let run = MeasuredRun { summary, ended_at, last_success: report.and_then(|report| report.last_success) };
    if let Err(error) = write(file, run) {
        tracing::warn!("cannot write the metrics to {}: {error}", file.display());
    }
}

fn write(file: &Path, run: MeasuredRun<'_>) -> io::Result<()> {
    // A link stays one; what is no file (a pipe, a device) might never end.
    let file = &file.canonicalize().unwrap_or_else(|_| file.to_owned());
    if file.metadata().is_ok_and(|it| !it.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let before = match std::fs::read(file) {
        Ok(before) => String::from_utf8_lossy(&before).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let mut whole = WholeFile::begin(file)?.readable()?;
    whole.write_all(metrics(run, &before).as_bytes())?;
    whole.finish()
}
