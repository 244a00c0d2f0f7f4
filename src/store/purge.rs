//! Deletes what is over its time, in small steps: each is a short transaction that waits for nobody, and counts what it deletes in the
//! purge's own record. Killed at any moment, the next one goes on.

use std::time::Instant;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::fault::is_state;
use super::overdue::{Overdue, Place, overdue};
use super::purge_job::{PurgeJob, Work};
use super::traces::forget_traces;
use crate::model::Purged;

/// Venues that go in one transaction. What somebody holds on to is tried again with fewer at a time, so that one row keeps no others.
const BATCHES: [usize; 3] = [500, 50, 1];

/// Venues that are read at a time.
const PAGE: u32 = 2_000;

/// Deletes a provider's venues that were not seen for as long as the rule says, with all that hangs on them, and what runs left of its
/// words. Our ids and the provider's stay in `venue_sync.known_ids` where they may. `stop` is asked between two steps.
pub async fn purge(
    job: &PurgeJob<'_>,
    database: &Database,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Purged, DatabaseError> {
    let started = Instant::now();
    let mut outcome = Purged {
        provider: job.provider.to_owned(),
        region: job.part.as_ref().map(|part| part.name.to_owned()),
        dry_run: job.dry_run,
        complete: job.keeping.days.is_none(),
        retention_days: job.keeping.days.map(std::num::NonZero::get),
        ids_kept: job.keeping.ids,
        ..Purged::default()
    };
    let Some(days) = job.keeping.days else { return Ok(outcome) };
    let (record, seen_before) = begin(database, job, i32::from(days.get())).await?;
    outcome.seen_before = Some(seen_before);
    let work = Work { job, database, stop, record, seen_before };
    outcome.complete = go_through(&work, &mut outcome).await?;
    if outcome.complete && !job.dry_run {
        end(&work).await?;
    }
    outcome.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(outcome)
}

/// Whether nothing is left that is over its time.
async fn go_through(work: &Work<'_>, outcome: &mut Purged) -> Result<bool, DatabaseError> {
    for at_once in BATCHES {
        outcome.held = 0;
        if !pass(work, at_once, outcome).await? {
            return Ok(false);
        }
        if work.job.dry_run {
            return Ok(true);
        }
        if outcome.held == 0 {
            break;
        }
    }
    Ok(forget_traces(work, outcome).await? && outcome.held == 0)
}

/// Goes once over everything that is over its time, oldest first; false where it was stopped.
async fn pass(work: &Work<'_>, at_once: usize, outcome: &mut Purged) -> Result<bool, DatabaseError> {
    let job = work.job;
    let within = job.part.as_ref().map(|part| part.bounds);
    let mut after = Place::first();
    while !(work.stop)() {
        let page = overdue(work, within, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(true) };
        after = last.place();
        let inside = |row: &Overdue| {
            let contains = job.part.as_ref().map(|part| part.contains);
            contains.is_none_or(|contains| row.position.is_some_and(contains))
        };
        let rows: Vec<Overdue> = page.into_iter().filter(inside).collect();
        let oldest = rows.first().map(|row| row.seen_at);
        if job.dry_run {
            outcome.venues += u64::try_from(rows.len()).unwrap_or(u64::MAX);
            outcome.oldest_seen_at = outcome.oldest_seen_at.or(oldest);
            continue;
        }
        for some in rows.chunks(at_once) {
            if (work.stop)() {
                return Ok(false);
            }
            let ids: Vec<Uuid> = some.iter().map(|row| row.id).collect();
            let (gone, held) = delete(work, &ids).await?;
            if gone > 0 {
                outcome.oldest_seen_at = outcome.oldest_seen_at.min(oldest).or(oldest);
            }
            outcome.venues += gone;
            outcome.held += held;
        }
    }
    Ok(false)
}

/// The record of a purge that begins, and the instant that its rule comes to, by the server's clock; a dry run leaves no record.
async fn begin(database: &Database, job: &PurgeJob<'_>, days: i32) -> Result<(Uuid, DateTime<Utc>), DatabaseError> {
    let id = Uuid::now_v7();
    let mut transaction = database.begin().await?;
    let seen_before = if job.dry_run {
        sqlx::query_scalar!(r#"select clock_timestamp() - make_interval(days => $1) as "at!""#, days)
            .fetch_one(&mut transaction)
            .await
    } else {
        sqlx::query_scalar!(
            "insert into venue_sync.purges (id, provider, region, retention_days, seen_before, ids_kept, made_by)
             values ($1, $2, $3, $4, clock_timestamp() - make_interval(days => $4), $5, $6) returning seen_before",
            id,
            job.provider,
            job.part.as_ref().map(|part| part.name),
            days,
            job.keeping.ids,
            job.made_by
        )
        .fetch_one(&mut transaction)
        .await
    }
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok((id, seen_before))
}

async fn end(work: &Work<'_>) -> Result<(), DatabaseError> {
    let mut transaction = work.database.begin().await?;
    sqlx::query!("update venue_sync.purges set ended_at = clock_timestamp() where id = $1", work.record)
        .execute(&mut transaction)
        .await
        .map_err(|error| work.database.error(error))?;
    work.database.commit(transaction).await
}

/// Deletes those of these venues that are still over their time and that nobody holds; returns how many went, and how many are held.
/// A venue that is being written at this moment is seen at this moment, and so are the ones that wait for it: they are passed by.
async fn delete(work: &Work<'_>, ids: &[Uuid]) -> Result<(u64, u64), DatabaseError> {
    let Work { job, database, record, seen_before, .. } = work;
    let mut transaction = database.begin().await?;
    let done = async {
        // What hangs on a venue may be held by others (a profile by whoever fills it): the venues that are locked by then do not wait long.
        sqlx::query!("set local lock_timeout = '500ms'").execute(&mut transaction).await?;
        let gone = sqlx::query_scalar!(
            r#"with old as materialized (
                   select v.id, v.provider_id from public.venues v
                   where v.id = any($1) and v.provider_name = $2 and v.last_seen_at < $3
                   order by v.id for update skip locked
               ),
               known as (
                   insert into venue_sync.known_ids as k (provider, provider_id, venue_id)
                   select $2, o.provider_id, o.id from old o where $4 order by o.provider_id
                   on conflict (provider, provider_id) do update set venue_id = excluded.venue_id, kept_at = excluded.kept_at
               ),
               gone as (delete from public.venues v using old o where v.id = o.id returning v.id)
               update venue_sync.purges p set venues = p.venues + (select count(*) from gone)
               where p.id = $5 returning (select count(*) from gone) as "gone!""#,
            ids,
            job.provider,
            seen_before,
            job.keeping.ids,
            record
        )
        .fetch_one(&mut transaction)
        .await?;
        let left = sqlx::query_scalar!(
            r#"select count(*) as "left!" from public.venues
               where id = any($1) and provider_name = $2 and last_seen_at < $3"#,
            ids,
            job.provider,
            seen_before
        )
        .fetch_one(&mut transaction)
        .await?;
        Ok((gone.unsigned_abs(), left.unsigned_abs()))
    }
    .await;
    match done {
        Ok(done) => {
            database.commit(transaction).await?;
            Ok(done)
        }
        // Somebody holds what hangs on one of them, or waits for us with it in his hands: all of them stay for now.
        Err(error) if is_state(&error, "55P03") || is_state(&error, "40P01") => {
            Ok((0, u64::try_from(ids.len()).unwrap_or(u64::MAX)))
        }
        Err(error) => Err(database.error(error)),
    }
}
