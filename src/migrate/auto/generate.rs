use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::rename::{Rename, RenameError, lookalikes};
use super::rows::{Rows, as_before, filled, kept, retyped};
use super::seed::{holds, seed};
use super::write::{Written, write};
use crate::migrate::files::Files;
use crate::migrate::scratch;
use crate::schema::catalogue::{self, Catalogue, Id};
use crate::schema::declared::{self, Declaration};
use crate::schema::difference::compare;
use crate::schema::steps::{Cast, Hints, Refusal, steps, type_changes};
use crate::store::word;

/// Where a migration begins.
#[derive(Debug)]
pub enum Start<'a> {
    /// At the end of these migrations.
    Migrations(&'a Files),
    /// With this schema.
    Declared(&'a [Declaration]),
}

/// What is left to whoever asks.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What the migration is for: its first line.
    pub message: String,
    /// What got another name.
    pub renames: Vec<Rename>,
    /// What looks like a rename and is none.
    pub no_renames: Vec<Rename>,
    /// Nothing is a rename but what is given.
    pub no_other_renames: bool,
    /// What rows get in columns that refuse null, by full name: an expression.
    pub fills: BTreeMap<String, String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The migrations make what is declared.
    NothingDiffers,
    /// A migration that was proven.
    Proven(Written),
}

