use chrono::{DateTime, Utc};

use super::connect::{Database, DatabaseError};

/// A provider's category word that has no code of ours, as the runs so far met it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UnmappedWord {
    /// Whose word it is.
    pub provider: String,
    /// As it was stored with the venues.
    pub word: String,
    /// Rows of answers that had it, over all runs that are still on record.
    pub rows: i64,
    /// When the newest of those answers was committed.
    pub last_seen: DateTime<Utc>,
}

/// Every such word, the most frequent first.
pub async fn unmapped_words(database: &Database) -> Result<Vec<UnmappedWord>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let words = sqlx::query_as!(
        UnmappedWord,
        r#"select r.provider, w.key as "word!", sum(w.value::bigint)::bigint as "rows!", max(a.committed_at) as "last_seen!"
           from venue_sync.answers a
           join venue_sync.tiles t on t.id = a.tile_id
           join venue_sync.runs r on r.id = t.run_id
           cross join lateral jsonb_each_text(a.unmapped) w
           group by r.provider, w.key order by 3 desc, 1, 2"#
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(words)
}
