//! What there is to know of a server and of what was spent, before anything is done. Nothing here changes anything.

use chrono::{DateTime, Utc};

use super::connect::{Database, DatabaseError};
use crate::model::MicroUsd;

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Its own words for its version.
    pub version: String,
    /// The major version.
    pub major: i32,
    /// Its clock.
    pub now: DateTime<Utc>,
    /// It takes no writes: a standby, or a database that is set so.
    pub read_only: bool,
    /// Whom it takes us for.
    pub role: String,
    /// Tables of ours that this role may not read and write as a sync has to.
    pub barred: Vec<String>,
}

/// What was sent to a provider and what it cost, over all runs, in days and months of UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The provider's name.
    pub provider: String,
    /// Requests today.
    pub requests_today: u64,
    /// Requests this month.
    pub requests_this_month: u64,
    /// List price today.
    pub cost_today: MicroUsd,
    /// List price this month.
    pub cost_this_month: MicroUsd,
}

/// Asks a server about itself.
pub async fn server_facts(database: &Database) -> Result<ServerFacts, DatabaseError> {
    let mut transaction = database.begin().await?;
    let row = sqlx::query!(
        r#"select current_setting('server_version') as "version!", current_setting('server_version_num')::int / 10000 as "major!",
               current_setting('transaction_read_only') = 'on' or pg_is_in_recovery() as "read_only!", current_user::text as "role!",
               clock_timestamp() as "now!",
               (select coalesce(array_agg(n.nspname || '.' || c.relname order by n.nspname, c.relname), '{}')
                from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where (n.nspname, c.relname) in (('public', 'venues'), ('public', 'venue_profiles'), ('venue_sync', 'runs'),
                        ('venue_sync', 'workers'), ('venue_sync', 'tiles'), ('venue_sync', 'answers'), ('venue_sync', 'rejects'),
                        ('venue_sync', 'quota'), ('venue_sync', 'staged'), ('venue_sync', 'look_ups'), ('venue_sync', 'pace'),
                        ('venue_sync', 'raw_venues'), ('venue_sync', 'venue_states'), ('venue_sync', 'known_ids'), ('venue_sync', 'changes'))
                    and not (has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
                        and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update')
                        and has_table_privilege(c.oid, 'delete'))) as "barred!""#
    )
    .fetch_one(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(ServerFacts {
        version: row.version,
        major: row.major,
        now: row.now,
        read_only: row.read_only,
        role: row.role,
        barred: row.barred,
    })
}

/// What was spent today and this month, of each provider that was asked anything this month.
pub async fn spent(database: &Database) -> Result<Vec<Spent>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query!(
        r#"with clock as (select (clock_timestamp() at time zone 'UTC')::date as today)
           select provider, coalesce(sum(requests) filter (where day = today), 0)::bigint as "requests_today!",
               sum(requests)::bigint as "requests!", coalesce(sum(cost_micro_usd) filter (where day = today), 0)::bigint as "cost_today!",
               sum(cost_micro_usd)::bigint as "cost!"
           from venue_sync.quota, clock where day >= date_trunc('month', today)::date group by provider order by provider"#
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    let spent = rows.into_iter().map(|row| Spent {
        provider: row.provider,
        requests_today: row.requests_today.unsigned_abs(),
        requests_this_month: row.requests.unsigned_abs(),
        cost_today: MicroUsd(row.cost_today),
        cost_this_month: MicroUsd(row.cost),
    });
    Ok(spent.collect())
}
