use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::book::Book;
use super::digest::{counted, digest, hashes, hashes_of_venues, is_inside};
use super::entry::{Entered, Entry};
use super::job::{Job, Source, SyncError, Zones};
use super::outcome::refill;
use super::planner::Planner;
use super::spending::{Spending, limit};
use super::stop::{Ending, Stop, Until};
use crate::coverage::{Next, Rules, TileCover};
use crate::model::{AnswerSeen, Ask, Event, KnownPlace, MicroUsd, Purpose, StoppedBy};
use crate::provider::Page;
use crate::store::{
    ClaimedTile, CommitError, Committed, Database, DatabaseError, Lease, LookUp, Refill, ReserveError, TileEnd, Told,
};
use crate::transport::{Courier, ExchangeError};
use crate::wire::Response;

/// Tiles that fail one after the other, with no answer between them, before the provider counts as down. Each of them has
/// had its retries.
const FAILURES_IN_A_ROW: u32 = 3;

/// Answers of a tile that is taken up again that are read at once.
const TOLD_AT_ONCE: u32 = 100;

/// What the tasks of one run share.
pub(super) struct Workshop<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) rules: Rules,
    pub(super) zones: Zones,
    pub(super) courier: &'a Courier,
    pub(super) database: &'a Database,
    pub(super) book: Book,
    pub(super) stop: Stop<'a>,
    pub(super) planner: Planner,
    pub(super) listen: &'a (dyn Fn(Event) + Sync),
    pub(super) failed_in_a_row: AtomicU32,
}

/// How an attempt to get one answer ended, when it did not end the run.
pub(super) enum Answered {
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
    /// List price of those that are paid for: answered, with status 200.
    cost: MicroUsd,
}

