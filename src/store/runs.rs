use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::figures::AUDIT_ORDINAL;
use super::learned::{self, Learn};
use super::pace::forget_used_up;
use super::staged::discard;
use super::transaction::Transaction;
use crate::model::Tile;

/// Parameters by which runs are told apart that look for the same venues all the same: what one of them saw, another can miss.
pub(super) const APART: [&str; 5] = ["coverage", "method", "language", "details", "words"];

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
    /// What it brings is judged by what the last good runs of the same brought.
    pub guarded: bool,
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
    /// Its venues wait until they are judged: there is a good run of the same to judge by.
    pub staging: bool,
}

/// What became of the wish for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// One is ours to work on.
    Open(OpenedRun),
    /// One ended lately enough: none is begun.
    Recent(Recent),
}

/// A run that stands for a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent {
    /// Its id.
    pub id: Uuid,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// The guard did not believe it. Whoever comes late must not pay for the same once more.
    pub refused: bool,
}

/// Takes up the unfinished run of the same region, provider and parameters, or begins one, with what is to be known at its begin.
/// However many workers call this at once, they get the same run, and the same knowledge; one that comes when it is over finds it
/// recent, if it asks for that.
pub async fn open_run(database: &Database, spec: &RunSpec, learn: Learn<'_>) -> Result<Opening, DatabaseError> {
    let mut fresh = spec.fresh;
    loop {
        let mut transaction = database.begin().await?;
        let opened = match take_up(&mut transaction, spec, fresh).await {
            Ok(Some(run)) => Ok(Some(Opening::Open(run))),
            // Asked after the open run was looked for, which waits for whoever is about to close it.
            Ok(None) => match recent(&mut transaction, spec).await {
                Ok(None) => begin(&mut transaction, spec, learn).await.map(|begun| begun.map(Opening::Open)),
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
        r#"select id, begun_at, staging,
             greatest(begun_at, touched_at, resumes_at) > clock_timestamp() - make_interval(secs =>
                 case when stopped_by in ('budget', 'quota') then $4::float8 else $5::float8 end) as "young!",
             believed_at is not null as "believed!",
             exists (select from venue_sync.workers w where w.run_id = r.id and w.alive_until > clock_timestamp())
                 as "joined!"
           from venue_sync.runs r
           where region = $1 and provider = $2 and md5(parameters::text) = md5($3::jsonb::text) and state = 'open'
           for no key update"#,
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
    // A run that somebody works on is never too old, nor is one that is believed: a part of it may be written already.
    if fresh || !(row.young || row.joined || row.believed) {
        sqlx::query!(
            "update venue_sync.runs set state = 'abandoned', ended_at = clock_timestamp() where id = $1",
            row.id
        )
        .execute(&mut *transaction)
        .await?;
        clear_up(transaction, row.id).await?;
        discard(transaction, row.id).await?;
        return Ok(None);
    }
    begin_session(transaction, row.id, spec.goes_on, row.joined).await?;
    sign_on(transaction, row.id, spec).await?;
    Ok(Some(OpenedRun { id: row.id, begun_at: row.begun_at, resumed: true, staging: row.staging }))
}

/// Somebody comes to a run that was begun before.
async fn begin_session(
    transaction: &mut Transaction,
    run: Uuid,
    goes_on: bool,
    joined: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update venue_sync.runs set stopped_by = null, resumes_at = null where id = $1 and stopped_by is not null",
        run
    )
    .execute(&mut *transaction)
    .await?;
    if !joined {
        // Nobody is at work: what failed gets another try, and the limits of one invocation begin anew.
        sqlx::query!(
            "update venue_sync.runs
             set session_requests = case when $2 then session_requests else 0 end,
                 session_cost_micro_usd = case when $2 then session_cost_micro_usd else 0 end,
                 touched_at = clock_timestamp()
             where id = $1",
            run,
            goes_on
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "update venue_sync.tiles set state = 'waiting', error = null where run_id = $1 and state = 'failed'",
            run
        )
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}

/// The last run of the same that was completed or refused, if that was lately enough to stand for a new one.
async fn recent(transaction: &mut Transaction, spec: &RunSpec) -> Result<Option<Opening>, sqlx::Error> {
    let Some(within) = spec.if_stale.filter(|_| !spec.fresh) else { return Ok(None) };
    let row = sqlx::query!(
        r#"select id, ended_at as "ended_at!", state = 'refused' as "refused!" from venue_sync.runs
           where region = $1 and provider = $2 and md5(parameters::text) = md5($3::jsonb::text)
             and state in ('complete', 'refused')
             and ended_at > clock_timestamp() - make_interval(secs => $4)
           order by ended_at desc limit 1"#,
        spec.region,
        spec.provider,
        spec.parameters,
        within.as_secs_f64()
    )
    .fetch_optional(transaction)
    .await?;
    Ok(row.map(|row| Opening::Recent(Recent { id: row.id, ended_at: row.ended_at, refused: row.refused })))
}

async fn begin(
    transaction: &mut Transaction,
    spec: &RunSpec,
    learn: Learn<'_>,
) -> Result<Option<OpenedRun>, sqlx::Error> {
    let id = Uuid::now_v7();
    let Some(row) = sqlx::query!(
        "insert into venue_sync.runs (id, region, provider, parameters, staging)
         values ($1, $2, $3::varchar, $4, $5 and exists (
             select from venue_sync.runs b
             where b.region = $2 and b.provider = $3::varchar and b.state = 'complete'
               and b.parameters - $6::text[]
                   = $4::jsonb - $6::text[]))
         on conflict do nothing returning begun_at, staging",
        id,
        spec.region,
        spec.provider,
        spec.parameters,
        spec.guarded,
        &APART as &[&str]
    )
    .fetch_optional(&mut *transaction)
    .await?
    else {
        return Ok(None);
    };
    let column = |side: fn(&Tile) -> f64| spec.tiles.iter().map(side).collect::<Vec<_>>();
    sqlx::query!(
        "with done as (
             select t.south, t.west, t.north, t.east, max(t.completed_at) as at
             from venue_sync.tiles t join venue_sync.runs r on r.id = t.run_id
             where r.region = $7 and r.provider = $8 and r.parameters -> 'source' is not distinct from $9::jsonb -> 'source'
               and t.purpose = 'rows' and t.completed_at is not null
             group by t.south, t.west, t.north, t.east
         )
         insert into venue_sync.tiles (run_id, ordinal, south, west, north, east, last_done_at)
         select $1, n.ordinal, n.south, n.west, n.north, n.east, d.at
         from unnest($2::int[], $3::float8[], $4::float8[], $5::float8[], $6::float8[]) n (ordinal, south, west, north, east)
         left join done d on (d.south, d.west, d.north, d.east) = (n.south, n.west, n.north, n.east)",
        id,
        &spec.tiles.iter().map(|tile| tile.ordinal).collect::<Vec<_>>(),
        &column(|tile| tile.cell.south),
        &column(|tile| tile.cell.west),
        &column(|tile| tile.cell.north),
        &column(|tile| tile.cell.east),
        spec.region,
        spec.provider,
        spec.parameters,
    )
    .execute(&mut *transaction)
    .await?;
    learned::keep(transaction, id, (&spec.region, &spec.provider), &spec.tiles, learn).await?;
    sign_on(transaction, id, spec).await?;
    Ok(Some(OpenedRun { id, begun_at: row.begun_at, resumed: false, staging: row.staging }))
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
    .execute(&mut *transaction)
    .await?;
    forget_used_up(transaction, &spec.provider).await
}

/// A run that is over has no use for what it was told apart from its answers, nor for what it knew when it began.
pub(super) async fn clear_up(transaction: &mut Transaction, run: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("update venue_sync.tiles set known = null where run_id = $1 and known is not null", run)
        .execute(&mut *transaction)
        .await?;
    sqlx::query!("delete from venue_sync.look_ups where run_id = $1", run).execute(transaction).await?;
    Ok(())
}

/// Adds to a run whose tiles are all complete the one that its audit is asked under. Whether there is one to be worked on now.
pub async fn begin_audit(database: &Database, run: Uuid) -> Result<bool, DatabaseError> {
    let mut transaction = database.begin().await?;
    let waiting = async {
        sqlx::query!(
            "insert into venue_sync.tiles (run_id, ordinal, purpose, south, west, north, east)
             select r.id, $2, 'audit', 0, 0, 0, 0 from venue_sync.runs r
             where r.id = $1 and r.state = 'open'
               and not exists (select from venue_sync.tiles where run_id = $1 and state <> 'complete')
             on conflict (run_id, ordinal) do nothing",
            run,
            AUDIT_ORDINAL
        )
        .execute(&mut transaction)
        .await?;
        sqlx::query_scalar!(
            r#"select exists (select from venue_sync.tiles where run_id = $1 and purpose = 'audit'
                                and state in ('waiting', 'leased')) as "waiting!""#,
            run
        )
        .fetch_one(&mut transaction)
        .await
    }
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(waiting)
}

/// An unfinished run of a region and provider that asks for something else, and could still be taken up.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherRun {
    /// Its id.
    pub id: Uuid,
    /// What it asks for.
    pub parameters: Value,
}

