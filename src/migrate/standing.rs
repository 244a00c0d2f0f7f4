//! Where a database stands: each migration's state, and whether this program can use the database at all.

use serde::Serialize;
use similar::TextDiff;
use sqlx::{Executor, Postgres};

use super::bookkeeping::{self, Alembic, Found, Row};
use super::files::{File, Files};
use super::indexes::{self, InvalidIndex};
use super::revision::{ALEMBIC_FIRST, ALEMBIC_LATER};
use crate::store::{Database, DatabaseError};

/// One migration, and how this database has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// The number at the beginning of the file's name.
    pub version: i64,
    /// The rest of the name, in words.
    pub what: String,
    /// How this database has it.
    #[serde(flatten)]
    pub status: Status,
}

/// How a database has a migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// As its file has it.
    Applied,
    /// Not yet.
    Pending,
    /// Not, and not needed: the server lacks an extension that it is for.
    Optional {
        /// The extension.
        extension: String,
    },
    /// Applied from a file that says the same in other words or another layout.
    Reworded,
    /// Applied from a file that says something else.
    Changed {
        /// Version of the `venues` that applied it, where that is known.
        applied_by: Option<String>,
        /// From what was applied to what the file says now, where the applied text was kept.
        difference: Option<String>,
    },
    /// Begun, and neither finished nor undone.
    Half {
        /// It runs without a transaction, and can be run again.
        goes_on: bool,
    },
    /// Applied from a file that this program does not have.
    Newer {
        /// The database keeps its way back.
        goes_back: bool,
    },
}

impl Status {
    /// The database has it, as far as one can tell.
    pub fn is_applied(&self) -> bool {
        matches!(self, Self::Applied | Self::Reworded | Self::Changed { .. } | Self::Newer { .. })
    }
}

/// Where a database stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Every migration, oldest first.
    pub revisions: Vec<Revision>,
    /// Indexes that a failed build left behind.
    pub invalid_indexes: Vec<InvalidIndex>,
    pub(super) found: Found,
    /// Migrations for an extension that this role can hardly make: `up` tries, and nothing waits for them.
    tried: Vec<i64>,
}

/// What is to be done with a database that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Current,
    /// Apply what it lacks.
    Behind {
        /// How many migrations.
        pending: usize,
    },
    /// Take it over from the backend's Alembic.
    MadeByAlembic {
        /// What `alembic_version` says.
        revision: String,
    },
}

/// Why a database cannot be used by this program as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A newer binary was here.
    #[error(
        "the database has migration {database}, which this binary (newest {binary}) does not know. Use the newer `venues` that made it"
    )]
    Newer {
        /// Newest version in the database.
        database: i64,
        /// Newest version in this binary.
        binary: i64,
    },
    /// A file says something else than what was applied.
    #[error(
        "migration {version} was changed after it had been applied to this database{}.\n\
         With the source: restore the file, and put the change into a new migration. With a binary alone: use the `venues` \
         that applied it{}{}",
        if difference.is_none() { " (or was never kept here, so that nobody can tell how)" } else { "" },
        applied_by.as_deref().map(|by| format!(" ({by})")).unwrap_or_default(),
        difference.as_deref().map(|lines| format!(".\nFrom what was applied to what the file says:\n{lines}")).unwrap_or_default(),
    )]
    Changed {
        /// Its version.
        version: i64,
        /// Version of the `venues` that applied it, where that is known.
        applied_by: Option<String>,
        /// The lines that changed, where the applied text was kept.
        difference: Option<String>,
    },
    /// A migration was begun, and neither finished nor undone.
    #[error("migration {version} is half-applied: it was recorded as begun and never as done. {}", remedy(*.goes_on))]
    Half {
        /// Its version.
        version: i64,
        /// It runs without a transaction, and can be run again.
        goes_on: bool,
    },
    /// Alembic's database, at a revision that we do not build upon.
    #[error(
        "this database is at Alembic's revision {revision}; ours begin at {ALEMBIC_FIRST}. Bring it there with the backend's \
         `alembic upgrade {ALEMBIC_FIRST}` first"
    )]
    UnknownAlembic {
        /// What `alembic_version` says.
        revision: String,
    },
    /// A number that no migration can have.
    #[error(
        "the bookkeeping records a migration {version} ({what}), and no migration has such a number. See who wrote that; \
         if it is a stray row, remove it: `delete from venue_sync._sqlx_migrations where version = {version}`"
    )]
    NoVersion {
        /// What is recorded.
        version: i64,
        /// What it is called.
        what: String,
    },
    /// Tables of our names that neither we nor Alembic recorded.
    #[error(
        "the database has {} of its own, and neither our bookkeeping nor Alembic's says where they come from. \
         If they are ModeMap's as Alembic made them, record that with `venues migrate stamp {ALEMBIC_FIRST}`; if `venues` \
         brought them further and the record was lost, with `venues migrate stamp head`, or the newest revision that they match; \
         else use another database",
        objects.join(", ")
    )]
    Foreign {
        /// What is in the way.
        objects: Vec<String>,
    },
}

