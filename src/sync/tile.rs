use std::sync::atomic::{AtomicU32, Ordering};

use super::book::{Book, Entry};
use super::digest::{digest, is_inside};
use super::job::{Job, Source, SyncError, Zones};
use super::spending::{Spending, limit};
use super::stop::{Ending, Stop};
use crate::coverage::{Next, Rules, TileCover};
use crate::model::{AnswerSeen, Ask, Event, MicroUsd, StoppedBy};
use crate::provider::Page;
use crate::store::{ClaimedTile, Database, DatabaseError, LookUp, ReserveError, Told};
use crate::transport::{Courier, ExchangeError};
use crate::wire::{QuotaReset, Response};

/// Tiles that fail one after the other, with no answer between them, before the provider counts as down. Each of them has
/// had its retries.
const FAILURES_IN_A_ROW: u32 = 3;

/// What the tasks of one run share.
pub(super) struct Workshop<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) rules: Rules,
    pub(super) zones: Zones,
    pub(super) courier: &'a Courier,
    pub(super) database: &'a Database,
    pub(super) book: Book,
    pub(super) stop: Stop<'a>,
    pub(super) listen: &'a (dyn Fn(Event) + Sync),
    pub(super) failed_in_a_row: AtomicU32,
}

/// How an attempt to get one answer ended, when it did not end the run.
enum Answered {
    /// Committed.
    Seen(AnswerSeen),
    /// The run is being stopped, or the tile is another's: leave it.
    Left,
    /// Not to be had now.
    Failed(String),
}

/// Requests that one answer took.
#[derive(Debug, Clone, Copy, Default)]
struct Sent {
    requests: u32,
    /// Those that are paid for: answered, with status 200.
    billed: u32,
}

