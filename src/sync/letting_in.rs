//! When what a run has staged is written.

use tokio_util::sync::CancellationToken;

use super::book::Book;
use super::job::Job;
use crate::model::Event;
use crate::store::{self, Database, DatabaseError, Promoted};

/// Lets in what waits: of a run that has `ended` and is believed, all; of one that is left unfinished, what has ended, if that is believed
/// as the whole would be and nobody else is at work. A run may be left for days, and may never be taken up: what was paid for must not
/// wait for the last of its tiles. Who is told to stop in the middle leaves the rest to whoever comes next.
pub(super) async fn let_in(
    database: &Database,
    job: &Job<'_>,
    book: &Book,
    (ended, signal): (bool, &CancellationToken),
    listen: &(dyn Fn(Event) + Sync),
) -> Result<(), DatabaseError> {
    let Some(run) = book.run() else { return Ok(()) };
    let part = if ended {
        if !database.outlast(|| store::believe(database, run)).await? {
            return Ok(());
        }
        None
    } else {
        if book.progress(database).await?.workers > 0 {
            return Ok(());
        }
        Some(book.believed_part(database, job).await?)
    };
    if part.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    while !signal.is_cancelled() {
        match database.outlast(|| store::let_in_next(database, run, part.as_deref())).await {
            Ok(Some(Promoted { counts, stubbed })) => listen(Event::LetIn { counts, stubbed }),
            Ok(None) | Err(DatabaseError::Stopped { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
