use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::book::Book;
use super::gone::Expectation;
use super::job::{Job, Knowledge, RunReport, Session, Source, SyncError};
use super::judgement::Judgement;
use super::learn::Kinds;
use super::letting_in::{let_in, let_in_part};
use super::outcome::{Outcome, note_leaving};
use super::planner::Planner;
use super::rules::rules;
use super::stop::{Ending, Stop};
use super::tile::Workshop;
use crate::model::{CappedSpot, Event, MicroUsd, Position, RunStatus, StoppedBy, Summary, VenueCounts, Verdict};
use crate::store::{self, Closed, Closing, Database, GoneRule, Learn, Opening, Progress, Recent, RunFigures, RunSpec};
use crate::transport::Courier;

/// An unfinished run is taken up again for a day; one that waits for a budget or a quota for a week.
const RESUME_WITHIN: (Duration, Duration) = (Duration::from_hours(24), Duration::from_hours(24 * 7));

/// Brings a region up to date: takes up its unfinished run or begins one, works until every point is certified, something
/// stops it, or `signal` is pulled, and reports. What was answered is committed, whatever happens.
///
/// Once the run is open there is a report of it, also of a broken one; an error is what kept it from being opened or told of.
pub async fn sync(
    job: &Job<'_>,
    courier: &Courier,
    database: &Database,
    listen: &(dyn Fn(Event) + Sync),
    signal: &CancellationToken,
) -> Result<RunReport, SyncError> {
    database.hearing_stop(Box::pin(run(job, courier, database, listen, signal))).await
}

async fn run(
    job: &Job<'_>,
    courier: &Courier,
    database: &Database,
    listen: &(dyn Fn(Event) + Sync),
    signal: &CancellationToken,
) -> Result<RunReport, SyncError> {
    let started = Instant::now();
    let words = job.provider.words(&job.types)?;
    let rules = rules(job.provider, &words);
    let zones = database.outlast(|| store::known_zones(database)).await?;
    let book = match open(job, database, &words).await? {
        Opened::Work(book) => book,
        Opened::Recent(recent) => return skipped(job, database, recent, started).await,
    };
    let progress = book.progress(database).await?;
    let resumed = matches!(&book, Book::Stored { run, .. } if run.resumed);
    listen(Event::RunOpened {
        run_id: book.run().unwrap_or_default(),
        resumed,
        tiles: progress.tiles,
        tiles_done: progress.complete + progress.held,
    });
    // Whoever was told to stop or killed let in nothing of what waits. We are one of the workers.
    if resumed && progress.workers <= 1 && progress.held == 0 && progress.complete < progress.tiles {
        // At the end it is tried once more, and told.
        if let Err(error) = let_in_part(database, job, &book, signal, listen).await {
            tracing::warn!("cannot let in what waits since the run was left: {error}");
        }
    }
    let shop = Workshop {
        job,
        rules,
        zones,
        courier,
        database,
        book,
        stop: Stop::new(signal),
        planner: Planner::new(),
        listen,
        failed_in_a_row: 0.into(),
    };
    if let Err(error) = work(&shop).await {
        shop.stop.end(Ending::Broken(error));
    }
    // With the database gone there is nothing to report from, and our tiles are free when the leases run out.
    if let Some(error) = shop.stop.lost_database() {
        return Err(error.into());
    }
    // Whatever ended the work, other workers may have our tiles at once.
    shop.book.release(database).await?;
    conclude(shop, started).await
}

/// Where the run is written down, or the one that stands for it.
enum Opened {
    Work(Book),
    Recent(Recent),
}

