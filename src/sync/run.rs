use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::book::Book;
use super::job::{Job, RunReport, Session, Source, SyncError};
use super::stop::{Ending, Stop};
use super::tile::Workshop;
use crate::coverage::Rules;
use crate::model::{Event, MicroUsd, RunStatus, StoppedBy, Summary, VenueCounts};
use crate::store::{self, Database, Opening, RunFigures, RunSpec};
use crate::transport::Courier;
use crate::wire::QuotaReset;

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
    let started = Instant::now();
    let words = job.provider.words(&job.types)?;
    let limits = job.provider.limits();
    let rules = Rules {
        shape: limits.shape,
        ranking: limits.ranking,
        largest_radius_m: limits.largest_radius_m,
        words: words.clone(),
        words_per_query: limits.words_per_query,
        rows_per_answer: limits.rows_per_answer,
        rows_per_query: limits.rows_per_query,
        counts: limits.counts,
        count_words: job.provider.count_words(&words),
    };
    let zones = store::known_zones(database).await?;
    let book = match open(job, database, &words).await? {
        Opened::Work(book) => book,
        Opened::Recent { id, ended_at } => return skipped(job, database, id, ended_at, started).await,
    };
    let progress = book.progress(database).await?;
    let resumed = matches!(&book, Book::Stored { run, .. } if run.resumed);
    listen(Event::RunOpened {
        run_id: book.run().unwrap_or_default(),
        resumed,
        tiles: progress.claimable + progress.leased + progress.complete + progress.failed,
        tiles_done: progress.complete,
    });
    let shop = Workshop {
        job,
        rules,
        zones,
        courier,
        database,
        book,
        stop: Stop::new(signal),
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
    Recent { id: Uuid, ended_at: DateTime<Utc> },
}

async fn open(job: &Job<'_>, database: &Database, words: &[String]) -> Result<Opened, SyncError> {
    if job.dry_run {
        return Ok(Opened::Work(Book::dry(job.region.tiles())));
    }
    let forgotten = store::forget_raw(database, job.provider.name(), job.retention).await?;
    if forgotten > 0 {
        tracing::info!(rows = forgotten, "forgot what the provider said and may be kept no longer");
    }
    let spec = RunSpec {
        region: job.region_name.clone(),
        provider: job.provider.name().to_owned(),
        parameters: job.run_parameters(words),
        tiles: job.region.tiles(),
        fresh: job.fresh && job.session == Session::New,
        if_stale: job.if_stale,
        goes_on: job.session == Session::GoesOn,
        resume_within: RESUME_WITHIN,
        worker: Uuid::new_v4(),
        lease: job.lease,
    };
    Ok(match store::open_run(database, &spec).await? {
        Opening::Open(run) => {
            // By which a process is found again in `venue_sync.workers` and `tiles`.
            tracing::debug!(run = %run.id, worker = %spec.worker, resumed = run.resumed, "at work on a run");
            Opened::Work(Book::Stored { run, worker: spec.worker })
        }
        Opening::Recent { id, ended_at } => Opened::Recent { id, ended_at },
    })
}

/// Nothing is asked: a run of the same was completed lately enough.
async fn skipped(
    job: &Job<'_>,
    database: &Database,
    id: Uuid,
    ended_at: DateTime<Utc>,
    started: Instant,
) -> Result<RunReport, SyncError> {
    let tiles = store::figures(database, id).await?.coverage;
    let summary = Summary {
        run_id: id,
        region: job.region_name.clone(),
        provider: job.provider.name().to_owned(),
        status: RunStatus::Skipped,
        stopped_by: None,
        requests: 0,
        requests_free: 0,
        cost: MicroUsd::default(),
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        venues: VenueCounts::default(),
        profiles_stubbed: 0,
        coverage: tiles,
    };
    let reason = Some(format!("a run of the same was completed at {}", ended_at.format("%Y-%m-%d %H:%M UTC")));
    Ok(RunReport { summary, figures: RunFigures::default(), reason, resumes_at: None, error: None })
}

