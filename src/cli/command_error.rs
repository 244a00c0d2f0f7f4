//! Why a command did not do what it was asked for, whatever kind of command it was.

use std::borrow::Cow;

use super::commands::Failure;
use super::exit::Exit;
use super::settings::database::DatabaseError;
use super::settings::file::SettingsFileError;
use super::settings::scope::ScopeError;
use super::settings::sync_job::SyncJobError;
use super::settings::venues_job::VenuesJobError;

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// `venues.toml`.
    #[error(transparent)]
    File(#[from] SettingsFileError),
    /// What is to be synced.
    #[error(transparent)]
    Job(#[from] SyncJobError),
    /// What is to be cleaned again or purged.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// Which venues are to be read.
    #[error(transparent)]
    VenuesJob(#[from] VenuesJobError),
    /// The form of a file.
    #[error(
        "in which form? Say --format geojson, csv, ndjson or parquet, or --output with a name that ends in .geojson, .csv, .ndjson or .parquet"
    )]
    NoFormat,
    /// A form that this build cannot write.
    #[error(
        "this `venues` was built without Parquet; build it with: cargo install --path . --locked --features parquet. Or say --format csv or ndjson"
    )]
    NoParquet,
    /// Which database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Stdout.
    #[error("cannot write to stdout")]
    Stdout(#[from] std::io::Error),
    /// A value of ours that is not JSON.
    #[error("cannot write JSON")]
    Json(#[from] serde_json::Error),
    /// The work itself.
    #[error(transparent)]
    Work(#[from] Failure),
}

impl CommandError {
    /// What a scheduler is told.
    pub fn exit(&self) -> Exit {
        match self {
            Self::File(_)
            | Self::Job(_)
            | Self::Scope(_)
            | Self::VenuesJob(_)
            | Self::NoFormat
            | Self::NoParquet
            | Self::Database(_) => Exit::Usage,
            Self::Stdout(_) => Exit::Output,
            Self::Json(_) => Exit::Bug,
            Self::Work(failure) => failure.exit(),
        }
    }

    /// What to do, where the message alone does not say it.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Work(failure) => failure.hint(),
            _ => None,
        }
    }
}
