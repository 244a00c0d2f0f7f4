//! Workers that enrich profiles by the statements of `docs/schema.md`, beside each other, beside a sync, and beside a backend that
//! knows nothing of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use sqlx::{AssertSqlSafe, PgPool};
use support::database::TestDatabase;
use support::documented::Documented;
use support::migrations::{back, to_head};
use venue_sync::store::Database;

struct Bench {
    pool: PgPool,
    database: Database,
    _guard: TestDatabase,
}

impl Bench {
    /// With as many venues as asked for, each with a profile written as the backend's model writes it.
    async fn with(venues: i32) -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 2).await.unwrap();
        to_head(&database).await;
        let bench = Self { pool: guard.pool().await, database, _guard: guard };
        bench
            .run(&format!(
                "with v as (insert into venues select gen_random_uuid(), 'id-' || n, 'osm', 'n', '{{}}', 1, n, null, null, null, null,
                     null, now(), now(), now() from generate_series(1, {venues}) n returning id)
                 insert into venue_profiles (id, venue_id, attribute_scores, evidence_snippets, profiled_at, expires_at)
                 select id, id, '{{}}', '{{}}', 'epoch', 'epoch' from v"
            ))
            .await;
        bench
    }

    /// How many rows a statement touched.
    async fn run(&self, sql: &str) -> u64 {
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.unwrap().rows_affected()
    }

    async fn text(&self, sql: &str) -> Option<String> {
        sqlx::query_scalar(AssertSqlSafe(format!("select ({sql})::text"))).fetch_one(&self.pool).await.unwrap()
    }

    /// The venues that a worker gets.
    async fn claim(&self, me: &str) -> Vec<uuid::Uuid> {
        let claim = Documented::named("claim").with(&[("me", &format!("'{me}'"))]);
        sqlx::query_scalar(AssertSqlSafe(claim)).fetch_all(&self.pool).await.unwrap()
    }

    async fn fill(&self, me: &str, venue: uuid::Uuid) -> u64 {
        let values = [
            ("me", &*format!("'{me}'")),
            ("venue", &*format!("'{venue}'")),
            ("scores", r#"'{"cosy": 0.5}'"#),
            ("snippets", r#"'{"cosy": ["warm"]}'"#),
            ("summary", "'A cosy bar.'"),
            ("program", "'enricher 1.2'"),
            ("model", "'a-model'"),
            ("version", "'7'"),
        ];
        self.run(&Documented::named("fill").with(&values)).await
    }

    async fn fail(&self, me: &str, venue: uuid::Uuid) -> u64 {
        let values = [("me", &*format!("'{me}'")), ("venue", &*format!("'{venue}'")), ("error", "'no answer'")];
        self.run(&Documented::named("fail").with(&values)).await
    }
}

#[tokio::test]
async fn workers_at_once_share_the_due_profiles_and_a_filled_one_is_not_due() {
    let bench = Bench::with(35).await;
    let (first, second) = futures_util::future::join(bench.claim("a"), bench.claim("b")).await;
    assert_eq!(first.len() + second.len(), 35);
    assert!(first.iter().all(|venue| !second.contains(venue)), "nobody does the other's work");
    assert!(bench.claim("c").await.is_empty());
    for venue in &first {
        assert_eq!(bench.fill("a", *venue).await, 1);
    }
    let due = Documented::named("due").with(&[]);
    assert_eq!(bench.text(&format!("select count(*) from ({due}) as due")).await.unwrap(), second.len().to_string());
    bench.run("update venue_profiles set claimed_until = now() where claimed_until is not null").await;
    let mut taken = bench.claim("c").await;
    let mut left = second.clone();
    taken.sort();
    left.sort();
    assert_eq!(taken, left, "what the second left lying is taken over, what the first filled is not");
    assert_eq!(bench.fill("b", second[0]).await, 0, "and whoever comes too late writes nothing");
    assert_eq!(bench.fill("c", second[0]).await, 1);
}

#[tokio::test]
async fn failures_wait_longer_each_time_and_the_fifth_is_the_last() {
    let bench = Bench::with(1).await;
    let mut waits = Vec::new();
    loop {
        let venue = bench.claim("a").await[0];
        assert_eq!(bench.fail("a", venue).await, 1);
        let wait = "select extract(epoch from expires_at - now())::int / 55 from venue_profiles";
        let Some(wait) = bench.text(wait).await else { break };
        assert!(bench.claim("a").await.is_empty(), "not before it has waited");
        waits.push(wait);
        bench.run("update venue_profiles set expires_at = now()").await;
    }
    assert_eq!(waits, ["1", "4", "17", "69"], "minutes, a little short of them");
    assert!(bench.claim("a").await.is_empty());
    assert_eq!(bench.text("select attempts || ' ' || last_error from venue_profiles").await.unwrap(), "5 no answer");
}

#[tokio::test]
async fn taking_the_columns_back_leaves_what_the_backend_wrote() {
    let bench = Bench::with(3).await;
    let venue = bench.claim("a").await[0];
    bench.fill("a", venue).await;
    let rows = "select string_agg(concat_ws(' ', id, attribute_scores, evidence_snippets, profiled_at, expires_at), ',' order by id)
                from venue_profiles";
    let before = bench.text(rows).await;
    while bench.text("select to_regclass('ix_venue_profiles_expires_at')").await.is_some() {
        assert_eq!(back(&bench.database).await, 1);
    }
    let lost =
        "select count(*) from pg_attribute where attrelid = 'venue_profiles'::regclass and attname = 'claimed_by'";
    assert_eq!(bench.text(lost).await.unwrap(), "0");
    assert_eq!(bench.text(rows).await, before);
    to_head(&bench.database).await;
    assert_eq!(bench.text(rows).await, before);
    assert_eq!(
        bench.text("select count(*) from venue_profiles where attempts = 0 and summary is null").await.unwrap(),
        "3"
    );
}
