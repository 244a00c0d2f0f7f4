//! Where this machine keeps our settings, data and cache.

use std::path::PathBuf;

use directories::ProjectDirs;

/// The folders of the platform, for this user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Settings; none for a user without a home.
    pub config: Option<PathBuf>,
    /// The embedded database.
    pub data: PathBuf,
    /// Server programs that were downloaded.
    pub cache: PathBuf,
}

impl Folders {
    /// Finds them. The superuser's data lies where the unprivileged user that runs the server may go, and so does the data
    /// of a user who has no home.
    pub fn find() -> Self {
        let own = ProjectDirs::from("", "", "venue-sync");
        let config = own.as_ref().map(|own| own.config_dir().to_owned());
        match own {
            Some(own) if !is_superuser() => {
                Self { config, data: own.data_local_dir().to_owned(), cache: own.cache_dir().to_owned() }
            }
            _ => Self { config, data: "/var/lib/venue-sync".into(), cache: "/var/cache/venue-sync".into() },
        }
    }
}

#[cfg(unix)]
fn is_superuser() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_superuser() -> bool {
    false
}
