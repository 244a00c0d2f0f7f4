//! The socket's folder, and the address that leads there.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::folder::{self, FolderError};
use super::user::ServerUser;

/// The role and the database of the embedded server.
pub(super) const NAME: &str = "venues";

/// The port of a server that does not listen on TCP; it is only a part of its socket's name.
pub(super) const DEFAULT_PORT: u16 = 5432;

/// Bytes of a socket's path that fit into `sockaddr_un`, without the closing zero.
const PATH_LIMIT: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The longest name a server gives its socket.
const LONGEST_NAME: &str = "/.s.PGSQL.65535.lock";

/// The socket's folder: `run` in the room where its path is short enough, else a short one that is always the same for a room.
pub(super) fn folder_for(run: &Path, uid: u32) -> PathBuf {
    if run.as_os_str().len() + LONGEST_NAME.len() <= PATH_LIMIT {
        return run.to_owned();
    }
    let digest = Sha256::digest(run.as_os_str().as_bytes());
    let hash = digest.iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    PathBuf::from(format!("/tmp/venues-{hash:016x}-{uid}"))
}

/// Makes the socket's folder, the server's alone. A folder in `/tmp` that is somebody else's, a link, or open to others is refused.
///
/// Call it with the lock held and no server alive: what a killed one left in the folder is taken away, because the next server would
/// respect the lock file of a dead process whose parent has not waited for it, or whose number has gone to a stranger.
pub(super) fn prepare(folder: &Path, user: &ServerUser) -> Result<(), FolderError> {
    folder::private(folder, user.uid, user.gid)?;
    for entry in std::fs::read_dir(folder).map_err(folder::failed("read", folder))?.filter_map(Result::ok) {
        if entry.file_name().as_bytes().starts_with(b".s.PGSQL.") {
            std::fs::remove_file(entry.path()).map_err(folder::failed("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// The address of a database behind a socket, for sqlx, libpq and everything else that reads PostgreSQL's URIs.
///
/// The port is always written, because clients take a missing one from `PGPORT`.
pub(super) fn url(folder: &Path, port: u16, database: &str) -> String {
    let host: String = url::form_urlencoded::byte_serialize(folder.as_os_str().as_bytes())
        // libpq does not read a plus sign as a space.
        .map(|part| if part == "+" { "%20" } else { part })
        .collect();
    format!("postgresql://{NAME}@localhost/{database}?host={host}&port={port}")
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use proptest::prelude::*;
    use sqlx::postgres::PgConnectOptions;

    use super::*;

    #[test]
    fn a_short_room_keeps_its_socket() {
        assert_eq!(
            folder_for(Path::new("/var/lib/venue-sync/postgres/run"), 7),
            Path::new("/var/lib/venue-sync/postgres/run")
        );
    }

    #[test]
    fn two_long_rooms_get_two_short_folders() {
        let (one, other) = (format!("/{}/a", "x".repeat(100)), format!("/{}/b", "x".repeat(100)));
        let (one, other) = (folder_for(Path::new(&one), 7), folder_for(Path::new(&other), 7));
        assert_ne!(one, other);
        assert!(one.to_string_lossy().ends_with("-7"), "{}", one.display());
    }

    proptest! {
        #[test]
        fn every_socket_path_fits(length in 1_usize..300) {
            let run = format!("/{}", "r".repeat(length));
            let folder = folder_for(Path::new(&run), u32::MAX);
            prop_assert!(folder.as_os_str().len() + LONGEST_NAME.len() <= 103 || folder == Path::new(&run));
            prop_assert!(folder.as_os_str().len() + LONGEST_NAME.len() <= PATH_LIMIT);
        }

        #[test]
        fn sqlx_reads_the_folder_back(name in "[ -~é]{1,40}") {
            let folder = PathBuf::from(format!("/tmp/{name}"));
            let options = PgConnectOptions::from_str(&url(&folder, 5499, NAME)).unwrap();
            prop_assert_eq!(options.get_socket(), Some(&folder));
            prop_assert_eq!(options.get_port(), 5499);
            prop_assert_eq!(options.get_username(), "venues");
            prop_assert_eq!(options.get_database(), Some("venues"));
        }
    }
}
