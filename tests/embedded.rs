//! The embedded PostgreSQL, with real servers.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use sqlx::Executor as _;
use support::database::TestDatabase;

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let one = TestDatabase::create().await;
    let other = TestDatabase::create().await;
    one.connect().await.execute("CREATE TABLE mark (id int)").await.unwrap();
    let seen: Option<String> =
        sqlx::query_scalar("SELECT to_regclass('mark')::text").fetch_one(&mut other.connect().await).await.unwrap();
    assert_eq!(seen, None);
}
