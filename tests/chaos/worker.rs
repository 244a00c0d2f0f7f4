//! A process of the command, and what it says.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::double::google::KEY;

/// A folder with settings, and the way to the provider.
pub(crate) struct Desk {
    folder: TempDir,
    provider: String,
}

/// How a process ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    pub(crate) fn new(bounds: [f64; 4], google: &str, provider: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("venues-test-").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let text = format!(
            "[regions.town]\nbbox = {bounds:?}\ntypes = [\"restaurant\", \"cafe\", \"bar\", \"bakery\"]\n\
             [providers.google]\n{google}\n"
        );
        std::fs::write(folder.path().join("venues.toml"), text).unwrap();
        Self { folder, provider: provider.to_owned() }
    }

    /// With a line that stands above the others in the settings.
    pub(crate) fn set(&self, line: &str) {
        let file = self.folder.path().join("venues.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, format!("{line}\n{text}")).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
        command
            .current_dir(self.folder.path())
            .env_remove("DATABASE_URL")
            .env("GOOGLE_PLACES_BASE_URL", &self.provider)
            .env("GOOGLE_PLACES_API_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(crate) fn migrate(&self, url: &str) {
        let mut command = self.command();
        let migrated = command.as_std_mut().args(["migrate", "up", "--yes", "--database-url", url]).output().unwrap();
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    }

    pub(crate) fn start(&self, url: &str, concurrency: usize) -> Worker {
        Self::spawn(self.command(), url, concurrency)
    }

    /// One whose wall clock is that far from ours, in faketime's words (`+1d`, `-7m`); a clock that only goes forward is left alone.
    pub(crate) fn start_at(&self, url: &str, concurrency: usize, clock: &str, faketime: &str) -> Worker {
        let mut command = self.command();
        command.env("LD_PRELOAD", faketime).env("FAKETIME", clock).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Self::spawn(command, url, concurrency)
    }

    fn spawn(mut command: Command, url: &str, concurrency: usize) -> Worker {
        let concurrency = concurrency.to_string();
        let words = ["-v", "sync", "--region", "town", "--json", "--if-stale", "1h", "--concurrency"];
        let mut child = command.args(words).args([&concurrency, "--database-url", url]).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let keep = Arc::clone(&said);
        let listening = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut said = keep.lock().unwrap();
                said.push_str(&line);
                said.push('\n');
            }
        });
        Worker { child, said, listening }
    }
}

pub(crate) struct Worker {
    child: Child,
    said: Arc<Mutex<String>>,
    listening: JoinHandle<()>,
}

impl Worker {
    /// The id that it made up, if it came so far.
    pub(crate) fn id(&self) -> Option<String> {
        let said = self.said.lock().unwrap();
        let (_, after) = said.split_once(r#""worker":""#)?;
        after.split_once('"').map(|(id, _)| id.to_owned())
    }

    /// Waits until it has said this, or has ended.
    pub(crate) async fn says(&self, words: &str) {
        while !self.said.lock().unwrap().contains(words) && !self.listening.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Nothing happens to one that has ended already.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            rustix::process::kill_process(pid, signal).ok();
        }
    }

    /// `kill -9`; waits until it is gone.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
        (&mut self.listening).await.ok();
    }

    pub(crate) async fn ends(self) -> Ended {
        self.ends_named().await.1
    }

    /// Its id, and how it ended.
    pub(crate) async fn ends_named(mut self) -> (Option<String>, Ended) {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).await.unwrap();
        let code = self.child.wait().await.unwrap().code();
        (&mut self.listening).await.ok();
        let id = self.id();
        let stderr = self.said.lock().unwrap().clone();
        (id, Ended { code, stdout, stderr })
    }
}
