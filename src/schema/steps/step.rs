use std::collections::BTreeMap;
use std::fmt;

use super::words::full_name;
use crate::schema::catalogue::{Catalogue, Id, Kind, Object};

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Without the semicolon.
    pub sql: String,
    /// The table or column whose data goes: its full name, as it stands in a marker.
    pub loses: Option<String>,
    /// What a reader should know.
    pub note: Option<&'static str>,
}

/// What the statements cannot be written without.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// This is the way back: what cannot be restored gets a value of its own, and explicit casts will do.
    pub back: bool,
    /// How to get from one type to another.
    pub casts: BTreeMap<(String, String), Cast>,
    /// What rows get, by full name of the column: an expression.
    pub fills: BTreeMap<String, String>,
}

/// How a value of one type becomes one of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cast {
    /// By itself.
    Assignment,
    /// Where a statement says so.
    Explicit,
    /// Through its text at best.
    #[default]
    ThroughText,
}

/// A difference for which no statements are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which object, by its full name.
    pub object: String,
    /// Its kind, in words.
    pub kind: String,
    /// Why, and what to do instead.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.object, self.kind, self.reason)
    }
}

impl Refusal {
    pub(super) fn new(object: &Id, reason: String) -> Self {
        Self { object: object.to_string(), kind: object.word().to_owned(), reason }
    }
}

impl Step {
    pub(super) fn new(sql: String) -> Self {
        Self { sql, loses: None, note: None }
    }

    pub(super) fn losing(self, id: &Id) -> Self {
        Self { loses: Some(full_name(id)), ..self }
    }

    pub(super) fn noted(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }
}

impl Hints {
    /// What rows of a column get that refuses null.
    pub(super) fn fill(&self, id: &Id) -> Result<String, Refusal> {
        self.fills.get(&id.to_string()).cloned().ok_or_else(|| {
            Refusal::new(
                id,
                format!(
                    "it is not null, and rows that are there have no value for it: declare a default, give one with \
                     --fill '{}=EXPRESSION', or let it be nullable in this migration, fill it, and require it in the next",
                    full_name(id)
                ),
            )
        })
    }
}

/// The pairs of types between which columns change.
pub fn type_changes(from: &Catalogue, to: &Catalogue) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (id, object) in from.of_kind(Kind::Column) {
        if let (Object::Column(old), Some(Object::Column(new))) = (object, to.objects.get(id))
            && old.type_name != new.type_name
        {
            pairs.push((old.type_name.clone(), new.type_name.clone()));
        }
    }
    pairs
}
