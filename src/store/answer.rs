use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgTransaction;
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::content::{Batch, refusal};
use super::tiles::Lease;
use crate::model::{AnswerSeen, Certificate, MicroUsd, Reject, VenueCounts};

/// Everything that one answer brings, committed as one transaction.
#[derive(Debug, Clone)]
pub struct AnswerToCommit {
    /// Made by the worker: a commit of unknown outcome is looked up by it, not repeated.
    pub id: Uuid,
    /// The right to commit.
    pub lease: Lease,
    /// Place in the tile's order, from 0.
    pub ordinal: i32,
    /// What coverage has to know.
    pub seen: AnswerSeen,
    /// What it proves.
    pub certificate: Certificate,
    /// Requests replayed for it, not reserved before (0 for a live answer, whose attempts were).
    pub replayed_requests: i32,
    /// Its list price.
    pub cost: MicroUsd,
    /// The provider's name.
    pub provider: String,
    /// When the run was begun: what was seen since is a duplicate.
    pub begun_at: DateTime<Utc>,
    /// The venues.
    pub batch: Batch,
    /// Rows that did not become venues.
    pub rejects: Vec<Reject>,
    /// Rows outside the region.
    pub outside: u64,
    /// Counts of repairs.
    pub repairs: BTreeMap<String, u64>,
    /// Counts of category words without a code.
    pub unmapped: BTreeMap<String, u64>,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Committed {
    /// Its rows.
    pub counts: VenueCounts,
    /// New stubs.
    pub stubbed: u64,
}

/// Why an answer was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The database's fault. The outcome is known: nothing was committed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Our lease ran out and another worker has the tile: nothing was committed.
    #[error("the tile was taken over by another worker; this answer is not kept")]
    FencedOut,
    /// The rows do not add up: a bug of ours. Nothing was committed.
    #[error("rows do not add up: {counts:?}")]
    DoesNotAddUp {
        /// The counts.
        counts: VenueCounts,
    },
}

/// Commits an answer: rows, stubs, certificate and counts together or not at all.
pub async fn commit_answer(database: &Database, answer: &AnswerToCommit) -> Result<Committed, CommitError> {
    let mut transaction = database.begin().await?;
    let committed = match write(&mut transaction, answer).await {
        Ok(committed) => committed?,
        Err(error) => return Err(database.error(error).into()),
    };
    match database.commit(transaction).await {
        Ok(()) => Ok(committed),
        // The line was cut while the server was committing: only the server knows.
        Err(error) => match find(database, answer.id).await? {
            Some(committed) => Ok(committed),
            None => Err(error.into()),
        },
    }
}

async fn write(
    transaction: &mut PgTransaction<'static>,
    answer: &AnswerToCommit,
) -> Result<Result<Committed, CommitError>, sqlx::Error> {
    let held = sqlx::query!(
        "update venue_sync.tiles set lease_until = greatest(lease_until, clock_timestamp())
         where id = $1 and fence = $2 and state = 'leased'",
        answer.lease.tile,
        answer.lease.fence
    )
    .execute(&mut **transaction)
    .await?;
    if held.rows_affected() == 0 {
        return Ok(Err(CommitError::FencedOut));
    }
    let merged = merge_venues(transaction, &answer.provider, answer.begun_at, &answer.batch).await?;
    let mut counts = merged.counts;
    let given = u64::try_from(answer.rejects.len()).unwrap_or(u64::MAX);
    counts.rejected += given;
    counts.received += given + answer.outside;
    counts.outside += answer.outside;
    if !counts.add_up() || counts.received != u64::from(answer.seen.rows) {
        return Ok(Err(CommitError::DoesNotAddUp { counts }));
    }
    insert_answer(transaction, answer, counts, merged.stubbed).await?;
    insert_rejects(transaction, answer.id, answer.rejects.iter().chain(&merged.refused)).await?;
    if answer.replayed_requests > 0 {
        sqlx::query!(
            "update venue_sync.runs set requests = requests + $2
             where id = (select run_id from venue_sync.tiles where id = $1)",
            answer.lease.tile,
            i64::from(answer.replayed_requests)
        )
        .execute(&mut **transaction)
        .await?;
    }
    Ok(Ok(Committed { counts, stubbed: merged.stubbed }))
}

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
pub async fn merge_venues(
    transaction: &mut PgTransaction<'static>,
    provider: &str,
    begun_at: DateTime<Utc>,
    batch: &Batch,
) -> Result<Merged, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
with clock as materialized (select clock_timestamp() as at),
input as materialized (
    select * from jsonb_to_recordset($2::jsonb) as r (
        id uuid, profile_id uuid, provider_id text, name text, lat float8, lng float8, categories varchar[], address text,
        rating float8, price_level int, hours jsonb, raw_hours text, status text, successor_id text, asked text[],
        admit boolean)
),
merged as materialized (
    select i.provider_id, i.profile_id, coalesce(v.id, i.id) as id, i.name, i.lat, i.lng, i.status, i.successor_id,
        coalesce(case when 'categories' = any (i.asked) then i.categories else v.categories end, '{}') as categories,
        case when 'address' = any (i.asked) then i.address else v.address end as address,
        case when 'rating' = any (i.asked) then i.rating else v.rating end as rating,
        case when 'price_level' = any (i.asked) then i.price_level else v.price_level end as price_level,
        case when 'hours' = any (i.asked) then i.hours else v.hours end as hours,
        case when 'raw_hours' = any (i.asked) then i.raw_hours else v.raw_hours end as raw_hours,
        (v.name, v.lat, v.lng) is distinct from (i.name, i.lat, i.lng)
            or ('categories' = any (i.asked) and v.categories is distinct from coalesce(i.categories, '{}')) as moved
    from input i
    left join public.venues v on v.provider_name = $1 and v.provider_id = i.provider_id
    where v.id is not null or i.admit
),
written as (
    insert into public.venues as v (id, provider_id, provider_name, name, categories, lat, lng, address, rating,
        price_level, hours, raw_hours, last_seen_at, created_at, updated_at)
    select m.id, m.provider_id, $1, m.name, m.categories, m.lat, m.lng, m.address, m.rating,
        m.price_level, m.hours, m.raw_hours, clock.at, clock.at, clock.at
    from merged m, clock order by m.provider_id
    on conflict (provider_name, provider_id) do update set
        name = excluded.name, categories = excluded.categories, lat = excluded.lat, lng = excluded.lng,
        address = excluded.address, rating = excluded.rating, price_level = excluded.price_level,
        hours = excluded.hours, raw_hours = excluded.raw_hours, last_seen_at = excluded.last_seen_at,
        updated_at = case
            when (v.name, v.categories, v.lat, v.lng, v.address, v.rating, v.price_level,
                  v.hours - 'special_days', v.raw_hours)
              is distinct from
                 (excluded.name, excluded.categories, excluded.lat, excluded.lng, excluded.address, excluded.rating,
                  excluded.price_level, excluded.hours - 'special_days', excluded.raw_hours)
            then excluded.updated_at else v.updated_at end
        where v.last_seen_at < $3
    returning v.id, v.provider_id, v.xmax = 0 as inserted, v.updated_at = v.last_seen_at as changed
),
stubbed as (
    insert into public.venue_profiles (id, venue_id, attribute_scores, evidence_snippets, profiled_at, expires_at)
    select m.profile_id, w.id, '{}', '{}', 'epoch', 'epoch'
    from written w join merged m on m.provider_id = w.provider_id where w.inserted
    on conflict (venue_id) do nothing returning venue_id
),
due as (
    update public.venue_profiles p set expires_at = clock.at
    from written w join merged m on m.provider_id = w.provider_id, clock
    where p.venue_id = w.id and not w.inserted and m.moved and (p.expires_at is null or p.expires_at > clock.at)
),
states as (
    insert into venue_sync.venue_states as s (venue_id, business_status, successor_id, checked_at)
    select w.id, m.status, m.successor_id, clock.at
    from written w join merged m on m.provider_id = w.provider_id, clock
    where m.status <> 'operational'
       or (m.status is not null and exists (select from venue_sync.venue_states k where k.venue_id = w.id))
    on conflict (venue_id) do update set business_status = excluded.business_status,
        successor_id = excluded.successor_id, checked_at = excluded.checked_at
)
select i.provider_id as "provider_id!", i.status, m.provider_id is null as "refused!", w.inserted, w.changed,
    st.venue_id is not null as "stubbed!"
