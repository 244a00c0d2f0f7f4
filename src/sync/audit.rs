//! The audit of a run whose answers come in no order that proves anything: when all is done, some places are asked in another way, and what
//! is met there and was not seen tells of the rest.

use std::collections::HashSet;

use super::job::{Job, Knowledge, SyncError};
use super::stop::Ending;
use super::tile::{Answered, Workshop};
use crate::coverage::audit;
use crate::model::{Area, Ask, Position};
use crate::provider;
use crate::store::{self, ClaimedTile};

impl Workshop<'_> {
    /// Asks the questions of the run's audit that were not asked yet. They follow from the run's answers alone, so that they are the same
    /// for whoever takes the audit up.
    pub(super) async fn audit(&self, claimed: ClaimedTile) -> Result<(), SyncError> {
        let Some(run) = self.book.run() else { return Ok(()) };
        let done = self.database.outlast(|| store::answered_areas(self.database, run)).await?;
        let seed = match &self.job.knowledge {
            Knowledge::Given(snapshot) => snapshot.seed.to_string(),
            Knowledge::Learned | Knowledge::Nothing => run.to_string(),
        };
        let many = audit::questions(u32::try_from(done.requests).unwrap_or(u32::MAX));
        let questions =
            audit::plan(&self.job.region, &places(&done.areas), &groups(self.job, &self.rules.words), &seed, many);
        let mut nothing_held = HashSet::new();
        for (ask, ordinal) in questions.iter().zip(0_i32..).skip(usize::try_from(claimed.answers).unwrap_or(0)) {
            if self.stop.called() {
                return Ok(());
            }
            match self.answer(&claimed, ask, ordinal, &mut nothing_held).await? {
                Answered::Seen(_) => {}
                Answered::Left => return Ok(()),
                Answered::Failed(reason) => {
                    if self.fail(&claimed, reason.clone()).await? {
                        self.stop.end(Ending::ProviderDown { reason });
                    }
                    return Ok(());
                }
            }
        }
        if !self.database.outlast(|| store::complete_tile(self.database, claimed.lease, &[])).await? {
            tracing::warn!("another worker took over the audit, and ends it");
        }
        Ok(())
    }
}

/// Where venues are: the middle of each area that was answered, once for every twenty of its rows.
fn places(areas: &[(Ask, u32)]) -> Vec<Position> {
    const ROWS: u32 = 20;
    let middle = |area: Area| match area {
        Area::Circle(circle) => circle.center,
        Area::Rectangle(cell) => cell.enclosing_circle().center,
    };
    areas
        .iter()
        .flat_map(|(ask, rows)| {
            std::iter::repeat_n(middle(ask.area), usize::try_from(rows.div_ceil(ROWS)).unwrap_or(1))
        })
        .collect()
}

/// The words as the provider's usual method, by which the audit is asked, takes them together.
fn groups(job: &Job<'_>, words: &[String]) -> Vec<Vec<String>> {
    let usual = provider::all().into_iter().find(|usual| usual.name() == job.provider.name());
    let many = usual.map_or(1, |usual| usual.limits().words_per_query.max(1));
    words.chunks(many).map(<[String]>::to_vec).collect()
}
