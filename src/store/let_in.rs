//! How what a run has staged gets to the readers once it is believed: tile by tile, each in a transaction of its own, by however many
//! workers are there. One that is killed in the middle leaves the rest to whoever comes next.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::again::Tries;
use super::connect::{Database, DatabaseError};
use super::staged::{Promoted, Staging, promote};
use super::transaction::Transaction;

/// Keeps with a run that it is believed as a whole, if it is open and all of its region has ended well. From then on it is judged no
/// more, whatever the settings of whoever takes it up: a part of it may be written.
pub async fn believe(database: &Database, run: Uuid) -> Result<bool, DatabaseError> {
    let mut transaction = database.begin().await?;
    let believed = sqlx::query!(
        "update venue_sync.runs set believed_at = coalesce(believed_at, clock_timestamp())
         where id = $1 and state = 'open'
           and not exists (select from venue_sync.tiles where run_id = $1 and purpose = 'rows' and state <> 'complete')",
        run
    )
    .execute(&mut transaction)
    .await
    .map_err(|error| database.error(error))?
    .rows_affected();
    database.commit(transaction).await?;
    Ok(believed == 1)
}

/// Whether a run was believed as a whole.
pub async fn is_believed(database: &Database, run: Uuid) -> Result<bool, DatabaseError> {
    let mut transaction = database.begin().await?;
    let believed =
        sqlx::query_scalar!(r#"select believed_at is not null as "believed!" from venue_sync.runs where id = $1"#, run)
            .fetch_one(&mut transaction)
            .await
            .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(believed)
}

/// Lets in what the next tile of a run has staged, or of these tiles of it; none where nothing is left. A run that somebody has closed
/// meanwhile is left alone.
pub async fn let_in_next(
    database: &Database,
    run: Uuid,
    tiles: Option<&[i64]>,
) -> Result<Option<Promoted>, DatabaseError> {
    let mut tries = Tries::default();
    loop {
        let mut transaction = database.begin().await?;
        match step(&mut transaction, run, tiles).await {
            Ok(step) => {
                database.commit(transaction).await?;
                return Ok(step);
            }
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(database.error(error)),
        }
    }
}

async fn step(
    transaction: &mut Transaction,
    run: Uuid,
    tiles: Option<&[i64]>,
) -> Result<Option<Promoted>, sqlx::Error> {
    let open = sqlx::query!(
        "update venue_sync.runs set touched_at = clock_timestamp() where id = $1 and state = 'open' returning provider, begun_at",
        run
    )
    .fetch_optional(&mut *transaction)
    .await?;
    match open {
        Some(row) => promote_next(transaction, (run, &row.provider, row.begun_at), tiles).await,
        None => Ok(None),
    }
}

/// Writes what the next tile of a run, or of these tiles of it, has staged; none where nothing is left.
pub(super) async fn promote_next(
    transaction: &mut Transaction,
    (run, provider, begun_at): (Uuid, &str, DateTime<Utc>),
    tiles: Option<&[i64]>,
) -> Result<Option<Promoted>, sqlx::Error> {
    let waiting = sqlx::query_scalar!(
        "select t.id from venue_sync.tiles t
         where t.run_id = $1 and ($2::bigint[] is null or t.id = any($2))
           and exists (select from venue_sync.staged s where s.tile_id = t.id)
         order by t.ordinal limit 1 for no key update of t",
        run,
        tiles
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(tile) = waiting else { return Ok(None) };
    promote(transaction, Staging { run, tile, provider, begun_at }).await.map(Some)
}
