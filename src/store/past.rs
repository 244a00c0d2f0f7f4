//! What earlier runs took, for plans and pictures.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::transaction::Transaction;
use crate::model::{
    Ask, AskedArea, BoundingBox, CappedSpot, DrawnTile, MicroUsd, MonthSpent, Position, Purpose, Spent, UnfinishedRun,
};

/// What is known of a region's past.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Past {
    /// When the last complete run that asked the provider itself ended.
    pub last_complete: Option<DateTime<Utc>>,
    /// The newest run that is not over.
    pub unfinished: Option<UnfinishedRun>,
    /// What was spent this month.
    pub month: MonthSpent,
    /// Requests that had a price this month, by call.
    pub billed: Vec<(String, u64)>,
}

/// Reads a region's past, as far as it is of a provider.
pub async fn past(database: &Database, region: &str, provider: &str) -> Result<Past, DatabaseError> {
    let mut transaction = database.begin().await?;
    let past = read(&mut transaction, region, provider).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(past)
}

async fn read(transaction: &mut Transaction, region: &str, provider: &str) -> Result<Past, sqlx::Error> {
    let last_complete = sqlx::query_scalar!(
        "select max(ended_at) from venue_sync.runs
         where region = $1 and provider = $2 and state = 'complete' and coalesce(parameters ->> 'source', 'live') = 'live'",
        region,
        provider
    )
    .fetch_one(&mut *transaction)
    .await?;
    let unfinished = sqlx::query!(
        r#"select r.id, r.begun_at, r.requests, r.cost_micro_usd, count(t.id) as "tiles!",
             count(t.id) filter (where t.state = 'complete') as "done!"
           from venue_sync.runs r join venue_sync.tiles t on t.run_id = r.id and t.purpose = 'rows'
           where r.region = $1 and r.provider = $2 and r.state = 'open'
             and coalesce(r.parameters ->> 'source', 'live') = 'live'
           group by r.id order by r.begun_at desc limit 1"#,
        region,
        provider
    )
    .fetch_optional(&mut *transaction)
    .await?
    .map(|row| UnfinishedRun {
        run_id: row.id,
        begun_at: row.begun_at,
        tiles_done: row.done.unsigned_abs(),
        tiles: row.tiles.unsigned_abs(),
        requests: row.requests.unsigned_abs(),
        cost: MicroUsd(row.cost_micro_usd),
    });
    let month = read_month(transaction, region, provider).await?;
    let billed = sqlx::query!(
        "select call, requests from venue_sync.billed
         where provider = $1 and month = date_trunc('month', clock_timestamp() at time zone 'UTC')::date order by call",
        provider
    )
    .fetch_all(transaction)
    .await?;
    Ok(Past {
        last_complete,
        unfinished,
        month,
        billed: billed.into_iter().map(|row| (row.call, row.requests.unsigned_abs())).collect(),
    })
}

async fn read_month(transaction: &mut Transaction, region: &str, provider: &str) -> Result<MonthSpent, sqlx::Error> {
    let of_region = sqlx::query!(
        r#"select coalesce(sum(a.requests), 0)::bigint as "requests!", coalesce(sum(a.cost_micro_usd), 0)::bigint as "cost!",
             coalesce(sum(a.requests) filter (where a.cost_micro_usd = 0), 0)::bigint as "free!"
           from venue_sync.runs r join venue_sync.tiles t on t.run_id = r.id join venue_sync.answers a on a.tile_id = t.id
           where r.region = $1 and r.provider = $2 and coalesce(r.parameters ->> 'source', 'live') = 'live'
             and a.committed_at >= date_trunc('month', clock_timestamp() at time zone 'UTC') at time zone 'UTC'"#,
        region,
        provider
    )
    .fetch_one(&mut *transaction)
    .await?;
    let of_provider = sqlx::query!(
        r#"select coalesce(sum(requests), 0)::bigint as "requests!", coalesce(sum(requests_free), 0)::bigint as "free!",
             coalesce(sum(cost_micro_usd), 0)::bigint as "cost!",
             coalesce(sum(requests) filter (where day = (clock_timestamp() at time zone 'UTC')::date), 0)::bigint as "today!"
           from venue_sync.quota
           where provider = $1 and day >= date_trunc('month', clock_timestamp() at time zone 'UTC')::date"#,
        provider
    )
    .fetch_one(&mut *transaction)
    .await?;
    let spent = |requests: i64, free: i64, cost| Spent {
        requests: requests.unsigned_abs(),
        requests_free: free.unsigned_abs(),
        cost: MicroUsd(cost),
    };
    Ok(MonthSpent {
        region: spent(of_region.requests, of_region.free, of_region.cost),
        provider: spent(of_provider.requests, of_provider.free, of_provider.cost),
        requests_today: of_provider.today.unsigned_abs(),
    })
}

