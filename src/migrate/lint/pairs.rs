use std::collections::BTreeMap;
use std::path::Path;

use squawk_syntax::SourceFile;

use super::finding::{Finding, SqlFile};
use crate::migrate::script::Script;

/// Which way a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// To the newer schema.
    Up,
    /// Back.
    Down,
}

/// What a file's name says: `<version>_<what>.up.sql` or `.down.sql`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Migration {
    /// Year to second, as 14 digits.
    pub(super) version: i64,
    /// The rest of the name.
    pub(super) what: String,
    /// Which way.
    pub(super) way: Way,
}

impl Migration {
    /// Nothing where the name has another form.
    pub(super) fn of(path: &str) -> Option<Self> {
        let name = Path::new(path).file_name()?.to_str()?;
        let (name, way) = match (name.strip_suffix(".up.sql"), name.strip_suffix(".down.sql")) {
            (Some(name), _) => (name, Way::Up),
            (_, Some(name)) => (name, Way::Down),
            _ => return None,
        };
        let (version, what) = name.split_once('_')?;
        let dated = chrono::NaiveDateTime::parse_from_str(version, "%Y%m%d%H%M%S").is_ok();
        let version = version.parse().ok().filter(|_| dated && version.len() == 14)?;
        Some(Self { version, what: what.to_owned(), way })
    }
}

/// What is wrong with the set of files: names, pairs, order, files without a statement.
pub(super) fn check(files: &[SqlFile], known: &[i64]) -> Vec<Finding> {
    let newest = known.iter().max().copied().unwrap_or_default();
    let mut findings = Vec::new();
    let mut pairs: BTreeMap<(i64, String), BTreeMap<Way, &SqlFile>> = BTreeMap::new();
    for file in files {
        let Some(migration) = Migration::of(&file.path) else {
            findings.push(misnamed(file));
            continue;
        };
        if SourceFile::parse(&file.text).tree().stmts().next().is_none() {
            findings.push(empty(file, migration.way));
        }
        pairs.entry((migration.version, migration.what)).or_default().insert(migration.way, file);
    }
    let mut versions = BTreeMap::new();
    for ((version, what), pair) in &pairs {
        let Some(file) = pair.values().next() else { continue };
        if pair.len() == 1 {
            findings.push(unpaired(file, pair.contains_key(&Way::Up)));
        }
        let kind = |file: &&SqlFile| Script::read(file.text.as_str()).in_transaction;
        if let (Some(up), Some(down)) = (pair.get(&Way::Up), pair.get(&Way::Down))
            && kind(up) != kind(down)
        {
            let what = "the other file of its pair runs otherwise: one inside a transaction, one not; of a run that was killed \
                        nobody can then tell which way it went";
            let outside = if kind(up) { down } else { up };
            findings.push(outside.finding(
                0,
                "mixed-pair",
                what,
                "Make both `-- no-transaction`, or split the migration.",
            ));
        }
        if let Some(other) = versions.insert(version, what) {
            let what = format!("version {version} is used twice: by `{other}` and by `{what}`");
            findings.push(file.finding(0, "version-twice", what, "Give the later one a version of its own."));
        }
        if *version < newest && !known.contains(version) {
            let what = format!("{version} comes before {newest}, which databases may have already");
            let safe = "Give it a version after the newest one, so that every database runs the files in one order.";
            findings.push(file.finding(0, "version-out-of-order", what, safe));
        }
    }
    findings
}

fn misnamed(file: &SqlFile) -> Finding {
    file.finding(
        0,
        "file-name",
        "not the name of a migration",
        "Name it YYYYMMDDHHMMSS_what.up.sql or .down.sql, as `venues migrate new` does.",
    )
}

fn empty(file: &SqlFile, way: Way) -> Finding {
    let (what, safe) = match way {
        Way::Up => ("this up has no statement", "Write what is to be done, or remove the pair."),
        Way::Down => (
            "this down has no statement: `venues migrate down` would say that it took back what is still there",
            "Write what takes the up back; if nothing can, raise an exception that says so.",
        ),
    };
    file.finding(0, "empty", what, safe)
}

fn unpaired(file: &SqlFile, up: bool) -> Finding {
    let (what, safe) = if up {
        ("this up has no down", "Add the .down.sql of the same version and name.")
    } else {
        ("this down has no up", "Add the .up.sql of the same version and name, or remove it.")
    };
    file.finding(0, "unpaired", what, safe)
}
