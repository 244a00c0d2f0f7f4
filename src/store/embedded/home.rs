//! Where the embedded server lives: one folder of ours under the data folder, and what is in it.

use std::path::PathBuf;

use super::folder::{self, FolderError};
use super::user::ServerUser;

/// The two folders the caller gives the embedded server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// What must survive: the server keeps its data in `postgres/` below. Created where it is missing.
    pub data: PathBuf,
    /// What can be fetched again: downloaded server programs. Created when it is needed.
    pub cache: PathBuf,
}

/// The files below [`Home::data`].
///
/// The room itself stays ours (root's, where we are root), so that the server's user cannot plant links in it; only `cluster`
/// and `run` are the server's.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The folder that holds all the others.
    pub(super) room: PathBuf,
    /// PostgreSQL's own data folder.
    pub(super) cluster: PathBuf,
    /// The socket's folder, where its path is short enough.
    pub(super) run: PathBuf,
    /// Held while a server is made, started or stopped.
    pub(super) lock: PathBuf,
    /// Held by the one watcher of a server.
    pub(super) watch_lock: PathBuf,
    /// What the server says.
    pub(super) log: PathBuf,
    /// Rewritten whenever somebody is given the server's address.
    pub(super) handed_out: PathBuf,
    /// The password for connections over TCP.
    pub(super) password: PathBuf,
}

impl Layout {
    /// The places, touching nothing.
    pub(super) fn of(home: &Home) -> Result<Self, FolderError> {
        let data = std::path::absolute(&home.data).map_err(folder::failed("find", &home.data))?;
        // The server compares and reports real paths.
        let data = data.canonicalize().unwrap_or(data);
        let room = data.join("postgres");
        Ok(Self {
            cluster: room.join("cluster"),
            run: room.join("run"),
            lock: room.join("lock"),
            watch_lock: room.join("watch.lock"),
            log: room.join("server.log"),
            handed_out: room.join("handed-out"),
            password: room.join("password"),
            room,
        })
    }

    /// Makes the room and checks that the server's user can get there.
    pub(super) fn prepare(home: &Home, user: &ServerUser) -> Result<Self, FolderError> {
        folder::create_all(&std::path::absolute(&home.data).map_err(folder::failed("find", &home.data))?, user)?;
        let layout = Self::of(home)?;
        if let Some(data) = layout.room.parent() {
            folder::let_pass(data, user)?;
        }
        let us = rustix::process::geteuid().as_raw();
        if user.switched {
            folder::create_all(&layout.room, user)?;
            folder::checked(&layout.room, us)?;
            folder::own(&layout.room, us, user.gid, 0o710)?;
        } else {
            folder::private(&layout.room, us, user.gid)?;
        }
        folder::reachable(&layout.room, user)?;
        Ok(layout)
    }
}
