//! The index that a file makes, and whether the database has it already: the same one, not one of the same name.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode as _};

use super::name;

/// What a file says of the index that it makes.
struct Making {
    /// Its name.
    index: String,
    /// Its table's parts of a name.
    table: Vec<String>,
    /// `create … index`, up to the table.
    unique: bool,
    /// What follows the table.
    rest: String,
    /// The statement without `if not exists`, where it has that.
    plain: Option<String>,
}

/// The statement to be sent for a file that runs without a transaction; none where its work is done.
///
/// `if not exists` asks for a name only, and so does a server that says that there is one: the index has to be the one that the
/// file makes. Else the statement goes without `if not exists`, and the server refuses it.
pub(super) async fn statement(
    connection: &mut PgConnection,
    text: &str,
    again: bool,
) -> Result<Option<String>, sqlx::Error> {
    let Some(making) = read(text) else { return Ok(Some(text.to_owned())) };
    if !again && making.plain.is_none() {
        return Ok(Some(text.to_owned()));
    }
    let Some(found) = found(connection, &making).await? else { return Ok(Some(text.to_owned())) };
    if found.is_some() && found == wanted(connection, &making).await? {
        return Ok(None);
    }
    Ok(Some(making.plain.unwrap_or_else(|| text.to_owned())))
}

fn read(text: &str) -> Option<Making> {
    let parsed = SourceFile::parse(text);
    let tree = parsed.tree();
    let mut statements = tree.stmts();
    let (Some(ast::Stmt::CreateIndex(create)), None) = (statements.next(), statements.next()) else { return None };
    let table = create.table_relation_name()?;
    let whole = create.syntax().text_range();
    let rest = text.get(usize::from(table.syntax().text_range().end())..usize::from(whole.end()))?;
    let plain = create.if_not_exists().and_then(|words| {
        let range = words.syntax().text_range();
        Some([text.get(..usize::from(range.start()))?, text.get(usize::from(range.end())..)?].concat())
    });
    let mut index = name::parts(&create.index()?.syntax().text().to_string());
    Some(Making {
        index: index.pop()?,
        table: name::parts(&table.table_name_ref()?.syntax().text().to_string()),
        unique: create.unique_token().is_some(),
        rest: rest.trim_end().trim_end_matches(';').to_owned(),
        plain,
    })
}

/// Whether the name is taken beside the table; and by what definition, where that is a valid index of the table.
async fn found(connection: &mut PgConnection, making: &Making) -> Result<Option<Option<String>>, sqlx::Error> {
    sqlx::query_scalar(
        "select case when i.indisvalid and i.indrelid = t.oid then pg_get_indexdef(c.oid) end
         from pg_class t join pg_class c on c.relnamespace = t.relnamespace left join pg_index i on i.indexrelid = c.oid
         where t.oid = to_regclass($1) and c.relname = $2",
    )
    .persistent(false)
    .bind(name::joined(&making.table))
    .bind(&making.index)
    .fetch_optional(connection)
    .await
}

/// The definition as the server words it: of the same index on an empty table of the same columns, which nobody else sees. None
/// where that cannot be made.
async fn wanted(connection: &mut PgConnection, making: &Making) -> Result<Option<String>, sqlx::Error> {
    let table = name::joined(&making.table);
    let (Some(own), index) = (making.table.last(), name::joined(std::slice::from_ref(&making.index))) else {
        return Ok(None);
    };
    let own = name::joined(std::slice::from_ref(own));
    let unique = if making.unique { "unique " } else { "" };
    let mut transaction = connection.begin().await?;
    let made = transaction
        .execute(AssertSqlSafe(format!(
            "create temporary table {own} (like {table}); create {unique}index {index} on pg_temp.{own} {}",
            making.rest
        )))
        .await;
    let definition = match made {
        Ok(_) => {
            let row = sqlx::query(
                "select pg_get_indexdef(i.oid) as definition, format(' ON %I.%I ', n.nspname, t.relname) as numbered,
                     format(' ON pg_temp.%I ', t.relname) as named, format(' ON %I.%I ', w.nspname, t.relname) as wanted
                 from pg_class t join pg_namespace n on n.oid = t.relnamespace
                 join pg_class i on i.relnamespace = n.oid and i.relname = $2
                 join pg_class o on o.oid = to_regclass($3) join pg_namespace w on w.oid = o.relnamespace
                 where t.oid = to_regclass($1)",
            )
            .persistent(false)
            .bind(format!("pg_temp.{own}"))
            .bind(&making.index)
            .bind(&table)
            .fetch_one(&mut *transaction)
            .await?;
            let [definition, numbered, named, wanted]: [String; 4] =
                [row.try_get("definition")?, row.try_get("numbered")?, row.try_get("named")?, row.try_get("wanted")?];
            Some(definition.replacen(&numbered, &wanted, 1).replacen(&named, &wanted, 1))
        }
        // Who may not make temporary tables cannot tell.
        Err(sqlx::Error::Database(error)) => {
            tracing::debug!(%error, "cannot tell whether the index is the one that the migration makes");
            None
        }
        Err(error) => return Err(error),
    };
    transaction.rollback().await?;
    Ok(definition)
}
