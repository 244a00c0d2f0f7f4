//! What goes wrong with a database, sorted by what can be done about it: by a person, and by a run that can wait.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgDatabaseError};

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
    /// A limit on time, or a person, ended a statement or a transaction.
    #[error("the database at {place} ended a statement before it was done: {reason}")]
    Ended {
        /// Host, port and database.
        place: String,
        /// The server's word.
        reason: String,
    },
    /// The server has no connection left for us.
    #[error("the database at {place} has no connection to spare: {reason}")]
    Crowded {
        /// Host, port and database.
        place: String,
        /// The server's word.
        reason: String,
    },
    /// Its disk is full, or its memory.
    #[error("the database at {place} has run out of room: {reason}")]
    Full {
        /// Host, port and database.
        place: String,
        /// The server's word.
        reason: String,
    },
    /// Others were in the way: a deadlock, a lock that was not to be had, a row that changed meanwhile.
    #[error("at {place} others who write the same rows were in the way: {reason}")]
    Contended {
        /// Host, port and database.
        place: String,
        /// The server's word.
        reason: String,
    },
    /// The line was cut during a commit, and nobody was there to say whether it took.
    #[error(
        "the line to the database at {place} was cut during a commit, and whether that took is not known: {reason}"
    )]
    InDoubt {
        /// Host, port and database.
        place: String,
        /// What cut it.
        reason: String,
    },
    /// We were told to stop while it could not be used.
    #[error("stopped while the database at {place} could not be used; what was committed is kept")]
    Stopped {
        /// Host, port and database.
        place: String,
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
    /// Give it more connections, or use fewer.
    Connections,
    /// Make room on its disk, or in its memory.
    Room,
    /// Find who holds the rows, or try later.
    Others,
    /// Run the same command again.
    GoOn,
    /// Give the URL of the server itself.
    Direct,
    /// Compare the schema with what this version needs.
    Schema,
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
            Self::Unreachable { .. } | Self::InDoubt { .. } => Remedy::TryLater,
            Self::NoDatabase { .. } => Remedy::MakeDatabase,
            Self::NotLetIn { .. } => Remedy::LetIn,
            Self::ReadOnly { .. } => Remedy::Writable,
            Self::Ended { .. } => Remedy::MoreTime,
            Self::Crowded { .. } => Remedy::Connections,
            Self::Full { .. } => Remedy::Room,
            Self::Contended { .. } => Remedy::Others,
            Self::Stopped { .. } => Remedy::GoOn,
            Self::Pooled { .. } => Remedy::Direct,
            Self::MissingRight { .. } => Remedy::Grant,
            Self::Statement(_) if self.is_missing_object() => Remedy::Schema,
            Self::Statement(_) => Remedy::Report,
        }
    }

    /// Whether the database cannot be used just now, and nothing is wrong with what was asked of it.
    pub fn is_away(&self) -> bool {
        !matches!(
            self,
            Self::Url { .. }
                | Self::Contended { .. }
                | Self::Pooled { .. }
                | Self::MissingRight { .. }
                | Self::Statement(_)
        )
    }

    /// Whether the same may well succeed in a moment, on another connection.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Crowded { .. }
                | Self::Contended { .. }
                | Self::Ended { .. }
                | Self::ReadOnly { .. }
        )
    }

    /// Whether a table, column, type or function is not there, or has another form than it should: a migration may be missing.
    pub fn is_missing_object(&self) -> bool {
        const STATES: [&str; 5] = ["42P01", "42703", "42704", "42883", "3F000"];
        matches!(self, Self::Statement(error) if STATES.iter().any(|state| is_state(error, state)))
    }

    pub(super) fn from_sqlx(error: sqlx::Error, options: &PgConnectOptions) -> Self {
        let place = place(options);
        match &error {
            sqlx::Error::Io(source) => Self::Unreachable { place, reason: source.to_string() },
            sqlx::Error::Tls(source) => Self::Unreachable { place, reason: format!("TLS: {source}") },
            sqlx::Error::PoolTimedOut => Self::Unreachable { place, reason: late() },
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unreachable { place, reason: "the connection was closed".to_owned() }
            }
            sqlx::Error::Protocol(reason) => Self::Unreachable { place, reason: reason.clone() },
            sqlx::Error::Database(said) => {
                let (code, reason) = (said.code().unwrap_or_default(), said.message().to_owned());
                match &*code {
                    "42501" => Self::MissingRight { role: options.get_username().to_owned(), reason },
                    "3D000" => Self::NoDatabase { place, reason },
                    "25006" => Self::ReadOnly { place, reason },
                    // Statements and transactions have a limit, so has a session that says nothing.
                    "57014" | "25P03" | "25P04" | "57P05" => Self::Ended { place, reason },
                    "53300" => Self::Crowded { place, reason },
                    "40001" | "40P01" | "55P03" => Self::Contended { place, reason },
                    code if POOLED.contains(&code) => Self::Pooled { place, reason },
                    // PgBouncer's own word, under a state that has many causes.
                    "08P01" if reason.contains("statement pooling") => Self::Pooled { place, reason },
                    code if code.starts_with("28") => Self::NotLetIn { place, reason },
                    code if code.starts_with("53") => Self::Full { place, reason },
                    // Connection exceptions, shutdowns.
                    code if ["08", "3D", "57"].iter().any(|class| code.starts_with(class)) || code == "55000" => {
                        Self::Unreachable { place, reason }
                    }
                    _ => Self::Statement(error),
                }
            }
            _ => Self::Statement(error),
        }
    }
}

/// How long a server may take to let us in, or a pool to have a connection for us.
pub(super) const ACQUIRED_WITHIN: Duration = Duration::from_secs(10);

fn late() -> String {
    format!("no connection within {} s", ACQUIRED_WITHIN.as_secs())
}

/// Where the database is: host (or the folder of its socket), port and name.
pub(super) fn place(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or_else(|| options.get_host().into(), |folder| folder.to_string_lossy());
    format!("{host}:{}/{}", options.get_port(), options.get_database().unwrap_or("(the role's own)"))
}
