//! Records a database as being at a revision, without running anything.

use serde::Serialize;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::adopt;
use super::bookkeeping;
use super::files::Files;
use super::lock;
use super::plan::PlanError;
use super::revision::Rev;
use super::run::{self, Done, MigrationError, Options};
use super::standing::{Status, Unusable};
use crate::store::Database;

/// What was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Stamped {
    /// Now recorded as applied, oldest first.
    pub recorded: Vec<Done>,
    /// No longer recorded.
    pub forgotten: Vec<Done>,
}

/// Records every migration up to `rev` as applied, and none after it. Refuses where the database differs from what they make.
pub async fn stamp(
    database: &Database,
    files: &Files,
    rev: &Rev,
    options: &Options<'_>,
) -> Result<Stamped, MigrationError> {
    let mut connection = database.own_connection().await?;
    let standing = run::read(database, &mut connection, files).await?;
    standing.check_numbers()?;
    let newer = |status: &Status| matches!(status, Status::Newer { .. });
    if let Some(newer) = standing.revisions.iter().rev().find(|revision| newer(&revision.status)) {
        return Err(Unusable::Newer { database: newer.version, binary: files.newest() }.into());
    }
    let target = rev.resolve(&standing.versions()).map_err(PlanError::from)?;
    let lock = run::take_lock(database, &mut connection, &standing, options.waits).await?;
    let stamped = write(database, &mut connection, files, target, options).await;
    lock::leave(connection, lock).await;
    stamped
}

async fn write(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
    target: i64,
    options: &Options<'_>,
) -> Result<Stamped, MigrationError> {
    // Again, now that nobody else migrates.
    let standing = run::read(database, connection, files).await?;
    if target > 0 {
        adopt::inspect(database, connection, &files.up_to(target), files, options.places).await?.admit()?;
    }
    let mut stamped = Stamped::default();
    let written = async {
        let mut transaction = connection.begin().await?;
        if target > 0 {
            bookkeeping::make(&mut transaction).await?;
        }
        for file in files.iter() {
            let status = standing.revisions.iter().find(|one| one.version == file.version).map(|one| &one.status);
            let recorded = standing.found.rows.iter().any(|row| row.version == file.version);
            let done = Done { version: file.version, what: file.what.clone() };
            if matches!(status, Some(Status::Optional { .. })) {
                continue;
            }
            if file.version <= target && status != Some(&Status::Applied) {
                bookkeeping::record(&mut transaction, file.version, &file.what, &file.up, true).await?;
                stamped.recorded.push(done);
            } else if file.version > target && recorded {
                bookkeeping::forget(&mut transaction, file.version).await?;
                stamped.forgotten.push(done);
            }
        }
        if target == 0 && standing.found.bookkeeping {
            bookkeeping::unmake(&mut transaction).await?;
        }
        transaction.commit().await
    };
    written.await.map_err(|error| run::refused(database, error))?;
    run::keep_texts(connection, files).await.map_err(|error| database.error(error))?;
    Ok(stamped)
}
