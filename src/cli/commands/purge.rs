use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::open::{ensure_schema, open};
use super::region::of_scope;
use super::signals;
use crate::cli::exit::Exit;
use crate::cli::settings::purge_job::PurgeJob;
use crate::cli::terminal::Terminal;
use crate::model::Purged;
use crate::store::{self, PurgedPart};

/// Purges, job by job, each told of as it ends.
pub async fn purge(jobs: &[PurgeJob], terminal: &Terminal, tell: &dyn Fn(&Purged)) -> Result<Exit, Failure> {
    let stop = CancellationToken::new();
    signals::listen(stop.clone()).map_err(Failure::Runtime)?;
    let mut exits = Vec::new();
    for job in jobs {
        if stop.is_cancelled() {
            exits.push(Exit::Again);
            break;
        }
        let running = Box::pin(run(job, terminal, &stop));
        let outcome = signals::or_stopped(&stop, &job.scope.database, running).await?;
        exits.push(if outcome.complete { Exit::Complete } else { Exit::Again });
        tell(&outcome);
    }
    Ok(Exit::worst(exits))
}

async fn run(job: &PurgeJob, terminal: &Terminal, stop: &CancellationToken) -> Result<Purged, Failure> {
    let shape = of_scope(&job.scope)?;
    let contains = |position| shape.as_ref().is_some_and(|(_, region)| region.contains(position));
    let part = shape.as_ref().map(|(name, region)| PurgedPart { name, bounds: region.bounds(), contains: &contains });
    let opened = open(&job.scope.database, 2, terminal).await?;
    ensure_schema(&opened, job.migrate).await?;
    let purge = store::PurgeJob {
        provider: job.scope.provider,
        keeping: job.keeping,
        raw: job.raw,
        part,
        dry_run: job.dry_run,
        made_by: concat!("venues ", env!("CARGO_PKG_VERSION")),
    };
    let outcome = store::purge(&purge, &opened.database, &|| stop.is_cancelled()).await;
    opened.database.close().await;
    Ok(outcome?)
}
