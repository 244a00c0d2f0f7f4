//! The SQL that a runner would send, for a person to read, or psql to run: bookkeeping included.

use std::fmt::Write as _;

use super::bookkeeping::{KEEPS_TEXTS, MAKE, TABLE, UNMAKE};
use super::files::{File, Files};
use super::plan::PlanError;
use super::script::Script;
use crate::schema::steps::literal;

/// The SQL from one version to another; 0 is before the first. Meant for psql, which it tells to stop at the first error.
/// `adopt`: nobody has recorded yet that the database is at `from`, since the backend's Alembic made it.
pub fn sql(files: &Files, from: i64, to: i64, adopt: bool) -> Result<String, PlanError> {
    let mut out = String::from("\\set ON_ERROR_STOP on\n");
    if from < to || adopt {
        let adopted = files.get(from).filter(|_| adopt);
        let steps: Vec<&File> = files.iter().filter(|file| file.version > from && file.version <= to).collect();
        for statement in MAKE {
            // Said by the server as a notice where it is there.
            append(&mut out, format_args!("{statement};\n"));
        }
        if let Some(file) = adopted {
            append(
                &mut out,
                format_args!(
                    "\n-- {} {}, made by Alembic and only recorded. Nothing here compares the two: `venues migrate up --dry-run` does\n{}",
                    file.version,
                    file.what,
                    record(file, true)
                ),
            );
        }
        for (place, file) in steps.iter().enumerate() {
            // Once there is a table for it: also what was applied before.
            let kept: Vec<&File> = match file.version {
                ..KEEPS_TEXTS => Vec::new(),
                KEEPS_TEXTS => adopted.into_iter().chain(steps.iter().take(place + 1).copied()).collect(),
                _ => vec![*file],
            };
            forth(&mut out, file, &kept);
        }
    } else {
        for file in files.iter().rev().filter(|file| file.version <= from && file.version > to) {
            back(&mut out, file, file.down.as_ref().ok_or(PlanError::NoWayBack { version: file.version })?);
        }
        if to == 0 && from > 0 {
            append(&mut out, format_args!("\n{UNMAKE};\n"));
        }
    }
    Ok(out)
}

fn forth(out: &mut String, file: &File, kept: &[&File]) {
    append(out, format_args!("\n-- {} {}, up\n", file.version, file.what));
    let (text, done) = (terminated(&file.up.text), record(file, true));
    if file.up.in_transaction {
        append(out, format_args!("begin;\n{text}\n{done}"));
    } else {
        append(out, format_args!("{}{text}\n{done}", record(file, false)));
    }
    for file in kept {
        keep(out, file);
    }
    if file.up.in_transaction {
        out.push_str("commit;\n");
    }
}

fn record(file: &File, success: bool) -> String {
    let (described, checksum) = (literal(&file.what), bytes(&file.up.checksum()));
    format!(
        "insert into {TABLE} (version, description, success, checksum, execution_time)\n    {}\n    \
         on conflict (version) do update set success = excluded.success;\n",
        row(file, &format!("{}, {described}, {success}, {checksum}, -1", file.version))
    )
}

fn keep(out: &mut String, file: &File) {
    let down = file.down.as_ref().map_or_else(|| "null".to_owned(), |down| literal(&down.text));
    let values = format!(
        "{}, {}, {}, {down}, {}",
        file.version,
        bytes(&file.up.statements_checksum()),
        literal(&file.up.text),
        literal(env!("CARGO_PKG_VERSION")),
    );
    append(
        out,
        format_args!(
            "insert into venue_sync.migration_statements (version, checksum, up, down, applied_by)\n    {};\n",
            row(file, &values)
        ),
    );
}

/// What is to be inserted: nothing where the server lacks the extension that the file needs, as the runner leaves it pending.
fn row(file: &File, values: &str) -> String {
    file.up.extension.as_ref().map_or_else(
        || format!("values ({values})"),
        |extension| {
            let extension = literal(extension);
            format!("select {values}\n    where exists (select from pg_catalog.pg_available_extensions where name = {extension})")
        },
    )
}

fn back(out: &mut String, file: &File, script: &Script) {
    let version = file.version;
    append(out, format_args!("\n-- {version} {}, down\n", file.what));
    if !script.losses.is_empty() {
        out.push_str("-- THIS LOSES DATA, and nothing here asks whether it may:\n");
    }
    for loss in &script.losses {
        append(out, format_args!("--   {}{}\n", loss.object, if loss.only.is_some() { ", in part" } else { "" }));
    }
    let mut forget = format!("delete from {TABLE} where version = {version};\n");
    if version > KEEPS_TEXTS {
        append(&mut forget, format_args!("delete from venue_sync.migration_statements where version = {version};\n"));
    }
    if script.in_transaction {
        append(out, format_args!("begin;\n{}\n{forget}commit;\n", terminated(&script.text)));
    } else {
        append(out, format_args!("{}\n{forget}", terminated(&script.text)));
    }
}

/// A file may leave out its last semicolon.
fn terminated(text: &str) -> String {
    let text = text.trim_end();
    format!("{text}{}", if text.ends_with(';') { "" } else { "\n;" })
}

fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    out.write_fmt(text).ok();
}

fn bytes(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("'\\x"), |text, byte| format!("{text}{byte:02x}")) + "'"
}
