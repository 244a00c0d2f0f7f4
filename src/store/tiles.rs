use std::time::Duration;

use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::fault::is_state;
use super::learned;
use super::transaction::Transaction;
use crate::model::{AnswerSeen, Ask, BoundingBox, CappedSpot, KnownPlace, Tile};

/// The right to work on a tile: lost when the lease runs out and another claims the tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The tile's row.
    pub tile: i64,
    /// The number of this claim.
    pub fence: i64,
}

/// A tile that is ours for now, with what was committed of it before.
#[derive(Debug, Clone)]
pub struct ClaimedTile {
    /// The right to commit.
    pub lease: Lease,
    /// The tile.
    pub tile: Tile,
    /// How many answers it has so far; [`told_before`] has them.
    pub answers: i32,
    /// What was known of it when the run began.
    pub known: Vec<KnownPlace>,
    /// It is no piece of the region: its questions are the run's audit.
    pub audit: bool,
}

/// Some of the answers of a tile that were committed before.
#[derive(Debug, Clone, Default)]
pub struct ToldBefore {
    /// In order.
    pub answers: Vec<AnswerSeen>,
    /// Hashes of the ids that those with rows held, where they are kept.
    pub held: Vec<i64>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// The run is closed: complete, or given up for a newer one.
    pub closed: bool,
    /// Pieces of the region.
    pub tiles: u64,
    /// Free to claim, or under a lease that ran out.
    pub claimable: u64,
    /// Under somebody's lease.
    pub leased: u64,
    /// Pieces of the region that are done.
    pub complete: u64,
    /// Given up for now.
    pub failed: u64,
    /// Asked for to the end, and not believed.
    pub held: u64,
    /// Processes that are at work on the run, or wait for each other.
    pub workers: u32,
}

/// Claims the next free tile, or one whose lease ran out; none if there is none. What was never done comes first, then what was done
/// longest ago.
pub async fn claim(
    database: &Database,
    run: Uuid,
    worker: Uuid,
    lease: Duration,
) -> Result<Option<ClaimedTile>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let claimed = claim_in(&mut transaction, run, worker, lease).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(claimed)
}

async fn claim_in(
    transaction: &mut Transaction,
    run: Uuid,
    worker: Uuid,
    lease: Duration,
) -> Result<Option<ClaimedTile>, sqlx::Error> {
    let Some(row) = sqlx::query!(
        r#"update venue_sync.tiles
         set state = 'leased', lease_owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3),
             fence = fence + 1
         where id = (
             select id from venue_sync.tiles
             where run_id = $1 and (state = 'waiting' or (state = 'leased' and lease_until < clock_timestamp()
                                                         and lease_owner is distinct from $2))
               and exists (select from venue_sync.runs where id = $1 and state = 'open')
             order by purpose = 'audit', last_done_at nulls first, ordinal limit 1 for update skip locked)
         returning id, ordinal, fence, south, west, north, east, known, purpose,
             (select count(*) from venue_sync.answers a where a.tile_id = tiles.id) as "answers!""#,
        run,
        worker,
        lease.as_secs_f64()
    )
    .fetch_optional(&mut *transaction)
    .await?
    else {
        return Ok(None);
    };
    let cell = BoundingBox { south: row.south, west: row.west, north: row.north, east: row.east };
    Ok(Some(ClaimedTile {
        lease: Lease { tile: row.id, fence: row.fence },
        tile: Tile { ordinal: row.ordinal, cell },
        answers: i32::try_from(row.answers).unwrap_or(i32::MAX),
        known: row.known.map(|bytes| learned::unpacked(&bytes)).unwrap_or_default(),
        audit: row.purpose == "audit",
    }))
}

/// The answers of a tile from this one on, at most so many: what was told of a large one takes much memory when it is all there at once.
pub async fn told_before(
    database: &Database,
    lease: Lease,
    from: i32,
    at_most: u32,
) -> Result<ToldBefore, DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"select ask as "ask: sqlx::types::Json<Ask>", rows, truncated, outermost_m, fresh,
             case when ask ->> 'purpose' is distinct from 'count' then ids end as ids
           from venue_sync.answers where tile_id = $1 and ordinal >= $2 order by ordinal limit $3"#,
        lease.tile,
        from,
        i64::from(at_most)
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let mut told = ToldBefore::default();
    for row in rows {
        told.held.extend(row.ids.unwrap_or_default());
        told.answers.push(AnswerSeen {
            ask: row.ask.0,
            rows: row.rows.unsigned_abs(),
            truncated: row.truncated,
            outermost_m: row.outermost_m,
            fresh: row.fresh.map(i32::unsigned_abs),
        });
    }
    Ok(told)
}

/// Shows that a worker lives, and lengthens all its leases: first of those tiles that nobody writes to at the moment, then of the others. A
/// tile that is being written to for longer than a part of the lease is left to the next time: its writer holds it as long.
pub async fn renew(database: &Database, run: Uuid, worker: Uuid, lease: Duration) -> Result<(), DatabaseError> {
    let mut transaction = database.begin().await?;
    let renewed = sqlx::query_scalar!(
        "with alive as (
             insert into venue_sync.workers (id, run_id, alive_until)
             values ($2, $1, clock_timestamp() + make_interval(secs => $3))
             on conflict (id) do update set alive_until = excluded.alive_until
         ),
         free as materialized (
             select id from venue_sync.tiles where run_id = $1 and lease_owner = $2 and state = 'leased'
             for no key update skip locked)
         update venue_sync.tiles t set lease_until = clock_timestamp() + make_interval(secs => $3)
         from free where t.id = free.id returning t.id",
        run,
        worker,
        lease.as_secs_f64()
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let mut transaction = database.begin().await?;
    match renew_others(&mut transaction, run, worker, lease, &renewed).await {
        Ok(()) => database.commit(transaction).await,
        Err(error) if is_state(&error, LOCK_NOT_AVAILABLE) => Ok(()),
        Err(error) => Err(database.error(error)),
    }
}

