//! What there is: whether the server runs, where its data is and how much.

use std::fmt;
use std::path::{Path, PathBuf};

use super::connection::{self, Answer, Socket};
use super::folder::{self, FolderError};
use super::home::{Home, Layout};
use super::postmaster;

/// The embedded server as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether it runs.
    pub state: State,
    /// PostgreSQL's data folder.
    pub data: PathBuf,
    /// The major version of the data, once there is some.
    pub version: Option<u32>,
    /// Bytes in the data folder.
    pub size: u64,
    /// What the server says.
    pub log: PathBuf,
}

/// Whether the server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It was never made.
    Absent,
    /// It is made and does not run.
    Stopped,
    /// It is starting, recovering or stopping.
    Busy,
    /// It serves.
    Running {
        /// The address of our database.
        url: String,
        /// The server's own words for its version, such as `15.12 (Debian 15.12-1)`.
        server: String,
        /// Connections other than the one that asked.
        connections: i64,
    },
    /// It cannot be told, and why.
    Unknown(String),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.map(|major| format!("PostgreSQL {major}")).unwrap_or_default();
        match &self.state {
            State::Absent => return write!(f, "no database yet; it would be in {}", self.data.display()),
            State::Stopped => write!(f, "stopped ({version})")?,
            State::Busy => write!(f, "starting or stopping ({version})")?,
            State::Running { url, server, connections } => {
                let s = if *connections == 1 { "" } else { "s" };
                write!(f, "running (PostgreSQL {server}), {connections} connection{s}\nconnect: {url}")?;
            }
            State::Unknown(why) => return write!(f, "unknown: {why}"),
        }
        write!(f, "\ndata: {} ({} MiB)\nlog: {}", self.data.display(), self.size.div_ceil(1 << 20), self.log.display())
    }
}

/// Looks, and changes nothing.
pub async fn status(home: &Home) -> Status {
    let layout = match Layout::of(home) {
        Ok(layout) => layout,
        Err(error) => return unknown(&home.data, error.to_string()),
    };
    match look(&layout).await {
        Ok(status) => status,
        Err(error) => {
            let why = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            unknown(&layout.cluster, format!("{error}{why}"))
        }
    }
}

async fn look(layout: &Layout) -> Result<Status, FolderError> {
    let version_file = layout.cluster.join("PG_VERSION");
    let version = match std::fs::read_to_string(&version_file) {
        Ok(text) => text.trim().parse().ok(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(folder::failed("read", &version_file)(error)),
    };
    let found = postmaster::read(&layout.cluster).map_err(folder::failed("read", &layout.cluster))?;
    let state = match found.filter(|server| server.lives_in(&layout.cluster)) {
        None if version.is_none() => State::Absent,
        None => State::Stopped,
        Some(server) => match Socket::of(&server) {
            Some(socket) => serving(&socket).await,
            None => State::Busy,
        },
    };
    Ok(Status { state, data: layout.cluster.clone(), version, size: size(&layout.cluster), log: layout.log.clone() })
}

async fn serving(socket: &Socket) -> State {
    match socket.knock().await {
        Answer::Ready => {}
        Answer::Busy | Answer::Silent => return State::Busy,
        Answer::Nobody => return State::Unknown(format!("nobody answers at {}", socket.folder.display())),
        Answer::Refused(error) => return State::Unknown(error.to_string()),
    }
    match facts(socket).await {
        Ok((server, connections)) => State::Running { url: socket.url(), server, connections },
        Err(error) => State::Unknown(error.to_string()),
    }
}

async fn facts(socket: &Socket) -> Result<(String, i64), sqlx::Error> {
    let mut connection = socket.maintenance().await?;
    let facts = sqlx::query_as(
        "SELECT current_setting('server_version'),
                count(*) FILTER (WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                                 AND application_name <> current_setting('application_name'))
         FROM pg_stat_activity",
    )
    .fetch_one(&mut connection)
    .await?;
    connection::close(connection).await;
    Ok(facts)
}

/// Bytes of all files below. Files come and go while a server runs, so what cannot be read is left out.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

fn unknown(data: &Path, why: String) -> Status {
    Status { state: State::Unknown(why), data: data.to_owned(), version: None, size: 0, log: PathBuf::new() }
}
