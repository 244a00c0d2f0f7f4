//! Steps of a column.

use super::plan::{Plan, enum_of};
use super::step::{Cast, Hints, Refusal, Step};
use super::words::{alter_column, alter_table, column as column_words, literal, place, quoted};
use crate::schema::catalogue::{Catalogue, Column, Constraint, Id, Index, Kind, Object};

/// Adds one to a table that is there already, and may have rows.
pub(super) fn add(id: &Id, column: &Column, [from, to]: [&Catalogue; 2], hints: &Hints) -> Result<Vec<Step>, Refusal> {
    let add = |column: &Column| Step::new(format!("{} add column {}", alter_table(id), column_words(&id.part, column)));
    let alter = |what: &str| Step::new(format!("{} {what}", alter_column(id)));
    let same_for_all = column.default.as_ref().is_some_and(|default| !default.contains('('));
    if hints.back && (same_for_all || needs_value(column)) && is_alone_in_a_key(id, from, to) {
        return Err(no_way_back(id, "and in a key"));
    }
    if !needs_value(column) {
        return Ok(vec![add(column)]);
    }
    let with_default = |value: String| add(&Column { default: Some(value), ..column.clone() });
    if hints.back {
        let note = "What it held is lost: every row gets the same.";
        return Ok(vec![with_default(restored(id, column, to)?).noted(note), alter("drop default")]);
    }
    let value = hints.fill(id)?;
    if is_constant(&value) {
        return Ok(vec![with_default(value), alter("drop default")]);
    }
    let fill = format!("update {} set {} = {value}", place(&id.table()), quoted(&id.part));
    Ok(vec![add(&Column { not_null: false, ..column.clone() }), Step::new(fill), alter("set not null")])
}

/// Whether rows that are there cannot do without a value that nobody declares.
fn needs_value(column: &Column) -> bool {
    column.not_null && column.default.is_none() && column.generated.is_none() && column.identity.is_none()
}

/// A single literal: it can be a default, and then no row is rewritten.
fn is_constant(expression: &str) -> bool {
    let inner = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.is_some_and(|text| !text.contains('\''))
        || expression.parse::<f64>().is_ok()
        || ["true", "false"].contains(&expression)
}

/// Changes one where it is.
pub(super) fn alter(id: &Id, old: &Column, new: &Column, plan: &Plan, hints: &Hints) -> Result<Vec<Step>, Refusal> {
    let swapped = enum_of(new, &plan.swapped).is_some() && old.type_name == new.type_name;
    let retyped = (&old.type_name, &old.collation) != (&new.type_name, &new.collation);
    let mut steps = Vec::new();
    let mut alter = |what: &str| steps.push(Step::new(format!("{} {what}", alter_column(id))));
    let mut default = if swapped { new.default.clone() } else { old.default.clone() };
    if plan.default_in_the_way.contains(id) {
        default = None;
    } else if default.is_some() && (retyped || new.default.is_none()) {
        alter("drop default");
        default = None;
    }
    if old.generated.is_some() && new.generated.is_none() {
        alter("drop expression");
    }
    if old.identity.is_some() && new.identity.is_none() {
        alter("drop identity");
    }
    if retyped {
        steps.push(retype(id, old, new, hints)?);
    }
    if new.not_null && !old.not_null {
        steps.extend(require(id, new, hints)?);
    }
    let mut alter = |what: String| steps.push(Step::new(format!("{} {what}", alter_column(id))));
    if old.not_null && !new.not_null {
        alter("drop not null".to_owned());
    }
    match (&old.identity, &new.identity) {
        (None, Some(identity)) => {
            alter(format!("add generated {identity} as identity"));
            let (table, name) = (literal(&place(&id.table())), literal(&id.part));
            steps.push(Step::new(format!(
                "select setval(pg_get_serial_sequence({table}, {name}), max({}) + 1, false) from {} having max({}) > 0",
                quoted(&id.part),
                place(&id.table()),
                quoted(&id.part)
            )));
        }
        (Some(before), Some(identity)) if before != identity => alter(format!("set generated {identity}")),
        _ => (),
    }
    if default != new.default
        && let Some(expression) = &new.default
    {
        steps.push(Step::new(format!("{} set default {expression}", alter_column(id))));
    }
    Ok(steps)
}

fn retype(id: &Id, old: &Column, new: &Column, hints: &Hints) -> Result<Step, Refusal> {
    let mut sql = format!("{} type {}", alter_column(id), new.type_name);
    if let Some(collation) = &new.collation {
        sql.extend([" collate ", collation.as_str()]);
    }
    let pair = (old.type_name.clone(), new.type_name.clone());
    let cast = if pair.0 == pair.1 { Cast::Assignment } else { hints.casts.get(&pair).copied().unwrap_or_default() };
    let name = quoted(&id.part);
    match cast {
        // Without `using`, a value that does not fit stops the migration instead of being cut.
        Cast::Assignment => (),
        _ if !hints.back => {
            return Err(Refusal::new(
                id,
                format!(
                    "no assignment cast leads from {} to {}: add a new column, fill it, and drop this one in a later migration",
                    pair.0, pair.1
                ),
            ));
        }
        Cast::Explicit => sql.extend([" using ", &name, "::", &new.type_name]),
        Cast::ThroughText => sql.extend([" using ", &name, "::text::", &new.type_name]),
    }
    let step = Step::new(sql);
    Ok(if is_widening(&old.type_name, &new.type_name) { step } else { step.losing(id) })
}

