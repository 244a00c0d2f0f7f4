//! Is it open? The database's answer beside an independent evaluation, on the edges of clocks and calendars, and through its index;
//! and what is stored, beside its JSON Schema.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fmt::Write as _;

use chrono::{Duration, NaiveDate, NaiveDateTime, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;
use opening_hours::OpeningHours;
use proptest::prelude::*;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use support::database::TestDatabase;
use support::migrations::{back, to_head};
use venue_sync::migrate::Files;
use venue_sync::model::{
    Field, Hours, HoursState, RawDatedPeriod, RawDay, RawHours, RawPeriod, RawPoint, RawVenue, Vocabulary,
};
use venue_sync::normalise::normalise;
use venue_sync::store::Database;

const QUARTERS: usize = 365 * 96;
const ZONES: [Tz; 8] = [
    Tz::Europe__Lisbon,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::Africa__Casablanca,
    Tz::Asia__Kathmandu,
    Tz::America__Santiago,
    Tz::Pacific__Chatham,
    Tz::Atlantic__Azores,
];

async fn database() -> (TestDatabase, PgConnection) {
    let guard = TestDatabase::create().await;
    let database = Database::connect(&guard.url(), 2).await.unwrap();
    to_head(&database).await;
    database.close().await;
    let connection = guard.connect().await;
    (guard, connection)
}

/// A week of up to three openings a day, as OpenStreetMap writes it and as a provider's periods.
fn week(random: &mut fastrand::Rng) -> (String, Vec<RawPeriod>) {
    let (mut osm, mut periods) = (Vec::new(), Vec::new());
    for (day, name) in (0..7).zip(["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"]) {
        // Quarters of the day, some after midnight, in order; every second one is a closing.
        let mut ends: Vec<i64> = (0..2 * random.usize(0..4)).map(|_| random.i64(0..112)).collect();
        ends.sort_unstable();
        ends.dedup();
        let mut spans = Vec::new();
        for span in ends.chunks_exact(2).filter(|span| span[0] < 96) {
            let point = |quarter: i64| RawPoint {
                day: (day + quarter / 96) % 7,
                hour: quarter / 4 % 24,
                minute: quarter % 4 * 15,
            };
            let clock = |quarter: i64| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
            spans.push(format!("{}-{}", clock(span[0]), clock(span[1])));
            periods.push(RawPeriod { open: point(span[0]), close: Some(point(span[1])) });
        }
        if !spans.is_empty() {
            osm.push(format!("{name} {}", spans.join(",")));
        }
    }
    // Days apart add up: with `;` a day would end the night before it.
    (if osm.is_empty() { "off".to_owned() } else { osm.join(", ") }, periods)
}

fn stored(week: Option<Vec<RawPeriod>>, special: Vec<RawDay>, zone: &str) -> Option<Value> {
    cleaned(RawHours::Periods { week, special }, zone).map(|hours| json!(hours))
}

fn cleaned(hours: RawHours, zone: &str) -> Option<Hours> {
    let raw = RawVenue {
        provider_id: "x".to_owned(),
        name: Field::Present("x".to_owned()),
        position: Field::Present((38.7, -9.1)),
        hours: Field::Present(hours),
        timezone: Field::Present(zone.to_owned()),
        answered_at: Utc.with_ymd_and_hms(2026, 12, 27, 12, 0, 0).unwrap(),
        ..RawVenue::default()
    };
    normalise(raw, &|_| None, &|_| true).unwrap().venue.hours.present().cloned()
}

/// One character a quarter of an hour of 2026.
fn evaluated(osm: &str, zone: Tz) -> String {
    let hours = osm.parse::<OpeningHours>().unwrap();
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap().and_time(chrono::NaiveTime::MIN);
    let open: Vec<(NaiveDateTime, NaiveDateTime)> = hours
        .iter_range(day(2025, 12, 25), day(2027, 1, 5))
        .filter(|interval| interval.kind == opening_hours::RuleKind::Open)
        .map(|interval| (interval.range.start, interval.range.end))
        .collect();
    let begin = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
    (0..QUARTERS)
        .map(|quarter| {
            let at = begin + Duration::minutes(15 * i64::try_from(quarter).unwrap());
            let local = at.with_timezone(&zone).naive_local();
            let local = local.with_nanosecond(0).unwrap();
            let next = open.partition_point(|(start, _)| *start <= local);
            if next > 0 && local < open[next - 1].1 { 'o' } else { '-' }
        })
        .collect()
}

async fn asked(connection: &mut PgConnection, hours: &Value) -> String {
    // The hours are in the statement's text, so that they are read once and not for every quarter of an hour.
    let hours = hours.to_string().replace('\'', "''");
    let sql = format!(
        "select string_agg(case public.venue_open_at('{hours}'::jsonb, t) when true then 'o' when false then '-' else '?' end, '' order by t)
         from generate_series('2026-01-01 00:00+00'::timestamptz, '2026-12-31 23:45+00', '15 min') t"
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false).fetch_one(connection).await.unwrap()
}

/// `VENUES_TEST_SCHEDULES` asks for more of them.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test program has no `cli` to read its environment")]
async fn every_quarter_of_an_hour_of_a_year_agrees_with_an_independent_evaluation() {
    let count = std::env::var("VENUES_TEST_SCHEDULES").map_or(16, |text| text.parse().unwrap());
    let (_guard, mut connection) = database().await;
    let mut random = fastrand::Rng::with_seed(20_261_126);
    for number in 0..count {
        let zone = ZONES[number % ZONES.len()];
        let (osm, periods) = week(&mut random);
        let hours = stored(Some(periods), vec![], zone.name()).unwrap();
        let expected = evaluated(&osm, zone);
        let mut dated = hours.clone();
        // The other way through the same question: an exception long ago changes nothing.
        dated["special_days"] = json!([{"date": "1999-12-31", "periods": []}]);
        let mut ways = vec![hours];
        if number % 16 == 0 {
            ways.push(dated);
        }
        for hours in ways {
            let found = asked(&mut connection, &hours).await;
            if let Some(quarter) = (0..QUARTERS).find(|at| found.as_bytes()[*at] != expected.as_bytes()[*at]) {
                let at = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()
                    + Duration::minutes(15 * i64::try_from(quarter).unwrap());
                panic!("{zone}, {osm}: at {at} ({}) the database differs", at.with_timezone(&zone));
            }
        }
    }
}

fn evening(special: &Value) -> Value {
    let mut hours = json!({"state": "known", "timezone": "Europe/Lisbon", "periods": [
        {"open": {"day": 4, "hour": 18, "minute": 0}, "close": {"day": 5, "hour": 2, "minute": 0}},
        {"open": {"day": 5, "hour": 18, "minute": 0}, "close": {"day": 6, "hour": 2, "minute": 0}}]});
    hours["special_days"] = special.clone();
    hours
}

/// One a line: the hours, the moment, and the answer with why it is so.
#[expect(clippy::too_many_lines, reason = "a table")]
fn edges() -> Vec<(Value, &'static str, Option<bool>)> {
    let night = |day: u8, open: u8, close: u8| {
        let next = if close <= open { (day + 1) % 7 } else { day };
        json!({"open": {"day": day, "hour": open, "minute": 0}, "close": {"day": next, "hour": close, "minute": 0}})
    };
    let plain = |zone: &str, periods: Value| json!({"state": "known", "timezone": zone, "periods": periods});
    let always = json!({"state": "always_open", "periods": [{"open": {"day": 0, "hour": 0, "minute": 0}}]});
    let with = |hours: &Value, member: &str, value: Value| {
        let mut hours = hours.clone();
        hours[member] = value;
        hours
    };
    let closed_friday = json!([{"date": "2026-12-25", "periods": []}]);
    let saturday = plain("Europe/Lisbon", json!([night(6, 22, 2)]));
    let complex = |special: Value| json!({"state": "complex", "timezone": "Europe/Lisbon", "osm": "PH off", "special_days": special});
    let bad = |periods: Value| (plain("Europe/Lisbon", periods), "2026-12-21 12:00+00", None);
    vec![
        // Opening is inside, closing is not, and seconds do not count.
        (saturday.clone(), "2026-12-19 21:59:59+00", Some(false)),
        (saturday.clone(), "2026-12-19 22:00+00", Some(true)),
        (saturday.clone(), "2026-12-20 01:59:59+00", Some(true)),
        (saturday.clone(), "2026-12-20 02:00+00", Some(false)),
        // Midnight at the week's end is no gap.
        (saturday.clone(), "2026-12-20 00:00+00", Some(true)),
        (plain("Europe/Lisbon", json!([night(6, 9, 0)])), "2026-12-20 00:00+00", Some(false)),
        // The clock goes from 01:00 to 02:00 on 2026-03-29, and from 02:00 back to 01:00 on 2026-10-25.
        (saturday.clone(), "2026-03-29 00:59+00", Some(true)),
        (saturday.clone(), "2026-03-29 01:00+00", Some(false)),
        (saturday.clone(), "2026-10-25 00:59+00", Some(true)),
        (saturday.clone(), "2026-10-25 01:59+00", Some(true)),
        (saturday.clone(), "2026-10-25 02:00+00", Some(false)),
        // Half an hour on Lord Howe, and Ramadan in Casablanca.
        (plain("Australia/Lord_Howe", json!([night(1, 9, 10)])), "2026-06-14 22:30+00", Some(true)),
        (plain("Australia/Lord_Howe", json!([night(1, 9, 10)])), "2026-12-13 22:00+00", Some(true)),
        (plain("Africa/Casablanca", json!([night(3, 9, 10)])), "2026-03-04 09:30+00", Some(true)),
        (plain("Africa/Casablanca", json!([night(3, 9, 10)])), "2026-05-06 09:30+00", Some(false)),
        // Former names of zones, and names that are none.
        (plain("Asia/Calcutta", json!([night(1, 9, 10)])), "2026-12-21 04:00+00", Some(true)),
        (plain("Mars/Phobos", json!([night(1, 9, 10)])), "2026-12-21 09:30+00", None),
        (plain("Mars/Phobos5", json!([night(1, 9, 10)])), "2026-12-21 09:30+00", None),
        (plain("Foo5", json!([night(1, 9, 10)])), "2026-12-21 09:30+00", None),
        (plain("", json!([night(1, 9, 10)])), "2026-12-21 09:30+00", None),
        (with(&evening(&closed_friday), "timezone", json!("Mars/Phobos")), "2026-12-25 19:00+00", None),
        // An exception replaces what opens on its date, not the night before, nor the night after.
        (evening(&closed_friday), "2026-12-25 01:59+00", Some(true)),
        (evening(&closed_friday), "2026-12-25 19:00+00", Some(false)),
        (evening(&closed_friday), "2026-12-26 01:00+00", Some(false)),
        (evening(&closed_friday), "2026-12-24 19:00+00", Some(true)),
        (evening(&closed_friday), "2026-12-18 19:00+00", Some(true)),
        (evening(&json!([{"date": "2026-12-26", "periods": [night(6, 20, 23)]}])), "2026-12-26 23:30+00", Some(false)),
        (evening(&json!([{"date": "2026-12-26", "periods": [night(6, 20, 3)]}])), "2026-12-27 02:30+00", Some(true)),
        (evening(&json!([{"date": "2026-12-26", "periods": [night(6, 20, 3)]}])), "2026-12-26 01:30+00", Some(true)),
        // Always, but for a day.
        (always.clone(), "2026-12-25 12:00+00", Some(true)),
        (with(&always, "timezone", json!("Mars/Phobos")), "2026-12-25 12:00+00", None),
        (
            with(&with(&always, "timezone", json!("Europe/Lisbon")), "special_days", closed_friday.clone()),
            "2026-12-25 12:00+00",
            Some(false),
        ),
        (
            with(&with(&always, "timezone", json!("Europe/Lisbon")), "special_days", closed_friday.clone()),
            "2026-12-26 00:00+00",
            Some(true),
        ),
        (with(&always, "special_days", closed_friday.clone()), "2026-12-25 12:00+00", None),
        (json!({"state": "never_open", "periods": []}), "2026-12-25 12:00+00", Some(false)),
        // Complex: only its dates are certain.
        (complex(json!([])), "2026-12-25 12:00+00", None),
        (complex(closed_friday.clone()), "2026-12-25 01:00+00", None),
        (complex(closed_friday.clone()), "2026-12-25 12:00+00", Some(false)),
        (complex(closed_friday.clone()), "2026-12-26 12:00+00", None),
        (complex(json!([{"date": "2026-12-25", "periods": [night(5, 9, 12)]}])), "2026-12-25 08:59+00", None),
        (complex(json!([{"date": "2026-12-25", "periods": [night(5, 9, 12)]}])), "2026-12-25 11:00+00", Some(true)),
        (complex(json!([{"date": "2026-12-25", "periods": [night(5, 9, 12)]}])), "2026-12-25 13:00+00", Some(false)),
        (complex(json!([{"date": "2026-12-25", "periods": [night(5, 20, 3)]}])), "2026-12-26 02:00+00", Some(true)),
        // What cannot be read is unknown.
        bad(json!(null)),
        bad(json!({})),
        bad(json!([])),
        bad(json!([7])),
        bad(json!([{"open": {"day": 1, "hour": 9, "minute": 0}}])),
        bad(json!([night(1, 9, 17), {"open": {"day": 1, "hour": 9}, "close": {"day": 1, "hour": 10, "minute": 0}}])),
        bad(json!([{"open": {"day": "1", "hour": 9, "minute": 0}, "close": {"day": 1, "hour": 10, "minute": 0}}])),
        bad(json!([{"open": {"day": 1, "hour": 9.5, "minute": 0}, "close": {"day": 1, "hour": 10, "minute": 0}}])),
        bad(json!([{"open": {"day": 1, "hour": 24, "minute": 0}, "close": {"day": 2, "hour": 10, "minute": 0}}])),
        bad(json!([{"open": {"day": 1, "hour": 18, "minute": 0}, "close": {"day": 1, "hour": 2, "minute": 0}}])),
        bad(json!([{"open": {"day": 1, "hour": 9, "minute": 0}, "close": null}])),
        (evening(&json!(7)), "2026-12-18 19:00+00", None),
        (evening(&json!([{"date": "soon", "periods": []}])), "2026-12-18 19:00+00", None),
        (evening(&json!([{"date": "2026-02-30", "periods": []}])), "2026-12-18 19:00+00", Some(true)),
        (evening(&json!([{"date": "2026-12-25"}])), "2026-12-18 19:00+00", None),
        (evening(&json!([{"date": "2026-12-25", "periods": [night(1, 9, 12)]}])), "2026-12-25 19:00+00", None),
        (json!(null), "2026-12-18 19:00+00", None),
        (json!("special_days"), "2026-12-18 19:00+00", None),
        (json!([1]), "2026-12-18 19:00+00", None),
        (json!({"state": "open", "timezone": "Europe/Lisbon", "periods": []}), "2026-12-18 19:00+00", None),
        (json!({"open_now": true, "periods": [night(5, 18, 2)]}), "2026-12-18 19:00+00", None),
        // No such moment on any calendar of ours.
        (always.clone(), "infinity", None),
        (saturday.clone(), "-infinity", None),
        (saturday, "294276-12-31 23:59:59+00", None),
    ]
}

#[tokio::test]
async fn the_edges_of_clocks_calendars_and_json() {
    let (_guard, mut connection) = database().await;
    let mut wrong = String::new();
    for (hours, at, expected) in edges() {
        let ask = "select venue_open_at($1, $2::text::timestamptz), venue_open_span($1)::text,
                venue_open_span($1) && venue_open_marks($2::text::timestamptz)";
        // The index asks for the span of anything that is written, and must find what is open.
        let asked: (Option<bool>, Option<String>, Option<bool>) =
            sqlx::query_as(ask).bind(&hours).bind(at).fetch_one(&mut connection).await.unwrap();
        if asked.0 != expected {
            writeln!(wrong, "{at}: {:?} instead of {expected:?}: {hours}", asked.0).unwrap();
        }
        if expected == Some(true) && asked.2 != Some(true) {
            writeln!(wrong, "{at}: the index misses it by its span {:?}: {hours}", asked.1).unwrap();
        }
    }
    assert_eq!(wrong, "");
    let unknown = "select venue_open_at(null, now()) is null and venue_open_at('{}', null) is null";
    assert!(sqlx::query_scalar::<_, bool>(unknown).fetch_one(&mut connection).await.unwrap());
}

/// Venues of two shores of the antimeridian, of several zones, with every kind of hours.
async fn fill(connection: &mut PgConnection, count: usize) {
    let mut random = fastrand::Rng::with_seed(7);
    let mut shapes = vec![Value::Null, json!({"broken": true})];
    for number in 0..120 {
        let mut hours = stored(Some(week(&mut random).1), vec![], ZONES[number % ZONES.len()].name()).unwrap();
        match number % 6 {
            0 => hours["special_days"] = json!([{"date": "2026-12-25", "periods": []}]),
            // Not in the index's list of zones; servers before 16 take long over it.
            1 if number == 1 => hours["timezone"] = json!("Europe/Kyiv"),
            2 => {
                hours = json!({"state": "complex", "timezone": "Europe/Lisbon", "osm": "x", "special_days": [{"date": "2026-12-25",
                    "periods": [{"open": {"day": 5, "hour": 11, "minute": 0}, "close": {"day": 6, "hour": 1, "minute": 0}}]}]});
            }
            _ => {}
        }
        shapes.push(hours);
    }
    shapes.push(
        stored(Some(vec![RawPeriod { open: RawPoint { day: 0, hour: 0, minute: 0 }, close: None }]), vec![], "UTC")
            .unwrap(),
    );
    sqlx::query(
        "insert into venues select gen_random_uuid(), 'id-' || n, 'google', 'n', '{}', 30 + (n::bigint * 7919 % 20000) / 1000.0,
             (n::bigint * 104729 % 360000) / 1000.0 - 180, null, null, null, $1[1 + n % cardinality($1)], null, now(), now(), now()
         from generate_series(1, $2) n",
    )
    .bind(shapes)
    .bind(i32::try_from(count).unwrap())
    .execute(&mut *connection)
    .await
    .unwrap();
    connection.execute("analyze venues").await.unwrap();
}

#[tokio::test]
async fn open_in_a_box_is_one_index_scan_and_misses_nobody() {
    let (_guard, mut connection) = database().await;
    fill(&mut connection, 60_000).await;
    let plan: Vec<String> =
        sqlx::query_scalar("explain select * from venues_open_at('2026-12-25 23:30+00', 38.6, -9.4, 38.9, -9)")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("Index Scan on ix_venues_open") && !plan.contains("Seq Scan"), "{plan}");
    let condition = plan.lines().find(|line| line.contains("Index Cond")).unwrap();
    assert!(condition.contains("point(lng, lat)") && condition.contains("venue_open_span"), "{plan}");
    for (at, south, west, north, east) in [
        ("2026-12-25 23:30+00", 35.0, -12.0, 41.0, -6.0),
        ("2026-07-03 03:15+00", 35.0, -12.0, 41.0, -6.0),
        ("2026-12-26 00:30+00", 30.0, 178.0, 45.0, -179.0),
        ("2026-10-25 01:30+00", 30.0, -180.0, 33.0, -160.0),
    ] {
        let (by_index, by_eye): (i64, i64) = sqlx::query_as(
            "select (select count(*) from venues_open_at($1::text::timestamptz, $2, $3, $4, $5)),
                 (select count(*) from venues where lat between $2 and $4
                      and (lng between $3 and $5 or ($3 > $5 and (lng >= $3 or lng <= $5)))
                      and venue_open_at(hours, $1::text::timestamptz))",
        )
        .bind(at)
        .bind(south)
        .bind(west)
        .bind(north)
        .bind(east)
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!(by_index, by_eye, "at {at}");
        assert!(by_eye > 10, "only {by_eye} at {at}");
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn up_down_and_up_again_keep_every_row_and_leave_nothing() {
    let (guard, mut connection) = database().await;
    fill(&mut connection, 500).await;
    let objects = "select string_agg(o, ' ' order by o) from (
            select p.oid::regprocedure::text as o from pg_proc p where p.pronamespace = 'public'::regnamespace
            union all select pg_get_indexdef(indexrelid) from pg_index where indisvalid and indrelid = 'venues'::regclass
            union all select relname::text from pg_class where relnamespace = 'venue_sync'::regnamespace) as objects";
    let rows = "select md5(string_agg(v::text, '' order by id)) from venues v";
    let mut seen = Vec::new();
    let database = Database::connect(&guard.url(), 2).await.unwrap();
    let count = Files::embedded().iter().filter(|file| file.version >= 20_261_126_000_000).count();
    for _ in 0..2 {
        seen.push([objects, rows].map(str::to_owned));
        for sql in seen.last_mut().unwrap() {
            *sql = sqlx::query_scalar(AssertSqlSafe(sql.clone())).fetch_one(&mut connection).await.unwrap();
        }
        for _ in 0..count {
            back(&database).await;
        }
        let left: String = sqlx::query_scalar(objects).fetch_one(&mut connection).await.unwrap();
        assert!(
            !left.contains("open_at") && !left.contains("venues_open") && !left.contains("categories_parent"),
            "{left}"
        );
        to_head(&database).await;
    }
    assert_eq!(seen[0], seen[1]);
    database.close().await;
}

#[tokio::test]
async fn the_categories_of_the_database_are_those_of_the_binary() {
    let (_guard, mut connection) = database().await;
    let found: Vec<(String, String, Option<String>, String)> =
        sqlx::query_as("select code, label, parent, origin from venue_sync.categories order by code collate \"C\"")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let mut ours: Vec<_> = Vocabulary::ours()
        .all()
        .iter()
        .map(|c| (c.code.to_owned(), c.label.to_owned(), c.parent.map(str::to_owned), c.origin.to_owned()))
        .collect();
    ours.sort();
    assert_eq!(found, ours, "a change of the vocabulary needs a migration of venue_sync.categories");
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!("../docs/hours.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn the_schema_takes_what_the_page_shows_and_refuses_what_is_none_of_it() {
    let schema = schema();
    let text: [&str; 7] = ["Monday: closed"; 7];
    let period = json!({"open": {"day": 5, "hour": 18, "minute": 0}, "close": {"day": 6, "hour": 2, "minute": 0}});
    let known = json!({"state": "known", "periods": [period], "weekday_text": text, "osm": "Fr 18:00-02:00"});
    assert!(schema.is_valid(&known));
    assert!(schema.is_valid(&json!({"state": "complex", "osm": "Mo sunrise-sunset"})));
    let with = |member: &str, value: Value| {
        let mut hours = known.clone();
        hours[member] = value;
        hours
    };
    for wrong in [
        with("state", json!("open")),
        with("state", json!("complex")),
        with("state", json!("never_open")),
        with("state", json!("always_open")),
        with("periods", json!([])),
        with("periods", json!([{"open": {"day": 7, "hour": 18, "minute": 0}}])),
        with("weekday_text", json!(["Monday: closed"])),
        with("special_days", json!([{"date": "25.12.2026", "periods": []}])),
        with("open_now", json!(true)),
        json!({"state": "complex"}),
        json!(null),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}

/// Rules as mappers write them, and worse: a plain week, seasons, holidays, open ends, words.
const RULES: [&str; 18] = [
    "Mo-Fr 09:00-17:00",
    "Sa 22:00-04:00",
    "Su 10:00-14:00,15:00-24:00",
    "24/7",
    "off",
    "PH off",
    "SH 10:00-12:00",
    "Dec 25 off",
    "2026 Dec 27-31 10:00-12:00",
    "Jan-Mar Tu 10:00-12:00",
    "week 1-20/2 Fr 08:00-09:00",
    "Su[1] 10:00-14:00",
    "Mo sunrise-sunset",
    "We 18:00+",
    "\"by appointment\"",
    "Mo-Fr 08:00-12:00 open \"ring twice\"",
    "easter -2 days off",
    "Th 26:00",
];

/// Hours of any kind, as a provider of any kind might have them.
fn any_hours(random: &mut fastrand::Rng) -> RawHours {
    match random.u8(0..4) {
        0 => {
            let rules: Vec<&str> = (0..random.usize(1..4)).map(|_| RULES[random.usize(0..RULES.len())]).collect();
            RawHours::Osm(rules.join(["; ", ", ", " || "][random.usize(0..3)]))
        }
        1 => {
            let open = RawPoint { day: random.i64(0..7), hour: 0, minute: 0 };
            RawHours::Periods { week: Some(vec![RawPeriod { open, close: None }]), special: vec![] }
        }
        kind => {
            let special = (0..if kind == 2 { 0 } else { 4 }).map(|later| {
                let date = NaiveDate::from_ymd_opt(2026, 12, 26).unwrap() + Duration::days(later);
                let periods = week(random).1.into_iter().take(random.usize(0..2));
                let periods = periods.map(|period| RawDatedPeriod { period, truncated: false }).collect();
                RawDay { date: Some(date), stated: random.bool(), periods }
            });
            RawHours::Periods { special: special.collect(), week: Some(week(random).1) }
        }
    }
}

#[tokio::test]
async fn whatever_is_stored_is_valid_and_comes_back_as_it_was() {
    let (_guard, mut connection) = database().await;
    let schema = schema();
    let mut random = fastrand::Rng::with_seed(3);
    let zone = |number: usize| ZONES[number % ZONES.len()].name();
    let hours: Vec<Hours> = (0..3_000).filter_map(|number| cleaned(any_hours(&mut random), zone(number))).collect();
    let json: Vec<Value> = hours.iter().map(|hours| json!(hours)).collect();
    for one in &json {
        assert!(schema.is_valid(one), "{one}");
    }
    let count = |state: &str| json.iter().filter(|one| one["state"] == state).count();
    let dated = json.iter().filter(|one| one["state"] == "known" && one["special_days"] != Value::Null).count();
    let of_each = ["known", "always_open", "never_open", "complex"].map(count);
    assert!(of_each.iter().all(|count| *count >= 10) && dated >= 10, "{of_each:?}, {dated} with dated exceptions");

    let insert =
        "insert into venues select gen_random_uuid(), n::text, 'osm', 'n', '{}', 38.7, -9.1, null, null, null, h, null,
                      now(), now(), now() from unnest($1::jsonb[]) with ordinality as given (h, n)";
    sqlx::query(insert).bind(&json).execute(&mut connection).await.unwrap();
    // And the function raises for none of them.
    let ask = "select hours, venue_open_at(hours, '2026-12-27 12:00+00') from venues order by provider_id::int";
    let back: Vec<(sqlx::types::Json<Hours>, Option<bool>)> =
        sqlx::query_as(ask).fetch_all(&mut connection).await.unwrap();
    assert_eq!(back.len(), hours.len());
    for ((back, open), hours) in back.iter().zip(&hours) {
        assert_eq!(&back.0, hours);
        assert!(open.is_some() || hours.state == HoursState::Complex, "unknown: {hours:?}");
    }
}

prop_compose! {
    fn any_period()(day in 0_i64..8, hour in 0_i64..25, later in 0_i64..3_000, open_ended in prop::bool::weighted(0.05)) -> RawPeriod {
        let close = day * 1_440 + hour * 60 + later;
        let close = RawPoint { day: close / 1_440 % 7, hour: close / 60 % 24, minute: close % 60 };
        RawPeriod { open: RawPoint { day, hour, minute: 0 }, close: (!open_ended).then_some(close) }
    }
}

proptest! {
    #[test]
    fn what_is_made_of_any_hours_is_valid(
        week in prop::option::of(prop::collection::vec(any_period(), 0..9)),
        special in prop::collection::vec(prop::collection::vec((any_period(), any::<bool>()), 0..3), 0..6),
    ) {
        let dated = |(period, truncated)| RawDatedPeriod { period, truncated };
        let special = special.into_iter().zip(25..).map(|(periods, day)| RawDay {
            stated: true,
            date: NaiveDate::from_ymd_opt(2026, 12, day), periods: periods.into_iter().map(dated).collect(),
        });
        if let Some(hours) = stored(week, special.collect(), "Europe/Lisbon") {
            let schema = schema();
            let errors: Vec<String> = schema.iter_errors(&hours).map(|error| error.to_string()).collect();
            prop_assert!(errors.is_empty(), "{hours}: {errors:?}");
        }
    }
}
