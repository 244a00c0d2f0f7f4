use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;

/// How long a server may take to let us in.
const PATIENCE: Duration = Duration::from_secs(10);

use super::transaction::Transaction;

/// A pool of connections to one database.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
    options: PgConnectOptions,
    place: String,
}

/// What went wrong with the database, sorted by what the reader can do next.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL cannot be read.
    #[error("the database URL cannot be used: {reason}")]
    Url {
        /// Why, without the URL itself (it may hold a password).
        reason: String,
    },
    /// No server there, or it does not let us in.
    #[error("cannot reach the database at {place}: {reason}")]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// The server's or the system's word.
        reason: String,
    },
    /// The server has no database of that name.
    #[error("cannot reach the database at {place}: {reason}")]
    NoDatabase {
        /// Host, port and database.
        place: String,
        /// The server's word.
        reason: String,
    },
    /// The role is not there, or its password is another, or the server's rules keep it out.
    #[error("the server does not let us in at {place}: {reason}")]
    NotLetIn {
        /// Host, port and database.
        place: String,
        /// The server's word.
        reason: String,
    },
    /// A standby, or a database that is set to be read only.
    #[error("the database at {place} takes no writes: {reason}")]
    ReadOnly {
        /// Host, port and database.
        place: String,
        /// The server's word.
        reason: String,
    },
    /// A limit on time, or a person, ended a statement.
    #[error("the database at {place} ended a statement before it was done: {reason}")]
    Ended {
        /// Host, port and database.
        place: String,
        /// The server's word.
        reason: String,
    },
    /// A pooler gave one connection's statements to several sessions.
    #[error(
        "at {place} there is a pooler that gives the statements of one connection to several sessions, and this needs one session: \
         {reason}"
    )]
    Pooled {
        /// Host, port and database.
        place: String,
        /// The server's word.
        reason: String,
    },
    /// The role may not do what is needed.
    #[error("the database role `{role}` lacks a right: {reason}")]
    MissingRight {
        /// Whom the server takes us for.
        role: String,
        /// The server's word.
        reason: String,
    },
    /// Anything else.
    #[error("the database refused a statement: {}", word(.0))]
    Statement(sqlx::Error),
}

/// Whether the server gave this SQLSTATE as its reason.
pub(crate) fn is_state(error: &sqlx::Error, state: &str) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == state)
}

/// A prepared statement that is not there, or is there already, though nobody else can have this connection.
const POOLED: [&str; 2] = ["26000", "42P05"];

/// Whether a pooler gave one connection's statements to several sessions.
pub(crate) fn is_pooled(error: &sqlx::Error) -> bool {
    POOLED.iter().any(|state| is_state(error, state))
}

/// The server's word and the row or object that it names, once; the driver repeats itself with every cause.
pub(crate) fn word(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(said) = error else { return error.to_string() };
    let detail = said.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail);
    let word = detail.map_or_else(|| said.message().to_owned(), |detail| format!("{}: {detail}", said.message()));
    // A detail is a sentence of its own; here it is a part of one.
    word.trim_end_matches('.').to_owned()
}

/// What a person can do about a [`DatabaseError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Correct a setting.
    Settings,
    /// Start the server, or try later.
    TryLater,
    /// Make the database, or name another.
    MakeDatabase,
    /// Name another role or password, or have the server let this one in.
    LetIn,
    /// Go to the server that takes writes, or have this one take them.
    Writable,
    /// Give statements more time, or try later.
    MoreTime,
    /// Give the URL of the server itself.
    Direct,
    /// Run a GRANT.
    Grant,
    /// Report it: it is ours.
    Report,
}

