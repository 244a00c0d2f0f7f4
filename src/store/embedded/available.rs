//! Whether a server could be started, looked at without touching anything.

use std::path::{Path, PathBuf};

use super::home::Home;
use super::programs::{self, Search};
use super::start::{EmbeddedError, Options};
use super::user::ServerUser;

/// Server programs as they are on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Available {
    /// The folder that would be used, and the version of what is in it.
    pub fitting: Option<(PathBuf, String)>,
    /// Folders of other versions.
    pub others: Vec<(PathBuf, String)>,
}

/// Looks for server programs where a start would; `data` is the major version of the data that they have to fit.
pub async fn available(home: &Home, options: &Options, data: Option<u32>) -> Result<Available, EmbeddedError> {
    let search = Search {
        root: Path::new("/"),
        explicit: options.programs.as_deref(),
        path: options.search_path.as_deref(),
        cache: &home.cache,
    };
    let found = programs::find(&search, &ServerUser::of_this_process()?, data).await?;
    let plain = |programs: programs::Programs| (programs.bin, programs.version);
    Ok(Available { fitting: found.fitting.map(plain), others: found.others.into_iter().map(plain).collect() })
}
