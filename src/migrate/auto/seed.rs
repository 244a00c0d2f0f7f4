//! Rows for every table, made from nothing but the catalogue: tried until the database takes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _, FromRow};

use crate::schema::catalogue::{Catalogue, Column, Constraint, Enum, Id, Index, Kind, Object};
use crate::schema::steps::{literal, place, quoted};

/// Rows that each table should get.
const ROWS: usize = 4;
/// How often a table is tried.
const TRIES: usize = 80;

#[derive(FromRow)]
struct ForeignKey {
    schema: String,
    table_name: String,
    other_schema: String,
    other_table: String,
    columns: Vec<String>,
    other_columns: Vec<String>,
}

/// Puts rows into every table that takes some, without labels of enums that are to go: rows with such a label stop a migration.
/// Returns what the server said last of those that took none.
pub(super) async fn seed(
    connection: &mut PgConnection,
    catalogue: &Catalogue,
    to: &Catalogue,
) -> Result<BTreeMap<Id, String>, sqlx::Error> {
    let keys: Vec<ForeignKey> = sqlx::query_as(include_str!("foreign_keys.sql")).fetch_all(&mut *connection).await?;
    let mut random = fastrand::Rng::with_seed(20_261_122);
    let mut refusals = BTreeMap::new();
    for table in parents_first(catalogue, &keys) {
        let own: Vec<&ForeignKey> =
            keys.iter().filter(|key| key.schema == table.schema && key.table_name == table.name).collect();
        let pools = pools(catalogue, to, &table);
        let mut made = 0;
        for attempt in 0..TRIES {
            let mut row = draw(catalogue, &table, &pools, attempt, &mut random);
            for key in &own {
                point(connection, key, &mut row, &mut random).await?;
            }
            let taken = connection.execute(AssertSqlSafe(insert(&table, &row))).await;
            match taken {
                Ok(_) => made += 1,
                Err(sqlx::Error::Database(said)) if made == 0 => {
                    refusals.insert(table.clone(), said.message().to_owned());
                }
                Err(sqlx::Error::Database(_)) => (),
                Err(error) => return Err(error),
            }
            if made == ROWS {
                break;
            }
        }
        if made > 0 {
            refusals.remove(&table);
        }
    }
    Ok(refusals)
}

/// What holds rows to the other schema's constraints while they are made, each with the statement that takes it away again.
pub(super) fn holds(from: &Catalogue, to: &Catalogue) -> Vec<(String, String)> {
    let strict = to.objects.iter().filter(|(id, object)| from.has(&id.table()) && from.objects.get(id) != Some(object));
    let mut holds = Vec::new();
    for (number, (id, object)) in strict.enumerate() {
        let name = format!("venues_scratch_hold_{number}");
        let table = place(&id.table());
        match object {
            Object::Constraint(Constraint { definition, sort }) => {
                // A table has one primary key.
                let definition = if sort == "primary key" {
                    definition.replace("PRIMARY KEY", "UNIQUE")
                } else {
                    definition.clone()
                };
                holds.push((
                    format!("alter table {table} add constraint {name} {definition}"),
                    format!("alter table {table} drop constraint {name}"),
                ));
            }
            Object::Index(Index { definition, .. }) if definition.starts_with("CREATE UNIQUE") => {
                let Some((_, rest)) = definition.split_once(" ON ") else { continue };
                let drop = format!("drop index {}.{name}", quoted(&id.schema));
                holds.push((format!("create unique index {name} on {rest}"), drop));
            }
            // A value that would not be the same afterwards stops the migration, or is marked as lost.
            Object::Column(column) => {
                let Some(Object::Column(old)) = from.objects.get(id).filter(|_| column.generated.is_none()) else {
                    continue;
                };
                let (before, after, value) = (&old.type_name, &column.type_name, quoted(&id.part));
                if before != after {
                    let check = format!("({value}::{after})::text::{before}::text is not distinct from {value}::text");
                    holds.push((
                        format!("alter table {table} add constraint {name} check ({check})"),
                        format!("alter table {table} drop constraint {name}"),
                    ));
                }
            }
            _ => (),
        }
    }
    holds
}

/// So that there is something to point to; in a circle some one comes first.
fn parents_first(catalogue: &Catalogue, keys: &[ForeignKey]) -> Vec<Id> {
    let mut left: BTreeSet<Id> = catalogue.of_kind(Kind::Table).map(|(id, _)| id.clone()).collect();
    let mut ordered = Vec::new();
    while let Some(first) = left.first().cloned() {
        let waits = |table: &Id| {
            keys.iter().any(|key| {
                let other = Id::new(Kind::Table, &key.other_schema, &key.other_table, "");
                key.schema == table.schema && key.table_name == table.name && other != *table && left.contains(&other)
            })
        };
        let next = left.iter().find(|table| !waits(table)).cloned().unwrap_or(first);
        left.remove(&next);
        ordered.push(next);
    }
    ordered
}

/// What to try for each column, as text.
fn pools(catalogue: &Catalogue, to: &Catalogue, table: &Id) -> BTreeMap<String, Vec<String>> {
    let mined: Vec<String> = catalogue
        .of_kind(Kind::Constraint)
        .filter(|(id, _)| id.table() == *table)
        .filter_map(|(_, object)| match object {
            Object::Constraint(Constraint { definition, sort }) if sort == "check" => Some(mine(definition)),
            _ => None,
        })
        .flatten()
        .collect();
    let pool = |column: &Column| {
        if let Some(labels) = labels(catalogue, to, &column.type_name) {
            return labels;
        }
        let mut pool = candidates(catalogue, to, &column.type_name);
        pool.extend(mined.iter().cloned());
        pool
    };
    catalogue.columns(table).into_iter().map(|(name, column)| (name.to_owned(), pool(column))).collect()
}

