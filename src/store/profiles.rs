//! Profiles on their way through enrichment: handed out, and taken back filled or failed. `docs/schema.md` tells workers of other
//! languages the same in SQL.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::again::Tries;
use super::connect::{Database, DatabaseError};
use super::transaction::Transaction;

/// A profile that is due for enrichment, with what a worker has to know of its venue.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DueProfile {
    /// Whose profile it is; what the result is put back under.
    pub venue_id: Uuid,
    /// `google`, `yelp`, …
    pub provider_name: String,
    /// The provider's id of the venue.
    pub provider_id: String,
    /// The venue's name.
    pub name: String,
    /// Codes of our vocabulary, most specific first.
    pub categories: Vec<String>,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
    /// On one line.
    pub address: Option<String>,
    /// When it was last filled; 1970 for a stub.
    pub profiled_at: DateTime<Utc>,
    /// Since when it is due.
    pub expires_at: Option<DateTime<Utc>>,
    /// Failures since it was last filled, or its venue last changed.
    pub attempts: i32,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// Who has it in hand, once it was claimed.
    pub claimed_by: Option<String>,
    /// Until when nobody else gets it.
    pub claimed_until: Option<DateTime<Utc>>,
}

/// What a worker made of a venue.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeProfile {
    /// Which venue.
    pub venue_id: Uuid,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt to fill a profile.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is filled.
    Filled {
        /// Scores from 0 to 1, by attribute.
        attribute_scores: BTreeMap<String, f64>,
        /// Up to three texts, by attribute.
        evidence_snippets: BTreeMap<String, Vec<String>>,
        /// Names the vector in use, at most 255 characters; none leaves the one that is there.
        embedding_ref: Option<String>,
        /// What the venue is like, in a few sentences of plain text.
        summary: Option<String>,
        /// The program that made it, with its version, at most 255 characters.
        enriched_by: Option<String>,
        /// The model behind it, at most 255 characters.
        model: Option<String>,
        /// That model's version, at most 100 characters.
        model_version: Option<String>,
        /// From when on it is due again; by itself after the time that all are given.
        expires_at: Option<DateTime<Utc>>,
    },
    /// It failed, and why: it is due again after a minute, 4, 16, 64; after the fifth time, not before its venue changes.
    Failed(String),
}

/// Why a result was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such venue, or no more.
    #[error("there is no venue {0}")]
    NoVenue(Uuid),
    /// Somebody else has it in hand.
    #[error("{worker} has venue {venue_id} in hand until {until}")]
    InOtherHands {
        /// Which.
        venue_id: Uuid,
        /// Who.
        worker: String,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// The worker's claim is gone: it ran out and another took it, or the venue changed meanwhile.
    #[error("{worker} has no claim on venue {venue_id} (any more): what was made is of a venue that may have changed")]
    ClaimLost {
        /// Which.
        venue_id: Uuid,
        /// Who.
        worker: String,
    },
}

/// The profiles that the next claim would hand out, longest due first. Nothing is changed.
pub async fn due_profiles(database: &Database, limit: u32) -> Result<Vec<DueProfile>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let due = sqlx::query_as!(
        DueProfile,
        "select p.venue_id, v.provider_name, v.provider_id, v.name, v.categories, v.lat, v.lng, v.address, p.profiled_at,
             p.expires_at, p.attempts, p.last_error, p.claimed_by, p.claimed_until
         from public.venue_profiles p join public.venues v on v.id = p.venue_id
         where p.expires_at <= now() and (p.claimed_until is null or p.claimed_until <= now())
         order by p.expires_at limit $1",
        i64::from(limit)
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(due)
}

/// Hands out due profiles, longest due first: for as long as `hold`, no other claim gets them. However many workers claim at once,
/// none waits for another and none gets what another has.
///
/// ```no_run
/// use std::collections::BTreeMap;
/// use std::time::Duration;
///
/// use venue_sync::store::{Database, MadeProfile, Outcome, claim_profiles, put_profiles};
///
/// # async fn enrich() -> Result<(), venue_sync::store::DatabaseError> {
/// let database = Database::connect("postgresql://modemap:modemap@localhost:5433/modemap", 2).await?;
/// let me = "enricher-1";
/// for due in claim_profiles(&database, me, Duration::from_mins(10), 20).await? {
///     let made = MadeProfile {
///         venue_id: due.venue_id,
///         outcome: Outcome::Filled {
///             attribute_scores: BTreeMap::from([("quiet".to_owned(), 0.8)]),
///             evidence_snippets: BTreeMap::from([("quiet".to_owned(), vec!["you can hear yourself think".to_owned()])]),
///             embedding_ref: None,
///             summary: None,
///             enriched_by: Some("enricher 1.0".to_owned()),
///             model: None,
///             model_version: None,
///             expires_at: None,
///         },
///     };
///     for (_, refused) in put_profiles(&database, Some(me), Duration::from_hours(7 * 24), &[made]).await? {
///         eprintln!("{refused}");
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub async fn claim_profiles(
    database: &Database,
    worker: &str,
    hold: Duration,
    limit: u32,
) -> Result<Vec<DueProfile>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let claimed = sqlx::query_as!(
        DueProfile,
        "with due as materialized (
             select id from public.venue_profiles
             where expires_at <= now() and (claimed_until is null or claimed_until <= now())
             order by expires_at limit $3
             for update skip locked
         ), taken as (
             update public.venue_profiles set claimed_by = $1, claimed_until = now() + make_interval(secs => $2)
             where id = any (array(select id from due)) returning *
         )
         select p.venue_id, v.provider_name, v.provider_id, v.name, v.categories, v.lat, v.lng, v.address, p.profiled_at,
             p.expires_at, p.attempts, p.last_error, p.claimed_by, p.claimed_until
         from taken p join public.venues v on v.id = p.venue_id order by p.expires_at, p.id",
        worker,
        hold.as_secs_f64(),
        i64::from(limit)
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(claimed)
}

