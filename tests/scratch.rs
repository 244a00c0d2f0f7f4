//! Scratch databases: made where they may be, dropped, and swept when a run died.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use support::database::TestDatabase;
use venue_sync::migrate::scratch::{Places, Scratch, ScratchError, empty};
use venue_sync::store::Database;

async fn exists(connection: &mut PgConnection, name: &str) -> bool {
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(connection)
        .await
        .unwrap()
}

async fn name_of(scratch: &Scratch) -> String {
    let mut connection = scratch.connect().await.unwrap();
    sqlx::query_scalar("select current_database()").fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn one_is_made_beside_a_database_emptied_and_dropped() {
    let guard = TestDatabase::create().await;
    let database = Database::connect(&guard.url(), 2).await.unwrap();
    let scratch = Scratch::make(&Places { beside: Some(&database), ..Places::default() }).await.unwrap();
    let name = name_of(&scratch).await;
    let mut connection = scratch.connect().await.unwrap();
    connection.execute("create table t (n int); create schema venue_sync create table r (n int)").await.unwrap();
    empty(&mut connection).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from pg_class where relname in ('t', 'r')")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 0);
    // Somebody who is still connected does not keep it.
    scratch.remove().await.unwrap();
    assert!(!exists(&mut guard.connect().await, &name).await);
}

#[tokio::test]
async fn what_a_killed_run_left_is_swept_and_what_is_in_use_is_not() {
    let guard = TestDatabase::create().await;
    let mut connection = guard.connect().await;
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let names = ["1000000000", "1000000001", "9999999999"].map(|second| format!("venues_scratch_{second}_{unique}"));
    for name in &names {
        connection.execute(AssertSqlSafe(format!("create database {name} template template0"))).await.unwrap();
    }
    let in_use = PgConnection::connect_with(&guard.options().database(&names[1])).await.unwrap();
    let place = guard.url();
    let scratch = Scratch::make(&Places { url: Some(&place), ..Places::default() }).await.unwrap();
    let mut there = Vec::new();
    for name in &names {
        there.push(exists(&mut connection, name).await);
    }
    assert_eq!(there, [false, true, true], "old and left alone; old and in use; young");
    in_use.close().await.unwrap();
    for name in &names {
        connection.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await.unwrap();
    }
    scratch.remove().await.unwrap();
}

#[tokio::test]
async fn a_role_that_may_not_is_told_the_three_remedies() {
    let guard = TestDatabase::create().await;
    let mut connection = guard.connect().await;
    let role = format!("poor_{}", uuid::Uuid::new_v4().simple());
    connection.execute(AssertSqlSafe(format!("create role {role} login"))).await.unwrap();
    let own = guard.options();
    let url = guard.url().replacen(&format!("//{}@", own.get_username()), &format!("//{role}@"), 1);
    let database = Database::connect(&url, 1).await.unwrap();
    let refused = Scratch::make(&Places { beside: Some(&database), ..Places::default() }).await.unwrap_err();
    assert!(matches!(&refused, ScratchError::NoRight { role: named } if *named == role), "{refused}");
    for remedy in ["createdb", "--scratch-url", "VENUES_SCRATCH_URL", "embedded"] {
        assert!(refused.to_string().contains(remedy), "{remedy} is not in {refused}");
    }
    let rich = guard.url();
    let scratch = Scratch::make(&Places { url: Some(&rich), beside: Some(&database), embedded: None }).await.unwrap();
    scratch.remove().await.unwrap();
    database.close().await;
    connection.execute(AssertSqlSafe(format!("drop role {role}"))).await.unwrap();
}
