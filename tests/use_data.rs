//! `venues list` and `venues export`: which venues, in which form, and what a map program, a spreadsheet or a pipe makes of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _};
use support::database::TestDatabase;
use support::desk::{Desk, assert_all};
use support::migrations::to_head;
use venue_sync::store::Database;

/// Lisbon's time is that of UTC in winter; 2026-11-27 is a Friday.
const VENUES: &str = r#"
insert into venues (id, provider_id, provider_name, name, categories, lat, lng, address, rating, price_level, hours, raw_hours,
    last_seen_at, created_at, updated_at)
select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'id-' || n, provider, name, categories::varchar[], lat, lng, address,
    rating, price, hours::jsonb, raw, now(), '2026-01-01', updated::timestamptz
from (values
    (1, 'osm', 'Pastelaria', '{bakery}', 38.71, -9.14, 'Rua A 1', null, null,
        '{"state":"known","periods":[{"open":{"day":5,"hour":18,"minute":0},"close":{"day":6,"hour":2,"minute":0}}],
          "weekday_text":["Monday: closed","Friday: 18:00-02:00"],"timezone":"Europe/Lisbon","osm":"Fr 18:00-02:00"}',
        'Fr 18:00-02:00', '2026-01-01'),
    (2, 'google', '=HYPERLINK("http://evil.example","x")', '{sushi_restaurant}', 38.722, -9.13, '+351 Street, "B"' || chr(10) || 'x', 4.5, 1,
        '{"state":"always_open","periods":[{"open":{"day":0,"hour":0,"minute":0}}]}', null, '2026-01-01'),
    (3, 'yelp', 'Cheap Cafe', '{cafe,noodle_barge}', 38.73, -9.15, null, 3.9, 0, null, null, now()::text),
    (4, 'google', 'Dear Steak', '{steakhouse}', 38.79, -9.10, null, 4.8, 4, null, null, '2026-01-01'),
    (5, 'osm', 'East of the line', '{bar}', -17.0, 179.9, null, null, null, null, null, '2026-01-01'),
    (6, 'invented', 'West of the line', '{bar}', -17.0, -179.9, null, 1.5, 2, null, null, '2026-01-01')
) as v (n, provider, name, categories, lat, lng, address, rating, price, hours, raw, updated)"#;

const SETTINGS: &str = "[regions.lisbon]\nbbox = [-9.23, 38.69, -9.09, 38.80]\n[regions.corner]\ngeojson = \"corner.json\"\n\
                        [regions.fiji]\nbbox = [179.5, -18, -179.5, -16]\n";

/// The half of Lisbon's box that is south-west of its diagonal.
const CORNER: &str = r#"{"type":"Polygon","coordinates":[[[-9.23,38.69],[-9.09,38.69],[-9.23,38.80],[-9.23,38.69]]]}"#;

struct Shelf {
    desk: Desk,
    database: TestDatabase,
}

impl Shelf {
    async fn empty() -> Self {
        let database = TestDatabase::create().await;
        let connected = Database::connect(&database.url(), 2).await.unwrap();
        to_head(&connected).await;
        connected.close().await;
        let desk = Desk::new()
            .with_file("venues.toml", SETTINGS)
            .with_file("corner.json", CORNER)
            .with("DATABASE_URL", &database.url());
        Self { desk, database }
    }

    async fn full() -> Self {
        let shelf = Self::empty().await;
        shelf.execute(VENUES).await;
        shelf
    }

    async fn execute(&self, sql: &str) {
        self.database.connect().await.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    }

    /// What is printed, where nothing goes wrong.
    fn says(&self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let said = self.desk.run(&words);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{line}");
        said.stdout
    }