const LOCK_NOT_AVAILABLE: &str = "55P03";

async fn renew_others(
    transaction: &mut Transaction,
    run: Uuid,
    worker: Uuid,
    lease: Duration,
    renewed: &[i64],
) -> Result<(), sqlx::Error> {
    let patience = format!("{}ms", (lease / 6).as_millis().max(1));
    sqlx::query!("select set_config('lock_timeout', $1, true)", patience).fetch_one(&mut *transaction).await?;
    sqlx::query!(
        "update venue_sync.tiles set lease_until = clock_timestamp() + make_interval(secs => $3)
         where run_id = $1 and lease_owner = $2 and state = 'leased' and id <> all($4)",
        run,
        worker,
        lease.as_secs_f64(),
        renewed
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Signs a worker off, and gives back every tile that it still holds.
pub async fn release(database: &Database, run: Uuid, worker: Uuid) -> Result<(), DatabaseError> {
    let mut transaction = database.begin().await?;
    sqlx::query!(
        "with gone as (delete from venue_sync.workers where id = $2)
         update venue_sync.tiles set state = 'waiting', lease_owner = null, lease_until = null
         where run_id = $1 and lease_owner = $2 and state = 'leased'",
        run,
        worker
    )
    .execute(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await
}

/// Marks a tile as done whose venues are written already and that nobody judges, as an audit. False if it is another's by now.
pub async fn complete_tile(database: &Database, lease: Lease, capped: &[CappedSpot]) -> Result<bool, DatabaseError> {
    give_back(database, lease, "complete", capped, None).await
}

/// Gives a tile up for this session; the next one tries it again. False if the tile is another's by now.
pub async fn fail_tile(database: &Database, lease: Lease, error: &str) -> Result<bool, DatabaseError> {
    give_back(database, lease, "failed", &[], Some(error)).await
}

async fn give_back(
    database: &Database,
    lease: Lease,
    state: &str,
    capped: &[CappedSpot],
    error: Option<&str>,
) -> Result<bool, DatabaseError> {
    let mut transaction = database.begin().await?;
    let ended = sqlx::query!(
        "update venue_sync.tiles set state = $3, capped = $4, error = $5, lease_owner = null, lease_until = null,
             completed_at = case when $3 = 'complete' then clock_timestamp() else completed_at end
         where id = $1 and fence = $2 and state = 'leased'",
        lease.tile,
        lease.fence,
        state,
        sqlx::types::Json(capped) as _,
        error
    )
    .execute(&mut transaction)
    .await
    .map_err(|error| database.error(error))?
    .rows_affected();
    database.commit(transaction).await?;
    Ok(ended == 1)
}

/// How far a run is.
pub async fn progress(database: &Database, run: Uuid) -> Result<Progress, DatabaseError> {
    let mut transaction = database.begin().await?;
    let progress = read_progress(&mut transaction, run).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(progress)
}

/// The same for a worker that has no tile and waits: its look is its sign of life, good for `alive`, so that waiting costs the database one
/// transaction and not three.
pub async fn look(database: &Database, run: Uuid, worker: Uuid, alive: Duration) -> Result<Progress, DatabaseError> {
    let mut transaction = database.begin().await?;
    let looked = async {
        sqlx::query!(
            "insert into venue_sync.workers (id, run_id, alive_until)
             values ($1, $2, clock_timestamp() + make_interval(secs => $3))
             on conflict (id) do update set alive_until = excluded.alive_until",
            worker,
            run,
            alive.as_secs_f64()
        )
        .execute(&mut transaction)
        .await?;
        read_progress(&mut transaction, run).await
    };
    let progress = looked.await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(progress)
}

async fn read_progress(transaction: &mut Transaction, run: Uuid) -> Result<Progress, sqlx::Error> {
    let row = sqlx::query!(
        r#"select count(*) filter (where purpose = 'rows') as "tiles!",
             count(*) filter (where state = 'waiting' or (state = 'leased' and lease_until < clock_timestamp())) as "claimable!",
             count(*) filter (where state = 'leased' and lease_until >= clock_timestamp()) as "leased!",
             count(*) filter (where state = 'complete' and purpose = 'rows') as "complete!",
             count(*) filter (where state = 'failed') as "failed!", count(*) filter (where state = 'held') as "held!",
             (select state <> 'open' from venue_sync.runs where id = $1) as "closed!",
             (select count(*) from venue_sync.workers where run_id = $1 and alive_until > clock_timestamp()) as "workers!"
           from venue_sync.tiles where run_id = $1"#,
        run
    )
    .fetch_one(transaction)
    .await?;
    Ok(Progress {
        closed: row.closed,
        tiles: row.tiles.unsigned_abs(),
        claimable: row.claimable.unsigned_abs(),
        leased: row.leased.unsigned_abs(),
        complete: row.complete.unsigned_abs(),
        failed: row.failed.unsigned_abs(),
        held: row.held.unsigned_abs(),
        workers: u32::try_from(row.workers).unwrap_or(u32::MAX),
    })
}
