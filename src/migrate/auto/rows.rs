//! The rows of a database as values, and whether they survived.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::rename::Rename;
use crate::schema::catalogue::{Catalogue, Column, Id, Kind, Object};
use crate::schema::steps::{full_name, place, quoted};

/// Every row of every table.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows(BTreeMap<Id, Vec<Map<String, Value>>>);

impl Rows {
    pub(super) async fn read(connection: &mut PgConnection, catalogue: &Catalogue) -> Result<Self, sqlx::Error> {
        let mut all = BTreeMap::new();
        for (table, _) in catalogue.of_kind(Kind::Table) {
            let select = format!("select to_jsonb(r) from {} r", place(table));
            let rows: Vec<Value> = sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(&mut *connection).await?;
            let objects = rows.into_iter().filter_map(|row| match row {
                Value::Object(row) => Some(row),
                _ => None,
            });
            all.insert(table.clone(), objects.collect());
        }
        Ok(Self(all))
    }

    pub(super) fn count(&self, table: &Id) -> usize {
        self.0.get(table).map_or(0, Vec::len)
    }

    /// Under the names that the objects have afterwards.
    pub(super) fn renamed(&self, renames: &[Rename]) -> Self {
        let last_name = |id: &Id| renames.iter().fold(id.clone(), |id, rename| rename.apply(&id));
        let row = |table: &Id, row: &Map<String, Value>| {
            let column = |name: &String| last_name(&Id::new(Kind::Column, &table.schema, &table.name, name)).part;
            row.iter().map(|(name, value)| (column(name), value.clone())).collect()
        };
        let tables = self.0.iter();
        Self(tables.map(|(table, rows)| (last_name(table), rows.iter().map(|it| row(table, it)).collect())).collect())
    }

    /// The values of a column, without the nulls.
    pub(super) fn values(&self, column: &Id) -> Vec<Value> {
        let rows = self.0.get(&column.table()).into_iter().flatten();
        rows.filter_map(|row| row.get(&column.part)).filter(|value| !value.is_null()).cloned().collect()
    }

    /// The first of these columns of which a value is not among those that are there now.
    pub(super) fn missing(&self, there: &BTreeMap<Id, Vec<Value>>) -> Option<(Id, String)> {
        let is_missing = |(column, values): &(&Id, &Vec<Value>)| {
            let mut left: Vec<String> = values.iter().map(ToString::to_string).collect();
            !self.values(column).iter().map(ToString::to_string).all(|value| {
                let found = left.iter().position(|other| *other == value);
                found.map(|place| left.swap_remove(place)).is_some()
            })
        };
        let (column, _) = there.iter().find(is_missing)?;
        Some((column.clone(), "its values are not what they were".to_owned()))
    }

    /// The first table, and what is other in it, where these columns' values are not the same in both.
    pub(super) fn lost(&self, after: &Self, columns: &BTreeSet<Id>, tables: &BTreeSet<Id>) -> Option<(Id, String)> {
        for (table, rows) in self.0.iter().filter(|(table, _)| tables.contains(table)) {
            let there = after.0.get(table).map(Vec::as_slice).unwrap_or_default();
            if rows.len() != there.len() {
                return Some((table.clone(), format!("{} rows of {} are left", there.len(), rows.len())));
            }
            for column in columns.iter().filter(|column| column.table() == *table) {
                let values = |rows: &[Map<String, Value>]| {
                    let mut values: Vec<String> =
                        rows.iter().map(|row| row.get(&column.part).unwrap_or(&Value::Null).to_string()).collect();
                    values.sort_unstable();
                    values
                };
                if values(rows) != values(there) {
                    return Some((column.clone(), "its values are not what they were".to_owned()));
                }
            }
            let together = |rows: &[Map<String, Value>]| {
                let kept = |name: &str| columns.contains(&Id::new(Kind::Column, &table.schema, &table.name, name));
                let mut all: Vec<String> = rows
                    .iter()
                    .map(|row| format!("{:?}", row.iter().filter(|(name, _)| kept(name)).collect::<BTreeMap<_, _>>()))
                    .collect();
                all.sort_unstable();
                all
            };
            if together(rows) != together(there) {
                return Some((table.clone(), "values went from one row to another".to_owned()));
            }
        }
        None
    }
}

/// The values of columns as what they were before they got another type: none of a column where the server knows no way back.
pub(super) async fn as_before(
    connection: &mut PgConnection,
    retyped: &BTreeMap<Id, String>,
) -> Result<BTreeMap<Id, Vec<Value>>, sqlx::Error> {
    let mut all = BTreeMap::new();
    for (column, old_type) in retyped {
        let (table, name) = (place(&column.table()), quoted(&column.part));
        let select = format!("select to_jsonb({name}::text::{old_type}) from {table}");
        let values = sqlx::query_scalar::<_, Option<Value>>(AssertSqlSafe(select)).fetch_all(&mut *connection).await;
        match values {
            Ok(values) => _ = all.insert(column.clone(), values.into_iter().flatten().collect()),
            Err(sqlx::Error::Database(_)) => (),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// The columns of both that got another type, with the old one; but those whose data goes, and computed ones.
pub(super) fn retyped(from: &Catalogue, to: &Catalogue, lost: &BTreeSet<String>) -> BTreeMap<Id, String> {
    pairs(from, to, lost)
        .filter(|(_, old, new)| old.type_name != new.type_name)
        .map(|(id, old, _)| (id.clone(), old.type_name.clone()))
        .collect()
}

/// The columns of both that refuse null since: what was null got a value, and nothing else did.
pub(super) fn filled(from: &Catalogue, to: &Catalogue, lost: &BTreeSet<String>) -> BTreeSet<Id> {
    pairs(from, to, lost)
        .filter(|(_, old, new)| old.type_name == new.type_name && !old.not_null && new.not_null)
        .map(|(id, ..)| id.clone())
        .collect()
}

/// The columns of both that are filled by those who write, and whose data does not go.
fn pairs<'a>(
    from: &'a Catalogue,
    to: &'a Catalogue,
    lost: &'a BTreeSet<String>,
) -> impl Iterator<Item = (&'a Id, &'a Column, &'a Column)> {
    let pairs = from.of_kind(Kind::Column).filter_map(|(id, object)| match (object, to.objects.get(id)) {
        (Object::Column(old), Some(Object::Column(new))) => Some((id, old, new)),
        _ => None,
    });
    pairs.filter(|(id, old, new)| old.generated.is_none() && new.generated.is_none() && !lost.contains(&full_name(id)))
}

/// The columns of both whose values must be the same; and the tables of both.
pub(super) fn kept(
    from: &Catalogue,
    to: &Catalogue,
    lost: &BTreeSet<String>,
    same_type: bool,
) -> (BTreeSet<Id>, BTreeSet<Id>) {
    let stays = |old: &Column, new: &Column| {
        (!same_type || old.type_name == new.type_name)
            && old.generated == new.generated
            // Nulls were filled.
            && (old.not_null || !new.not_null)
    };
    let columns = from.of_kind(Kind::Column).filter(|(id, object)| match (object, to.objects.get(id)) {
        (Object::Column(old), Some(Object::Column(new))) => stays(old, new) && !lost.contains(&full_name(id)),
        _ => false,
    });
    let tables = from.of_kind(Kind::Table).filter(|(id, _)| to.has(id));
    (columns.map(|(id, _)| id.clone()).collect(), tables.map(|(id, _)| id.clone()).collect())
}
