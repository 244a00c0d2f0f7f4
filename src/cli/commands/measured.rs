//! The outcome of a sync as numbers, for Prometheus and OpenTelemetry.

use std::io::{self, Write as _};
use std::path::Path;
#[cfg(feature = "otlp")]
use std::time::Duration;

#[cfg(feature = "otlp")]
use tokio::task::JoinSet;

#[cfg(feature = "otlp")]
use crate::cli::settings::collector::CollectorChoice;
use crate::cli::settings::sync_job::SyncJob;
use crate::cli::whole_file::WholeFile;
use crate::model::Summary;
use crate::report::{MeasuredRun, RunReport, metrics};

/// A collector has so long to take what is still on its way when all runs are over.
#[cfg(feature = "otlp")]
const AFTERWARDS: Duration = Duration::from_secs(3);

/// Where the numbers of runs go. What cannot be written or sent takes nothing from them.
#[derive(Default)]
pub(super) struct Measured {
    /// To a collector, while the next region has its turn.
    #[cfg(feature = "otlp")]
    on_their_way: JoinSet<()>,
}

impl Measured {
    /// Tells what a run came to, unless it was a dry one; no report: it could not be begun, or not be told of.
    #[cfg_attr(not(feature = "otlp"), expect(clippy::unused_self, reason = "a collector is told by it"))]
    pub(super) fn tell(&mut self, settings: &SyncJob, report: Option<&RunReport>, unreported: &Summary) {
        if settings.effort.dry_run {
            return;
        }
        let summary = report.map_or(unreported, |report| &report.summary);
        #[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
        let ended_at = chrono::Utc::now();
        let run = MeasuredRun {
            summary,
            ended_at,
            replayed: report.is_some_and(|report| report.replayed),
            last_success: report.and_then(|report| report.last_success),
        };
        if let Some(file) = &settings.metrics_file
            && let Err(error) = write(file, run)
        {
            tracing::warn!("cannot write the metrics to {}: {error}", file.display());
        }
        #[cfg(feature = "otlp")]
        if let Some(choice) = &settings.collector {
            self.send(choice, run);
        }
    }

    #[cfg(feature = "otlp")]
    fn send(&mut self, choice: &CollectorChoice, run: MeasuredRun<'_>) {
        let numbers = crate::report::otlp(run, &choice.resource);
        let collector = choice.collector.clone();
        self.on_their_way.spawn(async move {
            if let Err(error) = collector.send(numbers).await {
                tracing::warn!("the collector at {} did not take the numbers of a run: {error}", collector.place());
            }
        });
    }

    /// Waits for what is on its way, but not long.
    #[cfg(feature = "otlp")]
    pub(super) async fn finish(mut self) {
        let all = async { while self.on_their_way.join_next().await.is_some() {} };
        if tokio::time::timeout(AFTERWARDS, all).await.is_err() {
            tracing::warn!("the collector did not take the numbers of all runs within {} s", AFTERWARDS.as_secs());
        }
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

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::model::{CoverageCounts, MicroUsd, RunStatus, VenueCounts};

    fn written(file: &Path) -> io::Result<()> {
        let summary = Summary {
            run_id: uuid::Uuid::nil(),
            region: "town".to_owned(),
            provider: "osm".to_owned(),
            status: RunStatus::Complete,
            stopped_by: None,
            requests: 1,
            requests_free: 0,
            cost: MicroUsd::default(),
            duration_ms: 1,
            venues: VenueCounts::default(),
            profiles_stubbed: 0,
            coverage: CoverageCounts::default(),
            resumes_at: None,
            guard: None,
        };
        let ended_at = chrono::DateTime::UNIX_EPOCH;
        write(file, MeasuredRun { summary: &summary, ended_at, replayed: false, last_success: None })
    }

    #[test]
    fn a_link_stays_a_link_and_what_it_leads_to_is_written() {
        let folder = tempfile::TempDir::new().unwrap();
        let [real, link] = ["real.prom", "link.prom"].map(|name| folder.path().join(name));
        std::fs::write(&real, "").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        written(&link).unwrap();
        assert!(link.is_symlink());
        assert!(std::fs::read_to_string(&real).unwrap().contains("venues_sync_last_run_status"));
    }

    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::TempDir::new().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (told, tell) = mpsc::channel();
        std::thread::spawn(move || told.send(written(&pipe)));
        let refused = tell.recv_timeout(Duration::from_secs(30)).expect("it does not hang").unwrap_err();
        assert!(refused.to_string().contains("not a regular file"), "{refused}");
    }
}
