//! What the database holds of one run, for its report.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::figures::read_figures;
use super::past::{Asked, read_areas};
use super::transaction::Transaction;
use crate::model::{
    Change, Changes, EarlierRun, MicroUsd, PaceStep, RejectedRows, RunAccount, RunState, StoppedBy, VenueCounts,
};

/// Earlier runs that are told of.
const EARLIER: i64 = 6;
/// Spans into which a run's time is cut.
const SPANS: i32 = 60;
/// Changed venues that are shown.
const CHANGES: i64 = 200;
/// Rejects that are shown of each reason.
const EXAMPLES: i64 = 5;

/// Which run is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichRun {
    /// The one of this id.
    Id(Uuid),
    /// The newest, of a region where one is named.
    Latest {
        /// The region's name.
        region: Option<String>,
    },
}

/// Reads what is written down of a run; none where there is no such run. Beside it the parameters that it was begun with.
pub async fn run_account(database: &Database, which: &WhichRun) -> Result<Option<(RunAccount, Value)>, DatabaseError> {
    let mut transaction = database.begin_reading().await?;
    let account = read(&mut transaction, which).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(account)
}

/// The regions of which there are runs, the latest first.
pub async fn runs_of(database: &Database) -> Result<Vec<String>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let regions =
        sqlx::query_scalar!("select region from venue_sync.runs group by region order by max(begun_at) desc limit 20")
            .fetch_all(&mut transaction)
            .await
            .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(regions)
}

/// Reads where a run asked, and where it overflowed.
pub async fn asked_of(database: &Database, run: Uuid) -> Result<Asked, DatabaseError> {
    let mut transaction = database.begin().await?;
    let mut asked = Asked::default();
    read_areas(&mut transaction, run, &mut asked).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(asked)
}

async fn find(transaction: &mut Transaction, which: &WhichRun) -> Result<Option<Uuid>, sqlx::Error> {
    match which {
        WhichRun::Id(id) => {
            sqlx::query_scalar!("select id from venue_sync.runs where id = $1", id).fetch_optional(transaction).await
        }
        WhichRun::Latest { region } => {
            sqlx::query_scalar!(
                "select id from venue_sync.runs where $1::text is null or region = $1 order by begun_at desc limit 1",
                region.as_deref()
            )
            .fetch_optional(transaction)
            .await
        }
    }
}

async fn read(transaction: &mut Transaction, which: &WhichRun) -> Result<Option<(RunAccount, Value)>, sqlx::Error> {
    let Some(run) = find(transaction, which).await? else { return Ok(None) };
    let row = sqlx::query!(
        r#"select r.region, r.provider, r.parameters, r.state, r.stopped_by, r.resumes_at, r.begun_at, r.audited, r.audit_missed,
             coalesce(r.ended_at, r.touched_at) as "last_at!", r.failed_attempts as "failed_attempts: Json<BTreeMap<String, u64>>",
             r.filled as "filled: Json<BTreeMap<String, u64>>",
             exists (select from venue_sync.workers w where w.run_id = r.id and w.alive_until > clock_timestamp()) as "at_work!",
             exists (select from venue_sync.runs l
                     join venue_sync.tiles t on t.run_id = l.id join venue_sync.answers a on a.tile_id = t.id
                     where l.region = r.region and l.provider = r.provider and l.begun_at > r.begun_at) as "superseded!"
           from venue_sync.runs r where r.id = $1"#,
        run
    )
    .fetch_one(&mut *transaction)
    .await?;
    let figures = read_figures(transaction, run).await?;
    let mut failed_attempts: Vec<(String, u64)> = row.failed_attempts.0.into_iter().collect();
    failed_attempts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let said = |name: &str| row.parameters.get(name).and_then(Value::as_str);
    let types = row.parameters.get("types").and_then(Value::as_array).into_iter().flatten();
    let count = |count: Option<i32>| count.map(|count| u64::from(count.unsigned_abs()));
    let account = RunAccount {
        run_id: run,
        state: state(&row.state, row.at_work),
        stopped_by: row.stopped_by.as_deref().and_then(StoppedBy::of_code),
        resumes_at: row.resumes_at,
        begun_at: row.begun_at,
        last_at: row.last_at,
        types: types.filter_map(|word| word.as_str().map(str::to_owned)).collect(),
        method: said("method").map(str::to_owned),
        replayed: said("source").is_some_and(|source| source != "live"),
        superseded: row.superseded,
        requests: figures.requests,
        requests_free: figures.requests_free,
        cost: figures.cost,
        venues: figures.venues,
        profiles_stubbed: figures.stubbed,
        coverage: figures.coverage,
        capped: figures.capped,
        audit: count(row.audited).zip(count(row.audit_missed)),
        failures: figures.failures,
        failed_attempts,
        rejects: read_rejects(transaction, run).await?,
        repairs: figures.repairs,
        unmapped: figures.unmapped,
        pace: read_pace(transaction, run).await?,
        changes: read_changes(transaction, run).await?,
        filled: row.filled.map(|filled| filled.0),
        earlier: read_earlier(transaction, (&row.region, &row.provider), row.begun_at).await?,
        region: row.region,
        provider: row.provider,
    };
    Ok(Some((account, row.parameters)))
}

fn state(state: &str, at_work: bool) -> RunState {
    match (state, at_work) {
        ("complete", _) => RunState::Complete,
        ("abandoned", _) => RunState::Abandoned,
        ("refused", _) => RunState::Refused,
        (_, true) => RunState::AtWork,
        (_, false) => RunState::Open,
    }
}

