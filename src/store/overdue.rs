use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::connect::DatabaseError;
use super::purge_job::Work;
use crate::model::{BoundingBox, Position};

/// A venue that is over its time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Overdue {
    pub(super) id: Uuid,
    /// None for a place that is not on the earth, which others may have written.
    pub(super) position: Option<Position>,
    pub(super) seen_at: DateTime<Utc>,
}

/// How far one has come in the order of when venues were last seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    seen_at: DateTime<Utc>,
    id: Uuid,
}

impl Place {
    /// Before the first, also where somebody wrote no time as the year 1.
    pub(super) fn first() -> Self {
        const DAYS_FROM_THE_YEAR_1_TO_1970: i64 = 719_162;
        Self { seen_at: DateTime::UNIX_EPOCH - TimeDelta::days(DAYS_FROM_THE_YEAR_1_TO_1970), id: Uuid::nil() }
    }
}

impl Overdue {
    pub(super) fn place(&self) -> Place {
        Place { seen_at: self.seen_at, id: self.id }
    }
}

/// The next of the venues that are over their time, oldest first. One that a run saw since, and that waits to be judged, is none of them. Nobody is kept from writing them meanwhile.
pub(super) async fn overdue(
    work: &Work<'_>,
    within: Option<BoundingBox>,
    after: Place,
    many: u32,
) -> Result<Vec<Overdue>, DatabaseError> {
    let Work { job, database, seen_before, .. } = work;
    let earth = BoundingBox { south: -90.0, west: -180.0, north: 90.0, east: 180.0 };
    let cell = within.unwrap_or(earth);
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        "select id, lat, lng, last_seen_at from public.venues
         where provider_name = $1 and last_seen_at < $2 and (last_seen_at, id) > ($3, $4)
           and not exists (
               select from venue_sync.runs r join venue_sync.staged s on s.run_id = r.id and s.provider_id = venues.provider_id
               where r.provider = $1 and r.state in ('open', 'refused') and r.staging and s.staged_at >= $2)
           and ($5 or (lat between $6 and $8 and (lng between $7 and $9 or ($7 > $9 and (lng >= $7 or lng <= $9)))))
         order by last_seen_at, id limit $10",
        job.provider,
        seen_before,
        after.seen_at,
        after.id,
        within.is_none(),
        cell.south,
        cell.west,
        cell.north,
        cell.east,
        i64::from(many)
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let rows = rows.into_iter().map(|row| Overdue {
        id: row.id,
        position: Position::new(row.lat, row.lng).ok(),
        seen_at: row.last_seen_at,
    });
    Ok(rows.collect())
}
