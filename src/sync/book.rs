use std::time::Duration;

use uuid::Uuid;

use super::dry_book::DryBook;
use super::dry_spend::DrySpend;
use super::entry::{Entered, Entry};
use super::guard::Guard;
use super::job::{Job, SyncError};
use super::learn;
use super::roll::Roll;
use crate::coverage;
use crate::model::{Breach, CappedSpot, Certificate, Figures, MicroUsd, Purpose, Tile};
use crate::store::{
    self, AnswerToCommit, Batch, ClaimedTile, CommitError, Database, DatabaseError, GoodRuns, Lease, LookUp, OpenedRun,
    Progress, RunFigures, Taker, TileEnd, Told, ToldBefore,
};

/// Where a run is written down: in the database, or, for a dry run, nowhere but here.
pub(super) enum Book {
    Stored { run: OpenedRun, worker: Uuid, good: GoodRuns, roll: Roll },
    Dry(Box<DryBook>),
}

impl Book {
    pub(super) fn dry(tiles: Vec<Tile>) -> Self {
        Self::Dry(Box::new(DryBook::new(tiles)))
    }

    pub(super) fn stored(run: OpenedRun, worker: Uuid, good: GoodRuns) -> Self {
        Self::Stored { run, worker, good, roll: Roll::default() }
    }

    /// Who takes instants; nobody whose tiles others could take over, in a dry run.
    pub(super) fn taker(&self) -> Option<Taker> {
        match self {
            Self::Stored { run, worker, .. } => Some(Taker { run: run.id, worker: *worker }),
            Self::Dry(_) => None,
        }
    }

    /// Which tiles were ours when instants were last taken; a dry run loses none.
    pub(super) fn roll(&self) -> Option<&Roll> {
        match self {
            Self::Stored { roll, .. } => Some(roll),
            Self::Dry(_) => None,
        }
    }

    /// The run's row; a dry run has none.
    pub(super) fn run(&self) -> Option<Uuid> {
        match self {
            Self::Stored { run, .. } => Some(run.id),
            Self::Dry(_) => None,
        }
    }

    pub(super) fn dry_spend(&self) -> Option<&DrySpend> {
        match self {
            Self::Stored { .. } => None,
            Self::Dry(book) => Some(book.spend()),
        }
    }

    /// The next tile, if there is one. `words` are those that the job asks for.
    pub(super) async fn claim(
        &self,
        database: &Database,
        job: &Job<'_>,
        words: &[String],
    ) -> Result<Option<ClaimedTile>, DatabaseError> {
        match self {
            Self::Stored { run, worker, .. } => {
                database.outlast(|| store::claim(database, run.id, *worker, job.lease)).await
            }
            Self::Dry(book) => {
                let Some(tile) = book.next_tile() else { return Ok(None) };
                Ok(Some(ClaimedTile {
                    lease: Lease { tile: i64::from(tile.ordinal), fence: 0 },
                    tile,
                    answers: 0,
                    known: learn::of_tile(job, words, database, &tile).await?,
                    audit: false,
                }))
            }
        }
    }

    /// The answers of a tile from this one on, at most so many. A dry run has none.
    pub(super) async fn told_before(
        &self,
        database: &Database,
        lease: Lease,
        (from, at_most): (i32, u32),
    ) -> Result<ToldBefore, DatabaseError> {
        match self {
            Self::Stored { .. } => database.outlast(|| store::told_before(database, lease, from, at_most)).await,
            Self::Dry(_) => Ok(ToldBefore::default()),
        }
    }

    /// Whether there is an audit to be worked on, now that every tile is done. A dry run has none.
    pub(super) async fn begin_audit(&self, database: &Database) -> Result<bool, DatabaseError> {
        match self {
            Self::Stored { run, .. } => database.outlast(|| store::begin_audit(database, run.id)).await,
            Self::Dry(_) => Ok(false),
        }
    }

    pub(super) async fn renew(&self, database: &Database, lease: Duration) -> Result<(), DatabaseError> {
        match self {
            Self::Stored { run, worker, .. } => {
                database.outlast(|| store::renew(database, run.id, *worker, lease)).await
            }
            Self::Dry(_) => Ok(()),
        }
    }

