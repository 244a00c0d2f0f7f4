//! A scratch database: made, used, and dropped again; for trying migrations without touching anybody's data.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::store::embedded::{self, EmbeddedError, Home, Options};
use crate::store::{Database, connect_options, is_pooled, is_state, word};

/// How the names begin; the second of the epoch and something unique follow.
const PREFIX: &str = "venues_scratch_";

/// Where a scratch database may be made, in this order: the server that somebody named, the database's own, the embedded one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places<'a> {
    /// A server that somebody named: the URL of any database there.
    pub url: Option<&'a str>,
    /// A database on whose server it may be made, if its role may.
    pub beside: Option<&'a Database>,
    /// The private server, which is started if need be.
    pub embedded: Option<(&'a Home, &'a Options)>,
}

/// A scratch database. [`remove`](Self::remove) it: what a killed run leaves is swept by a later one.
#[derive(Debug)]
pub struct Scratch {
    name: String,
    server: PgConnectOptions,
}

/// Why there is no scratch database.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// The role may not, and no other place was given.
    #[error(
        "a scratch database is needed, and role `{role}` may not make one on this server. One of: \
         `alter role \"{role}\" createdb`; --scratch-url (or VENUES_SCRATCH_URL) with a server of the same version where a \
         database may be made; PostgreSQL's server programs on this machine, for the embedded one"
    )]
    NoRight {
        /// Whom the server takes us for.
        role: String,
    },
    /// The server takes no writes, and no other place was given.
    #[error(
        "a scratch database is needed, and none can be made beside the database, which is read-only. One of: --scratch-url (or \
         VENUES_SCRATCH_URL) with a server of the same version where a database may be made; PostgreSQL's server programs on this \
         machine, for the embedded one"
    )]
    ReadOnly,
    /// Nobody said where.
    #[error(
        "a scratch database is needed: give --scratch-url (or VENUES_SCRATCH_URL), or a database whose role may make one"
    )]
    NoPlace,
    /// The URL cannot be read.
    #[error("the URL of the scratch server cannot be used: {reason}")]
    Url {
        /// Why, without the URL itself.
        reason: String,
    },
    /// The embedded server does not start.
    #[error(
        "a scratch database is needed, none can be made beside the database, and the embedded server does not start"
    )]
    Embedded(#[source] EmbeddedError),
    /// Another version words the same things differently.
    #[error(
        "the database's server is PostgreSQL {database}, the scratch server {scratch}: they word the same schema differently. Give \
         --scratch-url (or VENUES_SCRATCH_URL) with a server of version {database}"
    )]
    OtherVersion {
        /// The database's major version.
        database: i32,
        /// The scratch server's.
        scratch: i32,
    },
    /// A pooler is in between.
    #[error(
        "a scratch database is needed, and none can be had through a pooler that gives the statements of one connection to several \
         sessions (PgBouncer in transaction mode). Give the URL of the server itself, or --scratch-url (or VENUES_SCRATCH_URL)"
    )]
    Pooled,
    /// Anything else.
    #[error("no scratch database: {}", word(.0))]
    // Not its source, which would say the same once more.
    Statement(sqlx::Error),
}

impl From<sqlx::Error> for ScratchError {
    fn from(error: sqlx::Error) -> Self {
        if is_pooled(&error) { Self::Pooled } else { Self::Statement(error) }
    }
}

impl Scratch {
    /// Makes an empty one, and drops what runs that died have left there.
    pub async fn make(places: &Places<'_>) -> Result<Self, ScratchError> {
        if let Some(url) = places.url {
            return Self::on(options(url)?).await;
        }
        let mut refused = None;
        if let Some(database) = places.beside {
            match Self::on(database.options().clone()).await {
                Err(ScratchError::Statement(error)) if is_state(&error, "42501") => {
                    refused = Some(ScratchError::NoRight { role: database.options().get_username().to_owned() });
                }
                Err(ScratchError::Statement(error)) if is_state(&error, "25006") => {
                    refused = Some(ScratchError::ReadOnly);
                }
                made => return made,
            }
        }
        let Some((home, settings)) = places.embedded else { return Err(refused.unwrap_or(ScratchError::NoPlace)) };
        match embedded::start(home, settings, &|_| ()).await {
            Ok(running) => Self::on(options(&running.url)?).await,
            Err(EmbeddedError::NoPrograms { .. }) if refused.is_some() => Err(refused.unwrap_or(ScratchError::NoPlace)),
            Err(error) => Err(ScratchError::Embedded(error)),
        }
    }

