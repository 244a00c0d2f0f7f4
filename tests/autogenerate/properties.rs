//! Random pairs of schemas: what is written is proven, and what is not written is refused for a reason that is true.
//! `VENUES_SCHEMA_CASES` sets how many.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use venue_sync::migrate::auto::{AutoError, Options, Outcome, Start, Written, generate};
use venue_sync::migrate::scratch;
use venue_sync::schema::catalogue::{self, Catalogue};
use venue_sync::schema::declared::{self, Declaration};
use venue_sync::schema::difference::compare;

use crate::support::database::TestDatabase;

/// Type, default.
const TYPES: &[(&str, &str)] = &[
    ("int", "0"),
    ("bigint", "7"),
    ("text", "'x'"),
    ("varchar(12)", "'it''s'"),
    ("float8", "1.5"),
    ("boolean", "true"),
    ("jsonb", "'{}'"),
    ("timestamptz", "now()"),
    ("text[]", "'{}'"),
    ("mood", "'good'"),
];

#[derive(Debug, Clone)]
struct Field {
    sort: usize,
    not_null: bool,
    default: bool,
    index: usize,
    comment: bool,
}

#[derive(Debug, Clone)]
struct Table {
    fields: Vec<Option<Field>>,
    parent: Option<(usize, usize)>,
    together: bool,
}

#[derive(Debug, Clone)]
struct Schema {
    labels: usize,
    tables: Vec<Option<Table>>,
    view: bool,
    function: usize,
}

fn field() -> impl Strategy<Value = Field> {
    (0..TYPES.len(), any::<bool>(), any::<bool>(), 0..9usize, any::<bool>())
        .prop_map(|(sort, not_null, default, index, comment)| Field { sort, not_null, default, index, comment })
}

fn table() -> impl Strategy<Value = Table> {
    let fields = prop::collection::vec(prop::option::weighted(0.7, field()), 3);
    (fields, prop::option::of((0..3usize, 0..4usize)), any::<bool>()).prop_map(|(fields, parent, together)| Table {
        fields,
        parent,
        together,
    })
}

fn schema() -> impl Strategy<Value = Schema> {
    let tables = prop::collection::vec(prop::option::weighted(0.8, table()), 3);
    (0..4usize, tables, any::<bool>(), 0..3usize).prop_map(|(labels, tables, view, function)| Schema {
        labels,
        tables,
        view,
        function,
    })
}

/// Two that are half alike, as two revisions are.
fn pair() -> impl Strategy<Value = (Schema, Schema)> {
    (schema(), schema(), prop::collection::vec(prop::bool::weighted(0.8), 9)).prop_map(|(one, mut other, keep)| {
        for (number, table) in other.tables.iter_mut().enumerate() {
            let (Some(table), Some(Some(before))) = (table.as_mut(), one.tables.get(number)) else { continue };
            for (place, field) in table.fields.iter_mut().enumerate() {
                if keep[number * 3 + place] {
                    field.clone_from(&before.fields[place]);
                }
            }
        }
        (one, other)
    })
}

impl Schema {
    fn sql(&self) -> String {
        let labels =
            ["'good', 'bad'", "'good', 'middling', 'bad'", "'bad', 'good'", "'good', 'bad', 'it''s over'"][self.labels];
        let mut sql = format!("set search_path = public; create type mood as enum ({labels});\n");
        if self.function > 0 {
            let body = ["", "select $1 is distinct from 'no'", "select coalesce($1, '') <> 'never'"][self.function];
            writeln!(sql, "create function fine(text) returns boolean immutable language sql as $$ {body} $$;")
                .unwrap();
        }
        for (number, table) in self.tables.iter().enumerate().filter_map(|(number, it)| Some((number, it.as_ref()?))) {
            table.write(number, self, &mut sql);
        }
        for (number, table) in self.tables.iter().enumerate().filter_map(|(number, it)| Some((number, it.as_ref()?))) {
            if let Some((parent, action)) = table.parent
                && self.tables[parent].is_some()
            {
                let action = ["", "on delete cascade", "on delete set null", "on update cascade deferrable"][action];
                writeln!(sql, "alter table t{number} add parent int references t{parent} {action};").unwrap();
            }
            if self.view {
                let names: Vec<String> = table.present().map(|(place, _)| format!(", c{place}")).collect();
                writeln!(sql, "create view v{number} as select id{} from t{number};", names.concat()).unwrap();
            }
        }
        sql + "reset search_path;"
    }
}

