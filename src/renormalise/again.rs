use std::collections::HashSet;
use std::time::Instant;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::model::{BoundingBox, Position, Reject, RejectReason, Renormalised, Retention, Venue};
use crate::normalise::normalise;
use crate::provider::Provider;
use crate::store::{self, Database, DatabaseError, KeptRow, Merged, Whose};

/// Rows in hand at a time: read, cleaned, and merged in one transaction.
const STEP: u32 = 1_000;

/// What is to be cleaned again.
pub struct Again<'a> {
    /// Whose rows, and whose mapping.
    pub provider: &'a dyn Provider,
    /// Rows that are over their time are left out.
    pub retention: Retention,
    /// Only what lies in a part of the world.
    pub part: Option<Part<'a>>,
    /// Compare, write nothing.
    pub dry_run: bool,
    /// So many differences and refusals are kept in the outcome.
    pub shown: usize,
}

/// A part of the world.
pub struct Part<'a> {
    /// Its name.
    pub name: &'a str,
    /// A box round it.
    pub bounds: BoundingBox,
    /// Whether a place is in it.
    pub contains: &'a (dyn Fn(Position) -> bool + Sync),
}

/// Cleans kept rows again, step by step, until the last one or until `signal` is pulled. Every step is committed, so that it may be
/// killed at any moment; what is as it should be is not touched, so that it may be run again at any time.
pub async fn renormalise(
    job: &Again<'_>,
    database: &Database,
    signal: &CancellationToken,
) -> Result<Renormalised, DatabaseError> {
    let started = Instant::now();
    let zones = store::known_zones(database).await?;
    let whose = Whose {
        provider: job.provider.name(),
        retention: job.retention,
        within: job.part.as_ref().map(|part| part.bounds),
    };
    let mut outcome = Renormalised {
        region: job.part.as_ref().map(|part| part.name.to_owned()),
        provider: job.provider.name().to_owned(),
        dry_run: job.dry_run,
        ..Renormalised::default()
    };
    let mut after = Uuid::nil();
    while !signal.is_cancelled() {
        let rows = store::kept_rows(database, whose, after, STEP).await?;
        let Some(last) = rows.last() else {
            outcome.complete = true;
            break;
        };
        after = last.venue_id;
        let (venues, rejects) = clean(job, &zones, rows);
        let cleaned = u64::try_from(venues.len()).unwrap_or(u64::MAX);
        let merged = store::merge_again(database, whose.provider, venues, job.dry_run).await?;
        note(&mut outcome, job.shown, cleaned, merged, rejects);
    }
    outcome.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(outcome)
}

/// The rows as venues, each with when it was last seen; and those that are none any more.
fn clean(job: &Again<'_>, zones: &HashSet<String>, rows: Vec<KeptRow>) -> (Vec<(Venue, DateTime<Utc>)>, Vec<Reject>) {
    let category = |word: &str| job.provider.category(word);
    let known_zone = |zone: &str| zones.contains(zone);
    let (mut venues, mut rejects) = (Vec::new(), Vec::new());
    for row in rows {
        if !job.part.as_ref().is_none_or(|part| row.position.is_some_and(part.contains)) {
            continue;
        }
        let refuse =
            |detail| Reject { provider_id: Some(row.provider_id.clone()), reason: RejectReason::Unreadable, detail };
        let cleaned = row
            .record
            .read()
            .map_err(|error| refuse(error.to_string()))
            .and_then(|raw| normalise(raw, &category, &known_zone));
        match cleaned {
            Ok(clean) if clean.venue.provider_id == row.provider_id => venues.push((clean.venue, row.seen_at)),
            // It would be another venue.
            Ok(clean) => rejects.push(refuse(format!("its id would be {}", clean.venue.provider_id))),
            Err(reject) => rejects.push(Reject { provider_id: Some(row.provider_id), ..reject }),
        }
    }
    (venues, rejects)
}

fn note(outcome: &mut Renormalised, shown: usize, cleaned: u64, merged: Merged, rejects: Vec<Reject>) {
    // Venues that went since they were read.
    let gone = merged.counts.rejected;
    let rejected = u64::try_from(rejects.len()).unwrap_or(u64::MAX);
    outcome.kept += cleaned - gone + rejected;
    outcome.updated += merged.counts.updated;
    outcome.unchanged += cleaned - gone - merged.counts.updated;
    outcome.rejected += rejected;
    for field in merged.differences.iter().flat_map(|venue| &venue.fields) {
        *outcome.fields.entry(field.field).or_default() += 1;
    }
    let room = shown.saturating_sub(outcome.differences.len());
    outcome.differences.extend(merged.differences.into_iter().take(room));
    let room = shown.saturating_sub(outcome.rejects.len());
    outcome.rejects.extend(rejects.into_iter().take(room));
}
