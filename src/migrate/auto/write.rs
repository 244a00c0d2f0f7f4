//! The text of a migration's two files.

use std::collections::BTreeSet;

use super::rename::Rename;
use crate::schema::steps::Step;

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
    Written {
        up: file(&format!("For: {message}."), up, &forth, &[]),
        down: file(&format!("Takes back: {message}."), down, &[], &back),
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
