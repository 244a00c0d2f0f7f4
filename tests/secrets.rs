//! The provider's key and the database's password: whatever happens, they are in nothing that the command prints or keeps.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::path::Path;
use std::process::{Output, Stdio};

use double::city;
use double::google::{Double, KEY, Manners};
use support::database::TestDatabase;
use tempfile::TempDir;
use tokio::process::Command;

/// With characters that URLs, JSON and Rust's own `Debug` write in other ways.
const PASSWORD: &str = "p@ss/w\"rd+of%the\\test";
const PASSWORD_IN_URL: &str = "p%40ss%2Fw%22rd%2Bof%25the%5Ctest";
const OTHER_KEY: &str = "AIzaSome+Other/Key=Altogether-98765";

struct Bench {
    folder: TempDir,
    double: Double,
    database: TestDatabase,
}

impl Bench {
    async fn new(echoes_key: bool) -> Self {
        let double = Double::serve_with(city::town(), Manners { echoes_key, ..Manners::GOOD }).await;
        let [west, south, east, north] = city::BOUNDS;
        let settings = format!(
            "[regions.town]\nbbox = [{west}, {south}, {east}, {north}]\n\
             [providers.google]\nrequests_per_second = 1000\nattempts = 1\n"
        );
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("venues.toml"), settings).unwrap();
        Self { folder, double, database: TestDatabase::create().await }
    }

    /// As much as the command will say, and more than it should.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
        command
            .args(["sync", "--region", "town", "-vvv", "--json"])
            .current_dir(self.folder.path())
            .env("RUST_LOG", "trace,hyper=trace,reqwest=trace,h2=trace,sqlx=trace")
            .env("RUST_BACKTRACE", "full")
            .env("RUST_LIB_BACKTRACE", "1")
            .env("GOOGLE_PLACES_BASE_URL", self.double.url())
            .env("GOOGLE_PLACES_API_KEY", KEY)
            .env("DATABASE_URL", self.database.url())
            .stdin(Stdio::null());
        command
    }

    /// Runs to an expected end; what was said and written holds no secret.
    async fn keeps_quiet(&self, command: &mut Command, code: i32) -> String {
        let Output { status, stdout, stderr } = command.output().await.unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert_eq!(status.code(), Some(code), "{stderr}");
        assert_clean("stdout", &stdout);
        assert_clean("stderr", &stderr);
        look_through(self.folder.path());
        format!("{stdout}{stderr}")
    }
}

/// Every spelling in which a secret could be found again.
fn spellings() -> Vec<String> {
    let mut all = Vec::new();
    for secret in [KEY, OTHER_KEY, PASSWORD] {
        let percent = |byte: u8, lower: bool| if lower { format!("%{byte:02x}") } else { format!("%{byte:02X}") };
        let some = |lower| -> String {
            let one =
                |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { percent(byte, lower) };
            secret.bytes().map(one).collect()
        };
        all.push(secret.to_owned());
        all.extend([false, true].map(|lower| secret.bytes().map(|byte| percent(byte, lower)).collect::<String>()));
        all.extend([false, true].map(some));
        all.push(format!("{secret:?}").trim_matches('"').to_owned());
        all.push(serde_json::Value::from(secret).to_string().trim_matches('"').to_owned());
    }
    all.push(PASSWORD_IN_URL.to_owned());
    all
}

#[track_caller]
fn assert_clean(what: &str, text: &str) {
    for spelling in spellings() {
        assert!(!text.contains(&spelling), "{what} holds {spelling}:\n{text}");
    }
}

