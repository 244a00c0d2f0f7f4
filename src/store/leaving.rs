//! Why a worker leaves a run unfinished, and from when on it can be taken up.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::transaction::Transaction;
use crate::model::StoppedBy;

/// When the allowance that a run waits for is filled again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refill<'a> {
    /// At the next midnight in this IANA zone.
    MidnightIn(&'a str),
    /// At this instant, by the provider's clock.
    At(DateTime<Utc>),
    /// So long from now.
    After(Duration),
    /// When the next month of UTC begins.
    NextMonth,
    /// Nobody knows.
    Unknown,
}

/// When a run can go on, by the database's clock: that of the worker may be wrong by minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumption {
    /// The instant.
    pub at: DateTime<Utc>,
    /// How long that is from now; zero where it has passed.
    pub left: Duration,
}

/// When an allowance is filled again, by the database's clock; none where nobody knows.
pub(super) async fn refilled_at(
    transaction: &mut Transaction,
    refill: Refill<'_>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let (unit, zone) = match refill {
        Refill::At(instant) => return Ok(Some(instant)),
        Refill::Unknown => return Ok(None),
        Refill::After(span) => {
            return sqlx::query_scalar!("select clock_timestamp() + make_interval(secs => $1)", span.as_secs_f64())
                .fetch_one(transaction)
                .await;
        }
        Refill::MidnightIn(zone) => ("day", zone),
        Refill::NextMonth => ("month", "UTC"),
    };
    sqlx::query_scalar!(
        "select (date_trunc($1, clock_timestamp() at time zone $2) + ('1 ' || $1)::interval) at time zone $2",
        unit,
        zone
    )
    .fetch_one(transaction)
    .await
}

/// Notes why a worker leaves a run unfinished. Who knows no time leaves that of an allowance that others found used up. Returns when to
/// go on, if that is known.
pub async fn leave(
    database: &Database,
    run: Uuid,
    stopped_by: StoppedBy,
    refill: Refill<'_>,
) -> Result<Option<Resumption>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let left = leave_in(&mut transaction, run, stopped_by, refill).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(left)
}

async fn leave_in(
    transaction: &mut Transaction,
    run: Uuid,
    stopped_by: StoppedBy,
    refill: Refill<'_>,
) -> Result<Option<Resumption>, sqlx::Error> {
    let at = refilled_at(transaction, refill).await?;
    let row = sqlx::query!(
        r#"update venue_sync.runs r
         set touched_at = clock_timestamp(),
             stopped_by = case when n.kept then r.stopped_by else $2 end, resumes_at = case when n.kept then r.resumes_at else $3 end
         from (select id, $3::timestamptz is null and stopped_by = 'quota' and resumes_at > clock_timestamp() as kept
               from venue_sync.runs where id = $1 and state = 'open' for no key update) n
         where r.id = n.id
         returning r.resumes_at, extract(epoch from r.resumes_at - clock_timestamp())::float8 as left"#,
        run,
        stopped_by.code(),
        at
    )
    .fetch_optional(transaction)
    .await?;
    Ok(row.and_then(|row| {
        let left = Duration::try_from_secs_f64(row.left?).unwrap_or_default();
        Some(Resumption { at: row.resumes_at?, left })
    }))
}
