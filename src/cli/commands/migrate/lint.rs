use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::commands::failure::Failure;
use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;
use crate::migrate::Files;
use crate::migrate::lint::{Finding, SqlFile};

/// `venues migrate lint`: every finding in the files, and in those of the folders, that were named.
pub(super) fn lint(named: &[PathBuf], terminal: &Terminal) -> Result<(String, Exit), Failure> {
    let mut files = Vec::new();
    for path in named {
        read(path, &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup();
    let known: Vec<i64> = Files::embedded().iter().map(|file| file.version).collect();
    let findings = crate::migrate::lint::lint(&files, &known);
    let exit = if findings.is_empty() { Exit::Complete } else { Exit::Finding };
    let text = if terminal.json {
        format!("{}\n", json!({ "files": files.len(), "findings": findings }))
    } else if findings.is_empty() {
        format!("no finding in {} files\n", files.len())
    } else {
        findings.iter().map(told).collect()
    };
    Ok((text, exit))
}

fn told(finding: &Finding) -> String {
    let Finding { file, line, rule, what, safe_way } = finding;
    format!("{file}:{line}: {rule}: {what}\n    Safe: {safe_way}\n")
}

/// A file, or the files of SQL in a folder.
fn read(path: &Path, files: &mut Vec<SqlFile>) -> Result<(), Failure> {
    let unreadable = |source| Failure::Source { what: "cannot read", path: path.to_owned(), source };
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let inside = entry.map_err(unreadable)?.path();
            if inside.extension().is_some_and(|extension| extension == "sql") {
                read(&inside, files)?;
            }
        }
    } else {
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        files.push(SqlFile { path: path.display().to_string(), text });
    }
    Ok(())
}
