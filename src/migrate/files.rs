//! The migrations that there are: pairs of files in `migrations/`, embedded in the binary.

use std::path::Path;
use std::sync::LazyLock;

use sqlx::migrate::{Migration, Migrator};

use super::script::Script;

static EMBEDDED: Migrator = sqlx::migrate!();
static READ: LazyLock<Files> = LazyLock::new(|| Files::of(&EMBEDDED.migrations));

/// A set of migrations, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    all: Vec<File>,
}

/// One migration: the way there, and the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The number at the beginning of the files' names: UTC, year to second.
    pub version: i64,
    /// The rest of the name, in words.
    pub what: String,
    /// The way there.
    pub up: Script,
    /// The way back.
    pub down: Option<Script>,
}

/// Files that cannot be read, or are not named as sqlx names them.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the migrations in {folder}: {reason}")]
pub struct FilesError {
    folder: String,
    reason: String,
}

impl Files {
    /// Those in the binary.
    pub fn embedded() -> &'static Self {
        &READ
    }

    /// Those in a folder, as sqlx-cli finds them.
    pub async fn read(folder: &Path) -> Result<Self, FilesError> {
        let read = Migrator::new(folder)
            .await
            .map_err(|error| FilesError { folder: folder.display().to_string(), reason: error.to_string() })?;
        Ok(Self::of(&read.migrations))
    }

    /// From sqlx's own form.
    pub fn of(migrations: &[Migration]) -> Self {
        let script = |of: &Migration| Script::read(of.sql.as_str());
        let down = |version| {
            migrations
                .iter()
                .find(|other| other.version == version && other.migration_type.is_down_migration())
                .map(script)
        };
        let ups = migrations.iter().filter(|migration| !migration.migration_type.is_down_migration());
        let mut all: Vec<File> = ups
            .map(|up| File {
                version: up.version,
                what: up.description.clone().into_owned(),
                up: script(up),
                down: down(up.version),
            })
            .collect();
        all.sort_by_key(|file| file.version);
        Self { all }
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &File> {
        self.all.iter()
    }

    /// One of them.
    pub fn get(&self, version: i64) -> Option<&File> {
        self.all.iter().find(|file| file.version == version)
    }

    /// The newest version; 0 where there are none.
    pub fn newest(&self) -> i64 {
        self.all.last().map_or(0, |file| file.version)
    }

    /// Those up to a version, and it.
    #[must_use]
    pub fn up_to(&self, version: i64) -> Self {
        Self { all: self.all.iter().filter(|file| file.version <= version).cloned().collect() }
    }

    /// All but some.
    #[must_use]
    pub fn without(&self, versions: &[i64]) -> Self {
        Self { all: self.all.iter().filter(|file| !versions.contains(&file.version)).cloned().collect() }
    }

    /// The extensions that some of them need.
    pub(super) fn extensions(&self) -> Vec<String> {
        self.all.iter().filter_map(|file| file.up.extension.clone()).collect()
    }
}