/// Every file below a folder, by name and by content.
fn look_through(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_through(&path);
        } else {
            let name = path.display().to_string();
            assert_clean(&name, &name);
            assert_clean(&name, &String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let spellings = spellings();
    for spelling in ["AIzaSome%2BOther%2FKey%3DAltogether%2D98765", "p@ss/w\\\"rd+of%the\\\\test", PASSWORD_IN_URL] {
        assert!(spellings.iter().any(|known| known == spelling), "{spelling} is not among {spellings:?}");
    }
}

#[tokio::test]
async fn a_good_run_tells_nobody_its_key() {
    let bench = Bench::new(false).await;
    let told = bench.keeps_quiet(bench.command().args(["--migrate", "--record", "tape"]), 0).await;
    assert!(told.contains("answer committed"), "it says a lot, or the test tests nothing: {told}");
    assert!(std::fs::read_dir(bench.folder.path().join("tape")).unwrap().count() > 10);
}

#[tokio::test]
async fn a_provider_that_repeats_the_key_is_not_quoted() {
    let bench = Bench::new(true).await;
    let mut command = bench.command();
    command.env("GOOGLE_PLACES_API_KEY", OTHER_KEY).args(["--migrate", "--record", "tape"]);
    let told = bench.keeps_quiet(&mut command, 77).await;
    assert!(told.contains("refused the key") && told.contains("GOOGLE_PLACES_API_KEY"), "{told}");
    let line: serde_json::Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    assert_eq!((&line["status"], &line["cost_usd"]), (&"failed".into(), &0.0.into()));
    let tape: Vec<_> = std::fs::read_dir(bench.folder.path().join("tape")).unwrap().flatten().collect();
    assert!(tape.len() >= 2, "the refusal is on the tape too: {tape:?}");
}

#[tokio::test]
async fn an_address_with_a_password_is_refused_unseen() {
    let bench = Bench::new(false).await;
    for url in [
        format!("https://user:{PASSWORD_IN_URL}@proxy.example"),
        format!("https://proxy.example/?key={KEY}"),
        format!("https://user:{PASSWORD_IN_URL}@proxy.example:port/"),
        format!("user:{PASSWORD}@proxy.example"),
    ] {
        let told = bench.keeps_quiet(bench.command().env("GOOGLE_PLACES_BASE_URL", url), 2).await;
        assert!(told.contains("GOOGLE_PLACES_BASE_URL"), "{told}");
    }
}

#[tokio::test]
async fn a_database_out_of_reach_is_named_without_its_password() {
    let bench = Bench::new(false).await;
    for url in [
        format!("postgresql://me:{PASSWORD_IN_URL}@127.0.0.1:1/mine"),
        format!("postgresql://127.0.0.1:1/mine?user=me&password={PASSWORD_IN_URL}"),
    ] {
        let told = bench.keeps_quiet(bench.command().env("DATABASE_URL", &url), 69).await;
        assert!(told.contains("127.0.0.1:1/mine"), "{told}");
        let by_flag = bench.keeps_quiet(bench.command().args(["--database-url", &url]), 69).await;
        assert!(by_flag.contains("127.0.0.1:1/mine"), "{by_flag}");
    }
    // A server that is there and refuses: it knows no such user, and says which.
    let url = bench.database.url();
    let (_, server) = url.split_once('@').unwrap();
    let stranger = format!("postgresql://stranger:{PASSWORD_IN_URL}@{server}");
    let told = bench.keeps_quiet(bench.command().env("DATABASE_URL", stranger), 69).await;
    assert!(told.contains("stranger"), "{told}");
}

#[tokio::test]
async fn the_address_and_the_commands_at_the_end_are_printed_without_the_password() {
    let bench = Bench::new(false).await;
    // The test server trusts everybody on its socket, with or without a password.
    let url = bench.database.url().replacen('@', &format!(":{PASSWORD_IN_URL}@"), 1);
    let mut command = bench.command();
    let words = ["sync", "--region", "town", "--migrate", "--max-requests", "2", "--database-url", &url];
    let stops_early = command.env_remove("RUST_LOG").args(&words[3..]);
    bench.keeps_quiet(stops_early, 75).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
    command
        .args(words)
        .current_dir(bench.folder.path())
        .env("GOOGLE_PLACES_BASE_URL", bench.double.url())
        .env("GOOGLE_PLACES_API_KEY", KEY);
    let told = bench.keeps_quiet(&mut command, 75).await;
    assert!(told.contains("To go on") && told.contains("--database-url"), "{told}");
    for action in ["url", "shell"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
        command.args(["db", action]).env("DATABASE_URL", &url).env("PATH", "").stdin(Stdio::null());
        assert!(bench.keeps_quiet(&mut command, 0).await.contains("postgresql://"));
    }
}

#[tokio::test]
async fn a_key_in_the_wrong_place_is_not_repeated() {
    let bench = Bench::new(false).await;
    // Pasted with its line break, with a space inside, and into .env without a name.
    for key in [format!("{KEY}\n{OTHER_KEY}"), format!("{OTHER_KEY} {KEY}")] {
        let told = bench.keeps_quiet(bench.command().env("GOOGLE_PLACES_API_KEY", key), 2).await;
        assert!(told.contains("GOOGLE_PLACES_API_KEY"), "{told}");
    }
    let dotenv = TempDir::new().unwrap();
    std::fs::copy(bench.folder.path().join("venues.toml"), dotenv.path().join("venues.toml")).unwrap();
    std::fs::write(dotenv.path().join(".env"), format!("{OTHER_KEY} as a line\nGOOGLE_PLACES_API_KEY='{KEY}\n"))
        .unwrap();
    let mut command = bench.command();
    command.current_dir(dotenv.path()).env_remove("GOOGLE_PLACES_API_KEY");
    let told = bench.keeps_quiet(&mut command, 2).await;
    assert!(told.contains(".env"), "{told}");
}

#[tokio::test]
async fn at_no_level_is_a_secret_told_and_no_file_that_is_left_holds_one() {
    let bench = Bench::new(true).await;
    let url = bench.database.url().replacen('@', &format!(":{PASSWORD_IN_URL}@"), 1);
    for level in ["-q", "--json", "-v", "-vv", "-vvv"] {
        for (key, code) in [(KEY, 75), (OTHER_KEY, 77)] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
            command
                .args(["sync", "--region", "town", "--migrate", "--fresh", "--max-requests", "2", level])
                .args(["--database-url", &url, "--metrics-file", "venues.prom"])
                .current_dir(bench.folder.path())
                .env("RUST_LOG", "trace")
                .env("GOOGLE_PLACES_BASE_URL", bench.double.url())
                .env("GOOGLE_PLACES_API_KEY", key)
                .stdin(Stdio::null());
            bench.keeps_quiet(&mut command, code).await;
        }
    }
    for form in [&["--html", "town.html"][..], &["--json"], &["--md", "-vvv"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_venues"));
        command.args(["report", "latest"]).args(form).current_dir(bench.folder.path()).env("DATABASE_URL", &url);
        bench.keeps_quiet(&mut command, 0).await;
    }
    for left in ["venues.prom", "town.html"] {
        assert!(bench.folder.path().join(left).exists(), "{left} was looked through");
    }
}
