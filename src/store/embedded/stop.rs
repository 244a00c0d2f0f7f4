//! Stops the server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::folder::{self, FolderError};
use super::home::{Home, Layout};
use super::lock::{self, LockError};
use super::postmaster::{self, Postmaster};

/// How long a server may take to write what it has and end.
const ORDERLY: Duration = Duration::from_mins(1);
/// How long it may take to just end.
const AT_ONCE: Duration = Duration::from_secs(10);
/// How long another process may be busy with the server.
const LOCK: Duration = Duration::from_mins(2);

/// What `stop` found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It ran, and has ended.
    Stopped,
    /// There was nothing to stop.
    WasNotRunning,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopped => "the database server has stopped",
            Self::WasNotRunning => "the database server was not running",
        })
    }
}

/// Why the server still runs.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Another process is busy with the server.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The server is not ours to stop.
    #[error("cannot stop the database server (process {pid}); stop it as the user that started it")]
    Signal {
        /// Its process.
        pid: i32,
        /// Why.
        source: std::io::Error,
    },
    /// It does not end.
    #[error("the database server (process {pid}) has not ended after {} s; its log is {}", waited.as_secs(), log.display())]
    Stuck {
        /// Its process.
        pid: i32,
        /// How long we waited.
        waited: Duration,
        /// What it says.
        log: PathBuf,
    },
}

/// Stops the server, whoever is connected; transactions that are not committed are rolled back.
pub async fn stop(home: &Home) -> Result<Stopped, StopError> {
    let layout = Layout::of(home)?;
    if !layout.lock.exists() {
        return Ok(Stopped::WasNotRunning);
    }
    let _lock = lock::exclusive(&layout.lock, LOCK, || ()).await?;
    match running(&layout.cluster)? {
        Some(server) => end(&server, &layout).await.map(|()| Stopped::Stopped),
        None => Ok(Stopped::WasNotRunning),
    }
}

/// The live server of this cluster. What a dead one left behind is taken away, because its number may belong to a stranger by now,
/// and the next server would take that stranger for its predecessor. Call it with the lock held.
pub(super) fn running(cluster: &Path) -> Result<Option<Postmaster>, FolderError> {
    let file = postmaster::pid_file(cluster);
    let found = postmaster::read(cluster).map_err(folder::failed("read", &file))?;
    match found {
        Some(server) if server.lives_in(cluster) => Ok(Some(server)),
        Some(_) => {
            std::fs::remove_file(&file).map_err(folder::failed("remove", &file))?;
            Ok(None)
        }
        None => Ok(None),
    }
}

/// Ends this server: in order, and if that takes too long, at once (it then recovers at its next start, and loses nothing).
pub(super) async fn end(server: &Postmaster, layout: &Layout) -> Result<(), StopError> {
    let pid = server.pid.as_raw_nonzero().get();
    let begun = Instant::now();
    for (signal, patience) in [(Signal::INT, ORDERLY), (Signal::QUIT, AT_ONCE)] {
        server.signal(signal).map_err(|source| StopError::Signal { pid, source })?;
        let asked = Instant::now();
        while asked.elapsed() < patience {
            if !server.lives_in(&layout.cluster) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
    Err(StopError::Stuck { pid, waited: begun.elapsed(), log: layout.log.clone() })
}
