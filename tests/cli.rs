//! The command as a person or a scheduler meets it: words, streams and exit codes.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// An empty folder to work in, and an environment with nothing of this machine in it.
struct Desk {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Desk {
    fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder can be made"), variables: vec![] }
    }

    fn with_file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), content).expect("a temporary folder can be written to");
        self
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// A key, a database that is never reached, and a region.
    fn ready() -> Self {
        let region = "[regions.lisbon]\nbbox = [-9.23, 38.69, -9.09, 38.80]\ntypes = [\"cafe\"]\n";
        Self::new()
            .with_file("venues.toml", region)
            .with("GOOGLE_PLACES_API_KEY", "AIzaInventedForTests")
            .with("DATABASE_URL", "postgresql://me@localhost:1/mine")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("venues"));
        command.args(words).current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Said {
        let Output { status, stdout, stderr } = self.command(words).output().expect("the command can be started");
        let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
        Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Runs what must be refused before anything is begun.
    fn refuses(&self, words: &[&str]) -> String {
        let said = self.run(words);
        assert_eq!(said.code, Some(2), "{words:?}: {}", said.stderr);
        assert_eq!(said.stdout, "", "{words:?}");
        said.stderr
    }
}

#[track_caller]
fn assert_all(text: &str, expected: &[&str]) {
    for word in expected {
        assert!(text.contains(word), "expected {word:?} in\n{text}");
    }
}

#[test]
fn help_of_every_command_says_what_matters() {
    let desk = Desk::new();
    for (words, expected) in [
        (&["--help"][..], &["sync --region demo", "regions", "migrate", "db", "completions", "--json", "--config"][..]),
        (
            &["sync", "--help"],
            &["--region", "--near", "--bbox", "--max-cost", "--replay", "GOOGLE_PLACES_API_KEY", "DATABASE_URL", "75"],
        ),
        (&["regions", "--help"], &["venues.toml", "demo"]),
        (&["migrate", "--help"], &["up", "down", "current", "history"]),
        (&["migrate", "down", "--help"], &["[N]", "--database-url", "--embedded"]),
        (&["db", "--help"], &["url", "shell", "stop", "status", "psql"]),
        (&["completions", "--help"], &["bash", "zsh", "fish"]),
    ] {
        let said = desk.run(words);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{words:?}");
        assert_all(&said.stdout, expected);
    }
    assert!(!desk.run(&["db", "--help"]).stdout.contains("watch"), "the watcher is ours alone");
}

#[test]
fn an_unknown_region_brings_the_known_ones_and_how_to_add_it() {
    let stderr = Desk::ready().refuses(&["sync", "--region", "lisbn"]);
    assert_all(
        &stderr,
        &["unknown region `lisbn`", "did you mean `lisbon`?", "known: demo, lisbon", "[regions.lisbn]", "venues.toml"],
    );
}

#[test]
fn areas_that_are_not_numbers_are_named_by_value() {
    let desk = Desk::ready();
    for (words, expected) in [
        (&["sync", "--bbox", "1,2,3"][..], &["1,2,3", "numbers needed: 4, separated by commas; given: 3"][..]),
        (&["sync", "--bbox=west,2,3,4"], &["`west` is not a number"]),
        (&["sync", "--near", "38.7", "--radius-m", "5"], &["numbers needed: 2, separated by commas; given: 1"]),
        (&["sync", "--near", "38.7,nan", "--radius-m", "5"], &["`nan` is not a number"]),
        (&["sync", "--near", "38.7,-9.1"], &["--radius-m"]),
        (&["sync", "--region", "near:1,2"], &["`near:1,2`", "near:LAT,LNG,METRES"]),
    ] {
        assert_all(&desk.refuses(words), expected);
    }
}

#[test]
fn a_missing_key_or_database_names_its_variable() {
    let desk = Desk::ready().with("GOOGLE_PLACES_API_KEY", "");
    assert_all(&desk.refuses(&["sync", "--region", "lisbon"]), &["GOOGLE_PLACES_API_KEY", "--replay"]);
    let desk = Desk::ready().with("DATABASE_URL", "");
    assert_all(&desk.refuses(&["sync", "--region", "lisbon"]), &["DATABASE_URL", "--embedded", "VENUES_DATA_DIR"]);
    assert_all(&desk.refuses(&["migrate", "up"]), &["DATABASE_URL"]);
}

#[test]
fn contradictions_and_unlimited_dry_runs_are_refused() {
    let desk = Desk::ready();
    assert_all(
        &desk.refuses(&["sync", "--region", "lisbon", "--record", "a", "--replay", "b"]),
        &["--record", "--replay"],
    );
    assert_all(&desk.refuses(&["sync", "--region", "lisbon", "--dry-run"]), &["--max-cost", "--replay"]);
    assert_all(
        &desk.refuses(&["sync", "--region", "lisbon", "--provider", "bing"]),
        &["unknown provider `bing`", "google"],
    );
    assert_all(&desk.refuses(&["sync", "--region", "demo", "--types", "museum"]), &["demo", "--types"]);
}

