use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::again::Tries;
use super::changes::insert_changes;
use super::connect::{Database, DatabaseError};
use super::content::Batch;
use super::endurance::Fault;
use super::merge::{Merged, meet_refused_again, merge_venues};
use super::rejects::insert_rejects;
use super::staged::{Staging, stage};
use super::tiles::Lease;
use super::transaction::Transaction;
use crate::model::{AnswerSeen, Certificate, MicroUsd, Purpose, Reject, VenueCounts};

/// Everything that one answer brings, committed as one transaction.
#[derive(Debug, Clone)]
pub struct AnswerToCommit {
    /// Made by the worker: no answer is there twice.
    pub id: Uuid,
    /// The right to commit.
    pub lease: Lease,
    /// Place in the tile's order, from 0.
    pub ordinal: i32,
    /// What coverage has to know.
    pub seen: AnswerSeen,
    /// What it proves.
    pub certificate: Certificate,
    /// Hashes of the ids in it, where they are kept.
    pub ids: Option<Vec<i64>>,
    /// Requests that it took: its pages.
    pub requests: i32,
    /// They were replayed, and so not reserved before as live ones are.
    pub replayed: bool,
    /// Its list price.
    pub cost: MicroUsd,
    /// The provider's name.
    pub provider: String,
    /// When the run was begun: what was seen since is a duplicate.
    pub begun_at: DateTime<Utc>,
    /// The run, where its venues wait until they are judged.
    pub staging: Option<Uuid>,
    /// The venues.
    pub batch: Batch,
    /// Rows that did not become venues.
    pub rejects: Vec<Reject>,
    /// Rows outside the region.
    pub outside: u64,
    /// Counts of repairs.
    pub repairs: BTreeMap<String, u64>,
    /// Counts of category words without a code.
    pub unmapped: BTreeMap<String, u64>,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Committed {
    /// Its rows.
    pub counts: VenueCounts,
    /// New stubs.
    pub stubbed: u64,
    /// Rows that wait until they are judged.
    pub staged: u64,
}

/// Why an answer was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The database's fault. The outcome is known: nothing was committed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Our lease ran out and another worker has the tile: nothing was committed.
    #[error("the tile was taken over by another worker; this answer is not kept")]
    FencedOut,
    /// Answers that were committed before are not there any more: nothing was committed.
    #[error("answers of this tile that were committed are not there any more: a server took over that never got them")]
    Outdated,
    /// The rows do not add up: a bug of ours. Nothing was committed.
    #[error("rows do not add up: {counts:?}")]
    DoesNotAddUp {
        /// The counts.
        counts: VenueCounts,
    },
}

impl Fault for CommitError {
    fn fault(&self) -> Option<&DatabaseError> {
        if let Self::Database(error) = self { Some(error) } else { None }
    }
}

/// Commits an answer: rows, stubs, certificate and counts together or not at all.
pub async fn commit_answer(database: &Database, answer: &AnswerToCommit) -> Result<Committed, CommitError> {
    let mut tries = Tries::default();
    let (transaction, committed) = loop {
        let mut transaction = database.begin().await?;
        match write(&mut transaction, answer).await {
            Ok(committed) => break (transaction, committed?),
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(database.error(error).into()),
        }
    };
    database.commit(transaction).await?;
    Ok(committed)
}

