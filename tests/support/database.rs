//! A clean database for every test, on one server that all tests share.
//!
//! The server is found or fetched, started and shared by the code that also runs the embedded database, so that `cargo test` needs
//! nothing but itself. `DATABASE_URL` plays no part. It stops by itself some time after the last test.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool};
use tokio::sync::OnceCell;
use venue_sync::store::embedded::{self, Download, EmbeddedError, Home, Options, Running, Watcher};

/// The address of the shared server's maintenance database.
static SERVER: OnceCell<PgConnectOptions> = OnceCell::const_new();

/// A database of its own for one test; it goes when this is dropped.
pub(crate) struct TestDatabase {
    name: String,
    options: PgConnectOptions,
}

impl TestDatabase {
    /// Makes an empty database.
    pub(crate) async fn create() -> Self {
        let server = SERVER.get_or_init(server).await;
        // The time in the name lets a later run sweep away what a killed one left.
        let mut connection = PgConnection::connect_with(server).await.expect("the test server answers");
        let now: i64 = sqlx::query_scalar("SELECT extract(epoch FROM clock_timestamp())::bigint")
            .fetch_one(&mut connection)
            .await
            .expect("the server knows the time");
        let name = format!("test_{now}_{}", uuid::Uuid::new_v4().simple());
        connection
            .execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0")))
            .await
            .expect("a database can be made");
        connection.close().await.expect("the connection closes");
        Self { options: server.clone().database(&name), name }
    }

    /// How to connect.
    pub(crate) fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// The address, for programs that take one.
    pub(crate) fn url(&self) -> String {
        let folder = self.options.get_socket().expect("the test server has a socket").to_string_lossy().into_owned();
        let host: String = url::form_urlencoded::byte_serialize(folder.as_bytes()).collect();
        let port = self.options.get_port();
        format!("postgresql://{}@localhost/{}?host={host}&port={port}", self.options.get_username(), self.name)
    }

    /// The server's socket, for whoever puts something before it.
    pub(crate) fn socket(&self) -> String {
        let folder = self.options.get_socket().expect("the test server has a socket");
        folder.join(format!(".s.PGSQL.{}", self.options.get_port())).to_string_lossy().into_owned()
    }

    /// The address by a port of this machine that leads to [`TestDatabase::socket`].
    pub(crate) fn url_by_port(&self, port: u16) -> String {
        format!("postgresql://{}@127.0.0.1:{port}/{}?sslmode=disable", self.options.get_username(), self.name)
    }

    /// One connection.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect_with(&self.options).await.expect("the test database answers")
    }

    /// A small pool.
    pub(crate) async fn pool(&self) -> PgPool {
        PgPoolOptions::new().max_connections(8).connect_with(self.options()).await.expect("the test database answers")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(server) = SERVER.get().cloned() else { return };
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // The test's own runtime may be busy or gone, so this has one of its own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect_with(&server).await.map_err(std::io::Error::other)?;
                connection.execute(AssertSqlSafe(statement)).await.map_err(std::io::Error::other)?;
                connection.close().await.map_err(std::io::Error::other)
            })
        });
        if !matches!(dropping.join(), Ok(Ok(()))) {
            eprintln!("{} stays behind; a later run sweeps it away", self.name);
        }
    }
}

/// Brings up the shared server and sweeps away the databases of runs that died more than an hour ago.
async fn server() -> PgConnectOptions {
    let running = start_shared().await;
    let options = PgConnectOptions::from_str(&running.url)
        .expect("the server's address is an address")
        .database("postgres")
        .ssl_mode(PgSslMode::Disable);
    let mut connection = PgConnection::connect_with(&options).await.expect("the test server answers");
    let old: Vec<String> = sqlx::query_scalar(
        r"SELECT datname FROM pg_database
          WHERE datname ~ '^test_\d+_' AND split_part(datname, '_', 2)::bigint < extract(epoch FROM clock_timestamp()) - 3600",
    )
    .fetch_all(&mut connection)
    .await
    .expect("databases can be listed");
    for name in old {
        // Another test program may be sweeping too.
        if let Err(error) =
            connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))).await
        {
            eprintln!("{name} stays behind: {error}");
        }
    }
    connection.close().await.expect("the connection closes");
    options
}

async fn start_shared() -> Running {
    let mut last = None;
    for data in homes() {
        let home = Home { cache: data.join("cache"), data };
        match embedded::start(&home, &options(), &|_| ()).await {
            Ok(running) => return running,
            // The server's user cannot get there, or somebody else's tests have been there before: the next place.
            Err(error @ EmbeddedError::Folder(_)) => last = Some(error),
            Err(error) => panic!("no database for the tests: {error}"),
        }
    }
    panic!("no database for the tests: {}", last.expect("there is at least one place"));
}

/// In the target folder where the server can get there, else in the system's temporary one. Each user has its own, and so has each
/// version of the server that somebody names: data of one is of no use to another, and a server that runs is taken as it is.
fn homes() -> [PathBuf; 2] {
    let mut whose = rustix::process::geteuid().as_raw().to_string();
    if let Some(programs) = options().programs {
        let server = programs.join("postgres");
        let said =
            std::process::Command::new(&server).arg("--version").output().expect("VENUES_POSTGRES_BIN has a server");
        let version = String::from_utf8(said.stdout).expect("a version is text");
        whose =
            format!("{whose}-{}", version.split_whitespace().nth(2).expect("`postgres --version` names its version"));
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    [target.join(format!("database-{whose}")), std::env::temp_dir().join(format!("venue-sync-tests-{whose}"))]
}

/// As a user would have it, but nothing here has to survive a power cut.
#[expect(clippy::disallowed_methods, reason = "a test program has no `cli` to read its environment")]
pub(crate) fn options() -> Options {
    let settings = [
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("max_connections", "300"),
        ("shared_buffers", "64MB"),
    ];
    Options {
        programs: std::env::var_os("VENUES_POSTGRES_BIN").map(PathBuf::from),
        search_path: std::env::var_os("PATH"),
        download: Download { base: std::env::var("VENUES_POSTGRES_URL").ok(), ..Download::default() },
        settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        watcher: Some(Watcher { program: PathBuf::from(env!("CARGO_BIN_EXE_venues")), idle: Duration::from_mins(15) }),
        ..Options::default()
    }
}