from input i
left join merged m on m.provider_id = i.provider_id
left join written w on w.provider_id = i.provider_id
left join stubbed st on st.venue_id = w.id"#,
        provider,
        batch.json(),
        begun_at
    )
    .fetch_all(&mut **transaction)
    .await?;
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

async fn insert_answer(
    transaction: &mut PgTransaction<'static>,
    answer: &AnswerToCommit,
    counts: VenueCounts,
    stubbed: u64,
) -> Result<(), sqlx::Error> {
    let certified = match &answer.certificate {
        Certificate::Whole => None,
        Certificate::Disk { radius_m } => Some(*radius_m),
        Certificate::Nothing => Some(0.0),
    };
    let int = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
    sqlx::query!(
        "insert into venue_sync.answers (id, tile_id, ordinal, ask, rows, truncated, outermost_m, certified_m, requests,
             cost_micro_usd, received, inserted, updated, unchanged, rejected, outside, duplicate, stubbed, repairs, unmapped)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        answer.id,
        answer.lease.tile,
        answer.ordinal,
        sqlx::types::Json(&answer.seen.ask) as _,
        int(u64::from(answer.seen.rows)),
        answer.seen.truncated,
        answer.seen.outermost_m,
        certified,
        answer.cost.0,
        int(counts.received),
        int(counts.inserted),
        int(counts.updated),
        int(counts.unchanged),
        int(counts.rejected),
        int(counts.outside),
        int(counts.duplicate),
        int(stubbed),
        sqlx::types::Json(&answer.repairs) as _,
        sqlx::types::Json(&answer.unmapped) as _,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_rejects(
    transaction: &mut PgTransaction<'static>,
    answer: Uuid,
    rejects: impl Iterator<Item = &Reject>,
) -> Result<(), sqlx::Error> {
    let (mut ids, mut reasons, mut details) = (Vec::new(), Vec::new(), Vec::new());
    for reject in rejects {
        ids.push(reject.provider_id.clone());
        reasons.push(reject.reason.code().to_owned());
        details.push(reject.detail.clone());
    }
    if reasons.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into venue_sync.rejects (answer_id, provider_id, reason, detail)
         select $1, * from unnest($2::text[], $3::text[], $4::text[])",
        answer,
        &ids as &[Option<String>],
        &reasons,
        &details
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Whether an answer was committed after all.
async fn find(database: &Database, id: Uuid) -> Result<Option<Committed>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let row = sqlx::query!(
        "select received, inserted, updated, unchanged, rejected, outside, duplicate, stubbed
         from venue_sync.answers where id = $1",
        id
    )
    .fetch_optional(&mut *transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let count = |count: i32| u64::from(count.unsigned_abs());
    Ok(row.map(|row| Committed {
        counts: VenueCounts {
            received: count(row.received),
            inserted: count(row.inserted),
            updated: count(row.updated),
            unchanged: count(row.unchanged),
            rejected: count(row.rejected),
            outside: count(row.outside),
            duplicate: count(row.duplicate),
        },
        stubbed: count(row.stubbed),
    }))
}