impl DatabaseError {
    /// What a person can do about it.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Url { .. } => Remedy::Settings,
            Self::Unreachable { .. } => Remedy::TryLater,
            Self::NoDatabase { .. } => Remedy::MakeDatabase,
            Self::NotLetIn { .. } => Remedy::LetIn,
            Self::ReadOnly { .. } => Remedy::Writable,
            Self::Ended { .. } => Remedy::MoreTime,
            Self::Pooled { .. } => Remedy::Direct,
            Self::MissingRight { .. } => Remedy::Grant,
            Self::Statement(_) => Remedy::Report,
        }
    }

    /// Whether the database cannot be used just now, and nothing is wrong with what was asked of it.
    pub fn is_away(&self) -> bool {
        !matches!(self, Self::Url { .. } | Self::Pooled { .. } | Self::MissingRight { .. } | Self::Statement(_))
    }

    /// Whether a table, column, type or function is not there, or has another form than it should: a migration may be missing.
    pub fn is_missing_object(&self) -> bool {
        const STATES: [&str; 5] = ["42P01", "42703", "42704", "42883", "3F000"];
        matches!(self, Self::Statement(error) if STATES.iter().any(|state| is_state(error, state)))
    }

    fn from_sqlx(error: sqlx::Error, options: &PgConnectOptions) -> Self {
        let unreachable = |reason: String| Self::Unreachable { place: place(options), reason };
        match &error {
            sqlx::Error::Io(source) => unreachable(source.to_string()),
            sqlx::Error::Tls(source) => unreachable(format!("TLS: {source}")),
            sqlx::Error::PoolTimedOut => unreachable(late()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => unreachable("the connection was closed".to_owned()),
            sqlx::Error::Protocol(reason) => unreachable(reason.clone()),
            sqlx::Error::Database(said) => match said.code().as_deref() {
                Some("42501") => {
                    Self::MissingRight { role: options.get_username().to_owned(), reason: said.message().to_owned() }
                }
                Some("3D000") => Self::NoDatabase { place: place(options), reason: said.message().to_owned() },
                Some("25006") => Self::ReadOnly { place: place(options), reason: said.message().to_owned() },
                Some("57014") => Self::Ended { place: place(options), reason: said.message().to_owned() },
                Some(code) if POOLED.contains(&code) => {
                    Self::Pooled { place: place(options), reason: said.message().to_owned() }
                }
                Some(code) if code.starts_with("28") => {
                    Self::NotLetIn { place: place(options), reason: said.message().to_owned() }
                }
                // Connection exceptions, too many connections, shutdowns.
                Some(code)
                    if ["08", "3D", "53", "57"].iter().any(|class| code.starts_with(class)) || code == "55000" =>
                {
                    unreachable(said.message().to_owned())
                }
                _ => Self::Statement(error),
            },
            _ => Self::Statement(error),
        }
    }
}

impl Database {
    /// Connects, and fails at once where nobody answers. `connections` is the most that the pool opens.
    ///
    /// `url` is a `postgresql://` URL; its own `application_name` and `options` are kept.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, DatabaseError> {
        let options = connect_options(url).map_err(|error| DatabaseError::Url { reason: error.to_string() })?;
        knock(&options).await?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            .connect_with(options.clone())
            .await
            .map_err(|error| DatabaseError::from_sqlx(error, &options))?;
        Ok(Self { pool, place: place(&options), options })
    }

    /// Host, port and name of the database.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// How to connect: for databases beside this one.
    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// A connection of its own, outside the pool: for session state (the migration lock).
    pub(crate) async fn own_connection(&self) -> Result<PgConnection, DatabaseError> {
        PgConnection::connect_with(&self.options).await.map_err(|error| self.error(error))
    }

    /// A worker that is stopped in the middle of a transaction (SIGSTOP, a laptop that sleeps, a machine that is moved) holds its rows, and
    /// with them every other worker: the server ends such a transaction before the worker's leases run out.
    pub(crate) async fn begin(&self) -> Result<Transaction, DatabaseError> {
        let begun = self.pool.begin_with("BEGIN; SET LOCAL idle_in_transaction_session_timeout = '10s'").await;
        begun.map(Transaction::new).map_err(|error| self.error(error))
    }

    /// The same for who reads through a cursor, as slowly as a person does, and holds no row that others wait for.
    pub(crate) async fn begin_reading(&self) -> Result<Transaction, DatabaseError> {
        self.pool.begin().await.map(Transaction::new).map_err(|error| self.error(error))
    }

    pub(crate) async fn commit(&self, transaction: Transaction) -> Result<(), DatabaseError> {
        transaction.commit().await.map_err(|error| self.error(error))
    }

    pub(crate) fn error(&self, error: sqlx::Error) -> DatabaseError {
        DatabaseError::from_sqlx(error, &self.options)
    }

    /// Closes the connections.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// How we connect to what a `postgresql://` URL names.
pub(crate) fn connect_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?;
    // There is no TLS on a socket, whatever PGSSLMODE says; a server would refuse it.
    let options = if options.get_socket().is_some() { options.ssl_mode(PgSslMode::Disable) } else { options };
    // PgBouncer refuses start-up parameters that it does not know; the default of every supported server is right. And a pooler may
    // give the next transaction another connection.
    Ok(options.extra_float_digits(None).statement_cache_capacity(0).disable_statement_logging())
}

/// Where the database is: host (or the folder of its socket), port and name.
fn place(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or_else(|| options.get_host().into(), |folder| folder.to_string_lossy());
    format!("{host}:{}/{}", options.get_port(), options.get_database().unwrap_or("(the role's own)"))
}

/// Tries the door once. The pool alone would go on trying a port that refuses until its patience ends, and then not know why.
async fn knock(options: &PgConnectOptions) -> Result<(), DatabaseError> {
    match timeout(PATIENCE, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => connection.close().await.map_err(|error| DatabaseError::from_sqlx(error, options)),
        Ok(Err(error @ sqlx::Error::Io(_))) => Err(DatabaseError::from_sqlx(error, options)),
        // A server that is still starting says so: the pool waits for it.
        Ok(Err(_)) => Ok(()),
        Err(_) => Err(DatabaseError::Unreachable { place: place(options), reason: late() }),
    }
}

fn late() -> String {
    format!("no connection within {} s", PATIENCE.as_secs())
}