impl Table {
    fn present(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter_map(|(place, field)| Some((place, field.as_ref()?)))
    }

    fn write(&self, number: usize, schema: &Schema, sql: &mut String) {
        writeln!(sql, "create table t{number} (id int primary key);").unwrap();
        for (place, field) in self.present() {
            let (sort, default) = TYPES[field.sort];
            let not_null = if field.not_null { " not null" } else { "" };
            let default = if field.default { format!(" default {default}") } else { String::new() };
            writeln!(sql, "alter table t{number} add c{place} {sort}{not_null}{default};").unwrap();
            let comparable = !["jsonb"].contains(&sort);
            let text = ["text", "varchar(12)"].contains(&sort);
            let extra = match field.index {
                1 => format!("create index on t{number} (c{place});"),
                2 => format!("create unique index on t{number} (c{place}, id);"),
                3 => format!("create index on t{number} (c{place}) where id > 1;"),
                4 if text => format!("create index on t{number} (lower(c{place}));"),
                4 if sort == "jsonb" => format!("create index on t{number} using gin (c{place});"),
                5 => format!("alter table t{number} add constraint u{number}{place} unique (id, c{place});"),
                6 if text => format!("alter table t{number} add constraint k{place} check (c{place} <> 'nothing');"),
                6 if sort == "mood" => format!("create index on t{number} (id) where c{place} = 'bad';"),
                7 if text && schema.function > 0 => {
                    format!("alter table t{number} add constraint k{place} check (fine(c{place}));")
                }
                8 if sort == "int" => {
                    format!("alter table t{number} add g{place} int generated always as (c{place} + 1) stored;")
                }
                _ => String::new(),
            };
            if comparable || !extra.contains("(c") || extra.contains("gin") {
                writeln!(sql, "{extra}").unwrap();
            }
            if field.comment {
                writeln!(sql, "comment on column t{number}.c{place} is 'a {sort} of {number}';").unwrap();
            }
        }
        if self.together && self.present().count() > 1 {
            let names: Vec<String> = self
                .present()
                .filter(|(_, it)| TYPES[it.sort].0 != "jsonb")
                .map(|(place, _)| format!("c{place}"))
                .collect();
            if !names.is_empty() {
                writeln!(sql, "create index on t{number} ({}) include (id);", names.join(", ")).unwrap();
            }
        }
    }
}

/// Whether somebody would agree that it cannot be written.
fn is_true_reason(error: &AutoError) -> bool {
    match error {
        AutoError::Refused(refusals) => all_of_some(refusals, |refusal| {
            ["it is not null, and rows", "no assignment cast", "it is filled in every row"]
                .iter()
                .any(|reason| refusal.reason.starts_with(reason))
        }),
        // What text a null was filled with need not be a value of the type that the column had; and rows cannot point to those of a
        // table that is new, or empty again.
        AutoError::Unproven { what: "up" | "down", objects } => all_of_some(objects, |said| {
            ["invalid input", "malformed array", "insert or update on table"].iter().any(|word| said.starts_with(word))
        }),
        // No time fits into twelve letters.
        AutoError::Unproven { what: "rows are needed to try it", objects } => all_of_some(objects, |said| {
            said.contains("no value of type timestamp with time zone")
                || said.contains("invalid input syntax for type timestamp with time zone")
        }),
        _ => false,
    }
}

