//! What providers said, as it is kept: forgotten when its time is over, read in steps, and merged again once it is cleaned.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::again::Tries;
use super::connect::{Database, DatabaseError};
use super::content::Batch;
use super::merge::{Merged, merge_venues};
use crate::model::{BoundingBox, Position, RawRecord, Retention, Venue};

/// Rows that are forgotten in one transaction.
const FORGOTTEN_AT_ONCE: i64 = 10_000;

/// How often a batch is merged anew where a venue went while it was merged.
const REVIVALS: u32 = 3;

/// Which kept rows are meant.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// Older rows are over their time.
    pub retention: Retention,
    /// Only venues in this box, which may cross the antimeridian.
    pub within: Option<BoundingBox>,
}

/// What is kept of a venue.
#[derive(Debug, Clone)]
pub struct KeptRow {
    /// Ours.
    pub venue_id: Uuid,
    /// The provider's id, as stored.
    pub provider_id: String,
    /// Where it is, as stored; none for a place that is not on the earth, which others may have written.
    pub position: Option<Position>,
    /// When it was last seen, as stored.
    pub seen_at: DateTime<Utc>,
    /// The row.
    pub record: RawRecord,
}

/// Forgets what of a provider's words may be kept no longer; returns how many rows that was.
pub async fn forget_raw(database: &Database, provider: &str, retention: Retention) -> Result<u64, DatabaseError> {
    let Some(days) = retention.days() else { return Ok(0) };
    let mut forgotten = 0;
    loop {
        let mut transaction = database.begin().await?;
        // What another worker is just writing is new.
        let gone = sqlx::query!(
            "delete from venue_sync.raw_venues where venue_id in (
                 select venue_id from venue_sync.raw_venues
                 where provider = $1 and ($2 = 0 or answered_at < clock_timestamp() - make_interval(days => $2))
                 limit $3 for update skip locked)",
            provider,
            i32::from(days),
            FORGOTTEN_AT_ONCE
        )
        .execute(&mut transaction)
        .await
        .map_err(|error| database.error(error))?
        .rows_affected();
        database.commit(transaction).await?;
        forgotten += gone;
        if gone < FORGOTTEN_AT_ONCE.unsigned_abs() {
            return Ok(forgotten);
        }
    }
}

/// The next kept rows after this venue (nil: from the first on), in the order of our ids, of those that are within their time.
pub async fn kept_rows(
    database: &Database,
    whose: Whose<'_>,
    after: Uuid,
    many: u32,
) -> Result<Vec<KeptRow>, DatabaseError> {
    let earth = BoundingBox { south: -90.0, west: -180.0, north: 90.0, east: 180.0 };
    let within = whose.within.unwrap_or(earth);
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"select k.venue_id, k.format, k.answered_at, k.raw as "raw: sqlx::types::Json<Box<RawValue>>", v.provider_id, v.lat, v.lng,
             v.last_seen_at
         from venue_sync.raw_venues k join public.venues v on v.id = k.venue_id
         where k.venue_id > $1 and k.provider = $2
           and ($3::int is null or ($3 > 0 and k.answered_at >= clock_timestamp() - make_interval(days => $3)))
           and ($4 or (v.lat between $5 and $7 and (v.lng between $6 and $8 or ($6 > $8 and (v.lng >= $6 or v.lng <= $8)))))
         order by k.venue_id limit $9"#,
        after,
        whose.provider,
        whose.retention.days().map(i32::from),
        whose.within.is_none(),
        within.south,
        within.west,
        within.north,
        within.east,
        i64::from(many)
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let kept = rows.into_iter().map(|row| KeptRow {
        venue_id: row.venue_id,
        provider_id: row.provider_id,
        position: Position::new(row.lat, row.lng).ok(),
        seen_at: row.last_seen_at,
        record: RawRecord { format: row.format, answered_at: row.answered_at, raw: row.raw.0 },
    });
    Ok(kept.collect())
}

/// Merges venues that were made anew of kept rows, each with when it was last seen as its row was read: in one transaction, which
/// a dry run takes back. A venue that was seen meanwhile stays as it is, and so does one that is gone.
pub async fn merge_again(
    database: &Database,
    provider: &str,
    venues: Vec<(Venue, DateTime<Utc>)>,
    dry_run: bool,
) -> Result<Merged, DatabaseError> {
    let batch = Batch::again(venues);
    let (mut tries, mut revivals) = (Tries::default(), 0);
    loop {
        let mut transaction = database.begin().await?;
        let merged = match merge_venues(&mut transaction, provider, None, &batch).await {
            Ok(merged) => merged,
            Err(error) if tries.again(&error) => continue,
            Err(error) => return Err(database.error(error)),
        };
        // Somebody removed a venue in this very moment, and the merge would bring it back.
        let revived = merged.counts.inserted > 0;
        if dry_run || revived {
            transaction.rollback().await.map_err(|error| database.error(error))?;
        } else {
            database.commit(transaction).await?;
        }
        if !revived || revivals >= REVIVALS {
            return Ok(merged);
        }
        revivals += 1;
    }
}
