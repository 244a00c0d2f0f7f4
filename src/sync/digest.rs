use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::job::{Job, Zones};
use crate::coverage::{self, Elsewhere};
use crate::model::{AnswerSeen, Ask, CappedSpot, Field, Position, RawRecord, RawVenue, Reject, Retention, Venue};
use crate::normalise::normalise;
use crate::provider::Page;

/// An answer in our own terms: every row of it is a venue inside the region, outside, or a reject.
#[derive(Debug, Clone, Default)]
pub(super) struct Digest {
    /// Each with what is kept of the provider's own words.
    pub(super) venues: Vec<(Venue, Option<RawRecord>)>,
    pub(super) rejects: Vec<Reject>,
    pub(super) outside: u64,
    pub(super) repairs: BTreeMap<String, u64>,
    pub(super) unmapped: BTreeMap<String, u64>,
}

/// Cleans the rows of an answer, and says what coverage has to know of it. The zones are those that the database knows. An answer
/// that is not of the asked area is an error.
pub(super) fn digest(job: &Job<'_>, zones: &Zones, ask: &Ask, page: Page) -> Result<(Digest, AnswerSeen), Elsewhere> {
    let positions: Vec<Option<Position>> =
        page.rows.iter().map(|row| row.as_ref().ok().and_then(readable_position)).collect();
    let limits = job.provider.limits();
    let seen = coverage::seen(ask, &positions, page.truncated, (limits.shape, limits.ranking))?;
    let category = |word: &str| job.provider.category(word);
    let known_zone = |zone: &str| zones.contains(zone);
    let mut digest = Digest::default();
    let keep = job.retention != Retention::Nothing && !job.dry_run;
    for row in page.rows {
        let record = row.as_ref().ok().filter(|_| keep).and_then(RawRecord::of);
        match row.and_then(|raw| normalise(raw, &category, &known_zone)) {
            Err(reject) => digest.rejects.push(reject),
            Ok(clean) => {
                for repair in clean.repairs {
                    *digest.repairs.entry(repair.code().to_owned()).or_default() += 1;
                }
                for word in clean.unmapped_categories {
                    *digest.unmapped.entry(word).or_default() += 1;
                }
                if job.region.contains(clean.venue.position) {
                    digest.venues.push((clean.venue, record));
                } else {
                    digest.outside += 1;
                }
            }
        }
    }
    Ok((digest, seen))
}

/// What coverage has to know of a count: how many ids there were. It brings nothing to be kept.
pub(super) fn counted(ask: &Ask, page: &Page) -> (Digest, AnswerSeen) {
    let rows = u32::try_from(ids(page).count()).unwrap_or(u32::MAX);
    let seen = AnswerSeen { ask: ask.clone(), rows, truncated: page.truncated, outermost_m: None, fresh: None };
    (Digest::default(), seen)
}

/// Hashes of the ids in an answer, each once.
pub(super) fn hashes(page: &Page) -> Vec<i64> {
    unique(ids(page))
}

fn ids(page: &Page) -> impl Iterator<Item = &str> {
    page.rows.iter().filter_map(|row| match row {
        Ok(raw) => Some(raw.provider_id.as_str()),
        Err(reject) => reject.provider_id.as_deref(),
    })
}

/// Hashes of the ids of the venues that a run should have seen before its audit: clean, inside the region, and in no capped spot.
pub(super) fn hashes_of_venues(digest: &Digest, capped: &[CappedSpot]) -> Vec<i64> {
    let overflows = |place| capped.iter().any(|spot| coverage::distance_m(spot.position, place) <= spot.radius_m);
    let expected = digest.venues.iter().filter(|(venue, _)| !overflows(venue.position));
    unique(expected.map(|(venue, _)| venue.provider_id.as_str()))
}

fn unique<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<i64> {
    let hashes: BTreeSet<i64> = ids.map(hash).collect();
    hashes.into_iter().collect()
}

/// The same everywhere and always: it is kept, and decides what is asked.
fn hash(id: &str) -> i64 {
    let digest = Sha256::digest(id.as_bytes());
    let (first, _) = digest.split_first_chunk::<8>().expect("32 bytes are more than 8");
    i64::from_be_bytes(*first)
}

/// Whether a row lies in the region, as far as its own words say.
pub(super) fn is_inside(job: &Job<'_>, raw: &RawVenue) -> bool {
    readable_position(raw).is_some_and(|position| job.region.contains(position))
}

/// Coverage measures with every row that has a place, also with those that are refused for another reason.
fn readable_position(raw: &RawVenue) -> Option<Position> {
    match raw.position {
        Field::Present((lat, lng)) => Position::new(lat, lng).ok(),
        Field::Absent | Field::NotAsked => None,
    }
}
