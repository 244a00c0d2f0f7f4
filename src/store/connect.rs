use std::borrow::Cow;
use std::future::Future;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::endurance::{Endurance, Fault};
pub(super) use super::fault::DatabaseError;
use super::fault::{ACQUIRED_WITHIN, is_state, place};
use super::transaction::{Mark, Transaction};

/// A pool of connections to one database.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
    options: PgConnectOptions,
    place: String,
    refused: Refused,
    endurance: Option<Arc<Endurance>>,
}

/// No connection was to be had.
struct Unopened {
    error: DatabaseError,
    /// The SQLSTATE, where a server said something.
    said: Option<String>,
}

impl Unopened {
    fn new(error: sqlx::Error, options: &PgConnectOptions) -> Self {
        let said = error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(Cow::into_owned);
        Self { error: DatabaseError::from_sqlx(error, options), said }
    }
}

impl From<DatabaseError> for Unopened {
    fn from(error: DatabaseError) -> Self {
        Self { error, said: None }
    }
}

impl Fault for Unopened {
    fn fault(&self) -> Option<&DatabaseError> {
        Some(&self.error)
    }

    /// A server is there, and says: not now.
    fn may_pass(&self) -> bool {
        matches!(self.said.as_deref(), Some("53300" | "57P03"))
    }
}

/// When a connection last led to a server that takes no writes: whatever is older may lead there, too, and not to who took over.
type Refused = Arc<Mutex<Option<Instant>>>;

