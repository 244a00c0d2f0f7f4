use squawk_syntax::{Parse, SourceFile};

use super::finding::{Finding, SqlFile};
use crate::migrate::script::{NO_TRANSACTION, Script};

/// What a runner reads at the top of a file, and where it stands there.
pub(super) struct Header {
    /// Runs inside a transaction, as files do unless their first line says otherwise.
    pub(super) transaction: bool,
    /// What the file says will be lost (`schema.table` or `schema.table.column`, quoted where SQL needs it), each with the byte it stands at.
    pub(super) loses: Vec<(usize, String)>,
    /// Where `-- no-transaction` stands too low to be seen.
    late: Option<usize>,
}

impl Header {
    pub(super) fn read(text: &str) -> Self {
        let script = Script::read(text);
        let places = text.match_indices("-- loses:").map(|(place, _)| place);
        let loses = places.zip(script.losses.iter().map(|loss| loss.object.clone())).collect();
        let late =
            text.find(&format!("\n{NO_TRANSACTION}\n")).map(|before| before + 1).filter(|_| script.in_transaction);
        Self { transaction: script.in_transaction, loses, late }
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
