//! Speaking to a server through its socket.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use super::postmaster::Postmaster;
use super::socket::{self, NAME};

/// The database every cluster has, for what must not count as use of ours.
const MAINTENANCE: &str = "postgres";

/// How long a server on the same machine may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// A server's socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) folder: PathBuf,
    pub(super) port: u16,
}

/// What a server says to somebody who knocks.
#[derive(Debug)]
pub(super) enum Answer {
    /// It serves.
    Ready,
    /// It is starting, recovering or stopping.
    Busy,
    /// Nobody listens there.
    Nobody,
    /// Somebody listens and does not answer in time.
    Silent,
    /// It does not let us in.
    Refused(sqlx::Error),
}

impl Socket {
    /// Where a running server can be reached, as far as it says so.
    pub(super) fn of(postmaster: &Postmaster) -> Option<Self> {
        Some(Self { folder: postmaster.socket_folder.clone()?, port: postmaster.port? })
    }

    /// The address of our database.
    pub(super) fn url(&self) -> String {
        socket::url(&self.folder, self.port, NAME)
    }

    /// Knocks.
    pub(super) async fn knock(&self) -> Answer {
        match self.maintenance().await {
            Ok(connection) => {
                close(connection).await;
                Answer::Ready
            }
            Err(error) => Answer::of(error),
        }
    }

    /// A connection to the maintenance database.
    pub(super) async fn maintenance(&self) -> Result<PgConnection, sqlx::Error> {
        self.connect(MAINTENANCE).await
    }

    /// Makes our database where it is missing.
    pub(super) async fn ensure_database(&self) -> Result<(), sqlx::Error> {
        match self.connect(NAME).await {
            Ok(connection) => {
                close(connection).await;
                Ok(())
            }
            // invalid_catalog_name
            Err(error) if code(&error).as_deref() == Some("3D000") => {
                let mut connection = self.maintenance().await?;
                connection.execute("CREATE DATABASE venues").await?;
                connection.close().await
            }
            Err(error) => Err(error),
        }
    }

    async fn connect(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(&self.folder)
            .port(self.port)
            .username(NAME)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
            .application_name("venues (server)")
            .disable_statement_logging();
        tokio::time::timeout(ANSWER, PgConnection::connect_with(&options))
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut))
    }
}

impl Answer {
    fn of(error: sqlx::Error) -> Self {
        match (code(&error).as_deref(), &error) {
            // cannot_connect_now
            (Some("57P03"), _) => Self::Busy,
            // too_many_connections: it serves others.
            (Some("53300"), _) => Self::Ready,
            (_, sqlx::Error::PoolTimedOut) => Self::Silent,
            (_, sqlx::Error::Io(io)) => match io.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => Self::Nobody,
                // A server that ends cuts its connections.
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => Self::Busy,
                _ => Self::Refused(error),
            },
            _ => Self::Refused(error),
        }
    }
}

/// Says goodbye; a server that has gone meanwhile has lost nothing.
pub(super) async fn close(connection: PgConnection) {
    drop(connection.close().await);
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

/// Where a server that is about to start will be reached.
pub(super) fn planned(folder: &Path, port: Option<u16>) -> Socket {
    Socket { folder: folder.to_owned(), port: port.unwrap_or(socket::DEFAULT_PORT) }
}