/// Works until nothing is left to claim and nobody else holds a tile, or the run is stopped.
async fn work(shop: &Workshop<'_>) -> Result<(), SyncError> {
    let renewing = async {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(shop.job.lease / 3).await;
            match shop.book.renew(shop.database, shop.job.lease).await {
                Ok(()) => renewed = Instant::now(),
                // A lease outlives two missed renewals, and the fence guards what comes after: the answers in hand go on.
                Err(error) if renewed.elapsed() < shop.job.lease => {
                    tracing::warn!("cannot renew the leases, trying again: {error}");
                }
                Err(error) => shop.stop.end(Ending::Broken(error.into())),
            }
        }
    };
    let working = async {
        let mut told = false;
        loop {
            join_all((0..shop.job.concurrency.max(1)).map(|_| claim_and_work(shop))).await;
            if shop.stop.called() {
                return Ok(());
            }
            let progress = shop.book.progress(shop.database).await?;
            if progress.claimable + progress.leased == 0 {
                return Ok(());
            }
            if progress.closed {
                let reason = store::ReserveError::RunClosed.to_string();
                shop.stop.end(Ending::GivenUp { reason });
                return Ok(());
            }
            // Others hold the last tiles: wait until they end, or their leases do.
            if !std::mem::replace(&mut told, true) {
                let lease = shop.job.lease;
                tracing::warn!("waiting for tiles that another worker holds; a killed one's are free after {lease:?}");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = shop.stop.signal().cancelled() => {}
            }
        }
    };
    tokio::select! {
        worked = working => worked,
        never = renewing => never,
    }
}

/// One of the run's concurrent strands.
async fn claim_and_work(shop: &Workshop<'_>) {
    while !shop.stop.called() {
        let worked = match shop.book.claim(shop.database, shop.job.lease).await {
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
    let Workshop { job, database, book, stop, .. } = shop;
    let closed = match book.run() {
        Some(run) => store::close_if_finished(database, run).await?,
        None => false,
    };
    let figures = book.figures(database).await?;
    let coverage = figures.coverage;
    let outcome = Outcome::of(stop.into_ending(), closed || coverage.complete == coverage.tiles, &figures);
    let resumes_at = match (outcome.stopped_by, book.run()) {
        (Some(by), Some(run)) => note_leaving(database, run, by, outcome.until).await?,
        _ => None,
    };
    let replayed = matches!(job.source, Source::Replay(_));
    let summary = Summary {
        run_id: book.run().unwrap_or_else(Uuid::now_v7),
        region: job.region_name.clone(),
        provider: job.provider.name().to_owned(),
        status: outcome.status,
        stopped_by: outcome.stopped_by,
        requests: figures.requests,
        requests_free: if replayed { figures.requests } else { 0 },
        cost: figures.cost,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        venues: figures.venues,
        profiles_stubbed: figures.stubbed,
        coverage,
    };
    Ok(RunReport { summary, figures, reason: outcome.reason, resumes_at, error: outcome.error })
}

/// How a run ended, and why.
struct Outcome {
    status: RunStatus,
    stopped_by: Option<StoppedBy>,
    reason: Option<String>,
    until: Option<QuotaReset>,
    error: Option<SyncError>,
}

impl Outcome {
    fn of(ending: Option<Ending>, finished: bool, figures: &RunFigures) -> Self {
        let ended = |status, reason| Self { status, stopped_by: None, reason, until: None, error: None };
        match ending {
            Some(Ending::Broken(error)) => Self { error: Some(error), ..ended(RunStatus::Failed, None) },
            // Whatever was called for, there was nothing left to do.
            _ if finished => ended(RunStatus::Complete, None),
            Some(Ending::Early { by, reason, until }) => {
                Self { stopped_by: Some(by), until, ..ended(RunStatus::Interrupted, Some(reason)) }
            }
            Some(Ending::GivenUp { reason }) => ended(RunStatus::Interrupted, Some(reason)),
            Some(Ending::ProviderDown { reason }) => ended(RunStatus::Failed, Some(reason)),
            // Some tiles are not done and nothing stopped us: they failed.
            None => {
                let nothing_came = figures.answers == 0;
                let status = if nothing_came { RunStatus::Failed } else { RunStatus::Partial };
                ended(status, figures.failures.first().map(|(_, reason)| reason.clone()))
            }
        }
    }
}

async fn note_leaving(
    database: &Database,
    run: Uuid,
    by: StoppedBy,
    until: Option<QuotaReset>,
) -> Result<Option<chrono::DateTime<chrono::Utc>>, SyncError> {
    let (midnight_in, at) = match until {
        Some(QuotaReset::MidnightIn(zone)) => (Some(zone), None),
        Some(QuotaReset::At(instant)) => (None, Some(instant)),
        Some(QuotaReset::Unknown) | None => (None, None),
    };
    Ok(store::leave(database, run, by, midnight_in, at).await?)
}
