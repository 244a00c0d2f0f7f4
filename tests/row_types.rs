//! Every declared table has a row type, and the two agree: column by column, in type and nullability. What the backend's
//! developers know as "models not detected" cannot happen silently.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use sqlx::Connection as _;
use support::database::TestDatabase;
use venue_sync::schema::catalogue::{self, Catalogue, Column, Id, Kind};
use venue_sync::schema::declared;
use venue_sync::store::rows::{RowColumn, RowType, Venue, all};

/// What is wrong, each with what to do.
fn disagreements(types: &[RowType], catalogue: &Catalogue) -> Vec<String> {
    let mut found = Vec::new();
    for (table, _) in catalogue.of_kind(Kind::Table) {
        match types.iter().find(|one| one.table == table.to_string()) {
            None => found.push(format!(
                "the declared table {table} has no row type: add one to src/store/rows, and to `all()` there"
            )),
            Some(row) => compare(row, table, &catalogue.columns(table), &mut found),
        }
    }
    let stale =
        types.iter().filter(|row| !catalogue.of_kind(Kind::Table).any(|(table, _)| table.to_string() == row.table));
    found.extend(stale.map(|row| {
        format!("the row type {} is of {}, which is not declared: declare the table in src/schema/declared, or drop the type", row.name, row.table)
    }));
    found
}

fn compare(row: &RowType, table: &Id, columns: &[(&str, &Column)], found: &mut Vec<String>) {
    for (name, column) in columns {
        let Some(field) = row.columns.iter().find(|field| field.name == *name) else {
            found.push(format!("the declared column {table}.{name} has no field: add `{name}` to {}", row.name));
            continue;
        };
        if field.nullable == column.not_null {
            let (what, remedy) = if column.not_null {
                ("is not null", "take the Option away")
            } else {
                ("can be null", "make it an Option")
            };
            found.push(format!(
                "the declared column {table}.{name} {what}, its field in {} says otherwise: {remedy}",
                row.name
            ));
        }
        let base: String = column.type_name.split(['(', ')']).step_by(2).collect();
        if !field.types.contains(&base.as_str()) {
            found.push(format!(
                "the declared column {table}.{name} is {}, its field in {} holds {}: change one of them",
                column.type_name,
                row.name,
                field.types.join(" or ")
            ));
        }
    }
    let stale = row.columns.iter().filter(|field| !columns.iter().any(|(name, _)| *name == field.name));
    found.extend(stale.map(|field| {
        format!(
            "the field {}.{} has no declared column in {table}: declare it in src/schema/declared, or drop the field",
            row.name, field.name
        )
    }));
}

async fn declared_catalogue() -> (TestDatabase, Catalogue) {
    let guard = TestDatabase::create().await;
    let mut connection = guard.connect().await;
    // A table that needs an extension has columns of types that the driver does not know: it has no row type.
    let mut files = declared::embedded();
    files.retain(|file| file.extension().is_none());
    declared::load_files(&mut connection, &files).await.unwrap();
    let catalogue = catalogue::read(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    (guard, catalogue)
}

#[tokio::test]
async fn every_declared_column_has_its_field() {
    let (_guard, catalogue) = declared_catalogue().await;
    let found = disagreements(&all(), &catalogue);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[tokio::test]
async fn each_way_to_disagree_is_found_and_named() {
    let (_guard, catalogue) = declared_catalogue().await;
    let name = RowColumn { name: "name", types: &["text", "character varying"], nullable: false };
    let said = |changed: RowType| {
        let others = all().into_iter().filter(|row| row.name != "Venue");
        disagreements(&others.chain([changed]).collect::<Vec<_>>(), &catalogue)
    };
    let with = |change: &dyn Fn(RowColumn) -> Option<RowColumn>| {
        let columns: Vec<RowColumn> = Venue::ROW.columns.iter().copied().filter_map(change).collect();
        said(RowType { columns: columns.leak(), ..Venue::ROW })
    };
    let only = |column: RowColumn, wanted: RowColumn| Some(if column.name == wanted.name { wanted } else { column });
    let expected = [
        (
            said(RowType { table: "public.places", ..Venue::ROW }),
            vec!["public.venues has no row type", "is of public.places"],
        ),
        (with(&|column| (column.name != "name").then_some(column)), vec!["public.venues.name has no field"]),
        (
            with(&|column| Some(if column.name == "name" { RowColumn { name: "title", ..column } } else { column })),
            vec!["public.venues.name has no field", "Venue.title has no declared column"],
        ),
        (with(&|column| only(column, RowColumn { nullable: true, ..name })), vec!["public.venues.name is not null"]),
        (
            with(&|column| only(column, RowColumn { types: &["integer"], ..name })),
            vec!["public.venues.name is character varying(255)"],
        ),
        (
            with(&|column| Some(RowColumn { nullable: column.nullable && column.name != "address", ..column })),
            vec!["public.venues.address can be null"],
        ),
    ];
    for (found, words) in expected {
        assert_eq!(found.len(), words.len(), "{found:#?}");
        for (found, words) in found.iter().zip(words) {
            assert!(found.contains(words) && found.contains(": "), "{words} is not in {found}");
        }
    }
}

#[tokio::test]
async fn a_row_can_be_read_as_its_type() {
    let (guard, _) = declared_catalogue().await;
    let mut connection = guard.connect().await;
    sqlx::raw_sql(
        "insert into venues values (gen_random_uuid(), 'p', 'google', 'Bar', '{bar}', 1.5, 2.5, null, 4.5, 2, '{\"state\": \"complex\"}', null,
             now(), now(), now());
         insert into user_events select gen_random_uuid(), null, 'THUMBS_UP', id, 'QUICK_BITE', null, now() from venues",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let venue: Venue = sqlx::query_as("select * from venues").fetch_one(&mut connection).await.unwrap();
    assert_eq!((venue.name.as_str(), venue.lat, venue.rating, venue.address), ("Bar", 1.5, Some(4.5), None));
    let event: venue_sync::store::rows::UserEvent =
        sqlx::query_as("select * from user_events").fetch_one(&mut connection).await.unwrap();
    assert_eq!(serde_json::to_value(&event).unwrap()["event_type"], "THUMBS_UP");
    assert_eq!(serde_json::to_value(&event).unwrap()["mode"], "QUICK_BITE");
}