async fn open(job: &Job<'_>, database: &Database, words: &[String]) -> Result<Opened, SyncError> {
    let tiles = job.region.tiles();
    if job.dry_run {
        return Ok(Opened::Work(Book::dry(tiles)));
    }
    let forgotten = database.outlast(|| store::forget_raw(database, job.provider.name(), job.retention)).await?;
    if forgotten > 0 {
        tracing::info!(rows = forgotten, "forgot what the provider said and may be kept no longer");
    }
    let spec = RunSpec {
        region: job.region_name.clone(),
        provider: job.provider.name().to_owned(),
        parameters: job.run_parameters(words),
        tiles,
        fresh: job.fresh && job.session == Session::New,
        // Others may have completed it during the pause.
        if_stale: job.if_stale.or((job.session == Session::GoesOn).then_some(RESUME_WITHIN.0)),
        goes_on: job.session == Session::GoesOn,
        resume_within: RESUME_WITHIN,
        guarded: job.guard.enabled,
        worker: Uuid::new_v4(),
        lease: job.lease,
    };
    let kinds = Kinds::of(job, words);
    let sort = |categories: &[String]| kinds.sort(categories);
    let learn = match &job.knowledge {
        Knowledge::Nothing => Learn::Nothing,
        Knowledge::Given(snapshot) => Learn::Given(&snapshot.known),
        Knowledge::Learned => Learn::Learned(&sort),
    };
    Ok(match database.outlast(|| store::open_run(database, &spec, learn)).await? {
        Opening::Open(run) => {
            // By which a process is found again in `venue_sync.workers` and `tiles`.
            tracing::debug!(run = %run.id, worker = %spec.worker, resumed = run.resumed, "at work on a run");
            let good = database.outlast(|| store::good_runs(database, run.id)).await?;
            if !run.resumed
                && matches!(job.source, Source::Live)
                && let Some(other) = database.outlast(|| store::other_run(database, &spec)).await?
            {
                let differing = differing(&other.parameters, &spec.parameters);
                tracing::warn!(
                    "run {} of the same region and provider is unfinished, and was begun with another {differing}: this one begins anew and \
                     pays for its own requests",
                    other.id
                );
            }
            Opened::Work(Book::stored(run, spec.worker, good))
        }
        Opening::Recent(recent) => Opened::Recent(recent),
    })
}

