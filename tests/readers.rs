//! What readers ask of a million venues is answered through indexes, which are built while the rows are there.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use support::database::TestDatabase;
use support::documented::Documented;
use support::migrations::{forth, to_head};
use venue_sync::store::Database;

/// 250 cities between 50° south and 60° north, the largest forty times the smallest, each thickest in its middle. The first is Lisbon.
/// One venue in 20,000 is a speakeasy, and a city is seen as a whole, some days after the one before. Of one in 20 the hours are
/// known: it opens in the morning or at noon.
const VENUES: &str = r#"
    with city as (
        select k, case k when 0 then 38.72 else -50 + 110 * abs(sin(k * 12.9898)) end as lat,
            case k when 0 then -9.14 else -180 + 360 * (k * 0.618034 - floor(k * 0.618034)) end as lng,
            (304000 / (k + 6.4))::int as size
        from generate_series(0, 249) k
    )
    insert into venues
    select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'id-' || n,
        case when n % 10 < 7 then 'google' else 'osm' end, 'Venue ' || n,
        case when n % 20000 = 0 then array['speakeasy', 'bar'] when n % 40 = 0 then array['coffee_shop', 'cafe']
            when n % 8 = 0 then array['bar', 'pub'] else array['restaurant'] end,
        c.lat + 0.04 * (random() + random() + random() - 1.5), c.lng + 0.05 * (random() + random() + random() - 1.5),
        null, n % 50 / 10.0, n % 5,
        case when n % 20 = 0 then format(
            '{"state": "known", "timezone": "Europe/Lisbon", "periods": [{"open": {"day": %1$s, "hour": %2$s, "minute": 0},
              "close": {"day": %1$s, "hour": %3$s, "minute": 30}}]}', n % 7, 7 + n / 20 % 2 * 6, 11 + n / 20 % 2 * 12)::jsonb end,
        null, now() - c.k % 60 * interval '12 hours', now(), now()
    from city c, generate_series(c.k * 100000, c.k * 100000 + c.size - 1) n"#;

/// One venue in eight; one profile in a hundred of these is due.
const PROFILES: &str = "
    insert into venue_profiles
    select id, id, '{}', '{}', null, now(), now() + (random() * 100 - 1) * interval '1 day' from venues where price_level = 0";

/// A kilometre of Lisbon, a rare category, a common one.
const ASKED: [(&str, &str); 12] = [
    ("south", "38.715"),
    ("north", "38.725"),
    ("west", "-9.146"),
    ("east", "-9.134"),
    ("lat", "38.72"),
    ("lng", "-9.14"),
    ("category", "'speakeasy'"),
    ("other", "'hookah_bar'"),
    ("common", "'coffee_shop'"),
    ("provider", "'google'"),
    ("id", "'id-77'"),
    ("me", "'a worker'"),
];

async fn plan(connection: &mut PgConnection, statement: &str) -> String {
    let explain = AssertSqlSafe(format!("explain {statement}"));
    let lines: Vec<String> = sqlx::query_scalar(explain).fetch_all(connection).await.unwrap();
    lines.join("\n")
}

/// What the store asks after a sync, of that kilometre.
fn sample() -> String {
    let statement = include_str!("../src/store/sample.sql").lines().filter(|line| !line.starts_with("--"));
    let values = ["'google'", "38.715", "-9.146", "38.725", "-9.134", "5"];
    values
        .iter()
        .zip(1..)
        .fold(statement.collect::<Vec<_>>().join("\n"), |sql, (value, place)| sql.replace(&format!("${place}"), value))
}

#[tokio::test]
async fn every_documented_query_of_a_million_venues_goes_through_its_index() {
    let guard = TestDatabase::create().await;
    let database = Database::connect(&guard.url(), 2).await.unwrap();
    forth(&database, 2).await;
    let mut connection = guard.connect().await;
    connection.execute("set synchronous_commit = off; select setseed(0.5)").await.unwrap();
    let inserted = connection.execute(VENUES).await.unwrap().rows_affected();
    assert!(inserted > 990_000, "{inserted}");
    connection.execute(PROFILES).await.unwrap();
    to_head(&database).await;
    connection.execute("analyze venues; analyze venue_profiles").await.unwrap();

    let mut missed = Vec::new();
    for documented in Documented::all() {
        // Vectors have tests of their own.
        if documented.indexes.is_empty() || documented.indexes[0].starts_with("ix_venue_embeddings") {
            continue;
        }
        let plan = plan(&mut connection, &documented.with(&ASKED)).await;
        if plan.contains("Seq Scan") || !documented.indexes.iter().any(|index| plan.contains(index.as_str())) {
            missed.push(format!("{} should use {}:\n{plan}", documented.name, documented.indexes.join(" or ")));
        }
    }
    let plan = plan(&mut connection, &sample()).await;
    if plan.contains("Seq Scan") || !plan.contains("ix_venues_lat_lng") {
        missed.push(format!("the sample after a sync should use ix_venues_lat_lng:\n{plan}"));
    }
    // What docs/hours.md tells readers to ask.
    let open = "select name from venues_open_at('2026-11-20 23:30+00', 38.715, -9.146, 38.725, -9.134)";
    let plan = self::plan(&mut connection, open).await;
    if plan.contains("Seq Scan") || !plan.contains("ix_venues_open") {
        missed.push(format!("who is open in a box should use ix_venues_open:\n{plan}"));
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[tokio::test]
async fn nearest_first_is_nearest_first_far_from_the_equator() {
    let guard = TestDatabase::create().await;
    let database = Database::connect(&guard.url(), 2).await.unwrap();
    to_head(&database).await;
    let mut connection = guard.connect().await;
    // Round Tromsø, where a degree of longitude is about a third of one of latitude; and both poles, which have a position too.
    connection
        .execute(
            "insert into venues select gen_random_uuid(), n::text, 'osm', 'n', '{}', lat, lng, null, null, null, null, null, now(),
                 now(), now()
             from (select n, 69.65 + 0.05 * sin(n * 1.7), 18.96 + 0.12 * cos(n * 2.9) from generate_series(1, 400) n
                   union all values (998, 90, 0), (999, -90, 0)) as v (n, lat, lng)",
        )
        .await
        .unwrap();
    let nearest = Documented::named("nearest").with(&[("lat", "69.65"), ("lng", "18.96")]);
    let ordered: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("select provider_id from ({nearest}) as n")))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let by_the_sphere: Vec<String> = sqlx::query_scalar(
        "select provider_id from venues
         order by power(sind((lat - 69.65) / 2), 2) + cosd(lat) * cosd(69.65) * power(sind((lng - 18.96) / 2), 2) limit 20",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(ordered, by_the_sphere);
}
