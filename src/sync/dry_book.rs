use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::dry_spend::DrySpend;
use super::entry::Entry;
use super::job::{Job, SyncError};
use crate::model::Tile;
use crate::store::{self, Batch, Committed, Database, RunFigures, Told};

/// A dry run's own notes: it has one process and is never taken up again.
#[derive(Debug, Default)]
pub(super) struct DryBook {
    spend: DrySpend,
    /// Answers are noted one after the other.
    turn: tokio::sync::Mutex<()>,
    pages: Mutex<DryPages>,
}

#[derive(Debug, Default)]
pub(super) struct DryPages {
    pub(super) waiting: VecDeque<Tile>,
    pub(super) seen: HashSet<String>,
    /// What was told of venues that no row was noted of yet.
    pub(super) told: HashMap<String, Told>,
    pub(super) figures: RunFigures,
}

impl DryBook {
    pub(super) fn new(tiles: Vec<Tile>) -> Self {
        let book = Self::default();
        {
            let mut pages = book.pages();
            pages.figures.coverage.tiles = u64::try_from(tiles.len()).unwrap_or(u64::MAX);
            pages.waiting = tiles.into();
        }
        book
    }

    pub(super) fn spend(&self) -> &DrySpend {
        &self.spend
    }

    pub(super) fn next_tile(&self) -> Option<Tile> {
        self.pages().waiting.pop_front()
    }

    pub(super) fn pages(&self) -> std::sync::MutexGuard<'_, DryPages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn note(&self, database: &Database, job: &Job<'_>, entry: Entry) -> Result<Committed, SyncError> {
        let _turn = self.turn.lock().await;
        let mut duplicate = 0;
        let mut fresh = Vec::new();
        {
            let mut pages = self.pages();
            for (venue, _) in entry.digest.venues {
                if pages.seen.insert(venue.provider_id.clone()) {
                    fresh.push(venue);
                } else {
                    duplicate += 1;
                }
            }
        }
        let fresh = Batch::new(fresh);
        let merged = database.outlast(|| store::preview(database, job.provider.name(), &fresh)).await?;
        let rejected = u64::try_from(entry.digest.rejects.len()).unwrap_or(u64::MAX);
        let mut counts = merged.counts;
        counts.duplicate += duplicate;
        counts.rejected += rejected;
        counts.outside += entry.digest.outside;
        counts.received += duplicate + rejected + entry.digest.outside;
        let mut pages = self.pages();
        let DryPages { seen, told, figures, .. } = &mut *pages;
        told.retain(|id, _| !seen.contains(id));
        let replayed = if entry.replayed { u64::from(entry.requests) } else { 0 };
        figures.requests += replayed;
        figures.requests_free += replayed;
        figures.answers += 1;
        figures.venues += counts;
        figures.stubbed += merged.stubbed;
        tally(&mut figures.repairs, entry.digest.repairs);
        tally(&mut figures.unmapped, entry.digest.unmapped);
        for reject in entry.digest.rejects.into_iter().chain(merged.refused) {
            let reason = reject.reason.code();
            if let Some((_, count, _)) = figures.rejects.iter_mut().find(|(known, ..)| known == reason) {
                *count += 1;
            } else {
                let id = reject.provider_id.map_or_else(String::new, |id| format!("{id}: "));
                figures.rejects.push((reason.to_owned(), 1, id + &reject.detail));
            }
        }
        Ok(Committed { counts, stubbed: merged.stubbed, staged: 0 })
    }
}

fn tally(into: &mut Vec<(String, u64)>, counts: impl IntoIterator<Item = (String, u64)>) {
    for (word, count) in counts {
        match into.iter_mut().find(|(known, _)| *known == word) {
            Some((_, sum)) => *sum += count,
            None => into.push((word, count)),
        }
    }
}
