use chrono::{DateTime, Utc};

use super::connect::{Database, DatabaseError};
use super::content::{Batch, refusal};
use super::transaction::Transaction;
use crate::model::{Reject, VenueCounts};

/// What the merge of a batch did.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    /// Rows by outcome; `received` counts the batch and what was folded in it.
    pub counts: VenueCounts,
    /// New stubs.
    pub stubbed: u64,
    /// Venues that are closed or not open yet, and that we did not know.
    pub refused: Vec<Reject>,
}

/// The one upsert: venues, stubs, states and due profiles in a single statement.
///
/// A row seen since `begun_at` is a duplicate and stays as it is, so that a run writes each venue once, whichever tile comes
/// first. A row whose content did not change keeps its `updated_at`; dated exceptions are not part of that comparison.
pub(super) async fn merge_venues(
    transaction: &mut Transaction,
    provider: &str,
    begun_at: DateTime<Utc>,
    batch: &Batch,
) -> Result<Merged, sqlx::Error> {
    let rows =
        sqlx::query_file!("src/store/merge.sql", provider, batch.json(), begun_at).fetch_all(&mut *transaction).await?;
    let mut merged = Merged::default();
    let counts = &mut merged.counts;
    counts.received = batch.folded();
    counts.duplicate = batch.folded();
    for row in rows {
        counts.received += 1;
        merged.stubbed += u64::from(row.stubbed);
        match (row.refused, row.inserted, row.changed) {
            (true, _, _) => {
                counts.rejected += 1;
                let status = row.status.unwrap_or_default();
                merged.refused.extend(refusal(&status).map(|reason| Reject {
                    provider_id: Some(row.provider_id),
                    reason,
                    detail: "the provider says so, and we did not know it".to_owned(),
                }));
            }
            (_, Some(true), _) => counts.inserted += 1,
            (_, _, Some(true)) => counts.updated += 1,
            (_, _, Some(false)) => counts.unchanged += 1,
            _ => counts.duplicate += 1,
        }
    }
    Ok(merged)
}

/// What a merge would do, without doing it: for a dry run. Rows that the same dry run saw before are the caller's to leave out.
pub async fn preview(database: &Database, provider: &str, batch: &Batch) -> Result<Merged, DatabaseError> {
    let mut transaction = database.begin().await?;
    let never = DateTime::<Utc>::MAX_UTC;
    let merged = merge_venues(&mut transaction, provider, never, batch).await.map_err(|error| database.error(error))?;
    transaction.rollback().await.map_err(|error| database.error(error))?;
    Ok(merged)
}
