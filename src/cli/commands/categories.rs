use super::failure::Failure;
use super::open::open;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::terminal::Terminal;
use crate::store::{self, UnmappedWord};

/// The category words without a code that the syncs to this database met.
pub async fn unmapped_words(choice: &DatabaseChoice, terminal: &Terminal) -> Result<Vec<UnmappedWord>, Failure> {
    let database = open(choice, 1, terminal).await?.database;
    let words = store::unmapped_words(&database).await;
    database.close().await;
    Ok(words?)
}
