//! How a run came to its end while somebody was still at work on it.

use std::fmt;

use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::transaction::Transaction;

/// How a run was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// Another worker ended its last tile.
    Complete,
    /// Another worker closed it, and the guard did not believe it.
    Refused,
    /// A newer run was begun in its place.
    Replaced,
    /// Its audit did not believe it.
    Doubted,
    /// It is closed, and nobody knows why.
    GivenUp,
}

impl fmt::Display for RunEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete => "another worker has completed this run",
            Self::Refused => "another worker has closed this run, and the guard did not believe it: see `venues runs`",
            Self::Replaced => "another command began a newer run of this region (--fresh), and this one was given up",
            Self::Doubted => "another worker has closed this run, and its audit did not believe it",
            Self::GivenUp => "this run was given up by another command: see `venues runs`",
        })
    }
}

/// How a run that is not open any more was closed.
pub async fn run_end(database: &Database, run: Uuid) -> Result<RunEnd, DatabaseError> {
    let mut transaction = database.begin().await?;
    let end = read_end(&mut transaction, run).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(end)
}

pub(super) async fn read_end(transaction: &mut Transaction, run: Uuid) -> Result<RunEnd, sqlx::Error> {
    let row = sqlx::query!(
        r#"select r.state, r.audited is not null as "audited!", exists (
               select from venue_sync.runs b
               where b.region = r.region and b.provider = r.provider and b.parameters = r.parameters and b.begun_at > r.begun_at
           ) as "replaced!"
           from venue_sync.runs r where r.id = $1"#,
        run
    )
    .fetch_one(transaction)
    .await?;
    Ok(match row.state.as_str() {
        "complete" => RunEnd::Complete,
        "refused" => RunEnd::Refused,
        _ if row.audited => RunEnd::Doubted,
        _ if row.replaced => RunEnd::Replaced,
        _ => RunEnd::GivenUp,
    })
}
