//! Names and small phrases of SQL.

use crate::schema::catalogue::{Column, Id, Kind};

/// Words that PostgreSQL 14 to 18 take for something else where they are not quoted.
const KEYWORDS: &str = " all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both \
case cast char character check coalesce collate collation column concurrently constraint create cross current_catalog current_date \
current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do else end \
except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in initially inner \
inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg \
json_query json_scalar json_serialize json_table json_value lateral leading least left like limit localtime localtimestamp \
merge_action national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps \
overlay placing position precision primary real references returning right row select session_user setof similar smallint some \
substring symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique user using values \
varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi \
xmlroot xmlserialize xmltable ";

/// A name as it stands in a statement: quoted where it has to be.
pub fn quoted(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
        && !KEYWORDS.contains(&format!(" {name} "));
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Text as it stands in a statement.
pub fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// The full name of the object, or of the table it is a part of. Functions are quoted by the server already.
pub fn place(id: &Id) -> String {
    match id.kind {
        Kind::Schema => quoted(&id.name),
        Kind::Function => format!("{}.{}", quoted(&id.schema), id.name),
        Kind::Index => format!("{}.{}", quoted(&id.schema), quoted(&id.part)),
        _ => format!("{}.{}", quoted(&id.schema), quoted(&id.name)),
    }
}

/// The full name of a table or of a column, as it stands in a statement and in a marker: `public."Order"."user"`.
pub fn full_name(id: &Id) -> String {
    let part = Some(quoted(&id.part)).filter(|_| !id.part.is_empty());
    std::iter::once(place(id)).chain(part).collect::<Vec<_>>().join(".")
}

/// `alter table …`, for the table that something is a part of.
pub(super) fn alter_table(id: &Id) -> String {
    format!("alter table {}", place(&id.table()))
}

/// `alter table … alter column …`.
pub(super) fn alter_column(id: &Id) -> String {
    format!("{} alter column {}", alter_table(id), quoted(&id.part))
}

/// A column as it stands in `create table` and `add column`.
pub(super) fn column(name: &str, column: &Column) -> String {
    let mut text = format!("{} {}", quoted(name), column.type_name);
    let mut add = |phrase: String| text.extend([" ".to_owned(), phrase]);
    if let Some(collation) = &column.collation {
        add(format!("collate {collation}"));
    }
    if let Some(expression) = &column.generated {
        add(format!("generated always as ({expression}"));
    }
    if let Some(identity) = &column.identity {
        add(format!("generated {identity} as identity"));
    }
    if let Some(default) = &column.default {
        add(format!("default {default}"));
    }
    if column.not_null {
        add("not null".to_owned());
    }
    text
}

/// `comment on …`; none takes it away.
pub(super) fn comment(id: &Id, text: Option<&str>) -> String {
    let on = match id.kind {
        Kind::Enum => format!("type {}", place(id)),
        Kind::Column => format!("column {}.{}", place(id), quoted(&id.part)),
        Kind::Constraint => format!("constraint {} on {}", quoted(&id.part), place(id)),
        Kind::Function => format!("routine {}", place(id)),
        Kind::Schema | Kind::Table | Kind::Index | Kind::View | Kind::Other => format!("{} {}", id.word(), place(id)),
    };
    format!("comment on {on} is {}", text.map_or_else(|| "null".to_owned(), literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_where_sql_needs_it() {
        let column = Id::new(Kind::Column, "public", "Order", "user");
        assert_eq!(full_name(&column), "public.\"Order\".\"user\"");
        assert_eq!(full_name(&Id::new(Kind::Column, "public", "venues", "name")), "public.venues.name");
    }
}
