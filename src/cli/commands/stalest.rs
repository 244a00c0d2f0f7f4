//! In which order the regions of `--all` have their turn.

use std::collections::HashMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::open::open_enduring;
use super::signals;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::terminal::Terminal;
use crate::store;

/// Puts those first that were never asked for to the end, then those whose last run ended longest ago: where an allowance does not last for
/// all of them, none is left out for ever. `named` gives the region and provider of each.
pub(super) async fn stalest_first<T>(
    mut all: Vec<T>,
    named: impl Fn(&T) -> (String, String),
    choice: &DatabaseChoice,
    terminal: &Terminal,
    stop: &CancellationToken,
) -> Vec<T> {
    // Where there is no database, or no schema in it yet, the first run says so, and how to mend it.
    let asking = async {
        let database = open_enduring(choice, 1, terminal, (Duration::ZERO, stop)).await?.database;
        let ended = store::last_ended(&database).await;
        database.close().await;
        Ok(ended?)
    };
    match signals::or_stopped(stop, choice, asking).await {
        Ok(ended) => {
            let at: HashMap<_, _> = ended.into_iter().map(|(region, provider, at)| ((region, provider), at)).collect();
            all.sort_by_key(|one| at.get(&named(one)).copied());
        }
        Err(error) => tracing::debug!("the regions come in the order of their names: {error}"),
    }
    all
}
