use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::transaction::Transaction;
use crate::model::{CappedSpot, CoverageCounts, MicroUsd, StoppedBy, Tile, VenueCounts};

/// What makes two runs the same run.
#[derive(Debug, Clone)]
pub struct RunSpec {
    /// The region's name.
    pub region: String,
    /// The provider's name.
    pub provider: String,
    /// Everything that decides what is asked.
    pub parameters: Value,
    /// The region's pieces, should the run be new.
    pub tiles: Vec<Tile>,
    /// Begin anew, whatever is unfinished.
    pub fresh: bool,
    /// Begin none where a run of the same was completed within this time.
    pub if_stale: Option<Duration>,
    /// The same invocation goes on after a pause: its limits go on, too.
    pub goes_on: bool,
    /// How old an unfinished run may be to be taken up again, and how old one that a budget or a quota stopped.
    pub resume_within: (Duration, Duration),
    /// Who opens it: made anew by every process.
    pub worker: Uuid,
    /// How long the worker counts as alive without a sign of life.
    pub lease: Duration,
}

/// A run that is ours to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedRun {
    /// Our id of it.
    pub id: Uuid,
    /// When it was begun, on the database's clock. A venue seen since then is a duplicate in this run.
    pub begun_at: DateTime<Utc>,
    /// It was begun before, and goes on.
    pub resumed: bool,
}

/// What became of the wish for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// One is ours to work on.
    Open(OpenedRun),
    /// One was completed lately enough: none is begun.
    Recent {
        /// Its id.
        id: Uuid,
        /// When it was completed.
        ended_at: DateTime<Utc>,
    },
}

/// Takes up the unfinished run of the same region, provider and parameters, or begins one. However many workers call this at
/// once, they get the same run; one that comes when it is over finds it recent, if it asks for that.
pub async fn open_run(database: &Database, spec: &RunSpec) -> Result<Opening, DatabaseError> {
    let mut fresh = spec.fresh;
    loop {
        let mut transaction = database.begin().await?;
        let opened = match take_up(&mut transaction, spec, fresh).await {
            Ok(Some(run)) => Ok(Some(Opening::Open(run))),
            // Asked after the open run was looked for, which waits for whoever is about to close it.
            Ok(None) => match recent(&mut transaction, spec).await {
                Ok(None) => begin(&mut transaction, spec).await.map(|begun| begun.map(Opening::Open)),
                found => found,
            },
            Err(error) => Err(error),
        }
        .map_err(|error| database.error(error))?;
        database.commit(transaction).await?;
        if let Some(run) = opened {
            return Ok(run);
        }
        // Somebody else began it between our two statements: join theirs.
        fresh = false;
    }
}

async fn take_up(transaction: &mut Transaction, spec: &RunSpec, fresh: bool) -> Result<Option<OpenedRun>, sqlx::Error> {
    let (usual, stopped) = spec.resume_within;
    let Some(row) = sqlx::query!(
        r#"select id, begun_at,
             greatest(begun_at, touched_at) > clock_timestamp() - make_interval(secs =>
                 case when stopped_by in ('budget', 'quota') then $4::float8 else $5::float8 end) as "young!",
             exists (select from venue_sync.workers w where w.run_id = r.id and w.alive_until > clock_timestamp())
                 as "joined!"
           from venue_sync.runs r
           where region = $1 and provider = $2 and md5(parameters::text) = md5($3::jsonb::text) and state = 'open'
           for update"#,
        spec.region,
        spec.provider,
        spec.parameters,
        stopped.as_secs_f64(),
        usual.as_secs_f64(),
    )
    .fetch_optional(&mut *transaction)
    .await?
    else {
        return Ok(None);
    };
    // A run that somebody works on is never too old.
    if fresh || !(row.young || row.joined) {
        sqlx::query!(
            "update venue_sync.runs set state = 'abandoned', ended_at = clock_timestamp() where id = $1",
            row.id
        )
        .execute(&mut *transaction)
        .await?;
        forget_all_look_ups(transaction, row.id).await?;
        return Ok(None);
    }
    if !row.joined {
        // Nobody is at work: what failed gets another try, and the limits of one invocation begin anew.
        sqlx::query!(
            "update venue_sync.runs
             set session_requests = case when $2 then session_requests else 0 end,
                 session_cost_micro_usd = case when $2 then session_cost_micro_usd else 0 end,
                 stopped_by = null, resumes_at = null, touched_at = clock_timestamp()
             where id = $1",
            row.id,
            spec.goes_on
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "update venue_sync.tiles set state = 'waiting', error = null where run_id = $1 and state = 'failed'",
            row.id
        )
        .execute(&mut *transaction)
        .await?;
    }
    sign_on(transaction, row.id, spec).await?;
    Ok(Some(OpenedRun { id: row.id, begun_at: row.begun_at, resumed: true }))
}

/// The last run of the same, if it was completed lately enough to stand for a new one.
async fn recent(transaction: &mut Transaction, spec: &RunSpec) -> Result<Option<Opening>, sqlx::Error> {
    let Some(within) = spec.if_stale.filter(|_| !spec.fresh) else { return Ok(None) };
    let row = sqlx::query!(
        r#"select id, ended_at as "ended_at!" from venue_sync.runs
           where region = $1 and provider = $2 and md5(parameters::text) = md5($3::jsonb::text) and state = 'complete'
             and ended_at > clock_timestamp() - make_interval(secs => $4)
           order by ended_at desc limit 1"#,
        spec.region,
        spec.provider,
        spec.parameters,
        within.as_secs_f64()
    )
    .fetch_optional(transaction)
    .await?;
    Ok(row.map(|row| Opening::Recent { id: row.id, ended_at: row.ended_at }))
}