async fn write(
    transaction: &mut Transaction,
    answer: &AnswerToCommit,
) -> Result<Result<Committed, CommitError>, sqlx::Error> {
    let before = sqlx::query_scalar!(
        r#"update venue_sync.tiles t set lease_until = greatest(lease_until, clock_timestamp())
           where id = $1 and fence = $2 and state = 'leased'
             and exists (select from venue_sync.runs r where r.id = run_id and r.state = 'open')
           returning (select count(*) from venue_sync.answers a where a.tile_id = t.id) as "before!""#,
        answer.lease.tile,
        answer.lease.fence
    )
    .fetch_optional(&mut *transaction)
    .await?;
    match before {
        None => return Ok(Err(CommitError::FencedOut)),
        // What a worker goes by is what the database holds, and not what it remembers of another server.
        Some(before) if before < i64::from(answer.ordinal) => return Ok(Err(CommitError::Outdated)),
        Some(_) => {}
    }
    let (merged, staged) = if let Some(run) = answer.staging {
        let AnswerToCommit { begun_at, ref provider, .. } = *answer;
        let of = Staging { run, tile: answer.lease.tile, provider, begun_at };
        let (counts, staged) = stage(transaction, of, answer.id, &answer.batch).await?;
        (Merged { counts, ..Merged::default() }, staged)
    } else {
        let mut merged = merge_venues(transaction, &answer.provider, Some(answer.begun_at), &answer.batch).await?;
        meet_refused_again(transaction, answer.lease.tile, &mut merged).await?;
        (merged, 0)
    };
    let mut counts = merged.counts;
    let given = u64::try_from(answer.rejects.len()).unwrap_or(u64::MAX);
    counts.rejected += given;
    counts.received += given + answer.outside;
    counts.outside += answer.outside;
    // A count brings ids, and no rows.
    let rows = if answer.seen.ask.purpose == Purpose::Count { 0 } else { u64::from(answer.seen.rows) };
    // What waits gets its word, and is counted as received, when it is promoted.
    if !counts.add_up() || counts.received + staged != rows {
        return Ok(Err(CommitError::DoesNotAddUp { counts }));
    }
    insert_answer(transaction, answer, counts, merged.stubbed).await?;
    let rejects = answer.rejects.iter().chain(&merged.refused);
    insert_rejects(transaction, rejects.map(|reject| (answer.id, reject))).await?;
    insert_changes(transaction, merged.differences.iter().map(|change| (answer.id, change))).await?;
    if answer.replayed {
        sqlx::query!(
            "update venue_sync.runs set requests = requests + $2, requests_free = requests_free + $2, touched_at = clock_timestamp()
             where id = (select run_id from venue_sync.tiles where id = $1)",
            answer.lease.tile,
            i64::from(answer.requests)
        )
        .execute(&mut *transaction)
        .await?;
    }
    Ok(Ok(Committed { counts, stubbed: merged.stubbed, staged }))
}

async fn insert_answer(
    transaction: &mut Transaction,
    answer: &AnswerToCommit,
    counts: VenueCounts,
    stubbed: u64,
) -> Result<(), sqlx::Error> {
    let certified = match &answer.certificate {
        Certificate::Whole => None,
        Certificate::Disk { radius_m } => Some(*radius_m),
        Certificate::Nothing => Some(0.0),
    };
    let int = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
    sqlx::query!(
        "insert into venue_sync.answers (id, tile_id, ordinal, ask, rows, truncated, outermost_m, certified_m, requests,
             cost_micro_usd, received, inserted, updated, unchanged, rejected, outside, duplicate, stubbed, repairs, unmapped, fresh, ids)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $20, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $21, $22)",
        answer.id,
        answer.lease.tile,
        answer.ordinal,
        sqlx::types::Json(&answer.seen.ask) as _,
        int(u64::from(answer.seen.rows)),
        answer.seen.truncated,
        answer.seen.outermost_m,
        certified,
        answer.cost.0,
        int(counts.received),
        int(counts.inserted),
        int(counts.updated),
        int(counts.unchanged),
        int(counts.rejected),
        int(counts.outside),
        int(counts.duplicate),
        int(stubbed),
        sqlx::types::Json(&answer.repairs) as _,
        sqlx::types::Json(&answer.unmapped) as _,
        answer.requests,
        answer.seen.fresh.map(|fresh| int(u64::from(fresh))),
        answer.ids.as_deref(),
    )
    .execute(&mut *transaction)
    .await?;
    Ok(())
}
