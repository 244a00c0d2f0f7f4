use super::failure::Failure;
use crate::migrate::scratch::{Places, ScratchError};
use crate::migrate::{self, CheckError};
use crate::store::Database;

/// In what the database differs from what is declared; or why nobody could look: where it stands is known all the same.
pub(super) async fn adrift(database: &Database, places: &Places<'_>) -> Result<(Vec<String>, Option<String>), Failure> {
    match migrate::check(database, places).await {
        Ok(checked) => Ok((checked.ours().map(ToString::to_string).collect(), None)),
        Err(CheckError::Scratch(
            why @ (ScratchError::NoRight { .. }
            | ScratchError::ReadOnly
            | ScratchError::NoPlace
            | ScratchError::Pooled
            | ScratchError::Embedded(_)
            | ScratchError::OtherVersion { .. }
            | ScratchError::Statement(_)),
        )) => Ok((Vec::new(), Some(why.to_string()))),
        Err(error) => Err(error.into()),
    }
}
