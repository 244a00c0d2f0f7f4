//! The objects of a schema, and what can be said of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What sort of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A schema.
    Schema,
    /// An enum type.
    Enum,
    /// A plain table.
    Table,
    /// A column of one.
    Column,
    /// A primary key, unique, check or foreign key constraint.
    Constraint,
    /// An index that belongs to no constraint.
    Index,
    /// A view.
    View,
    /// A function or procedure.
    Function,
    /// Anything else: read, so that a difference is seen, but never made.
    Other,
}

/// Which object: unique within a database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Its sort.
    pub kind: Kind,
    /// For [`Kind::Other`] its sort in words; else empty.
    pub other: String,
    /// Its schema, unquoted.
    pub schema: String,
    /// Its name, unquoted; for a part of a table the table's. A function's with the types of its arguments.
    pub name: String,
    /// For a part of a table its own name; else empty.
    pub part: String,
}

/// An enum type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    /// In their order.
    pub labels: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As `format_type` says it.
    pub type_name: String,
    /// Whether it refuses null.
    pub not_null: bool,
    /// Its default, as an expression.
    pub default: Option<String>,
    /// `always` or `by default`.
    pub identity: Option<String>,
    /// The expression it is computed from, with `) stored` or `) virtual` behind it.
    pub generated: Option<String>,
    /// Where it is not that of the type.
    pub collation: Option<String>,
    /// The place in the table. Not compared: PostgreSQL cannot move a column.
    pub position: i16,
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// `primary key`, `unique`, `check` or `foreign key`.
    pub sort: String,
    /// As `pg_get_constraintdef` says it.
    pub definition: String,
}

/// An index of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// As `pg_get_indexdef` says it.
    pub definition: String,
    /// False for what a failed `create index concurrently` leaves behind.
    pub valid: bool,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// As `pg_get_viewdef` says it.
    pub definition: String,
    /// What stands in its `with (…)`.
    pub options: Option<String>,
    /// By the column's name.
    pub column_comments: BTreeMap<String, String>,
}

/// A function or procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// As `pg_get_functiondef` says it.
    pub definition: String,
}

/// Anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Whatever the catalogue says of it.
    pub definition: String,
}

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// A schema.
    Schema,
    /// A table; its columns, constraints and indexes are objects of their own.
    Table,
    /// An enum type.
    Enum(Enum),
    /// A column.
    Column(Column),
    /// A constraint.
    Constraint(Constraint),
    /// An index.
    Index(Index),
    /// A view.
    View(View),
    /// A function or procedure.
    Function(Function),
    /// Anything else.
    Other(Other),
}

/// All objects of the schemas `public` and `venue_sync`, without the table that records migrations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The objects.
    pub objects: BTreeMap<Id, Object>,
    /// Their comments.
    pub comments: BTreeMap<Id, String>,
    /// What an object cannot be without, as far as the server knows (not what the text of a function's body names).
    pub needs: BTreeMap<Id, BTreeSet<Id>>,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Enum => "enum",
            Self::Table => "table",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Index => "index",
            Self::View => "view",
            Self::Function => "function",
            Self::Other => "object",
        }
    }

    /// The kind of a [`word`](Self::word); [`Kind::Other`] for every other one.
    pub fn of_word(word: &str) -> Self {
        let known = [
            Self::Schema,
            Self::Enum,
            Self::Table,
            Self::Column,
            Self::Constraint,
            Self::Index,
            Self::View,
            Self::Function,
        ];
        known.into_iter().find(|kind| kind.word() == word).unwrap_or(Self::Other)
    }
}

impl Id {
    /// An object, or with a `part` that is not empty a part of a table.
    pub fn new(kind: Kind, schema: &str, name: &str, part: &str) -> Self {
        Self { kind, other: String::new(), schema: schema.into(), name: name.into(), part: part.into() }
    }

    /// The table that this is, or is a part of.
    #[must_use]
    pub fn table(&self) -> Self {
        Self::new(Kind::Table, &self.schema, &self.name, "")
    }

    /// The kind in words: `trigger`, where autogenerate does not cover it.
    pub fn word(&self) -> &str {
        if self.kind == Kind::Other { &self.other } else { self.kind.word() }
    }
}

/// The full name, as people write it: `public.venues.name`.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == Kind::Schema {
            return f.write_str(&self.name);
        }
        write!(f, "{}.{}", self.schema, self.name)?;
        if self.part.is_empty() { Ok(()) } else { write!(f, ".{}", self.part) }
    }
}

impl Object {
    /// Everything that is compared, by name; none for what an object does not have.
    pub fn facets(&self) -> Vec<(&'static str, Option<String>)> {
        let text = |text: &String| Some(text.clone());
        match self {
            Self::Schema | Self::Table => Vec::new(),
            Self::Enum(Enum { labels }) => vec![("labels", Some(labels.join(", ")))],
            Self::Column(column) => vec![
                ("type", text(&column.type_name)),
                ("nullability", Some(if column.not_null { "not null" } else { "null" }.to_owned())),
                ("default", column.default.clone()),
                ("identity", column.identity.clone()),
                ("expression", column.generated.clone().map(|expression| format!("({expression}"))),
                ("collation", column.collation.clone()),
            ],
            Self::Constraint(constraint) => vec![("definition", text(&constraint.definition))],
            Self::Index(index) => vec![
                ("definition", text(&index.definition)),
                ("validity", Some(if index.valid { "valid" } else { "invalid" }.to_owned())),
            ],
            Self::View(view) => vec![
                ("definition", text(&view.definition)),
                ("options", view.options.clone()),
                (
                    "comments of columns",
                    (!view.column_comments.is_empty()).then(|| format!("{:?}", view.column_comments)),
                ),
            ],
            Self::Function(function) => vec![("definition", text(&function.definition))],
            Self::Other(other) => vec![("definition", text(&other.definition))],
        }
    }
}

impl Catalogue {
    /// Whether an object is there.
    pub fn has(&self, id: &Id) -> bool {
        self.objects.contains_key(id)
    }

    /// The objects of one kind, in the order of their names.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&Id, &Object)> {
        self.objects.iter().filter(move |(id, _)| id.kind == kind)
    }

    /// The columns of a table, in their place.
    pub fn columns<'a>(&'a self, table: &'a Id) -> Vec<(&'a str, &'a Column)> {
        let mut columns: Vec<(&str, &Column)> = self
            .of_kind(Kind::Column)
            .filter(|(id, _)| id.schema == table.schema && id.name == table.name)
            .filter_map(|(id, object)| match object {
                Object::Column(column) => Some((id.part.as_str(), column)),
                _ => None,
            })
            .collect();
        columns.sort_by_key(|(_, column)| column.position);
        columns
    }
}