/// Takes results back, all in one transaction; returns which of them (by their place) were not written, and why.
///
/// With a worker's name, only what that worker still has in hand is written; without one, whatever nobody has in hand, also of a
/// venue that has no profile yet. `keep` is when what says nothing of it is due again. Of several results for one venue the last
/// stands.
pub async fn put_profiles(
    database: &Database,
    worker: Option<&str>,
    keep: Duration,
    made: &[MadeProfile],
) -> Result<Vec<(usize, Refused)>, DatabaseError> {
    let mut tries = Tries::default();
    loop {
        let mut transaction = database.begin().await?;
        match put(&mut transaction, worker, keep, made).await {
            Ok(refused) => {
                database.commit(transaction).await?;
                return Ok(refused);
            }
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(database.error(error)),
        }
    }
}

async fn put(
    transaction: &mut Transaction,
    worker: Option<&str>,
    keep: Duration,
    made: &[MadeProfile],
) -> Result<Vec<(usize, Refused)>, sqlx::Error> {
    let ids: Vec<Uuid> = made.iter().map(|one| one.venue_id).collect();
    let held = sqlx::query!(
        r#"select venue_id, claimed_by, claimed_until, coalesce(claimed_until > now(), false) as "held!"
           from public.venue_profiles where venue_id = any ($1) order by venue_id for update"#,
        &ids
    )
    .fetch_all(&mut *transaction)
    .await?;
    let held: HashMap<Uuid, _> = held.into_iter().map(|row| (row.venue_id, row)).collect();
    let venues =
        sqlx::query_scalar!("select id from public.venues where id = any ($1) order by id for key share", &ids)
            .fetch_all(&mut *transaction)
            .await?;
    let venues: HashSet<Uuid> = venues.into_iter().collect();
    let mut refused = Vec::new();
    let mut rows: HashMap<Uuid, Value> = HashMap::new();
    for (at, one) in made.iter().enumerate() {
        let venue_id = one.venue_id;
        let profile = held.get(&venue_id);
        let claimed_by = profile.and_then(|profile| profile.claimed_by.as_deref());
        let reason = match (worker, claimed_by) {
            _ if !venues.contains(&venue_id) => Some(Refused::NoVenue(venue_id)),
            (Some(worker), who) if who != Some(worker) => {
                Some(Refused::ClaimLost { venue_id, worker: worker.to_owned() })
            }
            (None, Some(who)) => profile.filter(|profile| profile.held).and_then(|profile| {
                let until = profile.claimed_until?;
                Some(Refused::InOtherHands { venue_id, worker: who.to_owned(), until })
            }),
            _ => None,
        };
        match reason {
            Some(reason) => refused.push((at, reason)),
            None => {
                rows.insert(venue_id, row(one));
            }
        }
    }
    write(transaction, keep, rows.into_values().collect()).await?;
    Ok(refused)
}

fn row(made: &MadeProfile) -> Value {
    match &made.outcome {
        Outcome::Failed(error) => json!({ "venue_id": made.venue_id, "error": error }),
        Outcome::Filled {
            attribute_scores,
            evidence_snippets,
            embedding_ref,
            summary,
            enriched_by,
            model,
            model_version,
            expires_at,
        } => json!({
            "id": Uuid::now_v7(), "venue_id": made.venue_id, "scores": attribute_scores, "snippets": evidence_snippets,
            "embedding_ref": embedding_ref, "summary": summary, "enriched_by": enriched_by, "model": model,
            "model_version": model_version, "expires_at": expires_at,
        }),
    }
}

async fn write(transaction: &mut Transaction, keep: Duration, rows: Vec<Value>) -> Result<(), sqlx::Error> {
    let (failed, filled): (Vec<Value>, Vec<Value>) = rows.into_iter().partition(|row| row.get("error").is_some());
    if !filled.is_empty() {
        sqlx::query!(
            "insert into public.venue_profiles (id, venue_id, attribute_scores, evidence_snippets, embedding_ref, profiled_at,
                 expires_at, summary, enriched_by, model, model_version)
             select g.id, g.venue_id, g.scores, g.snippets, g.embedding_ref, now(),
                 coalesce(g.expires_at, now() + make_interval(secs => $2)), g.summary, g.enriched_by, g.model, g.model_version
             from jsonb_to_recordset($1) as g (id uuid, venue_id uuid, scores jsonb, snippets jsonb, embedding_ref text,
                 expires_at timestamptz, summary text, enriched_by text, model text, model_version text)
             order by g.venue_id
             on conflict (venue_id) do update
             set attribute_scores = excluded.attribute_scores, evidence_snippets = excluded.evidence_snippets,
                 embedding_ref = coalesce(excluded.embedding_ref, venue_profiles.embedding_ref),
                 profiled_at = excluded.profiled_at, expires_at = excluded.expires_at, summary = excluded.summary,
                 enriched_by = excluded.enriched_by, model = excluded.model, model_version = excluded.model_version,
                 attempts = 0, last_error = null, claimed_by = null, claimed_until = null",
            Value::Array(filled),
            keep.as_secs_f64()
        )
        .execute(&mut *transaction)
        .await?;
    }
    if !failed.is_empty() {
        sqlx::query!(
            "update public.venue_profiles p
             set attempts = attempts + 1, last_error = g.error,
                 expires_at = case when attempts < 4 then now() + interval '1 minute' * 4 ^ attempts end,
                 claimed_by = null, claimed_until = null
             from jsonb_to_recordset($1) as g (venue_id uuid, error text)
             where p.venue_id = g.venue_id",
            Value::Array(failed)
        )
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}
