use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::transaction::Transaction;
use crate::model::{Ask, Breach, CappedSpot, CoverageCounts, MicroUsd, VenueCounts};

/// What a run has done so far, over all its workers and resumptions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFigures {
    /// Attempts sent.
    pub requests: u64,
    /// Those of them that are free by the price list.
    pub requests_free: u64,
    /// Their list price.
    pub cost: MicroUsd,
    /// Answers committed.
    pub answers: u64,
    /// What became of the rows.
    pub venues: VenueCounts,
    /// New stubs.
    pub stubbed: u64,
    /// Tiles.
    pub coverage: CoverageCounts,
    /// Capped spots, as kept.
    pub capped: Vec<CappedSpot>,
    /// Rejects by reason, most frequent first, each with an example.
    pub rejects: Vec<(String, u64, String)>,
    /// Repairs by kind.
    pub repairs: Vec<(String, u64)>,
    /// Category words without a code, most frequent first.
    pub unmapped: Vec<(String, u64)>,
    /// Failed tiles: ordinal and why; a failed audit has [`AUDIT_ORDINAL`].
    pub failures: Vec<(i32, String)>,
    /// What an audit found, once it is done.
    pub audit: Option<AuditFigures>,
    /// Rows that wait: until they are judged, or until somebody says what is to become of them.
    pub staged: u64,
    /// What the guard did not believe: of the run as a whole first, then by tile.
    pub breaches: Vec<Breach>,
    /// Tiles that it held.
    pub held: u64,
    /// Venues that were concluded to be gone when the run was closed.
    pub gone: u64,
}

/// What an audit was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditFigures {
    /// Requests that it took.
    pub requests: u64,
    /// Answers that it was given.
    pub answers: u64,
    /// Venues in them that the run should have seen, each once; those in capped spots are not among them.
    pub venues: u64,
    /// Those of them that no answer of the run before it held.
    pub missed: u64,
}

/// The place of an audit in the order of a run's tiles, among which it is none.
pub const AUDIT_ORDINAL: i32 = -1;

/// What the tiles of a run were answered, as far as its audit follows from it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AnsweredAreas {
    /// Each question that brought rows, with how many.
    pub areas: Vec<(Ask, u32)>,
    /// Requests of all questions for rows: their pages.
    pub requests: u64,
}

/// Reads what the tiles of a run were answered, in the order of the tiles and of their answers.
pub async fn answered_areas(database: &Database, run: Uuid) -> Result<AnsweredAreas, DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"select a.ask as "ask: sqlx::types::Json<Ask>", a.rows, a.requests
           from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id
           where t.run_id = $1 and t.purpose = 'rows' and coalesce(a.ask ->> 'purpose', 'rows') = 'rows'
           order by t.ordinal, a.ordinal"#,
        run
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let requests = rows.iter().map(|row| u64::from(row.requests.unsigned_abs())).sum();
    let areas = rows.into_iter().filter(|row| row.rows > 0).map(|row| (row.ask.0, row.rows.unsigned_abs())).collect();
    Ok(AnsweredAreas { areas, requests })
}

/// Reads a run's figures.
pub async fn figures(database: &Database, run: Uuid) -> Result<RunFigures, DatabaseError> {
    let mut transaction = database.begin().await?;
    let figures = read_figures(&mut transaction, run).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(figures)
}

pub(super) async fn read_figures(transaction: &mut Transaction, run: Uuid) -> Result<RunFigures, sqlx::Error> {
    let mut figures = read_counts(transaction, run).await?;
    let tiles = sqlx::query!(
        r#"select ordinal, state, capped as "capped: sqlx::types::Json<Vec<CappedSpot>>", error, purpose,
             breaches as "breaches: sqlx::types::Json<Vec<Breach>>"
           from venue_sync.tiles where run_id = $1 order by ordinal"#,
        run
    )
    .fetch_all(&mut *transaction)
    .await?;
    let mut audited = false;
    for tile in tiles {
        if tile.purpose == "audit" {
            audited = tile.state == "complete";
        } else {
            figures.coverage.tiles += 1;
            figures.coverage.complete += u64::from(tile.state == "complete");
            figures.coverage.failed += u64::from(tile.state == "failed");
        }
        figures.capped.extend(tile.capped.0);
        figures.held += u64::from(tile.state == "held");
        figures.breaches.extend(tile.breaches.into_iter().flat_map(|breaches| breaches.0));
        if tile.state == "failed" {
            figures.failures.push((tile.ordinal, tile.error.unwrap_or_default()));
        }
    }
    figures.coverage.capped = u64::try_from(figures.capped.len()).unwrap_or(u64::MAX);
    figures.rejects = sqlx::query!(
        r#"select j.reason, count(*) as "count!",
             min(coalesce(j.provider_id || ': ', '') || j.detail) as "example!"
           from venue_sync.rejects j
           join venue_sync.answers a on a.id = j.answer_id join venue_sync.tiles t on t.id = a.tile_id
           where t.run_id = $1 group by j.reason order by count(*) desc, j.reason"#,
        run
    )
    .fetch_all(&mut *transaction)
    .await?
    .into_iter()
    .map(|row| (row.reason, row.count.unsigned_abs(), row.example))
    .collect();
    if audited {
        figures.audit = Some(read_audit(transaction, run).await?);
    }
    figures.repairs = read_tally(transaction, run, "repairs").await?;
    figures.unmapped = read_tally(transaction, run, "unmapped").await?;
    Ok(figures)
}

