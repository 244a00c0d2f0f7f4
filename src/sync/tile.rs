use std::sync::atomic::{AtomicU32, Ordering};

use super::book::{Book, Entry};
use super::digest::digest;
use super::job::{Job, Source, SyncError, Zones};
use super::spending::{Spending, limit};
use super::stop::{Ending, Stop};
use crate::coverage::{Next, Rules, TileCover};
use crate::model::{AnswerSeen, Ask, Event, MicroUsd, StoppedBy};
use crate::provider::Page;
use crate::store::{ClaimedTile, Database, ReserveError};
use crate::transport::{Courier, ExchangeError};

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

impl Workshop<'_> {
    /// Works on a tile until it is done, fails, or the run stops.
    pub(super) async fn tile(&self, claimed: ClaimedTile) -> Result<(), SyncError> {
        let ordinal = claimed.tile.ordinal;
        let mut cover = TileCover::new(&self.job.region, claimed.tile, self.rules.clone())?;
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
        let (page, requests) = match self.ask(claimed.tile.ordinal, ask).await {
            Ok(answer) => answer,
            Err(ending) => return self.judge(ending),
        };
        let replayed = matches!(self.job.source, Source::Replay(_));
        let cost = if replayed { MicroUsd::default() } else { self.job.provider.limits().price * i64::from(requests) };
        let (digest, seen) = digest(self.job, &self.zones, ask, page);
        let entry = Entry { lease: claimed.lease, ordinal, seen: seen.clone(), digest, replayed, requests, cost };
        let Some(committed) = self.book.commit(self.database, self.job, entry).await? else {
            tracing::warn!(tile = claimed.tile.ordinal, "another worker took over this tile; its answer is not kept");
            return Ok(Answered::Left);
        };
        (self.listen)(Event::AnswerCommitted { tile: claimed.tile.ordinal, counts: committed.counts, cost });
        Ok(Answered::Seen(seen))
    }

    /// The whole answer, and how many pages it took.
    async fn ask(&self, tile: i32, ask: &Ask) -> Result<(Page, u32), ExchangeError<ReserveError>> {
        let Self { job, database, book, listen, .. } = self;
        let spending = Spending { job, database, book, tile, listen: *listen };
        let judge = |response: &_| job.provider.judge(response);
        let mut whole = Page::default();
        let mut cursor = None;
        let mut pages = 0;
        loop {
            let request = job.provider.request(ask, &job.language, cursor.as_ref());
            if matches!(job.source, Source::Replay(_)) {
                // Live, every attempt is told as it is reserved.
                listen(Event::RequestSent { tile });
            }
            let response = self.courier.exchange(&request, &judge, &spending, self.stop.signal()).await?;
            let page = job.provider.parse(&request, &response);
            whole.rows.extend(page.rows);
            whole.truncated = page.truncated;
            pages += 1;
            // A provider that hands out the same cursor again would be asked for ever.
            if page.next.is_none() || page.next == cursor {
                return Ok((whole, pages));
            }
            cursor = page.next;
        }
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
            ExchangeError::Reserve(error) | ExchangeError::Settle(error) => end(StoppedBy::Budget, limit(error)?, None),
            ExchangeError::QuotaGone { until, reason } => end(StoppedBy::Quota, reason, Some(until)),
            ExchangeError::CredentialsRefused { reason } => Err(SyncError::CredentialsRefused { provider, reason }),
            ExchangeError::RequestWrong { reason } => Err(SyncError::RequestWrong { provider, reason }),
            gave_up @ ExchangeError::GaveUp { .. } => Ok(Answered::Failed(gave_up.to_string())),
            other => Err(SyncError::Recording { reason: other.to_string() }),
        }
    }
}
