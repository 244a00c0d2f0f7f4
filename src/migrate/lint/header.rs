use squawk_syntax::{Parse, SourceFile};

use super::{Finding, SqlFile};

const NO_TRANSACTION: &str = "-- no-transaction";

/// The comment lines at the very top of a file, which tell a runner what to do with it.
pub(super) struct Header {
    /// Runs inside a transaction, as files do unless their first line says otherwise.
    pub(super) transaction: bool,
    /// What the file says will be lost (`schema.table` or `schema.table.column`), each with the byte it stands at.
    pub(super) loses: Vec<(usize, String)>,
    /// Where `-- no-transaction` stands too low to be seen.
    late: Option<usize>,
}

impl Header {
    pub(super) fn read(text: &str) -> Self {
        let mut header = Self { transaction: !text.starts_with(NO_TRANSACTION), loses: Vec::new(), late: None };
        let mut offset = 0;
        for line in text.split_inclusive('\n').take_while(|line| line.starts_with("--")) {
            if let Some(object) = line.strip_prefix("-- loses:") {
                header.loses.push((offset, object.trim().to_ascii_lowercase()));
            }
            if offset > 0 && line.trim_end() == NO_TRANSACTION {
                header.late = Some(offset);
            }
            offset += line.len();
        }
        header
    }

    /// What is wrong with `-- no-transaction` and what follows it.
    pub(super) fn check(&self, file: &SqlFile, parsed: &Parse<SourceFile>) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(offset) = self.late {
            let what = "`-- no-transaction` is read in the first line only; this file runs inside a transaction";
            findings.push(file.finding(offset, "no-transaction", what, "Move it to the first line."));
        }
        let statements = parsed.tree().stmts().count();
        if !self.transaction && statements > 1 {
            let what = format!(
                "{statements} statements without a transaction: a failure leaves half of them, and sqlx-cli sends the file \
                 as one message, which PostgreSQL runs as one transaction after all"
            );
            findings.push(file.finding(0, "no-transaction", what, "One statement a file; split the migration."));
        }
        findings
    }
}
