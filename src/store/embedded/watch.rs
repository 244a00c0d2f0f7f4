//! Stops a server that nobody needs any more.
//!
//! A small process of our own program, started with the server and detached like it. It keeps one connection to the maintenance
//! database and counts everybody else's. It stops the server only with the lock held, so never while another process is being given
//! the address, and only if nothing has happened since it began to count.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

use super::connection::{self, Socket};
use super::folder::{self, FolderError};
use super::home::{Home, Layout};
use super::lock::{self, LockError};
use super::postmaster::{self, Postmaster};
use super::stop::{self, StopError};
use super::user;

/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The shortest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
/// How long another process may be busy with the server; a download may be part of it.
const LOCK: Duration = Duration::from_hours(1);

/// How the watcher is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    /// Our own program; it is called with [`Watcher::arguments`].
    pub program: PathBuf,
    /// How long the server may be without a connection before it is stopped.
    pub idle: Duration,
}

/// Why the watcher gave up.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The lock cannot be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The server does not stop.
    #[error(transparent)]
    Stop(#[from] StopError),
}

impl Watcher {
    /// What the watcher is called with: `db watch --data-dir <data> --cache-dir <cache> --idle-ms <milliseconds>`.
    pub fn arguments(&self, home: &Home) -> Vec<OsString> {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).into_os_string();
        vec![
            "db".into(),
            "watch".into(),
            "--data-dir".into(),
            absolute(&home.data),
            "--cache-dir".into(),
            absolute(&home.cache),
            "--idle-ms".into(),
            self.idle.as_millis().to_string().into(),
        ]
    }
}

/// Leaves the terminal's session, so that neither Ctrl-C nor the end of the session reaches the watcher. The first thing it does.
pub fn detach() -> io::Result<()> {
    match rustix::process::setsid() {
        // We lead a session already.
        Ok(_) | Err(rustix::io::Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Watches the server of this home until it is gone, and stops it when nobody has been connected for `idle` and nobody has asked for
/// its address. Returns at once where another watcher is at work.
pub async fn watch(home: &Home, idle: Duration) -> Result<(), WatchError> {
    let layout = Layout::of(home)?;
    let Some(alone) = lock::try_exclusive(&layout.watch_lock)? else { return Ok(()) };
    let mut idleness = Idleness { seen: None, since: Instant::now() };
    let pause = (idle / 4).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    loop {
        let Some(server) = live(&layout)? else {
            // Whoever starts a server looks for a watcher before letting go of the lock: with the lock held, there is none, or
            // one more to watch.
            let lock = lock::exclusive(&layout.lock, LOCK, || ()).await?;
            if live(&layout)?.is_none() {
                leave(alone, lock);
                return Ok(());
            }
            continue;
        };
        if let Some(mut connection) = connected(&server).await {
            while idleness.look(&mut connection, &layout).await.is_ok() {
                if idleness.since.elapsed() >= idle
                    && let Some(lock) = lock::try_exclusive(&layout.lock)?
                    && idleness.confirm(&mut connection, &layout).await
                {
                    connection::close(connection).await;
                    stop::end(&server, &layout).await?;
                    leave(alone, lock);
                    return Ok(());
                }
                sleep(pause).await;
            }
        }
        sleep(pause).await;
    }
}

/// Lets go of the watcher's lock first, so that the next starter finds the place free.
fn leave(alone: File, lock: File) {
    drop(alone);
    drop(lock);
}

fn live(layout: &Layout) -> Result<Option<Postmaster>, FolderError> {
    let found = postmaster::read(&layout.cluster).map_err(folder::failed("read", &layout.cluster))?;
    Ok(found.filter(|server| server.lives_in(&layout.cluster)))
}

async fn connected(server: &Postmaster) -> Option<PgConnection> {
    Socket::of(server)?.maintenance().await.ok()
}

/// Since when nothing has happened.
struct Idleness {
    seen: Option<Activity>,
    since: Instant,
}

/// Traces of use.
#[derive(Debug, PartialEq, Eq)]
struct Activity {
    /// Connections other than ours.
    clients: i64,
    /// Connections ever made to databases of ours, also those too short to be seen.
    sessions: i64,
    /// Changes whenever somebody is given the address.
    handed_out: String,
}

impl Idleness {
    async fn look(&mut self, connection: &mut PgConnection, layout: &Layout) -> Result<(), sqlx::Error> {
        let now = Activity::now(connection, layout).await?;
        if now.clients > 0 || self.seen.as_ref() != Some(&now) {
            self.since = Instant::now();
            self.seen = Some(now);
        }
        Ok(())
    }

    /// Still nothing.
    async fn confirm(&mut self, connection: &mut PgConnection, layout: &Layout) -> bool {
        let before = self.since;
        self.look(connection, layout).await.is_ok() && self.since == before
    }
}

impl Activity {
    async fn now(connection: &mut PgConnection, layout: &Layout) -> Result<Self, sqlx::Error> {
        let (clients, sessions) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
                    (SELECT coalesce(sum(sessions), 0)::bigint FROM pg_stat_database WHERE datname <> 'postgres')",
        )
        .fetch_one(connection)
        .await?;
        // A file that cannot be read now can be read next time; until then it counts as a change.
        let handed_out = std::fs::read_to_string(&layout.handed_out).unwrap_or_default();
        Ok(Self { clients, sessions, handed_out })
    }
}

/// Notes that somebody was given the address: the idle time begins anew. Call it with the lock held.
pub(super) fn hand_out(layout: &Layout) -> io::Result<()> {
    std::fs::write(&layout.handed_out, uuid::Uuid::new_v4().to_string())
}

/// Starts the watcher where there is none. Without one the server stays up until it is told to stop, so a failure is only logged.
/// Call it with the lock held.
pub(super) fn ensure(layout: &Layout, home: &Home, watcher: &Watcher) {
    match lock::try_exclusive(&layout.watch_lock) {
        Ok(Some(free)) => drop(free),
        Ok(None) => return,
        Err(error) => tracing::warn!(%error, "the database server has no watcher"),
    }
    user::keep_descriptors();
    let spawned = Command::new(&watcher.program)
        .args(watcher.arguments(home))
        .current_dir("/")
        // It lives longer than the caller and needs none of its keys.
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = spawned {
        tracing::warn!(%error, program = %watcher.program.display(), "the database server has no watcher");
    }
}