    fn lines(&self, line: &str) -> Vec<Value> {
        self.says(line).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The numbers of the venues, in the order of the answer.
    fn found(&self, line: &str) -> String {
        let numbers = self.lines(line).into_iter().map(|venue| venue["provider_id"].as_str().unwrap().to_owned());
        numbers.map(|id| id.trim_start_matches("id-").to_owned()).collect()
    }
}

#[tokio::test]
async fn every_filter_narrows_it_down() {
    let shelf = Shelf::full().await;
    for (filters, expected) in [
        ("", "123456"),
        (" --region lisbon", "1234"),
        (" --region lisbon --region fiji", "123456"),
        // The very outline, not the box round it.
        (" --region corner", "13"),
        (" --bbox -9.135,38.69,-9.09,38.80", "24"),
        // West is larger than east.
        (" --region fiji", "56"),
        (" --near 38.71,-9.14 --radius-m 2000", "12"),
        (" --provider google", "24"),
        (" --provider google,yelp", "234"),
        (" --category restaurant", "24"),
        (" --category sushi_restaurant --category cafe", "23"),
        (" --category google:noodle_barge", "3"),
        (" --min-rating 4.5", "24"),
        (" --price 0,4", "34"),
        (" --max-price 1", "23"),
        // An instant, through the index and without it; what each venue's own clock shows; and the night before.
        (" --region lisbon --open-at 2026-11-27T23:30+00:00", "12"),
        (" --open-at 2026-11-28T00:30+01:00", "12"),
        (" --open-at 2026-11-28T01:59", "12"),
        (" --open-at 2026-11-28T02:00", "2"),
        (" --changed-since 1h", "3"),
        (" --changed-since 2026-01-01T00:00:01Z", "3"),
        (" --limit 2", "12"),
        (" --region corner --limit 1", "1"),
        (" --region lisbon --min-rating 4 --category restaurant --price 4", "4"),
        (" --provider osm --min-rating 1", ""),
    ] {
        assert_eq!(shelf.found(&format!("export --format ndjson{filters}")), expected, "{filters}");
    }
}

#[tokio::test]
async fn a_list_has_the_best_first_or_the_nearest() {
    let shelf = Shelf::full().await;
    assert_eq!(shelf.found("list"), "423651");
    assert_eq!(shelf.found("list --near 38.73,-9.15 --radius-m 9000 --json"), "3214");
    assert_eq!(shelf.found("list --region lisbon --limit 1"), "4");
}

#[tokio::test]
async fn a_map_program_reads_the_geojson() {
    let shelf = Shelf::full().await;
    let text = shelf.says("export --format geojson --region lisbon");
    let read: geojson::FeatureCollection = text.parse().unwrap();
    assert_eq!(read.features.len(), 4);
    let collection: Value = serde_json::from_str(&text).unwrap();
    assert_all(collection["attribution"].as_str().unwrap(), &["Google Maps", "© OpenStreetMap contributors", "Yelp"]);
    let first = &collection["features"][0];
    assert_eq!(first["geometry"], serde_json::json!({ "type": "Point", "coordinates": [-9.14, 38.71] }));
    assert_eq!(first["id"], "00000000-0000-7000-8000-000000000001");
    let properties = first["properties"].as_object().unwrap();
    assert!(properties.values().all(|value| !value.is_object() && !value.is_array()), "{properties:?}");
    assert_eq!(
        [&properties["opening_hours"], &properties["timezone"], &properties["hours"]],
        ["Fr 18:00-02:00", "Europe/Lisbon", "Monday: closed; Friday: 18:00-02:00"]
    );
    assert_eq!((&properties["rating"], &properties["category"]), (&Value::Null, &"bakery".into()));

    let none: geojson::FeatureCollection = shelf.says("export --format geojson --limit 1 --price 3").parse().unwrap();
    assert_eq!(none.features.len(), 0);
}

#[tokio::test]
async fn a_spreadsheet_reads_the_csv_and_computes_nothing() {
    let shelf = Shelf::full().await;
    let text = shelf.says("export --format csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, name: &str| &rows[row][head.iter().position(|column| column == name).unwrap()];
    assert_eq!(rows.len(), 6);
    assert_eq!(cell(1, "name"), "'=HYPERLINK(\"http://evil.example\",\"x\")");
    assert_eq!(cell(1, "address"), "'+351 Street, \"B\"\nx");
    for row in &rows {
        for (column, cell) in head.iter().zip(row) {
            let number = ["lat", "lng", "rating", "price_level"].contains(&column);
            assert!(if number {
                cell.is_empty() || cell.parse::<f64>().is_ok()
            } else {
                !cell.starts_with(['=', '+', '-', '@'])
            });
        }
    }
    assert_eq!((cell(1, "lng"), cell(0, "rating"), cell(2, "price_level")), ("-9.13", "", "0"));
    assert_eq!((cell(1, "attribution"), cell(5, "attribution")), ("Google Maps", ""));
    assert_eq!(head.get(head.len() - 1), Some("attribution"));
    assert!(text.ends_with("\r\n") && text.starts_with("id,provider,"));
    assert_eq!(shelf.says("export --format csv --price 3").lines().count(), 1, "the head alone");
}

#[tokio::test]
async fn a_program_reads_everything_of_a_venue_from_its_line() {
    let shelf = Shelf::full().await;
    let venue = &shelf.lines("export --format ndjson --provider osm --limit 1")[0];
    assert_eq!(venue["hours"]["periods"][0]["open"]["hour"], 18);
    assert_eq!(venue["raw_hours"], "Fr 18:00-02:00");
    assert!(venue["attribution"].as_str().unwrap().contains("OpenStreetMap"));
    assert_eq!(shelf.lines("list --provider osm")[0].as_object().unwrap().len(), venue.as_object().unwrap().len());
}

/// What a reader of Parquet makes of a file, a row as JSON; and how many row groups it has.
#[cfg(feature = "parquet")]
fn parquet_rows(path: &std::path::Path) -> (Vec<Value>, usize) {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    fn json(field: &Field) -> Value {
        match field {
            Field::Null => Value::Null,
            Field::Str(text) => text.as_str().into(),
            Field::Double(number) => (*number).into(),
            Field::Int(number) => (*number).into(),
            Field::TimestampMicros(at) => chrono::DateTime::from_timestamp_micros(*at).unwrap().to_rfc3339().into(),
            Field::ListInternal(list) => list.elements().iter().map(json).collect(),
            other => panic!("{other:?}"),
        }
    }

    let file = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let rows = file.get_row_iter(None).unwrap().map(|row| {
        let row = row.unwrap();
        row.get_column_iter().map(|(name, field)| (name.clone(), json(field))).collect()
    });
    (rows.collect(), file.num_row_groups())
}

#[cfg(feature = "parquet")]
#[tokio::test]
async fn a_reader_of_parquet_finds_the_columns_of_the_csv_with_their_types() {
    use parquet::basic::{LogicalType, Type};
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    let shelf = Shelf::full().await;
    assert_all(&shelf.says("export -o out.parquet"), &["6 venues in out.parquet"]);
    let path = shelf.desk.folder.path().join("out.parquet");
    let file = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let schema = file.metadata().file_metadata().schema_descr_ptr();
    let names: Vec<&str> = schema.root_schema().get_fields().iter().map(|field| field.name()).collect();
    let head = shelf.says("export --format csv --limit 1");
    assert_eq!(names.join(","), head.lines().next().unwrap());
    let of = |name: &str| schema.columns().iter().find(|column| column.path().parts()[0] == name).unwrap();
    for (name, physical) in
        [("lat", Type::DOUBLE), ("lng", Type::DOUBLE), ("rating", Type::DOUBLE), ("price_level", Type::INT32)]
    {
        assert_eq!(of(name).physical_type(), physical, "{name}");
    }
    for name in ["last_seen_at", "created_at", "updated_at"] {
        assert!(matches!(of(name).logical_type_ref(), Some(LogicalType::Timestamp { .. })), "{name}");
    }

    let (rows, _) = parquet_rows(&path);
    let csv = shelf.says("export --format csv");
    let csv: Vec<csv::StringRecord> = csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), csv.len());
    for (row, record) in rows.iter().zip(&csv) {
        for name in ["id", "provider_id", "hours", "timezone", "raw_hours", "attribution"] {
            let cell = &record[names.iter().position(|column| *column == name).unwrap()];
            assert_eq!(row[name].as_str().unwrap_or_default(), cell, "{name}");
        }
    }
    assert_eq!(rows[1]["name"], "=HYPERLINK(\"http://evil.example\",\"x\")", "no spreadsheet, no apostrophe");
    assert_eq!(rows[2]["categories"], serde_json::json!(["cafe", "noodle_barge"]));
    assert_eq!(
        (&rows[1]["lng"], &rows[0]["rating"], &rows[2]["price_level"]),
        (&(-9.13).into(), &Value::Null, &0.into())
    );
    assert_eq!(rows[0]["created_at"], "2026-01-01T00:00:00+00:00");
}

