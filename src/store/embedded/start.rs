//! Brings the server up, or finds it running.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use sqlx::Executor as _;
use tokio::time::{Instant, sleep};

use super::cluster::{self, ClusterError};
use super::connection::{self, Answer, Socket};
use super::download::{self, Download, DownloadError};
use super::folder::{self, FolderError};
use super::home::{Home, Layout};
use super::launch::{self, LaunchError, Plan};
use super::lock::{self, LockError};
use super::password::{self, PasswordError};
use super::programs::{self, Programs, ProgramsError, Search};
use super::progress::Progress;
use super::socket;
use super::stop::{self, StopError};
use super::user::{ServerUser, UserError};
use super::watch::{self, Watcher};

/// How long a living server may be without a socket before it is replaced.
const SOCKETLESS: Duration = Duration::from_secs(2);

/// How the server is to be found, made and run. The default is what a user without wishes gets, except that `search_path` has to
/// be filled from the environment.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of the server programs, if somebody named one (`VENUES_POSTGRES_BIN`).
    pub programs: Option<PathBuf>,
    /// Where else to look (`PATH`).
    pub search_path: Option<OsString>,
    /// What to do where nothing is found.
    pub download: Download,
    /// Listen on this port of 127.0.0.1 as well, with a password. Without it there is no TCP at all.
    pub port: Option<u16>,
    /// More settings for a server that is started now, as PostgreSQL names them.
    pub settings: Vec<(String, String)>,
    /// Who stops the server when nobody needs it.
    pub watcher: Option<Watcher>,
    /// How long a start may take, a recovery after a crash included.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            programs: None,
            search_path: None,
            download: Download::default(),
            port: None,
            settings: Vec::new(),
            watcher: None,
            patience: Duration::from_mins(1),
        }
    }
}

/// A server that serves.
#[derive(Debug, Clone)]
pub struct Running {
    /// Where our database is: `postgresql://venues@localhost/venues?host=<socket folder>&port=…`. There is no secret in it: the
    /// folder's mode is the protection.
    pub url: String,
    /// The same over TCP, with its password, if that was asked for.
    pub tcp_url: Option<SecretString>,
    /// The major version.
    pub version: u32,
    /// PostgreSQL's data folder.
    pub data: PathBuf,
    /// What the server says.
    pub log: PathBuf,
    /// This call started it.
    pub started: bool,
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgreSQL {} is running; data in {}; connect with {}", self.version, self.data.display(), self.url)
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No user for it.
    #[error(transparent)]
    User(#[from] UserError),
    /// A folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Another process is busy with it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The named programs cannot be used.
    #[error(transparent)]
    Programs(#[from] ProgramsError),
    /// No programs here, and none could be fetched.
    #[error(
        "no PostgreSQL server programs found{} and none could be downloaded\n  \
         install them: `apt-get install postgresql`, or `brew install postgresql@17`\n  \
         or point to what you have: VENUES_POSTGRES_BIN (a folder with initdb), VENUES_POSTGRES_URL (a mirror) or DATABASE_URL (a database)",
        unfit(others)
    )]
    NoPrograms {
        /// What is here but too old or too new.
        others: Vec<String>,
        /// Why none was fetched.
        source: DownloadError,
    },
    /// The data is of a version for which there are no programs.
    #[error(
        "the data in {} is of PostgreSQL {data}, for which there are no server programs here{}\n  \
         install them: `apt-get install postgresql-{data}`, or `brew install postgresql@{data}`, or set VENUES_POSTGRES_BIN to their folder\n  \
         or begin anew: move that folder away, or set VENUES_DATA_DIR to another",
        cluster.display(),
        unfit(others)
    )]
    OtherMajor {
        /// The data folder.
        cluster: PathBuf,
        /// Its version.
        data: u32,
        /// What is here instead.
        others: Vec<String>,
    },
    /// The data is of a version we do not work with.
    #[error(
        "the data in {} is of PostgreSQL {data}; venues works with {} to {}; move that folder away, or set VENUES_DATA_DIR to another",
        cluster.display(),
        programs::SUPPORTED_MAJORS.start(),
        programs::SUPPORTED_MAJORS.end()
    )]
    UnsupportedMajor {
        /// The data folder.
        cluster: PathBuf,
        /// Its version.
        data: u32,
    },
    /// The data folder is broken.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The server does not come up.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// A server that does not answer could not be ended.
    #[error(transparent)]
    Stop(#[from] StopError),
    /// TCP was asked for, and the server that runs was started without it, or on another port.
    #[error(
        "the database server is already running, but not on port {port} of 127.0.0.1; stop it first (`venues db stop`)"
    )]
    NotOnPort {
        /// The port asked for.
        port: u16,
    },
    /// The password for TCP could not be kept.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The server runs but does not do as it is told.
    #[error("the database server does not answer as expected; its log is {}", log.display())]
    Server {
        /// The log.
        log: PathBuf,
        /// What it said.
        source: sqlx::Error,
    },
}

fn unfit(others: &[String]) -> String {
    if others.is_empty() { String::new() } else { format!(" (only {})", others.join(", ")) }
}