    pub(super) async fn release(&self, database: &Database) -> Result<(), DatabaseError> {
        match self {
            Self::Stored { run, worker, .. } => database.outlast(|| store::release(database, run.id, *worker)).await,
            Self::Dry(_) => Ok(()),
        }
    }

    /// How far the run is, asked by a worker that has no tile in hand, and that thereby counts as alive for so long.
    pub(super) async fn look(&self, database: &Database, alive: Duration) -> Result<Progress, DatabaseError> {
        match self {
            Self::Stored { run, worker, .. } => {
                database.outlast(|| store::look(database, run.id, *worker, alive)).await
            }
            Self::Dry(_) => self.progress(database).await,
        }
    }

    pub(super) async fn progress(&self, database: &Database) -> Result<Progress, DatabaseError> {
        match self {
            Self::Stored { run, .. } => database.outlast(|| store::progress(database, run.id)).await,
            Self::Dry(book) => {
                let pages = book.pages();
                Ok(Progress {
                    closed: false,
                    tiles: pages.figures.coverage.tiles,
                    claimable: u64::try_from(pages.waiting.len()).unwrap_or(u64::MAX),
                    leased: 0,
                    complete: pages.figures.coverage.complete,
                    failed: pages.figures.coverage.failed,
                    held: 0,
                    workers: 1,
                })
            }
        }
    }

    /// Writes an answer down.
    pub(super) async fn commit(&self, database: &Database, job: &Job<'_>, entry: Entry) -> Result<Entered, SyncError> {
        let ids: Vec<String> = entry.digest.venues.iter().map(|(venue, _)| venue.provider_id.clone()).collect();
        match self {
            Self::Stored { run, .. } => {
                let answer = to_commit(run, job, entry);
                let committed = match database.outlast(|| store::commit_answer(database, &answer)).await {
                    Ok(committed) => committed,
                    Err(CommitError::FencedOut) => return Ok(Entered::TakenOver),
                    Err(CommitError::Outdated) => return Ok(Entered::Outdated),
                    Err(CommitError::Database(error)) => return Err(error.into()),
                    Err(bug @ CommitError::DoesNotAddUp { .. }) => {
                        return Err(SyncError::Bug { reason: bug.to_string() });
                    }
                };
                if job.details {
                    let provider = job.provider.name();
                    database.outlast(|| store::forget_look_ups(database, run, provider, &ids)).await?;
                }
                Ok(Entered::Kept(committed))
            }
            Self::Dry(book) => book.note(database, job, entry).await.map(Entered::Kept),
        }
    }

    /// Whether anybody asked about a venue of its own, in this run.
    pub(super) async fn look_up(
        &self,
        database: &Database,
        job: &Job<'_>,
        provider_id: &str,
    ) -> Result<LookUp, DatabaseError> {
        match self {
            Self::Stored { run, .. } => {
                database.outlast(|| store::look_up(database, run, job.provider.name(), provider_id)).await
            }
            Self::Dry(book) => {
                let pages = book.pages();
                let told = || pages.told.get(provider_id).cloned().map_or(LookUp::Never, LookUp::Told);
                Ok(if pages.seen.contains(provider_id) { LookUp::Written } else { told() })
            }
        }
    }

    pub(super) async fn keep_look_up(
        &self,
        database: &Database,
        provider_id: &str,
        told: Told,
    ) -> Result<(), DatabaseError> {
        match self {
            Self::Stored { run, .. } => {
                database.outlast(|| store::keep_look_up(database, run, provider_id, &told)).await
            }
            Self::Dry(book) => {
                book.pages().told.insert(provider_id.to_owned(), told);
                Ok(())
            }
        }
    }

    /// Ends a tile, or holds it. A dry run has nobody to be judged by.
    pub(super) async fn complete(
        &self,
        database: &Database,
        job: &Job<'_>,
        (tile, lease, answers): (i32, Lease, i32),
        capped: &[CappedSpot],
    ) -> Result<TileEnd, DatabaseError> {
        match self {
            Self::Stored { run, good, .. } => {
                let guard = Guard { limits: job.guard, types: &job.types };
                let judge = |found: &Figures, before: &[Figures]| guard.tile(tile, found, before);
                let of = (run, job.provider.name());
                database.outlast(|| store::end_tile(database, of, (lease, answers, capped), good, &judge)).await
            }
            Self::Dry(book) => {
                let mut pages = book.pages();
                pages.figures.coverage.complete += 1;
                pages.figures.coverage.capped += u64::try_from(capped.len()).unwrap_or(u64::MAX);
                pages.figures.capped.extend(capped.iter().cloned());
                Ok(TileEnd::Complete)
            }
        }
    }

