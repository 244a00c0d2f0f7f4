//! What a running server writes into `postmaster.pid`, and whether that process is still the one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal};

/// A server as its own `postmaster.pid` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub(super) pid: Pid,
    /// The port it uses; absent in the first moments of its life.
    pub(super) port: Option<u16>,
    /// The socket's folder; absent in the first moments of its life.
    pub(super) socket_folder: Option<PathBuf>,
    /// It listens on TCP.
    pub(super) tcp: bool,
}

/// The pid file's path.
pub(super) fn pid_file(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

/// Reads the pid file; none where there is none or nothing usable in it.
pub(super) fn read(cluster: &Path) -> std::io::Result<Option<Postmaster>> {
    match std::fs::read_to_string(pid_file(cluster)) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lines: process id, data folder, start time, port, socket folder, first listen address, shared memory, state.
fn parse(text: &str) -> Option<Postmaster> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    // A single-user server writes its process id negated.
    let pid = lines.first()?.parse::<i32>().ok()?.checked_abs()?;
    let line = |index: usize| lines.get(index).copied().filter(|text| !text.is_empty());
    Some(Postmaster {
        pid: Pid::from_raw(pid)?,
        port: line(3).and_then(|port| port.parse().ok()),
        socket_folder: line(4).map(PathBuf::from),
        tcp: line(5).is_some(),
    })
}

impl Postmaster {
    /// Whether the process is alive and really the server of this cluster. After a crash its number may have gone to a stranger.
    pub(super) fn lives_in(&self, cluster: &Path) -> bool {
        // Sending no signal to a process of another user fails with EPERM, but the process is there.
        let alive = !matches!(rustix::process::test_kill_process(self.pid), Err(rustix::io::Errno::SRCH));
        alive && serves(self.pid, cluster)
    }

    /// Asks the process to end. A process that is gone already is no error.
    pub(super) fn signal(&self, signal: Signal) -> std::io::Result<()> {
        match rustix::process::kill_process(self.pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A server works in its data folder, which on Linux anybody who may signal it can see. A dead process that its parent has not
/// waited for (process 1 of a container often does not) works nowhere.
#[cfg(target_os = "linux")]
fn serves(pid: Pid, cluster: &Path) -> bool {
    let folder = std::fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
    match folder {
        Ok(folder) => cluster.canonicalize().is_ok_and(|cluster| cluster == folder),
        // Without /proc we cannot tell, and must not take a living server for a dead one.
        Err(_) => !Path::new("/proc/self").exists(),
    }
}

/// Elsewhere the program's name has to do.
#[cfg(not(target_os = "linux"))]
fn serves(pid: Pid, _cluster: &Path) -> bool {
    std::process::Command::new("ps")
        .args(["-o", "comm=", "-p", &pid.as_raw_nonzero().to_string()])
        .output()
        .map_or(true, |out| String::from_utf8_lossy(&out.stdout).contains("postgres"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_pid_file_is_read() {
        let text = "4711\n/data/cluster\n1760000000\n5432\n/data/run\n\n  1234   5\nready   \n";
        let found = parse(text).unwrap();
        assert_eq!(found.pid.as_raw_nonzero().get(), 4711);
        assert_eq!((found.port, found.tcp), (Some(5432), false));
        assert_eq!(found.socket_folder.as_deref(), Some(Path::new("/data/run")));
        assert!(parse("1\n/d\n1\n5544\n/r\n127.0.0.1\n").unwrap().tcp);
    }

    #[test]
    fn half_a_pid_file_is_read_as_far_as_it_goes() {
        let found = parse("-42\n/data/cluster\n").unwrap();
        assert_eq!(found.pid.as_raw_nonzero().get(), 42);
        assert_eq!((found.port, found.socket_folder), (None, None));
        for text in ["", "\n", "none\n", "0\n", "-2147483648\n"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_recycled_process_number_is_not_our_server() {
        let cluster = tempfile::tempdir().unwrap();
        let us = i32::try_from(std::process::id()).unwrap();
        let stranger = Postmaster { pid: Pid::from_raw(us).unwrap(), port: None, socket_folder: None, tcp: false };
        assert!(!stranger.lives_in(cluster.path()));
    }
}
