use std::borrow::Cow;
use std::path::PathBuf;

use crate::cli::exit::Exit;
use crate::coverage::RegionError;
use crate::migrate::auto::AutoError;
use crate::migrate::scratch::ScratchError;
use crate::migrate::{
    AdoptError, CheckError, FilesError, LockError, MigrationError, RebuildError, StepError, Unusable,
};
use crate::store::{self, DecideError, Remedy, embedded};
use crate::sync::SyncError;
use crate::transport::{CassetteError, LiveSetupError, RecordError};

/// Why a command could not do its work, once the settings were fine.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The numbers of an area mean nothing.
    #[error("{region}")]
    Region {
        /// The region's name, and the file it is drawn in.
        region: String,
        /// What is wrong with which value.
        source: RegionError,
    },
    /// The database.
    #[error(transparent)]
    Database(#[from] store::DatabaseError),
    /// Its schema.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// A database that was only looked at, and that this program cannot use.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// A migration that cannot be generated.
    #[error(transparent)]
    Auto(#[from] AutoError),
    /// The comparison with what is declared.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// No scratch database.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// Migrations that cannot be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Files of the source tree.
    #[error("{what} {}", path.display())]
    Source {
        /// What cannot be done with it.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that was named.
    #[error("{what} {}", path.display())]
    File {
        /// What cannot be done with it.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Where results go.
    #[error("cannot write to stdout")]
    Stdout(#[source] std::io::Error),
    /// Not in the source tree.
    #[error("there is no folder {}: run this in the source tree, or say where the migrations are with --dir", .0.display())]
    NoFolder(PathBuf),
    /// Nobody there to say yes.
    #[error("{what}; nothing was done. Say that it may be done with --yes")]
    Unasked {
        /// What would be done.
        what: String,
    },
    /// Somebody said no.
    #[error("nothing was done")]
    Declined,
    /// Its schema is older than this program, and it is not ours to change unasked.
    #[error(
        "the database at {place} lacks {pending} of our migrations; nothing was written. Apply them with `venues migrate up`, \
         or add --migrate to this command"
    )]
    Behind {
        /// Host, port and name.
        place: String,
        /// How many.
        pending: usize,
    },
    /// The embedded server.
    #[error(transparent)]
    Embedded(#[from] embedded::EmbeddedError),
    /// The embedded server was there and is gone.
    #[error("the embedded database went away during the run; what was committed is kept")]
    EmbeddedLost {
        /// What was seen of it.
        source: store::DatabaseError,
        /// What the server says.
        log: PathBuf,
    },
    /// Stopping the embedded server.
    #[error(transparent)]
    Stop(#[from] embedded::StopError),
    /// Watching the embedded server.
    #[error(transparent)]
    Watch(#[from] embedded::WatchError),
    /// A recording cannot be read.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    /// A recording is of something else than what is asked.
    #[error("the recording in {folder} is of {recorded}, not of {asked}: {what} differs")]
    OtherRecording {
        /// The folder.
        folder: String,
        /// What was recorded.
        recorded: String,
        /// What is asked.
        asked: String,
        /// The first parameter that differs.
        what: String,
    },
    /// A recording cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The way to the provider cannot be set up.
    #[error(transparent)]
    Live(#[from] LiveSetupError),
    /// The run.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// No run of this id.
    #[error("there is no run whose id begins with {id}; `venues runs` lists them")]
    NoRun {
        /// As typed.
        id: String,
    },
    /// Several.
    #[error("the ids of several runs begin with {id}: {}; type more of the one that is meant", runs.join(", "))]
    SeveralRuns {
        /// As typed.
        id: String,
        /// Some of them.
        runs: Vec<String>,
    },
    /// Nothing to be decided about a run.
    #[error(transparent)]
    Decide(#[from] DecideError),
    /// No run of this kind was ever begun.
    #[error("there is no {which} in this database{}", some(known))]
    NoneYet {
        /// What was looked for.
        which: String,
        /// Regions of which there are runs.
        known: Vec<String>,
    },
    /// psql did not start.
    #[error("cannot start {program}")]
    Shell {
        /// Its path.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// No asynchronous runtime.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    /// Something that cannot be.
    #[error("{0}")]
    Bug(String),
}

impl Failure {
    /// What a scheduler is told.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Database(error)
            | Self::Check(CheckError::Database(error))
            | Self::Decide(DecideError::Database(error)) => of_database(error),
            Self::Auto(AutoError::Database(_))
            | Self::Scratch(ScratchError::Statement(_) | ScratchError::Embedded(_)) => Exit::Unavailable,
            Self::Region { .. }
            | Self::Unusable(_)
            | Self::Auto(_)
            | Self::Check(_)
            | Self::Scratch(_)
            | Self::Files(_)
            | Self::Source { .. }
            | Self::File { .. }
            | Self::NoFolder(_)
            | Self::Unasked { .. }
            | Self::Declined
            | Self::Behind { .. }
            | Self::Cassette(_)
            | Self::OtherRecording { .. }
            | Self::NoRun { .. }
            | Self::SeveralRuns { .. }
            | Self::Decide(DecideError::NotRefused { .. } | DecideError::BeingAccepted { .. })
            | Self::Record(_)
            | Self::NoneYet { .. }
            | Self::Live(_)
            | Self::Shell { .. } => Exit::Usage,
            Self::Migration(error) => of_migration(error),
            Self::Embedded(_) | Self::EmbeddedLost { .. } | Self::Stop(_) | Self::Watch(_) | Self::Runtime(_) => {
                Exit::Unavailable
            }
            Self::Sync(error) => match error {
                SyncError::Database(error) => of_database(error),
                SyncError::UnknownType(_) | SyncError::Rules(_) | SyncError::Recording { .. } => Exit::Usage,
                SyncError::CredentialsRefused { .. } => Exit::CredentialsRefused,
                SyncError::RequestWrong { .. } | SyncError::Bug { .. } => Exit::Bug,
            },
            Self::Stdout(_) => Exit::Output,
            Self::Bug(_) => Exit::Bug,
        }
    }

    /// What to do, where the message alone does not say it.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        let database = match self {
            Self::Database(error)
            | Self::Check(CheckError::Database(error))
            | Self::Decide(DecideError::Database(error))
            | Self::Sync(SyncError::Database(error)) => error,
            Self::Migration(error) => database_of(error)?,
            Self::Sync(SyncError::RequestWrong { .. }) => {
                return Some(
                    "check the region's types, language and base_url; if they are right, this is our bug: please report it"
                        .into(),
                );
            }
            Self::EmbeddedLost { log, .. } => {
                let log = log.display();
                return Some(
                    format!("run the command again: it starts the server again and goes on; its log is {log}").into(),
                );
            }
            _ => return None,
        };
        match (database, self) {
            (store::DatabaseError::MissingRight { .. }, Self::Migration(_)) => Some(OWNER.into()),
            (store::DatabaseError::MissingRight { role, reason }, _) => Some(grant(role, reason).into()),
            _ => remedy(&database.remedy()).map(Cow::Borrowed),
        }
    }
}

fn some(regions: &[String]) -> String {
    if regions.is_empty() {
        ", and none of any region yet".to_owned()
    } else {
        format!("; there are runs of: {}", regions.join(", "))
    }
}

/// Whoever migrates is told of no grant: what it would be on may not be there yet.
const OWNER: &str = "`venues migrate` makes and changes schemas, tables and functions: run it as the owner of the database and of its \
                     tables. A role that only syncs needs less, and `venues sync` says what";

fn remedy(remedy: &Remedy) -> Option<&'static str> {
    match remedy {
        Remedy::Settings => Some("write it as postgresql://user:password@host:5432/database"),
        Remedy::TryLater => Some(
            "start it (with this project's compose.yaml: `docker compose up -d postgres`, port 5433), or correct DATABASE_URL",
        ),
        Remedy::MakeDatabase => Some("make it (`create database`, or `createdb`), or correct its name in DATABASE_URL"),
        Remedy::LetIn => Some(
            "correct the role or its password in DATABASE_URL, or have the server let it in (`create role … login`, pg_hba.conf)",
        ),
        Remedy::Writable => Some(
            "if it is a standby, let DATABASE_URL name the primary; else set default_transaction_read_only off for the database \
             and the role",
        ),
        Remedy::MoreTime => Some(
            "run the command again when the server is less busy, or give statements more time: `alter role … set statement_timeout`",
        ),
        Remedy::Connections => Some(
            "give it more (`max_connections`, or the role's or database's own limit), put PgBouncer before it, or use fewer: a sync opens \
             --concurrency and two more",
        ),
        Remedy::Room => Some(
            "make room on the server's disk (or in its memory), then run the same command again: it goes on, and what was committed is kept",
        ),
        Remedy::Others => Some(
            "run the same command again; if it stays so, see who holds the rows: select pid, state, query from pg_stat_activity",
        ),
        Remedy::GoOn => Some("run the same command again: it goes on where this one stopped"),
        Remedy::Direct => Some("give the URL of the server itself, not of PgBouncer in transaction or statement mode"),
        Remedy::Schema => Some(
            "somebody changed the schema meanwhile: `venues migrate check` says what is missing; what is there is kept",
        ),
        Remedy::Grant | Remedy::Report => None,
    }
}

/// What the owner of the tables has to run for a role that only syncs.
fn grant(role: &str, reason: &str) -> String {
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    // Only where we have not been yet is this looked at.
    if reason.ends_with(" alembic_version") {
        return format!(
            "run `venues migrate up` as the owner of the database first; only to look, this role needs\n  \
             grant usage on schema public to {role};\n  grant select on public.alembic_version to {role};"
        );
    }
    format!(
        "as the owner of the tables, run:\n  grant usage on schema public, venue_sync to {role};\n  \
         grant select, insert, update, delete on all tables in schema public, venue_sync to {role};\n\
         `venues migrate` needs more: run it as the owner of the database"
    )
}

fn of_migration(error: &MigrationError) -> Exit {
    // Something was begun, and the next run goes on from there.
    if error.stands().is_some() {
        return Exit::Again;
    }
    match (database_of(error), error) {
        (Some(error), _) => of_database(error),
        (None, MigrationError::Adopt(AdoptError::Differs(_) | AdoptError::Further(_) | AdoptError::Gone(_))) => {
            Exit::Finding
        }
        (
            None,
            MigrationError::Lock(LockError::Locked { .. })
            | MigrationError::Busy
            | MigrationError::Rebuild(RebuildError { busy: true, .. })
            | MigrationError::Step { error: StepError::Blocked { .. }, .. },
        ) => Exit::Again,
        _ => Exit::Usage,
    }
}

/// Where it is the database's fault.
fn database_of(error: &MigrationError) -> Option<&store::DatabaseError> {
    match error {
        MigrationError::Later { error, .. } => database_of(error),
        MigrationError::Database(error)
        | MigrationError::Adopt(AdoptError::Database(error))
        | MigrationError::Step { error: StepError::Database(error), .. } => Some(error),
        _ => None,
    }
}

fn of_database(error: &store::DatabaseError) -> Exit {
    match error.remedy() {
        Remedy::Settings | Remedy::Direct | Remedy::Schema | Remedy::Grant => Exit::Usage,
        Remedy::TryLater
        | Remedy::MakeDatabase
        | Remedy::LetIn
        | Remedy::Writable
        | Remedy::MoreTime
        | Remedy::Connections
        | Remedy::Room
        | Remedy::Others => Exit::Unavailable,
        Remedy::GoOn => Exit::Again,
        Remedy::Report => Exit::Bug,
    }
}
