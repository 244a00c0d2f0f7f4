//! The SQL of one file, and what the comment lines at its top tell a runner.

use sha2::{Digest as _, Sha384};

use super::name;
use super::tokens;
use crate::schema::declared::required_extension;

/// sqlx's own marker; it has to be the first line.
pub(super) const NO_TRANSACTION: &str = "-- no-transaction";
const LOSES: &str = "-- loses:";
const ONLY: &str = "-- only:";

/// The SQL of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// All of it, as it is sent.
    pub text: String,
    /// Runs inside a transaction; a file whose first line is `-- no-transaction` holds one statement that cannot.
    pub in_transaction: bool,
    /// What it says that it loses (`-- loses: schema.table` or `-- loses: schema.table.column`).
    pub losses: Vec<Loss>,
    /// The extension without which it makes no sense (`-- requires-extension: name`).
    pub extension: Option<String>,
}

/// Something whose data goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// `schema.table` or `schema.table.column`, as SQL writes names: lower-case, or in double quotes where that is needed.
    pub object: String,
    /// A query of the rows that go, where not all of them do (`-- only: select …`, in the line after).
    pub only: Option<String>,
}

impl Script {
    /// Reads what stands at the top.
    pub fn read(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut losses: Vec<Loss> = Vec::new();
        for line in text.lines().take_while(|line| line.starts_with("--")) {
            if let Some(object) = line.strip_prefix(LOSES) {
                losses.push(Loss { object: name::canonical(object), only: None });
            } else if let (Some(query), Some(loss)) = (line.strip_prefix(ONLY), losses.last_mut()) {
                loss.only = Some(query.trim().to_owned());
            }
        }
        let extension = required_extension(&text).map(str::to_owned);
        Self { in_transaction: !text.starts_with(NO_TRANSACTION), losses, extension, text }
    }

    /// The checksum that sqlx records: SHA-384 over every byte.
    pub fn checksum(&self) -> Vec<u8> {
        Sha384::digest(self.text.as_bytes()).to_vec()
    }

    /// Our own checksum: over the statements, without comments and layout.
    pub fn statements_checksum(&self) -> Vec<u8> {
        tokens::checksum(&self.text)
    }

    /// Whether these words, one space between them, stand in its statements one after the other.
    pub(super) fn says(&self, words: &str) -> bool {
        tokens::says(&self.text, words)
    }

    /// Whether a name stands in its statements.
    pub fn mentions(&self, name: &str) -> bool {
        tokens::mentions(&self.text, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_count_only_at_the_top() {
        let script = Script::read(
            "-- no-transaction\n-- loses: a.b\n-- loses: a.c.d\n-- only: select 1\n-- requires-extension: vector\n\n-- loses: e.f\nselect 1",
        );
        assert!(!script.in_transaction);
        assert_eq!(script.extension.as_deref(), Some("vector"));
        let losses: Vec<_> = script.losses.iter().map(|loss| (loss.object.as_str(), loss.only.as_deref())).collect();
        assert_eq!(losses, [("a.b", None), ("a.c.d", Some("select 1"))]);
        assert!(
            Script::read("-- why\n-- no-transaction\nselect 1").in_transaction,
            "as sqlx has it: the first line or none"
        );
    }
}
