//! Vector search: made where the server has pgvector, left out with a word where not.
//!
//! What needs pgvector is ignored by default; `.ci/postgres-versions` runs it on servers that have it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use support::database::TestDatabase;
use support::documented::Documented;
use support::migrations::{back, to_head};
use venue_sync::store::Database;

const FILE: &str = include_str!("../migrations/20261124000800_venue_embeddings.up.sql");
const TABLE: &str = "select to_regclass('public.venue_embeddings')::text";

struct Bench {
    guard: TestDatabase,
    database: Database,
    connection: PgConnection,
}

impl Bench {
    async fn new() -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 2).await.unwrap();
        Self { connection: guard.connect().await, database, guard }
    }

    async fn at_head() -> Self {
        let bench = Self::new().await;
        to_head(&bench.database).await;
        bench
    }

    async fn run(&mut self, sql: &str) -> u64 {
        self.connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap().rows_affected()
    }

    async fn lines(&mut self, sql: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(&mut self.connection).await.unwrap()
    }

    async fn text(&mut self, sql: &str) -> Option<String> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.connection).await.unwrap()
    }

    /// Venues with a profile, and a vector each, by the documented statement.
    async fn with_vectors(venues: u32) -> Self {
        let mut bench = Self::at_head().await;
        bench
            .run(&format!(
                "insert into venues select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, n, 'osm', 'n', '{{}}', 1, 1,
                     null, null, null, null, null, now(), now(), now() from generate_series(1, {venues}) n;
                 insert into venue_profiles select id, id, '{{}}', '{{}}', null, 'epoch', 'epoch' from venues"
            ))
            .await;
        bench
    }

    async fn keep(&mut self, venue: u32, model: &str, vector: &str) -> u64 {
        let venue = format!("'00000000-0000-4000-8000-{venue:012}'");
        let name = format!("'{model}'");
        let reference = format!("'{model}/' || {venue}");
        let values = [("ref", &*reference), ("venue", &*venue), ("model", &*name), ("embedding", vector)];
        self.run(&Documented::named("keep a vector").with(&values)).await
    }
}

/// A vector of 384 numbers that turns by a little with `n`.
fn turned(n: u32) -> String {
    format!("(select array_agg(cos({n} * 0.001 + i % 7)) from generate_series(1, 384) i)::vector")
}

#[tokio::test]
async fn the_table_is_there_where_the_server_has_pgvector_and_nowhere_else() {
    let mut bench = Bench::at_head().await;
    let has = "select name from pg_available_extensions where name = 'vector'";
    let available = !bench.lines(has).await.is_empty();
    assert_eq!(bench.text(TABLE).await.is_some(), available);
    assert_eq!(
        bench.lines("select extname::text from pg_extension where extname = 'vector'").await.len(),
        usize::from(available)
    );
    assert_eq!(to_head(&bench.database).await, 0, "either way there is nothing left to do");
}

#[tokio::test]
#[ignore = "needs a server with pgvector: .ci/postgres-versions"]
async fn the_nearest_vectors_are_found_through_the_index() {
    let mut bench = Bench::with_vectors(2000).await;
    let many = Documented::named("keep a vector").with(&[
        ("ref", "'m/' || v.id"),
        ("venue", "v.id"),
        ("model", "'m'"),
        ("embedding", &turned(1).replace("1 * 0.001", "v.provider_id::int * 0.001")),
    ]);
    // For all venues at once, and still the documented statement.
    let many = many.replace(" values (", " select ").replace("::vector)\n", "::vector from venues v\n");
    assert_eq!(bench.run(&many).await, 2000);
    bench.run("analyze venue_embeddings").await;
    let near = Documented::named("like this one").with(&[("embedding", &turned(1200))]);
    let plan = bench.lines(&format!("explain {near}")).await.join("\n");
    assert!(plan.contains("ix_venue_embeddings_384"), "{plan}");
    let found = bench.lines(&format!("select venue_id::text from ({near}) as n")).await;
    let numbers: Vec<i32> = found.iter().map(|id| id.rsplit('-').next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers.len(), 10);
    assert_eq!(numbers[0], 1200);
    // An approximate index: near, and nearer ones first.
    assert!(numbers.iter().all(|n| (n - 1200).abs() < 40), "{numbers:?}");
    assert!(numbers.is_sorted_by_key(|n| (n - 1200).abs()), "{numbers:?}");
}