    /// What is not believed of the run as a whole, once all its tiles have ended. What was believed once stays so.
    pub(super) async fn breaches(&self, database: &Database, job: &Job<'_>) -> Result<Vec<Breach>, DatabaseError> {
        let Self::Stored { run, good, .. } = self else { return Ok(Vec::new()) };
        if database.outlast(|| store::is_believed(database, run.id)).await? {
            return Ok(Vec::new());
        }
        let (found, before) = database.outlast(|| store::whole_figures(database, run.id, &good.ids)).await?;
        let guard = Guard { limits: job.guard, types: &job.types };
        Ok(found.map(|found| guard.whole(&found, &before)).unwrap_or_default())
    }

    /// The tiles of what has ended of the run so far, if that is believed as the whole would be.
    pub(super) async fn believed_part(&self, database: &Database, job: &Job<'_>) -> Result<Vec<i64>, DatabaseError> {
        let Self::Stored { run, good, .. } = self else { return Ok(Vec::new()) };
        let part = database.outlast(|| store::ended_part(database, run.id, &good.ids)).await?;
        let guard = Guard { limits: job.guard, types: &job.types };
        let enough = !part.before.is_empty() && guard.is_enough(&part.found, &part.before);
        Ok(if enough && guard.whole(&part.found, &part.before).is_empty() { part.tiles } else { Vec::new() })
    }

    /// Gives a tile up for now. False if it is another's by now.
    pub(super) async fn fail(
        &self,
        database: &Database,
        lease: Lease,
        tile: i32,
        reason: &str,
    ) -> Result<bool, DatabaseError> {
        match self {
            Self::Stored { .. } => database.outlast(|| store::fail_tile(database, lease, reason)).await,
            Self::Dry(book) => {
                let mut pages = book.pages();
                pages.figures.coverage.failed += 1;
                pages.figures.failures.push((tile, reason.to_owned()));
                Ok(true)
            }
        }
    }

    pub(super) async fn figures(&self, database: &Database) -> Result<RunFigures, DatabaseError> {
        match self {
            Self::Stored { run, .. } => database.outlast(|| store::figures(database, run.id)).await,
            Self::Dry(book) => {
                let mut figures = book.pages().figures.clone();
                figures.rejects.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
                figures.requests += book.spend().requests.load(std::sync::atomic::Ordering::Relaxed);
                figures.requests_free += book.spend().free.load(std::sync::atomic::Ordering::Relaxed);
                figures.cost += MicroUsd(
                    i64::try_from(book.spend().micro_usd.load(std::sync::atomic::Ordering::Relaxed))
                        .unwrap_or(i64::MAX),
                );
                Ok(figures)
            }
        }
    }
}

fn to_commit(run: &OpenedRun, job: &Job<'_>, entry: Entry) -> AnswerToCommit {
    let purpose = entry.seen.ask.purpose;
    AnswerToCommit {
        id: Uuid::now_v7(),
        lease: entry.lease,
        ordinal: entry.ordinal,
        certificate: match purpose {
            Purpose::Rows => coverage::certify(&entry.seen),
            Purpose::Count | Purpose::Audit => Certificate::Nothing,
        },
        seen: entry.seen,
        ids: entry.ids,
        requests: i32::try_from(entry.requests).unwrap_or(i32::MAX),
        replayed: entry.replayed,
        cost: entry.cost,
        provider: job.provider.name().to_owned(),
        // What an audit brings is written at once: its run was judged before it.
        staging: (run.staging && purpose != Purpose::Audit).then_some(run.id),
        begun_at: run.begun_at,
        batch: Batch::keeping(entry.digest.venues),
        rejects: entry.digest.rejects,
        outside: entry.digest.outside,
        repairs: entry.digest.repairs,
        unmapped: entry.digest.unmapped,
    }
}
