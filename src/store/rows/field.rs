//! What a field says of its column.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

/// A Rust type that columns can have.
pub trait Field {
    /// The PostgreSQL types that it holds, as `format_type` names them, without a length.
    const TYPES: &'static [&'static str];
    /// Whether it can be null.
    const NULLABLE: bool = false;
}

/// A column as a row type has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowColumn {
    /// Its name, in the table and in the type.
    pub name: &'static str,
    /// The PostgreSQL types that its field holds.
    pub types: &'static [&'static str],
    /// Whether its field can be null.
    pub nullable: bool,
}

/// A row type, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowType {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its table's full name.
    pub table: &'static str,
    /// Its columns, in the order of its fields.
    pub columns: &'static [RowColumn],
}

macro_rules! fields {
    ($($rust:ty: $($sql:literal)|+;)+) => {
        $(impl Field for $rust {
            const TYPES: &'static [&'static str] = &[$($sql),+];
        })+
    };
}

fields! {
    bool: "boolean";
    i16: "smallint";
    i32: "integer";
    i64: "bigint";
    f64: "double precision";
    String: "text" | "character varying";
    Vec<i64>: "bigint[]";
    Vec<String>: "text[]" | "character varying[]";
    Vec<u8>: "bytea";
    Uuid: "uuid";
    DateTime<Utc>: "timestamp with time zone";
    NaiveDate: "date";
    Value: "jsonb";
}

impl<T: Field> Field for Option<T> {
    const TYPES: &'static [&'static str] = T::TYPES;
    const NULLABLE: bool = true;
}

/// Row types, and what each says of its columns.
macro_rules! rows {
    ($($(#[$of_type:meta])* $name:ident in $table:literal { $($(#[$of_field:meta])* $field:ident: $type:ty,)+ })+) => {
        $(
            $(#[$of_type])*
            #[derive(Debug, Clone, PartialEq, serde::Serialize, sqlx::FromRow)]
            pub struct $name { $($(#[$of_field])* pub $field: $type,)+ }

            impl $name {
                /// What this type says of its table.
                pub const ROW: $crate::store::rows::RowType = $crate::store::rows::RowType {
                    name: stringify!($name),
                    table: $table,
                    columns: &[$($crate::store::rows::RowColumn {
                        name: stringify!($field),
                        types: <$type as $crate::store::rows::Field>::TYPES,
                        nullable: <$type as $crate::store::rows::Field>::NULLABLE,
                    },)+],
                };
            }
        )+

        /// The row types of this file.
        pub(super) fn all() -> Vec<$crate::store::rows::RowType> {
            vec![$($name::ROW),+]
        }
    };
}

pub(super) use rows;
