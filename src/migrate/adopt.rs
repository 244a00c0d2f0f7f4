//! Takes over a database that the backend's Alembic made: recognised, compared, recorded; no row is touched.

use serde::Serialize;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::bookkeeping;
use super::files::Files;
use crate::store::{Database, DatabaseError};

/// How a database differs from what it is to be recorded as.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Takeover {
    /// What would make our migrations or our writing fail, or mean something else. One line each.
    pub in_the_way: Vec<String>,
    /// What is somebody else's, and is left alone.
    pub not_ours: Vec<String>,
}

/// Why a database cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// It is not what it is to be recorded as.
    #[error(
        "this database is not as it should be recorded; nothing was written.{}\nMake it so (with the backend's Alembic, or by \
         hand), then run the command again",
        .0.iter().map(|line| format!("\n  {line}")).collect::<String>()
    )]
    Differs(Vec<String>),
    /// The database's fault.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Takeover {
    /// Refuses where something is in the way.
    pub fn admit(self) -> Result<(), AdoptError> {
        if self.in_the_way.is_empty() { Ok(()) } else { Err(AdoptError::Differs(self.in_the_way)) }
    }
}

/// Compares the database with what our first migration makes.
#[expect(clippy::unused_async, reason = "the comparison comes with the room `schema`")]
pub(super) async fn inspect(
    _database: &Database,
    _connection: &mut PgConnection,
    _files: &Files,
) -> Result<Takeover, AdoptError> {
    Ok(Takeover::default())
}

/// Records the first migration as applied.
pub(super) async fn take_over(connection: &mut PgConnection, files: &Files) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    bookkeeping::make(&mut transaction).await?;
    if let Some(first) = files.iter().next() {
        bookkeeping::record(&mut transaction, first.version, &first.what, &first.up, true).await?;
    }
    transaction.commit().await
}
