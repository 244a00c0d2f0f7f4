use chrono::{DateTime, Utc};
use serde_json::value::{Value, to_raw_value};

use super::connect::{Database, DatabaseError};
use super::content::{Batch, refusal};
use super::transaction::Transaction;
use crate::model::{FieldDifference, Reject, RowWord, VenueCounts, VenueDifference};

/// What the merge of a batch did.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    /// Rows by outcome; `received` counts the batch and what was folded in it.
    pub counts: VenueCounts,
    /// New stubs.
    pub stubbed: u64,
    /// What became of each venue of the batch, by the provider's id.
    pub(super) outcomes: Vec<(String, RowOutcome)>,
    /// Venues that are closed or not open yet, and that we did not know.
    pub refused: Vec<Reject>,
    /// What differs in each updated venue.
    pub differences: Vec<VenueDifference>,
}

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowOutcome {
    pub(super) word: RowWord,
    /// It got a stub.
    pub(super) stubbed: bool,
}

/// The one upsert: venues, stubs, states and due profiles in a single statement, of no more rows than that takes at once.
///
/// A row seen since `begun_at` is a duplicate and stays as it is, so that a run writes each venue once, whichever tile comes
/// first. A row whose content did not change keeps its `updated_at`; dated exceptions are not part of that comparison. Without a
/// `begun_at` nobody was asked: the batch is of kept rows, cleaned again.
pub(super) async fn merge_venues(
    transaction: &mut Transaction,
    provider: &str,
    begun_at: Option<DateTime<Utc>>,
    batch: &Batch,
) -> Result<Merged, sqlx::Error> {
    let mut merged = Merged::default();
    merged.counts.received = batch.folded();
    merged.counts.duplicate = batch.folded();
    for part in batch.parts() {
        let rows = sqlx::query_file!("src/store/merge.sql", provider, sqlx::types::Json(part) as _, begun_at)
            .fetch_all(&mut *transaction)
            .await?;
        for row in rows {
            let word = match (row.refused, row.inserted, row.changed) {
                (true, _, _) => RowWord::Rejected,
                (_, Some(true), _) => RowWord::Inserted,
                (_, _, Some(true)) => RowWord::Updated,
                (_, _, Some(false)) => RowWord::Unchanged,
                _ => RowWord::Duplicate,
            };
            merged.counts.count(word);
            merged.outcomes.push((row.provider_id.clone(), RowOutcome { word, stubbed: row.stubbed }));
            merged.stubbed += u64::from(row.stubbed);
            if let (Some(before), Some(after)) = (row.before, row.after) {
                merged.differences.push(difference(row.provider_id.clone(), before, after));
            }
            if word == RowWord::Rejected {
                let status = row.status.unwrap_or_default();
                merged.refused.extend(refusal(&status).map(|reason| Reject {
                    provider_id: Some(row.provider_id),
                    reason,
                    detail: "the provider says so, and we did not know it".to_owned(),
                }));
            }
        }
    }
    Ok(merged)
}

/// What was refused in the run of this tile before is only met again, however often: each venue is a reject once.
pub(super) async fn meet_refused_again(
    transaction: &mut Transaction,
    tile: i64,
    merged: &mut Merged,
) -> Result<(), sqlx::Error> {
    let ids: Vec<String> = merged.refused.iter().filter_map(|reject| reject.provider_id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let before = sqlx::query_scalar!(
        r#"select distinct j.provider_id as "provider_id!"
           from venue_sync.tiles t join venue_sync.tiles o on o.run_id = t.run_id
           join venue_sync.answers a on a.tile_id = o.id join venue_sync.rejects j on j.answer_id = a.id
           where t.id = $1 and j.provider_id = any($2) and j.reason in ('closed_permanently', 'not_yet_open')"#,
        tile,
        &ids
    )
    .fetch_all(transaction)
    .await?;
    let is_known = |id: &str| before.iter().any(|known| known == id);
    merged.refused.retain(|reject| !reject.provider_id.as_deref().is_some_and(is_known));
    for (id, outcome) in &mut merged.outcomes {
        if outcome.word == RowWord::Rejected && is_known(id) {
            outcome.word = RowWord::Duplicate;
            merged.counts.rejected -= 1;
            merged.counts.duplicate += 1;
        }
    }
    Ok(())
}

/// What a merge would do, without doing it: for a dry run. Rows that the same dry run saw before are the caller's to leave out.
pub async fn preview(database: &Database, provider: &str, batch: &Batch) -> Result<Merged, DatabaseError> {
    let mut transaction = database.begin().await?;
    let never = Some(DateTime::<Utc>::MAX_UTC);
    let merged = merge_venues(&mut transaction, provider, never, batch).await.map_err(|error| database.error(error))?;
    transaction.rollback().await.map_err(|error| database.error(error))?;
    Ok(merged)
}

/// Dated exceptions of hours are no difference, as in the statement.
fn difference(provider_id: String, mut before: Value, mut after: Value) -> VenueDifference {
    const FIELDS: [&str; 8] =
        ["name", "categories", "position", "address", "rating", "price_level", "hours", "raw_hours"];
    let name = before.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut fields = Vec::new();
    for field in FIELDS {
        let take = |row: &mut Value| {
            let mut value = row.get_mut(field).map(Value::take).unwrap_or_default();
            value.as_object_mut().and_then(|hours| hours.remove("special_days"));
            value
        };
        let (before, after) = (take(&mut before), take(&mut after));
        if before != after
            && let (Ok(before), Ok(after)) = (to_raw_value(&before), to_raw_value(&after))
        {
            fields.push(FieldDifference { field, before, after });
        }
    }
    VenueDifference { provider_id, name, fields }
}
