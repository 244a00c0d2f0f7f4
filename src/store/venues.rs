//! Reading venues: one statement, put together from what is wished for, and read through a cursor of the server's, so that a million
//! rows take no more memory than a thousand.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use sqlx::{Postgres, QueryBuilder};

use super::connect::{Database, DatabaseError};
use super::rows::Venue;
use super::transaction::Transaction;
use crate::model::{BoundingBox, Position};

/// Rows in hand at a time.
const AT_ONCE: &str = "fetch forward 1000 from venues_read";

/// Which venues are meant; by itself, all of them. Every member that says something narrows it down.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VenueFilter {
    /// In any of these boxes, which may cross the antimeridian; none: anywhere.
    pub within: Vec<BoundingBox>,
    /// From any of these providers; none: from all.
    pub providers: Vec<String>,
    /// With any of these codes among their categories. A wider code does not stand for the narrower ones: name them all.
    pub categories: Vec<String>,
    /// Rated, and at least this, 0 to 5.
    pub min_rating: Option<f64>,
    /// Of any of these price levels, 0 (free) to 4; none: of all, and of none that is known.
    pub prices: Vec<i32>,
    /// Known to be open then.
    pub open_at: Option<Moment>,
    /// New, or with other content, since then.
    pub changed_since: Option<Since>,
    /// So many at most.
    pub limit: Option<u64>,
}

/// When a venue is to be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Now, on the database's clock.
    Now,
    /// At this instant.
    Instant(DateTime<Utc>),
    /// When each venue's own clock shows this.
    Local(NaiveDateTime),
}

/// Since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// This instant.
    Instant(DateTime<Utc>),
    /// So long before now, on the database's clock.
    Ago(Duration),
}

/// In which order venues are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum VenueOrder {
    /// By our id, which is roughly the order in which they were first seen.
    Id,
    /// Best rated first, those without a rating last.
    Best,
    /// Nearest first.
    Nearest(Position),
}

/// Venues that are being read.
///
/// ```no_run
/// use venue_sync::store::{Database, VenueFilter, VenueOrder, VenueReader};
///
/// # async fn read() -> Result<(), venue_sync::store::DatabaseError> {
/// let database = Database::connect("postgresql://modemap:modemap@localhost:5433/modemap", 1).await?;
/// let good = VenueFilter { categories: vec!["cafe".to_owned()], min_rating: Some(4.5), ..VenueFilter::default() };
/// let mut reader = VenueReader::open(&database, &good, VenueOrder::Best).await?;
/// loop {
///     let venues = reader.next().await?;
///     if venues.is_empty() {
///         break;
///     }
///     for venue in venues {
///         println!("{} ({}, {})", venue.name, venue.lat, venue.lng);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct VenueReader {
    database: Database,
    transaction: Transaction,
}

impl VenueReader {
    /// Begins to read, in a transaction that sees the venues as they are now, whatever is written meanwhile.
    pub async fn open(database: &Database, filter: &VenueFilter, order: VenueOrder) -> Result<Self, DatabaseError> {
        let mut transaction = database.begin_reading().await?;
        // All of it will be read, not the first tenth.
        let all = sqlx::query("set local cursor_tuple_fraction = 1").execute(&mut transaction).await;
        all.map_err(|error| database.error(error))?;
        let mut statement = statement(filter, order);
        statement.build().execute(&mut transaction).await.map_err(|error| database.error(error))?;
        Ok(Self { database: database.clone(), transaction })
    }

    /// The next venues; none at the end.
    pub async fn next(&mut self) -> Result<Vec<Venue>, DatabaseError> {
        let rows = sqlx::query_as(AT_ONCE).fetch_all(&mut self.transaction).await;
        rows.map_err(|error| self.database.error(error))
    }
}