impl Workshop<'_> {
    /// Works on a tile until it is done, fails, or the run stops.
    pub(super) async fn tile(&self, claimed: ClaimedTile) -> Result<(), SyncError> {
        let ordinal = claimed.tile.ordinal;
        let mut cover = TileCover::new(&self.job.region, claimed.tile, self.rules.clone(), &[])?;
        for seen in &claimed.answers {
            cover.told(seen);
        }
        let mut answers = i32::try_from(claimed.answers.len()).unwrap_or(i32::MAX);
        while !self.stop.called() {
            match cover.next() {
                Next::Done { capped } => {
                    if self.book.complete(self.database, claimed.lease, &capped).await? {
                        (self.listen)(Event::TileDone { tile: ordinal, capped });
                    }
                    return Ok(());
                }
                Next::Ask(ask) => match self.answer(&claimed, &ask, answers).await? {
                    Answered::Seen(seen) => {
                        self.failed_in_a_row.store(0, Ordering::Relaxed);
                        cover.told(&seen);
                        answers += 1;
                    }
                    Answered::Left => return Ok(()),
                    Answered::Failed(reason) => {
                        self.book.fail(self.database, claimed.lease, ordinal, &reason).await?;
                        if self.failed_in_a_row.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_IN_A_ROW {
                            self.stop.end(Ending::ProviderDown { reason: reason.clone() });
                        }
                        (self.listen)(Event::TileFailed { tile: ordinal, reason });
                        return Ok(());
                    }
                },
            }
        }
        Ok(())
    }

    /// Asks one question, all its pages, and commits the answer.
    async fn answer(&self, claimed: &ClaimedTile, ask: &Ask, ordinal: i32) -> Result<Answered, SyncError> {
        let (page, Sent { requests, billed }) = match self.ask(claimed.tile.ordinal, ask).await {
            Ok(answer) => answer,
            Err(ending) => return self.judge(ending),
        };
        let replayed = matches!(self.job.source, Source::Replay(_));
        let cost = if replayed { MicroUsd::default() } else { self.job.provider.limits().price * i64::from(billed) };
        let (digest, seen) = match digest(self.job, &self.zones, ask, page) {
            Ok(answer) => answer,
            Err(elsewhere) => return Ok(Answered::Failed(elsewhere.to_string())),
        };
        let entry = Entry { lease: claimed.lease, ordinal, seen: seen.clone(), digest, replayed, requests, cost };
        let Some(committed) = self.book.commit(self.database, self.job, entry).await? else {
            tracing::warn!(tile = claimed.tile.ordinal, "another worker took over this tile; its answer is not kept");
            return Ok(Answered::Left);
        };
        (self.listen)(Event::AnswerCommitted { tile: claimed.tile.ordinal, counts: committed.counts, cost });
        Ok(Answered::Seen(seen))
    }

    /// The whole answer, and what it took.
    async fn ask(&self, tile: i32, ask: &Ask) -> Result<(Page, Sent), ExchangeError<ReserveError>> {
        let Self { job, database, book, listen, .. } = self;
        let spending = Spending { job, database, book, tile, listen: *listen };
        let judge = |response: &_| job.provider.judge(response);
        let mut whole = Page::default();
        let mut cursors = Vec::new();
        let limits = job.provider.limits();
        let most_pages = usize::try_from(limits.rows_per_query.div_ceil(limits.rows_per_answer.max(1))).unwrap_or(1);
        let mut sent = Sent::default();
        loop {
            let request = job.provider.request(ask, &job.language, cursors.last());
            if matches!(job.source, Source::Replay(_)) {
                // Live, every attempt is told as it is reserved.
                listen(Event::RequestSent { tile });
            }
            sent.requests += 1;
            let page = match self.courier.exchange(&request, &judge, &spending, self.stop.signal()).await {
                Ok(response) => {
                    sent.billed += 1;
                    job.provider.parse(&request, &response)
                }
                // Less of it is asked next.
                Err(ExchangeError::TooMuch { reason }) => {
                    tracing::debug!(tile, reason, "asking for less");
                    Page { truncated: true, ..Page::default() }
                }
                // A list without an end of its own; one of twenty rows that is so long is no answer, and stays so.
                Err(error @ ExchangeError::TooLarge { .. }) if limits.rows_per_answer == u32::MAX => {
                    tracing::debug!(tile, "asking for less: {error}");
                    Page { truncated: true, ..Page::default() }
                }
                Err(error) => return Err(error),
            };
            whole.rows.extend(page.rows);
            whole.truncated |= page.truncated;
            match page.next {
                // More pages than one question should have, or than a crash may lose.
                Some(_) if cursors.len() + 1 >= most_pages => {
                    whole.truncated = true;
                    break;
                }
                // A provider that hands out a cursor again would be asked for ever.
                Some(next) if cursors.contains(&next) => {
                    whole.truncated = true;
                    break;
                }
                Some(next) => cursors.push(next),
                None => break,
            }
        }
        if job.details {
            let looked_up = self.look_up(tile, &mut whole, &spending).await?;
            sent.requests += looked_up.requests;
            sent.billed += looked_up.billed;
        }
        Ok((whole, sent))
    }

    /// Asks for what the search left out of its rows, only for venues that we keep, and once for each of them in a run: what was told is
    /// kept at once, and holds for a row of another tile and for a run that is taken up again. Returns what was answered. Only strands
    /// that meet a venue in the same moment both ask.
    ///
    /// A look-up that cannot be had ends those of this answer and nothing else: its pages are paid for, and what they tell is kept.
    /// If the reason lasts (the quota, the budget, the provider's trouble), the next question meets it too.
    async fn look_up(
        &self,
        tile: i32,
        page: &mut Page,
        spending: &Spending<'_>,
    ) -> Result<Sent, ExchangeError<ReserveError>> {
        let job = self.job;
        let judge = |response: &_| job.provider.judge(response);
        let mut sent = Sent::default();
        for row in page.rows.iter_mut().flatten().filter(|row| is_inside(job, row)) {
            let Some(request) = job.provider.detail(row, &job.language) else { continue };
            match self.book.look_up(self.database, job, &row.provider_id).await.map_err(unreachable)? {
                LookUp::Never => {}
                LookUp::Told(told) => {
                    job.provider.complete(row, &response(told));
                    continue;
                }
                LookUp::Written => continue,
            }
            if matches!(job.source, Source::Replay(_)) {
                (self.listen)(Event::RequestSent { tile });
            }
            match self.courier.exchange(&request, &judge, spending, self.stop.signal()).await {
                Ok(response) => {
                    sent.requests += 1;
                    // "Closed" or "moved" comes with a status of its own, and is not charged.
                    sent.billed += u32::from(response.status == 200);
                    job.provider.complete(row, &response);
                    let told = Told { status: response.status, body: response.body, answered_at: response.received_at };
                    self.book.keep_look_up(self.database, &row.provider_id, told).await.map_err(unreachable)?;
                }
                Err(
                    error @ (ExchangeError::Stopped
                    | ExchangeError::Reserve(_)
                    | ExchangeError::QuotaGone { .. }
                    | ExchangeError::GaveUp { .. }
                    | ExchangeError::TooLarge { .. }
                    // A run that was cut short here recorded none, and is replayed as it was.
                    | ExchangeError::NotRecorded(_)),
                ) => {
                    tracing::debug!(tile, "no further look-ups for this answer: {error}");
                    break;
                }
                // One venue that the provider does not want to be asked about is no reason to lose the others.
                Err(ExchangeError::RequestWrong { reason }) => {
                    tracing::warn!(tile, venue = row.provider_id, "the look-up was refused: {reason}");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }

    /// Sorts what went wrong: ends the run, or fails the tile.
    fn judge(&self, error: ExchangeError<ReserveError>) -> Result<Answered, SyncError> {
        let provider = self.job.provider.name();
        let end = |by, reason, until| {
            self.stop.end(Ending::Early { by, reason, until });
            Ok(Answered::Left)
        };
        match error {
            ExchangeError::Stopped => Ok(Answered::Left),
            ExchangeError::Reserve(closed @ ReserveError::RunClosed) => {
                self.stop.end(Ending::GivenUp { reason: closed.to_string() });
                Ok(Answered::Left)
            }
            ExchangeError::Reserve(used_up @ ReserveError::DayQuota { .. }) => {
                end(StoppedBy::Quota, used_up.to_string(), Some(QuotaReset::MidnightIn("UTC")))
            }
            ExchangeError::Reserve(error) | ExchangeError::Settle(error) => end(StoppedBy::Budget, limit(error)?, None),
            ExchangeError::QuotaGone { until, reason } => end(StoppedBy::Quota, reason, Some(until)),
            ExchangeError::CredentialsRefused { reason } => Err(SyncError::CredentialsRefused { provider, reason }),
            ExchangeError::RequestWrong { reason } => Err(SyncError::RequestWrong { provider, reason }),
            failed @ (ExchangeError::GaveUp { .. } | ExchangeError::TooLarge { .. }) => {
                Ok(Answered::Failed(failed.to_string()))
            }
            other => Err(SyncError::Recording { reason: other.to_string() }),
        }
    }
}

/// The account and what was told are kept in the same place: out of reach is out of reach.
fn unreachable(error: DatabaseError) -> ExchangeError<ReserveError> {
    ExchangeError::Reserve(error.into())
}

fn response(told: Told) -> Response {
    let Told { status, body, answered_at: received_at } = told;
    Response { status, headers: Vec::new(), body, received_at }
}
