//! Venues that wait until they are judged, and how they get to the readers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::changes::insert_changes;
use super::content::Batch;
use super::merge::{Merged, meet_refused_again, merge_venues};
use super::rejects::insert_rejects;
use super::transaction::Transaction;
use crate::model::VenueCounts;

/// Rows that are merged by one statement.
const AT_ONCE: i64 = 1000;

/// To whom staged rows belong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Staging<'a> {
    pub(super) run: Uuid,
    pub(super) tile: i64,
    pub(super) provider: &'a str,
    /// When the run was begun: what was seen since is a duplicate.
    pub(super) begun_at: DateTime<Utc>,
}

/// Puts an answer's venues aside. Those that the run has seen before, written or still waiting, are duplicates and get their word at
/// once; the others get theirs when they are promoted. Returns the counts so far, and how many wait.
pub(super) async fn stage(
    transaction: &mut Transaction,
    of: Staging<'_>,
    answer: Uuid,
    batch: &Batch,
) -> Result<(VenueCounts, u64), sqlx::Error> {
    // Row by row, by the index: whatever the planner believes of a table that was empty a moment ago.
    let mut staged = 0;
    for part in batch.parts() {
        staged += sqlx::query!(
        r#"insert into venue_sync.staged (run_id, provider_id, tile_id, answer_id, lat, lng, "row")
           select $1, r.value ->> 'provider_id', $2, $3, (r.value ->> 'lat')::float8, (r.value ->> 'lng')::float8, r.value
           from jsonb_array_elements($4::jsonb) with ordinality r (value, ordinal)
           where (select v.last_seen_at from public.venues v
                  where v.provider_name = $5 and v.provider_id = r.value ->> 'provider_id') >= $6 is not true
           order by r.ordinal
           on conflict (run_id, provider_id) do nothing"#,
        of.run,
        of.tile,
        answer,
        sqlx::types::Json(part) as _,
        of.provider,
        of.begun_at
    )
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    }
    let given = u64::try_from(batch.len()).unwrap_or(u64::MAX);
    let duplicate = given.saturating_sub(staged) + batch.folded();
    Ok((VenueCounts { received: duplicate, duplicate, ..VenueCounts::default() }, staged))
}

/// What became of staged rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Promoted {
    /// By outcome.
    pub counts: VenueCounts,
    /// New stubs.
    pub stubbed: u64,
}

/// Writes what was staged for a tile, by the one merge, and credits each row's answer with what became of it. A venue that somebody
/// saw since the run began, in another run, stays as it is.
pub(super) async fn promote(transaction: &mut Transaction, of: Staging<'_>) -> Result<Promoted, sqlx::Error> {
    let mut promoted = Promoted::default();
    let mut after = String::new();
    loop {
        let rows = sqlx::query!(
            r#"select provider_id, answer_id, "row" || jsonb_build_object('seen_at', staged_at) as "row!: sqlx::types::Json<Box<RawValue>>"
               from venue_sync.staged where tile_id = $1 and provider_id > $2 order by provider_id limit $3"#,
            of.tile,
            after,
            AT_ONCE
        )
        .fetch_all(&mut *transaction)
        .await?;
        let Some(last) = rows.last() else { return Ok(promoted) };
        after.clone_from(&last.provider_id);
        let answers: BTreeMap<String, Uuid> = rows.iter().map(|row| (row.provider_id.clone(), row.answer_id)).collect();
        let ids: Vec<String> = answers.keys().cloned().collect();
        let batch = Batch::staged(rows.into_iter().map(|row| row.row.0).collect());
        let mut merged = merge_venues(&mut *transaction, of.provider, Some(of.begun_at), &batch).await?;
        meet_refused_again(transaction, of.tile, &mut merged).await?;
        promoted.counts += merged.counts;
        promoted.stubbed += merged.stubbed;
        credit(transaction, &answers, &merged).await?;
        sqlx::query!("delete from venue_sync.staged where run_id = $1 and provider_id = any($2)", of.run, &ids)
            .execute(&mut *transaction)
            .await?;
    }
}

/// Adds to each answer what became of its rows.
async fn credit(
    transaction: &mut Transaction,
    answers: &BTreeMap<String, Uuid>,
    merged: &Merged,
) -> Result<(), sqlx::Error> {
    let mut sums: BTreeMap<Uuid, (VenueCounts, u64)> = BTreeMap::new();
    for (provider_id, outcome) in &merged.outcomes {
        let Some(answer) = answers.get(provider_id) else { continue };
        let (counts, stubbed) = sums.entry(*answer).or_default();
        counts.count(outcome.word);
        *stubbed += u64::from(outcome.stubbed);
    }
    let ids: Vec<Uuid> = sums.keys().copied().collect();
    let column = |count: fn(&(VenueCounts, u64)) -> u64| -> Vec<i32> {
        sums.values().map(|sum| i32::try_from(count(sum)).unwrap_or(i32::MAX)).collect()
    };
    sqlx::query!(
        "update venue_sync.answers a
         set received = a.received + s.received, inserted = a.inserted + s.inserted, updated = a.updated + s.updated,
             unchanged = a.unchanged + s.unchanged, rejected = a.rejected + s.rejected, duplicate = a.duplicate + s.duplicate,
             stubbed = a.stubbed + s.stubbed
         from unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[])
             s (id, received, inserted, updated, unchanged, rejected, duplicate, stubbed)
         where a.id = s.id",
        &ids,
        &column(|(counts, _)| counts.received),
        &column(|(counts, _)| counts.inserted),
        &column(|(counts, _)| counts.updated),
        &column(|(counts, _)| counts.unchanged),
        &column(|(counts, _)| counts.rejected),
        &column(|(counts, _)| counts.duplicate),
        &column(|(_, stubbed)| *stubbed)
    )
    .execute(&mut *transaction)
    .await?;
    let refused = merged.refused.iter().filter_map(|reject| {
        let answer = answers.get(reject.provider_id.as_ref()?)?;
        Some((*answer, reject))
    });
    insert_rejects(transaction, refused).await?;
    let changes = merged.differences.iter().filter_map(|change| Some((*answers.get(&change.provider_id)?, change)));
    insert_changes(transaction, changes).await
}

/// Lets go of all that a run has staged; returns how many venues that was.
pub(super) async fn discard(transaction: &mut Transaction, run: Uuid) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!("delete from venue_sync.staged where run_id = $1", run).execute(transaction).await?;
    Ok(gone.rows_affected())
}

/// Something that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedVenue {
    /// The provider's id.
    pub provider_id: String,
    /// The ordinal of its tile.
    pub tile: i32,
    /// When it was seen.
    pub seen_at: DateTime<Utc>,
    /// Whether the venue is known already, and would be changed rather than made.
    pub known: bool,
    /// What would be written.
    pub row: Value,
}
