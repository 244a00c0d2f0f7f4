//! Looks through migration files for steps that block writers, rewrite big tables or lose data unannounced, before a server
//! sees them. Each finding says the safe way.
//!
//! What is known of PostgreSQL's locks comes from squawk. What is ours: the form of our files, and the markers at their top.

mod finding;
mod header;
mod losses;
mod pairs;
mod statements;

use squawk_syntax::SourceFile;

pub use finding::{Finding, SqlFile};
use header::Header;
pub(super) use losses::becoming_jsonb;
use pairs::{Migration, Way};

/// The landed migrations whose statements are not judged any more, and why. What a file has done to its databases is done; its
/// text cannot be mended, because sqlx compares the bytes.
const LANDED: &[(i64, &str)] = &[
    (20_250_101_000_000, "equals the backend's first revision, object for object"),
    (20_261_122_000_000, "ran before there was a release; the tables that it rewrites held one town at most"),
];

/// Every finding in these files, in their order. `known` are the versions that this binary already has: a version that is
/// newer to it than to the calendar is out of order.
pub fn lint(files: &[SqlFile], known: &[i64]) -> Vec<Finding> {
    let mut findings = pairs::check(files, known);
    for file in files {
        let header = Header::read(&file.text);
        let parsed = SourceFile::parse(&file.text);
        findings.extend(header.check(file, &parsed));
        findings.extend(losses::check(file, &header, &parsed));
        let landed = |version| LANDED.iter().any(|(landed, _)| *landed == version);
        if !Migration::of(&file.path).is_some_and(|migration| landed(migration.version)) {
            findings.extend(lint_statements(file));
        }
    }
    findings.sort();
    findings
}

/// What the statements of one file would do to who uses the database meanwhile; no word of its name, its markers or its pair.
pub fn lint_statements(file: &SqlFile) -> Vec<Finding> {
    let way = Migration::of(&file.path).map_or(Way::Up, |migration| migration.way);
    statements::check(file, way, Header::read(&file.text).transaction, &SourceFile::parse(&file.text))
}