/// Makes one refuse null that did not.
fn require(id: &Id, new: &Column, hints: &Hints) -> Result<Vec<Step>, Refusal> {
    let require = Step::new(format!("{} set not null", alter_column(id)));
    // On the way back there are no nulls, unless they came since: then this stops, and nothing is lost.
    if hints.back || new.identity.is_some() && new.default.is_none() {
        return Ok(vec![require]);
    }
    let value = hints.fill(id).or_else(|refusal| new.default.clone().ok_or(refusal))?;
    let name = quoted(&id.part);
    let fill = format!("update {} set {name} = {value} where {name} is null", place(&id.table()));
    Ok(vec![Step::new(fill), require])
}

fn no_way_back(id: &Id, why: &str) -> Refusal {
    let advice = "what it held cannot be put back on the way down. Make it nullable and without default in this migration, and drop it \
                  in the next";
    Refusal::new(id, format!("it is filled in every row {why}, and {advice}"))
}

/// Whether a key of nothing but columns that are added needs this one.
fn is_alone_in_a_key(id: &Id, from: &Catalogue, to: &Catalogue) -> bool {
    let all_added = |key: &Id| {
        let needs = to.needs.get(key).into_iter().flatten();
        let mut own = needs.filter(|need| need.kind == Kind::Column && need.table() == id.table()).peekable();
        own.peek().is_some() && own.all(|column| !from.has(column))
    };
    let is_key = |object: &Object| match object {
        Object::Constraint(Constraint { sort, .. }) => sort != "check",
        Object::Index(Index { definition, .. }) => definition.starts_with("CREATE UNIQUE"),
        _ => false,
    };
    let needs = |key: &Id| to.needs.get(key).is_some_and(|needs| needs.contains(id));
    to.objects.iter().any(|(key, object)| is_key(object) && key.table() == id.table() && needs(key) && all_added(key))
}

/// What a column gets whose values are lost.
fn restored(id: &Id, column: &Column, to: &Catalogue) -> Result<String, Refusal> {
    if column.type_name.ends_with("[]") {
        return Ok("'{}'".to_owned());
    }
    let labels = to.of_kind(Kind::Enum).find(|(id, _)| place(id) == column.type_name);
    if let Some((_, Object::Enum(labels))) = labels {
        return labels.labels.first().map(|label| literal(label)).ok_or_else(|| no_way_back(id, "of an empty enum"));
    }
    let base = column.type_name.split('(').next().unwrap_or_default().trim_end();
    let zero = match base {
        "text" | "character varying" | "character" | "bytea" => "''",
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "0",
        "boolean" => "false",
        "json" | "jsonb" => "'{}'",
        "date" | "timestamp without time zone" | "timestamp with time zone" => "'epoch'",
        "time without time zone" | "interval" => "'00:00'",
        "uuid" => "'00000000-0000-0000-0000-000000000000'",
        _ => return Err(no_way_back(id, &format!("with a {}", column.type_name))),
    };
    Ok(zero.to_owned())
}

/// Whether every value of the one type is the same value of the other.
fn is_widening(old: &str, new: &str) -> bool {
    const WIDER: &[&[&str]] = &[
        &["smallint", "integer", "bigint", "numeric"],
        &["smallint", "integer", "double precision"],
        &["real", "double precision"],
        &["date", "timestamp without time zone"],
        // Not the other way: a jsonb forgets keys that come twice, their order, and the text.
        &["jsonb", "json"],
    ];
    let length = |name: &str| {
        let rest = name.strip_prefix("character varying")?;
        if rest.is_empty() { Some(u32::MAX) } else { rest.strip_prefix('(')?.strip_suffix(')')?.parse().ok() }
    };
    if let (Some(old), Some(new)) = (old.strip_suffix("[]"), new.strip_suffix("[]")) {
        return is_widening(old, new);
    }
    let rank = |row: &[&str], name: &str| row.iter().position(|known| *known == name);
    if old == new || new == "text" || new == "character varying" {
        return true;
    }
    if let (Some(old), Some(new)) = (length(old), length(new)) {
        return old <= new;
    }
    WIDER.iter().any(|row| matches!((rank(row, old), rank(row, new)), (Some(old), Some(new)) if old < new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_lose_something_is_no_widening() {
        for (old, new, wider) in [
            ("integer", "bigint", true),
            ("bigint", "integer", false),
            ("character varying(50)", "character varying(255)", true),
            ("character varying(255)", "character varying(50)", false),
            ("character varying", "character varying(50)", false),
            ("character varying(50)", "text", true),
            ("text", "character varying(50)", false),
            ("bigint", "double precision", false),
            ("timestamp with time zone", "date", false),
            ("json", "jsonb", false),
            ("jsonb", "json", true),
            ("character varying(255)[]", "character varying(50)[]", false),
            ("character varying(50)[]", "character varying(255)[]", true),
            ("character varying(50)[]", "character varying[]", true),
            ("character varying[]", "character varying(50)[]", false),
            ("bigint[]", "integer[]", false),
            ("integer[]", "character varying(50)", false),
            ("public.mood", "text", true),
        ] {
            assert_eq!(is_widening(old, new), wider, "{old} → {new}");
        }
    }
}