/// Nothing is no reason.
fn all_of_some<T>(list: &[T], holds: impl Fn(&T) -> bool) -> bool {
    !list.is_empty() && list.iter().all(holds)
}

/// Runs the files as a runner would, and compares what is there after each with the schema that it is to make.
async fn differences(
    connection: &mut PgConnection,
    from: &[Declaration],
    to: &[Declaration],
    written: &Written,
) -> Result<(), String> {
    let wanted = made(connection, to).await;
    let before = made(connection, from).await;
    for (way, sql, wanted) in
        [("up", &written.up, &wanted), ("down", &written.down, &before), ("up again", &written.up, &wanted)]
    {
        let mut transaction = connection.begin().await.unwrap();
        transaction.execute(AssertSqlSafe(sql.clone())).await.map_err(|error| format!("{way}: {error}\n{sql}"))?;
        transaction.commit().await.map_err(|error| format!("{way}: {error}\n{sql}"))?;
        let found = compare(wanted, &catalogue::read(connection).await.unwrap());
        if !found.is_empty() {
            return Err(format!("{way} leaves {found:?}\n{sql}"));
        }
    }
    Ok(())
}

/// A declared schema in a database that was emptied for it.
async fn made(connection: &mut PgConnection, schema: &[Declaration]) -> Catalogue {
    scratch::empty(connection).await.unwrap();
    declared::load_files(connection, schema).await.unwrap();
    connection.execute("create schema if not exists venue_sync").await.unwrap();
    catalogue::read(connection).await.unwrap()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test program has no `cli` to read its environment")]
fn random_pairs_are_proven_or_refused_for_a_true_reason() {
    let cases = std::env::var("VENUES_SCHEMA_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let guard = runtime.block_on(TestDatabase::create());
    let connection = std::cell::RefCell::new(runtime.block_on(guard.connect()));
    let (proven, refused) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    // The usual cases are the same every time: whoever wants others asks for more.
    let mut runner = match std::env::var_os("VENUES_SCHEMA_CASES") {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let result = runner.run(&pair(), |(one, other)| {
        let declared = |schema: &Schema| vec![Declaration { name: "all.sql".to_owned(), sql: schema.sql() }];
        let (from, to) = (declared(&one), declared(&other));
        // Most columns that refuse null have something to be filled with.
        let zeros = [
            (0, "0"),
            (1, "0"),
            (2, "'y'"),
            (3, "'y'"),
            (4, "0"),
            (5, "true"),
            (6, "'{}'"),
            (7, "now()"),
            (8, "'{}'"),
            (9, "'bad'"),
        ];
        let mut options = Options { no_other_renames: true, message: "random".to_owned(), ..Options::default() };
        for (number, table) in other.tables.iter().enumerate().filter_map(|(number, it)| Some((number, it.as_ref()?))) {
            for (place, field) in table.present() {
                options.fills.insert(format!("public.t{number}.c{place}"), zeros[field.sort].1.to_owned());
            }
        }
        let mut connection = connection.borrow_mut();
        let outcome = runtime.block_on(generate(&mut connection, &Start::Declared(&from), &to, &options));
        match outcome {
            Ok(Outcome::Proven(written)) => {
                let same = runtime.block_on(differences(&mut connection, &from, &to, &written));
                same.map_err(|found| TestCaseError::fail(format!("{found}\nfrom {}\nto {}", one.sql(), other.sql())))?;
                proven.set(proven.get() + 1);
            }
            Ok(Outcome::NothingDiffers) => (),
            Err(error) if is_true_reason(&error) => refused.set(refused.get() + 1),
            Err(error) => {
                let texts = (one.sql(), other.sql());
                return Err(TestCaseError::fail(format!("{error}\nfrom {}\nto {}", texts.0, texts.1)));
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (proven, refused) = (proven.get(), refused.get());
    println!("{proven} proven, {refused} refused");
    assert!(proven > refused, "{proven} proven, {refused} refused");
}