#[test]
fn a_url_of_another_scheme_is_named_and_its_password_is_not() {
    for (url, expected) in [
        ("mysql://u:hunter22@h/d", "`mysql`"),
        ("mysql+pymysql://u:hunter22@h/d", "`mysql+pymysql`"),
        ("sqlite:///hunter22", "`sqlite`"),
        ("jdbc:postgresql://h/d?password=hunter22", "leave `jdbc:` away"),
        ("postgresql://u:hunter22@h:port/d", "DATABASE_URL"),
        ("postgresql://u:1/hunter22@h/d", "write @ as %40"),
    ] {
        let by_variable = Desk::ready().with("DATABASE_URL", url).refuses(&["-vvv", "migrate", "current"]);
        assert_all(&by_variable, &[expected, "DATABASE_URL"]);
        let by_flag = Desk::ready().refuses(&["-vvv", "sync", "--region", "lisbon", "--database-url", url]);
        assert_all(&by_flag, &["--database-url"]);
        let misplaced = Desk::ready().refuses(&["sync", "--region", "lisbon", "--dry", "postgresql://u:hunter22@h/d"]);
        for stderr in [by_variable, by_flag, misplaced] {
            assert!(!stderr.contains("hunter22"), "{stderr}");
        }
    }
}

#[test]
fn a_hostile_dotenv_is_a_warning_at_most() {
    let dotenv = b"DATABASE_URL=mysql://x\nnot a line hunter22\nGOOGLE_PLACES_API_KEY=\"never closed\n\xff\xfe\n";
    let said = Desk::new().with_file(".env", dotenv).run(&["regions"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_all(&said.stdout, &["demo"]);
    assert_all(&said.stderr, &[".env, line 2", "\"level\":\"WARN\""]);
    assert!(!said.stderr.contains("hunter22"), "{}", said.stderr);

    let folder = Desk::new();
    std::fs::create_dir(folder.folder.path().join(".env")).expect("a temporary folder can be written to");
    assert_eq!(folder.run(&["regions"]).code, Some(0));
}

#[test]
fn dotenv_is_read_and_the_process_environment_wins_over_it() {
    let desk = Desk::new().with_file(".env", "DATABASE_URL=mysql://of-dotenv/d\n");
    assert_all(&desk.refuses(&["migrate", "current"]), &["`mysql`"]);
    let desk = desk.with("DATABASE_URL", "mssql://of-process/d");
    assert_all(&desk.refuses(&["migrate", "current"]), &["`mssql`"]);
    let desk = Desk::new().with_file(".env", "DATABASE_URL=mysql://of-dotenv/d\n").with("DATABASE_URL", "");
    assert_all(&desk.refuses(&["migrate", "current"]), &["no database: set DATABASE_URL"]);
}

#[test]
fn regions_are_listed_for_people_and_for_programs() {
    let desk = Desk::ready();
    let table = desk.run(&["regions"]);
    assert_eq!((table.code, table.stderr.as_str()), (Some(0), ""));
    assert_all(
        &table.stdout,
        &["NAME", "demo", "built in", "lisbon", "bbox:-9.23,38.69,-9.09,38.8", "venues.toml, line 1"],
    );
    for words in [["--json", "regions"], ["regions", "--json"]] {
        let said = desk.run(&words);
        let lines: Vec<serde_json::Value> =
            said.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
        let names: Vec<&str> = lines.iter().filter_map(|line| line["name"].as_str()).collect();
        assert_eq!(names, ["demo", "lisbon"]);
        assert_eq!(lines[1]["types"], serde_json::json!(["cafe"]));
    }
}

#[test]
fn a_wrong_settings_file_is_named_by_line_and_a_misspelt_key_by_name() {
    let broken = Desk::new().with_file("venues.toml", "[regions.a]\nbbox = [1, 2, 3]\n");
    assert_all(&broken.refuses(&["regions"]), &["venues.toml, line 2", "regions.a.bbox = [1, 2, 3]"]);
    let misspelt = Desk::new().with_file("venues.toml", "[regions.a]\nbbox = [1, 2, 3, 4]\nlanguag = \"en\"\n");
    for words in [&["regions"][..], &["-q", "regions"]] {
        let said = misspelt.run(words);
        assert_eq!(said.code, Some(0));
        assert_all(&said.stderr, &["line 3", "`languag`", "did you mean `language`?"]);
    }
    assert_all(&misspelt.refuses(&["regions", "--config", "nowhere.toml"]), &["nowhere.toml", "--config"]);
    let elsewhere =
        Desk::new().with_file("other.toml", "[regions.b]\nbbox = [1, 2, 3, 4]\n").with("VENUES_CONFIG", "other.toml");
    assert_all(&elsewhere.run(&["regions"]).stdout, &["b ", "other.toml, line 1"]);
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = Desk::new().run(&["completions", shell]);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{shell}");
        assert_all(&said.stdout, &["venues", "migrate", "max-cost"]);
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let desk = Desk::new();
    let mut child = desk
        .command(&["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command can be started");
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut stderr).expect("the command speaks UTF-8");
    assert_eq!((child.wait().expect("it ends").code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn nothing_is_left_behind_by_what_was_refused() {
    let desk = Desk::ready();
    desk.refuses(&["sync", "--region", "nowhere"]);
    desk.refuses(&["sync", "--region", "lisbon", "--dry-run", "--record", "tape"]);
    assert!(!Path::new(&desk.folder.path().join("tape")).exists());
    let left: Vec<_> = std::fs::read_dir(desk.folder.path()).expect("it is there").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
