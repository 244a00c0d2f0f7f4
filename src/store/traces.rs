//! What there is of a provider's words beside its venues: kept rows whose own time is over, and what runs left.

use super::connect::DatabaseError;
use super::purge_job::Work;
use super::transaction::Transaction;
use crate::model::Purged;

/// Rows in one transaction.
const AT_ONCE: i64 = 5_000;

#[derive(Debug, Clone, Copy)]
enum Trace {
    LookUps,
    Known,
    Rejects,
    Changes,
    Staged,
    Raw,
    Ids,
}

/// Forgets it; false where it was stopped. In a part of the world, only what runs of that region left.
pub(super) async fn forget_traces(work: &Work<'_>, outcome: &mut Purged) -> Result<bool, DatabaseError> {
    for which in [Trace::LookUps, Trace::Known, Trace::Rejects, Trace::Changes, Trace::Staged, Trace::Raw, Trace::Ids] {
        loop {
            if (work.stop)() {
                return Ok(false);
            }
            let gone = forget(work, which).await?;
            outcome.traces += gone;
            if gone < AT_ONCE.unsigned_abs() {
                break;
            }
        }
    }
    Ok(true)
}

/// Forgets some of it, and counts that in the record.
async fn forget(work: &Work<'_>, which: Trace) -> Result<u64, DatabaseError> {
    let mut transaction = work.database.begin().await?;
    let forgotten = async {
        let gone = match which {
            Trace::LookUps => look_ups(work, &mut transaction).await?,
            Trace::Known => known(work, &mut transaction).await?,
            Trace::Rejects => rejects(work, &mut transaction).await?,
            Trace::Changes => changes(work, &mut transaction).await?,
            Trace::Staged => staged(work, &mut transaction).await?,
            Trace::Raw => raw(work, &mut transaction).await?,
            Trace::Ids => ids(work, &mut transaction).await?,
        };
        let counted = i64::try_from(gone).unwrap_or(i64::MAX);
        sqlx::query!("update venue_sync.purges set traces = traces + $2 where id = $1", work.record, counted)
            .execute(&mut transaction)
            .await?;
        Ok(gone)
    }
    .await
    .map_err(|error| work.database.error(error))?;
    work.database.commit(transaction).await?;
    Ok(forgotten)
}

fn region<'a>(work: &'a Work<'_>) -> Option<&'a str> {
    work.job.part.as_ref().map(|part| part.name)
}

/// What was told of single venues in a run that nobody went on with.
async fn look_ups(work: &Work<'_>, transaction: &mut Transaction) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "delete from venue_sync.look_ups where (run_id, provider_id) in (
             select l.run_id, l.provider_id from venue_sync.look_ups l join venue_sync.runs r on r.id = l.run_id
             where r.provider = $1 and ($2::text is null or r.region = $2) and l.answered_at < $3
             limit $4 for update of l skip locked)",
        work.job.provider,
        region(work),
        work.seen_before,
        AT_ONCE
    );
    Ok(done.execute(transaction).await?.rows_affected())
}

/// Where such a run knew venues to be. Taken up all the same, it asks as one that knew nothing.
async fn known(work: &Work<'_>, transaction: &mut Transaction) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update venue_sync.tiles set known = null where id in (
             select t.id from venue_sync.tiles t join venue_sync.runs r on r.id = t.run_id
             where r.provider = $1 and ($2::text is null or r.region = $2) and r.begun_at < $3 and t.known is not null
             limit $4 for update of t skip locked)",
        work.job.provider,
        region(work),
        work.seen_before,
        AT_ONCE
    );
    Ok(done.execute(transaction).await?.rows_affected())
}

/// The words by which a row was refused, which may quote it.
async fn rejects(work: &Work<'_>, transaction: &mut Transaction) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update venue_sync.rejects set detail = '', provider_id = case when $5 then provider_id end where id in (
             select j.id from venue_sync.rejects j join venue_sync.answers a on a.id = j.answer_id
             join venue_sync.tiles t on t.id = a.tile_id join venue_sync.runs r on r.id = t.run_id
             where r.provider = $1 and ($2::text is null or r.region = $2) and a.committed_at < $3
               and (j.detail <> '' or (not $5 and j.provider_id is not null))
             limit $4 for update of j skip locked)",
        work.job.provider,
        region(work),
        work.seen_before,
        AT_ONCE,
        work.job.keeping.ids
    );
    Ok(done.execute(transaction).await?.rows_affected())
}

/// What a venue was before a run changed it.
async fn changes(work: &Work<'_>, transaction: &mut Transaction) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "delete from venue_sync.changes where id in (
             select c.id from venue_sync.changes c join venue_sync.answers a on a.id = c.answer_id
             join venue_sync.tiles t on t.id = a.tile_id join venue_sync.runs r on r.id = t.run_id
             where r.provider = $1 and ($2::text is null or r.region = $2) and a.committed_at < $3
             limit $4 for update of c skip locked)",
        work.job.provider,
        region(work),
        work.seen_before,
        AT_ONCE
    );
    Ok(done.execute(transaction).await?.rows_affected())
}

/// What waits to be judged, or for somebody to decide about it, for longer than it may. A run of which a part went is given up whole: it
/// would be taken for one that saw nothing there.
async fn staged(work: &Work<'_>, transaction: &mut Transaction) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "with given_up as (
             update venue_sync.runs r set state = 'abandoned', ended_at = coalesce(r.ended_at, clock_timestamp())
             where r.provider = $1 and ($2::text is null or r.region = $2) and r.state in ('open', 'refused') and r.staging
               and exists (select from venue_sync.staged s where s.run_id = r.id and s.staged_at < $3)
             returning r.id
         )
         delete from venue_sync.staged s using venue_sync.runs r
         where r.id = s.run_id and r.provider = $1 and ($2::text is null or r.region = $2)
           and (r.state in ('complete', 'abandoned') or r.id in (select id from given_up))",
        work.job.provider,
        region(work),
        work.seen_before
    );
    Ok(done.execute(transaction).await?.rows_affected())
}

/// Rows as they came, where they have less time than their venues. A sync forgets them at its start, and brings again what it may; here it
/// is for those that no sync comes for any more.
async fn raw(work: &Work<'_>, transaction: &mut Transaction) -> Result<u64, sqlx::Error> {
    let (Some(days), None) = (work.job.raw.days(), region(work)) else { return Ok(0) };
    let done = sqlx::query!(
        "delete from venue_sync.raw_venues where venue_id in (
             select k.venue_id from venue_sync.raw_venues k join public.venues v on v.id = k.venue_id
             where k.provider = $1
               and ($2 = 0 or greatest(k.answered_at, v.last_seen_at) < clock_timestamp() - make_interval(days => $2))
             limit $3 for update of k skip locked)",
        work.job.provider,
        i32::from(days),
        AT_ONCE
    );
    Ok(done.execute(transaction).await?.rows_affected())
}

/// Ids, where they may not be kept any more.
async fn ids(work: &Work<'_>, transaction: &mut Transaction) -> Result<u64, sqlx::Error> {
    if work.job.keeping.ids || region(work).is_some() {
        return Ok(0);
    }
    let done = sqlx::query!(
        "delete from venue_sync.known_ids where (provider, provider_id) in (
             select provider, provider_id from venue_sync.known_ids where provider = $1 limit $2 for update skip locked)",
        work.job.provider,
        AT_ONCE
    );
    Ok(done.execute(transaction).await?.rows_affected())
}
