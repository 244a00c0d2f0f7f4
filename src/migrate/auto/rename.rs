//! Renames: nobody can see from two schemas that a column got another name; it is asked, or given.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::migrate::name;
use crate::schema::catalogue::{Catalogue, Column, Id, Kind, Object};
use crate::schema::steps::{place, quoted};

/// A table or column with another name than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// What it was.
    pub old: Id,
    /// What it is.
    pub new: Id,
}

/// Text that is no rename.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// The form.
    #[error(
        "`{0}` is no rename: write `schema.table:new` for a table, `schema.table.column:new` for a column, and names with a dot or a \
         colon in double quotes"
    )]
    Form(String),
    /// There is no such thing.
    #[error("nothing to rename: {name} is not {side}")]
    Unknown {
        /// Its full name.
        name: String,
        /// Where it was looked for.
        side: &'static str,
    },
}

impl FromStr for Rename {
    type Err = RenameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || RenameError::Form(text.to_owned());
        // Not one within quotes.
        let colon = text
            .match_indices(':')
            .find(|(at, _)| text.get(..*at).is_some_and(|old| old.matches('"').count() % 2 == 0));
        let (old, new) = colon.and_then(|(at, _)| Some((text.get(..at)?, text.get(at + 1..)?))).ok_or_else(form)?;
        let (names, new) = (name::typed(old), name::typed(new));
        let [new] = new.as_slice() else { return Err(form()) };
        if new.is_empty() || names.iter().any(String::is_empty) {
            return Err(form());
        }
        match names.as_slice() {
            [schema, table] => {
                Ok(Self { old: Id::new(Kind::Table, schema, table, ""), new: Id::new(Kind::Table, schema, new, "") })
            }
            [schema, table, column] => Ok(Self {
                old: Id::new(Kind::Column, schema, table, column),
                new: Id::new(Kind::Column, schema, table, new),
            }),
            _ => Err(form()),
        }
    }
}

/// The full name of a column, where what somebody typed is one: `schema.table.column`, in double quotes where there is a dot in it.
pub fn column_name(typed: &str) -> Option<String> {
    let parts = name::typed(typed);
    (parts.len() == 3 && parts.iter().all(|part| !part.is_empty())).then(|| parts.join("."))
}

/// As `--rename` takes it.
impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let new = if self.new.kind == Kind::Table { &self.new.name } else { &self.new.part };
        let old = [&self.old.schema, &self.old.name, &self.old.part].map(String::as_str);
        let old: Vec<String> = old.into_iter().filter(|part| !part.is_empty()).map(quoted).collect();
        write!(f, "{}:{}", old.join("."), quoted(new))
    }
}

impl Rename {
    /// The statement that does it.
    pub(super) fn sql(&self) -> String {
        let Self { old, new } = self;
        if old.kind == Kind::Table {
            return format!("alter table {} rename to {}", place(old), quoted(&new.name));
        }
        format!("alter table {} rename column {} to {}", place(&old.table()), quoted(&old.part), quoted(&new.part))
    }

    /// The way back.
    pub(super) fn back(&self) -> Self {
        Self { old: self.new.clone(), new: self.old.clone() }
    }

    /// What an object is called afterwards.
    pub(super) fn apply(&self, id: &Id) -> Id {
        let mut id = id.clone();
        let same_table = id.schema == self.old.schema && id.name == self.old.name;
        if same_table && self.old.kind == Kind::Table {
            id.name.clone_from(&self.new.name);
        } else if same_table && id.kind == Kind::Column && id.part == self.old.part {
            id.part.clone_from(&self.new.part);
        }
        id
    }

    /// Refuses what is not there before, or not wanted after.
    pub(super) fn check(&self, from: &Catalogue, to: &Catalogue) -> Result<(), RenameError> {
        let unknown = |id: &Id, side| Err(RenameError::Unknown { name: id.to_string(), side });
        match (from.has(&self.old), to.has(&self.new)) {
            (false, _) => unknown(&self.old, "in the migrated schema"),
            (_, false) => unknown(&self.new, "in the declared schema"),
            _ if from.has(&self.new) => unknown(&self.new, "new: the migrated schema has it already"),
            _ => Ok(()),
        }
    }
}

/// What may have got another name: tables that went and came with mostly the same columns, and columns that went and came in
/// one table with the same type.
pub(super) fn lookalikes(from: &Catalogue, to: &Catalogue) -> Vec<Rename> {
    let gone = |kind| from.of_kind(kind).filter(|(id, _)| !to.has(id));
    let came = |kind| to.of_kind(kind).filter(|(id, _)| !from.has(id));
    let mut found = Vec::new();
    let mut push = |old: &Id, new: &Id| found.push(Rename { old: old.clone(), new: new.clone() });
    for (old, _) in gone(Kind::Table) {
        for (new, _) in came(Kind::Table).filter(|(new, _)| new.schema == old.schema) {
            if are_alike(&from.columns(old), &to.columns(new)) {
                push(old, new);
            }
        }
    }
    for (old, before) in gone(Kind::Column) {
        let (Object::Column(before), true) = (before, to.has(&old.table())) else { continue };
        for (new, after) in came(Kind::Column).filter(|(new, _)| new.table() == old.table()) {
            if matches!(after, Object::Column(after) if after.type_name == before.type_name) {
                push(old, new);
            }
        }
    }
    found
}

/// At least half of the columns of either are in both.
fn are_alike(one: &[(&str, &Column)], other: &[(&str, &Column)]) -> bool {
    let names = |columns: &[(&str, &Column)]| -> BTreeSet<(String, String)> {
        columns.iter().map(|(name, column)| ((*name).to_owned(), column.type_name.clone())).collect()
    };
    let (one, other) = (names(one), names(other));
    one.intersection(&other).count() * 2 >= one.len().max(other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_and_shown_alike() {
        for text in ["public.venues:places", "public.venues.name:title"] {
            assert_eq!(text.parse::<Rename>().unwrap().to_string(), text);
        }
        for text in
            ["venues:places", "public.venues", "public.venues:", "public..name:title", "a.b.c.d:e", "public.a:b.c"]
        {
            assert!(text.parse::<Rename>().is_err(), "{text}");
        }
    }
}
