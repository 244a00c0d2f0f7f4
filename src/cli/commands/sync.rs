//! `venues sync`: the jobs in turn, each told of as it ends.

use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::measured::Measured;
use super::prepared::{Prepared, Ran};
use super::signals;
use super::stalest::stalest_first;
use super::turns::{Turn, Turns};
use crate::cli::exit::Exit;
use crate::cli::settings::sync_job::SyncJob;
use crate::cli::terminal::Terminal;
use crate::model::Summary;
use crate::report::RunReport;

/// What there is to tell while the jobs run.
#[derive(Debug)]
pub enum Told<'a> {
    /// A run ended, for better or worse.
    Ended(&'a RunReport),
    /// A run could not even be begun, or not be told of when it ended: a line for machines, which count one a region.
    Unreported(&'a Summary),
    /// What broke a run, or kept it from being begun.
    Broke(&'a Failure),
}

/// Runs the jobs in turn, each told of as it ends, those of `--all` by their need; an error of one does not keep the others from their turn.
pub async fn sync(jobs: &[SyncJob], terminal: &Terminal, tell: &dyn Fn(Told<'_>)) -> Result<Exit, Failure> {
    // Everything that can be wrong with any of them is found before the first is begun.
    let prepared = jobs.iter().map(Prepared::new).collect::<Result<Vec<_>, _>>()?;
    let stop = CancellationToken::new();
    signals::listen(stop.clone()).map_err(Failure::Runtime)?;
    let prepared = match prepared.first().map(|one| one.settings) {
        Some(SyncJob { one_of_all: true, database, .. }) if prepared.len() > 1 => {
            let named = |one: &Prepared<'_>| (one.settings.region.clone(), one.provider.name().to_owned());
            stalest_first(prepared, named, database, terminal, &stop).await
        }
        _ => prepared,
    };
    let mut exits = Vec::new();
    let mut measured = Measured::default();
    let mut turns = Turns::new(prepared.iter().map(|one| (one, one.settings.effort.wait.unwrap_or_default())));
    while let Some(Turn { job: one, patience, waits }) = turns.next() {
        let (report, failure) = match one.turn(waits, terminal, &stop).await {
            None => {
                exits.push(Exit::Again);
                continue;
            }
            Some(Ok(Ran { report, failure, pause: Some(pause) })) => {
                match turns.put_aside(one, patience, pause, (report, failure)) {
                    Ok(()) => continue,
                    Err((report, failure)) => (Some(report), failure),
                }
            }
            Some(Ok(Ran { report, failure, pause: None })) => (Some(report), failure),
            Some(Err(failure)) => (None, Some(failure)),
        };
        measured.tell(one.settings, report.as_ref(), &one.unreported.summary(failure.as_ref()));
        match &report {
            Some(report) => tell(Told::Ended(report)),
            None => tell(Told::Unreported(&one.unreported.summary(failure.as_ref()))),
        }
        if let Some(failure) = &failure {
            tell(Told::Broke(failure));
        }
        let ended = report.map_or(Exit::Complete, |report| Exit::of(&report.summary));
        exits.push(failure.map_or(ended, |failure| failure.exit()));
    }
    #[cfg(feature = "otlp")]
    measured.finish().await;
    Ok(Exit::worst(exits))
}