fn remedy(goes_on: bool) -> &'static str {
    if goes_on {
        "Another `venues migrate up` may be at work on it; if none is, `venues migrate up` goes on with it"
    } else {
        "See what of it there is, and have the mark taken away with `venues migrate repair`; then `venues migrate up` runs it \
         again, or `venues migrate stamp` records it as done"
    }
}

impl Standing {
    /// What is to be done, or why nothing can be.
    pub fn state(&self) -> Result<State, Unusable> {
        self.check()?;
        if let Some((version, goes_on)) = self.half() {
            return Err(Unusable::Half { version, goes_on });
        }
        if let Some(Alembic::At(revision)) = &self.found.alembic {
            return Ok(State::MadeByAlembic { revision: revision.clone() });
        }
        let waits = |one: &&Revision| one.status == Status::Pending && !self.tried.contains(&one.version);
        let pending = self.revisions.iter().filter(waits).count();
        Ok(if pending == 0 { State::Current } else { State::Behind { pending } })
    }

    /// Why nothing can be done, but for what is half-applied.
    pub(super) fn check(&self) -> Result<(), Unusable> {
        self.check_numbers()?;
        let known = |revision: &&Revision| !matches!(revision.status, Status::Newer { .. });
        if let Some(newer) = self.revisions.iter().rev().find(|revision| !known(revision)) {
            let binary = self.revisions.iter().rev().find(known).map_or(0, |revision| revision.version);
            return Err(Unusable::Newer { database: newer.version, binary });
        }
        for revision in &self.revisions {
            if let Status::Changed { applied_by, difference } = &revision.status {
                let (applied_by, difference) = (applied_by.clone(), difference.clone());
                return Err(Unusable::Changed { version: revision.version, applied_by, difference });
            }
        }
        match &self.found.alembic {
            Some(Alembic::At(revision)) if revision != ALEMBIC_FIRST && revision != ALEMBIC_LATER => {
                Err(Unusable::UnknownAlembic { revision: revision.clone() })
            }
            None | Some(Alembic::Empty) if self.found.rows.is_empty() => match self.foreign() {
                objects if objects.is_empty() => Ok(()),
                objects => Err(Unusable::Foreign { objects }),
            },
            _ => Ok(()),
        }
    }

    /// Refuses numbers that would be taken for what comes before the first migration.
    pub(super) fn check_numbers(&self) -> Result<(), Unusable> {
        match self.found.rows.iter().find(|row| row.version <= 0) {
            Some(row) => Err(Unusable::NoVersion { version: row.version, what: row.description.clone() }),
            None => Ok(()),
        }
    }

    /// Whether a migration is recorded without a checksum.
    pub(super) fn is_unsummed(&self, version: i64) -> bool {
        self.found.rows.iter().any(|row| row.version == version && row.checksum.is_empty())
    }

    /// What `repair` cannot mend, a line each: nobody here knows what was applied.
    pub fn beyond_repair(&self) -> Vec<String> {
        let unknown = |revision: &&Revision| revision.status == Status::Newer { goes_back: false };
        let told = |Revision { version, what, .. }: &Revision| {
            format!(
                "migration {version} ({what}) is recorded, and neither a file of this binary nor a kept text says what it did. Use \
                 the newer `venues` that applied it; if it is a stray row, remove it: \
                 `delete from venue_sync._sqlx_migrations where version = {version}`"
            )
        };
        self.revisions.iter().filter(unknown).map(told).collect()
    }

    /// Tables and enums of the backend's names; but not the enums that Alembic's way back leaves behind.
    fn foreign(&self) -> Vec<String> {
        let tables = self.found.tables.iter().map(|table| format!("a table public.{table}"));
        let left: Vec<&str> = self.left_by_alembic().collect();
        let enums = self.found.enums.iter().filter_map(|listed| listed.split(':').next());
        let enums = enums.filter(|name| !left.contains(name)).map(|name| format!("a type public.{name}"));
        tables.chain(enums).collect()
    }

    /// Enums that hold nothing any more: `alembic downgrade base` leaves them, and an empty `alembic_version`.
    fn left_by_alembic(&self) -> impl Iterator<Item = &str> {
        const MADE_BY_ALEMBIC: [&str; 2] = [
            "event_type_enum: IMPRESSION CLICK SAVE THUMBS_UP THUMBS_DOWN NAVIGATE",
            "mode_enum: WORK DATE QUICK_BITE BUDGET",
        ];
        let left = self.found.alembic == Some(Alembic::Empty) && self.found.tables.is_empty();
        let enums = self.found.enums.iter().filter(move |listed| left && MADE_BY_ALEMBIC.contains(&listed.as_str()));
        enums.filter_map(|listed| listed.split(':').next())
    }

