//! Runs, as somebody looks at them afterwards.

use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use crate::model::{MicroUsd, PastRun, RunOutcome, StoppedBy};

/// Which runs are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunFilter {
    /// Of this region; none: of all.
    pub region: Option<String>,
    /// Whose id begins with this.
    pub prefix: Option<String>,
    /// So many at most.
    pub limit: u32,
}

/// Reads runs, the newest first.
pub async fn past_runs(database: &Database, filter: &RunFilter) -> Result<Vec<PastRun>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"select r.id, r.region, r.provider, r.parameters ->> 'method' as method, r.begun_at, r.ended_at,
             r.state, r.stopped_by, r.replaced_by is not null as "replaced!", r.requests, r.requests_free, r.cost_micro_usd,
             exists (select from venue_sync.workers w where w.run_id = r.id and w.alive_until > clock_timestamp()) as "joined!",
             r.breaches is not null
                 or exists (select from venue_sync.tiles t where t.run_id = r.id and t.breaches is not null) as "doubted!",
             (select coalesce(sum(a.inserted + a.updated + a.unchanged), 0)::bigint
              from venue_sync.tiles t join venue_sync.answers a on a.tile_id = t.id where t.run_id = r.id) as "venues!",
             (select count(*) from venue_sync.staged s where s.run_id = r.id) as "staged!"
           from venue_sync.runs r
           where ($1::text is null or r.region = $1) and ($2::text is null or starts_with(r.id::text, $2))
           order by r.begun_at desc, r.id limit $3"#,
        filter.region,
        filter.prefix,
        i64::from(filter.limit)
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let runs = rows.into_iter().map(|row| PastRun {
        run_id: row.id,
        region: row.region,
        provider: row.provider,
        method: row.method,
        begun_at: row.begun_at,
        ended_at: row.ended_at,
        outcome: outcome(&row.state, (row.doubted, row.replaced, row.joined)),
        stopped_by: if row.state == "refused" {
            Some(StoppedBy::Guard)
        } else {
            row.stopped_by.as_deref().and_then(StoppedBy::of_code)
        },
        venues: row.venues.unsigned_abs(),
        staged: row.staged.unsigned_abs(),
        requests: row.requests.unsigned_abs(),
        requests_free: row.requests_free.unsigned_abs(),
        cost: MicroUsd(row.cost_micro_usd),
    });
    Ok(runs.collect())
}

/// Whether the guard doubted it, whether a later one was closed in its place, and whether somebody is at work on it.
fn outcome(state: &str, (doubted, replaced, joined): (bool, bool, bool)) -> RunOutcome {
    match (state, doubted) {
        ("complete", false) => RunOutcome::Complete,
        ("complete", true) => RunOutcome::Accepted,
        ("refused", _) => RunOutcome::Refused,
        ("abandoned", _) if replaced => RunOutcome::Superseded,
        ("abandoned", true) => RunOutcome::Discarded,
        ("abandoned", false) => RunOutcome::Abandoned,
        _ if joined => RunOutcome::Running,
        _ => RunOutcome::Unfinished,
    }
}

/// Why nothing is decided about a run that is not refused: what became of it.
pub(super) async fn not_refused(database: &Database, run: Uuid) -> DecideError {
    let one = RunFilter { region: None, prefix: Some(run.to_string()), limit: 1 };
    match past_runs(database, &one).await.map(|runs| runs.into_iter().next()) {
        Ok(Some(found)) => DecideError::NotRefused { run, outcome: found.outcome },
        Ok(None) => database.error(sqlx::Error::RowNotFound).into(),
        Err(error) => error.into(),
    }
}

/// Why nothing was decided about a run.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The database's fault. What was written is kept, and the same command goes on.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It was decided already, or there is nothing to decide.
    #[error("run {run} is {outcome}: only a refused one can be accepted or discarded")]
    NotRefused {
        /// Which.
        run: Uuid,
        /// What became of it.
        outcome: RunOutcome,
    },
    /// Somebody began to accept it.
    #[error(
        "run {run} is accepted, and a part of it is let in: it cannot be discarded; `venues runs accept {run}` lets in the rest"
    )]
    BeingAccepted {
        /// Which.
        run: Uuid,
    },
}
