//! What people did, as a backend tells it: taken in once, however often it is told; and counted.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::again::Tries;
use super::connect::{Database, DatabaseError};
use super::rows::{EventType, Mode, UserEvent};
use super::transaction::Transaction;
use super::venues::Since;

/// What became of events that were taken in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Written now.
    pub new: u64,
    /// Written before, and the same.
    pub known: u64,
    /// Of the new ones, those whose venue is not there, and which were written without one.
    pub without_venue: u64,
    /// Places of those that were not written, because another event has their id.
    pub clashing: Vec<usize>,
}

/// Takes events in, all in one transaction, each once by its id. An event whose venue is not there (any more) is written without
/// one, as it would be had the venue gone a moment later.
///
/// ```no_run
/// use venue_sync::store::rows::{EventType, UserEvent};
/// use venue_sync::store::{Database, import_events};
///
/// # async fn import() -> Result<(), Box<dyn std::error::Error>> {
/// let database = Database::connect("postgresql://modemap:modemap@localhost:5433/modemap", 1).await?;
/// let event = UserEvent {
///     id: uuid::Uuid::now_v7(),
///     user_id: Some("somebody".to_owned()),
///     event_type: EventType::Save,
///     venue_id: None,
///     mode: None,
///     query_context: None,
///     created_at: "2026-11-27T20:00:00Z".parse()?,
/// };
/// let imported = import_events(&database, &[event]).await?;
/// assert_eq!((imported.new, imported.known), (1, 0));
/// # Ok(())
/// # }
/// ```
pub async fn import_events(database: &Database, events: &[UserEvent]) -> Result<Imported, DatabaseError> {
    let mut tries = Tries::default();
    loop {
        let mut transaction = database.begin().await?;
        match import(&mut transaction, events).await {
            Ok(imported) => {
                database.commit(transaction).await?;
                return Ok(imported);
            }
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(database.error(error)),
        }
    }
}

async fn import(transaction: &mut Transaction, events: &[UserEvent]) -> Result<Imported, sqlx::Error> {
    let mut imported = Imported::default();
    let mut rest = events;
    let mut begin = 0;
    while !rest.is_empty() {
        // One statement sees nothing of what it writes itself: what is told twice comes in two.
        let mut seen = HashSet::new();
        let many = rest.iter().take_while(|event| seen.insert(event.id)).count();
        let (these, others) = rest.split_at(many);
        write(transaction, these, begin, &mut imported).await?;
        begin += many;
        rest = others;
    }
    Ok(imported)
}

/// Events, column by column.
struct Columns {
    ids: Vec<Uuid>,
    users: Vec<Option<String>>,
    types: Vec<String>,
    venues: Vec<Option<Uuid>>,
    modes: Vec<Option<String>>,
    contexts: Vec<Option<Value>>,
    times: Vec<DateTime<Utc>>,
}

impl Columns {
    fn of(events: &[UserEvent]) -> Self {
        Self {
            ids: events.iter().map(|event| event.id).collect(),
            users: events.iter().map(|event| event.user_id.clone()).collect(),
            types: events.iter().map(|event| event.event_type.label().to_owned()).collect(),
            venues: events.iter().map(|event| event.venue_id).collect(),
            modes: events.iter().map(|event| event.mode.map(|mode| mode.label().to_owned())).collect(),
            contexts: events.iter().map(|event| event.query_context.clone()).collect(),
            times: events.iter().map(|event| event.created_at).collect(),
        }
    }
}

