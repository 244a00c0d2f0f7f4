//! What a step would lose, counted before it is run.

use std::fmt;

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};

use super::script::{Loss, Script};

/// Something whose data a step takes away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Losing {
    /// The migration.
    pub version: i64,
    /// `schema.table` or `schema.table.column`.
    pub object: String,
    /// How many rows, or values of the column; nothing where the object is not there yet.
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

/// Counts what a file says that it loses.
pub(super) async fn count(
    connection: &mut PgConnection,
    version: i64,
    script: &Script,
) -> Result<Vec<Losing>, sqlx::Error> {
    let mut all = Vec::new();
    for loss in &script.losses {
        let rows = rows(connection, loss).await?;
        let sample = match (&loss.only, rows) {
            (Some(query), Some(1..)) => sample(connection, query).await?,
            _ => Vec::new(),
        };
        all.push(Losing { version, object: loss.object.clone(), rows, sample });
    }
    Ok(all)
}

async fn rows(connection: &mut PgConnection, loss: &Loss) -> Result<Option<i64>, sqlx::Error> {
    let mut parts = loss.object.splitn(3, '.');
    let table = [parts.next(), parts.next()].into_iter().flatten().collect::<Vec<_>>().join(".");
    let there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .persistent(false)
        .bind(&table)
        .fetch_one(&mut *connection)
        .await?;
    if !there {
        return Ok(None);
    }
    let query = match (&loss.only, parts.next()) {
        (Some(query), _) => format!("select count(*) from ({query}) as going"),
        (None, Some(column)) => format!("select count({column}) from {table}"),
        (None, None) => format!("select count(*) from {table}"),
    };
    sqlx::query_scalar(AssertSqlSafe(query)).persistent(false).fetch_one(connection).await.map(Some)
}

async fn sample(connection: &mut PgConnection, query: &str) -> Result<Vec<String>, sqlx::Error> {
    let query = format!(
        "select (select string_agg(value, '  ') from json_each_text(row_to_json(going))) as line from ({query}) as going limit 20"
    );
    let rows = sqlx::query(AssertSqlSafe(query)).persistent(false).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get::<Option<String>, _>("line").map(Option::unwrap_or_default)).collect()
}
