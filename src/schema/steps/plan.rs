//! What has to go, to come and to change between two schemas, and what stands in the way and has to go for a while.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{literal, place};
use crate::schema::catalogue::{Catalogue, Column, Constraint, Enum, Function, Id, Index, Kind, Object};

/// What is done with which object.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Constraints and indexes that only got another name.
    pub(super) renamed: Vec<(Id, Id)>,
    /// Objects that go, for good or for a while.
    pub(super) dropped: BTreeSet<Id>,
    /// Objects that come, or come again.
    pub(super) made: BTreeSet<Id>,
    /// Columns, enums and functions that are changed where they are.
    pub(super) altered: BTreeSet<Id>,
    /// Columns whose default stands in the way of something.
    pub(super) default_in_the_way: BTreeSet<Id>,
    /// Enums whose labels cannot be changed where they are.
    pub(super) swapped: BTreeSet<Id>,
}

/// Compares, and works out what follows.
pub(super) fn plan(from: &Catalogue, to: &Catalogue) -> Plan {
    let mut plan = Plan { renamed: renames(from, to), ..Plan::default() };
    let mut retyped = BTreeSet::new();
    for (id, old) in &from.objects {
        match to.objects.get(id) {
            None if !plan.renamed.iter().any(|(renamed, _)| renamed == id) => _ = plan.dropped.insert(id.clone()),
            Some(new) if old.facets() != new.facets() => {
                if can_stay(old, new) {
                    plan.altered.insert(id.clone());
                } else {
                    plan.dropped.insert(id.clone());
                }
                if let (Object::Column(old), Object::Column(new)) = (old, new)
                    && (&old.type_name, &old.collation) != (&new.type_name, &new.collation)
                {
                    retyped.insert(id.clone());
                }
                if let (Object::Enum(old), Object::Enum(new)) = (old, new)
                    && !can_grow(old, new, from, to)
                {
                    plan.swapped.insert(id.clone());
                }
            }
            _ => (),
        }
    }
    plan.spread(from, &retyped);
    let parted: Vec<(Id, Id)> = plan.renamed.extract_if(.., |(old, _)| plan.dropped.contains(old)).collect();
    let came = to.objects.keys().filter(|id| !from.has(id) && !plan.renamed.iter().any(|(_, new)| new == *id));
    let again = plan.dropped.iter().filter(|id| to.has(id));
    plan.made = came.chain(again).chain(parted.iter().map(|(_, new)| new)).cloned().collect();
    plan.altered.retain(|id| !plan.made.contains(id));
    plan
}

impl Plan {
    /// Whatever cannot be without what goes goes too, and what cannot bear a change of type.
    fn spread(&mut self, from: &Catalogue, retyped: &BTreeSet<Id>) {
        let of_swapped = |column: &Column| enum_of(column, &self.swapped).is_some();
        let swapped_columns: BTreeSet<Id> = from
            .of_kind(Kind::Column)
            .filter(|(_, object)| matches!(object, Object::Column(column) if of_swapped(column)))
            .map(|(id, _)| id.clone())
            .chain(self.swapped.iter().cloned())
            .collect();
        let generated =
            |id: &Id| matches!(from.objects.get(id), Some(Object::Column(column)) if column.generated.is_some());
        self.dropped.extend(swapped_columns.iter().filter(|id| generated(id)).cloned());
        loop {
            let before = self.dropped.len();
            for (id, needs) in &from.needs {
                let Some(object) = from.objects.get(id).filter(|_| !self.dropped.contains(id)) else { continue };
                if needs.iter().any(|need| self.dropped.contains(need) && need.kind != Kind::Enum) {
                    match object {
                        Object::Column(column) if column.generated.is_none() => {
                            self.default_in_the_way.insert(id.clone());
                        }
                        _ => _ = self.dropped.insert(id.clone()),
                    }
                } else if !needs.is_disjoint(retyped) && cannot_bear(object, false)
                    || !needs.is_disjoint(&swapped_columns) && cannot_bear(object, true)
                {
                    self.dropped.insert(id.clone());
                }
            }
            if self.dropped.len() == before {
                return;
            }
        }
    }
}

