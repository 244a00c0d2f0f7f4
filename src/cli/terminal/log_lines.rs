//! Progress for a log: what happened, as a message with fields.

use std::sync::{Mutex, PoisonError};

use super::tally::Tally;
use crate::model::{CappedSpot, Event};
use crate::report::breach;

/// The lines of one region.
#[derive(Debug)]
pub(super) struct LogLines {
    region: String,
    provider: String,
    tally: Mutex<Tally>,
}

impl LogLines {
    pub(super) fn new(region: &str, provider: &str) -> Self {
        Self { region: region.to_owned(), provider: provider.to_owned(), tally: Mutex::default() }
    }

    pub(super) fn hear(&self, event: &Event) {
        let tally = {
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.hear(event);
            tally.clone()
        };
        let (region, provider) = (self.region.as_str(), self.provider.as_str());
        let run = tally.run.map(tracing::field::display);
        match event {
            Event::RunOpened { resumed, tiles, tiles_done, .. } => {
                tracing::info!(run, region, provider, resumed, tiles, tiles_done, "run opened");
            }
            Event::RequestSent { tile, .. } => tracing::trace!(run, region, provider, tile, "request sent"),
            Event::AnswerCommitted { tile, counts, cost, .. } => tracing::debug!(
                run,
                region,
                provider,
                tile,
                received = counts.received,
                inserted = counts.inserted,
                updated = counts.updated,
                unchanged = counts.unchanged,
                cost_usd = cost.usd(),
                "answer committed"
            ),
            Event::Retrying { tile, reason, wait } => {
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                tracing::info!(run, region, provider, tile, reason, wait_ms, "trying again");
            }
            Event::TileDone { tile, capped } => self.tile_done(*tile, capped, &tally),
            Event::TileHeld { tile, breaches } => {
                for one in breaches {
                    tracing::warn!(run, region, provider, tile, "not believed: {}", breach(one));
                }
            }
            Event::LetIn { counts, .. } => tracing::debug!(
                run,
                region,
                provider,
                inserted = counts.inserted,
                updated = counts.updated,
                unchanged = counts.unchanged,
                "let in"
            ),
            Event::TileFailed { tile, reason } => {
                tracing::warn!(run, region, provider, tile, reason, "tile failed");
            }
        }
    }

    fn tile_done(&self, tile: i32, capped: &[CappedSpot], tally: &Tally) {
        let (region, provider) = (self.region.as_str(), self.provider.as_str());
        let run = tally.run.map(tracing::field::display);
        for spot in capped {
            let (lat, lng, words) = (spot.position.lat(), spot.position.lng(), spot.words.join(","));
            let (radius_m, seen) = (spot.radius_m, spot.seen);
            tracing::warn!(run, region, provider, tile, lat, lng, radius_m, seen, words, "capped spot");
        }
        let &Tally { tiles, tiles_over, requests, venues, staged, .. } = tally;
        let cost_usd = tally.cost.usd();
        tracing::info!(run, region, provider, tile, tiles_over, tiles, requests, venues, staged, cost_usd, "tile done");
    }
}
