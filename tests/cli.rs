//! The command as a person or a scheduler meets it: words, streams and exit codes.

mod double;
mod support;

use std::io::Read;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use double::city;
use double::google::{Double, KEY};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _};
use support::database::TestDatabase;
use support::desk::{Desk, Said, assert_all};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

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
        (&["list", "--help"], &["--open-at", "--category", "venues list --region demo"]),
        (&["export", "--help"], &["geojson", "csv", "ndjson", "--output", "venues export --region lisbon"]),
        (&["profiles", "put", "--help"], &["--worker", "--rejects", "attribute_scores", "65"]),
        (&["events", "import", "--help"], &["--rejects", "thumbs_up", "65"]),
        (&["doctor", "--help"], &["--online", "venues doctor --json"]),
        (&["migrate", "--help"], &["up", "down", "current", "history", "stamp", "sql", "repair"]),
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

/// A paragraph is broken where the terminal ends, and nowhere else.
#[test]
fn the_help_breaks_no_line_in_its_middle() {
    let desk = Desk::new();
    for words in ["runs", "list", "export", "doctor", "purge", "migrate up"] {
        let said = desk.run(&[&words.split(' ').collect::<Vec<_>>()[..], &["--help"]].concat());
        let lines: Vec<&str> = said.stdout.lines().collect();
        for pair in lines.windows(2) {
            let next = pair[1].split(' ').next().unwrap_or_default();
            let text = |line: &str| !line.is_empty() && !line.starts_with(' ');
            let broken = text(pair[0]) && text(pair[1]) && !pair[0].ends_with(['.', ':']);
            assert!(!broken || pair[0].len() + next.len() > 90, "{words}: {pair:?}");
        }
    }
}

/// `/dev/full` is a disk without room.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_told_as_what_it_is() {
    let desk = Desk::new();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("there is one");
    for words in [&["regions"][..], &["categories", "--json"], &["completions", "bash"]] {
        let output = desk.command(words).stdout(full()).output().expect("it starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(74), "{words:?}: {stderr}");
        assert_all(&stderr, &["cannot write to stdout", "No space left on device"]);
    }
}

