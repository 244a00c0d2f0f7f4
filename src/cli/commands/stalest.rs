//! In which order the regions of `--all` have their turn.

use std::collections::HashMap;

use super::open::open;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::terminal::Terminal;
use crate::store::{self, DatabaseError};

/// Puts those first that were never completed, then those whose last complete run is the oldest: where an allowance does not last for all
/// of them, none is left out for ever. `named` gives the region and provider of each.
pub(super) async fn stalest_first<T>(
    mut all: Vec<T>,
    named: impl Fn(&T) -> (String, String),
    choice: &DatabaseChoice,
    terminal: &Terminal,
) -> Vec<T> {
    // Where there is no database, or no schema in it yet, the first run says so, and how to mend it.
    let Ok(opened) = open(choice, 1, terminal).await else { return all };
    let completed = store::last_completed(&opened.database).await;
    opened.database.close().await;
    match completed {
        Ok(completed) => {
            let at: HashMap<_, _> =
                completed.into_iter().map(|(region, provider, at)| ((region, provider), at)).collect();
            all.sort_by_key(|one| at.get(&named(one)).copied());
        }
        Err(DatabaseError::Stopped { .. }) => {}
        Err(error) => tracing::debug!("the regions come in the order of their file: {error}"),
    }
    all
}