/// The names of the parameters in which two runs differ.
fn differing(one: &Value, other: &Value) -> String {
    let names: BTreeSet<&String> =
        [one, other].into_iter().filter_map(Value::as_object).flat_map(|parameters| parameters.keys()).collect();
    let differs = |name: &&String| one.get(name) != other.get(name);
    names.into_iter().filter(differs).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Nothing is asked: a run of the same was completed, or refused, lately enough.
async fn skipped(job: &Job<'_>, database: &Database, recent: Recent, started: Instant) -> Result<RunReport, SyncError> {
    let Recent { id, ended_at, refused } = recent;
    let figures = database.outlast(|| store::figures(database, id)).await?;
    let (status, stopped_by, what) = if refused {
        (RunStatus::Refused, Some(StoppedBy::Guard), "refused by the guard")
    } else {
        (RunStatus::Skipped, None, "completed")
    };
    let summary = Summary {
        run_id: id,
        region: job.region_name.clone(),
        provider: job.provider.name().to_owned(),
        status,
        stopped_by,
        requests: 0,
        requests_free: 0,
        cost: MicroUsd::default(),
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        venues: VenueCounts::default(),
        profiles_stubbed: 0,
        coverage: figures.coverage,
        resumes_at: None,
        guard: refused.then(|| verdict(&figures)),
    };
    let reason = Some(format!("a run of the same was {what} at {}", ended_at.format("%Y-%m-%d %H:%M UTC")));
    Ok(RunReport { summary, figures: RunFigures::default(), judgement: None, reason, resumes: None, error: None })
}

fn verdict(figures: &RunFigures) -> Verdict {
    Verdict {
        tiles_held: figures.held,
        staged: figures.staged,
        written: figures.venues.written(),
        breaches: figures.breaches.clone(),
    }
}

/// Works until nothing is left to claim and nobody else holds a tile, or the run is stopped.
async fn work(shop: &Workshop<'_>) -> Result<(), SyncError> {
    // No tile is in hand: there is nothing to renew, and every look is a sign of life.
    let idle = AtomicBool::new(false);
    let working = async {
        let mut told = false;
        loop {
            idle.store(false, Ordering::Relaxed);
            join_all((0..shop.job.strands()).map(|_| claim_and_work(shop))).await;
            idle.store(true, Ordering::Relaxed);
            let (mut waited, mut workers) = (false, 0);
            loop {
                if shop.stop.called() {
                    return Ok(());
                }
                let progress = shop.book.look(shop.database, shop.job.lease + pause(workers, shop.job.lease)).await?;
                workers = progress.workers;
                if progress.claimable + progress.leased == 0 {
                    if begins_audit(shop, &progress).await? {
                        break;
                    }
                    return Ok(());
                }
                if let Some(run) = shop.book.run().filter(|_| progress.closed) {
                    let reason = shop.database.outlast(|| store::run_end(shop.database, run)).await?.to_string();
                    shop.stop.end(Ending::GivenUp { reason });
                    return Ok(());
                }
                if waited && progress.claimable > 0 {
                    break;
                }
                // Others hold the last tiles: wait until they end, or their leases do.
                if !std::mem::replace(&mut told, true) {
                    let (job, lease) = (shop.job, shop.job.lease);
                    tracing::info!(
                        run = shop.book.run().map(tracing::field::display),
                        region = job.region_name,
                        provider = job.provider.name(),
                        "waiting for tiles that another worker holds; a killed one's are free after {lease:?}"
                    );
                }
                tokio::select! {
                    () = tokio::time::sleep(pause(progress.workers, shop.job.lease)) => {}
                    () = shop.stop.signal().cancelled() => {}
                }
                waited = true;
            }
        }
    };
    tokio::select! {
        worked = working => worked,
        never = renew(shop, &idle) => match never {},
    }
}

/// Renews the leases for as long as it is let, and nothing while the worker is `idle`.
async fn renew(shop: &Workshop<'_>, idle: &AtomicBool) -> Infallible {
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(shop.job.lease / 3).await;
        if idle.load(Ordering::Relaxed) {
            renewed = Instant::now();
            continue;
        }
        match shop.book.renew(shop.database, shop.job.lease).await {
            Ok(()) => renewed = Instant::now(),
            // A lease outlives two missed renewals, and the fence guards what comes after: the answers in hand go on.
            Err(error) if error.may_pass() && renewed.elapsed() < shop.job.lease => {
                tracing::warn!("cannot renew the leases, trying again: {error}");
            }
            Err(error) => shop.stop.end(Ending::Broken(error.into())),
        }
    }
}

/// Whoever comes first begins the audit; the others wait for it as for a tile. What the guard refuses needs none.
async fn begins_audit(shop: &Workshop<'_>, progress: &Progress) -> Result<bool, SyncError> {
    let due = shop.job.audits() && !progress.closed && progress.complete == progress.tiles;
    Ok(due
        && shop.book.breaches(shop.database, shop.job).await?.is_empty()
        && shop.book.begin_audit(shop.database).await?)
}

/// How long a worker that waits leaves the database alone: the more of them there are, the longer, so that all of them together look
/// some five times a second at most; but no longer than a lease, after which a dead worker's tiles are free.
fn pause(workers: u32, lease: Duration) -> Duration {
    const LOOKS_A_SECOND: u32 = 5;
    const LEAST: Duration = Duration::from_secs(1);
    (Duration::from_secs(1) * workers / LOOKS_A_SECOND).clamp(LEAST, lease.max(LEAST))
}

