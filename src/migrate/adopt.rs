//! Takes over a database that the backend's Alembic made: recognised, compared, recorded; no row is touched.

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::bookkeeping;
use super::files::Files;
use super::scratch::{Places, Scratch, ScratchError};
use super::script::Script;
use crate::schema::catalogue::{self, Catalogue, Id, Kind, Object};
use crate::schema::difference::{Change, Difference, compare};
use crate::schema::steps::quoted;
use crate::store::{Database, DatabaseError};

/// How a database differs from what it is to be recorded as.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Takeover {
    /// What would make our migrations or our writing fail, or mean something else. One line each.
    pub in_the_way: Vec<String>,
    /// What is somebody else's, and is left alone.
    pub not_ours: Vec<String>,
    /// It has what a later migration of ours makes.
    pub further: bool,
    /// It lacks the schema that is ours alone, and little or nothing else.
    pub gone: bool,
}

/// Why a database cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// It is not what it is to be recorded as.
    #[error(
        "this database is not as it should be recorded; nothing was written.{}\nMake it so (with the backend's Alembic, or by \
         hand), then run the command again",
        .0.iter().map(|line| format!("\n  {line}")).collect::<Vec<_>>().concat()
    )]
    Differs(Vec<String>),
    /// Nor is it what Alembic leaves: a later migration of ours has been here.
    #[error(
        "this database has what our later migrations make, and no record of them; nothing was written.{}\nIf `venues` brought it \
         there and the record was lost, write it again with `venues migrate stamp head`, or with the newest revision that it \
         matches: stamp compares the two first. If not, make it as Alembic leaves it, then run the command again",
        .0.iter().map(|line| format!("\n  {line}")).collect::<Vec<_>>().concat()
    )]
    Further(Vec<String>),
    /// The schema in which we keep what is ours is gone, and a record alone would not bring it back.
    #[error(
        "this database has what our migrations make in `public`, and the schema venue_sync, with their record, is gone; nothing \
         was written.{}\nBring the schema back from a backup. Or, without what was in it, from a new database that the same \
         `venues migrate up` has made: `pg_dump --schema venue_sync NEW | psql THIS`, which brings the record along, and the view \
         that went with it: `pg_dump --table public.venues_shown NEW | psql THIS`; `venues migrate check` says whether all is there",
        .0.iter().map(|line| format!("\n  {line}")).collect::<Vec<_>>().concat()
    )]
    Gone(Vec<String>),
    /// Nowhere to make what it is compared with.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The database's fault.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Takeover {
    /// Refuses where something is in the way.
    pub fn admit(self) -> Result<(), AdoptError> {
        match self {
            Self { in_the_way, .. } if in_the_way.is_empty() => Ok(()),
            Self { in_the_way, gone: true, .. } => Err(AdoptError::Gone(in_the_way)),
            Self { in_the_way, further: true, .. } => Err(AdoptError::Further(in_the_way)),
            Self { in_the_way, .. } => Err(AdoptError::Differs(in_the_way)),
        }
    }
}

/// Compares the database with what the migrations `files` make of an empty one; of `all`, those that are newer come next.
pub(super) async fn inspect(
    database: &Database,
    connection: &mut PgConnection,
    files: &Files,
    all: &Files,
    places: Places<'_>,
) -> Result<Takeover, AdoptError> {
    let scratch = Scratch::make(&Places { beside: places.beside.or(Some(database)), ..places }).await?;
    let wanted = match scratch.same_version(connection).await {
        Ok(()) => made_by(&scratch, files).await,
        Err(error) => Err(error),
    };
    scratch.remove().await?;
    let wanted = wanted?;
    let found = catalogue::read(connection).await.map_err(|error| database.error(error))?;
    let next: Vec<&Script> = all.iter().filter(|file| file.version > files.newest()).map(|file| &file.up).collect();
    let mut takeover = Takeover::default();
    let mut only_ours = true;
    for difference in compare(&wanted, &found) {
        // Where our bookkeeping lives, once it has been here.
        if difference.object.kind == Kind::Schema && matches!(difference.change, Change::Unexpected) {
            continue;
        }
        takeover.further |=
            matches!(difference.change, Change::Unexpected) && is_used(&difference.object, &found, &next);
        if is_in_the_way(&difference, &found, &next) {
            // A view that reads it went with it.
            let view = difference.object.kind == Kind::View && matches!(difference.change, Change::Missing);
            only_ours &= view || is_ours(&difference.object);
            takeover.in_the_way.push(difference.to_string());
        } else {
            takeover.not_ours.push(difference.to_string());
        }
    }
    takeover.gone =
        !found.objects.keys().any(is_ours) && (takeover.further || only_ours && !takeover.in_the_way.is_empty());
    Ok(takeover)
}

/// In the schema in which nobody else makes anything, or that schema itself.
fn is_ours(id: &Id) -> bool {
    id.schema == "venue_sync" || id.kind == Kind::Schema && id.name == "venue_sync"
}

async fn made_by(scratch: &Scratch, files: &Files) -> Result<Catalogue, ScratchError> {
    let mut connection = scratch.connect().await?;
    for file in files.iter() {
        connection.execute(AssertSqlSafe(file.up.text.clone())).await?;
    }
    let made = catalogue::read(&mut connection).await?;
    connection.close().await?;
    Ok(made)
}

/// What is missing or other than ours; of what is more, what would refuse our rows or our next migration.
fn is_in_the_way(difference: &Difference, found: &Catalogue, next: &[&Script]) -> bool {
    let id = &difference.object;
    match &difference.change {
        Change::Missing => true,
        Change::Altered { facet, .. } => !difference.foreign && *facet != "comment",
        Change::Unexpected if id.other == "privileges" => false,
        Change::Unexpected if is_used(id, found, next) => true,
        Change::Unexpected if difference.foreign => false,
        Change::Unexpected => match found.objects.get(id) {
            Some(Object::Column(column)) => {
                column.not_null && column.default.is_none() && column.identity.is_none() && column.generated.is_none()
            }
            Some(Object::Index(index)) => index.definition.starts_with("CREATE UNIQUE ") || id.schema == "venue_sync",
            // A trigger, a policy, a rule: what it does to our rows nobody knows.
            Some(Object::Constraint(_) | Object::Other(_)) => true,
            _ => id.schema == "venue_sync",
        },
    }
}

/// Whether a migration that comes next wants its name for something of its own, or another type for a column that it needs.
fn is_used(id: &Id, found: &Catalogue, next: &[&Script]) -> bool {
    let own = if id.part.is_empty() { &id.name } else { &id.part };
    let own = own.split('(').next().unwrap_or(own);
    let taken = |script: &&Script| match id.kind {
        Kind::Column => script.says(&format!("add column {}", quoted(own))),
        Kind::Constraint | Kind::Other => false,
        _ => script.mentions(own),
    };
    let retyped = |column: &Id| {
        let retypes = format!("alter column {} type", quoted(&column.part));
        column.kind == Kind::Column && next.iter().any(|script| script.mentions(&column.name) && script.says(&retypes))
    };
    let needs = || found.needs.get(id).is_some_and(|needs| needs.iter().any(retyped));
    next.iter().any(taken) || id.kind == Kind::View && needs()
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