/// Finds the server running, or starts it; makes it where it does not exist yet. Any number of processes may call this at once: one
/// does the work, all get the same server.
pub async fn start(
    home: &Home,
    options: &Options,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Running, EmbeddedError> {
    let user = ServerUser::of_this_process()?;
    let layout = Layout::prepare(home, &user)?;
    // Whoever has the lock may be downloading, then starting.
    let patience = options.patience + Duration::from_mins(10);
    let _lock = lock::exclusive(&layout.lock, patience, || progress(Progress::Waiting)).await?;
    let (socket, started) = match Box::pin(answering(&layout, options.patience, progress)).await? {
        Some(socket) => (socket, false),
        None => (Box::pin(bring_up(home, &layout, &user, options, progress)).await?, true),
    };
    let server = |source| EmbeddedError::Server { log: layout.log.clone(), source };
    socket.ensure_database().await.map_err(server)?;
    let tcp_url = match options.port {
        Some(port) => Some(over_tcp(&layout, &socket, port).await?),
        None => None,
    };
    watch::hand_out(&layout).map_err(folder::failed("write", &layout.handed_out))?;
    if let Some(watcher) = &options.watcher {
        watch::ensure(&layout, home, watcher);
    }
    let version = cluster::major(&layout.cluster, &user)?.unwrap_or_default();
    Ok(Running { url: socket.url(), tcp_url, version, data: layout.cluster, log: layout.log, started })
}

/// The server that already runs, once it answers. One that lives but cannot be reached (its socket was swept from `/tmp`) is ended.
async fn answering(
    layout: &Layout,
    patience: Duration,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Option<Socket>, EmbeddedError> {
    let begun = Instant::now();
    let mut socketless_since = None;
    loop {
        let Some(server) = stop::running(&layout.cluster)? else { return Ok(None) };
        let answer = match Socket::of(&server) {
            Some(socket) => Some((socket.knock().await, socket)),
            None => None,
        };
        match answer {
            Some((Answer::Ready, socket)) => return Ok(Some(socket)),
            Some((Answer::Busy | Answer::Silent, _)) => socketless_since = None,
            Some((Answer::Refused(source), _)) => {
                return Err(EmbeddedError::Server { log: layout.log.clone(), source });
            }
            Some((Answer::Nobody, _)) | None => {
                let since = *socketless_since.get_or_insert_with(Instant::now);
                if since.elapsed() > SOCKETLESS {
                    stop::end(&server, layout).await?;
                    return Ok(None);
                }
            }
        }
        if begun.elapsed() > patience {
            return Err(launch::slow(layout, begun.elapsed()).into());
        }
        progress(Progress::Starting);
        sleep(Duration::from_millis(50)).await;
    }
}

/// Starts the server, after making whatever is missing.
async fn bring_up(
    home: &Home,
    layout: &Layout,
    user: &ServerUser,
    options: &Options,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Socket, EmbeddedError> {
    let data = cluster::major(&layout.cluster, user)?;
    if let Some(data) = data
        && !programs::SUPPORTED_MAJORS.contains(&data)
    {
        return Err(EmbeddedError::UnsupportedMajor { cluster: layout.cluster.clone(), data });
    }
    let programs = server_programs(&home.cache, layout, (user, data), options, progress).await?;
    if data.is_none() {
        progress(Progress::Creating);
        // A server that is told not to care about a power cut gets a cluster made in the same spirit.
        let durable = !options.settings.iter().any(|(name, value)| name == "fsync" && value == "off");
        cluster::create(layout, user, &programs, durable).await?;
    }
    progress(Progress::Starting);
    let folder = socket::folder_for(&layout.run, user.uid);
    socket::prepare(&folder, user)?;
    let socket = connection::planned(&folder, options.port);
    let plan = Plan {
        programs: &programs,
        user,
        socket: &socket,
        tcp: options.port.is_some(),
        settings: &options.settings,
        patience: options.patience,
    };
    launch::launch(layout, &plan).await?;
    Ok(socket)
}

/// Programs that fit the data, from this machine or fetched.
async fn server_programs(
    cache: &Path,
    layout: &Layout,
    (user, data): (&ServerUser, Option<u32>),
    options: &Options,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Programs, EmbeddedError> {
    let search = Search {
        root: Path::new("/"),
        explicit: options.programs.as_deref(),
        path: options.search_path.as_deref(),
        cache,
    };
    let found = programs::find(&search, user, data).await?;
    if let Some(programs) = found.fitting {
        return Ok(programs);
    }
    let others: Vec<String> =
        found.others.iter().map(|other| format!("{} in {}", other.version, other.bin.display())).collect();
    if let Some(data) = data.filter(|data| *data != download::MAJOR) {
        return Err(EmbeddedError::OtherMajor { cluster: layout.cluster.clone(), data, others });
    }
    if options.download.allowed {
        folder::create_all(cache, user)?;
        folder::let_pass(&cache.canonicalize().map_err(folder::failed("find", cache))?, user)?;
        folder::reachable(cache, user)?;
    }
    let bin = match download::fetch(&options.download, cache, progress).await {
        Ok(bin) => bin,
        Err(source) => return Err(EmbeddedError::NoPrograms { others, source }),
    };
    let programs = programs::version(&bin, user).await?;
    match data {
        // A release need not be what its name says.
        Some(data) if data != programs.major => {
            Err(EmbeddedError::OtherMajor { cluster: layout.cluster.clone(), data, others })
        }
        _ => Ok(programs),
    }
}

/// Gives our role the password that TCP asks for, and returns the address with it.
async fn over_tcp(layout: &Layout, socket: &Socket, port: u16) -> Result<SecretString, EmbeddedError> {
    let listens = stop::running(&layout.cluster)?.is_some_and(|server| server.tcp && server.port == Some(port));
    if !listens {
        return Err(EmbeddedError::NotOnPort { port });
    }
    let server = |source| EmbeddedError::Server { log: layout.log.clone(), source };
    let secret = password::keep(&layout.password)?;
    let mut connection = socket.maintenance().await.map_err(server)?;
    // The password is hexadecimal, so it can stand in a statement, which takes no parameter here.
    let statement = format!("ALTER ROLE {} PASSWORD '{}'", socket::NAME, secret.hexadecimal());
    connection.execute(sqlx::AssertSqlSafe(statement)).await.map_err(server)?;
    connection::close(connection).await;
    Ok(secret.url(port))
}
