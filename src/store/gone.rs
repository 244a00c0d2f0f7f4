//! Gone is a conclusion: what so many complete runs in a row did not see where they had proven to see everything.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::runs::APART;
use super::transaction::Transaction;
use crate::model::{BoundingBox, CappedSpot, Position};

/// Whether a venue is to be expected in the answers of a run: where it lies, its categories, and the spots in which it may be hidden.
pub type Expected<'a> = dyn Fn(Position, &[String], &[CappedSpot]) -> bool + Send + Sync + 'a;

/// What is to be concluded.
#[derive(Clone, Copy)]
pub struct GoneRule<'a> {
    /// So many complete runs of the same, this one among them.
    pub after: u32,
    /// Round the region; may cross the antimeridian.
    pub within: BoundingBox,
    /// Whether a venue in there should have been seen.
    pub expected: &'a Expected<'a>,
}

impl std::fmt::Debug for GoneRule<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("GoneRule")
            .field("after", &self.after)
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}

/// Takes for gone what a run of the same saw once and the last complete ones did not. Returns how many venues that are. Its row stays;
/// being seen again clears it.
pub(super) async fn conclude_gone(
    transaction: &mut Transaction,
    run: Uuid,
    rule: GoneRule<'_>,
) -> Result<u64, sqlx::Error> {
    let runs = sqlx::query!(
        "select b.id, b.begun_at
         from venue_sync.runs r
         join venue_sync.runs b on b.region = r.region and b.provider = r.provider and b.state = 'complete'
           and b.begun_at <= r.begun_at
           and b.parameters - $3::text[]
               = r.parameters - $3::text[]
         where r.id = $1 order by b.begun_at desc limit $2",
        run,
        i64::from(rule.after),
        &APART as &[&str]
    )
    .fetch_all(&mut *transaction)
    .await?;
    let Some(first) = runs.last().filter(|_| runs.len() >= usize::try_from(rule.after).unwrap_or(usize::MAX)) else {
        return Ok(0);
    };
    let since = first.begun_at;
    let ids: Vec<Uuid> = runs.iter().map(|run| run.id).collect();
    let capped = capped_spots(transaction, &ids).await?;
    // Only what a run of the same has seen: what others asked for, or wrote, is not ours to miss.
    let unseen = sqlx::query!(
        r#"select v.id, v.lat, v.lng, array_remove(v.categories, null) as "categories!: Vec<String>"
           from venue_sync.runs r
           join public.venues v on v.provider_name = r.provider and v.last_seen_at < $2
             and v.lat between $3 and $5 and (v.lng between $4 and $6 or ($4 > $6 and (v.lng >= $4 or v.lng <= $6)))
           where r.id = $1
             and not exists (select from venue_sync.venue_states s where s.venue_id = v.id and s.missing_since > v.last_seen_at)
             and exists (
                 select from venue_sync.runs b
                 where b.region = r.region and b.provider = r.provider
                   and b.parameters - $7::text[]
                       = r.parameters - $7::text[]
                   and v.last_seen_at between b.begun_at and coalesce(b.ended_at, b.touched_at))"#,
        run,
        since,
        rule.within.south,
        rule.within.west,
        rule.within.north,
        rule.within.east,
        &APART as &[&str]
    )
    .fetch_all(&mut *transaction)
    .await?;
    let missed = |lat: f64, lng: f64, categories: &[String]| {
        Position::new(lat, lng).is_ok_and(|place| (rule.expected)(place, categories, &capped))
    };
    let gone = unseen.iter().filter(|venue| missed(venue.lat, venue.lng, &venue.categories)).map(|venue| venue.id);
    let gone: Vec<Uuid> = gone.collect();
    record(transaction, &gone, since).await
}

async fn record(transaction: &mut Transaction, gone: &[Uuid], since: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    // Whoever sees one in this very moment is waited for, and was faster; whoever sees it next waits for us. Locked in the order in which
    // a merge does.
    let concluded = sqlx::query!(
        "with unseen as materialized (
             select v.id from public.venues v where v.id = any($1) and v.last_seen_at < $2 order by v.provider_id for share)
         insert into venue_sync.venue_states as s (venue_id, checked_at, missing_since)
         select u.id, clock_timestamp(), $2 from unseen u order by u.id
         on conflict (venue_id) do update set missing_since = excluded.missing_since",
        gone,
        since
    )
    .execute(transaction)
    .await?;
    Ok(concluded.rows_affected())
}

async fn capped_spots(transaction: &mut Transaction, runs: &[Uuid]) -> Result<Vec<CappedSpot>, sqlx::Error> {
    let spots = sqlx::query_scalar!(
        r#"select capped as "capped: sqlx::types::Json<Vec<CappedSpot>>" from venue_sync.tiles
           where run_id = any($1) and capped <> '[]'"#,
        runs
    )
    .fetch_all(transaction)
    .await?;
    Ok(spots.into_iter().flat_map(|capped| capped.0).collect())
}
