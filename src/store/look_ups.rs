use chrono::{DateTime, Utc};

use super::connect::{Database, DatabaseError};
use super::runs::OpenedRun;

/// What a provider told of one venue beyond its row in a search, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// HTTP.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// When it came.
    pub answered_at: DateTime<Utc>,
}

/// How a venue stands in a run that looks up what a search leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp {
    /// Nobody asked about it.
    Never,
    /// Somebody did, of this process or another, now or before the run was taken up, and its row is not written yet.
    Told(Told),
    /// Its row is written in this run, or waits to be, which changes it no more: nothing that is told of it would be kept.
    Written,
}

/// How a venue stands.
pub async fn look_up(
    database: &Database,
    run: &OpenedRun,
    provider: &str,
    provider_id: &str,
) -> Result<LookUp, DatabaseError> {
    let mut transaction = database.begin().await?;
    let row = sqlx::query!(
        r#"select exists (select from public.venues where provider_name = $2 and provider_id = $3 and last_seen_at >= $4)
               or exists (select from venue_sync.staged where run_id = $1 and provider_id = $3) as "written!",
             l.status as "status?", l.body as "body?", l.answered_at as "answered_at?"
           from (select) one left join venue_sync.look_ups l on l.run_id = $1 and l.provider_id = $3"#,
        run.id,
        provider,
        provider_id,
        run.begun_at
    )
    .fetch_one(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(match (row.written, row.status.zip(row.body).zip(row.answered_at)) {
        (true, _) => LookUp::Written,
        (false, None) => LookUp::Never,
        (false, Some(((status, body), answered_at))) => {
            LookUp::Told(Told { status: u16::try_from(status).unwrap_or(u16::MAX), body, answered_at })
        }
    })
}

/// Keeps what was told of a venue, at once: it is paid for, whatever becomes of the answer that it belongs to.
pub async fn keep_look_up(
    database: &Database,
    run: &OpenedRun,
    provider_id: &str,
    told: &Told,
) -> Result<(), DatabaseError> {
    let mut transaction = database.begin().await?;
    sqlx::query!(
        "insert into venue_sync.look_ups (run_id, provider_id, status, body, answered_at) values ($1, $2, $3, $4, $5)
         on conflict (run_id, provider_id) do nothing",
        run.id,
        provider_id,
        i32::from(told.status),
        told.body,
        told.answered_at
    )
    .execute(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await
}

/// Lets go of what was told of those of these venues whose rows are written by now. Those that were refused are kept: they are met
/// again, and would be asked about again.
pub async fn forget_look_ups(
    database: &Database,
    run: &OpenedRun,
    provider: &str,
    provider_ids: &[String],
) -> Result<(), DatabaseError> {
    let mut transaction = database.begin().await?;
    sqlx::query!(
        "delete from venue_sync.look_ups l
         where l.run_id = $1 and l.provider_id = any($3)
           and (exists (select from public.venues v
                        where v.provider_name = $2 and v.provider_id = l.provider_id and v.last_seen_at >= $4)
                or exists (select from venue_sync.staged s where s.run_id = $1 and s.provider_id = l.provider_id))",
        run.id,
        provider,
        provider_ids,
        run.begun_at
    )
    .execute(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await
}