/// Why no migration is written.
#[derive(Debug, thiserror::Error)]
pub enum AutoError {
    /// Objects for which no statements are written.
    #[error("no migration was written: {}", lines(.0))]
    Refused(Vec<Refusal>),
    /// Something may be a rename.
    #[error(
        "no migration was written: {} may have got another name. Say which did with --rename ({}), or --no-rename where none \
         did",
        names(.0),
        lines(.0)
    )]
    Ambiguous(Vec<Rename>),
    /// A rename that is none.
    #[error(transparent)]
    Rename(#[from] RenameError),
    /// Statements that do not do what they should.
    #[error("no migration was written, because it could not be proven: {what}: {}", lines(.objects))]
    Unproven {
        /// Which try.
        what: &'static str,
        /// Which objects, and how they differ; or the server's word.
        objects: Vec<String>,
    },
    /// The declared schema cannot be made.
    #[error("the declared schema cannot be made: {}", word(.0))]
    // Not its source, which would say the same once more.
    Declared(sqlx::Error),
    /// The migrations cannot be run.
    #[error("migration {version} cannot be run on a scratch database: {}", word(.reason))]
    Migrations {
        /// Which.
        version: i64,
        /// The server's word.
        reason: sqlx::Error,
    },
    /// Anything else.
    #[error("the scratch database refused a statement: {}", word(.0))]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for AutoError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

fn lines<T: ToString>(all: &[T]) -> String {
    all.iter().map(|one| format!("\n  {}", one.to_string())).collect::<Vec<_>>().concat()
}

fn names(renames: &[Rename]) -> String {
    let old: BTreeSet<String> = renames.iter().map(|rename| rename.old.to_string()).collect();
    old.into_iter().collect::<Vec<_>>().join(", ")
}

/// Writes the migration that leads from `start` to what is `wanted`, if it can be proven. The scratch database is emptied first,
/// and holds rubbish afterwards.
pub async fn generate(
    connection: &mut PgConnection,
    start: &Start<'_>,
    wanted: &[Declaration],
    options: &Options,
) -> Result<Outcome, AutoError> {
    let before = catalogue::outside(connection).await?;
    make(connection, &Start::Declared(wanted)).await?;
    let to = catalogue::read(connection).await?;
    let mut outside = &catalogue::outside(connection).await? - &before;
    scratch::empty(connection).await?;
    // What is in no schema stays.
    let left = catalogue::outside(connection).await?;
    make(connection, start).await?;
    let from = catalogue::read(connection).await?;
    if !outside.is_empty() {
        outside = &outside - &(&catalogue::outside(connection).await? - &left);
    }
    if !outside.is_empty() {
        let mut refused: Vec<Refusal> = outside.iter().map(not_looked_at).collect();
        refused.extend(steps(&from, &to, &Hints::default()).err().unwrap_or_default());
        return Err(AutoError::Refused(refused));
    }
    if compare(&to, &from).is_empty() {
        return Ok(Outcome::NothingDiffers);
    }
    let renamed = rename(connection, &from, &to, &options.renames).await?;
    let open: Vec<Rename> =
        lookalikes(&renamed, &to).into_iter().filter(|rename| !options.no_renames.contains(rename)).collect();
    if !open.is_empty() && !options.no_other_renames {
        return Err(AutoError::Ambiguous(open));
    }
    let forth = hints(connection, &renamed, &to, false, options).await?;
    let back = hints(connection, &to, &renamed, true, options).await?;
    let up = steps(&renamed, &to, &forth).map_err(AutoError::Refused)?;
    let down = steps(&to, &renamed, &back).map_err(AutoError::Refused)?;
    let written = write(&options.message, &up, &down, &options.renames);
    let proof = Proof { from: &from, renamed: &renamed, to: &to, written: &written, renames: &options.renames };
    proof.carry_out(connection).await?;
    Ok(Outcome::Proven(written))
}

/// What no schema of ours holds: neither compared nor generated.
fn not_looked_at((kind, name): &(String, String)) -> Refusal {
    Refusal {
        object: name.clone(),
        kind: kind.clone(),
        reason: "only what is in the schemas public and venue_sync is compared: write a migration by hand (`venues migrate new`), and \
                 leave it out of what is declared"
            .to_owned(),
    }
}

/// Empties a scratch database and makes a schema in it.
async fn make(connection: &mut PgConnection, start: &Start<'_>) -> Result<(), AutoError> {
    scratch::empty(connection).await?;
    match start {
        Start::Migrations(files) => {
            for file in files.iter() {
                let run = connection.execute(AssertSqlSafe(file.up.text.clone())).await;
                run.map_err(|reason| AutoError::Migrations { version: file.version, reason })?;
            }
        }
        Start::Declared(files) => {
            declared::load_files(connection, files).await.map_err(AutoError::Declared)?;
        }
    }
    // It is there wherever migrations are recorded.
    connection.execute("create schema if not exists venue_sync").await?;
    Ok(())
}

/// The catalogue as it is once everything has its new name.
async fn rename(
    connection: &mut PgConnection,
    from: &Catalogue,
    to: &Catalogue,
    renames: &[Rename],
) -> Result<Catalogue, AutoError> {
    let mut transaction = connection.begin().await?;
    let mut after = from.clone();
    for rename in renames {
        rename.check(&after, to)?;
        transaction.execute(AssertSqlSafe(rename.sql())).await?;
        after = catalogue::read(&mut transaction).await?;
    }
    transaction.rollback().await?;
    Ok(after)
}

/// What the server knows of the types between which columns change.
async fn hints(
    connection: &mut PgConnection,
    from: &Catalogue,
    to: &Catalogue,
    back: bool,
    options: &Options,
) -> Result<Hints, AutoError> {
    let mut casts = BTreeMap::new();
    for (old, new) in type_changes(from, to) {
        let context: Option<String> = sqlx::query_scalar(
            "select case
                 when o.oid = n.oid or n.typcategory = 'S' then 'a'
                 else (select c.castcontext::text from pg_catalog.pg_cast c where c.castsource = o.oid and c.casttarget = n.oid)
             end
             from pg_catalog.pg_type o, pg_catalog.pg_type n where o.oid = to_regtype($1) and n.oid = to_regtype($2)",
        )
        .bind(&old)
        .bind(&new)
        .fetch_optional(&mut *connection)
        .await?
        .flatten();
        let cast = match context.as_deref() {
            Some("a" | "i") => Cast::Assignment,
            Some("e") => Cast::Explicit,
            _ => Cast::ThroughText,
        };
        casts.insert((old, new), cast);
    }
    Ok(Hints { back, casts, fills: options.fills.clone() })
}

struct Proof<'a> {
    from: &'a Catalogue,
    renamed: &'a Catalogue,
    to: &'a Catalogue,
    written: &'a Written,
    renames: &'a [Rename],
}

