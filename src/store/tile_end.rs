//! How a tile ends: what it found is reckoned and judged, together with its state and under its fence.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::again::Tries;
use super::connect::{Database, DatabaseError};
use super::runs::OpenedRun;
use super::staged::Staging;
use super::tiles::Lease;
use super::transaction::Transaction;
use crate::model::{BoundingBox, Breach, CappedSpot, Figures};

/// Judges a tile: what was found in it, and what the last good runs found in the same one, the newest first. Returns what is not believed.
pub type JudgeTile<'a> = dyn Fn(&Figures, &[Figures]) -> Vec<Breach> + Send + Sync + 'a;

/// The last good runs of the same before a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GoodRuns {
    /// The newest first.
    pub ids: Vec<Uuid>,
    /// When the newest was begun and ended.
    pub last: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// How a tile ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TileEnd {
    /// It is done; what waits, waits for the whole of the run to be judged.
    Complete,
    /// It is asked for, and what it brought is not believed: its run is going to be refused.
    Held(Vec<Breach>),
    /// It is another's by now.
    FencedOut,
    /// Answers of it that were committed are not there any more: a server took over that never got them.
    Outdated,
}

/// Ends a tile that is asked for to the end, by so many answers. Where the run stages, its venues are judged; where it does not, there is nothing to hold.
pub async fn end_tile(
    database: &Database,
    (run, provider): (&OpenedRun, &str),
    tile: (Lease, i32, &[CappedSpot]),
    good: &GoodRuns,
    judge: &JudgeTile<'_>,
) -> Result<TileEnd, DatabaseError> {
    let of = Staging { run: run.id, tile: tile.0.tile, provider, begun_at: run.begun_at };
    let mut tries = Tries::default();
    loop {
        let mut transaction = database.begin().await?;
        match end(&mut transaction, of, tile, good, Some(judge).filter(|_| run.staging)).await {
            Ok(outdated @ TileEnd::Outdated) => return Ok(outdated),
            Ok(ended) => {
                database.commit(transaction).await?;
                return Ok(ended);
            }
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(database.error(error)),
        }
    }
}

async fn end(
    transaction: &mut Transaction,
    of: Staging<'_>,
    (lease, answers, capped): (Lease, i32, &[CappedSpot]),
    good: &GoodRuns,
    judge: Option<&JudgeTile<'_>>,
) -> Result<TileEnd, sqlx::Error> {
    let held = sqlx::query!(
        r#"update venue_sync.tiles t set capped = $3, error = null, lease_owner = null, lease_until = null
           where id = $1 and fence = $2 and state = 'leased'
             and exists (select from venue_sync.runs r where r.id = run_id and r.state = 'open')
           returning ordinal, south, west, north, east,
             (select count(*) from venue_sync.answers a where a.tile_id = t.id) as "answers!""#,
        lease.tile,
        lease.fence,
        sqlx::types::Json(capped) as _
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = held else { return Ok(TileEnd::FencedOut) };
    if row.answers < i64::from(answers) {
        return Ok(TileEnd::Outdated);
    }
    let cell = BoundingBox { south: row.south, west: row.west, north: row.north, east: row.east };
    let found = figures_of_tile(transaction, of, cell, good.last).await?;
    let breaches = match judge {
        Some(judge) => judge(&found, &before(transaction, &good.ids, lease.tile, row.ordinal).await?),
        None => Vec::new(),
    };
    sqlx::query!(
        "update venue_sync.tiles set state = case when $3 then 'held' else 'complete' end, figures = $2,
             breaches = case when $3 then $4::jsonb end, completed_at = case when $3 then completed_at else clock_timestamp() end
         where id = $1",
        lease.tile,
        sqlx::types::Json(&found) as _,
        !breaches.is_empty(),
        sqlx::types::Json(&breaches) as _
    )
    .execute(&mut *transaction)
    .await?;
    Ok(if breaches.is_empty() { TileEnd::Complete } else { TileEnd::Held(breaches) })
}

async fn figures_of_tile(
    transaction: &mut Transaction,
    of: Staging<'_>,
    cell: BoundingBox,
    last: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> Result<Figures, sqlx::Error> {
    let row = sqlx::query_file!(
        "src/store/tile_figures.sql",
        of.tile,
        of.provider,
        of.begun_at,
        last.map(|(begun, _)| begun),
        last.map(|(_, ended)| ended),
        of.run,
        cell.south,
        cell.west,
        cell.north,
        cell.east
    )
    .fetch_one(&mut *transaction)
    .await?;
    Ok(Figures {
        venues: row.venues.unsigned_abs(),
        known: row.known.unsigned_abs(),
        again: row.again.unsigned_abs(),
        rows: row.rows.unsigned_abs(),
        unusable: row.unusable.unsigned_abs(),
        kinds: serde_json::from_value(row.kinds).unwrap_or_default(),
        fields: serde_json::from_value(row.fields).unwrap_or_default(),
        centre: [row.x, row.y, row.z],
    })
}

/// What earlier runs found in the same tile: that of the same place in their order, and of the same edges.
async fn before(
    transaction: &mut Transaction,
    runs: &[Uuid],
    tile: i64,
    ordinal: i32,
) -> Result<Vec<Figures>, sqlx::Error> {
    let figures = sqlx::query_scalar!(
        r#"select b.figures as "figures!: sqlx::types::Json<Figures>"
           from unnest($1::uuid[]) with ordinality r (id, place)
           join venue_sync.tiles b on b.run_id = r.id and b.ordinal = $3
           join venue_sync.tiles t on t.id = $2
           where b.figures is not null and (b.south, b.west, b.north, b.east) = (t.south, t.west, t.north, t.east)
           order by r.place"#,
        runs,
        tile,
        ordinal
    )
    .fetch_all(transaction)
    .await?;
    Ok(figures.into_iter().map(|figures| figures.0).collect())
}
