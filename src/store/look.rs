use std::collections::HashSet;

use super::connect::{Database, DatabaseError};
use crate::model::{BoundingBox, SampleVenue};

/// A few venues of a provider inside a box (which may cross the antimeridian), best rated first.
pub async fn sample_venues(
    database: &Database,
    provider: &str,
    within: BoundingBox,
    count: i64,
) -> Result<Vec<SampleVenue>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let rows = sqlx::query_file!(
        "src/store/sample.sql",
        provider,
        within.south,
        within.west,
        within.north,
        within.east,
        count
    )
    .fetch_all(&mut transaction)
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(rows
        .into_iter()
        .map(|row| SampleVenue {
            name: row.name,
            category: row.category,
            rating: row.rating,
            price_level: row.price_level,
            // Rows that others wrote are shown as far as they can be read.
            weekday_text: row.weekday_text.and_then(|lines| serde_json::from_value(lines).ok()),
        })
        .collect())
}

/// The time zones that this server knows: others are not written, for it could not answer questions about them.
pub async fn known_zones(database: &Database) -> Result<HashSet<String>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let zones = sqlx::query_scalar!(r#"select name as "name!" from pg_catalog.pg_timezone_names"#)
        .fetch_all(&mut transaction)
        .await
        .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(zones.into_iter().collect())
}
