//! Whether a database is what is declared.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

use super::scratch::{Places, Scratch, ScratchError};
use super::standing::{State, Unusable, standing};
use crate::schema::catalogue::{self, Catalogue};
use crate::schema::declared;
use crate::schema::difference::{Difference, compare};
use crate::store::{Database, DatabaseError};

/// How a database stands beside what is declared.
#[derive(Debug)]
pub struct Checked {
    /// In what it differs, with what is somebody else's.
    pub differences: Vec<Difference>,
    /// What its bookkeeping says.
    pub state: Result<State, Unusable>,
}

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Nowhere to make the declared schema.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The database's fault.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Checked {
    /// Differences that should not be.
    pub fn ours(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| !difference.harmless)
    }

    /// What is told of, and left alone: somebody else's objects, and what refuses no row of ours.
    pub fn harmless(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.harmless)
    }

    /// Nothing to do.
    pub fn is_fine(&self) -> bool {
        self.state == Ok(State::Current) && self.ours().next().is_none()
    }
}

/// Compares a database with the declared schema of this program, which is made in a scratch database. Writes nothing else.
pub async fn check(database: &Database, places: &Places<'_>) -> Result<Checked, CheckError> {
    let state = standing(database).await?.state();
    let mut connection = database.own_connection().await?;
    let scratch = Scratch::make(places).await?;
    let wanted = wanted(&scratch, &mut connection).await;
    scratch.remove().await?;
    let wanted = wanted?;
    let found = catalogue::read(&mut connection).await.map_err(|error| database.error(error))?;
    Ok(Checked { differences: compare(&wanted, &found), state })
}

/// With what the database's own server has extensions for, whatever the scratch server has.
async fn wanted(scratch: &Scratch, database: &mut PgConnection) -> Result<Catalogue, ScratchError> {
    scratch.same_version(database).await?;
    let files = declared::those_for(database, declared::embedded()).await?;
    let mut connection = scratch.connect().await?;
    for file in files {
        connection.execute(AssertSqlSafe(file.sql)).await?;
    }
    Ok(catalogue::read(&mut connection).await?)
}
