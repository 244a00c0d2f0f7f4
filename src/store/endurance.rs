//! How a run outlasts a database that is away for a moment.
//!
//! There is one rule for all that a run does in its database: **an error means that nothing was committed, so that what failed for a
//! reason that passes is done again, as it was.** Where a line is cut in the middle of a commit, the server is asked what became of it
//! (`Database::commit`) before there is an error. Two errors know less: the one that says so
//! ([`DatabaseError::InDoubt`]), and the one of who is told to stop ([`DatabaseError::Stopped`]), which ends the process's work.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::fault::{ACQUIRED_WITHIN, DatabaseError};

/// Between a first failure and the next try; doubled with every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Between two tries at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long it may be away when we are told to stop, and what is in hand still waits for it.
const A_MOMENT: Duration = Duration::from_secs(1);

/// No single thing that we ask takes as long.
const LONGEST_TRY: Duration = Duration::from_mins(10);

/// Whatever else has to be told to a database for which nobody waits any longer.
const LAST_CHANCE: Duration = Duration::from_secs(1);

/// What is under way in a database that answers may take to finish after we were told to stop.
const GRACE: Duration = Duration::from_secs(3);

/// And all of it together, also what is begun later: an answer that comes from the provider in the last moment, and the leave-taking.
const GRACE_OF_ALL: Duration = Duration::from_millis(4700);

/// An error that may be the database's.
pub trait Fault: From<DatabaseError> {
    /// What went wrong with the database; none where it answered, and said no.
    fn fault(&self) -> Option<&DatabaseError>;

    /// Whether the same may well succeed in a moment.
    fn may_pass(&self) -> bool {
        self.fault().is_some_and(DatabaseError::may_pass)
    }
}

impl Fault for DatabaseError {
    fn fault(&self) -> Option<&DatabaseError> {
        Some(self)
    }
}

/// Does again what failed for a reason that passes, for a while, and until somebody says stop. Shared by all that one process does
/// in a database.
#[derive(Debug)]
pub(super) struct Endurance {
    patience: Duration,
    stop: CancellationToken,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Since when nothing succeeds.
    away: Option<Instant>,
    /// When something last succeeded.
    answered: Option<Instant>,
    /// It took something that we wrote.
    takes_writes: bool,
    /// When we were told to stop.
    stopped: Option<Instant>,
}

impl Endurance {
    /// `patience` is the time from a first failure to the last try.
    pub(super) fn new(patience: Duration, stop: CancellationToken) -> Self {
        Self { patience, stop, seen: Mutex::default() }
    }

