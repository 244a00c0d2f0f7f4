use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::leaving::{Refill, refilled_at};
use super::tiles::Lease;
use super::transaction::Transaction;

/// Whose rate it is: every call of a provider has one of its own for each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateOf<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The provider's name of the call.
    pub call: &'a str,
    /// Drawn from the key and the address; all workers with the same key draw the same.
    pub account: &'a str,
}

/// Who takes instants, where a run is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taker {
    /// The run.
    pub run: Uuid,
    /// The process.
    pub worker: Uuid,
}

/// Instants that nobody else gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenInstants {
    /// From when they were handed out to the first of them.
    pub wait: Duration,
    /// When we had the answer.
    pub answered_at: Instant,
    /// Time that the statement and its answer were on their way: what the server took, waiting for others included, is no part of it.
    pub trip: Duration,
    /// How much of the trip is the answer's way, about.
    pub way_back: Duration,
    /// Until then nobody is to use them: the provider said that the allowance is used up.
    pub used_up_until: Option<DateTime<Utc>>,
    /// The taker's tiles as the statement began: whoever takes over one of these gets later instants; one that is missing was taken over.
    pub leases: Vec<Lease>,
}

/// Takes the next `count` instants at which requests may be sent, `interval` apart, for one worker of however many there are, the first no
/// earlier than `lead` from now. Now is when the database says so: no worker's clock is looked at.
pub async fn take_instants(
    database: &Database,
    of: RateOf<'_>,
    (count, interval, lead): (u32, Duration, Duration),
    taker: Option<Taker>,
) -> Result<TakenInstants, DatabaseError> {
    let mut transaction = database.begin().await?;
    let asked_at = Instant::now();
    // The time is read when the row is ours: whoever waited for it gets instants that are still to come.
    let row = sqlx::query!(
        r#"with mine as (
               select id, fence from venue_sync.tiles where run_id = $5 and lease_owner = $6 and state = 'leased')
           insert into venue_sync.pace as p (provider, call, account, next_at)
           values ($1, $2, $3, clock_timestamp() + make_interval(secs => $7) + make_interval(secs => $4))
           on conflict (provider, call, account) do update
           set next_at = greatest(p.next_at, p.held_until, clock_timestamp() + make_interval(secs => $7)) + make_interval(secs => $4)
           returning extract(epoch from p.next_at - make_interval(secs => $4) - clock_timestamp())::float8 as "wait_s!",
               extract(epoch from clock_timestamp() - statement_timestamp())::float8 as "took_s!",
               case when p.used_up_until > clock_timestamp() then p.used_up_until end as used_up_until,
               array(select id from mine order by id) as "tiles!", array(select fence from mine order by id) as "fences!""#,
        of.provider,
        of.call,
        of.account,
        interval.as_secs_f64() * f64::from(count),
        taker.map(|taker| taker.run),
        taker.map(|taker| taker.worker),
        lead.as_secs_f64()
    )
    .fetch_one(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    let answered_at = Instant::now();
    // Instants that may be ours are let go by rather than asked about: when the answer comes, they are over.
    database.commit_in_time(transaction).await?;
    let leases = row.tiles.into_iter().zip(row.fences).map(|(tile, fence)| Lease { tile, fence }).collect();
    let seconds = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let trip = answered_at.duration_since(asked_at).saturating_sub(seconds(row.took_s));
    // The statement is parsed first and run then: four ways, of which the last is the answer's.
    Ok(TakenInstants {
        wait: seconds(row.wait_s),
        answered_at,
        trip,
        way_back: trip / 4,
        used_up_until: row.used_up_until,
        leases,
    })
}

/// Hands out no instant before so long from now: the provider asked all of us to wait. What was handed out is not called back.
pub async fn hold_instants(database: &Database, of: RateOf<'_>, wait: Duration) -> Result<(), DatabaseError> {
    let mut transaction = database.begin().await?;
    sqlx::query!(
        "insert into venue_sync.pace as p (provider, call, account, next_at, held_until)
         values ($1, $2, $3, clock_timestamp(), clock_timestamp() + make_interval(secs => $4))
         on conflict (provider, call, account) do update set held_until = greatest(p.held_until, excluded.held_until)",
        of.provider,
        of.call,
        of.account,
        wait.as_secs_f64()
    )
    .execute(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await
}

/// Notes the provider's word that an allowance is used up, for everybody who uses the same key, until it is filled again or somebody starts a
/// sync. Where nobody knows when that is, the others find out by themselves.
pub async fn note_used_up(database: &Database, of: RateOf<'_>, refill: Refill<'_>) -> Result<(), DatabaseError> {
    let mut transaction = database.begin().await?;
    note_in(&mut transaction, of, refill).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await
}

async fn note_in(transaction: &mut Transaction, of: RateOf<'_>, refill: Refill<'_>) -> Result<(), sqlx::Error> {
    let Some(until) = refilled_at(transaction, refill).await? else { return Ok(()) };
    sqlx::query!(
        "insert into venue_sync.pace (provider, call, account, next_at, used_up_until) values ($1, $2, $3, clock_timestamp(), $4)
         on conflict (provider, call, account) do update set used_up_until = excluded.used_up_until",
        of.provider,
        of.call,
        of.account,
        until
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Lets everybody try a provider anew, whatever was said of its allowances: one refused call costs nothing, and whoever starts may have more.
pub(super) async fn forget_used_up(transaction: &mut Transaction, provider: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update venue_sync.pace set used_up_until = null where provider = $1 and used_up_until is not null",
        provider
    )
    .execute(transaction)
    .await?;
    Ok(())
}