/// Groups are written when they are full, so that memory does not grow with the venues; the last one may have few.
#[cfg(feature = "parquet")]
#[tokio::test]
async fn parquet_is_written_in_groups_of_rows() {
    let shelf = Shelf::empty().await;
    shelf
        .execute(
            "insert into venues select gen_random_uuid(), 'id-' || n, 'osm', 'n', array_fill('cafe'::text, array[n % 3]), 1, 1, null, null,
                 null, null, null, now(), now(), now() from generate_series(1, 20001) n",
        )
        .await;
    shelf.says("export -o out.parquet");
    let (rows, groups) = parquet_rows(&shelf.desk.folder.path().join("out.parquet"));
    assert_eq!((rows.len(), groups), (20_001, 2));
    let words = rows.iter().map(|row| row["categories"].as_array().unwrap().len()).sum::<usize>();
    assert_eq!(words, 20_001, "none, one and two of them in turn");
    shelf.says("export -o none.parquet --price 3");
    assert_eq!(parquet_rows(&shelf.desk.folder.path().join("none.parquet")), (vec![], 0));
}

#[cfg(not(feature = "parquet"))]
#[tokio::test]
async fn where_parquet_was_not_compiled_in_it_is_said_how_to_get_it() {
    let desk = Desk::ready();
    for words in [&["export", "--format", "parquet"][..], &["export", "-o", "venues.parquet"]] {
        assert_all(&desk.refuses(words), &["without Parquet", "--features parquet"]);
    }
}