impl Proof<'_> {
    async fn carry_out(&self, connection: &mut PgConnection) -> Result<(), AutoError> {
        let empty = self.seed(connection).await?;
        let seeded = Rows::read(connection, self.from).await?;
        let named = seeded.renamed(self.renames);
        let untried = self.untried(&seeded, &named, &empty);
        if !untried.is_empty() {
            return Err(AutoError::Unproven { what: "rows are needed to try it", objects: untried });
        }
        let lost = self.written.loses.union(&self.written.loses_down).cloned().collect();

        self.run(connection, &self.written.up, self.to, "up").await?;
        let after = Rows::read(connection, self.to).await?;
        let (columns, tables) = kept(self.renamed, self.to, &lost, true);
        survived(named.lost(&after, &columns, &tables), "rows on the way up")?;
        let mut there = as_before(connection, &retyped(self.renamed, self.to, &lost)).await?;
        there.extend(filled(self.renamed, self.to, &lost).into_iter().map(|id| (id.clone(), after.values(&id))));
        survived(named.missing(&there), "rows on the way up")?;

        self.run(connection, &self.written.down, self.from, "down").await?;
        let back = Rows::read(connection, self.from).await?.renamed(self.renames);
        let (columns, tables) = kept(self.renamed, self.to, &lost, false);
        survived(named.lost(&back, &columns, &tables), "rows on the way down")?;

        self.run(connection, &self.written.up, self.to, "up again").await
    }

    /// Changed tables that have no row, and columns with another type that hold nothing but null: what nobody tried is not proven.
    fn untried(&self, seeded: &Rows, named: &Rows, refusals: &BTreeMap<Id, String>) -> Vec<String> {
        let empty = self.touched().into_iter().filter(|table| seeded.count(table) == 0).map(|table| {
            let renamed = self.renames.iter().fold(table.clone(), |id, rename| rename.apply(&id));
            let said = refusals.get(&renamed).map_or("none was tried", String::as_str);
            format!("{table}: no row could be made for it ({said})")
        });
        let retyped = retyped(self.renamed, self.to, &BTreeSet::new()).into_iter();
        let null = retyped
            .filter(|(column, _)| named.count(&column.table()) > 0 && named.values(column).is_empty())
            .map(|(column, old)| {
                format!("{column}: no value of type {old} could be made for it but null; write this one by hand")
            });
        empty.chain(null).collect()
    }

    /// Rows that fit both schemas: that some others stop a migration is as it should be.
    async fn seed(&self, connection: &mut PgConnection) -> Result<BTreeMap<Id, String>, sqlx::Error> {
        for rename in self.renames {
            connection.execute(AssertSqlSafe(rename.sql())).await?;
        }
        let mut held = Vec::new();
        for (hold, let_go) in holds(self.renamed, self.to) {
            // One that needs what is not there yet is left out.
            match connection.execute(AssertSqlSafe(hold)).await {
                Ok(_) => held.push(let_go),
                Err(sqlx::Error::Database(_)) => (),
                Err(error) => return Err(error),
            }
        }
        let refusals = seed(connection, self.renamed, self.to).await?;
        for let_go in held.into_iter().rev() {
            connection.execute(AssertSqlSafe(let_go)).await?;
        }
        for rename in self.renames.iter().rev() {
            connection.execute(AssertSqlSafe(rename.back().sql())).await?;
        }
        Ok(refusals)
    }

    /// Tables of both schemas that are not the same in both.
    fn touched(&self) -> BTreeSet<Id> {
        let differences = compare(self.to, self.from);
        let tables = differences.iter().map(|difference| difference.object.table());
        tables.filter(|table| self.from.has(table) && self.to.has(table)).collect()
    }

    async fn run(
        &self,
        connection: &mut PgConnection,
        text: &str,
        wanted: &Catalogue,
        what: &'static str,
    ) -> Result<(), AutoError> {
        let mut transaction = connection.begin().await?;
        if let Err(error) = transaction.execute(AssertSqlSafe(text.to_owned())).await {
            return Err(AutoError::Unproven { what, objects: vec![word(&error)] });
        }
        transaction.commit().await.map_err(|error| AutoError::Unproven { what, objects: vec![word(&error)] })?;
        let differences = compare(wanted, &catalogue::read(connection).await?);
        if differences.is_empty() {
            return Ok(());
        }
        Err(AutoError::Unproven { what, objects: differences.iter().map(ToString::to_string).collect() })
    }
}

fn survived(lost: Option<(Id, String)>, what: &'static str) -> Result<(), AutoError> {
    match lost {
        None => Ok(()),
        Some((object, how)) => Err(AutoError::Unproven { what, objects: vec![format!("{object}: {how}")] }),
    }
}