/// The one place where the statement is put together. Whatever comes from outside is a parameter of it, never a part of its text.
fn statement(filter: &VenueFilter, order: VenueOrder) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(
        "declare venues_read no scroll cursor for
         select v.id, v.provider_id, v.provider_name, v.name, array_remove(v.categories, null) as categories, v.lat, v.lng, v.address,
             v.rating, v.price_level, v.hours, v.raw_hours",
    );
    for instant in ["last_seen_at", "created_at", "updated_at"] {
        // Others may have written `infinity`, or a year that no calendar of ours has: read as the last or the first day of one.
        sql.push(", least(greatest(v.").push(instant).push(", '0001-01-01 00:00+00'), '9999-12-31 23:59:59+00') as ");
        sql.push(instant);
    }
    sql.push(" from ");
    let (boxes, open_at) = push_source(&mut sql, filter);
    push_conditions(&mut sql, filter, boxes, open_at);
    push_order(&mut sql, order);
    if let Some(most) = filter.limit {
        sql.push(" limit ").push_bind(i64::try_from(most).unwrap_or(i64::MAX));
    }
    sql
}

/// What is read from; returns which of the boxes and which moment are still to be asked for.
fn push_source<'f>(sql: &mut QueryBuilder<Postgres>, filter: &'f VenueFilter) -> (&'f [BoundingBox], Option<Moment>) {
    let (boxes, open_at) = (filter.within.as_slice(), filter.open_at);
    if let ([only], Some(moment @ (Moment::Now | Moment::Instant(_)))) = (boxes, open_at) {
        // The one question that has an index of its own.
        sql.push("public.venues_open_at(");
        push_instant(sql, moment);
        for edge in [only.south, only.west, only.north, only.east] {
            sql.push(", ").push_bind(edge);
        }
        sql.push(")");
        return (&[], None);
    }
    sql.push("public.venues");
    (boxes, open_at)
}

fn push_conditions(
    sql: &mut QueryBuilder<Postgres>,
    filter: &VenueFilter,
    boxes: &[BoundingBox],
    open_at: Option<Moment>,
) {
    sql.push(" v where true");
    if !boxes.is_empty() {
        sql.push(" and (false");
        for within in boxes {
            push_box(sql, *within);
        }
        sql.push(")");
    }
    if !filter.providers.is_empty() {
        sql.push(" and v.provider_name = any (").push_bind(filter.providers.clone()).push(")");
    }
    if !filter.categories.is_empty() {
        sql.push(" and v.categories && ").push_bind(filter.categories.clone()).push("::varchar[]");
    }
    if let Some(least) = filter.min_rating {
        sql.push(" and v.rating >= ").push_bind(least);
    }
    if !filter.prices.is_empty() {
        sql.push(" and v.price_level = any (").push_bind(filter.prices.clone()).push(")");
    }
    match open_at {
        None => {}
        Some(Moment::Local(clock)) => {
            sql.push(" and public.venue_open_by_date(v.hours, ").push_bind(clock).push(")");
        }
        Some(moment) => {
            sql.push(" and public.venue_open_at(v.hours, ");
            push_instant(sql, moment);
            sql.push(")");
        }
    }
    match filter.changed_since {
        None => {}
        Some(Since::Instant(then)) => {
            sql.push(" and v.updated_at >= ").push_bind(then);
        }
        Some(Since::Ago(span)) => {
            sql.push(" and v.updated_at >= now() - make_interval(secs => ").push_bind(span.as_secs_f64()).push(")");
        }
    }
}

fn push_order(sql: &mut QueryBuilder<Postgres>, order: VenueOrder) {
    match order {
        VenueOrder::Id => sql.push(" order by v.id"),
        VenueOrder::Best => sql.push(" order by v.rating desc nulls last, v.name, v.id"),
        VenueOrder::Nearest(place) => {
            sql.push(" order by public.venue_position(v.lat, v.lng) <-> public.venue_position(").push_bind(place.lat());
            sql.push(", ").push_bind(place.lng()).push(")")
        }
    };
}

fn push_instant(sql: &mut QueryBuilder<Postgres>, moment: Moment) {
    match moment {
        Moment::Instant(then) => sql.push_bind(then),
        Moment::Now | Moment::Local(_) => sql.push("now()"),
    };
}

fn push_box(sql: &mut QueryBuilder<Postgres>, BoundingBox { south, west, north, east }: BoundingBox) {
    sql.push(" or v.lat between ").push_bind(south).push(" and ").push_bind(north);
    if west > east {
        sql.push(" and (v.lng >= ").push_bind(west).push(" or v.lng <= ").push_bind(east).push(")");
    } else {
        sql.push(" and v.lng between ").push_bind(west).push(" and ").push_bind(east);
    }
}
