//! The page that compares our migrations with others' claims nothing that no test shows.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

#[test]
fn every_yes_of_ours_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/migrations-compared.md")).unwrap();
    let mut tests = String::new();
    read(&root.join("tests"), &mut tests);
    let mut claims = 0;
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, feature, ours, .., test, _] = *cells else { panic!("no row: {line}") };
        assert_eq!(cells.len(), 10, "{line}");
        assert!(["yes", "no"].contains(&ours), "{feature}: {ours}");
        if ours == "yes" {
            let name = test.trim_matches('`');
            let there = tests.contains(&format!("fn {name}(")) || tests.contains(&format!("def {name}("));
            assert!(there && !name.is_empty(), "{feature}: there is no test `{name}`");
            claims += 1;
        }
    }
    assert!(claims > 20, "found only {claims} claims");
}

fn read(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "py") {
            all.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