/// Literals and numbers of an expression, and the numbers on either side.
fn mine(expression: &str) -> Vec<String> {
    let quoted = expression.split('\'').skip(1).step_by(2).map(str::to_owned);
    let numbers =
        expression.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse::<i32>().ok());
    quoted
        .chain(
            numbers
                .flat_map(|number| [number, number.saturating_add(1), number.saturating_sub(1)])
                .map(|it| it.to_string()),
        )
        .collect()
}

/// Those of an enum that will still be there, if the type is one.
fn labels(catalogue: &Catalogue, to: &Catalogue, type_name: &str) -> Option<Vec<String>> {
    let (id, object) = catalogue.of_kind(Kind::Enum).find(|(id, _)| place(id) == type_name)?;
    let Object::Enum(Enum { labels }) = object else { return None };
    let stays = |label: &&String| match to.objects.get(id) {
        Some(Object::Enum(Enum { labels })) => labels.contains(label),
        _ => true,
    };
    Some(labels.iter().filter(stays).cloned().collect())
}

fn candidates(catalogue: &Catalogue, to: &Catalogue, type_name: &str) -> Vec<String> {
    if let Some(element) = type_name.strip_suffix("[]") {
        let inner = labels(catalogue, to, element).unwrap_or_else(|| candidates(catalogue, to, element));
        let few: Vec<String> = inner.iter().take(2).map(|text| format!("\"{}\"", text.replace('"', "\\\""))).collect();
        return vec!["{}".to_owned(), format!("{{{}}}", few.join(","))];
    }
    let base = type_name.split('(').next().unwrap_or_default().trim_end();
    let fixed: &[&str] = match base {
        "boolean" => &["true", "false"],
        "smallint" | "integer" | "bigint" | "numeric" => &["1", "0", "2", "3", "7", "40", "99"],
        "real" | "double precision" => &["1.5", "0", "-2.25", "3", "7.75", "40"],
        "json" | "jsonb" => &[r#"{"a": 1}"#, "[]", "{}", r#"{"b": [true, null]}"#],
        "uuid" => &[
            "01980000-0000-7000-8000-000000000001",
            "01980000-0000-7000-8000-000000000002",
            "01980000-0000-7000-8000-000000000003",
            "01980000-0000-7000-8000-000000000004",
            "01980000-0000-7000-8000-000000000005",
        ],
        "date" => &["2026-01-01", "1999-12-31", "2027-06-30", "2024-02-29"],
        "timestamp with time zone" | "timestamp without time zone" => {
            &["2026-01-01 10:00:00", "1970-01-01", "2027-03-28 01:30:00.123456", "2024-02-29"]
        }
        "time without time zone" | "time with time zone" => &["10:00", "00:00", "23:59:59"],
        "interval" => &["1 day", "90 minutes", "1 month"],
        "point" => &["(1,2)", "(0,0)", "(3,4)"],
        "bytea" => &["\\x00ff", "", "\\x01"],
        _ => &["alpha", "beta", "gamma", "delta", "a", "b", "c", "d", ""],
    };
    fixed.iter().map(|text| (*text).to_owned()).collect()
}

/// One row: the first with all that may be null, the second without any null, the others mixed. None for a null.
fn draw(
    catalogue: &Catalogue,
    table: &Id,
    pools: &BTreeMap<String, Vec<String>>,
    attempt: usize,
    random: &mut fastrand::Rng,
) -> BTreeMap<String, Option<String>> {
    let mut row = BTreeMap::new();
    for (name, column) in catalogue.columns(table) {
        if column.generated.is_some() || column.identity.is_some() {
            continue;
        }
        let null = match attempt {
            0 => true,
            1 => false,
            _ => random.u8(..) < 80,
        };
        let pool = &pools[name];
        // At first each column its own next one, so that keys differ and sums of nought add up; later anything.
        let value = if attempt < ROWS { pool.get(attempt % pool.len().max(1)) } else { random.choice(pool) };
        row.insert(name.to_owned(), value.filter(|_| column.not_null || !null).cloned());
    }
    row
}

/// Has a row point to one that is there.
async fn point(
    connection: &mut PgConnection,
    key: &ForeignKey,
    row: &mut BTreeMap<String, Option<String>>,
    random: &mut fastrand::Rng,
) -> Result<(), sqlx::Error> {
    if key.columns.iter().any(|column| row.get(column).is_some_and(Option::is_none)) {
        return Ok(());
    }
    let other = Id::new(Kind::Table, &key.other_schema, &key.other_table, "");
    let select = format!("select to_jsonb(r) from {} r", place(&other));
    let there: Vec<Value> = sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(connection).await?;
    let objects: Vec<&Map<String, Value>> = there.iter().filter_map(Value::as_object).collect();
    let Some(chosen) = random.choice(&objects) else { return Ok(()) };
    for (column, other) in key.columns.iter().zip(&key.other_columns) {
        let value = chosen.get(other).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        row.insert(column.clone(), value);
    }
    Ok(())
}

fn insert(table: &Id, row: &BTreeMap<String, Option<String>>) -> String {
    if row.is_empty() {
        return format!("insert into {} default values", place(table));
    }
    let names: Vec<String> = row.keys().map(|name| quoted(name)).collect();
    let values: Vec<String> =
        row.values().map(|value| value.as_deref().map_or_else(|| "null".to_owned(), literal)).collect();
    format!("insert into {} ({}) values ({})", place(table), names.join(", "), values.join(", "))
}
