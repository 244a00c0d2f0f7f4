//! The commands in the README and in `docs/`: each is one that the program understands, and those that ask nobody are run as they stand.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::{Path, PathBuf};

use support::desk::Desk;

/// Verbs that need nothing but a database, and change nothing that a reader would mind.
const OFFLINE: [&str; 9] =
    ["categories", "completions", "export", "list", "man", "plan", "regions", "renormalise", "report"];

const SETTINGS: &str =
    "[regions.lisbon]\nbbox = [-9.23, 38.69, -9.09, 38.80]\nprovider = \"osm\"\ntypes = [\"restaurant\", \"cafe\"]\n";

/// The pages, with their text.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    paths.push(root.join("README.md"));
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
            let Some(words) = words(&command).filter(|words| OFFLINE.contains(&words[0].as_str())) else { continue };
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            outcomes.push((format!("{page}: `{command}`"), desk.run(&words)));
        }
    }
    desk.run(&["db", "stop"]);
    assert_eq!(synced.code, Some(0), "{}", synced.stderr);
    assert!(outcomes.len() >= 5, "only {} commands were run", outcomes.len());
    for (command, said) in outcomes {
        assert_eq!(said.code, Some(0), "{command}\n{}", said.stderr);
    }
    for made in ["demo.html", "lisbon.svg", "lisbon.geojson"] {
        assert!(desk.folder.path().join(made).exists(), "the docs promise {made}");
    }
}
