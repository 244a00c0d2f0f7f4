//! The command, as somebody starts it in a folder of their own.

use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// An empty folder to work in, and an environment with nothing of this machine in it.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) variables: Vec<(&'static str, String)>,
}

pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder can be made"), variables: vec![] }
    }

    pub(crate) fn with_file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), content).expect("a temporary folder can be written to");
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// A key, a database that is never reached, and a region.
    pub(crate) fn ready() -> Self {
        let region = "[regions.lisbon]\nbbox = [-9.23, 38.69, -9.09, 38.80]\ntypes = [\"cafe\"]\n";
        Self::new()
            .with_file("venues.toml", region)
            .with("GOOGLE_PLACES_API_KEY", "AIzaInventedForTests")
            .with("DATABASE_URL", "postgresql://me@localhost:1/mine")
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("venues"));
        command.args(words).current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Said {
        let Output { status, stdout, stderr } = self.command(words).output().expect("the command can be started");
        let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
        Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Runs what must be refused before anything is begun.
    pub(crate) fn refuses(&self, words: &[&str]) -> String {
        let said = self.run(words);
        assert_eq!(said.code, Some(2), "{words:?}: {}", said.stderr);
        assert_eq!(said.stdout, "", "{words:?}");
        said.stderr
    }
}

#[track_caller]
pub(crate) fn assert_all(text: &str, expected: &[&str]) {
    for word in expected {
        assert!(text.contains(word), "expected {word:?} in\n{text}");
    }
}
