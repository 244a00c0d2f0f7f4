//! Who migrates a database excludes everybody else who does: by sqlx's own advisory lock, asked for again and again.
//!
//! The form that waits inside the server deadlocks with `create index concurrently`, which waits for every transaction.
//!
//! Numbers are written into the statements, which then are one message each: a pooler gives that to one session, whereas a prepared
//! statement and its parameters may come to two.

use std::time::Duration;

use crc::{CRC_32_ISO_HDLC, Crc};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor, Postgres, Row as _};
use tokio::time::{Instant, sleep};

/// Number of the lock that everybody takes who migrates the database of this name: the one of sqlx's `Migrator`.
pub fn lock_id(database: &str) -> i64 {
    const SEED: i64 = 0x3d32_ad9e;
    SEED * i64::from(Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(database.as_bytes()))
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else migrates.
    #[error("another program is migrating this database; it did not finish within {} s. Run the command again", .waited.as_secs())]
    Locked {
        /// How long we waited.
        waited: Duration,
    },
    /// A pooler gives each transaction another session, so that a lock of one excludes nobody.
    #[error(
        "the migration lock is not held by the session that this connection has now: a pooler is in between, and migrating needs a \
         direct connection (not PgBouncer in transaction mode). Give the URL of the server itself; nothing was written"
    )]
    Pooled,
    /// The server's word.
    #[error(transparent)]
    Server(#[from] sqlx::Error),
}

/// Takes the lock, once nobody else has it. It goes with the connection.
pub(super) async fn take(connection: &mut PgConnection, id: i64, patience: Duration) -> Result<(), LockError> {
    const PAUSE: Duration = Duration::from_millis(200);
    let begun = Instant::now();
    let mut told = false;
    loop {
        let row = sqlx::raw_sql(AssertSqlSafe(format!("select pg_try_advisory_lock({id})")))
            .fetch_one(&mut *connection)
            .await?;
        if row.try_get(0)? {
            return Ok(());
        }
        if begun.elapsed() >= patience {
            return Err(LockError::Locked { waited: begun.elapsed() });
        }
        if !told {
            tracing::info!("another program is migrating this database; waiting until it is done");
            told = true;
        }
        // Not all at once again.
        sleep(PAUSE.mul_f64(0.5 + fastrand::f64())).await;
    }
}

/// Whether this connection is one session, the one that holds the lock. `other` is another connection of the same place, inside a
/// transaction: a pooler has most likely given it the session that we had.
pub(super) async fn is_held<C>(
    connection: &mut PgConnection,
    other: Option<&mut C>,
    id: i64,
) -> Result<bool, sqlx::Error>
where
    for<'c> &'c mut C: Executor<'c, Database = Postgres>,
{
    let held = || {
        sqlx::raw_sql(AssertSqlSafe(format!(
            "select exists (select from pg_catalog.pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted
                and objsubid = 1 and (classid::bigint << 32 | objid::bigint) = {id})"
        )))
    };
    let elsewhere = match other {
        Some(other) => held().fetch_one(other).await?.try_get(0)?,
        None => false,
    };
    Ok(!elsewhere && held().fetch_one(connection).await?.try_get(0)?)
}

/// Gives back a lock that we took, and that a pooler's session keeps: only the end of that session frees it.
pub(super) async fn end_stray(connection: &mut PgConnection, id: i64) -> Result<(), sqlx::Error> {
    let end = format!(
        "select case when pid = pg_backend_pid() then pg_advisory_unlock({id}) else pg_terminate_backend(pid) end
        from pg_catalog.pg_locks where locktype = 'advisory' and granted and objsubid = 1
            and database = (select oid from pg_catalog.pg_database where datname = current_database())
            and (classid::bigint << 32 | objid::bigint) = {id}"
    );
    sqlx::raw_sql(AssertSqlSafe(end)).execute(connection).await.map(drop)
}

/// Before the connection goes, so that the next runner need not wait until the server has noticed that.
pub(super) async fn leave(mut connection: PgConnection, id: i64) {
    let released: Result<bool, _> =
        sqlx::query_scalar("select pg_advisory_unlock($1)").persistent(false).bind(id).fetch_one(&mut connection).await;
    if let Ok(false) = released {
        tracing::warn!(
            "the migration lock was not held to the end: something between here and the server changed the session. Migrating needs \
             a direct connection"
        );
    }
    if let Err(error) = released.map(drop).and(connection.close().await) {
        tracing::debug!(%error, "the connection that held the migration lock was gone already");
    }
}
