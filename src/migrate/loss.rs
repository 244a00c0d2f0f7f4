//! What a step would lose, counted before it is run.

use std::fmt;

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};

use super::name;
use super::script::{Loss, Script};
use crate::schema::steps::quoted;
use crate::store::is_state;

/// Something whose data a step takes away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Losing {
    /// The migration.
    pub version: i64,
    /// `schema.table` or `schema.table.column`.
    pub object: String,
    /// How many rows, or values of the column; nothing where that cannot be told.
    pub rows: Option<i64>,
    /// The first 20 of them, where not all rows of the object go.
    pub sample: Vec<String>,
}

impl fmt::Display for Losing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "migration {} loses {}", self.version, self.object)?;
        match self.rows {
            Some(1) => write!(f, ": 1 row")?,
            Some(rows) => write!(f, ": {rows} rows")?,
            None => (),
        }
        for row in &self.sample {
            write!(f, "\n    {row}")?;
        }
        let shown = i64::try_from(self.sample.len()).unwrap_or(i64::MAX);
        match self.rows {
            Some(rows) if shown > 0 && rows > shown => write!(f, "\n    and {} more", rows - shown),
            _ => Ok(()),
        }
    }
}

/// Counts what a file says that it loses: of what is there at this moment. Nobody loses what is not.
pub(super) async fn count(
    connection: &mut PgConnection,
    version: i64,
    script: &Script,
) -> Result<Vec<Losing>, sqlx::Error> {
    let mut all = Vec::new();
    for loss in &script.losses {
        let parts = name::parts(&loss.object);
        // A name of another form cannot be looked for: better asked once too often.
        let named = (2..=3).contains(&parts.len());
        if named && !is_there(connection, &parts).await? {
            continue;
        }
        let rows = if named { rows(connection, loss, &parts).await? } else { None };
        let sample = match (&loss.only, rows) {
            (Some(query), Some(1..)) => sample(connection, query).await?,
            _ => Vec::new(),
        };
        all.push(Losing { version, object: loss.object.clone(), rows, sample });
    }
    Ok(all)
}

async fn is_there(connection: &mut PgConnection, parts: &[String]) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
             where n.nspname = $1 and c.relname = $2 and ($3::text is null or exists (
                 select from pg_catalog.pg_attribute a
                 where a.attrelid = c.oid and a.attname = $3 and a.attnum > 0 and not a.attisdropped)))",
    )
    .persistent(false)
    .bind(parts.first())
    .bind(parts.get(1))
    .bind(parts.get(2))
    .fetch_one(connection)
    .await
}

async fn rows(connection: &mut PgConnection, loss: &Loss, parts: &[String]) -> Result<Option<i64>, sqlx::Error> {
    let query = match (&loss.only, parts) {
        (Some(query), _) => format!("select count(*) from ({query}) as going"),
        (None, [schema, table, column]) => {
            format!("select count({}) from {}.{}", quoted(column), quoted(schema), quoted(table))
        }
        (None, _) => format!("select count(*) from {}", loss.object),
    };
    match sqlx::query_scalar(AssertSqlSafe(query)).persistent(false).fetch_one(connection).await {
        // What the query tells the rows by is not there yet.
        Err(error) if is_state(&error, "42703") || is_state(&error, "42P01") => Ok(None),
        rows => rows.map(Some),
    }
}

async fn sample(connection: &mut PgConnection, query: &str) -> Result<Vec<String>, sqlx::Error> {
    let query = format!(
        "select (select string_agg(value, '  ') from json_each_text(row_to_json(going))) as line from ({query}) as going limit 20"
    );
    let rows = sqlx::query(AssertSqlSafe(query)).persistent(false).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get::<Option<String>, _>("line").map(Option::unwrap_or_default)).collect()
}
