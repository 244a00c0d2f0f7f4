//! The embedded PostgreSQL, with real servers that are killed, moved, mistaken for others and started from many places at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr as _;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};
use support::database::{self, TestDatabase};
use venue_sync::store::embedded::{
    self, ClusterError, Download, EmbeddedError, FolderError, Home, Options, ProgramsError, Running, State, Stopped,
    Watcher,
};

/// A home of its own for one test. Its server ends with it.
struct Lodging {
    folder: tempfile::TempDir,
    home: Home,
}

impl Lodging {
    fn new() -> Self {
        Self::below("")
    }

    /// With the data folder some way below the temporary one.
    fn below(way: &str) -> Self {
        // Not the platform's temporary folder: on macOS its name is long, and one test is about long names.
        let folder = tempfile::Builder::new().prefix("venues-test-").tempdir_in("/tmp").unwrap();
        // Others may pass, because as root the server is not us.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let home = Home { data: folder.path().join("data").join(way), cache: folder.path().join("cache") };
        Self { folder, home }
    }

    async fn start(&self) -> Running {
        embedded::start(&self.home, &options(), &|_| ()).await.unwrap()
    }

    /// The error of a start that must fail.
    async fn refusal(&self, options: &Options) -> EmbeddedError {
        embedded::start(&self.home, options, &|_| ()).await.map(|running| running.url).unwrap_err()
    }

    fn cluster(&self) -> PathBuf {
        self.home.data.join("postgres/cluster")
    }
}

impl Drop for Lodging {
    fn drop(&mut self) {
        if let Some(pid) = postmaster(&self.cluster()) {
            // If it has ended by itself, so much the better.
            rustix::process::kill_process(pid, Signal::QUIT).unwrap_or_default();
        }
    }
}

/// Small and without `fsync`: a killed process takes nothing with it that it had given to the system, only a power cut does.
fn options() -> Options {
    let settings = [("fsync", "off"), ("shared_buffers", "16MB")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Options { settings, watcher: None, ..database::options() }
}

fn postmaster(cluster: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.parse().ok()?)
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

async fn connect(running: &Running) -> PgConnection {
    PgConnection::connect_with(&PgConnectOptions::from_str(&running.url).unwrap()).await.unwrap()
}

async fn count(running: &Running) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM mark").fetch_one(&mut connect(running).await).await.unwrap()
}

