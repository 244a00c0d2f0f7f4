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
            for name in test.split(", ").map(|name| name.trim_matches('`')) {
                assert!(is_run(name, &tests), "{feature}: there is no test `{name}`");
            }
            claims += 1;
        }
    }
    assert!(claims > 20, "found only {claims} claims");
}

/// Whether there is such a function, and whoever runs the tests takes it for one.
fn is_run(name: &str, tests: &str) -> bool {
    let (rust, python) = (format!("fn {name}("), format!("def {name}("));
    let mut above: Vec<&str> = Vec::new();
    for line in tests.lines().map(str::trim_start) {
        let starts = |with: &[&str]| with.iter().any(|with| line.starts_with(with));
        let marked = above.iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
        if marked && starts(&[&rust, &format!("async {rust}")])
            || name.starts_with("test_") && starts(&[&python, &format!("async {python}")])
        {
            return true;
        }
        // Attributes and comments, of which some take several lines, stand right above the function.
        if line.is_empty() || line.ends_with(['{', '}', ';']) {
            above.clear();
        } else {
            above.push(line);
        }
    }
    false
}

#[test]
fn a_function_that_nobody_runs_shows_nothing() {
    let text = "fn a() {}\n#[test]\nfn a() {}\nfn b() {\n}\n\n    #[tokio::test(start_paused = true)]\n    #[expect(\n        dead_code\n    )]\n    \
                async fn c() {}\n\n// #[test]\nfn d() {}\n\ndef test_e():\n    pass\n\ndef f():\n    pass\n";
    let run: Vec<&str> =
        ["a", "b", "c", "d", "test_e", "f", "g", ""].into_iter().filter(|it| is_run(it, text)).collect();
    assert_eq!(run, ["a", "c", "test_e"]);
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
