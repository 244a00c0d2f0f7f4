use super::job::SyncError;
use super::tile::Workshop;
use crate::store::ClaimedTile;

impl Workshop<'_> {
    /// Asks the questions of the run's audit, those that were not asked yet.
    pub(super) async fn audit(&self, claimed: ClaimedTile) -> Result<(), SyncError> {
        self.book.complete(self.database, claimed.lease, &[]).await?;
        Ok(())
    }
}
