//! Whether a database is what is declared.

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
    let scratch = Scratch::make(places).await?;
    let wanted = wanted(&scratch).await;
    scratch.remove().await?;
    let (wanted, scratch) = wanted?;
    let mut connection = database.own_connection().await?;
    let found = catalogue::read(&mut connection).await.map_err(|error| database.error(error))?;
    let version = version(&mut connection).await.map_err(|error| database.error(error))?;
    if version != scratch {
        return Err(CheckError::OtherVersion { database: version, scratch });
    }
    Ok(Checked { differences: compare(&wanted, &found), state })
}

async fn wanted(scratch: &Scratch) -> Result<(Catalogue, i32), ScratchError> {
    let mut connection = scratch.connect().await?;
    declared::load(&mut connection).await?;
    Ok((catalogue::read(&mut connection).await?, version(&mut connection).await?))
}

async fn version(connection: &mut sqlx::PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("select current_setting('server_version_num')::int / 10000").fetch_one(connection).await
}
