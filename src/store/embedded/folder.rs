//! Folders with the owner and mode that a private server needs, and the question whether its user can get there.

use std::fs::{self, DirBuilder, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Gid, Mode, OFlags, Uid};

use super::user::ServerUser;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused.
    #[error("cannot {what} {}; set VENUES_DATA_DIR to a folder of your own, or DATABASE_URL to a database elsewhere", path.display())]
    Io {
        /// What was tried, as in "cannot create".
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something else stands where the folder should be.
    #[error("{} is {found}, not a folder; move it away or set VENUES_DATA_DIR to another folder", path.display())]
    NotAFolder {
        /// Where.
        path: PathBuf,
        /// What stands there.
        found: &'static str,
    },
    /// The folder is somebody else's.
    #[error(
        "{} belongs to user {owner}, not to user {expected}; run as its owner, or set VENUES_DATA_DIR to another folder",
        path.display()
    )]
    Foreign {
        /// Where.
        path: PathBuf,
        /// The owner's user id.
        owner: u32,
        /// The user id it should have.
        expected: u32,
    },
    /// Others may write where only we should.
    #[error("{} has mode {mode:04o}: others may get in; make it 0700 or move it away", path.display())]
    TooOpen {
        /// Where.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The user the server runs as cannot get there.
    #[error(
        "the database server runs as user `{user}`, who may not enter {}; set VENUES_DATA_DIR to a folder elsewhere \
         (such as /var/lib/venue-sync), or `chmod o+x` that folder",
        path.display()
    )]
    Unreachable {
        /// The first folder on the way that is closed.
        path: PathBuf,
        /// Who cannot enter.
        user: String,
    },
}

/// Maps an I/O error with the place where it happened.
pub(super) fn failed<'p>(what: &'static str, path: &'p Path) -> impl FnOnce(std::io::Error) -> FolderError + 'p {
    move |source| FolderError::Io { what, path: path.to_owned(), source }
}

/// Creates the folder and what is missing above it. What root creates here is made traversable whatever the umask.
pub(super) fn create_all(path: &Path, user: &ServerUser) -> Result<(), FolderError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_all(parent, user)?;
    }
    match fs::create_dir(path) {
        Ok(()) if user.switched => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(failed("open", path))
        }
        Ok(()) => Ok(()),
        // Another process was quicker.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(source) => Err(FolderError::Io { what: "create", path: path.to_owned(), source }),
    }
}

/// Creates a folder that is `owner`'s alone (mode 0700), or checks that it is.
pub(super) fn private(path: &Path, uid: u32, gid: u32) -> Result<(), FolderError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => own(path, uid, gid, 0o700),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let found = checked(path, uid)?;
            let mode = found.mode() & 0o7777;
            if mode | 0o700 == 0o700 { Ok(()) } else { Err(FolderError::TooOpen { path: path.to_owned(), mode }) }
        }
        Err(source) => Err(FolderError::Io { what: "create", path: path.to_owned(), source }),
    }
}

/// The folder's metadata, if it is a real folder of `uid`.
pub(super) fn checked(path: &Path, uid: u32) -> Result<Metadata, FolderError> {
    let found = fs::symlink_metadata(path).map_err(failed("look at", path))?;
    if !found.is_dir() {
        let found = if found.is_symlink() { "a symbolic link" } else { "a file" };
        return Err(FolderError::NotAFolder { path: path.to_owned(), found });
    }
    if found.uid() != uid {
        return Err(FolderError::Foreign { path: path.to_owned(), owner: found.uid(), expected: uid });
    }
    Ok(found)
}

/// Sets owner and mode, never through a symbolic link.
pub(super) fn own(path: &Path, uid: u32, gid: u32, mode: u16) -> Result<(), FolderError> {
    let change = || -> rustix::io::Result<()> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty())?;
        rustix::fs::fchown(&folder, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?;
        rustix::fs::fchmod(&folder, Mode::from_raw_mode(mode.into()))
    };
    change().map_err(std::io::Error::from).map_err(failed("set the owner of", path))
}

/// Lets the server's user pass through a folder of root's that nobody but root could enter until now.
///
/// A folder whose group already has rights is left alone: they may be meant for somebody.
pub(super) fn let_pass(path: &Path, user: &ServerUser) -> Result<(), FolderError> {
    let found = fs::metadata(path).map_err(failed("look at", path))?;
    let mode = found.mode() & 0o7777;
    if user.switched && found.uid() == 0 && mode & 0o070 == 0 && !may_enter(&found, user) {
        let mode = u16::try_from(mode | 0o010).unwrap_or(0o710);
        own(path, 0, user.gid, mode)?;
    }
    Ok(())
}

/// Checks that the user can enter the folder and every folder above it.
pub(super) fn reachable(path: &Path, user: &ServerUser) -> Result<(), FolderError> {
    if !user.switched {
        return Ok(());
    }
    let real = path.canonicalize().map_err(failed("look at", path))?;
    let mut above: Vec<&Path> = real.ancestors().collect();
    above.reverse();
    for folder in above {
        let found = fs::metadata(folder).map_err(failed("look at", folder))?;
        if !may_enter(&found, user) {
            return Err(FolderError::Unreachable { path: folder.to_owned(), user: user.name.clone() });
        }
    }
    Ok(())
}

/// The execute bit that counts for this user, who has no other groups than its own.
fn may_enter(folder: &Metadata, user: &ServerUser) -> bool {
    let bit = if folder.uid() == user.uid {
        0o100
    } else if folder.gid() == user.gid {
        0o010
    } else {
        0o001
    };
    folder.mode() & bit != 0
}