#[tokio::test]
async fn a_file_is_there_whole_or_as_it_was() {
    let shelf = Shelf::full().await;
    let path = shelf.desk.folder.path().join("out.csv");
    assert_all(&shelf.says("export -o out.csv"), &["6 venues in out.csv"]);
    assert_eq!(shelf.says("export -o out.csv --provider osm --json"), "{\"file\":\"out.csv\",\"venues\":2}\n");
    let before = std::fs::read_to_string(&path).unwrap();
    assert_eq!(before.lines().count(), 3);
    let nowhere = ["export", "-o", "out.csv", "--database-url", "postgresql://me@localhost:1/mine"];
    assert_eq!(shelf.desk.run(&nowhere).code, Some(69));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    let mut left: Vec<_> =
        std::fs::read_dir(shelf.desk.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["corner.json", "out.csv", "venues.toml"]);
    assert_all(&shelf.desk.refuses(&["export", "-o", "nowhere/out.csv"]), &["cannot write nowhere/out.csv"]);
}

#[tokio::test]
async fn whoever_has_seen_enough_of_many_is_no_error() {
    let shelf = Shelf::empty().await;
    shelf
        .execute(
            "insert into venues select gen_random_uuid(), 'id-' || n, 'osm', 'n', '{}', 1, n / 100.0, repeat('long ', 100), null,
                 null, null, null, now(), now(), now() from generate_series(1, 3000) n",
        )
        .await;
    for words in [&["list"][..], &["export", "--format", "csv"], &["export", "--format", "geojson"]] {
        let mut child = shelf.desk.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut head = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut head).unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""), "{words:?}");
        assert!(!head.is_empty());
    }
    assert_eq!(shelf.lines("list").len(), 3000, "a program is given all");
}