async fn read_counts(transaction: &mut Transaction, run: Uuid) -> Result<RunFigures, sqlx::Error> {
    let row = sqlx::query!(
        r#"select r.requests, r.requests_free, r.cost_micro_usd, r.gone,
             r.breaches as "breaches: sqlx::types::Json<Vec<Breach>>",
             (select count(*) from venue_sync.staged where run_id = $1) as "staged!", count(a.id) as "answers!",
             coalesce(sum(a.received), 0) as "received!", coalesce(sum(a.inserted), 0) as "inserted!",
             coalesce(sum(a.updated), 0) as "updated!", coalesce(sum(a.unchanged), 0) as "unchanged!",
             coalesce(sum(a.rejected), 0) as "rejected!", coalesce(sum(a.outside), 0) as "outside!",
             coalesce(sum(a.duplicate), 0) as "duplicate!", coalesce(sum(a.stubbed), 0) as "stubbed!"
           from venue_sync.runs r
           left join venue_sync.tiles t on t.run_id = r.id left join venue_sync.answers a on a.tile_id = t.id
           where r.id = $1 group by r.id"#,
        run
    )
    .fetch_one(&mut *transaction)
    .await?;
    Ok(RunFigures {
        requests: row.requests.unsigned_abs(),
        requests_free: row.requests_free.unsigned_abs(),
        cost: MicroUsd(row.cost_micro_usd),
        answers: row.answers.unsigned_abs(),
        venues: VenueCounts {
            received: row.received.unsigned_abs(),
            inserted: row.inserted.unsigned_abs(),
            updated: row.updated.unsigned_abs(),
            unchanged: row.unchanged.unsigned_abs(),
            rejected: row.rejected.unsigned_abs(),
            outside: row.outside.unsigned_abs(),
            duplicate: row.duplicate.unsigned_abs(),
        },
        stubbed: row.stubbed.unsigned_abs(),
        staged: row.staged.unsigned_abs(),
        breaches: row.breaches.map(|breaches| breaches.0).unwrap_or_default(),
        gone: row.gone.map(|gone| u64::from(gone.unsigned_abs())).unwrap_or_default(),
        ..RunFigures::default()
    })
}

async fn read_audit(transaction: &mut Transaction, run: Uuid) -> Result<AuditFigures, sqlx::Error> {
    let row = sqlx::query!(
        r#"with asked as (
               select a.* from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id
               where t.run_id = $1 and t.purpose = 'audit'
           ),
           shown as (select distinct unnest(ids) as id from asked),
           missed as (
               select id from shown except
               select unnest(a.ids) from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id
               where t.run_id = $1 and t.purpose = 'rows' and coalesce(a.ask ->> 'purpose', 'rows') = 'rows'
           )
           select coalesce(sum(requests), 0)::bigint as "requests!", count(*) as "answers!",
             (select count(*) from shown) as "venues!", (select count(*) from missed) as "missed!"
           from asked"#,
        run
    )
    .fetch_one(&mut *transaction)
    .await?;
    Ok(AuditFigures {
        requests: row.requests.unsigned_abs(),
        answers: row.answers.unsigned_abs(),
        venues: row.venues.unsigned_abs(),
        missed: row.missed.unsigned_abs(),
    })
}

/// Sums the jsonb tallies of a run's answers (`repairs` or `unmapped`).
async fn read_tally(transaction: &mut Transaction, run: Uuid, column: &str) -> Result<Vec<(String, u64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select e.key as "key!", sum(e.value::bigint)::bigint as "count!"
           from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id
           cross join lateral jsonb_each_text(case $2 when 'repairs' then a.repairs else a.unmapped end) e
           where t.run_id = $1 group by e.key order by 2 desc, 1"#,
        run,
        column
    )
    .fetch_all(&mut *transaction)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.count.unsigned_abs())).collect())
}
