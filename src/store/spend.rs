use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::endurance::Fault;
use super::run_end::{RunEnd, read_end};
use super::tiles::Lease;
use super::transaction::Transaction;
use crate::model::MicroUsd;

/// The most that may be sent and spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// Requests of one invocation, all its workers together.
    pub requests: Option<u64>,
    /// List price of one invocation.
    pub cost: Option<MicroUsd>,
    /// Requests to a provider on a UTC day, over all runs.
    pub requests_per_day: Option<u64>,
    /// Requests to a provider in a UTC calendar month, over all runs.
    pub requests_per_month: Option<u64>,
    /// List price of a provider in a UTC calendar month, over all runs.
    pub cost_per_month: Option<MicroUsd>,
}

/// Who spends. A dry run has no run row: its own limits are counted by its one process, the month's are the same.
#[derive(Debug, Clone, Copy)]
pub struct Spender<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The run, unless it is dry.
    pub run: Option<Uuid>,
    /// The tile that it is for, where it is for one: whoever lost it asks nothing for it.
    pub lease: Option<Lease>,
    /// What is called, as the price list knows it.
    pub call: &'a str,
    /// List price of the request.
    pub price: MicroUsd,
}

impl Spender<'_> {
    /// 1 for a request that is free by the price list.
    fn free(&self) -> i64 {
        i64::from(self.price == MicroUsd(0))
    }
}

/// Why a request may not be sent.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// The database's fault.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// `--max-requests` or `--max-cost` of this invocation.
    #[error("the limit of this run (--max-requests or --max-cost) is reached")]
    RunBudget,
    /// The day's limit: the provider's own, or that in the settings.
    #[error("the {most} requests that may be sent to the provider on a day (UTC; max_requests_per_day) are used up")]
    DayQuota {
        /// Requests.
        most: u64,
    },
    /// The month's limit in the settings.
    #[error("the provider's max_requests_per_month or max_cost_per_month is reached")]
    MonthBudget,
    /// The provider told another worker with the same key.
    #[error("another worker was told by the provider that its allowance is used up")]
    AllowanceGone {
        /// When it is filled again.
        until: DateTime<Utc>,
    },
    /// The run was closed by somebody else.
    #[error("{0}")]
    RunClosed(RunEnd),
    /// Another worker has the tile, and may have the answer.
    #[error("another worker took over this tile")]
    TakenOver,
}

impl Fault for ReserveError {
    fn fault(&self) -> Option<&DatabaseError> {
        if let Self::Database(error) = self { Some(error) } else { None }
    }
}

/// What to give back of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refund {
    /// The request never left: all of it.
    All,
    /// It was answered without being billed: the money.
    Money,
    /// The provider refused it, and counts it for nothing: the money, and its place in the day's and the month's count. The run's own count
    /// is of what was sent.
    Refused,
    /// It was sent, and may have been billed.
    Nothing,
}

/// Reserves a request and its price, committed before it is sent: whatever happens then, a limit is never exceeded.
pub async fn reserve(database: &Database, spender: Spender<'_>, budget: Budget) -> Result<(), ReserveError> {
    let mut transaction = database.begin().await?;
    let wrap = |error| database.error(error);
    if budget.requests_per_month.is_some() || budget.cost_per_month.is_some() {
        // The day's row alone does not do: at midnight two workers write two of them, and neither sees the other's.
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended('venue_sync.quota ' || $1::text, 0))",
            spender.provider
        )
        .execute(&mut transaction)
        .await
        .map_err(wrap)?;
    }
    reserve_in_run(&mut transaction, spender, budget).await.map_err(wrap)??;
    // Updating the day's row first makes all workers of a provider queue here, so that the month's sum is exact.
    let today = sqlx::query_scalar!(
        "insert into venue_sync.quota (provider, day, requests, cost_micro_usd, requests_free)
         values ($1, (clock_timestamp() at time zone 'UTC')::date, 1, $2, $3)
         on conflict (provider, day) do update
         set requests = quota.requests + 1, cost_micro_usd = quota.cost_micro_usd + excluded.cost_micro_usd,
             requests_free = quota.requests_free + excluded.requests_free
         returning requests",
        spender.provider,
        spender.price.0,
        spender.free()
    )
    .fetch_one(&mut transaction)
    .await
    .map_err(wrap)?;
    if let Some(most) = budget.requests_per_day.filter(|most| today.unsigned_abs() > *most) {
        return Err(ReserveError::DayQuota { most });
    }
    if budget.requests_per_month.is_some() || budget.cost_per_month.is_some() {
        let month = sqlx::query!(
            r#"select coalesce(sum(requests), 0)::bigint as "requests!", coalesce(sum(cost_micro_usd), 0)::bigint as "cost!"
               from venue_sync.quota
               where provider = $1 and day >= date_trunc('month', clock_timestamp() at time zone 'UTC')::date"#,
            spender.provider
        )
        .fetch_one(&mut transaction)
        .await
        .map_err(wrap)?;
        let too_many = budget.requests_per_month.is_some_and(|most| month.requests.unsigned_abs() > most);
        if too_many || budget.cost_per_month.is_some_and(|most| month.cost > most.0) {
            return Err(ReserveError::MonthBudget);
        }
    }
    count_billed(&mut transaction, spender, 1).await.map_err(wrap)?;
    Ok(database.commit(transaction).await?)
}