impl Database {
    /// Connects, and fails at once where nobody answers. `connections` is the most that the pool opens.
    ///
    /// `url` is a `postgresql://` URL; its own `application_name` and `options` are kept.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, DatabaseError> {
        let options = options_of(url)?;
        match knock(&options).await {
            // A server that is still starting says so: the pool waits for it. Anything else it says again.
            Ok(()) | Err(Unopened { said: Some(_), .. }) => {}
            Err(Unopened { error, said: None }) => return Err(error),
        }
        Self::open(options, connections).await.map_err(|Unopened { error, .. }| error)
    }

    /// The same for who can wait: what is asked of this database by [`Database::outlast`] is asked for `patience` (from a first failure to
    /// the last try), or until `stop` fires. A server that is there and has no connection to spare, or is about to start, is waited for;
    /// where nobody answers it fails at once all the same.
    pub async fn connect_enduring(
        url: &str,
        connections: u32,
        patience: Duration,
        stop: CancellationToken,
    ) -> Result<Self, DatabaseError> {
        let options = options_of(url)?;
        let endurance = Endurance::new(patience, stop);
        let open = || async {
            knock(&options).await?;
            Self::open(options.clone(), connections).await
        };
        let opened = endurance.outlast(&place(&options), open).await.map_err(|Unopened { error, .. }| error)?;
        Ok(Self { endurance: Some(Arc::new(endurance)), ..opened })
    }

    async fn open(options: PgConnectOptions, connections: u32) -> Result<Self, Unopened> {
        let refused = Refused::default();
        let of_pool = Arc::clone(&refused);
        let opened = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRED_WITHIN)
            .before_acquire(move |_, connection| {
                let usable = is_newer(connection.age, &of_pool);
                Box::pin(std::future::ready(Ok(usable)))
            })
            .connect_with(options.clone())
            .await;
        let pool = match opened {
            Ok(pool) => pool,
            Err(error) => return Err(why_none(error, &options).await),
        };
        Ok(Self { pool, place: place(&options), options, refused, endurance: None })
    }

    /// Does `work` in this database: again, for a while, where it fails for a reason that passes, if the database was opened by somebody
    /// who can wait. An error means that nothing was committed, so that it is safe to do anything again.
    pub async fn outlast<T, E, F>(&self, mut work: impl FnMut() -> F) -> Result<T, E>
    where
        E: Fault,
        F: Future<Output = Result<T, E>>,
    {
        match &self.endurance {
            Some(endurance) => endurance.outlast(&self.place, work).await,
            None => work().await,
        }
    }

    /// Does `work`, and notes when we are told to stop: what is then still asked of the database is given little time.
    pub async fn hearing_stop<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(endurance) = &self.endurance else { return work.await };
        tokio::select! {
            done = work => done,
            () = endurance.hear_stop() => unreachable!("it listens for ever"),
        }
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
        match self.pool.begin_with("BEGIN; SET LOCAL idle_in_transaction_session_timeout = '10s'").await {
            Ok(begun) => Ok(Transaction::new(begun)),
            Err(error) => Err(self.none(error).await),
        }
    }

    /// The same for who reads through a cursor, as slowly as a person does, and holds no row that others wait for.
    pub(crate) async fn begin_reading(&self) -> Result<Transaction, DatabaseError> {
        match self.pool.begin().await {
            Ok(begun) => Ok(Transaction::new(begun)),
            Err(error) => Err(self.none(error).await),
        }
    }

    async fn none(&self, error: sqlx::Error) -> DatabaseError {
        match error {
            error @ sqlx::Error::PoolTimedOut => Box::pin(why_none(error, &self.options)).await.error,
            error => self.error(error),
        }
    }

    /// Commits. An error means that nothing was committed, whenever the line was cut; the one exception says so
    /// ([`DatabaseError::InDoubt`]).
    pub(crate) async fn commit(&self, mut transaction: Transaction) -> Result<(), DatabaseError> {
        let mark = transaction.mark().await.map_err(|error| self.error(error))?;
        let committed = transaction.commit().await.map_err(|error| self.error(error));
        let (Err(error), Some(mark)) = (&committed, &mark) else {
            if let (Ok(()), Some(_), Some(endurance)) = (&committed, &mark, &self.endurance) {
                endurance.wrote();
            }
            return committed;
        };
        if !error.may_pass() {
            return committed;
        }
        if let Some(endurance) = &self.endurance {
            endurance.note(error);
        }
        match Box::pin(self.outlast(|| self.took(mark))).await {
            Ok(true) => Ok(()),
            Ok(false) => committed,
            Err(stopped @ DatabaseError::Stopped { .. }) => Err(stopped),
            Err(_) => Err(DatabaseError::InDoubt { place: self.place.clone(), reason: error.to_string() }),
        }
    }

    /// Commits what may be lost: an error leaves open what became of it. For what is of no use any more once an answer took its time.
    pub(crate) async fn commit_in_time(&self, transaction: Transaction) -> Result<(), DatabaseError> {
        transaction.commit().await.map_err(|error| self.error(error))
    }

    /// Whether a transaction was committed whose end nobody heard of. One that is still under way is waited for: its session ends with
    /// the line, at the latest when it was silent for too long. Only a server that lost what it had acknowledged gives a number out twice
    /// (a standby that was behind, a crash without `synchronous_commit`); what is missing then is noticed by who counts a tile's answers.
    async fn took(&self, mark: &Mark) -> Result<bool, DatabaseError> {
        let mut transaction = self.begin().await?;
        // What a standby has not replayed yet may still come.
        let standby =
            sqlx::query_scalar!(r#"select pg_is_in_recovery() as "standby!""#).fetch_one(&mut transaction).await;
        if standby.map_err(|error| self.error(error))? {
            self.distrust();
            let reason = "it is a standby, so far".to_owned();
            return Err(DatabaseError::Unreachable { place: self.place.clone(), reason });
        }
        let status =
            sqlx::query_scalar!("select pg_xact_status($1::text::xid8)", mark.xid).fetch_one(&mut transaction).await;
        match status {
            Ok(status) if status.as_deref() == Some("in progress") => Err(DatabaseError::Unreachable {
                place: self.place.clone(),
                reason: "it is still committing".to_owned(),
            }),
            Ok(status) => Ok(status.as_deref() == Some("committed")),
            // Who took over has not come so far: what it was not sent is lost.
            Err(error) if is_state(&error, "22023") => Ok(false),
            Err(error) => Err(self.error(error)),
        }
    }

    pub(crate) fn error(&self, error: sqlx::Error) -> DatabaseError {
        let error = DatabaseError::from_sqlx(error, &self.options);
        if matches!(error, DatabaseError::ReadOnly { .. }) {
            self.distrust();
        }
        error
    }

    /// Lets go of the connections that there are, one by one: the next ones may lead to who took over.
    fn distrust(&self) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
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

/// Tries the door once. The pool alone would go on trying a port that refuses until its patience ends, and then not know why.
async fn knock(options: &PgConnectOptions) -> Result<(), Unopened> {
    match timeout(ACQUIRED_WITHIN, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => connection.close().await.map_err(|error| Unopened::new(error, options)),
        Ok(Err(error)) => Err(Unopened::new(error, options)),
        Err(_) => Err(Unopened::new(sqlx::Error::PoolTimedOut, options)),
    }
}

/// A pool that has waited in vain does not say for what: the server does, if it is asked once more.
async fn why_none(error: sqlx::Error, options: &PgConnectOptions) -> Unopened {
    match knock(options).await {
        Err(why) => why,
        Ok(()) => Unopened::new(error, options),
    }
}

/// Whether a connection was made after the last that led to a server that takes no writes.
fn is_newer(age: Duration, refused: &Mutex<Option<Instant>>) -> bool {
    let refused = *refused.lock().unwrap_or_else(PoisonError::into_inner);
    refused.is_none_or(|refused| age < refused.elapsed())
}

fn options_of(url: &str) -> Result<PgConnectOptions, DatabaseError> {
    connect_options(url).map_err(|error| DatabaseError::Url { reason: error.to_string() })
}
