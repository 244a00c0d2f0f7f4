//! When what a run has staged is written.

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::book::Book;
use super::job::Job;
use crate::model::Event;
use crate::store::{self, Database, DatabaseError, Promoted};

/// Lets in what waits: of a run that has `ended` and is believed, all; of one that is left unfinished, what has ended, if nobody else is at
/// work. Who is told to stop in the middle leaves the rest to whoever comes next.
pub(super) async fn let_in(
    database: &Database,
    job: &Job<'_>,
    book: &Book,
    (ended, signal): (bool, &CancellationToken),
    listen: &(dyn Fn(Event) + Sync),
) -> Result<(), DatabaseError> {
    let Some(run) = book.run() else { return Ok(()) };
    if ended {
        if database.outlast(|| store::believe(database, run)).await? {
            write(database, run, None, signal, listen).await?;
        }
        return Ok(());
    }
    if book.progress(database).await?.workers > 0 {
        return Ok(());
    }
    let_in_part(database, job, book, signal, listen).await
}

/// Lets in what has ended of an unfinished run, if that is believed as the whole would be. A run may be left for days, and may never be
/// taken up: what was paid for must not wait for the last of its tiles.
pub(super) async fn let_in_part(
    database: &Database,
    job: &Job<'_>,
    book: &Book,
    signal: &CancellationToken,
    listen: &(dyn Fn(Event) + Sync),
) -> Result<(), DatabaseError> {
    let Some(run) = book.run() else { return Ok(()) };
    let part = book.believed_part(database, job).await?;
    if part.is_empty() { Ok(()) } else { write(database, run, Some(&part), signal, listen).await }
}

async fn write(
    database: &Database,
    run: Uuid,
    part: Option<&[i64]>,
    signal: &CancellationToken,
    listen: &(dyn Fn(Event) + Sync),
) -> Result<(), DatabaseError> {
    while !signal.is_cancelled() {
        match database.outlast(|| store::let_in_next(database, run, part)).await {
            Ok(Some(Promoted { counts, stubbed })) => listen(Event::LetIn { counts, stubbed }),
            Ok(None) | Err(DatabaseError::Stopped { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