async fn read_rejects(transaction: &mut Transaction, run: Uuid) -> Result<Vec<RejectedRows>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with refused as (
               select j.reason, coalesce(j.provider_id || ': ', '') || j.detail as what, min(j.id) as id, count(*) as times
               from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id join venue_sync.rejects j on j.answer_id = a.id
               where t.run_id = $1 group by 1, 2
           ),
           placed as (
               select *, row_number() over (partition by reason order by id) as place,
                 sum(times) over (partition by reason)::bigint as all
               from refused
           )
           select reason, max("all") as "count!", array_agg(what order by place) as "examples!"
           from placed where place <= $2 group by reason order by 2 desc, 1"#,
        run,
        EXAMPLES
    )
    .fetch_all(transaction)
    .await?;
    let rejected = rows.into_iter().map(|row| RejectedRows {
        reason: row.reason,
        count: row.count.unsigned_abs(),
        examples: row.examples,
    });
    Ok(rejected.collect())
}

async fn read_pace(transaction: &mut Transaction, run: Uuid) -> Result<Vec<PaceStep>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with answered as (
               select a.committed_at, a.requests, a.cost_micro_usd, a.received
               from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id where t.run_id = $1
           ),
           ends as (select min(committed_at) as first, max(committed_at) + interval '1 millisecond' as last from answered)
           select max(committed_at) as "at!", sum(requests)::bigint as "requests!", sum(cost_micro_usd)::bigint as "cost!",
             sum(received)::bigint as "received!"
           from answered, ends
           group by width_bucket(extract(epoch from committed_at)::float8, extract(epoch from first)::float8,
                                 extract(epoch from last)::float8, $2)
           order by 1"#,
        run,
        SPANS
    )
    .fetch_all(transaction)
    .await?;
    let step = rows.into_iter().map(|row| PaceStep {
        at: row.at,
        requests: row.requests.unsigned_abs(),
        cost: MicroUsd(row.cost),
        received: row.received.unsigned_abs(),
    });
    Ok(step.collect())
}

async fn read_changes(transaction: &mut Transaction, run: Uuid) -> Result<Changes, sqlx::Error> {
    let fields = sqlx::query!(
        r#"select f as "field!", count(*) as "count!"
           from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id join venue_sync.changes c on c.answer_id = a.id
           cross join lateral jsonb_object_keys(c.fields) f
           where t.run_id = $1 group by f order by 2 desc, 1"#,
        run
    )
    .fetch_all(&mut *transaction)
    .await?;
    let rows = sqlx::query!(
        r#"select c.provider_id, c.name, c.fields as "fields: Json<BTreeMap<String, (Value, Value)>>", count(*) over () as "all!"
           from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id join venue_sync.changes c on c.answer_id = a.id
           where t.run_id = $1 order by c.id limit $2"#,
        run,
        CHANGES
    )
    .fetch_all(transaction)
    .await?;
    Ok(Changes {
        venues: rows.first().map_or(0, |row| row.all.unsigned_abs()),
        fields: fields.into_iter().map(|row| (row.field, row.count.unsigned_abs())).collect(),
        shown: rows
            .into_iter()
            .map(|row| Change { provider_id: row.provider_id, name: row.name, fields: row.fields.0 })
            .collect(),
    })
}

async fn read_earlier(
    transaction: &mut Transaction,
    (region, provider): (&str, &str),
    before: DateTime<Utc>,
) -> Result<Vec<EarlierRun>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select r.id, r.begun_at, r.state, r.requests, r.cost_micro_usd, r.filled as "filled: Json<BTreeMap<String, u64>>",
             s.received as "received!", s.inserted as "inserted!", s.updated as "updated!", s.unchanged as "unchanged!",
             s.rejected as "rejected!", s.outside as "outside!", s.duplicate as "duplicate!"
           from venue_sync.runs r
           cross join lateral (
               select coalesce(sum(a.received), 0) as received, coalesce(sum(a.inserted), 0) as inserted,
                 coalesce(sum(a.updated), 0) as updated, coalesce(sum(a.unchanged), 0) as unchanged,
                 coalesce(sum(a.rejected), 0) as rejected, coalesce(sum(a.outside), 0) as outside,
                 coalesce(sum(a.duplicate), 0) as duplicate
               from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id where t.run_id = r.id) s
           where r.region = $1 and r.provider = $2 and r.begun_at < $3 order by r.begun_at desc limit $4"#,
        region,
        provider,
        before,
        EARLIER
    )
    .fetch_all(transaction)
    .await?;
    let earlier = rows.into_iter().map(|row| EarlierRun {
        run_id: row.id,
        begun_at: row.begun_at,
        state: state(&row.state, false),
        requests: row.requests.unsigned_abs(),
        cost: MicroUsd(row.cost_micro_usd),
        venues: VenueCounts {
            received: row.received.unsigned_abs(),
            inserted: row.inserted.unsigned_abs(),
            updated: row.updated.unsigned_abs(),
            unchanged: row.unchanged.unsigned_abs(),
            rejected: row.rejected.unsigned_abs(),
            outside: row.outside.unsigned_abs(),
            duplicate: row.duplicate.unsigned_abs(),
        },
        filled: row.filled.map(|filled| filled.0),
    });
    Ok(earlier.collect())
}
