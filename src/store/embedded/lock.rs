//! One process at a time makes, starts or stops the server.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The file could not be opened or locked.
    #[error("cannot lock {}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody else kept it.
    #[error("another `venues` has been busy with the database server for {} s ({}); try again when it is done", waited.as_secs(), path.display())]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long we waited.
        waited: Duration,
    },
}

/// Takes the lock if nobody has it. It is let go when the file is dropped, or with the process.
pub(super) fn try_exclusive(path: &Path) -> Result<Option<File>, LockError> {
    let failed = |source| LockError::Io { path: path.to_owned(), source };
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Takes the lock, waiting for whoever has it. `waiting` is called once, when there is somebody to wait for.
pub(super) async fn exclusive(path: &Path, patience: Duration, waiting: impl FnOnce()) -> Result<File, LockError> {
    let begun = Instant::now();
    let mut waiting = Some(waiting);
    loop {
        if let Some(file) = try_exclusive(path)? {
            return Ok(file);
        }
        if begun.elapsed() > patience {
            return Err(LockError::Busy { path: path.to_owned(), waited: begun.elapsed() });
        }
        if let Some(tell) = waiting.take() {
            tell();
        }
        sleep(Duration::from_millis(20)).await;
    }
}
