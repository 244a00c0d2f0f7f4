//! Starts the server program, in a session of its own, and tells what it said when it does not come up.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::connection::Socket;
use super::folder::{self, FolderError};
use super::home::Layout;
use super::programs::Programs;
use super::user::{self, ServerUser};

/// A log longer than this (bytes) is set aside before the next start.
const LONG_LOG: u64 = 10 * 1024 * 1024;

/// Lines of the log that an error shows.
const SHOWN_LINES: usize = 8;

/// How the server is to run.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) programs: &'a Programs,
    pub(super) user: &'a ServerUser,
    pub(super) socket: &'a Socket,
    /// Listen on 127.0.0.1 as well.
    pub(super) tcp: bool,
    /// More settings, as PostgreSQL names them.
    pub(super) settings: &'a [(String, String)],
    /// How long it may take, a recovery after a crash included.
    pub(super) patience: Duration,
}

/// Why the server did not come up.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The log could not be written, and without it nobody could help.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// `pg_ctl` could not be run.
    #[error("cannot run {}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It ended at once.
    #[error("the database server did not start; its log ({}) ends with:\n{last}", log.display())]
    Refused {
        /// The whole log.
        log: PathBuf,
        /// Its last lines.
        last: String,
    },
    /// It runs, but is not ready yet.
    #[error(
        "the database server was not ready after {} s (it may be recovering from a crash; trying again later does no harm); \
         its log ({}) ends with:\n{last}",
        waited.as_secs(),
        log.display()
    )]
    Slow {
        /// How long we waited.
        waited: Duration,
        /// The whole log.
        log: PathBuf,
        /// Its last lines.
        last: String,
    },
}

/// Starts the server and waits until it serves.
pub(super) async fn launch(layout: &Layout, plan: &Plan<'_>) -> Result<(), LaunchError> {
    let begun = Instant::now();
    loop {
        let offset = set_long_log_aside(&layout.log);
        let left = plan.patience.saturating_sub(begun.elapsed());
        if pg_ctl_start(layout, plan, left).await? {
            return Ok(());
        }
        let last = last_lines(&layout.log, offset);
        if begun.elapsed() >= plan.patience {
            return Err(LaunchError::Slow { waited: begun.elapsed(), log: layout.log.clone(), last });
        }
        // The children of a server that was killed hold its shared memory until they notice.
        if !last.contains("shared memory block") {
            return Err(LaunchError::Refused { log: layout.log.clone(), last });
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// The error for a server that was found starting and does not get ready.
pub(super) fn slow(layout: &Layout, waited: Duration) -> LaunchError {
    let length = std::fs::metadata(&layout.log).map_or(0, |found| found.len());
    LaunchError::Slow { waited, log: layout.log.clone(), last: last_lines(&layout.log, length.saturating_sub(4096)) }
}

/// Runs `pg_ctl start`. It puts the server into a session of its own, which our standard library cannot.
async fn pg_ctl_start(layout: &Layout, plan: &Plan<'_>, patience: Duration) -> Result<bool, LaunchError> {
    let log = || -> Result<File, FolderError> {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        options.open(&layout.log).map_err(folder::failed("write", &layout.log))
    };
    let program = plan.programs.bin.join("pg_ctl");
    user::keep_descriptors();
    let status = plan
        .user
        .command(&program)
        .args(["start", "--silent", "--wait", "--timeout"])
        .arg(patience.as_secs().max(1).to_string())
        // Not `-D`: `pg_ctl` hands that to a shell in double quotes, where a name with `"` or `$` becomes another.
        .env("PGDATA", &layout.cluster)
        .arg("-o")
        .arg(std::ffi::OsStr::from_bytes(&server_arguments(plan)))
        // The server inherits these: the log stays ours, the caller's pipes do not stay open.
        .stdout(log()?)
        .stderr(log()?)
        .status()
        .await
        .map_err(|source| LaunchError::Spawn { program, source })?;
    Ok(status.success())
}

/// The server's arguments, quoted for the shell that `pg_ctl` uses.
fn server_arguments(plan: &Plan<'_>) -> Vec<u8> {
    let folder = plan.socket.folder.as_os_str().as_bytes();
    // The setting is a list; in double quotes a comma or a space is a part of the name.
    let mut folders = b"unix_socket_directories=\"".to_vec();
    for byte in folder {
        folders.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
    }
    folders.push(b'"');
    let mut settings = vec![
        folders,
        b"unix_socket_permissions=0700".to_vec(),
        format!("port={}", plan.socket.port).into_bytes(),
        format!("listen_addresses={}", if plan.tcp { "127.0.0.1" } else { "" }).into_bytes(),
        b"password_encryption=scram-sha-256".to_vec(),
        b"cluster_name=venues".to_vec(),
    ];
    settings.extend(plan.settings.iter().map(|(name, value)| format!("{name}={value}").into_bytes()));
    let mut arguments = Vec::new();
    for setting in settings {
        arguments.extend_from_slice(b" -c '");
        for byte in setting {
            arguments.extend_from_slice(if byte == b'\'' { b"'\\''" } else { std::slice::from_ref(&byte) });
        }
        arguments.push(b'\'');
    }
    arguments
}

/// Where the next words of the server will begin.
fn set_long_log_aside(log: &Path) -> u64 {
    let length = std::fs::metadata(log).map_or(0, |found| found.len());
    if length > LONG_LOG && std::fs::rename(log, log.with_extension("log.1")).is_ok() { 0 } else { length }
}

fn last_lines(log: &Path, begin: u64) -> String {
    let mut bytes = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        file.seek(SeekFrom::Start(begin))?;
        file.read_to_end(&mut bytes)
    });
    if let Err(error) = read {
        return format!("(unreadable: {error})");
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let shown = lines.get(lines.len().saturating_sub(SHOWN_LINES)..).unwrap_or_default();
    if shown.is_empty() {
        "(nothing)".into()
    } else {
        shown.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_quotes_survives_the_shell_and_the_setting() {
        let user = ServerUser { uid: 1, gid: 1, name: "u".into(), switched: false };
        let programs = Programs { bin: "/bin".into(), major: 15, version: "15.1".into() };
        let socket = Socket { folder: "/tmp/it's a \"b\", c".into(), port: 5432 };
        let plan = Plan {
            programs: &programs,
            user: &user,
            socket: &socket,
            tcp: false,
            settings: &[("fsync".into(), "off".into())],
            patience: Duration::ZERO,
        };
        let line = format!("printf '%s\\n' {}", String::from_utf8(server_arguments(&plan)).unwrap());
        let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
        let heard = String::from_utf8(output.stdout).unwrap();
        assert!(heard.contains("unix_socket_directories=\"/tmp/it's a \"\"b\"\", c\"\n"), "{heard}");
        assert!(heard.contains("listen_addresses=\n") && heard.ends_with("-c\nfsync=off\n"), "{heard}");
    }

    #[test]
    fn an_error_shows_only_the_last_words_of_this_start() {
        let log = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(log.path(), "old\n\nnew 1\nnew 2\n").unwrap();
        assert_eq!(last_lines(log.path(), 4), "  new 1\n  new 2");
        assert_eq!(last_lines(log.path(), 17), "(nothing)");
    }
}
