use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;

/// What a database has besides the schemas `public` and `venue_sync` and what is in them, by kind and name: other schemas, and what
/// is in none. [`read`](super::read()) says nothing of it.
pub async fn outside(connection: &mut PgConnection) -> Result<BTreeSet<(String, String)>, sqlx::Error> {
    let found: Vec<(String, String)> = sqlx::query_as(include_str!("outside.sql")).fetch_all(connection).await?;
    Ok(found.into_iter().collect())
}
