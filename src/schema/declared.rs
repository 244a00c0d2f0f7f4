//! The wanted schema, as the SQL that would make it in an empty database. The files in `declared/` are the one place that says
//! what is wanted; migrations say how a database gets there.

use include_dir::{Dir, include_dir};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/schema/declared");

/// The first words of a line that says which extension a file needs; where the server has none such, the file is left out.
const NEEDS_EXTENSION: &str = "-- requires-extension:";

/// One file of the declared schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The file's name.
    pub name: String,
    /// Its SQL.
    pub sql: String,
}

impl Declaration {
    /// The extension without which the file is left out.
    pub fn extension(&self) -> Option<&str> {
        required_extension(&self.sql)
    }
}

/// The extension that the comment at the top of a text says it needs.
pub fn required_extension(sql: &str) -> Option<&str> {
    let comments = sql.lines().take_while(|line| line.starts_with("--"));
    comments.filter_map(|line| line.strip_prefix(NEEDS_EXTENSION)).map(str::trim).next()
}

/// The declared schema that was built into this binary, in the order in which it is made: those that need an extension last.
pub fn embedded() -> Vec<Declaration> {
    let text = |file: &include_dir::File<'_>| {
        Some(Declaration {
            name: file.path().file_name()?.to_string_lossy().into_owned(),
            sql: file.contents_utf8()?.to_owned(),
        })
    };
    in_order(EMBEDDED.files().filter_map(text).collect())
}

/// By name, but those that need an extension last.
pub fn in_order(mut files: Vec<Declaration>) -> Vec<Declaration> {
    files.sort_by(|one, other| (one.extension(), &one.name).cmp(&(other.extension(), &other.name)));
    files
}

/// Makes the declared schema in an empty database.
pub async fn load(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    load_files(connection, &embedded()).await
}

/// Makes a declared schema in an empty database.
pub async fn load_files(connection: &mut PgConnection, files: &[Declaration]) -> Result<(), sqlx::Error> {
    for file in those_for(connection, files.to_vec()).await? {
        connection.execute(AssertSqlSafe(file.sql)).await?;
    }
    Ok(())
}

/// Those for whose extension the server has files.
pub async fn those_for(
    connection: &mut PgConnection,
    files: Vec<Declaration>,
) -> Result<Vec<Declaration>, sqlx::Error> {
    let mut fit = Vec::new();
    for file in files {
        let fits = match file.extension() {
            Some(extension) => available(connection, extension).await?,
            None => true,
        };
        fit.extend(Some(file).filter(|_| fits));
    }
    Ok(fit)
}

async fn available(connection: &mut PgConnection, extension: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from pg_catalog.pg_available_extensions where name = $1)")
        .bind(extension)
        .fetch_one(connection)
        .await
}