/// A log that cannot be written takes nothing from what was asked for.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stderr_costs_the_warnings_and_nothing_else() {
    let desk = Desk::new().with_file("venues.toml", "nonsense = 1\n");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("there is one");
    assert_all(&desk.run(&["regions"]).stderr, &["unknown key `nonsense`"]);
    let output = desk.command(&["regions"]).stderr(full).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("demo"));
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
fn manual_pages_are_written_for_every_verb() {
    let desk = Desk::new();
    let said = desk.run(&["man", "share/man1"]);
    assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (Some(0), "", ""));
    for (page, expected) in
        [("venues.1", "completions"), ("venues-sync.1", "max\\-cost"), ("venues-events-import.1", "rejects")]
    {
        let text = std::fs::read_to_string(desk.folder.path().join("share/man1").join(page)).expect("it is written");
        assert_all(&text, &[".TH", expected]);
    }
    assert!(!desk.folder.path().join("share/man1/venues-db-watch.1").exists(), "the watcher is ours alone");
    assert_all(&desk.refuses(&["man", "/dev/null/x"]), &["cannot write /dev/null/x"]);
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
fn areas_that_mean_nothing_are_named_by_what_is_wrong_with_which_value() {
    let regions = r#"
[regions.swapped]
bbox = [-33.9, 151.1, -33.8, 151.3]
[regions.upside-down]
bbox = [-9.2, 38.8, -9.1, 38.7]
[regions.flat]
bbox = [-9.2, 38.7, -9.2, 38.8]
[regions.far]
center = [151.2, -33.9]
radius_m = 500
[regions.point]
center = [38.7, -9.1]
radius_m = 0
[regions.empty]
geojson = "empty.json"
[regions.nobody]
geojson = "nobody.json"
[regions.spot]
geojson = "spot.json"
[regions.cut]
geojson = "cut.json"
[regions.gone]
geojson = "gone.json"
"#;
    let desk = Desk::ready()
        .with_file("venues.toml", regions)
        .with_file("empty.json", r#"{"type": "Polygon", "coordinates": []}"#)
        .with_file("nobody.json", r#"{"type": "FeatureCollection", "features": []}"#)
        .with_file("spot.json", r#"{"type": "Point", "coordinates": [1, 2]}"#)
        .with_file("cut.json", r#"{"type": "Polygon", "coordin"#);
    for (region, expected) in [
        (
            "swapped",
            &["region `swapped`", "151.1", "latitude and longitude look swapped", "151.1,-33.9,151.3,-33.8"][..],
        ),
        ("upside-down", &["south 38.8 is not below north 38.7", "-9.2,38.7,-9.1,38.8"]),
        ("flat", &["west and east are both -9.2"]),
        ("far", &["latitude first", "latitude 151.2 is outside -90 to 90"]),
        ("point", &["radius 0 m", "above 0"]),
        ("empty", &["region `empty`", "empty.json", "no positions"]),
        ("nobody", &["nobody.json", "holds no polygon"]),
        ("spot", &["spot.json", "a Point is no area"]),
        ("cut", &["cut.json", "not GeoJSON"]),
        ("gone", &["gone.json", "No such file"]),
    ] {
        let stderr = desk.refuses(&["sync", "--region", region]);
        assert_all(&stderr, expected);
        assert_eq!(stderr.lines().count(), 1, "one line says it: {stderr}");
    }
    assert_all(&desk.refuses(&["sync", "--near", "38.7,-9.1", "--radius-m", "0"]), &["near:38.7,-9.1,0", "radius 0 m"]);
    assert_all(&desk.refuses(&["sync", "--bbox=-33.9,151.1,-33.8,151.3"]), &["look swapped"]);
}

#[test]
fn a_database_that_is_not_there_is_named_at_once_with_its_remedy() {
    let desk = Desk::ready();
    for url in ["postgresql://me:hunter22@localhost:1/mine", "postgresql+asyncpg://me:hunter22@localhost:1/mine"] {
        for words in
            [&["sync", "--region", "lisbon"][..], &["--json", "sync", "--region", "lisbon"], &["migrate", "up"]]
        {
            let began = std::time::Instant::now();
            let said = desk.command(words).env("DATABASE_URL", url).output().expect("the command can be started");
            let stderr = String::from_utf8_lossy(&said.stderr);
            assert_eq!(said.status.code(), Some(69), "{stderr}");
            // A program that reads lines gets one a region, whatever became of it.
            let stdout = String::from_utf8_lossy(&said.stdout);
            let lines: Vec<&str> = stdout.lines().collect();
            if words[0] == "--json" {
                assert_eq!(lines.len(), 1, "{stdout}");
                assert_all(lines[0], &["\"region\":\"lisbon\"", "\"status\":\"failed\""]);
            } else {
                assert_eq!(lines.len(), 0, "{stdout}");
            }
            assert_all(
                &stderr,
                &["localhost:1/mine", "refused", "docker compose up -d postgres", "5433", "DATABASE_URL"],
            );
            assert!(!stderr.contains("hunter22"), "{stderr}");
            assert!(began.elapsed() < std::time::Duration::from_secs(5), "nobody is going to open that port");
        }
    }
    let by_socket = Desk::new().with("DATABASE_URL", "postgresql://me@localhost/mine?host=/nowhere");
    assert_all(&by_socket.run(&["migrate", "current"]).stderr, &["/nowhere:5432/mine"]);
}

#[test]
fn recordings_that_cannot_be_replayed_are_named_by_file() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/google");
    let desk = Desk::ready();
    let tape = desk.folder.path().join("tape");
    let mut names: Vec<_> =
        std::fs::read_dir(&demo).expect("it is there").flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    let fresh = || {
        std::fs::create_dir_all(&tape).expect("a temporary folder can be written to");
        for name in &names {
            std::fs::copy(demo.join(name), tape.join(name)).expect("a temporary folder can be written to");
        }
    };
    let first = names[0].to_str().expect("our names are ASCII");
    let replay = |region: &str, expected: &[&str]| {
        let words =
            ["sync", "--region", region, "--replay", "tape", "--database-url", "postgresql://me@localhost:1/mine"];
        assert_all(&desk.refuses(&words), expected);
    };
    replay("demo", &["no recording at tape", "--record"]);

    fresh();
    let bytes = std::fs::read(tape.join(first)).expect("it is there");
    std::fs::write(tape.join(first), &bytes[..bytes.len() / 2]).expect("a temporary folder can be written to");
    replay("demo", &[&format!("tape/{first}"), "half-written", "record again into another folder"]);

    let newer = String::from_utf8_lossy(&bytes).replacen("\"format\": 1", "\"format\": 7", 1);
    std::fs::write(tape.join(first), newer).expect("a temporary folder can be written to");
    replay("demo", &[&format!("tape/{first}"), "format 7", "up to 2", "newer version"]);

    fresh();
    replay("lisbon", &["tape", "region `demo` from google", "region `lisbon`", "differs"]);
    std::fs::remove_file(tape.join("run.json")).expect("it was there");
    replay("demo", &["tape", "run.json", "not a recording"]);
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

/// A desk with a real database and the town's provider.
struct Office {
    desk: Desk,
    database: TestDatabase,
    _double: Double,
}

impl Office {
    async fn new(settings: &str) -> Self {
        let [west, south, east, north] = city::BOUNDS;
        let settings = format!(
            "[regions.town]\nbbox = [{west}, {south}, {east}, {north}]\ntypes = [\"cafe\"]\n\
             [providers.google]\nrequests_per_second = 1000\nattempts = 1\n{settings}"
        );
        let double = Double::serve(city::town()).await;
        let database = TestDatabase::create().await;
        let desk = Desk::new()
            .with_file("venues.toml", settings)
            .with("GOOGLE_PLACES_API_KEY", KEY)
            .with("GOOGLE_PLACES_BASE_URL", &double.url())
            .with("DATABASE_URL", &database.url());
        Self { desk, database, _double: double }
    }

    async fn migrated() -> Self {
        let office = Self::new("").await;
        assert_eq!(office.run(&["migrate", "up"]).await.code, Some(0));
        office
    }

    /// The double answers on this thread's runtime, so that the command is waited for on another.
    async fn run(&self, words: &[&str]) -> Said {
        let mut command = self.desk.command(words);
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("nothing panics in there");
        let Output { status, stdout, stderr } = output.expect("the command can be started");
        let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
        Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    async fn refuses(&self, words: &[&str]) -> String {
        let said = self.run(words).await;
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{words:?}: {}", said.stderr);
        said.stderr
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.database.connect().await).await.expect("the statement is right")
    }

    async fn execute(&self, sql: &str) {
        self.database.connect().await.execute(AssertSqlSafe(sql)).await.expect("the statement is right");
    }
}

/// What there is of ours, and what was begun.
const TABLES: &str = "select count(*) from pg_tables where schemaname in ('public', 'venue_sync')";

#[tokio::test]
async fn a_database_without_our_tables_is_refused_with_the_command_and_not_touched() {
    let office = Office::new("").await;
    let stderr = office.refuses(&["sync", "--region", "town"]).await;
    assert_all(&stderr, &["lacks ", " of our migrations", "nothing was written", "venues migrate up", "--migrate"]);
    assert_eq!(office.count(TABLES).await, 0);
    let said = office.run(&["sync", "--region", "town", "--migrate", "--json"]).await;
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(office.count("select count(*) from public.venues").await > 10);
}

#[tokio::test]
async fn a_database_newer_than_the_program_is_refused_by_every_command() {
    let office = Office::migrated().await;
    office
        .execute(
            "insert into venue_sync._sqlx_migrations (version, description, success, checksum, execution_time)
             values (29990101000000, 'of a later venues', true, '', 0)",
        )
        .await;
    let before = office.count(TABLES).await;
    let newest = venue_sync::migrate::Files::embedded().newest().to_string();
    for words in [
        &["sync", "--region", "town"][..],
        &["sync", "--region", "town", "--migrate"],
        &["migrate", "up"],
        &["migrate", "down"],
    ] {
        assert_all(&office.refuses(words).await, &["29990101000000", &newest, "nothing was written"]);
    }
    // Where nothing would have been, nobody is told so.
    let looked = office.refuses(&["migrate", "current"]).await;
    assert_all(&looked, &["29990101000000", &newest]);
    assert!(!looked.contains("nothing was written"), "{looked}");
    let looked = office.run(&["migrate", "check", "--scratch-url", &office.database.url()]).await.stdout;
    assert_all(&looked, &["29990101000000", &newest]);
    assert!(!looked.contains("nothing was written"), "{looked}");
    // Listed all the same: what is to be taken back has to be seen.
    let history = office.run(&["migrate", "history"]).await;
    assert_eq!(history.code, Some(0), "{}", history.stderr);
    assert_all(&history.stdout, &["29990101000000  of a later venues  (by a newer venues"]);
    assert_eq!(office.count(TABLES).await, before);
    assert_eq!(office.count("select count(*) from venue_sync.runs").await, 0);
}

#[tokio::test]
async fn a_role_without_rights_is_told_the_grant_that_is_enough() {
    let office = Office::migrated().await;
    let role = format!("Weak role {}", uuid::Uuid::new_v4().simple());
    office.execute(&format!("create role \"{role}\" login")).await;
    let owner = office.database.options().get_username().to_owned();
    let url = office.database.url().replacen(&format!("{owner}@"), &format!("{}@", role.replace(' ', "%20")), 1);
    let sync = ["sync", "--region", "town", "--database-url", &url];

    let stderr = office.refuses(&sync).await;
    assert_all(&stderr, &[&role, "permission denied", "as the owner"]);
    assert_eq!(office.count("select count(*) from venue_sync.runs").await, 0);
    let grants: Vec<&str> = stderr.lines().map(str::trim).filter(|line| line.starts_with("grant")).collect();
    office.execute(&grants.concat()).await;
    let said = office.run(&sync).await;
    office.execute(&format!("drop owned by \"{role}\"; drop role \"{role}\"")).await;
    assert_eq!(said.code, Some(0), "after {grants:?}: {}", said.stderr);
}

#[tokio::test]
async fn whoever_migrates_without_the_right_is_told_of_no_grant_on_what_is_not_there() {
    let office = Office::new("").await;
    let role = format!("weak_{}", uuid::Uuid::new_v4().simple());
    office.execute(&format!("create role {role} login")).await;
    let owner = office.database.options().get_username().to_owned();
    let url = office.database.url().replacen(&format!("{owner}@"), &format!("{role}@"), 1);
    let stderr = office.refuses(&["migrate", "up", "--database-url", &url]).await;
    assert_all(&stderr, &["permission denied", "as the owner of the database"]);
    assert!(!stderr.contains("venue_sync"), "{stderr}");
    // Nor is whoever looks at a database that only Alembic has been to.
    office
        .execute("create table alembic_version (version_num text); insert into alembic_version values ('f99aa361bd09')")
        .await;
    let stderr = office.refuses(&["sync", "--region", "town", "--database-url", &url]).await;
    assert!(!stderr.contains("venue_sync"), "{stderr}");
    let grants: Vec<&str> = stderr.lines().map(str::trim).filter(|line| line.starts_with("grant")).collect();
    office.execute(&grants.concat()).await;
    assert_all(&office.refuses(&["sync", "--region", "town", "--database-url", &url]).await, &["Alembic"]);
    office.execute(&format!("drop owned by {role}; drop role {role}")).await;
}

#[tokio::test]
async fn a_database_that_was_reached_is_not_to_be_started() {
    let office = Office::migrated().await;
    let options = office.database.options();
    let (name, owner) = (options.get_database().unwrap_or_default().to_owned(), options.get_username().to_owned());
    let url = office.database.url();
    let elsewhere = url.replacen(&name, "no_such_database", 1);
    let stranger = url.replacen(&format!("{owner}@"), "no_such_role@", 1);
    let slow = format!("{url}&options=-c%20statement_timeout%3D200");
    let locked = "lock table venue_sync._sqlx_migrations in access exclusive mode";
    let mut holder = office.database.connect().await;
    let mut holding = sqlx::Connection::begin(&mut holder).await.expect("a transaction begins");
    sqlx::Executor::execute(&mut *holding, locked).await.expect("nobody else is here");
    let read_only = format!("{url}&options=-c%20default_transaction_read_only%3Don");
    for (words, url, expected) in [
        (&["migrate", "current"][..], &elsewhere, ["does not exist", "createdb"]),
        (&["migrate", "current"], &stranger, ["does not exist", "create role"]),
        (&["migrate", "current"], &slow, ["statement timeout", "statement_timeout"]),
    ] {
        let said = office.run(&[words, &["--database-url", url]].concat()).await;
        assert_eq!(said.code, Some(69), "{}", said.stderr);
        assert_all(&said.stderr, &expected);
        assert!(!said.stderr.contains("docker compose"), "{}", said.stderr);
    }
    drop(holding);
    sqlx::Connection::close(holder).await.expect("the connection closes");
    let said = office.run(&["sync", "--region", "town", "--database-url", &read_only]).await;
    assert_eq!(said.code, Some(69), "{}", said.stderr);
    assert_all(&said.stderr, &["read-only transaction", "takes no writes", "primary"]);
    assert!(!said.stderr.contains("docker compose"), "{}", said.stderr);
}

#[tokio::test]
async fn a_table_that_somebody_dropped_is_no_bug_of_ours() {
    let office = Office::migrated().await;
    office.execute("drop table venue_sync.pace").await;
    let said = office.run(&["sync", "--region", "town"]).await;
    assert_eq!(said.code, Some(2), "{}{}", said.stdout, said.stderr);
    assert_all(&said.stderr, &["venue_sync.pace", "venues migrate check"]);
}

#[tokio::test]
async fn a_provider_that_is_down_is_named_and_the_run_can_go_on() {
    let office = Office::migrated().await;
    let mut down = office.desk.command(&["sync", "--region", "town"]);
    down.env("GOOGLE_PLACES_BASE_URL", "http://127.0.0.1:1");
    let said = tokio::task::spawn_blocking(move || down.output()).await.expect("nothing panics in there");
    let said = said.expect("the command can be started");
    let (stdout, stderr) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert_eq!(said.status.code(), Some(69), "{stdout}{stderr}");
    assert_all(&stdout, &["failed", "cannot connect to 127.0.0.1", "refused", "To go on"]);
    assert_eq!(office.count("select count(*) from public.venues").await, 0);
    assert_eq!(
        office.count("select coalesce(sum(requests), 0)::bigint from venue_sync.quota").await,
        0,
        "nothing was sent"
    );
    assert_eq!(office.run(&["sync", "--region", "town"]).await.code, Some(0));
    assert_eq!(office.count("select count(*) from venue_sync.runs").await, 1, "the same run went on");
}

#[tokio::test]
async fn several_regions_each_have_their_turn_and_the_worst_end_is_the_commands() {
    // Nobody lives in the village: one answer is enough for it.
    let office = Office::new("[regions.village]\ncenter = [10.0, 10.0]\nradius_m = 300\ntypes = [\"cafe\"]\n").await;
    let all = office.run(&["sync", "--all", "--migrate", "--json"]).await;
    assert_eq!(all.code, Some(0), "{}", all.stderr);
    let lines = |said: &Said| -> Vec<(String, String)> {
        let line = |line: &str| -> serde_json::Value { serde_json::from_str(line).expect("each line is JSON") };
        let word = |value: &serde_json::Value| value.as_str().expect("it is a word").to_owned();
        said.stdout.lines().map(line).map(|line| (word(&line["region"]), word(&line["status"]))).collect()
    };
    let ended = |region: &str, status: &str| (region.to_owned(), status.to_owned());
    assert_eq!(lines(&all), [ended("town", "complete"), ended("village", "complete")]);
    // With money for one answer each, the town is not done and the village is; what is counted before costs nothing.
    let few = office.run(&["sync", "--region", "town", "--region", "village", "--max-cost", "0.04", "--json"]).await;
    assert_eq!(few.code, Some(75), "{}", few.stderr);
    assert_eq!(lines(&few), [ended("town", "interrupted"), ended("village", "complete")]);
    // Of all, the one whose last run ended longest ago comes first.
    let town = office.run(&["sync", "--region", "town", "--json"]).await;
    assert_eq!(lines(&town), [ended("town", "complete")], "{}", town.stderr);
    let all = office.run(&["sync", "--all", "--json"]).await;
    assert_eq!(lines(&all), [ended("village", "complete"), ended("town", "complete")], "{}", all.stderr);
}

/// A town of which a day takes so many answers of one provider, and a village of another.
async fn town_and_village() -> (Office, MockServer) {
    let village = "[regions.village]\ncenter = [10.0, 10.0]\nradius_m = 300\ntypes = [\"cafe\"]\nprovider = \"osm\"\n";
    let settings = format!("max_requests_per_day = 12\n{village}[providers.osm]\nrequests_per_second = 1000\n");
    let mut office = Office::new(&settings).await;
    let nothing = json!({ "version": 0.6, "osm3s": { "timestamp_osm_base": "2026-11-22T09:00:00Z" }, "elements": [] });
    let map = MockServer::start().await;
    Mock::given(path("/api/interpreter"))
        .respond_with(ResponseTemplate::new(200).set_body_json(nothing))
        .mount(&map)
        .await;
    office.desk = office.desk.with("OVERPASS_BASE_URL", &map.uri());
    (office, map)
}

/// What each line says, and from when on it goes on.
fn told(stdout: &str) -> Vec<([String; 3], Option<String>)> {
    let line = |line: &str| -> serde_json::Value { serde_json::from_str(line).expect("each line is JSON") };
    let word = |line: &serde_json::Value, name: &str| line[name].as_str().map(str::to_owned);
    let words = |line: serde_json::Value| {
        let three = ["region", "status", "stopped_by"].map(|name| word(&line, name).unwrap_or("nothing".to_owned()));
        (three, word(&line, "resumes_at"))
    };
    stdout.lines().map(line).map(words).collect()
}

#[tokio::test]
async fn a_provider_whose_quota_is_gone_does_not_keep_the_others_from_their_turn() {
    let (office, _map) = town_and_village().await;
    let all = office.run(&["sync", "--all", "--migrate", "--json"]).await;
    assert_eq!(all.code, Some(75), "{}", all.stderr);
    let [(town, midnight), (village, none)] = &told(&all.stdout)[..] else { panic!("{}", all.stdout) };
    assert_eq!(town, &["town", "interrupted", "quota"]);
    assert!(midnight.as_deref().is_some_and(|at| at.ends_with("T00:00:00Z")), "{midnight:?}");
    assert_eq!((village, none), (&["village", "complete", "nothing"].map(str::to_owned), &None));
}

#[tokio::test]
async fn whoever_waits_for_a_quota_lets_the_others_go_before_it() {
    let (office, _map) = town_and_village().await;
    let mut command = office.desk.command(&["sync", "--all", "--migrate", "--json", "--wait", "25h"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command can be started");
    let village = "select count(*) from venue_sync.runs where region = 'village' and state = 'complete'";
    let done = async {
        while office
            .database
            .connect()
            .await
            .fetch_optional("select from pg_tables where tablename = 'changes'")
            .await
            .expect("it is asked")
            .is_none()
            || office.count(village).await == 0
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), done).await.expect("the village has its turn while the town waits");
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("nothing panics in there");
    let ended = ended.expect("it ends");
    assert_eq!(ended.status.code(), Some(75));
    let stdout = String::from_utf8(ended.stdout).expect("it speaks UTF-8");
    let told: Vec<[String; 3]> = told(&stdout).into_iter().map(|(words, _)| words).collect();
    assert_eq!(told, [["village", "complete", "nothing"], ["town", "interrupted", "quota"]]);
}

#[tokio::test]
async fn parameters_in_which_an_unfinished_run_differs_are_named() {
    let office = Office::new("").await;
    let few = ["sync", "--region", "town", "--migrate", "--max-requests", "3", "--json"];
    let stopped = office.run(&few).await;
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    assert!(!stopped.stderr.contains("was begun with another"), "{}", stopped.stderr);
    let again = office.run(&few).await;
    assert!(!again.stderr.contains("was begun with another"), "the same is taken up again: {}", again.stderr);
    let other = office.run(&[few.as_slice(), &["--types", "cafe,bar"]].concat()).await;
    let run = serde_json::from_str::<serde_json::Value>(&stopped.stdout).expect("it is JSON")["run_id"].to_string();
    assert_all(&other.stderr, &[run.trim_matches('"'), "was begun with another", "`words`"]);
    assert!(!other.stderr.contains("`language`"), "{}", other.stderr);
}

#[tokio::test]
async fn the_demo_needs_nothing_and_nothing_disturbs_it() {
    let folder = tempfile::Builder::new().prefix("venues-test-").tempdir_in("/tmp").expect("there is a /tmp");
    // As root the server is another user, who has to get to its data.
    let passable = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    std::fs::set_permissions(folder.path(), passable).expect("it is ours");
    let hostile = b"DATABASE_URL=postgres://nobody:hunter22@127.0.0.1:1/none\nSQLX_OFFLINE=false\nnot a line\n\xff\xfe\nPGHOST=nowhere\n";
    #[expect(clippy::disallowed_methods, reason = "the server programs may be anywhere on it")]
    let path = std::env::var("PATH").unwrap_or_default();
    let desk = Desk { folder, variables: vec![] }
        .with_file(".env", hostile)
        .with("PATH", &path)
        .with("PGHOST", "nowhere.invalid")
        .with("PGDATABASE", "none")
        .with("PGSSLMODE", "verify-full")
        .with("PGUSER", "nobody")
        .with("PGPORT", "none")
        .with("VENUES_DATA_DIR", "data");
    let first = desk.run(&["sync", "--region", "demo"]);
    let again = desk.run(&["sync", "--region", "demo", "--json"]);
    let doubled = desk.run(&["sync", "--region", "demo", "--if-stale", "20h", "--json"]);
    let others =
        ["osm", "foursquare", "yelp"].map(|name| desk.run(&["sync", "--region", "demo", "--provider", name, "--json"]));
    let stopped = desk.run(&["db", "stop"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_all(&first.stdout, &["complete", "db shell", "postgresql://"]);
    let line: serde_json::Value = serde_json::from_str(&again.stdout).expect("it is JSON");
    assert_eq!((&line["venues"]["inserted"], &line["venues"]["updated"]), (&0.into(), &0.into()), "{}", again.stdout);
    let line: serde_json::Value = serde_json::from_str(&doubled.stdout).expect("it is JSON");
    assert_eq!((&line["status"], &line["requests"]), (&"skipped".into(), &0.into()), "{}", doubled.stdout);
    assert_eq!(doubled.code, Some(0), "{}", doubled.stderr);
    for said in &others {
        let line: serde_json::Value = serde_json::from_str(&said.stdout).expect("it is JSON");
        assert_eq!((&line["status"], said.code), (&"complete".into(), Some(0)), "{}", said.stdout);
        assert!(line["venues"]["inserted"].as_u64() > Some(150), "{}", said.stdout);
    }
    assert_eq!(stopped.code, Some(0), "{}", stopped.stderr);
    for said in [first, again, doubled, stopped].into_iter().chain(others) {
        assert!(!said.stderr.contains("hunter22") && !said.stdout.contains("hunter22"));
    }
}
