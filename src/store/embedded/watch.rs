//! Stops a server that nobody needs any more.
//!
//! A small process of our own program, started with the server and detached like it. It holds one connection, so it sees at once
//! when the server goes, and ends with it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::home::{Home, Layout};
use super::lock;

/// How the watcher is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    /// Our own program; it is called with [`Watcher::arguments`].
    pub program: PathBuf,
    /// How long the server may be without a connection before it is stopped.
    pub idle: Duration,
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

/// Notes that somebody was given the address: the idle time begins anew. Call it with the lock held.
pub(super) fn hand_out(layout: &Layout) -> io::Result<()> {
    std::fs::write(&layout.handed_out, uuid::Uuid::new_v4().to_string())
}

/// Starts the watcher where there is none. Without one the server stays up until it is told to stop, so a failure is only logged.
pub(super) fn ensure(layout: &Layout, home: &Home, watcher: &Watcher) {
    match lock::try_exclusive(&layout.watch_lock) {
        Ok(Some(free)) => drop(free),
        Ok(None) => return,
        Err(error) => tracing::warn!(%error, "the database server has no watcher"),
    }
    let spawned = Command::new(&watcher.program)
        .args(watcher.arguments(home))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = spawned {
        tracing::warn!(%error, program = %watcher.program.display(), "the database server has no watcher");
    }
}
