//! What there is of a provider's words beside its venues: kept rows whose own time is over, and what runs left.

use super::connect::{Database, DatabaseError};
use super::purge_job::{PurgeJob, Record};
use crate::model::Purged;

/// Rows in one transaction.
const AT_ONCE: i64 = 5_000;

/// Forgets it; false where it was stopped. In a part of the world, only what runs of that region left.
pub(super) async fn forget_traces(
    database: &Database,
    job: &PurgeJob<'_>,
    record: Record,
    stop: &(dyn Fn() -> bool + Sync),
    outcome: &mut Purged,
) -> Result<bool, DatabaseError> {
    for which in [Trace::LookUps, Trace::Known, Trace::Rejects, Trace::Raw, Trace::Ids] {
        loop {
            if stop() {
                return Ok(false);
            }
            let gone = forget(database, job, record, which).await?;
            outcome.traces += gone;
            if gone < AT_ONCE.unsigned_abs() {
                break;
            }
        }
    }
    Ok(true)
}

#[derive(Debug, Clone, Copy)]
enum Trace {
    /// What was told of single venues in a run that nobody went on with.
    LookUps,
    /// Where such a run knew venues to be.
    Known,
    /// The words by which a row was refused, which may quote it.
    Rejects,
    /// Rows as they came, where they have less time than their venues. What a sync would have forgotten at its start is forgotten where
    /// there is no sync any more; what is seen on time is left to it.
    Raw,
    /// Ids, where they may not be kept any more.
    Ids,
}

async fn forget(database: &Database, job: &PurgeJob<'_>, record: Record, which: Trace) -> Result<u64, DatabaseError> {
    let region = job.part.as_ref().map(|part| part.name);
    let raw_days = job.raw.days().map(i32::from);
    let mut transaction = database.begin().await?;
    let gone = match which {
        Trace::LookUps => {
            sqlx::query!(
                "delete from venue_sync.look_ups where (run_id, provider_id) in (
                     select l.run_id, l.provider_id from venue_sync.look_ups l join venue_sync.runs r on r.id = l.run_id
                     where r.provider = $1 and ($2::text is null or r.region = $2) and l.answered_at < $3
                     limit $4 for update of l skip locked)",
                job.provider,
                region,
                record.seen_before,
                AT_ONCE
            )
            .execute(&mut transaction)
            .await
        }
        Trace::Known => {
            sqlx::query!(
                "update venue_sync.tiles set known = null where id in (
                     select t.id from venue_sync.tiles t join venue_sync.runs r on r.id = t.run_id
                     where r.provider = $1 and ($2::text is null or r.region = $2) and r.begun_at < $3 and t.known is not null
                     limit $4 for update of t skip locked)",
                job.provider,
                region,
                record.seen_before,
                AT_ONCE
            )
            .execute(&mut transaction)
            .await
        }
        Trace::Rejects => {
            sqlx::query!(
                "update venue_sync.rejects set detail = '', provider_id = case when $5 then provider_id end where id in (
                     select j.id from venue_sync.rejects j join venue_sync.answers a on a.id = j.answer_id
                     join venue_sync.tiles t on t.id = a.tile_id join venue_sync.runs r on r.id = t.run_id
                     where r.provider = $1 and ($2::text is null or r.region = $2) and a.committed_at < $3
                       and (j.detail <> '' or (not $5 and j.provider_id is not null))
                     limit $4 for update of j skip locked)",
                job.provider,
                region,
                record.seen_before,
                AT_ONCE,
                job.keeping.ids
            )
            .execute(&mut transaction)
            .await
        }
        Trace::Raw => {
            sqlx::query!(
                "delete from venue_sync.raw_venues where venue_id in (
                     select k.venue_id from venue_sync.raw_venues k join public.venues v on v.id = k.venue_id
                     where k.provider = $1 and $2::text is null and $4::int is not null
                       and ($4 = 0 or greatest(k.answered_at, v.last_seen_at) < clock_timestamp() - make_interval(days => $4))
                     limit $3 for update of k skip locked)",
                job.provider,
                region,
                AT_ONCE,
                raw_days
            )
            .execute(&mut transaction)
            .await
        }
        Trace::Ids => {
            sqlx::query!(
                "delete from venue_sync.known_ids where (provider, provider_id) in (
                     select provider, provider_id from venue_sync.known_ids
                     where provider = $1 and $2::text is null and not $4 limit $3 for update skip locked)",
                job.provider,
                region,
                AT_ONCE,
                job.keeping.ids
            )
            .execute(&mut transaction)
            .await
        }
    }
    .map_err(|error| database.error(error))?
    .rows_affected();
    let counted = i64::try_from(gone).unwrap_or(i64::MAX);
    sqlx::query!("update venue_sync.purges set traces = traces + $2 where id = $1", record.id, counted)
        .execute(&mut transaction)
        .await
        .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(gone)
}
