//! What a person may call a revision: a version or a unique beginning of one, `base`, `head`, or Alembic's own word.

use std::convert::Infallible;
use std::str::FromStr;

/// The backend's first revision, which our first migration equals.
pub(super) const ALEMBIC_FIRST: &str = "f99aa361bd09";
/// The backend's later revision: adds a `jobs` table of its own, which we leave alone.
pub(super) const ALEMBIC_LATER: &str = "a1b2c3d4e5f6";

/// A revision, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rev {
    /// Before the first migration.
    Base,
    /// The newest one.
    Head,
    /// What the backend's Alembic calls our first migration.
    AlembicFirst,
    /// A version, or the beginning of one.
    Version(String),
}

/// A word that names no revision, or several.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// None.
    #[error("there is no revision `{typed}`; there are base, head, {ALEMBIC_FIRST} (the first), {}", list(.known))]
    Unknown {
        /// What was typed.
        typed: String,
        /// What there is.
        known: Vec<i64>,
    },
    /// Several.
    #[error("`{typed}` could be {}; give more of it", list(.known))]
    Ambiguous {
        /// What was typed.
        typed: String,
        /// What it could be.
        known: Vec<i64>,
    },
}

fn list(versions: &[i64]) -> String {
    versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl FromStr for Rev {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "base" => Self::Base,
            "head" => Self::Head,
            ALEMBIC_FIRST => Self::AlembicFirst,
            other => Self::Version(other.to_owned()),
        })
    }
}

impl Rev {
    /// The version that is meant, out of those that there are (oldest first); 0 is before the first.
    pub fn resolve(&self, known: &[i64]) -> Result<i64, RevisionError> {
        let unknown = |typed: &str| RevisionError::Unknown { typed: typed.to_owned(), known: known.to_vec() };
        match self {
            Self::Base => Ok(0),
            Self::Head => Ok(known.last().copied().unwrap_or_default()),
            Self::AlembicFirst => known.first().copied().ok_or_else(|| unknown(ALEMBIC_FIRST)),
            Self::Version(typed) => {
                let begins = |version: &&i64| !typed.is_empty() && version.to_string().starts_with(typed.as_str());
                let meant: Vec<i64> = known.iter().filter(begins).copied().collect();
                match meant.as_slice() {
                    [] => Err(unknown(typed)),
                    [one] => Ok(*one),
                    _ => Err(RevisionError::Ambiguous { typed: typed.clone(), known: meant }),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_version_a_unique_beginning_or_a_word() {
        let known = [20_250_101_000_000, 20_261_122_000_000, 20_261_123_000_000];
        let meant = |text: &str| text.parse::<Rev>().unwrap().resolve(&known);
        assert_eq!(meant("base"), Ok(0));
        assert_eq!(meant("head"), Ok(known[2]));
        assert_eq!(meant("f99aa361bd09"), Ok(known[0]));
        assert_eq!(meant("20261122000000"), Ok(known[1]));
        assert_eq!(meant("2025"), Ok(known[0]));
        let ambiguous = meant("202611").unwrap_err().to_string();
        assert!(ambiguous.contains("20261122000000, 20261123000000"), "{ambiguous}");
        for unknown in ["", "2024", "heads", "a1b2c3d4e5f6"] {
            assert!(matches!(meant(unknown), Err(RevisionError::Unknown { .. })), "{unknown}");
        }
    }
}
