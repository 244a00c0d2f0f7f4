//! How far a run is, counted from what it tells.

use std::time::Duration;

use crate::model::{Event, MicroUsd};
use crate::report::{count, grouped};

/// The counts of this process's part of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    /// The run.
    pub(super) run: Option<uuid::Uuid>,
    /// Pieces of the region.
    pub(super) tiles: u64,
    /// Those that are finished, also those that failed.
    pub(super) tiles_over: u64,
    /// Those that failed.
    pub(super) failed: u64,
    /// Those that the guard held.
    pub(super) held: u64,
    /// Every attempt sent.
    pub(super) requests: u64,
    /// Venues written or found unchanged.
    pub(super) venues: u64,
    /// Venues that wait until they are judged.
    pub(super) staged: u64,
    /// List price.
    pub(super) cost: MicroUsd,
    /// Spots that overflow.
    pub(super) capped: usize,
    /// What is being waited for.
    pub(super) waiting: Option<String>,
}

impl Tally {
    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            Event::RunOpened { run_id, tiles, tiles_done, .. } => {
                self.run = Some(*run_id);
                self.tiles = *tiles;
                self.tiles_over = *tiles_done;
            }
            Event::RequestSent { .. } => {
                self.requests += 1;
                self.waiting = None;
            }
            Event::AnswerCommitted { counts, staged, cost, .. } => {
                self.venues += counts.written();
                self.staged += staged;
                self.cost += *cost;
                self.waiting = None;
            }
            Event::Retrying { reason, wait, .. } => {
                self.waiting = Some(format!("trying again in {} s: {reason}", wait.as_secs_f64().ceil()));
            }
            Event::TileDone { capped, .. } => {
                self.tiles_over += 1;
                self.capped += capped.len();
            }
            Event::LetIn { counts, .. } => {
                self.venues += counts.written();
                // Those that waited before we came were never counted.
                self.staged = self.staged.saturating_sub(counts.received);
            }
            Event::TileHeld { .. } => {
                self.tiles_over += 1;
                self.held += 1;
            }
            Event::TileFailed { .. } => {
                self.tiles_over += 1;
                self.failed += 1;
            }
        }
    }

    /// One line under the bar. Texts of others lose their control characters here.
    pub(super) fn line(&self, elapsed: Duration) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a rate for a person's eyes")]
        let rate = self.requests as f64 / elapsed.as_secs_f64().max(0.1);
        let mut parts = vec![
            format!("{} ({rate:.1}/s)", count(self.requests, "request", "requests")),
            if self.staged > 0 {
                format!("{}, {} to be judged", count(self.venues, "venue", "venues"), grouped(self.staged))
            } else {
                count(self.venues, "venue", "venues")
            },
            format!("${:.2}", self.cost.usd()),
        ];
        if self.capped > 0 {
            parts.push(format!("{} capped", grouped(self.capped.try_into().unwrap_or(u64::MAX))));
        }
        if self.failed > 0 {
            parts.push(format!("{} failed", grouped(self.failed)));
        }
        if self.held > 0 {
            parts.push(format!("{} held", grouped(self.held)));
        }
        parts.extend(self.waiting.clone());
        parts.join(" · ").chars().filter(|c| !c.is_control()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CappedSpot, Position, VenueCounts};

    fn after(events: &[Event]) -> Tally {
        let mut tally = Tally::default();
        for event in events {
            tally.hear(event);
        }
        tally
    }

    fn opened(tiles_done: u64) -> Event {
        Event::RunOpened { run_id: uuid::Uuid::nil(), resumed: tiles_done > 0, tiles: 9, tiles_done }
    }

    fn answer() -> Event {
        let counts = VenueCounts { received: 20, inserted: 12, unchanged: 5, rejected: 3, ..VenueCounts::default() };
        Event::AnswerCommitted { tile: 1, counts, staged: 0, stubbed: 12, cost: MicroUsd(35_000) }
    }

    #[test]
    fn a_run_that_is_taken_up_begins_where_it_was() {
        let tally = after(&[opened(4), Event::TileDone { tile: 5, capped: vec![] }]);
        assert_eq!((tally.tiles, tally.tiles_over), (9, 5));
    }

    #[test]
    fn the_line_tells_requests_rate_venues_and_money() {
        let sent = Event::RequestSent { tile: 1, free: false };
        let tally = after(&[opened(0), sent.clone(), answer(), sent, answer()]);
        assert_eq!(tally.line(Duration::from_secs(4)), "2 requests (0.5/s) · 34 venues · $0.07");
    }

    #[test]
    fn what_waits_until_it_is_judged_is_told_until_it_is_let_in() {
        let counts = VenueCounts { received: 2, duplicate: 2, ..VenueCounts::default() };
        let staged = Event::AnswerCommitted { tile: 1, counts, staged: 18, stubbed: 0, cost: MicroUsd(0) };
        let mut tally = after(&[opened(0), staged]);
        let line = tally.line(Duration::from_secs(1));
        assert!(line.contains(" · 0 venues, 18 to be judged · "), "{line}");
        let counts = VenueCounts { received: 18, updated: 17, rejected: 1, ..VenueCounts::default() };
        tally.hear(&Event::LetIn { counts, stubbed: 0 });
        let line = tally.line(Duration::from_secs(1));
        assert!(line.contains(" · 17 venues · "), "{line}");
    }

    #[test]
    fn trouble_is_told_and_forgotten_when_it_is_over() {
        let spot = CappedSpot { position: Position::new(1.0, 2.0).unwrap(), radius_m: 1.0, seen: 20, words: vec![] };
        let wait = Duration::from_millis(1_500);
        let mut tally = after(&[
            opened(0),
            Event::TileDone { tile: 0, capped: vec![spot] },
            Event::TileFailed { tile: 1, reason: "no answer".to_owned() },
            Event::Retrying { tile: 2, reason: "\u{1b}[2Jbusy".to_owned(), wait },
        ]);
        let line = tally.line(Duration::from_secs(1));
        assert!(line.ends_with("1 capped · 1 failed · trying again in 2 s: [2Jbusy"), "{line:?}");
        tally.hear(&answer());
        assert_eq!(tally.waiting, None);
    }
}
