//! The README, CONTRIBUTING.md and `docs/`: each command is one that the program understands, and those that ask nobody are run as they stand;
//! settings are read without a warning; links lead somewhere; and the page of providers says what their files say.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::{Path, PathBuf};

use support::desk::Desk;

/// Verbs that need nothing but a database, and change nothing that a reader would mind.
const OFFLINE: [&str; 11] = [
    "categories",
    "completions",
    "export",
    "list",
    "man",
    "plan",
    "purge",
    "regions",
    "renormalise",
    "report",
    "sync --region demo",
];

const SETTINGS: &str =
    "[regions.lisbon]\nbbox = [-9.23, 38.69, -9.09, 38.80]\nprovider = \"osm\"\ntypes = [\"restaurant\", \"cafe\"]\n";

/// The pages, with their text.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    paths.extend(["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map(|page| root.join(page)));
    paths.sort();
    let name = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
    let page = |path: PathBuf| (name(&path), std::fs::read_to_string(&path).unwrap());
    paths.into_iter().map(page).collect()
}

/// Lines of shell blocks that begin with the program, without comments.
fn typed(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default());
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with("venues "));
    lines.map(|line| line.split("  #").next().unwrap_or(line).trim().to_owned()).collect()
}

/// What stands between backticks within a line and begins with the program.
fn quoted(page: &str) -> Vec<String> {
    let prose = page.split("```").step_by(2);
    let quotes = prose.flat_map(str::lines).flat_map(|line| line.split('`').skip(1).step_by(2));
    quotes.filter(|quote| quote.starts_with("venues ")).map(str::to_owned).collect()
}

/// The words of the first command, as far as they can be read without a shell; none where something is left open.
fn words(command: &str) -> Option<Vec<String>> {
    let unclear = ['…', '[', '{', '(', '$', '\\', '<', '\'', '"'];
    let first = command.split(" | ").next()?.split(" && ").next()?.split(" > ").next()?.split(" >> ").next()?;
    let whole = !first.contains(unclear) && !first.ends_with(" -");
    // Of words in capitals only an id has a form of its own.
    let typed = |word: &str| if word == "ID" { "01980000".to_owned() } else { word.to_owned() };
    whole.then(|| first.split_whitespace().skip(1).map(typed).collect())
}

fn is_offline(words: &[String]) -> bool {
    let line = words.join(" ");
    OFFLINE.iter().any(|verb| line.strip_prefix(verb).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
}

#[test]
fn every_command_of_the_docs_is_understood() {
    let desk = Desk::new();
    let (mut tried, mut refused) = (0, Vec::new());
    for (page, text) in pages() {
        for command in typed(&text).into_iter().chain(quoted(&text)) {
            let Some(words) = words(&command) else { continue };
            let said: Vec<&str> =
                words.iter().map(String::as_str).filter(|word| !word.contains('|')).chain(["--help"]).collect();
            let said = desk.run(&said);
            if said.code != Some(0) {
                refused.push(format!("{page}: `{command}`: {}", said.stderr.lines().next().unwrap_or_default()));
            }
            tried += 1;
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(tried > 40, "only {tried} commands were found");
}

#[test]
fn those_that_ask_nobody_do_what_the_docs_say() {
    let folder = tempfile::Builder::new().prefix("venues-docs-").tempdir_in("/tmp").unwrap();
    // As root the server is another user, who has to get to its data.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the server programs may be anywhere on it")]
    let path = std::env::var("PATH").unwrap_or_default();
    let desk = Desk { folder, variables: vec![] }
        .with_file("venues.toml", SETTINGS)
        .with("PATH", &path)
        .with("VENUES_DATA_DIR", "data");
    let synced = desk.run(&["sync", "--region", "demo"]);
    let mut outcomes = Vec::new();
    for (page, text) in pages() {
        for command in typed(&text) {
            let Some(words) = words(&command).filter(|words| is_offline(words)) else { continue };
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            outcomes.push((format!("{page}: `{command}`"), desk.run(&words)));
        }
    }
    let planned = desk.run(&["plan", "--region", "lisbon", "--provider", "google"]);
    desk.run(&["db", "stop"]);
    let (_, regions) = pages().into_iter().find(|(page, _)| page == "docs/regions.md").unwrap();
    let (_, shown) = regions.split_once("```text\n").unwrap();
    for line in shown.split("```").next().unwrap().lines() {
        assert!(planned.stdout.contains(line), "docs/regions.md: {line}\n{}", planned.stdout);
    }
    assert_eq!(synced.code, Some(0), "{}", synced.stderr);
    assert!(outcomes.len() >= 5, "only {} commands were run", outcomes.len());
    for (command, said) in outcomes {
        assert_eq!(said.code, Some(0), "{command}\n{}", said.stderr);
    }
    for made in ["demo.html", "lisbon.svg", "lisbon.geojson"] {
        assert!(desk.folder.path().join(made).exists(), "the docs promise {made}");
    }
}

/// Blocks of one kind.
fn blocks<'p>(page: &'p str, kind: &str) -> Vec<&'p str> {
    let begin = format!("```{kind}\n");
    page.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn settings_on_the_pages_are_read_without_a_warning() {
    let mut tried = 0;
    for (page, text) in pages() {
        for block in blocks(&text, "toml") {
            let desk = Desk::new().with_file("venues.toml", block);
            let said = desk.run(&["regions"]);
            assert_eq!(said.code, Some(0), "{page}:\n{block}\n{}", said.stderr);
            assert!(!said.stderr.contains("unknown key"), "{page}:\n{block}\n{}", said.stderr);
            tried += 1;
        }
    }
    assert!(tried >= 8, "only {tried} blocks were found");
}

/// The anchor of a heading, as forges make it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tried = 0;
    for (page, text) in pages() {
        let folder = root.join(&page).parent().unwrap().to_owned();
        let prose: String = text.split("```").step_by(2).collect();
        for target in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") {
                continue;
            }
            let (file, place) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { root.join(&page) } else { folder.join(file) };
            assert!(file.exists(), "{page}: {target}");
            if !place.is_empty() {
                let there = std::fs::read_to_string(&file).unwrap();
                let found = there.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == place);
                assert!(found, "{page}: {target}");
            }
            tried += 1;
        }
    }
    assert!(tried > 40, "only {tried} links were found");
}