    /// Statements that clear the way for the first migration: what Alembic leaves behind when it has taken back everything.
    pub(super) fn clearing(&self) -> Vec<String> {
        if self.found.alembic != Some(Alembic::Empty) {
            return Vec::new();
        }
        let enums = self.left_by_alembic().map(|name| format!("drop type public.{name}"));
        // Alembic may be at work just now.
        let table = "do $$ begin
                lock table public.alembic_version in access exclusive mode;
                if exists (select from public.alembic_version) then
                    raise exception 'Alembic has just recorded a revision in this database';
                end if;
                drop table public.alembic_version;
            end $$";
        std::iter::once(table.to_owned()).chain(enums).collect()
    }

    /// The newest migration that is applied.
    pub fn at(&self) -> Option<&Revision> {
        self.revisions.iter().rev().find(|revision| revision.status.is_applied())
    }

    /// The newest applied version; 0 where there is none.
    pub fn newest(&self) -> i64 {
        self.at().map_or(0, |revision| revision.version)
    }

    /// A migration that was begun and not finished, and whether it can be run again.
    pub fn half(&self) -> Option<(i64, bool)> {
        self.revisions.iter().find_map(|revision| match revision.status {
            Status::Half { goes_on } => Some((revision.version, goes_on)),
            _ => None,
        })
    }

    /// Where it was made by Alembic and not taken over yet: what `alembic_version` says.
    pub fn alembic(&self) -> Option<&str> {
        match &self.found.alembic {
            Some(Alembic::At(revision)) => Some(revision),
            _ => None,
        }
    }

    /// Every version that there is, in files or in the database, oldest first.
    pub fn versions(&self) -> Vec<i64> {
        self.revisions.iter().map(|revision| revision.version).collect()
    }

    /// Applied migrations whose texts are to be kept and are not yet.
    pub(super) fn unkept(&self) -> impl Iterator<Item = i64> {
        let keeps = self.found.keeps_texts;
        let rows = self.found.rows.iter().filter(move |row| keeps && row.success && row.statements.is_none());
        rows.map(|row| row.version)
            .filter(|version| self.revisions.iter().any(|one| one.version == *version && one.status == Status::Applied))
    }
}

/// Where a database stands, measured against the migrations in the binary. Also through PgBouncer.
pub async fn standing(database: &Database) -> Result<Standing, DatabaseError> {
    let mut transaction = database.begin().await?;
    let standing = read(&mut transaction, Files::embedded()).await.map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(standing)
}

/// Where a database stands, measured against any migrations.
pub(super) async fn read<C>(connection: &mut C, files: &Files) -> Result<Standing, sqlx::Error>
where
    for<'c> &'c mut C: Executor<'c, Database = Postgres>,
{
    let found = bookkeeping::find(connection, files).await?;
    let mut revisions = judge(files, &found);
    for revision in &mut revisions {
        if let (Status::Changed { applied_by, difference }, Some(file)) =
            (&mut revision.status, files.get(revision.version))
            && found.rows.iter().any(|row| row.version == revision.version && row.statements.is_some())
            && let Some(kept) = bookkeeping::kept(connection, revision.version).await?
        {
            *applied_by = Some(kept.applied_by);
            *difference = Some(lines(&kept.up, &file.up.text));
        }
    }
    let mut invalid_indexes = indexes::find_invalid(connection).await?;
    // Others are somebody else's.
    invalid_indexes.retain(|index| files.iter().any(|file| index.is_of(&file.up)));
    let needs = |file: &&File| file.up.extension.as_ref().is_some_and(|extension| found.superusers.contains(extension));
    let tried = files.iter().filter(needs).map(|file| file.version).collect();
    Ok(Standing { revisions, invalid_indexes, found, tried })
}

fn judge(files: &Files, found: &Found) -> Vec<Revision> {
    let row = |version| found.rows.iter().find(|row| row.version == version);
    let of_file = |file: &File| Revision {
        version: file.version,
        what: file.what.clone(),
        status: row(file.version).map_or_else(|| not_there(file, found), |row| there(file, row)),
    };
    let unknown = found.rows.iter().filter(|row| files.get(row.version).is_none());
    let of_row = |row: &Row| Revision {
        version: row.version,
        what: row.description.clone(),
        status: Status::Newer { goes_back: row.goes_back },
    };
    let mut revisions: Vec<Revision> = files.iter().map(of_file).chain(unknown.map(of_row)).collect();
    revisions.sort_by_key(|revision| revision.version);
    revisions
}

fn not_there(file: &File, found: &Found) -> Status {
    match &file.up.extension {
        Some(extension) if !found.extensions.contains(extension) => Status::Optional { extension: extension.clone() },
        _ => Status::Pending,
    }
}

fn there(file: &File, row: &Row) -> Status {
    if !row.success {
        Status::Half { goes_on: !file.up.in_transaction }
    } else if row.checksum == file.up.checksum() {
        Status::Applied
    } else if row.statements.as_ref() == Some(&file.up.statements_checksum()) {
        Status::Reworded
    } else {
        Status::Changed { applied_by: None, difference: None }
    }
}

/// The lines that changed, each with a few that did not.
fn lines(applied: &str, file: &str) -> String {
    TextDiff::from_lines(applied, file).unified_diff().context_radius(2).to_string()
}
