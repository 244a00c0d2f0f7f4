use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use crate::cli::exit::Exit;
use crate::cli::settings::database::DatabaseChoice;
use crate::store::DatabaseError;

/// Time that work with a database has after the first signal.
const GRACE: Duration = Duration::from_secs(3);

/// Ctrl-C and SIGTERM: the first pulls the token, the second ends the process at once. Nothing is lost by either: what was
/// answered is committed, and what was in flight is asked again.
pub(super) fn listen(stop: CancellationToken) -> std::io::Result<()> {
    listen_saying(stop, "stopping: the answers in hand are finished and kept; once more stops at once")
}

/// The same, with other words for the first.
pub(super) fn listen_saying(stop: CancellationToken, words: &'static str) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if stop.is_cancelled() {
                #[expect(clippy::exit, reason = "asked twice: at once, whatever is under way")]
                std::process::exit(Exit::Again.code().into());
            }
            tracing::warn!("{words}");
            stop.cancel();
        }
    });
    Ok(())
}

/// Does work that cannot hear of a signal itself. What a database that does not answer keeps it from is let go of.
pub(super) async fn or_stopped<T>(
    stop: &CancellationToken,
    database: &DatabaseChoice,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let too_long = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        done = work => done,
        () = too_long => {
            let place = match database {
                DatabaseChoice::Url(url) => url.to_string(),
                DatabaseChoice::Embedded(_) => "our own server".to_owned(),
            };
            Err(DatabaseError::Stopped { place }.into())
        }
    }
}