impl Workshop<'_> {
    /// Works on a tile until it is done, fails, or the run stops.
    pub(super) async fn tile(&self, mut claimed: ClaimedTile) -> Result<(), SyncError> {
        let ordinal = claimed.tile.ordinal;
        let known = std::mem::take(&mut claimed.known);
        let Some(begun) = self.begin(&claimed, known).await? else { return Ok(()) };
        let (mut cover, mut answers, mut held) = begun;
        while !self.stop.called() {
            match cover.next() {
                Next::Done { capped } => {
                    let tile = (ordinal, claimed.lease, answers);
                    match self.book.complete(self.database, self.job, tile, &capped).await? {
                        TileEnd::Complete => (self.listen)(Event::TileDone { tile: ordinal, capped }),
                        TileEnd::Held(breaches) => (self.listen)(Event::TileHeld { tile: ordinal, breaches }),
                        TileEnd::FencedOut => {
                            tracing::warn!(tile = ordinal, "another worker took over this tile, and ends it");
                        }
                        TileEnd::Outdated => {
                            self.fail(&claimed, CommitError::Outdated.to_string()).await?;
                        }
                    }
                    return Ok(());
                }
                Next::Ask(ask) => match self.answer(&claimed, &ask, answers, &mut held).await? {
                    Answered::Seen(seen) => {
                        self.failed_in_a_row.store(0, Ordering::Relaxed);
                        answers += 1;
                        let go_on = move || {
                            cover.told(&seen);
                            cover
                        };
                        let Some(planned) = self.planner.plan(self.stop.signal(), go_on).await else { return Ok(()) };
                        cover = planned;
                    }
                    Answered::Left => return Ok(()),
                    Answered::Failed(reason) => {
                        if self.failed_in_a_row.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_IN_A_ROW {
                            self.stop.end(Ending::ProviderDown { reason: reason.clone() });
                        }
                        self.fail(&claimed, reason).await?;
                        return Ok(());
                    }
                },
            }
        }
        Ok(())
    }

    /// The cover of a tile where its answers so far have left it, how many they are, and the ids that those with rows held; none
    /// where the run is stopped before.
    async fn begin(
        &self,
        claimed: &ClaimedTile,
        known: Vec<KnownPlace>,
    ) -> Result<Option<(TileCover, i32, HashSet<i64>)>, SyncError> {
        let (region, tile, rules) = (self.job.region.clone(), claimed.tile, self.rules.clone());
        let new = move || TileCover::new(&region, tile, rules, &known);
        let Some(cover) = self.planner.plan(self.stop.signal(), new).await else { return Ok(None) };
        let (mut cover, mut answers, mut held) = (cover?, 0, HashSet::new());
        while answers < claimed.answers {
            let told = self.book.told_before(self.database, claimed.lease, (answers, TOLD_AT_ONCE)).await?;
            if told.answers.is_empty() {
                break;
            }
            answers = answers.saturating_add(i32::try_from(told.answers.len()).unwrap_or(i32::MAX));
            held.extend(told.held);
            let go_on = move || {
                for seen in &told.answers {
                    cover.told(seen);
                }
                cover
            };
            let Some(planned) = self.planner.plan(self.stop.signal(), go_on).await else { return Ok(None) };
            cover = planned;
        }
        Ok(Some((cover, answers, held)))
    }

    /// Leaves a tile to the next run, or to who takes this one up again. Whether it was still ours.
    pub(super) async fn fail(&self, claimed: &ClaimedTile, reason: String) -> Result<bool, SyncError> {
        let tile = claimed.tile.ordinal;
        let ours = self.book.fail(self.database, claimed.lease, tile, &reason).await?;
        if ours {
            (self.listen)(Event::TileFailed { tile, reason });
        } else {
            tracing::warn!(tile, "another worker took over this tile, which failed here: {reason}");
        }
        Ok(ours)
    }

    /// Asks one question, all its pages, and commits the answer. `held` are the ids that earlier answers with rows of the tile held, and
    /// gets those of this one.
    pub(super) async fn answer(
        &self,
        claimed: &ClaimedTile,
        ask: &Ask,
        ordinal: i32,
        held: &mut HashSet<i64>,
    ) -> Result<Answered, SyncError> {
        let (page, Sent { requests, cost }) = match self.ask((claimed.tile.ordinal, claimed.lease), ask).await {
            Ok(answer) => answer,
            Err(ending) => return self.judge(ending),
        };
        let replayed = matches!(self.job.source, Source::Replay(_));
        let cost = if replayed { MicroUsd::default() } else { cost };
        let mut ids = self.rules.compares_ids().then(|| hashes(&page));
        let digested = match ask.purpose {
            Purpose::Count => Ok(counted(ask, &page)),
            Purpose::Rows | Purpose::Audit => digest(self.job, &self.zones, ask, page),
        };
        let (digest, mut seen) = match digested {
            Ok(answer) => answer,
            Err(elsewhere) => return Ok(Answered::Failed(elsewhere.to_string())),
        };
        seen.fresh = if ask.purpose == Purpose::Audit {
            // Whether the run has seen them is reckoned when all are known.
            ids = Some(hashes_of_venues(&digest, &self.book.figures(self.database).await?.capped));
            None
        } else {
            let fresh = |ids: &Vec<i64>| ids.iter().filter(|id| !held.contains(id)).count();
            ids.as_ref().map(|ids| u32::try_from(fresh(ids)).unwrap_or(u32::MAX))
        };
        let entry = Entry {
            lease: claimed.lease,
            ordinal,
            seen: seen.clone(),
            digest,
            ids: ids.clone(),
            replayed,
            requests,
            cost,
        };
        let committed = match self.book.commit(self.database, self.job, entry).await? {
            Entered::Kept(committed) => committed,
            Entered::TakenOver => {
                let tile = claimed.tile.ordinal;
                tracing::warn!(tile, "another worker took over this tile; its answer is not kept");
                return Ok(Answered::Left);
            }
            Entered::Outdated => {
                self.fail(claimed, CommitError::Outdated.to_string()).await?;
                return Ok(Answered::Left);
            }
        };
        if ask.purpose != Purpose::Count {
            held.extend(ids.into_iter().flatten());
        }
        let (tile, Committed { counts, stubbed, staged }) = (claimed.tile.ordinal, committed);
        (self.listen)(Event::AnswerCommitted { tile, counts, staged, stubbed, cost });
        Ok(Answered::Seen(seen))
    }

    fn spending<'s>(&'s self, (tile, lease): (i32, Lease), call: &'s str, price: MicroUsd) -> Spending<'s> {
        let Self { job, database, book, listen, .. } = self;
        Spending { job, database, book, tile, lease, since: Instant::now(), call, price, listen: *listen }
    }

    /// The whole answer, and what it took.
    async fn ask(&self, (tile, lease): (i32, Lease), ask: &Ask) -> Result<(Page, Sent), ExchangeError<ReserveError>> {
        let Self { job, listen, .. } = self;
        let price = job.provider.price(ask);
        let judge = |response: &_| job.provider.judge(response);
        let mut whole = Page::default();
        let mut cursors = Vec::new();
        let limits = job.provider.limits();
        let most_pages = match (ask.purpose, limits.counts) {
            (Purpose::Count, Some(counts)) => counts.rows_per_query.div_ceil(counts.rows_per_answer.max(1)),
            (Purpose::Audit, _) => 1,
            _ => limits.rows_per_query.div_ceil(limits.rows_per_answer.max(1)),
        };
        let most_pages = usize::try_from(most_pages).unwrap_or(1);
        let mut sent = Sent::default();
        loop {
            let request = job.provider.request(ask, &job.language, cursors.last());
            if matches!(job.source, Source::Replay(_)) {
                // Live, every attempt is told as it is reserved.
                listen(Event::RequestSent { tile, free: true });
            }
            sent.requests += 1;
            let spending = self.spending((tile, lease), &request.call, price);
            let page = match self.courier.exchange(&request, &judge, &spending, self.stop.signal()).await {
                Ok(response) => {
                    sent.cost += price;
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
            whole.truncated |= page.truncated || limits.may_be_cut(ask.purpose, whole.rows.len());
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
        whole.truncated |= limits.may_be_cut(ask.purpose, whole.rows.len());
        if job.details && ask.purpose == Purpose::Rows {
            let looked_up = self.look_up((tile, lease), &mut whole).await?;
            sent.requests += looked_up.requests;
            sent.cost += looked_up.cost;
        }
        Ok((whole, sent))
    }

    /// Asks for what the search left out of its rows, only for venues that we keep, and once for each of them in a run: what was told is
    /// kept at once, and holds for a row of another tile and for a run that is taken up again. Returns what was answered. Only strands
    /// that meet a venue in the same moment both ask.
    ///
    /// A look-up that cannot be had ends those of this answer and nothing else: its pages are paid for, and what they tell is kept.
    /// If the reason lasts (the budget, the provider's trouble), the next question meets it too; a quota ends the run.
    async fn look_up(&self, (tile, lease): (i32, Lease), page: &mut Page) -> Result<Sent, ExchangeError<ReserveError>> {
        let job = self.job;
        let price = job.provider.limits().price;
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
                (self.listen)(Event::RequestSent { tile, free: true });
            }
            let spending = self.spending((tile, lease), &request.call, price);
            match self.courier.exchange(&request, &judge, &spending, self.stop.signal()).await {
                Ok(response) => {
                    sent.requests += 1;
                    // "Closed" or "moved" comes with a status of its own, and is not charged.
                    sent.cost += if response.status == 200 { price } else { MicroUsd(0) };
                    job.provider.complete(row, &response);
                    let told = Told { status: response.status, body: response.body, answered_at: response.received_at };
                    self.book.keep_look_up(self.database, &row.provider_id, told).await.map_err(unreachable)?;
                }
                // A quota is for questions, too, and what others ask until they meet it would have no look-ups.
                Err(
                    error @ (ExchangeError::QuotaGone { .. } | ExchangeError::Reserve(ReserveError::AllowanceGone { .. })),
                ) => {
                    self.judge(error).ok();
                    break;
                }
                Err(
                    error @ (ExchangeError::Stopped
                    | ExchangeError::Reserve(_)
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
        let end = |by, reason, refill: Option<Refill<'static>>| {
            self.stop.end(Ending::Early { by, reason, until: refill.map(Until::from) });
            Ok(Answered::Left)
        };
        match error {
            ExchangeError::Stopped => Ok(Answered::Left),
            ExchangeError::Reserve(lost @ ReserveError::TakenOver) => {
                tracing::warn!("{lost}; nothing more is asked for it here");
                Ok(Answered::Left)
            }
            ExchangeError::Reserve(closed @ ReserveError::RunClosed(_)) => {
                self.stop.end(Ending::GivenUp { reason: closed.to_string() });
                Ok(Answered::Left)
            }
            ExchangeError::Reserve(used_up @ ReserveError::DayQuota { .. }) => {
                end(StoppedBy::Quota, used_up.to_string(), Some(Refill::MidnightIn("UTC")))
            }
            ExchangeError::Reserve(gone @ ReserveError::AllowanceGone { until }) => {
                end(StoppedBy::Quota, gone.to_string(), Some(Refill::At(until)))
            }
            ExchangeError::Reserve(used_up @ ReserveError::MonthBudget) => {
                end(StoppedBy::Budget, used_up.to_string(), Some(Refill::NextMonth))
            }
            ExchangeError::Reserve(error) | ExchangeError::Settle(error) => end(StoppedBy::Budget, limit(error)?, None),
            ExchangeError::QuotaGone { until, reason } => end(StoppedBy::Quota, reason, Some(refill(&until))),
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
