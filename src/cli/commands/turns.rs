//! Whose turn it is among the jobs of one command: whoever has to wait for a provider's limit lets all others go before it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The jobs that have not come to their end.
#[derive(Debug)]
pub(super) struct Turns<J, R> {
    first: VecDeque<(J, Duration)>,
    waiting: Vec<(Instant, Turn<J, R>)>,
}

/// A job whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turn<J, R> {
    pub(super) job: J,
    /// How long it may still wait, all its pauses together.
    pub(super) patience: Duration,
    /// Where it waits: for how long, and how it ended before.
    pub(super) waits: Option<(Duration, R)>,
}

impl<J, R> Turns<J, R> {
    /// Each job with the time that it may wait.
    pub(super) fn new(jobs: impl IntoIterator<Item = (J, Duration)>) -> Self {
        Self { first: jobs.into_iter().collect(), waiting: Vec::new() }
    }

    /// Those that had no turn yet in their order, then whoever waits no longer than the others.
    pub(super) fn next(&mut self) -> Option<Turn<J, R>> {
        if let Some((job, patience)) = self.first.pop_front() {
            return Some(Turn { job, patience, waits: None });
        }
        let soonest = (0..self.waiting.len()).min_by_key(|at| self.waiting[*at].0)?;
        let (from, mut turn) = self.waiting.remove(soonest);
        if let Some((left, _)) = &mut turn.waits {
            *left = from.saturating_duration_since(Instant::now());
        }
        Some(turn)
    }

    /// Puts a job aside for the length of a pause that it has the patience for; gives back how it ended where it has not.
    pub(super) fn put_aside(&mut self, job: J, patience: Duration, pause: Duration, ended: R) -> Result<(), R> {
        let Some(patience) = patience.checked_sub(pause) else { return Err(ended) };
        self.waiting.push((Instant::now() + pause, Turn { job, patience, waits: Some((pause, ended)) }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_comes_after_all_others_and_the_soonest_first() {
        let mut turns = Turns::new(["a", "b", "c"].map(|job| (job, 10 * MINUTE)));
        let a = turns.next().unwrap();
        assert_eq!((a.job, a.patience, a.waits), ("a", 10 * MINUTE, None));
        turns.put_aside("a", a.patience, 6 * MINUTE, "limited").unwrap();
        assert_eq!(turns.next().unwrap().job, "b");
        turns.put_aside("b", 10 * MINUTE, 2 * MINUTE, "limited").unwrap();
        assert_eq!(turns.next().unwrap().job, "c");

        tokio::time::advance(MINUTE).await;
        let b = turns.next().unwrap();
        assert_eq!((b.job, b.patience, b.waits), ("b", 8 * MINUTE, Some((MINUTE, "limited"))));
        tokio::time::advance(9 * MINUTE).await;
        let a = turns.next().unwrap();
        assert_eq!((a.job, a.patience, a.waits), ("a", 4 * MINUTE, Some((Duration::ZERO, "limited"))));
        assert_eq!(turns.put_aside("a", a.patience, 5 * MINUTE, "again"), Err("again"), "all pauses together");
        assert_eq!(turns.next(), None);
    }
}