#[tokio::test]
async fn an_export_that_is_stopped_leaves_the_file_as_it_was() {
    let shelf = Shelf::empty().await;
    let mut other = shelf.database.connect().await;
    // What is to be read is held, so that the command is still at it when the signal comes.
    other.execute("begin; lock table venues in access exclusive mode").await.unwrap();
    let path = shelf.desk.folder.path().join("out.csv");
    std::fs::write(&path, "before").unwrap();
    let mut child = shelf.desk.command(&["export", "-o", "out.csv"]).stderr(Stdio::piped()).spawn().unwrap();
    let waiting = "select count(*) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut other).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    told.read_line(&mut first).unwrap();
    assert_all(&first, &["stopping: the file is left as it was"]);
    assert_eq!(child.wait().unwrap().code(), Some(75), "whatever the database is at");
    other.execute("rollback").await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(std::fs::read_dir(shelf.desk.folder.path()).unwrap().count(), 3, "and nothing beside it");
}

#[tokio::test]
async fn whoever_may_only_read_the_venues_can() {
    let shelf = Shelf::full().await;
    let role = format!("reader_{}", uuid::Uuid::new_v4().simple());
    shelf.execute(&format!("create role {role} login; grant select on venues to {role}")).await;
    let owner = shelf.database.options().get_username().to_owned();
    let url = shelf.database.url().replacen(&format!("{owner}@"), &format!("{role}@"), 1);
    let said = shelf.desk.run(&["list", "--open-at", "2026-11-27T23:30Z", "--database-url", &url]);
    shelf.execute(&format!("drop owned by {role}; drop role {role}")).await;
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert_eq!(said.stdout.lines().count(), 2);
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anything_is_read() {
    let desk = Desk::ready();
    for (line, expected) in [
        ("export", &["--format", "--output"][..]),
        ("export -o venues.xlsx", &[".geojson", "--format"]),
        ("list --category restaurants", &["`restaurants`", "did you mean restaurant", "venues categories"]),
        ("list --provider bing", &["unknown provider `bing`", "google"]),
        ("list --region lisbn", &["did you mean `lisbon`?"]),
        ("list --min-rating 6", &["0 to 5"]),
        ("list --price 5", &["0..=4"]),
        ("list --price 1 --max-price 2", &["--max-price"]),
        ("list --open-at friday", &["not a time", "now", "2026-11-27T21:00+01:00"]),
        ("list --changed-since yesterday", &["yesterday", "36h"]),
        ("list --limit 0", &["--limit"]),
        ("list --near 38.7,-9.1", &["--radius-m"]),
        ("list --bbox=-33.9,151.1,-33.8,151.3", &["look swapped"]),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        assert_all(&desk.refuses(&words), expected);
    }
}

#[tokio::test]
async fn a_database_without_our_tables_says_which_command_makes_them() {
    let database = TestDatabase::create().await;
    let desk = Desk::new().with("DATABASE_URL", &database.url());
    assert_all(&desk.refuses(&["list"]), &["lacks ", " of our migrations", "venues migrate up"]);
}

/// Others write instants, too.
#[tokio::test]
async fn instants_that_no_calendar_has_are_read_as_its_last_or_first_day() {
    let shelf = Shelf::full().await;
    shelf
        .execute(
            "update venues set last_seen_at = 'infinity', updated_at = '290000-01-01' where provider_id = 'id-1';
             update venues set last_seen_at = '-infinity', created_at = '4000-01-01 BC' where provider_id = 'id-2'",
        )
        .await;
    let listed = shelf.says("list --json");
    let rows: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| rows.iter().find(|row| row["provider_id"] == name).unwrap().to_string();
    assert_all(&of("id-1"), &["9999-12-31T23:59:59Z"]);
    assert_all(&of("id-2"), &["0001-01-01T00:00:00Z"]);
    for format in ["geojson", "csv", "ndjson"] {
        assert!(shelf.says(&format!("export --format {format}")).contains("id-6"));
    }
}