    /// Does `work` until it succeeds, fails for a reason that does not pass, or the patience is at its end.
    pub(super) async fn outlast<T, E, F>(&self, place: &str, mut work: impl FnMut() -> F) -> Result<T, E>
    where
        E: Fault,
        F: Future<Output = Result<T, E>>,
    {
        let stopped = || E::from(DatabaseError::Stopped { place: place.to_owned() });
        let mut failed: Option<Instant> = None;
        let mut pause = FIRST_PAUSE;
        loop {
            let (began, limit) = (Instant::now(), self.limit());
            let worked = tokio::select! {
                biased;
                worked = work() => worked,
                () = self.overdue(began) => return Err(stopped()),
                // Nobody tells us of a line that falls silent.
                () = sleep(limit) => {
                    let reason = format!("no answer within {} s", limit.as_secs());
                    Err(E::from(DatabaseError::Unreachable { place: place.to_owned(), reason }))
                }
            };
            let error = match worked {
                Ok(done) => {
                    self.answers();
                    return Ok(done);
                }
                Err(error) => error,
            };
            let Some(fault) = error.fault() else {
                self.answers();
                return Err(error);
            };
            // One that refuses to be written to from the start is no fail-over.
            let never_took = matches!(fault, DatabaseError::ReadOnly { .. }) && !self.seen().takes_writes;
            if never_took || !error.may_pass() {
                return Err(error);
            }
            // As long as nothing succeeds, for anybody, it is one outage; and whoever alone has no luck has no more time either.
            let away = self.note(fault);
            // What was waited for a connection in vain counts, too; what was done with one before it was lost does not.
            let earliest = Instant::now().checked_sub(ACQUIRED_WITHIN).unwrap_or(began);
            let first = *failed.get_or_insert(began.max(earliest));
            let since = away.into_iter().fold(first, Instant::min);
            let left = self.patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Err(error);
            }
            // What is in hand may still be written where it is only a moment.
            if self.stop.is_cancelled() && since.elapsed() > A_MOMENT {
                return Err(stopped());
            }
            // Strands that failed together shall not come back together.
            let wait = pause.mul_f64(0.5 + 0.5 * fastrand::f64()).min(left);
            pause = (pause * 2).min(LONGEST_PAUSE);
            tokio::select! {
                () = sleep(wait) => {}
                () = self.stop.cancelled() => sleep(wait.min(FIRST_PAUSE)).await,
            }
        }
    }

    /// Notes when we are told to stop; never ends.
    pub(super) async fn hear_stop(&self) {
        self.stop.cancelled().await;
        self.stopped_at();
        std::future::pending::<()>().await;
    }

    /// Something was written.
    pub(super) fn wrote(&self) {
        self.seen().takes_writes = true;
    }

    /// Ends when what is under way since then has to be dropped: we were told to stop, and it has had its time, or never had a chance.
    async fn overdue(&self, since: Instant) {
        self.stop.cancelled().await;
        let stopped = self.stopped_at();
        loop {
            let away = self.seen().away;
            let end = away.map_or(stopped.max(since) + GRACE, |away| away + A_MOMENT).min(stopped + GRACE_OF_ALL);
            if Instant::now() >= end {
                break;
            }
            sleep_until(end).await;
        }
        let mut seen = self.seen();
        // Others had answers meanwhile: it is this alone that takes long.
        if seen.answered.is_none_or(|answered| answered <= since) {
            seen.away.get_or_insert(since);
        }
    }

    /// How long one try may take: not long where the patience is at its end before it is begun.
    fn limit(&self) -> Duration {
        let hopeless = self.seen().away.is_some_and(|away| away.elapsed() >= self.patience);
        if hopeless { LAST_CHANCE } else { LONGEST_TRY }
    }

    fn stopped_at(&self) -> Instant {
        *self.seen().stopped.get_or_insert_with(Instant::now)
    }

    /// Notes that the database is away; returns since when it is.
    pub(super) fn note(&self, fault: &DatabaseError) -> Option<Instant> {
        // Somebody else was first: no more than that.
        if matches!(fault, DatabaseError::Contended { .. }) {
            tracing::debug!("trying again: {fault}");
            return None;
        }
        let mut seen = self.seen();
        if seen.away.is_none() && !self.patience.is_zero() {
            seen.away = Some(Instant::now());
            tracing::warn!("{fault}; trying again for up to {:?}", self.patience);
        }
        seen.away
    }

    fn answers(&self) {
        let since = {
            let mut seen = self.seen();
            seen.answered = Some(Instant::now());
            seen.away.take()
        };
        if let Some(since) = since {
            tracing::warn!("the database answers again, after {:.1} s", since.elapsed().as_secs_f64());
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn place() -> String {
        "here:5432/mine".to_owned()
    }

    fn cut() -> DatabaseError {
        DatabaseError::Unreachable { place: place(), reason: "the connection was closed".to_owned() }
    }

    /// What comes of work that fails in this way so many times and then succeeds, how often it was tried, and how long that took.
    async fn outlast(endurance: &Endurance, fault: fn() -> DatabaseError, times: u32) -> (bool, u32, Duration) {
        let began = Instant::now();
        let mut tries = 0;
        let done = endurance
            .outlast(&place(), || {
                tries += 1;
                std::future::ready(if tries > times { Ok(()) } else { Err(fault()) })
            })
            .await;
        (done.is_ok(), tries, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_tried_for_as_long_as_there_is_patience_and_no_longer() {
        let endurance = Endurance::new(MINUTE, CancellationToken::new());
        assert_eq!(outlast(&endurance, cut, 0).await.1, 1);
        let (done, tries, took) = outlast(&endurance, cut, 8).await;
        assert!(done && tries == 9 && took < MINUTE, "{tries} tries in {took:?}");
        let (done, tries, took) = outlast(&endurance, cut, u32::MAX).await;
        assert!(!done && (MINUTE..MINUTE * 2).contains(&took), "{tries} tries in {took:?}");
        assert!((12..60).contains(&tries), "a server that is away is not hammered: {tries}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_is_told_at_once() {
        let endurance = Endurance::new(MINUTE, CancellationToken::new());
        let full = || DatabaseError::Full { place: place(), reason: "no space left on device".to_owned() };
        assert_eq!(outlast(&endurance, full, 1).await.1, 1);
        let read_only = || DatabaseError::ReadOnly { place: place(), reason: "in a read-only transaction".to_owned() };
        assert_eq!(outlast(&endurance, read_only, 1).await.1, 1, "it never took a write");
        endurance.wrote();
        assert_eq!(outlast(&endurance, read_only, 1).await.1, 2, "a standby took over, or will");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_told_to_stop_waits_for_no_database_that_is_away() {
        let stop = CancellationToken::new();
        let endurance = Endurance::new(MINUTE, stop.clone());
        let began = Instant::now();
        let (ended, ()) =
            tokio::join!(endurance.outlast::<(), DatabaseError, _>("here", || std::future::ready(Err(cut()))), async {
                sleep(Duration::from_secs(20)).await;
                stop.cancel();
            });
        assert!(matches!(ended, Err(DatabaseError::Stopped { .. })), "{ended:?}");
        assert!(began.elapsed() < Duration::from_secs(21));
        // And does not begin to wait for what hangs.
        let began = Instant::now();
        let ended = endurance.outlast::<(), DatabaseError, _>("here", std::future::pending).await;
        assert!(matches!(ended, Err(DatabaseError::Stopped { .. })), "{ended:?}");
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_that_answers_has_a_while_to_finish_what_is_under_way() {
        let stop = CancellationToken::new();
        let endurance = Endurance::new(MINUTE, stop.clone());
        stop.cancel();
        let slow = || async {
            sleep(GRACE / 2).await;
            Ok::<_, DatabaseError>(())
        };
        assert!(endurance.outlast("here", slow).await.is_ok(), "an answer in hand is committed");
        let began = Instant::now();
        assert!(endurance.outlast::<(), DatabaseError, _>("here", std::future::pending).await.is_err());
        assert_eq!(began.elapsed(), GRACE);
        let began = Instant::now();
        assert!(endurance.outlast::<(), DatabaseError, _>("here", std::future::pending).await.is_err());
        assert_eq!(began.elapsed(), Duration::ZERO, "one hung, and nothing else is waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_begun_late_after_a_stop_is_finished_in_time_for_all() {
        let stop = CancellationToken::new();
        let endurance = Endurance::new(MINUTE, stop.clone());
        let began = Instant::now();
        stop.cancel();
        let late = async {
            // A provider that stalls has its own grace.
            sleep(Duration::from_secs(4)).await;
            assert!(endurance.outlast("here", || std::future::ready(Ok::<_, DatabaseError>(()))).await.is_ok());
            endurance.outlast::<(), DatabaseError, _>("here", std::future::pending).await
        };
        tokio::select! {
            ended = late => assert!(matches!(ended, Err(DatabaseError::Stopped { .. })), "{ended:?}"),
            () = endurance.hear_stop() => unreachable!(),
        }
        assert_eq!(began.elapsed(), GRACE_OF_ALL);
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_without_the_database_costs_no_answer_in_hand_after_a_stop() {
        let stop = CancellationToken::new();
        let endurance = Endurance::new(MINUTE, stop.clone());
        stop.cancel();
        let (done, tries, took) = outlast(&endurance, cut, 2).await;
        assert!(done && tries == 3 && took < A_MOMENT, "{tries} tries in {took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_takes_too_long_after_a_stop_is_no_outage_where_others_have_answers() {
        let stop = CancellationToken::new();
        let endurance = Endurance::new(MINUTE, stop.clone());
        stop.cancel();
        let answered = |after: Duration| {
            endurance.outlast::<(), DatabaseError, _>("here", move || async move {
                sleep(after).await;
                Ok(())
            })
        };
        let hangs = endurance.outlast::<(), DatabaseError, _>("here", std::future::pending);
        let (hung, other) = tokio::join!(hangs, answered(GRACE / 2));
        assert!(hung.is_err() && other.is_ok());
        assert!(answered(GRACE / 2).await.is_ok(), "the database is there");
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_falls_silent_is_given_up_and_one_that_nobody_waits_for_any_more_at_once() {
        let endurance = Endurance::new(MINUTE, CancellationToken::new());
        let began = Instant::now();
        let silent = || endurance.outlast::<(), DatabaseError, _>("here", std::future::pending);
        let told = silent().await;
        assert!(matches!(told, Err(DatabaseError::Unreachable { .. })), "{told:?}");
        assert!(began.elapsed() < LONGEST_TRY * 3, "{:?}", began.elapsed());
        let began = Instant::now();
        assert!(silent().await.is_err());
        assert_eq!(began.elapsed(), LAST_CHANCE);
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_one_for_all_who_work_in_the_database() {
        let endurance = Endurance::new(MINUTE, CancellationToken::new());
        let began = Instant::now();
        let slow = || async {
            sleep(Duration::from_secs(50)).await;
            Err::<(), _>(cut())
        };
        let (one, other) = tokio::join!(
            endurance.outlast::<(), DatabaseError, _>("here", || std::future::ready(Err(cut()))),
            endurance.outlast("here", slow),
        );
        assert!(one.is_err() && other.is_err());
        assert!(began.elapsed() < MINUTE * 2, "the other began to count when it failed itself: {:?}", began.elapsed());
    }
}