async fn begin(transaction: &mut Transaction, spec: &RunSpec) -> Result<Option<OpenedRun>, sqlx::Error> {
    let id = Uuid::now_v7();
    let Some(row) = sqlx::query!(
        "insert into venue_sync.runs (id, region, provider, parameters) values ($1, $2, $3, $4)
         on conflict do nothing returning begun_at",
        id,
        spec.region,
        spec.provider,
        spec.parameters
    )
    .fetch_optional(&mut *transaction)
    .await?
    else {
        return Ok(None);
    };
    let column = |side: fn(&Tile) -> f64| spec.tiles.iter().map(side).collect::<Vec<_>>();
    sqlx::query!(
        "insert into venue_sync.tiles (run_id, ordinal, south, west, north, east)
         select $1, * from unnest($2::int[], $3::float8[], $4::float8[], $5::float8[], $6::float8[])",
        id,
        &spec.tiles.iter().map(|tile| tile.ordinal).collect::<Vec<_>>(),
        &column(|tile| tile.cell.south),
        &column(|tile| tile.cell.west),
        &column(|tile| tile.cell.north),
        &column(|tile| tile.cell.east),
    )
    .execute(&mut *transaction)
    .await?;
    sign_on(transaction, id, spec).await?;
    Ok(Some(OpenedRun { id, begun_at: row.begun_at, resumed: false }))
}

async fn sign_on(transaction: &mut Transaction, run: Uuid, spec: &RunSpec) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with dead as (delete from venue_sync.workers where run_id = $2 and alive_until < clock_timestamp())
         insert into venue_sync.workers (id, run_id, alive_until)
         values ($1, $2, clock_timestamp() + make_interval(secs => $3))",
        spec.worker,
        run,
        spec.lease.as_secs_f64()
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// A run that is over has no use for what it was told apart from its answers.
async fn forget_all_look_ups(transaction: &mut Transaction, run: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from venue_sync.look_ups where run_id = $1", run).execute(transaction).await?;
    Ok(())
}

/// Closes the run if every tile is complete. True if it is closed now, by us or by another.
pub async fn close_if_finished(database: &Database, run: Uuid) -> Result<bool, DatabaseError> {
    let mut transaction = database.begin().await?;
    let state = async {
        sqlx::query!(
            "update venue_sync.runs set state = 'complete', stopped_by = null, ended_at = clock_timestamp()
             where id = $1 and state = 'open'
               and not exists (select from venue_sync.tiles where run_id = $1 and state <> 'complete')",
            run
        )
        .execute(&mut transaction)
        .await?;
        let state = sqlx::query_scalar!("select state from venue_sync.runs where id = $1", run)
            .fetch_one(&mut transaction)
            .await?;
        if state == "complete" {
            forget_all_look_ups(&mut transaction, run).await?;
        }
        Ok(state)
    }
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(state == "complete")
}

/// Notes why a worker leaves a run unfinished. `midnight_in` is the IANA zone at whose next midnight the provider's allowance is
/// filled again; `resumes_at` the instant, where the provider names one. Returns when to go on, if that is known.
pub async fn leave(
    database: &Database,
    run: Uuid,
    stopped_by: StoppedBy,
    midnight_in: Option<&str>,
    resumes_at: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let resumes_at = sqlx::query_scalar!(
        "update venue_sync.runs
         set stopped_by = $2, touched_at = clock_timestamp(),
             resumes_at = coalesce($4, (date_trunc('day', clock_timestamp() at time zone $3) + interval '1 day') at time zone $3)
         where id = $1 and state = 'open' returning resumes_at",
        run,
        stopped_by.code(),
        midnight_in,
        resumes_at
    )
    .fetch_optional(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(resumes_at.flatten())
}

/// What a run has done so far, over all its workers and resumptions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFigures {
    /// Attempts sent.
    pub requests: u64,
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
    /// Failed tiles: ordinal and why.
    pub failures: Vec<(i32, String)>,
}

/// Reads a run's figures.
pub async fn figures(database: &Database, run: Uuid) -> Result<RunFigures, DatabaseError> {
    let mut transaction = database.begin().await?;
    let figures = read_figures(&mut transaction, run).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(figures)
}

async fn read_figures(transaction: &mut Transaction, run: Uuid) -> Result<RunFigures, sqlx::Error> {
    let mut figures = read_counts(transaction, run).await?;
    let tiles = sqlx::query!(
        r#"select ordinal, state, capped as "capped: sqlx::types::Json<Vec<CappedSpot>>", error
           from venue_sync.tiles where run_id = $1 order by ordinal"#,
        run
    )
    .fetch_all(&mut *transaction)
    .await?;
    for tile in tiles {
        figures.coverage.tiles += 1;
        figures.coverage.complete += u64::from(tile.state == "complete");
        figures.capped.extend(tile.capped.0);
        if tile.state == "failed" {
            figures.coverage.failed += 1;
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
    figures.repairs = read_tally(transaction, run, "repairs").await?;
    figures.unmapped = read_tally(transaction, run, "unmapped").await?;
    Ok(figures)
}

async fn read_counts(transaction: &mut Transaction, run: Uuid) -> Result<RunFigures, sqlx::Error> {
    let row = sqlx::query!(
        r#"select r.requests, r.cost_micro_usd, count(a.id) as "answers!",
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
        ..RunFigures::default()
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
