//! A file that is there whole, or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file being written: beside its place until all of it is on the disk, then in it. Dropped before that, it leaves no trace.
///
/// What is no plain file (`/dev/stdout`, a pipe) is written as it stands.
#[derive(Debug)]
pub(super) struct WholeFile {
    file: File,
    /// Where it is until it is whole, and where it belongs.
    way: Option<(PathBuf, PathBuf)>,
}

impl WholeFile {
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        let there = std::fs::metadata(path);
        if there.as_ref().is_ok_and(|there| !there.is_file()) {
            return Ok(Self { file: OpenOptions::new().write(true).open(path)?, way: None });
        }
        // What a link names is replaced, not the link.
        let place = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut name = std::ffi::OsString::from(".");
        name.push(place.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?);
        name.push(format!(".{}.part", std::process::id()));
        let part = place.with_file_name(name);
        let file = File::create(&part)?;
        let whole = Self { file, way: Some((part, place)) };
        if let Ok(there) = there {
            whole.file.set_permissions(there.permissions())?;
        }
        Ok(whole)
    }

    /// Lets everybody read it, whatever the umask.
    pub(super) fn readable(self) -> io::Result<Self> {
        #[cfg(unix)]
        if self.way.is_some() {
            use std::os::unix::fs::PermissionsExt as _;
            self.file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        Ok(self)
    }

    /// Puts it in its place.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Some((part, place)) = &self.way {
            self.file.sync_all()?;
            std::fs::rename(part, place)?;
            self.way = None;
        }
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.way {
            // Nobody is left to tell.
            std::fs::remove_file(part).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_whole_or_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("venues.csv");
        std::fs::write(&path, "before").unwrap();
        let mut file = WholeFile::begin(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        let link = folder.path().join("link.csv");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut file = WholeFile::begin(&link).unwrap();
        file.write_all(b"after").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        file.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "after");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
    }

    #[test]
    fn what_is_no_file_is_written_as_it_stands() {
        let mut file = WholeFile::begin(Path::new("/dev/null")).unwrap();
        file.write_all(b"x").unwrap();
        file.finish().unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }
}