/// Every file below a folder, as it is written in `ARCHITECTURE.md`.
fn files(folder: &Path) -> Vec<String> {
    let below = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    below.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path.display().to_string()] }).collect()
}

#[test]
fn the_files_that_the_rooms_are_shown_by_are_there() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let files = ["src", "tests"].map(|folder| files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))).concat();
    let is_file = |name: &&str| [".rs", ".sql"].iter().any(|ending| name.ends_with(ending));
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(is_file).collect();
    assert!(named.len() > 25, "{named:?}");
    for name in named.into_iter().filter(|name| !name.contains('*')) {
        assert!(files.iter().any(|file| file.ends_with(&format!("/{name}"))), "{name}");
    }
}

#[test]
fn every_page_is_in_the_readmes_index() {
    let (_, readme) = pages().into_iter().find(|(page, _)| page == "README.md").unwrap();
    for (page, _) in pages() {
        assert!(page == "README.md" || readme.contains(&format!("]({page})")), "{page}");
    }
}

#[test]
fn the_page_of_providers_says_what_their_files_say() {
    let (_, page) = pages().into_iter().find(|(page, _)| page == "docs/providers.md").unwrap();
    for provider in venue_sync::provider::all() {
        let begin = format!("| `{}` | ", provider.name());
        let row = page.lines().find(|line| line.starts_with(&begin)).unwrap_or_else(|| panic!("no row {begin}"));
        let limits = provider.limits();
        let mut facts = vec![provider.key_variable().map_or("none".to_owned(), |variable| format!("`{variable}`"))];
        facts.push(match limits.price.usd() * 1_000.0 {
            free if free <= 0.0 => "nothing".to_owned(),
            price => format!("{price:.2} USD"),
        });
        if limits.rows_per_answer < u32::MAX {
            facts.push(format!(" {} ", limits.rows_per_answer));
        }
        for fact in facts {
            assert!(row.contains(&fact), "{fact}: {row}");
        }
        // What it gives away is said, and when the list was read.
        assert!(provider.tariff().is_none_or(|tariff| page.contains(month(tariff.as_of))), "{}", provider.name());
    }
}

/// Enough of a date to be found: Yelp's plans are dated by a month.
fn month(as_of: &str) -> &str {
    as_of.get(..7).unwrap_or(as_of)
}