/// Reserves on the run's own account, if there is a run.
async fn reserve_in_run(
    transaction: &mut Transaction,
    spender: Spender<'_>,
    budget: Budget,
) -> Result<Result<(), ReserveError>, sqlx::Error> {
    let Some(run) = spender.run else { return Ok(Ok(())) };
    let row = sqlx::query!(
        r#"update venue_sync.runs
         set requests = requests + 1, requests_free = requests_free + $3, cost_micro_usd = cost_micro_usd + $2,
             session_requests = session_requests + 1, session_cost_micro_usd = session_cost_micro_usd + $2,
             touched_at = clock_timestamp()
         where id = $1 returning state, session_requests, session_cost_micro_usd,
             $4::bigint is null or exists (
                 select from venue_sync.tiles where id = $4 and fence = $5 and state = 'leased') as "ours!""#,
        run,
        spender.price.0,
        spender.free(),
        spender.lease.map(|lease| lease.tile),
        spender.lease.map(|lease| lease.fence)
    )
    .fetch_one(&mut *transaction)
    .await?;
    if row.state != "open" {
        return Ok(Err(ReserveError::RunClosed(read_end(transaction, run).await?)));
    }
    if !row.ours {
        return Ok(Err(ReserveError::TakenOver));
    }
    let too_many = budget.requests.is_some_and(|most| row.session_requests.unsigned_abs() > most);
    let too_dear = budget.cost.is_some_and(|most| row.session_cost_micro_usd > most.0);
    if too_many || too_dear {
        return Ok(Err(ReserveError::RunBudget));
    }
    Ok(Ok(()))
}

/// Counts a request that has a price, or takes it back.
async fn count_billed(transaction: &mut Transaction, spender: Spender<'_>, change: i64) -> Result<(), sqlx::Error> {
    if spender.free() == 1 {
        return Ok(());
    }
    sqlx::query!(
        "insert into venue_sync.billed as b (provider, month, call, requests)
         values ($1, date_trunc('month', clock_timestamp() at time zone 'UTC')::date, $2, greatest($3::bigint, 0))
         on conflict (provider, month, call) do update set requests = greatest(b.requests + $3::bigint, 0)",
        spender.provider,
        spender.call,
        change
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Gives back what a failed request did not cost, and counts why it failed, where it was tried at all. A crash before this leaves it
/// spent: limits err on the safe side.
pub async fn refund(
    database: &Database,
    spender: Spender<'_>,
    refund: Refund,
    cause: Option<&str>,
) -> Result<(), DatabaseError> {
    if refund == Refund::Nothing && (spender.run.is_none() || cause.is_none()) {
        return Ok(());
    }
    let mut transaction = database.begin().await?;
    give_back(&mut transaction, spender, refund, cause).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await
}

async fn give_back(
    transaction: &mut Transaction,
    spender: Spender<'_>,
    refund: Refund,
    cause: Option<&str>,
) -> Result<(), sqlx::Error> {
    let sent = i64::from(refund == Refund::All);
    let counted = i64::from(matches!(refund, Refund::All | Refund::Refused));
    let money = if refund == Refund::Nothing { 0 } else { spender.price.0 };
    if let Some(run) = spender.run {
        sqlx::query!(
            "update venue_sync.runs
             set requests = requests - $2, cost_micro_usd = cost_micro_usd - $3, requests_free = requests_free - $4,
                 session_requests = greatest(session_requests - $2, 0),
                 session_cost_micro_usd = greatest(session_cost_micro_usd - $3, 0),
                 failed_attempts = case when $5::text is null then failed_attempts else failed_attempts
                     || jsonb_build_object($5, coalesce((failed_attempts ->> $5)::bigint, 0) + 1) end
             where id = $1",
            run,
            sent,
            money,
            sent * spender.free(),
            cause
        )
        .execute(&mut *transaction)
        .await?;
    }
    if refund == Refund::Nothing {
        return Ok(());
    }
    // The day may have changed since the reservation: take it from the newest day that has it.
    sqlx::query!(
        "update venue_sync.quota set requests = requests - $2, cost_micro_usd = cost_micro_usd - $3,
             requests_free = requests_free - $4
         where provider = $1 and day = (select max(day) from venue_sync.quota
                                        where provider = $1 and requests >= $2 and cost_micro_usd >= $3 and requests_free >= $4)",
        spender.provider,
        counted,
        spender.price.0,
        counted * spender.free()
    )
    .execute(&mut *transaction)
    .await?;
    // What was not billed, whether it was answered or not, is free.
    count_billed(transaction, spender, -1).await
}
