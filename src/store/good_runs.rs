//! The last good runs of the same before a run, and what they found: what it is judged by.

use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::runs::APART;
use super::tile_end::GoodRuns;
use super::transaction::Transaction;
use crate::model::Figures;

/// So many of them count.
const LOOKED_BACK: i64 = 3;

/// Finds the last good runs before a run: complete ones of the same region, provider, shape, types, tier and source.
pub async fn good_runs(database: &Database, run: Uuid) -> Result<GoodRuns, DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"select b.id, b.begun_at, b.ended_at as "ended_at!"
           from venue_sync.runs r
           join venue_sync.runs b on b.region = r.region and b.provider = r.provider and b.state = 'complete'
             and b.begun_at < r.begun_at and b.ended_at is not null
             and b.parameters - $3::text[]
                 = r.parameters - $3::text[]
           where r.id = $1 order by b.begun_at desc limit $2"#,
        run,
        LOOKED_BACK,
        &APART as &[&str]
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let last = rows.first().map(|row| (row.begun_at, row.ended_at));
    Ok(GoodRuns { ids: rows.into_iter().map(|row| row.id).collect(), last })
}

/// What a run found in all, and what these others did. Whichever has a tile without figures is left out: its sum would be too small.
pub async fn whole_figures(
    database: &Database,
    run: Uuid,
    others: &[Uuid],
) -> Result<(Option<Figures>, Vec<Figures>), DatabaseError> {
    let mut transaction = database.begin().await?;
    let summed = async {
        let found = sum(&mut transaction, run).await?;
        let mut before = Vec::new();
        for other in others {
            before.extend(sum(&mut transaction, *other).await?);
        }
        Ok((found, before))
    }
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(summed)
}

async fn sum(transaction: &mut Transaction, run: Uuid) -> Result<Option<Figures>, sqlx::Error> {
    let tiles = sqlx::query_scalar!(
        r#"select figures as "figures: sqlx::types::Json<Figures>" from venue_sync.tiles where run_id = $1 and purpose = 'rows'"#,
        run
    )
    .fetch_all(transaction)
    .await?;
    let mut whole = Figures::default();
    for figures in tiles {
        let Some(figures) = figures else { return Ok(None) };
        whole += &figures.0;
    }
    Ok(Some(whole))
}

/// What has ended well of a run so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EndedPart {
    /// Its tiles.
    pub tiles: Vec<i64>,
    /// What was found in them.
    pub found: Figures,
    /// What others found in the same, the newest first; whoever has not all of them is left out.
    pub before: Vec<Figures>,
}

/// What a run found so far, and what these others found in the same part of the region.
pub async fn ended_part(database: &Database, run: Uuid, others: &[Uuid]) -> Result<EndedPart, DatabaseError> {
    let mut transaction = database.begin().await?;
    let part = part(&mut transaction, run, others).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(part)
}

async fn part(transaction: &mut Transaction, run: Uuid, others: &[Uuid]) -> Result<EndedPart, sqlx::Error> {
    let ended = sqlx::query!(
        r#"select id, figures as "figures!: sqlx::types::Json<Figures>" from venue_sync.tiles
           where run_id = $1 and purpose = 'rows' and state = 'complete' and figures is not null"#,
        run
    )
    .fetch_all(&mut *transaction)
    .await?;
    let mut part = EndedPart::default();
    for tile in ended {
        part.tiles.push(tile.id);
        part.found += &tile.figures.0;
    }
    for other in others {
        let same = sqlx::query_scalar!(
            r#"select b.figures as "figures!: sqlx::types::Json<Figures>"
               from venue_sync.tiles t
               join venue_sync.tiles b on b.run_id = $2 and b.ordinal = t.ordinal and b.figures is not null
                 and (b.south, b.west, b.north, b.east) = (t.south, t.west, t.north, t.east)
               where t.id = any($1)"#,
            &part.tiles,
            other
        )
        .fetch_all(&mut *transaction)
        .await?;
        if same.len() == part.tiles.len() {
            part.before.push(same.into_iter().fold(Figures::default(), |mut sum, figures| {
                sum += &figures.0;
                sum
            }));
        }
    }
    Ok(part)
}
