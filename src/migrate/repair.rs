//! Mends the bookkeeping: found first, told, and only then done.

use std::fmt;

use serde::Serialize;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::bookkeeping;
use super::files::Files;
use super::indexes::{self, InvalidIndex};
use super::lock;
use super::run::{self, MigrationError, Stands};
use super::standing::{Standing, Status};
use super::step::Waits;
use crate::store::Database;

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Fault {
    /// The file says the same as when it was applied, in other words: sqlx-cli refuses, until its checksum is written anew.
    Reworded {
        /// The migration.
        version: i64,
    },
    /// The record has no checksum; the text that was kept is the file's.
    Unsummed {
        /// The migration.
        version: i64,
    },
    /// A failed build left an index that costs every writer and helps no reader.
    Invalid {
        /// The index.
        index: InvalidIndex,
        /// Its migration is applied: it is built anew. Else it is dropped, and built when that is run.
        rebuild: bool,
    },
    /// A migration was begun, and neither finished nor undone.
    Half {
        /// The migration.
        version: i64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reworded { version } => write!(
                f,
                "migration {version} was changed in its words only since it was applied; its checksum is written anew, so that \
                 sqlx-cli takes it for the same, too"
            ),
            Self::Unsummed { version } => write!(
                f,
                "migration {version} is recorded without a checksum; what was kept of it says the same as its file, whose checksum \
                 is written"
            ),
            Self::Invalid { index, rebuild: true } => {
                write!(f, "the index {} is invalid; it is built anew", index.path)
            }
            Self::Invalid { index, rebuild: false } => {
                write!(f, "the index {} is invalid, and its migration not applied; it is dropped", index.path)
            }
            Self::Half { version } => write!(
                f,
                "migration {version} is recorded as begun and not as done; the mark is taken away, and `venues migrate up` runs \
                 it again"
            ),
        }
    }
}

/// What there is to mend.
pub async fn faults(database: &Database, files: &Files) -> Result<Vec<Fault>, MigrationError> {
    let mut connection = database.own_connection().await?;
    let standing = run::read(database, &mut connection, files).await?;
    standing.check_numbers()?;
    run::close(connection).await;
    Ok(find(&standing, files))
}

fn find(standing: &Standing, files: &Files) -> Vec<Fault> {
    let marks = standing.revisions.iter().filter_map(|revision| match revision.status {
        Status::Reworded if standing.is_unsummed(revision.version) => {
            Some(Fault::Unsummed { version: revision.version })
        }
        Status::Reworded => Some(Fault::Reworded { version: revision.version }),
        Status::Half { .. } => Some(Fault::Half { version: revision.version }),
        _ => None,
    });
    let indexes = standing.invalid_indexes.iter().map(|index| {
        let rebuild = run::to_rebuild(standing, files).any(|other| other == index);
        Fault::Invalid { index: index.clone(), rebuild }
    });
    marks.chain(indexes).collect()
}

/// Mends what there is to mend, and returns what that was. Not while another runner is at work.
pub async fn repair(database: &Database, files: &Files, waits: Waits) -> Result<Vec<Fault>, MigrationError> {
    let mut connection = database.own_connection().await?;
    let standing = run::read(database, &mut connection, files).await?;
    standing.check_numbers()?;
    if find(&standing, files).is_empty() {
        run::close(connection).await;
        return Ok(Vec::new());
    }
    let id = run::take_lock(database, &mut connection, &standing, waits).await?;
    let mended = mend(database, &mut connection, files).await;
    lock::leave(connection, id).await;
    mended
}

async fn mend(database: &Database, connection: &mut PgConnection, files: &Files) -> Result<Vec<Fault>, MigrationError> {
    // Again: a runner that was at work may have ended well.
    let standing = run::read(database, connection, files).await?;
    let faults = find(&standing, files);
    for (place, fault) in faults.iter().enumerate() {
        if let Err(error) = mend_one(database, connection, files, fault).await {
            let mended = faults.iter().take(place).map(ToString::to_string).collect();
            return Err(error.beside(Stands { mended, ..Stands::default() }));
        }
    }
    Ok(faults)
}

async fn mend_one(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
    fault: &Fault,
) -> Result<(), MigrationError> {
    let mended = match fault {
        Fault::Reworded { version } | Fault::Unsummed { version } => rewrite(connection, files, *version).await,
        Fault::Half { version } => bookkeeping::forget(connection, *version).await,
        Fault::Invalid { index, rebuild: true } => return Ok(indexes::rebuild(connection, index).await?),
        Fault::Invalid { index, rebuild: false } => indexes::drop(connection, index).await,
    };
    mended.map_err(|error| run::refused(database, error))
}

/// Both at once: a kept text counts only where it is the one that is recorded.
async fn rewrite(connection: &mut PgConnection, files: &Files, version: i64) -> Result<(), sqlx::Error> {
    let Some(file) = files.get(version) else { return Ok(()) };
    let mut transaction = connection.begin().await?;
    bookkeeping::record(&mut transaction, version, &file.what, &file.up, true).await?;
    bookkeeping::keep(&mut transaction, version, &file.up, file.down.as_ref()).await?;
    transaction.commit().await
}
