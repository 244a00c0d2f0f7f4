//! How a run is closed, and what is concluded from it then.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::figures::AuditFigures;
use super::gone::{GoneRule, conclude_gone};
use super::runs::{APART, clear_up};
use super::staged::discard;
use super::transaction::Transaction;
use crate::model::{Breach, Position};

/// How a run stands that nobody needs to work on any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is not closed: something is left to do.
    Open,
    /// It is complete.
    Complete,
    /// It was given up: for a newer one, or because an audit did not believe it.
    Abandoned,
    /// The guard did not believe it.
    Refused,
}

/// What decides how a run is closed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Closing<'a> {
    /// It is not done without an audit.
    pub must_audit: bool,
    /// What the audit found.
    pub audit: Option<AuditFigures>,
    /// The audit did not believe the run.
    pub doubted: bool,
    /// What the guard does not believe of the whole. It judges before the audit: what it refuses needs none. Whoever believed the run
    /// before stays right.
    pub breaches: &'a [Breach],
    /// What venues are to be expected in the run's answers; none where nothing is to be concluded.
    pub gone: Option<GoneRule<'a>>,
}

/// Closes the run if every tile has ended, and its audit has, where it has to have one. A run with a tile that the guard held, or that
/// it does not believe as a whole, is refused; what an audit did not believe is given up. Nothing is learned or concluded from either,
/// and the next run begins anew. Returns how it stands now, by us or by another.
pub async fn close_if_finished(database: &Database, run: Uuid, closing: Closing<'_>) -> Result<Closed, DatabaseError> {
    let mut transaction = database.begin().await?;
    let state = close(&mut transaction, run, closing).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(match state.as_str() {
        "complete" => Closed::Complete,
        "abandoned" => Closed::Abandoned,
        "refused" => Closed::Refused,
        _ => Closed::Open,
    })
}

