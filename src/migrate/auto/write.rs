//! The text of a migration's two files.

use std::collections::{BTreeMap, BTreeSet};

use super::rename::Rename;
use crate::migrate::lint::{self, Finding, SqlFile};
use crate::schema::steps::Step;

/// Why a statement may stand that the linter would not let pass.
const REASON: &str =
    "written by autogenerate; on a big or busy table take the safe way: remove this line, and `lint` says it";

/// A proven migration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The text of the `.up.sql`.
    pub up: String,
    /// The text of the `.down.sql`.
    pub down: String,
    /// Full names of the tables and columns whose data goes on the way up.
    pub loses: BTreeSet<String>,
    /// The same on the way down.
    pub loses_down: BTreeSet<String>,
}

pub(super) fn write(message: &str, up: &[Step], down: &[Step], renames: &[Rename]) -> Written {
    let forth: Vec<String> = renames.iter().map(Rename::sql).collect();
    let back: Vec<String> = renames.iter().rev().map(|rename| rename.back().sql()).collect();
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let up_text = file(&format!("For: {message}."), up, &forth, &[]);
    let down_text = file(&format!("Takes back: {message}."), down, &[], &back);
    Written {
        up: excused(&up_text, "up"),
        down: excused(&down_text, "down"),
        loses: loses(up),
        loses_down: loses(down),
    }
}

fn loses(steps: &[Step]) -> BTreeSet<String> {
    steps.iter().filter_map(|step| step.loses.clone()).collect()
}

/// Markers first: runners read them at the very top.
fn file(title: &str, steps: &[Step], before: &[String], after: &[String]) -> String {
    let mut lines: Vec<String> = loses(steps).iter().map(|name| format!("-- loses: {name}")).collect();
    lines.push(format!("-- {title}"));
    lines.push("-- Made by `venues migrate new --auto`, which tried it: up, down and up again, with rows.".to_owned());
    lines.push(String::new());
    let makes_functions = |step: &Step| step.sql.starts_with("CREATE OR REPLACE");
    if steps.iter().any(makes_functions) {
        lines.push("-- A function may name what comes after it.\nset local check_function_bodies = off;".to_owned());
    }
    lines.extend(before.iter().map(|sql| format!("{sql};")));
    for step in steps {
        lines.extend(step.note.map(|note| format!("-- {note}")));
        lines.push(format!("{};", step.sql));
    }
    lines.extend(after.iter().map(|sql| format!("{sql};")));
    lines.join("\n") + "\n"
}

/// With an exception above each statement that the linter would not let pass: what is safe for a big table takes several
/// migrations, and is not always worth them. Whoever reviews the file reads what the statement does, and decides.
fn excused(text: &str, way: &str) -> String {
    let path = format!("20000101000000_written.{way}.sql");
    let mut findings: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    for finding in lint::lint_statements(&SqlFile { path, text: text.to_owned() }) {
        findings.entry(finding.line).or_default().push(finding);
    }
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(here) = findings.get(&(number + 1)) {
            let rules: BTreeSet<&str> = here.iter().map(|finding| finding.rule.as_str()).collect();
            let rules = rules.into_iter().collect::<Vec<_>>().join(", ");
            lines.push(format!("-- squawk-ignore {rules} -- {REASON}"));
        }
        lines.push(line.to_owned());
    }
    lines.join("\n") + "\n"
}
