use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::open::{ensure_schema, open};
use super::region::of_scope;
use super::signals;
use crate::cli::exit::Exit;
use crate::cli::settings::renormalise_job::RenormaliseJob;
use crate::cli::terminal::Terminal;
use crate::model::{Renormalised, Retention};
use crate::provider::{self, Provider};
use crate::renormalise::{self, Again, Part};

/// Cleans kept rows again, job by job, each told of as it ends. Nothing is asked of anybody.
pub async fn renormalise(
    jobs: &[RenormaliseJob],
    terminal: &Terminal,
    tell: &dyn Fn(&Renormalised),
) -> Result<Exit, Failure> {
    let stop = CancellationToken::new();
    signals::listen(stop.clone()).map_err(Failure::Runtime)?;
    let providers = provider::all();
    let mut exits = Vec::new();
    for job in jobs {
        if stop.is_cancelled() {
            exits.push(Exit::Again);
            break;
        }
        let provider = providers
            .iter()
            .find(|provider| provider.name() == job.scope.provider)
            .ok_or_else(|| Failure::Bug(format!("provider {} is gone", job.scope.provider)))?;
        let running = Box::pin(run(job, provider.as_ref(), terminal, &stop));
        let outcome = signals::or_stopped(&stop, &job.scope.database, running).await?;
        exits.push(if outcome.complete { Exit::Complete } else { Exit::Again });
        tell(&outcome);
    }
    Ok(Exit::worst(exits))
}

async fn run(
    job: &RenormaliseJob,
    provider: &dyn Provider,
    terminal: &Terminal,
    stop: &CancellationToken,
) -> Result<Renormalised, Failure> {
    let shape = of_scope(&job.scope)?;
    let contains = |position| shape.as_ref().is_some_and(|(_, region)| region.contains(position));
    let part = shape.as_ref().map(|(name, region)| Part { name, bounds: region.bounds(), contains: &contains });
    if job.retention == Retention::Nothing {
        let provider = job.scope.provider;
        tracing::info!("nothing of what {provider} says is kept; `keep_raw` in [providers.{provider}] changes that");
    }
    let opened = open(&job.scope.database, 2, terminal).await?;
    ensure_schema(&opened, job.migrate).await?;
    let again = Again { provider, retention: job.retention, part, dry_run: job.dry_run, shown: job.limit };
    let outcome = renormalise::renormalise(&again, &opened.database, stop).await;
    opened.database.close().await;
    Ok(outcome?)
}
