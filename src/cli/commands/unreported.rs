//! What is known of a run that could not be told of at its end, because its database was out of reach by then.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use uuid::Uuid;

use super::failure::Failure;
use crate::cli::exit::Exit;
use crate::model::{CoverageCounts, Event, MicroUsd, RunStatus, StoppedBy, Summary, VenueCounts};

/// Hears what a run tells while it works. The numbers are those of this process, and zero where nothing was begun.
#[derive(Debug)]
pub(super) struct Unreported {
    began: Instant,
    so_far: Mutex<Summary>,
}

impl Unreported {
    pub(super) fn new(region: &str, provider: &str) -> Self {
        let so_far = Summary {
            run_id: Uuid::nil(),
            region: region.to_owned(),
            provider: provider.to_owned(),
            status: RunStatus::Failed,
            stopped_by: None,
            requests: 0,
            requests_free: 0,
            cost: MicroUsd::default(),
            duration_ms: 0,
            venues: VenueCounts::default(),
            profiles_stubbed: 0,
            coverage: CoverageCounts::default(),
            resumes_at: None,
            guard: None,
        };
        Self { began: Instant::now(), so_far: Mutex::new(so_far) }
    }

    pub(super) fn hear(&self, event: &Event) {
        let mut so_far = self.so_far();
        let coverage = &mut so_far.coverage;
        match event {
            Event::RunOpened { run_id, tiles, tiles_done, .. } => {
                (coverage.tiles, coverage.complete) = (*tiles, *tiles_done);
                so_far.run_id = *run_id;
            }
            Event::RequestSent { free, .. } => {
                so_far.requests += 1;
                so_far.requests_free += u64::from(*free);
            }
            Event::AnswerCommitted { counts, stubbed, cost, .. } => {
                so_far.venues += *counts;
                so_far.profiles_stubbed += stubbed;
                so_far.cost += *cost;
            }
            Event::TileDone { capped, .. } => {
                coverage.complete += 1;
                coverage.capped += u64::try_from(capped.len()).unwrap_or(u64::MAX);
            }
            Event::LetIn { counts, stubbed } => {
                so_far.venues += *counts;
                so_far.profiles_stubbed += stubbed;
            }
            Event::TileFailed { .. } => coverage.failed += 1,
            Event::TileHeld { .. } | Event::Retrying { .. } => {}
        }
    }

    /// The line of the run, or of the one that was never begun.
    pub(super) fn summary(&self, failure: Option<&Failure>) -> Summary {
        let mut summary = self.so_far().clone();
        if !summary.run_id.is_nil() {
            summary.duration_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        }
        if failure.is_some_and(|failure| failure.exit() == Exit::Again) {
            summary.status = RunStatus::Interrupted;
            summary.stopped_by = Some(StoppedBy::Signal);
        }
        summary
    }

    fn so_far(&self) -> MutexGuard<'_, Summary> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_nobody_could_report_is_told_as_this_process_knows_it() {
        let unreported = Unreported::new("here", "google");
        assert_eq!(unreported.summary(None).duration_ms, 0, "nothing was begun");
        let counts = VenueCounts { received: 3, inserted: 2, rejected: 1, ..VenueCounts::default() };
        for event in [
            Event::RunOpened { run_id: Uuid::from_u128(7), resumed: true, tiles: 4, tiles_done: 1 },
            Event::RequestSent { tile: 1, free: true },
            Event::RequestSent { tile: 1, free: false },
            Event::AnswerCommitted { tile: 1, counts, staged: 0, stubbed: 2, cost: MicroUsd(35_000) },
            Event::TileDone { tile: 1, capped: vec![] },
            Event::LetIn { counts: VenueCounts { inserted: 5, ..VenueCounts::default() }, stubbed: 4 },
        ] {
            unreported.hear(&event);
        }
        let summary = unreported.summary(None);
        assert_eq!((summary.run_id, summary.status), (Uuid::from_u128(7), RunStatus::Failed));
        assert_eq!((summary.requests, summary.requests_free, summary.cost), (2, 1, MicroUsd(35_000)));
        assert_eq!((summary.venues.inserted, summary.profiles_stubbed), (7, 6));
        assert_eq!((summary.coverage.tiles, summary.coverage.complete), (4, 2));
    }
}