    async fn on(server: PgConnectOptions) -> Result<Self, ScratchError> {
        let mut connection = PgConnection::connect_with(&server).await?;
        sweep(&mut connection).await?;
        let now: i64 = sqlx::query_scalar("select extract(epoch from clock_timestamp())::bigint")
            .fetch_one(&mut connection)
            .await?;
        let name = format!("{PREFIX}{now}_{}", uuid::Uuid::new_v4().simple());
        // Not from template1, in which there may be anything.
        connection.execute(AssertSqlSafe(format!("create database {name} template template0"))).await?;
        connection.close().await?;
        Ok(Self { name, server })
    }

    /// A connection to it.
    pub async fn connect(&self) -> Result<PgConnection, ScratchError> {
        Ok(PgConnection::connect_with(&self.server.clone().database(&self.name)).await?)
    }

    /// Refuses where what is made here cannot be compared with what is in that database.
    pub(super) async fn same_version(&self, database: &mut PgConnection) -> Result<(), ScratchError> {
        let mut connection = self.connect().await?;
        let [database, scratch] = [version(database).await?, version(&mut connection).await?];
        connection.close().await?;
        if database == scratch { Ok(()) } else { Err(ScratchError::OtherVersion { database, scratch }) }
    }

    /// Drops it, whoever is still connected.
    pub async fn remove(self) -> Result<(), ScratchError> {
        let mut connection = PgConnection::connect_with(&self.server).await?;
        let drop = format!("drop database if exists {} with (force)", self.name);
        connection.execute(AssertSqlSafe(drop)).await?;
        connection.close().await?;
        Ok(())
    }
}

/// Every schema in the scratch database goes, so that the next try begins with an empty one without the cost of making it.
pub async fn empty(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection
        .execute(
            "do $$ declare schema name; begin
                 for schema in select nspname from pg_catalog.pg_namespace
                               where nspname !~ '^pg_' and nspname <> 'information_schema' loop
                     execute format('drop schema %I cascade', schema);
                 end loop;
             end $$;
             create schema public",
        )
        .await?;
    Ok(())
}

async fn version(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("select current_setting('server_version_num')::int / 10000").fetch_one(connection).await
}

fn options(url: &str) -> Result<PgConnectOptions, ScratchError> {
    connect_options(url).map_err(|error| ScratchError::Url { reason: error.to_string() })
}

/// Drops our own scratch databases that are older than an hour and that nobody is connected to.
async fn sweep(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let left: Vec<String> = sqlx::query_scalar(
        r"select d.datname::text from pg_catalog.pg_database d
          -- A `case`, since nothing says that the name is looked at before it is read as a number.
          where case when d.datname ~ '^venues_scratch_\d+_[0-9a-f]+$'
                     then split_part(d.datname, '_', 3)::bigint < extract(epoch from clock_timestamp()) - 3600
                     else false end
              and pg_catalog.pg_has_role(d.datdba, 'usage')
              and not exists (select from pg_catalog.pg_stat_activity a where a.datid = d.oid)",
    )
    .fetch_all(&mut *connection)
    .await?;
    for name in left {
        // Another run may be sweeping too.
        if let Err(error) = connection.execute(AssertSqlSafe(format!("drop database if exists {name}"))).await {
            tracing::debug!(%error, name, "a scratch database stays behind");
        }
    }
    Ok(())
}