/// One of the run's concurrent strands.
async fn claim_and_work(shop: &Workshop<'_>) {
    while !shop.stop.called() {
        let worked = match shop.book.claim(shop.database, shop.job, &shop.rules.words).await {
            Ok(Some(claimed)) if claimed.audit => shop.audit(claimed).await,
            Ok(Some(claimed)) => shop.tile(claimed).await,
            Ok(None) => return,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = worked {
            // The other strands finish the answer they have in hand, and ask nothing more.
            shop.stop.end(Ending::Broken(error));
        }
    }
}

async fn conclude(shop: Workshop<'_>, started: Instant) -> Result<RunReport, SyncError> {
    let Workshop { job, database, book, stop, listen, .. } = shop;
    let before = book.figures(database).await?;
    let judgement = before.audit.map(|figures| Judgement::of(figures, job.audit_recall));
    let doubted = judgement.is_some_and(|judgement| !judgement.believed);
    let ended = before.coverage.complete + before.held == before.coverage.tiles;
    let breaches = if ended { book.breaches(database, job).await? } else { Vec::new() };
    if before.staged > 0
        && before.held == 0
        && breaches.is_empty()
        && let Err(error) = let_in(database, job, &book, (ended, stop.signal()), listen).await
    {
        // What was let in is kept, and the rest waits: the report says how much that is.
        stop.end(Ending::Broken(error.into()));
    }
    let words = job.provider.words(&job.types)?;
    let asked_for = Expectation::new(job.region.clone(), job.provider, &job.types, &words);
    let expected =
        |place: Position, categories: &[String], capped: &[CappedSpot]| asked_for.holds(place, categories, capped);
    let gone = GoneRule { after: job.guard.missing_after, within: asked_for.bounds(), expected: &expected };
    let closing =
        Closing { must_audit: job.audits(), audit: before.audit, doubted, breaches: &breaches, gone: Some(gone) };
    // What was judged is what is closed: whoever ends the last tile after we looked has seen all of it, and closes.
    let seen_whole = ended && (before.held > 0 || !breaches.is_empty() || !job.audits() || before.audit.is_some());
    let closed = match book.run() {
        Some(run) if seen_whole => database.outlast(|| store::close_if_finished(database, run, closing)).await?,
        None if before.coverage.complete == before.coverage.tiles => Closed::Complete,
        Some(_) | None => Closed::Open,
    };
    let figures = book.figures(database).await?;
    if let Some(run) = book.run().filter(|_| closed == Closed::Abandoned && !doubted) {
        let reason = database.outlast(|| store::run_end(database, run)).await?.to_string();
        stop.end(Ending::GivenUp { reason });
    }
    let refused = (closed == Closed::Refused).then(|| verdict(&figures));
    let outcome = match (closed, judgement.filter(|judgement| !judgement.believed)) {
        (Closed::Refused, _) => Outcome::refused(stop.into_ending()),
        (Closed::Abandoned, Some(judgement)) => Outcome::doubtful(stop.into_ending(), judgement.to_string()),
        _ => Outcome::of(stop.into_ending(), closed == Closed::Complete, &figures),
    };
    let resumes = match (outcome.stopped_by, book.run()) {
        (Some(by), Some(run)) if refused.is_none() => note_leaving(database, run, by, outcome.until).await?,
        _ => None,
    };
    let summary = Summary {
        run_id: book.run().unwrap_or_else(Uuid::now_v7),
        region: job.region_name.clone(),
        provider: job.provider.name().to_owned(),
        status: outcome.status,
        stopped_by: outcome.stopped_by,
        requests: figures.requests,
        requests_free: figures.requests_free,
        cost: figures.cost,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        venues: figures.venues,
        profiles_stubbed: figures.stubbed,
        coverage: figures.coverage,
        resumes_at: resumes.map(|resumes| resumes.at),
        guard: refused,
    };
    Ok(RunReport { summary, figures, judgement, reason: outcome.reason, resumes, error: outcome.error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_that_wait_look_no_more_often_together_the_more_they_are() {
        let lease = Duration::from_secs(30);
        assert_eq!(pause(1, lease), Duration::from_secs(1));
        for workers in [5, 20, 100, 150] {
            assert_eq!(workers / u32::try_from(pause(workers, lease).as_secs()).unwrap(), 5, "{workers}");
        }
        assert_eq!(pause(10_000, lease), lease, "a dead worker's tiles are free by then");
        assert_eq!(pause(8, Duration::from_millis(300)), Duration::from_secs(1));
    }
}