/// The newest unfinished run of the same region, provider and source with other parameters that could be taken up.
pub async fn other_run(database: &Database, spec: &RunSpec) -> Result<Option<OtherRun>, DatabaseError> {
    let (usual, stopped) = spec.resume_within;
    let mut transaction = database.begin().await?;
    let row = sqlx::query!(
        "select id, parameters from venue_sync.runs r
         where region = $1 and provider = $2 and md5(parameters::text) <> md5($3::jsonb::text) and state = 'open'
           and parameters -> 'source' is not distinct from $3::jsonb -> 'source'
           and (believed_at is not null or greatest(begun_at, touched_at, resumes_at) > clock_timestamp() - make_interval(secs =>
                   case when stopped_by in ('budget', 'quota') then $4::float8 else $5::float8 end)
                or exists (select from venue_sync.workers w where w.run_id = r.id and w.alive_until > clock_timestamp()))
         order by begun_at desc limit 1",
        spec.region,
        spec.provider,
        spec.parameters,
        stopped.as_secs_f64(),
        usual.as_secs_f64()
    )
    .fetch_optional(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(row.map(|row| OtherRun { id: row.id, parameters: row.parameters }))
}

/// When a region was last asked for to the end from a provider, whatever came of it, for each pair of them of which a run ever ended.
pub async fn last_ended(database: &Database) -> Result<Vec<(String, String, DateTime<Utc>)>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        // A run may have been given up half way; one that an audit did not believe was asked for to the end.
        r#"select region, provider, max(ended_at) as "at!" from venue_sync.runs r
           where ended_at is not null and parameters ->> 'source' = 'live'
             and (state <> 'abandoned'
                  or (select bool_and(t.state = 'complete') from venue_sync.tiles t where t.run_id = r.id))
           group by region, provider"#
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(rows.into_iter().map(|row| (row.region, row.provider, row.at)).collect())
}
