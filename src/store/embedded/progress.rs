//! What `start` is doing, for a progress bar.

use std::fmt;

/// One step on the way to a running server. Only what takes noticeable time is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another process is making, starting or stopping the server.
    Waiting,
    /// Server programs are coming in.
    Downloading {
        /// Bytes so far.
        done: u64,
        /// Bytes in all, where the server says so.
        total: Option<u64>,
    },
    /// The download is checked and being unpacked.
    Unpacking,
    /// The first start: a database cluster is being made.
    Creating,
    /// The server is starting; after a crash it recovers first.
    Starting,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting for another venues process",
            Self::Downloading { .. } => "downloading PostgreSQL",
            Self::Unpacking => "unpacking PostgreSQL",
            Self::Creating => "creating the database",
            Self::Starting => "starting the database",
        })
    }
}
