use std::time::Duration;

use super::connect::{Database, DatabaseError};

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

/// Takes the next `count` instants at which requests may be sent, `interval` apart, for one worker of however many there are. Returns
/// the time from now to the first of them. Now is when the database says so: no worker's clock is looked at.
pub async fn take_instants(
    database: &Database,
    of: RateOf<'_>,
    interval: Duration,
    count: u32,
) -> Result<Duration, DatabaseError> {
    let mut transaction = database.begin().await?;
    // The time is read when the row is ours: whoever waited for it gets instants that are still to come.
    let wait_s = sqlx::query_scalar!(
        r#"insert into venue_sync.pace as p (provider, call, account, next_at)
           values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
           on conflict (provider, call, account) do update
           set next_at = greatest(p.next_at, p.held_until, clock_timestamp()) + make_interval(secs => $4)
           returning extract(epoch from p.next_at - make_interval(secs => $4) - clock_timestamp())::float8 as "wait_s!""#,
        of.provider,
        of.call,
        of.account,
        interval.as_secs_f64() * f64::from(count)
    )
    .fetch_one(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    // Instants that may be ours are let go by rather than asked about: when the answer comes, they are over.
    database.commit_in_time(transaction).await?;
    Ok(Duration::try_from_secs_f64(wait_s).unwrap_or_default())
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