/// Every value of the socket's folder in the address.
fn socket_folder(running: &Running) -> PathBuf {
    PgConnectOptions::from_str(&running.url).unwrap().get_socket().unwrap().clone()
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let (one, other) = (TestDatabase::create().await, TestDatabase::create().await);
    one.connect().await.execute("CREATE TABLE mark (id int)").await.unwrap();
    let seen: Option<String> =
        sqlx::query_scalar("SELECT to_regclass('mark')::text").fetch_one(&mut other.connect().await).await.unwrap();
    assert_eq!(seen, None);
    let name: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(&mut PgConnection::connect(&one.url()).await.unwrap())
        .await
        .unwrap();
    assert!(one.url().contains(&name), "{}", one.url());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_starts_at_once_are_one_private_server() {
    let lodging = Lodging::new();
    let starts: Vec<_> = (0..6)
        .map(|_| {
            let home = lodging.home.clone();
            tokio::spawn(async move { embedded::start(&home, &options(), &|_| ()).await.unwrap() })
        })
        .collect();
    let mut all = Vec::new();
    for start in starts {
        all.push(start.await.unwrap());
    }
    assert_eq!(all.iter().filter(|running| running.started).count(), 1);
    assert!(all.iter().all(|running| running.url == all[0].url));
    assert!(all[0].url.starts_with("postgresql://venues@localhost/venues?host=%2F"), "{}", all[0].url);

    assert_eq!(mode(&lodging.cluster()), 0o700);
    assert_eq!(mode(&socket_folder(&all[0])), 0o700);
    assert_eq!(mode(&lodging.home.data.join("postgres")) & 0o027, 0);
    assert_eq!(mode(&all[0].log), 0o600);
    let (listens, database): (String, String) =
        sqlx::query_as("SELECT current_setting('listen_addresses'), current_database()::text")
            .fetch_one(&mut connect(&all[0]).await)
            .await
            .unwrap();
    assert_eq!((listens.as_str(), database.as_str()), ("", "venues"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_server_is_detached_and_never_root() {
    let lodging = Lodging::new();
    lodging.start().await;
    let pid = postmaster(&lodging.cluster()).unwrap();
    let process = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
    let owner = std::fs::metadata(&process).unwrap().uid();
    assert_ne!(owner, 0);
    assert!(rustix::process::geteuid().is_root() || owner == rustix::process::geteuid().as_raw());
    // A session of its own: no terminal's Ctrl-C, no hang-up.
    assert_eq!(rustix::process::getsid(Some(pid)).unwrap(), pid);
    assert_eq!(std::fs::read_link(process.join("fd/0")).unwrap(), Path::new("/dev/null"));
    let log = lodging.home.data.join("postgres/server.log").canonicalize().unwrap();
    for output in ["fd/1", "fd/2"] {
        assert_eq!(std::fs::read_link(process.join(output)).unwrap(), log);
    }
    // Cargo's variables stand for the keys that a user has in theirs.
    let variables = String::from_utf8_lossy(&std::fs::read(process.join("environ")).unwrap()).into_owned();
    assert!(variables.contains("LC_ALL=C") && !variables.contains("CARGO"), "{variables}");
}

#[tokio::test]
async fn a_caller_with_pipes_is_not_kept_waiting() {
    let lodging = Lodging::new();
    // As `$(venues db url)` does: read until every holder of the pipe has closed it, under whatever number it has it.
    let helper = helper(&lodging.home);
    let mut child = Command::new("sh");
    child.args(["-c", r#"exec 9>&2 && exec "$0" "$@""#]).arg(helper.get_program()).args(helper.get_args());
    child.envs(helper.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let output = tokio::time::timeout(Duration::from_mins(1), output).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(postmaster(&lodging.cluster()).is_some());
}

#[tokio::test]
async fn processes_killed_while_they_make_the_database_leave_nothing_half_made() {
    let lodging = Lodging::new();
    for wait in [5, 60, 150, 300, 450, 600, 750] {
        let mut child = helper(&lodging.home).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(wait)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let running = lodging.start().await;
    connect(&running).await.execute("CREATE TABLE mark (id int)").await.unwrap();
    assert_eq!(count(&running).await, 0);
}

/// Starts the server of the home named in the environment; run by the tests above, in a process of its own.
#[tokio::test]
#[ignore = "a part of other tests"]
#[expect(clippy::disallowed_methods, reason = "how the other tests speak to this process")]
async fn helper_start() {
    let data = PathBuf::from(std::env::var_os("VENUES_TEST_HOME").unwrap());
    let home = Home { cache: data.join("cache"), data };
    embedded::start(&home, &options(), &|_| ()).await.unwrap();
}

fn helper(home: &Home) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "helper_start"]).env("VENUES_TEST_HOME", &home.data).stdin(Stdio::null());
    command
}

#[tokio::test]
async fn committed_rows_survive_a_killed_server() {
    let lodging = Lodging::new();
    let mut running = lodging.start().await;
    connect(&running).await.execute("CREATE TABLE mark (id int)").await.unwrap();
    for round in 1..=3 {
        let mut busy = connect(&running).await;
        busy.execute("INSERT INTO mark SELECT generate_series(1, 1000)").await.unwrap();
        busy.execute("BEGIN; INSERT INTO mark VALUES (0)").await.unwrap();
        rustix::process::kill_process(postmaster(&lodging.cluster()).unwrap(), Signal::KILL).unwrap();
        // At once: its children may still hold its memory.
        running = lodging.start().await;
        assert!(running.started);
        assert_eq!(count(&running).await, round * 1000);
    }
}

#[tokio::test]
async fn a_stranger_with_the_dead_server_s_number_is_left_alone() {
    let lodging = Lodging::new();
    lodging.start().await;
    rustix::process::kill_process(postmaster(&lodging.cluster()).unwrap(), Signal::KILL).unwrap();
    let file = lodging.cluster().join("postmaster.pid");
    let left = std::fs::read_to_string(&file).unwrap();
    let rest = left.split_once('\n').unwrap().1;
    // The stranger has to be one whom the server program would respect: of the same user.
    let owner = std::fs::metadata(lodging.cluster()).unwrap();
    let mut stranger = Command::new("sleep");
    std::os::unix::process::CommandExt::uid(&mut stranger, owner.uid());
    std::os::unix::process::CommandExt::gid(&mut stranger, owner.gid());
    let mut stranger =
        stranger.arg("60").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::fs::write(&file, format!("{}\n{rest}", stranger.id())).unwrap();

    assert!(lodging.start().await.started);
    assert_eq!(embedded::stop(&lodging.home).await.unwrap(), Stopped::Stopped);
    assert!(stranger.try_wait().unwrap().is_none());
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_server_whose_socket_was_swept_away_is_replaced() {
    let lodging = Lodging::new();
    let first = lodging.start().await;
    connect(&first).await.execute("CREATE TABLE mark (id int); INSERT INTO mark VALUES (1)").await.unwrap();
    std::fs::remove_dir_all(socket_folder(&first)).unwrap();
    let second = lodging.start().await;
    assert!(second.started);
    assert_eq!(count(&second).await, 1);
}

#[tokio::test]
async fn status_and_stop_tell_what_there_is() {
    let lodging = Lodging::new();
    assert_eq!(embedded::status(&lodging.home).await.state, State::Absent);
    assert_eq!(embedded::stop(&lodging.home).await.unwrap(), Stopped::WasNotRunning);
    assert!(!lodging.home.data.exists());

    let running = lodging.start().await;
    let client = connect(&running).await;
    let status = embedded::status(&lodging.home).await;
    assert!(matches!(&status.state, State::Running { url, connections: 1, .. } if *url == running.url), "{status}");
    assert_eq!(status.version, Some(running.version));
    assert!(status.size > 10 << 20, "{status}");
    assert!(status.to_string().contains(&running.url), "{status}");
    assert!(!lodging.start().await.started);

    // Somebody who is connected does not keep the server from stopping.
    assert_eq!(embedded::stop(&lodging.home).await.unwrap(), Stopped::Stopped);
    drop(client);
    assert_eq!(embedded::status(&lodging.home).await.state, State::Stopped);
    assert_eq!(embedded::stop(&lodging.home).await.unwrap(), Stopped::WasNotRunning);
}

#[tokio::test]
async fn a_long_or_odd_path_gets_a_socket_that_fits() {
    let odd = Lodging::below("it's a \"$HOME\", `ok` \\é");
    let running = odd.start().await;
    assert_eq!(count_one(&running).await, 1);

    let long = Lodging::below(&["x".repeat(60), "y".repeat(60)].join("/"));
    let running = long.start().await;
    assert_eq!(count_one(&running).await, 1);
    let folder = socket_folder(&running);
    assert!(folder.starts_with("/tmp"), "{}", folder.display());
    assert_eq!(mode(&folder), 0o700);
    // The short folder is refused once others may enter it.
    embedded::stop(&long.home).await.unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = long.refusal(&options()).await;
    assert!(matches!(error, EmbeddedError::Folder(FolderError::TooOpen { .. })), "{error}");
    // Nor is a link followed.
    std::fs::remove_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink("/tmp", &folder).unwrap();
    let error = long.refusal(&options()).await;
    std::fs::remove_file(&folder).unwrap();
    assert!(matches!(error, EmbeddedError::Folder(FolderError::NotAFolder { .. })), "{error}");
}

async fn count_one(running: &Running) -> i32 {
    sqlx::query_scalar("SELECT 1").fetch_one(&mut connect(running).await).await.unwrap()
}

#[tokio::test]
async fn data_of_another_version_is_named_and_left_alone() {
    let lodging = Lodging::new();
    lodging.start().await;
    embedded::stop(&lodging.home).await.unwrap();
    let version = lodging.cluster().join("PG_VERSION");
    let original = std::fs::read_to_string(&version).unwrap();

    std::fs::write(&version, "13\n").unwrap();
    let error = lodging.refusal(&options()).await;
    assert!(matches!(error, EmbeddedError::UnsupportedMajor { data: 13, .. }), "{error}");
    assert!(error.to_string().contains("14 to 18"), "{error}");

    std::fs::write(&version, "what\n").unwrap();
    let error = lodging.refusal(&options()).await;
    assert!(matches!(error, EmbeddedError::Cluster(ClusterError::Damaged { .. })), "{error}");
    std::fs::remove_file(&version).unwrap();
    let error = lodging.refusal(&options()).await;
    assert!(error.to_string().contains("move it away"), "{error}");

    std::fs::write(&version, original).unwrap();
    lodging.start().await;
}

#[tokio::test]
async fn named_programs_must_be_whole_and_of_the_data_s_version() {
    let lodging = Lodging::new();
    lodging.start().await;
    embedded::stop(&lodging.home).await.unwrap();
    let bin = lodging.folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let named = Options { programs: Some(bin.clone()), ..options() };
    // Written by another process: what a thread of ours has open for writing cannot be run by any.
    let write = "cd \"$1\" && printf '#!/bin/sh\\necho postgres \\(PostgreSQL\\) 18.0\\n' | tee initdb > postgres && chmod 755 . *";
    assert!(Command::new("sh").args(["-c", write, "sh"]).arg(&bin).status().unwrap().success());
    let error = lodging.refusal(&named).await;
    assert!(matches!(error, EmbeddedError::Programs(ProgramsError::Incomplete { missing: "pg_ctl", .. })), "{error}");

    assert!(Command::new("cp").arg(bin.join("initdb")).arg(bin.join("pg_ctl")).status().unwrap().success());
    let version = lodging.cluster().join("PG_VERSION");
    let original = std::fs::read_to_string(&version).unwrap();
    std::fs::write(&version, "16").unwrap();
    let error = lodging.refusal(&named).await;
    assert!(error.to_string().contains("18.0") && error.to_string().contains("version 16"), "{error}");
    std::fs::write(&version, original).unwrap();
}

#[tokio::test]
async fn a_folder_that_is_not_ours_is_refused_by_name() {
    let lodging = Lodging::new();
    lodging.start().await;
    embedded::stop(&lodging.home).await.unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(lodging.cluster(), Some(0), Some(0)).unwrap();
        let error = lodging.refusal(&options()).await;
        assert!(matches!(error, EmbeddedError::Cluster(ClusterError::Folder(FolderError::Foreign { owner: 0, .. }))));
        assert!(error.to_string().contains(&lodging.cluster().display().to_string()), "{error}");

        // A closed folder on the way is named, and it is the folder that is closed.
        std::fs::set_permissions(lodging.folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let error = lodging.refusal(&options()).await;
        assert!(error.to_string().contains(&format!("may not enter {};", lodging.folder.path().display())), "{error}");
    } else {
        std::fs::set_permissions(lodging.home.data.join("postgres"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let error = lodging.refusal(&options()).await;
        assert!(matches!(error, EmbeddedError::Folder(FolderError::TooOpen { mode: 0o755, .. })), "{error}");

        let home = Home { data: "/proc/venues".into(), cache: "/proc/venues".into() };
        let error = embedded::start(&home, &options(), &|_| ()).await.unwrap_err();
        assert!(error.to_string().contains("cannot create /proc/venues"), "{error}");
    }
}

/// As `VENUES_DATA_DIR=$(mktemp -d)` of root's.
#[tokio::test]
async fn a_private_data_folder_is_opened_for_the_server_alone() {
    let lodging = Lodging::new();
    std::fs::create_dir(&lodging.home.data).unwrap();
    std::fs::set_permissions(&lodging.home.data, std::fs::Permissions::from_mode(0o700)).unwrap();
    lodging.start().await;
    assert_eq!(mode(&lodging.home.data) & 0o067, 0);
}

#[tokio::test]
async fn tcp_is_there_only_when_asked_for_and_only_with_the_password() {
    let lodging = Lodging::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let with_port = Options { port: Some(port), ..options() };
    let running = embedded::start(&lodging.home, &with_port, &|_| ()).await.unwrap();
    let url = running.tcp_url.as_ref().unwrap().expose_secret();
    PgConnection::connect(url).await.unwrap();
    assert_eq!(mode(&lodging.home.data.join("postgres/password")), 0o600);
    assert!(!format!("{running:?}{running}").contains(url.split(['/', ':', '@']).nth(4).unwrap()));
    let guess = format!("postgresql://venues:guess@127.0.0.1:{port}/venues");
    let error = PgConnection::connect(&guess).await.unwrap_err();
    assert!(error.to_string().contains("password"), "{error}");

    // Without wishes the same server is found, through its socket.
    let found = lodging.start().await;
    assert!(!found.started);
    assert_eq!((found.url.as_str(), count_one(&found).await), (running.url.as_str(), 1));

    embedded::stop(&lodging.home).await.unwrap();
    lodging.start().await;
    let error = lodging.refusal(&with_port).await;
    assert!(error.to_string().contains("venues db stop"), "{error}");
}

#[tokio::test]
async fn an_unused_server_is_stopped_and_a_used_one_is_not() {
    const IDLE: Duration = Duration::from_millis(400);
    let lodging = Lodging::new();
    let running = lodging.start().await;
    let mut client = connect(&running).await;
    let home = lodging.home.clone();
    let watcher = tokio::spawn(async move { embedded::watch(&home, IDLE).await });
    tokio::time::sleep(IDLE * 3).await;
    client.execute("SELECT 1").await.unwrap();
    // A second watcher leaves the first alone.
    embedded::watch(&lodging.home, Duration::ZERO).await.unwrap();
    assert!(!lodging.start().await.started);

    // Asking for the address counts as use, also without a connection.
    client.close().await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(IDLE / 2).await;
        assert!(!lodging.start().await.started);
    }
    tokio::time::timeout(Duration::from_secs(30), watcher).await.unwrap().unwrap().unwrap();
    assert_eq!(embedded::status(&lodging.home).await.state, State::Stopped);
    // The place of the watcher is free again.
    lodging.start().await;
    embedded::watch(&lodging.home, Duration::from_millis(1)).await.unwrap();
    assert_eq!(embedded::status(&lodging.home).await.state, State::Stopped);
}

#[tokio::test]
async fn a_start_brings_the_watcher_without_the_caller_s_variables() {
    let lodging = Lodging::new();
    let (program, heard) = (lodging.folder.path().join("watcher"), lodging.folder.path().join("heard"));
    let script = format!("#!/bin/sh\n(echo \"$@\"; env) > {0}.new; mv {0}.new {0}\n", heard.display());
    // Written by another process: what a thread of ours has open for writing cannot be run by any.
    let write = r#"printf %s "$2" > "$1" && chmod 755 "$1""#;
    assert!(Command::new("sh").args(["-c", write, "sh"]).arg(&program).arg(script).status().unwrap().success());
    let watcher = Some(Watcher { program, idle: Duration::from_secs(90) });
    embedded::start(&lodging.home, &Options { watcher, ..options() }, &|_| ()).await.unwrap();
    let heard = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            match std::fs::read_to_string(&heard) {
                Ok(text) => break text,
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    });
    let heard = heard.await.unwrap();
    let (data, cache) = (lodging.home.data.display(), lodging.home.cache.display());
    let wanted = format!("db watch --data-dir {data} --cache-dir {cache} --idle-ms 90000\n");
    assert!(heard.starts_with(&wanted) && !heard.contains("CARGO"), "{heard}");
}

#[tokio::test]
async fn a_watcher_ends_with_a_server_that_is_stopped_by_hand() {
    let lodging = Lodging::new();
    lodging.start().await;
    let home = lodging.home.clone();
    let watcher = tokio::spawn(async move { embedded::watch(&home, Duration::from_millis(800)).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(embedded::stop(&lodging.home).await.unwrap(), Stopped::Stopped);
    tokio::time::timeout(Duration::from_secs(30), watcher).await.unwrap().unwrap().unwrap();
}

#[test]
fn the_errors_of_a_machine_without_postgresql_name_the_remedies() {
    let others = vec!["13.2 in /old/bin".to_owned()];
    let none = EmbeddedError::NoPrograms {
        others: others.clone(),
        source: embedded::DownloadError::Transfer { url: "https://example.org/x".into(), why: "no route".into() },
    };
    let other = EmbeddedError::OtherMajor { cluster: "/data".into(), data: 16, others };
    for (error, wanted) in [
        (
            none,
            [
                "apt-get install postgresql",
                "brew install",
                "VENUES_POSTGRES_BIN",
                "VENUES_POSTGRES_URL",
                "DATABASE_URL",
                "13.2",
            ],
        ),
        (other, ["postgresql-16", "postgresql@16", "VENUES_POSTGRES_BIN", "/data", "VENUES_DATA_DIR", "13.2"]),
    ] {
        let text = error.to_string();
        for word in wanted {
            assert!(text.contains(word), "`{word}` is not in: {text}");
        }
        assert!(text.lines().count() <= 3, "{text}");
    }
    assert!(Download::default().allowed);
}
