//! What becomes of a run that the guard refused, when somebody has said so.

use uuid::Uuid;

use super::again::Tries;
use super::closing::conclude;
use super::connect::{Database, DatabaseError};
use super::gone::GoneRule;
use super::let_in::promote_next;
use super::past_runs::{DecideError, not_refused};
use super::staged::{Promoted, StagedVenue, discard};
use super::transaction::Transaction;

/// What became of a run that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accepted {
    /// What became of the venues that waited.
    pub written: Promoted,
    /// Venues that are taken to be gone now.
    pub gone: u64,
}

/// Lets in what a refused run has staged, tile by tile, and makes it the complete run that it is: later ones are judged by it and learn
/// from it, and what it did not see counts as not seen. A venue that was seen since stays as it is. Interrupted, it stays refused, and
/// the same goes on where it was.
pub async fn accept_run(database: &Database, run: Uuid, rule: Option<GoneRule<'_>>) -> Result<Accepted, DecideError> {
    let mut written = Promoted::default();
    let mut tries = Tries::default();
    loop {
        let mut transaction = database.begin().await?;
        let step = match accept_step(&mut transaction, run, rule).await {
            Ok(Some(step)) => step,
            Ok(None) => {
                drop(transaction);
                return Err(not_refused(database, run).await);
            }
            Err(error) if tries.again(&error) => continue,
            Err(error) => return Err(database.error(error).into()),
        };
        database.commit(transaction).await?;
        match step {
            Step::Written(promoted) => {
                written.counts += promoted.counts;
                written.stubbed += promoted.stubbed;
            }
            Step::Done { gone } => return Ok(Accepted { written, gone }),
        }
    }
}

/// What one transaction did.
enum Step {
    /// It wrote what one tile had staged.
    Written(Promoted),
    /// Nothing was left, and the run is complete.
    Done { gone: u64 },
}

/// None where the run is not refused.
async fn accept_step(
    transaction: &mut Transaction,
    run: Uuid,
    rule: Option<GoneRule<'_>>,
) -> Result<Option<Step>, sqlx::Error> {
    // What is begun is decided: nobody discards the rest of it.
    let refused = sqlx::query!(
        "update venue_sync.runs set believed_at = coalesce(believed_at, clock_timestamp())
         where id = $1 and state = 'refused' returning provider, begun_at",
        run
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = refused else { return Ok(None) };
    if let Some(promoted) = promote_next(transaction, (run, &row.provider, row.begun_at), None).await? {
        return Ok(Some(Step::Written(promoted)));
    }
    sqlx::query!(
        "with done as (
             update venue_sync.tiles set state = 'complete', completed_at = clock_timestamp() where run_id = $1 and state = 'held')
         update venue_sync.runs set state = 'complete', believed_at = clock_timestamp() where id = $1",
        run
    )
    .execute(&mut *transaction)
    .await?;
    Ok(Some(Step::Done { gone: conclude(transaction, run, rule).await? }))
}

/// Throws away what a refused run has staged, and gives the run up. Returns how many venues that was.
pub async fn discard_run(database: &Database, run: Uuid) -> Result<u64, DecideError> {
    let mut transaction = database.begin().await?;
    let refused = sqlx::query_scalar!(
        r#"select believed_at is not null as "accepted!" from venue_sync.runs where id = $1 and state = 'refused' for update"#,
        run
    )
    .fetch_optional(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    match refused {
        Some(false) => {}
        Some(true) => return Err(DecideError::BeingAccepted { run }),
        None => {
            drop(transaction);
            return Err(not_refused(database, run).await);
        }
    }
    let discarded = async {
        let gone = discard(&mut transaction, run).await?;
        sqlx::query!("update venue_sync.runs set state = 'abandoned' where id = $1", run)
            .execute(&mut transaction)
            .await?;
        Ok(gone)
    }
    .await
    .map_err(|error: sqlx::Error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(discarded)
}

/// The next venues that wait, after this one, in the order of the provider's ids.
pub async fn staged_venues(
    database: &Database,
    run: Uuid,
    after: &str,
    many: u32,
) -> Result<Vec<StagedVenue>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"select s.provider_id, t.ordinal, s.staged_at, s."row",
             exists (select from public.venues v where v.provider_name = r.provider and v.provider_id = s.provider_id) as "known!"
           from venue_sync.staged s join venue_sync.tiles t on t.id = s.tile_id join venue_sync.runs r on r.id = s.run_id
           where s.run_id = $1 and s.provider_id > $2 order by s.provider_id limit $3"#,
        run,
        after,
        i64::from(many)
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let venues = rows.into_iter().map(|row| StagedVenue {
        provider_id: row.provider_id,
        tile: row.ordinal,
        seen_at: row.staged_at,
        known: row.known,
        row: row.row,
    });
    Ok(venues.collect())
}