async fn close(transaction: &mut Transaction, run: Uuid, closing: Closing<'_>) -> Result<String, sqlx::Error> {
    let int =
        |count: fn(AuditFigures) -> u64| closing.audit.map(|audit| i32::try_from(count(audit)).unwrap_or(i32::MAX));
    let refused = !closing.breaches.is_empty();
    let closed = sqlx::query_scalar!(
        "update venue_sync.runs set stopped_by = null, ended_at = clock_timestamp(), audited = $3, audit_missed = $4,
             state = case
                 when $6 or exists (select from venue_sync.tiles where run_id = $1 and state = 'held') then 'refused'
                 when $5 then 'abandoned' else 'complete' end,
             breaches = case when $6 then $7::jsonb end
         where id = $1 and state = 'open'
           and not exists (select from venue_sync.tiles where run_id = $1 and state not in ('complete', 'held'))
           and (not $6 or believed_at is null)
           and ($6 or not exists (select from venue_sync.staged where run_id = $1)
                or exists (select from venue_sync.tiles where run_id = $1 and state = 'held'))
           and (not $2 or $6
                or exists (select from venue_sync.tiles where run_id = $1 and (purpose = 'audit' or state = 'held')))
         returning state",
        run,
        closing.must_audit,
        int(|audit| audit.venues),
        int(|audit| audit.missed),
        closing.doubted,
        refused,
        sqlx::types::Json(closing.breaches) as _
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let state = match &closed {
        Some(state) => state.clone(),
        None => {
            sqlx::query_scalar!("select state from venue_sync.runs where id = $1", run)
                .fetch_one(&mut *transaction)
                .await?
        }
    };
    if state != "open" {
        clear_up(transaction, run).await?;
    }
    if closed.as_deref() == Some("complete") {
        conclude(transaction, run, closing.gone).await?;
    }
    if closed.as_deref().is_some_and(|state| state != "abandoned") {
        supersede(transaction, run).await?;
    }
    Ok(state)
}

/// Whatever earlier runs of the same were refused for, this one was asked anew: it is believed, or it is the one to be decided about, and
/// what they staged is of no use any more.
async fn supersede(transaction: &mut Transaction, run: Uuid) -> Result<(), sqlx::Error> {
    let refused = sqlx::query_scalar!(
        "update venue_sync.runs b set state = 'abandoned', replaced_by = r.id
         from venue_sync.runs r
         where r.id = $1 and b.region = r.region and b.provider = r.provider and b.state = 'refused' and b.begun_at < r.begun_at
           and b.parameters - $2::text[]
               = r.parameters - $2::text[]
         returning b.id",
        run,
        &APART as &[&str]
    )
    .fetch_all(&mut *transaction)
    .await?;
    for run in refused {
        discard(&mut *transaction, run).await?;
    }
    // What a worker put there in the moment in which its run was given up.
    sqlx::query!(
        "delete from venue_sync.staged s using venue_sync.runs b, venue_sync.runs r
         where r.id = $1 and b.region = r.region and b.provider = r.provider and b.state = 'abandoned' and s.run_id = b.id",
        run
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// What follows from a run that is complete: what is gone, how much is known of the venues that it saw, and that what earlier runs of the
/// same changed is of no more use.
pub(super) async fn conclude(
    transaction: &mut Transaction,
    run: Uuid,
    rule: Option<GoneRule<'_>>,
) -> Result<u64, sqlx::Error> {
    let gone = match rule {
        Some(rule) => Some(conclude_gone(transaction, run, rule).await?),
        None => None,
    };
    let filled = filled(transaction, run, rule).await?;
    sqlx::query!(
        "update venue_sync.runs set gone = $2, filled = $3 where id = $1",
        run,
        gone.map(|gone| i32::try_from(gone).unwrap_or(i32::MAX)),
        sqlx::types::Json(filled) as _
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "delete from venue_sync.changes c
         using venue_sync.answers a, venue_sync.tiles t, venue_sync.runs r, venue_sync.runs last
         where a.id = c.answer_id and t.id = a.tile_id and r.id = t.run_id and last.id = $1
           and r.region = last.region and r.provider = last.provider and r.begun_at < last.begun_at",
        run
    )
    .execute(transaction)
    .await?;
    Ok(gone.unwrap_or_default())
}

/// How many venues a run saw, and how many of them have which field. Read one by one; what others saw of other kinds, or beyond the
/// region's borders, is not the run's.
async fn filled(
    transaction: &mut Transaction,
    run: Uuid,
    rule: Option<GoneRule<'_>>,
) -> Result<BTreeMap<&'static str, u64>, sqlx::Error> {
    const FIELDS: [&str; 6] = ["venues", "categories", "address", "rating", "price_level", "hours"];
    let mut filled = BTreeMap::from(FIELDS.map(|field| (field, 0)));
    let mut rows = sqlx::query!(
        r#"select v.lat, v.lng, array_remove(v.categories, null) as "categories!: Vec<String>", v.address is not null as "address!",
             v.rating is not null as "rating!", v.price_level is not null as "price_level!",
             nullif(v.hours, 'null') is not null as "hours!"
           from venue_sync.runs r join venue_sync.tiles t on t.run_id = r.id and t.purpose = 'rows'
           cross join lateral (
               -- By where they lie and by nothing else. The edge between two tiles is the second one's.
               select * from public.venues v
               where v.lat >= t.south and v.lat <= t.north and (v.lat < t.north or v.lat = 90)
                 and v.lng >= t.west and v.lng <= t.east and (v.lng < t.east or v.lng = 180)
               offset 0) v
           where r.id = $1 and v.provider_name = r.provider and v.last_seen_at >= r.begun_at"#,
        run
    )
    .fetch(&mut *transaction);
    while let Some(row) = rows.try_next().await? {
        let ours = |rule: GoneRule<'_>| {
            Position::new(row.lat, row.lng).is_ok_and(|place| (rule.expected)(place, &row.categories, &[]))
        };
        if rule.is_none_or(ours) {
            let has = [true, !row.categories.is_empty(), row.address, row.rating, row.price_level, row.hours];
            for (field, has) in FIELDS.into_iter().zip(has) {
                *filled.entry(field).or_default() += u64::from(has);
            }
        }
    }
    Ok(filled)
}