/// Whose venues are stored inside a box that does not cross the antimeridian, and how many, most first.
pub async fn stored_within(database: &Database, within: BoundingBox) -> Result<Vec<(String, u64)>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"select provider_name, count(*) as "count!" from public.venues
           where lat between $1 and $2 and (lng between $3 and $4 or ($3 > $4 and (lng >= $3 or lng <= $4)))
           group by provider_name order by count(*) desc, provider_name"#,
        within.south,
        within.north,
        within.west,
        within.east
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(rows.into_iter().map(|row| (row.provider_name, row.count.unsigned_abs())).collect())
}

/// What the newest run of a region asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// When it began.
    pub begun_at: Option<DateTime<Utc>>,
    /// Its pieces of the region.
    pub tiles: Vec<DrawnTile>,
    /// The areas.
    pub areas: Vec<AskedArea>,
    /// Where it overflowed.
    pub capped: Vec<CappedSpot>,
}

/// Reads what the newest run of a region asked a provider, or a recording of it.
pub async fn asked(database: &Database, region: &str, provider: &str) -> Result<Asked, DatabaseError> {
    let mut transaction = database.begin().await?;
    let asked = read_asked(&mut transaction, region, provider).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(asked)
}

async fn read_asked(transaction: &mut Transaction, region: &str, provider: &str) -> Result<Asked, sqlx::Error> {
    let Some(run) = sqlx::query!(
        "select r.id, r.begun_at from venue_sync.runs r
         where r.region = $1 and r.provider = $2
           and exists (select from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id where t.run_id = r.id)
         order by r.begun_at desc limit 1",
        region,
        provider
    )
    .fetch_optional(&mut *transaction)
    .await?
    else {
        return Ok(Asked::default());
    };
    let mut asked = Asked { begun_at: Some(run.begun_at), ..Asked::default() };
    read_areas(transaction, run.id, &mut asked).await?;
    Ok(asked)
}

/// Reads what one run asked.
pub(super) async fn read_areas(transaction: &mut Transaction, run: Uuid, asked: &mut Asked) -> Result<(), sqlx::Error> {
    read_tiles(transaction, run, asked).await?;
    let answers = sqlx::query!(
        r#"select a.ask as "ask: sqlx::types::Json<Value>", a.certified_m
           from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id
           where t.run_id = $1 and t.purpose = 'rows' order by t.ordinal, a.ordinal"#,
        run
    )
    .fetch_all(transaction)
    .await?;
    asked.areas = answers
        .into_iter()
        // A run of another version may have asked in another form.
        .filter_map(|answer| Some((serde_json::from_value::<Ask>(answer.ask.0).ok()?, answer.certified_m)))
        .map(|(ask, certified_m)| AskedArea { area: ask.area, certified_m, free: ask.purpose == Purpose::Count })
        .collect();
    Ok(())
}

async fn read_tiles(transaction: &mut Transaction, run: Uuid, asked: &mut Asked) -> Result<(), sqlx::Error> {
    let tiles = sqlx::query!(
        r#"select south, west, north, east, state, capped as "capped: sqlx::types::Json<Vec<CappedSpot>>"
           from venue_sync.tiles where run_id = $1 and purpose = 'rows' order by ordinal"#,
        run
    )
    .fetch_all(transaction)
    .await?;
    for tile in tiles {
        let cell = BoundingBox { south: tile.south, west: tile.west, north: tile.north, east: tile.east };
        asked.tiles.push(DrawnTile { cell, complete: tile.state == "complete" });
        asked.capped.extend(tile.capped.0);
    }
    Ok(())
}

/// Where a provider's venues are inside a box, at most so many of them (evenly drawn), and how many there are.
pub async fn places_within(
    database: &Database,
    provider: &str,
    within: BoundingBox,
    most: i64,
) -> Result<(Vec<Position>, u64), DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"select lat, lng, count(*) over () as "all!" from public.venues
           where provider_name = $1 and lat between $2 and $3
             and (lng between $4 and $5 or ($4 > $5 and (lng >= $4 or lng <= $5)))
           order by md5(provider_id) limit $6"#,
        provider,
        within.south,
        within.north,
        within.west,
        within.east,
        most
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let all = rows.first().map_or(0, |row| row.all.unsigned_abs());
    Ok((rows.into_iter().filter_map(|row| Position::new(row.lat, row.lng).ok()).collect(), all))
}
