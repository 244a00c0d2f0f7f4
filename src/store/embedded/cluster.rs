//! The cluster on disk: made in one step, and recognised by its version.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::folder::{self, FolderError};
use super::home::Layout;
use super::programs::Programs;
use super::socket::NAME;
use super::user::ServerUser;

/// Why there is no usable cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The folder holds something, but no cluster.
    #[error(
        "{} is not a PostgreSQL data folder ({what}); move it away to begin with an empty database, or set VENUES_DATA_DIR to another folder",
        path.display()
    )]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// `initdb` failed.
    #[error("initdb ({}) could not make a database in {}: {said}", bin.display(), path.display())]
    Initdb {
        /// The programs used.
        bin: PathBuf,
        /// Where.
        path: PathBuf,
        /// What it said last.
        said: String,
    },
}

/// The major version of the cluster, or none where there is none yet.
pub(super) fn major(cluster: &Path, user: &ServerUser) -> Result<Option<u32>, ClusterError> {
    if let Err(error) = std::fs::symlink_metadata(cluster)
        && error.kind() == ErrorKind::NotFound
    {
        return Ok(None);
    }
    folder::checked(cluster, user.uid)?;
    let damaged = |what: String| ClusterError::Damaged { path: cluster.to_owned(), what };
    match std::fs::read_to_string(cluster.join("PG_VERSION")) {
        Ok(text) => match text.trim().parse() {
            Ok(major) => Ok(Some(major)),
            Err(_) => Err(damaged(format!("its PG_VERSION says `{}`", text.trim().escape_debug()))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut inside = std::fs::read_dir(cluster).map_err(folder::failed("read", cluster))?;
            if inside.next().is_none() { Ok(None) } else { Err(damaged("it has no PG_VERSION".into())) }
        }
        Err(source) => Err(folder::failed("read", &cluster.join("PG_VERSION"))(source).into()),
    }
}

/// Makes the cluster: beside its place first, then moved there whole, so that a killed `initdb` leaves nothing half made.
///
/// If it is to be `durable`, it is on disk before it is moved: `initdb` synchronises what it wrote.
pub(super) async fn create(
    layout: &Layout,
    user: &ServerUser,
    programs: &Programs,
    durable: bool,
) -> Result<(), ClusterError> {
    sweep(&layout.room);
    let fresh = layout.room.join(format!("cluster.new-{}", uuid::Uuid::new_v4().simple()));
    folder::private(&fresh, user.uid, user.gid)?;
    let made = initdb(&fresh, user, programs, durable).await;
    if let Err(error) = made {
        drop(std::fs::remove_dir_all(&fresh));
        return Err(error);
    }
    std::fs::rename(&fresh, &layout.cluster).map_err(folder::failed("create", &layout.cluster))?;
    // The move itself has to be on disk too.
    File::open(&layout.room).and_then(|room| room.sync_all()).map_err(folder::failed("synchronise", &layout.room))?;
    Ok(())
}

async fn initdb(fresh: &Path, user: &ServerUser, programs: &Programs, durable: bool) -> Result<(), ClusterError> {
    let failed = |said: String| ClusterError::Initdb { bin: programs.bin.clone(), path: fresh.to_owned(), said };
    let output = user
        .command(programs.bin.join("initdb"))
        .arg("-D")
        .arg(fresh)
        // The socket's folder is the server's alone; over TCP a password is asked.
        .args(["-U", NAME, "-E", "UTF8", "--no-locale", "--auth-local=trust", "--auth-host=scram-sha-256"])
        .args((!durable).then_some("--no-sync"))
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(if said.trim().is_empty() { output.status.to_string() } else { said.trim().to_owned() }))
}

/// Removes what killed attempts left. One that is still being written to stays for the next time.
fn sweep(room: &Path) {
    for entry in std::fs::read_dir(room).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with("cluster.new-") {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}
