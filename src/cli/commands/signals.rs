use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::cli::exit::Exit;

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
