//! A private PostgreSQL for people who have none: found or fetched, made once, started when needed, shared by all our processes.
//!
//! The server speaks over a socket in a folder of its own (mode 0700) and not over TCP unless asked. It runs in a session of its
//! own and outlives us; [`watch`](watch()) stops it when nobody has used it for a while. As root it runs as `postgres` or `nobody`.

#[cfg(not(unix))]
compile_error!("venues runs on Linux and macOS; on Windows use WSL");

mod available;
mod cluster;
mod connection;
mod download;
mod folder;
mod home;
mod launch;
mod lock;
mod password;
mod postmaster;
mod programs;
mod progress;
mod socket;
mod start;
mod status;
mod stop;
mod user;
mod watch;

pub use available::{Available, available};
pub use cluster::ClusterError;
pub use download::{Download, DownloadError};
pub use folder::FolderError;
pub use home::Home;
pub use launch::LaunchError;
pub use lock::LockError;
pub use password::PasswordError;
pub use programs::{ProgramsError, SUPPORTED_MAJORS};
pub use progress::Progress;
pub use start::{EmbeddedError, Options, Running, start};
pub use status::{State, Status, status};
pub use stop::{StopError, Stopped, stop};
pub use user::UserError;
pub use watch::{WatchError, Watcher, detach, watch};
