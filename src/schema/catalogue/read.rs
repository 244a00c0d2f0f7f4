use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, FromRow};

use super::object::{Catalogue, Column, Constraint, Enum, Function, Id, Index, Kind, Object, Other, View};

#[derive(FromRow)]
struct SchemaRow {
    schema: String,
    comment: Option<String>,
}

#[derive(FromRow)]
struct RelationRow {
    schema: String,
    name: String,
    definition: Option<String>,
    options: Option<String>,
    comment: Option<String>,
    commented: Vec<String>,
    comments: Vec<String>,
}

#[derive(FromRow)]
struct ColumnRow {
    schema: String,
    table_name: String,
    name: String,
    position: i16,
    type_name: String,
    not_null: bool,
    default_value: Option<String>,
    identity: Option<String>,
    generated: Option<String>,
    collation: Option<String>,
    comment: Option<String>,
}

#[derive(FromRow)]
struct ConstraintRow {
    schema: String,
    table_name: String,
    name: String,
    sort: String,
    definition: String,
    comment: Option<String>,
}

#[derive(FromRow)]
struct IndexRow {
    schema: String,
    table_name: String,
    name: String,
    definition: String,
    valid: bool,
    comment: Option<String>,
}

#[derive(FromRow)]
struct EnumRow {
    schema: String,
    name: String,
    labels: Vec<String>,
    comment: Option<String>,
}

#[derive(FromRow)]
struct FunctionRow {
    schema: String,
    name: String,
    definition: String,
    comment: Option<String>,
}

#[derive(FromRow)]
struct OtherRow {
    kind: String,
    schema: String,
    name: String,
    part: String,
    definition: String,
}

#[derive(FromRow)]
struct NeedRow {
    kind: String,
    schema: String,
    name: String,
    part: String,
    needed_kind: String,
    needed_schema: String,
    needed_name: String,
    needed_part: String,
}

/// Reads all objects of the schemas `public` and `venue_sync`, without the table that records migrations. Extensions are read,
/// their members are not. Owners are not read: they differ from place to place.
///
/// Every name in a definition is qualified, whatever the caller's `search_path` is; that is left as it was.
pub async fn read(connection: &mut PgConnection) -> Result<Catalogue, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let before: String =
        sqlx::query_scalar("select current_setting('search_path')").fetch_one(&mut *transaction).await?;
    search_in(&mut transaction, "").await?;
    let mut found = Catalogue::default();
    read_containers(&mut transaction, &mut found).await?;
    read_parts(&mut transaction, &mut found).await?;
    read_rest(&mut transaction, &mut found).await?;
    search_in(&mut transaction, &before).await?;
    transaction.commit().await?;
    Ok(found)
}

async fn search_in(connection: &mut PgConnection, schemas: &str) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_catalog.set_config('search_path', $1, true)").bind(schemas).execute(connection).await?;
    Ok(())
}

impl Catalogue {
    fn put(&mut self, id: Id, object: Object, comment: Option<String>) {
        if let Some(comment) = comment {
            self.comments.insert(id.clone(), comment);
        }
        self.objects.insert(id, object);
    }
}

async fn read_containers(connection: &mut PgConnection, found: &mut Catalogue) -> Result<(), sqlx::Error> {
    let schemas: Vec<SchemaRow> = sqlx::query_as(include_str!("schemas.sql")).fetch_all(&mut *connection).await?;
    for SchemaRow { schema, comment } in schemas {
        found.put(Id::new(Kind::Schema, &schema, &schema, ""), Object::Schema, comment);
    }
    let enums: Vec<EnumRow> = sqlx::query_as(include_str!("enums.sql")).fetch_all(&mut *connection).await?;
    for EnumRow { schema, name, labels, comment } in enums {
        found.put(Id::new(Kind::Enum, &schema, &name, ""), Object::Enum(Enum { labels }), comment);
    }
    let relations: Vec<RelationRow> = sqlx::query_as(include_str!("relations.sql")).fetch_all(connection).await?;
    for RelationRow { schema, name, definition, options, comment, commented, comments } in relations {
        let (kind, object) = match definition {
            Some(definition) => {
                let column_comments = commented.into_iter().zip(comments).collect();
                (Kind::View, Object::View(View { definition, options, column_comments }))
            }
            None => (Kind::Table, Object::Table),
        };
        found.put(Id::new(kind, &schema, &name, ""), object, comment);
    }
    Ok(())
}

async fn read_parts(connection: &mut PgConnection, found: &mut Catalogue) -> Result<(), sqlx::Error> {
    let columns: Vec<ColumnRow> = sqlx::query_as(include_str!("columns.sql")).fetch_all(&mut *connection).await?;
    for row in columns {
        let column = Column {
            type_name: row.type_name,
            not_null: row.not_null,
            default: row.default_value,
            identity: row.identity,
            generated: row.generated,
            collation: row.collation,
            position: row.position,
        };
        let id = Id::new(Kind::Column, &row.schema, &row.table_name, &row.name);
        found.put(id, Object::Column(column), row.comment);
    }
    let constraints: Vec<ConstraintRow> =
        sqlx::query_as(include_str!("constraints.sql")).fetch_all(&mut *connection).await?;
    for row in constraints {
        let id = Id::new(Kind::Constraint, &row.schema, &row.table_name, &row.name);
        let constraint = Constraint { sort: row.sort, definition: row.definition };
        found.put(id, Object::Constraint(constraint), row.comment);
    }
    let indexes: Vec<IndexRow> = sqlx::query_as(include_str!("indexes.sql")).fetch_all(connection).await?;
    for row in indexes {
        let id = Id::new(Kind::Index, &row.schema, &row.table_name, &row.name);
        let index = Index { definition: row.definition, valid: row.valid };
        found.put(id, Object::Index(index), row.comment);
    }
    Ok(())
}

async fn read_rest(connection: &mut PgConnection, found: &mut Catalogue) -> Result<(), sqlx::Error> {
    let functions: Vec<FunctionRow> = sqlx::query_as(include_str!("functions.sql")).fetch_all(&mut *connection).await?;
    for FunctionRow { schema, name, definition, comment } in functions {
        let id = Id::new(Kind::Function, &schema, &name, "");
        found.put(id, Object::Function(Function { definition }), comment);
    }
    let others: Vec<OtherRow> = sqlx::query_as(include_str!("others.sql")).fetch_all(&mut *connection).await?;
    for OtherRow { kind, schema, name, part, definition } in others {
        let id = Id { other: kind, ..Id::new(Kind::Other, &schema, &name, &part) };
        found.put(id, Object::Other(Other { definition }), None);
    }
    let needs: Vec<NeedRow> = sqlx::query_as(include_str!("needs.sql")).fetch_all(connection).await?;
    for row in needs {
        let needed = Id::new(Kind::of_word(&row.needed_kind), &row.needed_schema, &row.needed_name, &row.needed_part);
        let id = Id::new(Kind::of_word(&row.kind), &row.schema, &row.name, &row.part);
        found.needs.entry(id).or_default().insert(needed);
    }
    Ok(())
}