#[tokio::test]
#[ignore = "needs a server with pgvector: .ci/postgres-versions"]
async fn a_venue_has_one_vector_of_a_model_which_its_profile_names_and_which_goes_with_it() {
    let mut bench = Bench::with_vectors(2).await;
    assert_eq!(bench.keep(1, "old", "'[1, 2, 3]'").await, 1);
    assert_eq!(bench.keep(1, "new", "'[1, 2, 3, 4]'").await, 1);
    assert_eq!(bench.keep(1, "new", "'[4, 3, 2, 1]'").await, 1);
    let kept = "select e.model || ' ' || dimensions || ' ' || embedding::text || ' ' || (embedding_ref is not null)
                from venue_embeddings e left join venue_profiles p on p.embedding_ref = e.ref order by e.created_at";
    assert_eq!(bench.lines(kept).await, ["old 3 [1,2,3] false", "new 4 [4,3,2,1] true"]);
    bench.run("delete from venues where provider_id = '1'").await;
    assert_eq!(bench.text("select count(*)::text from venue_embeddings").await.unwrap(), "0");
}

#[tokio::test]
#[ignore = "needs a server with pgvector: .ci/postgres-versions"]
async fn it_goes_down_without_leaving_references_to_nothing_and_up_again() {
    let mut bench = Bench::with_vectors(2).await;
    bench.keep(1, "m", "'[1, 2, 3]'").await;
    bench.run("update venue_profiles set embedding_ref = 'elsewhere/7' where embedding_ref is null").await;
    while bench.text(TABLE).await.is_some() {
        assert_eq!(back(&bench.database).await, 1);
    }
    assert_eq!(
        bench.lines("select coalesce(embedding_ref, 'none') from venue_profiles order by venue_id").await,
        ["none", "elsewhere/7"],
        "what names another store's vector stays"
    );
    to_head(&bench.database).await;
    assert!(bench.text(TABLE).await.is_some());
}

#[tokio::test]
#[ignore = "needs a server with pgvector: .ci/postgres-versions"]
async fn where_it_was_passed_over_the_file_makes_it_later_and_once_more_does_no_harm() {
    let mut bench = Bench::with_vectors(1).await;
    bench.run("drop table venue_embeddings; drop extension vector; create schema elsewhere; create extension vector schema elsewhere").await;
    for _ in 0..2 {
        bench.run(FILE).await;
        assert_eq!(bench.text("show search_path").await.unwrap(), "\"$user\", public");
    }
    let indexes =
        "select count(*)::text from pg_indexes where tablename = 'venue_embeddings' and indexdef like '%hnsw%'";
    assert_eq!(bench.text(indexes).await.unwrap(), "4", "also where the extension lies elsewhere");
}

#[tokio::test]
#[ignore = "needs a server with pgvector: .ci/postgres-versions"]
async fn a_role_that_may_not_make_the_extension_is_told_who_may() {
    let mut bench = Bench::with_vectors(1).await;
    let role = format!("plain_{}", uuid::Uuid::new_v4().simple());
    let database = bench.guard.options().get_database().unwrap().to_owned();
    bench
        .run(&format!(
            "drop table venue_embeddings; drop extension vector; create role {role};
             grant all on database {database} to {role}; grant all on schema public to {role}; set role {role}"
        ))
        .await;
    let error = bench.connection.execute(AssertSqlSafe(FILE)).await.unwrap_err().into_database_error().unwrap();
    let refused = error.downcast::<sqlx::postgres::PgDatabaseError>();
    assert_eq!(refused.code(), "42501");
    assert!(
        refused.message().contains(&role) && refused.hint().unwrap().contains("create extension vector"),
        "{refused}"
    );
    bench.run(&format!("reset role; drop owned by {role}; drop role {role}")).await;
    assert_eq!(bench.text(TABLE).await, None, "nothing half made");
}