async fn write(
    transaction: &mut Transaction,
    events: &[UserEvent],
    begin: usize,
    imported: &mut Imported,
) -> Result<(), sqlx::Error> {
    let these = Columns::of(events);
    let new = sqlx::query!(
        r#"with there as materialized (
               select id from public.venues where id = any ($4) order by id for key share
           )
           insert into public.user_events (id, user_id, event_type, venue_id, mode, query_context, created_at)
           select g.id, g.user_id, g.event_type::public.event_type_enum, t.id, g.mode::public.mode_enum, g.query_context, g.created_at
           from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::jsonb[], $7::timestamptz[])
               as g (id, user_id, event_type, venue_id, mode, query_context, created_at)
           left join there t on t.id = g.venue_id
           order by g.id
           on conflict (id) do nothing returning id, venue_id is not null as "has_venue!""#,
        &these.ids,
        &these.users as &[Option<String>],
        &these.types,
        &these.venues as &[Option<Uuid>],
        &these.modes as &[Option<String>],
        &these.contexts as &[Option<Value>],
        &these.times
    )
    .fetch_all(&mut *transaction)
    .await?;
    let new: BTreeMap<Uuid, bool> = new.into_iter().map(|row| (row.id, row.has_venue)).collect();
    // A venue may have gone since, and left its event without one.
    let same = sqlx::query_scalar!(
        "select e.id from public.user_events e
         join unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::jsonb[], $7::timestamptz[])
             as g (id, user_id, event_type, venue_id, mode, query_context, created_at) on g.id = e.id
         where e.user_id is not distinct from g.user_id and e.event_type::text = g.event_type
           and e.mode::text is not distinct from g.mode and e.query_context is not distinct from g.query_context
           and e.created_at = g.created_at and (e.venue_id is null or e.venue_id = g.venue_id)",
        &these.ids,
        &these.users as &[Option<String>],
        &these.types,
        &these.venues as &[Option<Uuid>],
        &these.modes as &[Option<String>],
        &these.contexts as &[Option<Value>],
        &these.times
    )
    .fetch_all(&mut *transaction)
    .await?;
    let same: HashSet<Uuid> = same.into_iter().collect();
    for (at, event) in events.iter().enumerate() {
        match new.get(&event.id) {
            Some(has_venue) => {
                imported.new += 1;
                imported.without_venue += u64::from(event.venue_id.is_some() && !has_venue);
            }
            None if same.contains(&event.id) => imported.known += 1,
            None => imported.clashing.push(begin + at),
        }
    }
    Ok(())
}

/// What people did, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct EventStats {
    /// All events.
    pub events: i64,
    /// Different users who are known.
    pub users: i64,
    /// Different venues that are still there.
    pub venues: i64,
    /// When the first of them was.
    pub first: Option<DateTime<Utc>>,
    /// When the last of them was.
    pub last: Option<DateTime<Utc>>,
    /// By what was done, in the order of the database's labels.
    pub by_type: Vec<(EventType, i64)>,
    /// By what was looked for; none: that is not known.
    pub by_mode: Vec<(Option<Mode>, i64)>,
}

/// Counts events, all of them or those since some time.
pub async fn event_stats(database: &Database, since: Option<Since>) -> Result<EventStats, DatabaseError> {
    let (then, ago) = match since {
        None => (None, None),
        Some(Since::Instant(then)) => (Some(then), None),
        Some(Since::Ago(span)) => (None, Some(span.as_secs_f64())),
    };
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"select grouping(event_type, mode) as "level!", event_type::text as "event_type?", mode::text as "mode?",
               count(*) as "events!", count(distinct user_id) as "users!", count(distinct venue_id) as "venues!",
               min(created_at) as "first?", max(created_at) as "last?"
           from public.user_events
           where ($1::timestamptz is null or created_at >= $1)
             and ($2::double precision is null or created_at >= now() - make_interval(secs => $2))
           group by grouping sets ((), (event_type), (mode)) order by 1, event_type, mode"#,
        then,
        ago
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let mut stats = EventStats {
        events: 0,
        users: 0,
        venues: 0,
        first: None,
        last: None,
        by_type: Vec::new(),
        by_mode: Vec::new(),
    };
    for row in rows {
        match row.level {
            3 => {
                (stats.events, stats.users, stats.venues) = (row.events, row.users, row.venues);
                (stats.first, stats.last) = (row.first, row.last);
            }
            1 => {
                let kind = row.event_type.as_deref().and_then(EventType::of_label);
                stats.by_type.extend(kind.map(|kind| (kind, row.events)));
            }
            _ => stats.by_mode.push((row.mode.as_deref().and_then(Mode::of_label), row.events)),
        }
    }
    Ok(stats)
}