/// Whether an object stands in the way of changing the type of a column that it needs; `swapped` where the type's labels change.
fn cannot_bear(object: &Object, swapped: bool) -> bool {
    match object {
        Object::View(_) | Object::Function(_) => true,
        Object::Column(column) => column.generated.is_some(),
        Object::Constraint(constraint) => constraint.sort == "foreign key" || swapped && constraint.sort == "check",
        // Plain ones are made anew by the server.
        Object::Index(Index { definition, .. }) => {
            swapped && (definition.contains(" WHERE ") || definition.contains("(("))
        }
        Object::Schema | Object::Table | Object::Enum(_) | Object::Other(_) => false,
    }
}

/// Whether a change can be made without dropping the object.
fn can_stay(old: &Object, new: &Object) -> bool {
    match (old, new) {
        (Object::Enum(_), Object::Enum(_)) => true,
        // Values can be kept where they were computed, but not computed where they were kept.
        (Object::Column(old), Object::Column(new)) => match (&old.generated, &new.generated) {
            (None, None) => true,
            (Some(stored), None) => stored.ends_with("stored") && old.type_name == new.type_name,
            (None, Some(_)) => false,
            (Some(old_expression), Some(expression)) => old_expression == expression && old.type_name == new.type_name,
        },
        (Object::Function(old), Object::Function(new)) => signature(old) == signature(new),
        _ => false,
    }
}

/// Name, arguments and result: what `create or replace` cannot change.
fn signature(function: &Function) -> Option<&str> {
    function.definition.split("\n LANGUAGE ").next()
}

/// Whether the labels were only added to, and the new ones are not used by anything that changes along with them: PostgreSQL
/// refuses a label in the transaction that added it.
fn can_grow(old: &Enum, new: &Enum, from: &Catalogue, to: &Catalogue) -> bool {
    let mut rest = new.labels.iter();
    if !old.labels.iter().all(|label| rest.any(|kept| kept == label)) {
        return false;
    }
    let words: Vec<String> =
        new.labels.iter().filter(|label| !old.labels.contains(label)).map(|label| literal(label)).collect();
    let used = |(facet, text): (&str, Option<String>)| {
        facet != "labels" && words.iter().any(|word| text.as_ref().is_some_and(|text| text.contains(word)))
    };
    !to.objects
        .iter()
        .filter(|(id, object)| from.objects.get(*id).is_none_or(|before| before != *object))
        .any(|(_, object)| object.facets().into_iter().any(used))
}

/// The enum among these that a column is of, or an array of.
pub(super) fn enum_of<'a>(column: &Column, among: &'a BTreeSet<Id>) -> Option<&'a Id> {
    among.iter().find(|id| column.type_name.trim_end_matches("[]") == place(id))
}

/// Constraints and indexes that are the same but for their name.
fn renames(from: &Catalogue, to: &Catalogue) -> Vec<(Id, Id)> {
    let mut pairs: BTreeMap<&Id, Id> = BTreeMap::new();
    for (old, object) in &from.objects {
        if to.has(old) || !to.has(&old.table()) {
            continue;
        }
        let same = |(new, other): &(&Id, &Object)| {
            new.table() == old.table()
                && new.kind == old.kind
                && !from.has(new)
                && !pairs.contains_key(*new)
                && same_but_name(object, other)
        };
        if let Some((new, _)) = to.of_kind(old.kind).find(same) {
            pairs.insert(new, old.clone());
        }
    }
    pairs.into_iter().map(|(new, old)| (old, new.clone())).collect()
}

fn same_but_name(one: &Object, other: &Object) -> bool {
    let nameless = |index: &Index| {
        let (head, tail) = index.definition.split_once(" ON ")?;
        Some((head.starts_with("CREATE UNIQUE"), tail.to_owned(), index.valid))
    };
    match (one, other) {
        (Object::Constraint(one), Object::Constraint(other)) => one == other,
        (Object::Index(one), Object::Index(other)) => nameless(one) == nameless(other),
        _ => false,
    }
}

/// Whether it is a foreign key.
pub(super) fn is_foreign_key(object: Option<&Object>) -> bool {
    matches!(object, Some(Object::Constraint(Constraint { sort, .. })) if sort == "foreign key")
}
