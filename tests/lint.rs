//! What `venues migrate lint` says of migration files: each unsafe statement by its rule, with the safe way, and nothing of the
//! safe ones.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::Path;

use venue_sync::migrate::lint::{Finding, SqlFile, lint};

/// A pair whose other half is in order.
fn up(text: &str) -> Vec<Finding> {
    let kind = if text.starts_with("-- no-transaction") { "-- no-transaction\n" } else { "" };
    let files = [
        SqlFile { path: "20270101000000_try.up.sql".to_owned(), text: text.to_owned() },
        SqlFile { path: "20270101000000_try.down.sql".to_owned(), text: format!("{kind}select 1;\n") },
    ];
    lint(&files, &[])
}

fn rules(findings: &[Finding]) -> Vec<&str> {
    let rules: BTreeSet<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
    rules.into_iter().collect()
}

/// Statements that block writers, rewrite a table, cannot run, or break readers; and the rules that say so.
const UNSAFE: &[(&str, &[&str])] = &[
    ("create index i on public.venues (name);", &["require-concurrent-index-creation"]),
    ("create unique index i on public.venues (name);", &["require-concurrent-index-creation"]),
    ("create index if not exists i on public.venues (name);", &["require-concurrent-index-creation"]),
    ("drop index public.i;", &["require-concurrent-index-deletion"]),
    ("create index concurrently i on public.venues (name);", &["needs-no-transaction"]),
    ("drop index concurrently public.i;", &["needs-no-transaction"]),
    ("reindex table concurrently public.venues;", &["needs-no-transaction"]),
    ("reindex table public.venues;", &["require-concurrent-reindex"]),
    ("alter table public.p detach partition public.q;", &["require-concurrent-partition-detach"]),
    ("alter table public.venues add column phone text not null;", &["adding-required-field"]),
    ("alter table public.venues add column k uuid default gen_random_uuid();", &["adding-field-with-default"]),
    ("alter table public.venues add column k timestamptz default clock_timestamp();", &["adding-field-with-default"]),
    ("alter table public.venues add column n bigint generated always as identity;", &["adding-field-with-default"]),
    (
        "alter table public.venues add column n text generated always as (lower(name)) stored;",
        &["adding-field-with-default"],
    ),
    ("alter table public.venues add column n bigserial;", &["prefer-identity", "rewrite"]),
    ("alter table public.venues add column n int check (n > 0);", &["check-with-column"]),
    (
        "alter table public.user_events add column v uuid references public.venues (id);",
        &["adding-foreign-key-constraint"],
    ),
    ("alter table public.venues alter column address set not null;", &["adding-not-nullable-field"]),
    ("alter table public.venues alter column address drop not null;", &["ban-drop-not-null"]),
    ("alter table public.venues alter column price_level type bigint;", &["changing-column-type"]),
    ("alter table public.venues alter column hours type jsonb using hours::jsonb;", &["changing-column-type"]),
    ("alter table public.venues add constraint c check (rating >= 0);", &["constraint-missing-not-valid"]),
    (
        "alter table public.venues add constraint c check (rating >= 0) not valid;\n\
         alter table public.venues validate constraint c;",
        &["constraint-missing-not-valid"],
    ),
    (
        "alter table public.user_events add constraint f foreign key (venue_id) references public.venues (id);",
        &["adding-foreign-key-constraint", "constraint-missing-not-valid"],
    ),
    (
        "alter table public.venues add constraint u unique (name);",
        &["constraint-missing-not-valid", "disallowed-unique-constraint"],
    ),
    (
        "alter table public.venues add primary key (id);",
        &["adding-serial-primary-key-field", "constraint-missing-not-valid"],
    ),
    ("alter table public.venues add constraint e exclude using gist (lat with =);", &["constraint-missing-not-valid"]),
    ("alter domain public.d add constraint c check (value > 0);", &["ban-alter-domain-with-add-constraint"]),
    ("alter table public.venues set unlogged;", &["rewrite"]),
    ("alter table public.venues set tablespace elsewhere;", &["rewrite"]),
    ("cluster public.venues using i;", &["rewrite"]),
    ("vacuum full public.venues;", &["needs-no-transaction", "rewrite"]),
    ("refresh materialized view public.m;", &["refresh"]),
    ("lock table public.venues;", &["lock"]),
    ("update public.venues set address = '';", &["update-all"]),
    ("alter table public.venues rename column name to title;", &["renaming-column"]),
    ("alter table public.venues rename to places;", &["renaming-table"]),
    ("alter type public.mode_enum rename value 'WORK' to 'OFFICE';", &["renaming-object"]),
    ("alter table public.venues drop constraint c;", &["ban-drop-constraint"]),
    ("drop view public.v;", &["ban-drop-view"]),
    ("drop schema venue_sync cascade;", &["ban-drop-schema", "cascade"]),
    ("alter table public.venues drop constraint c cascade;", &["ban-drop-constraint", "cascade"]),
    ("drop type public.mode_enum cascade;", &["ban-drop-type", "cascade"]),
    ("begin; alter table public.venues add column x int; commit;", &["transaction-nesting"]),
    ("drop table public.venues;", &["unmarked-loss"]),
    ("drop table if exists venues;", &["unmarked-loss"]),
    ("alter table public.venues drop column address;", &["unmarked-loss"]),
    ("alter table if exists \"public\".\"venues\" drop column if exists address;", &["unmarked-loss"]),
    ("truncate public.venues;", &["unmarked-loss"]),
    ("delete from public.venues where rating is null;", &["unmarked-loss"]),
    ("-- loses: public.venues\ndrop table public.venue_profiles;", &["unfounded-loss", "unmarked-loss"]),
    (
        "-- loses: public.venues.address\nalter table public.venues drop column phone;",
        &["unfounded-loss", "unmarked-loss"],
    ),
    ("-- loses: public.order\ndrop table public.\"Order\";", &["unfounded-loss", "unmarked-loss"]),
    (
        "-- loses: public.venues.name\nalter table public.venues alter column address set not null;",
        &["adding-not-nullable-field", "unfounded-loss"],
    ),
    ("-- loses: public.venues\nselect 1;", &["unfounded-loss"]),
    ("-- no-transaction\nselect 1; select 2;", &["no-transaction"]),
    ("-- First the index.\n-- no-transaction\nselect 1;", &["no-transaction"]),
    ("-- squawk-ignore changing-column-type\nalter table public.v alter column c type bigint;", &["bare-ignore"]),
    ("-- squawk-ignore-file\nselect 1;", &["bare-ignore"]),
    ("-- squawk-ignore update-most -- a word of nobody\nselect 1;", &["unused-ignore"]),
    ("creat table x;", &["syntax"]),
    ("-- Nothing yet.", &["empty"]),
];

/// What people write instead, and must be left in peace.
const SAFE: &[&str] = &[
    "-- no-transaction\ncreate unique index concurrently i on public.venues (name);",
    "-- no-transaction\ndrop index concurrently public.i;",
    "alter table public.venues add column phone text;",
    "alter table public.venues add column k int not null default 1;",
    "alter table public.venues add column k timestamptz default now();",
    "alter table public.venues add constraint c check (rating >= 0) not valid;",
    "alter table public.venues validate constraint c;",
    "alter table public.venues add constraint u unique using index i;",
    "alter table public.venues alter column address set default '';",
    "alter type public.mode_enum add value 'LATE';",
    "create table public.e (id uuid primary key, v uuid references public.venues (id)); create index on public.e (v);",
    "create view public.v as select id from public.venues;",
    "create function public.f(a int) returns int language sql immutable as $$ select a + 1 $$;",
    "comment on table public.venues is 'places';",
    "refresh materialized view concurrently public.m;",
    "update public.venues set address = null where address = '';",
    "-- loses: public.venues.address\nalter table public.venues drop column address;",
    "-- loses: public.venues\n-- loses: venue_sync.runs\ndrop table venues; drop table venue_sync.runs;",
    "-- loses: public.\"Order\".\"user\"\nalter table public.\"Order\" drop column \"user\";",
    "-- loses: public.\"Order\"\ndrop table \"Order\";",
    "-- loses: public.\"venues\".Address\nalter table venues drop column address;",
    "-- loses: public.venues.name\n-- squawk-ignore changing-column-type -- few rows\nalter table public.venues alter column name type varchar(9);",
    "-- squawk-ignore unmarked-loss -- computed\nalter table public.venues drop column address;",
    "-- loses: public.venues\ndo $$ begin if true then delete from public.venues; end if; end $$;",
    "-- squawk-ignore changing-column-type -- a table of ten rows\nalter table public.v alter column c type bigint;",
    "-- squawk-ignore-file require-concurrent-index-creation -- nobody writes there yet\ncreate index i on public.v (c);",
];

#[test]
fn every_unsafe_statement_is_found_by_its_rule_and_the_safe_way_is_said() {
    for (text, expected) in UNSAFE {
        let findings = up(text);
        assert_eq!(rules(&findings), *expected, "{text}\n{findings:#?}");
        for finding in findings {
            assert!(finding.safe_way.len() > 10, "{text}: {finding:?}");
        }
    }
}

#[test]
fn safe_statements_are_left_in_peace() {
    for text in SAFE {
        assert_eq!(up(text), [], "{text}");
    }
}

#[test]
fn exceptions_hold_for_rules_of_ours_too_and_only_for_the_next_line() {
    let excused = "-- squawk-ignore update-all -- ten rows\nupdate public.v set a = 1;\n";
    assert_eq!(up(excused), []);
    assert_eq!(rules(&up(&format!("{excused}\nupdate public.w set a = 1;\n"))), ["update-all"]);
}

#[test]
fn a_finding_names_the_line_of_its_statement() {
    let findings = up(
        "-- A column.\nalter table public.v add column a int;\n\n-- And its index.\ncreate index i on public.v (a);\n",
    );
    let [finding] = &*findings else { panic!("{findings:?}") };
    assert_eq!((finding.file.as_str(), finding.line), ("20270101000000_try.up.sql", 5));
}

#[test]
fn a_down_may_take_back_what_its_up_brought_but_not_block_writers() {
    let pair = |down: &str| {
        let up = "create view public.v as select 1;".to_owned();
        let files = [
            SqlFile { path: "20270101000000_try.up.sql".to_owned(), text: up },
            SqlFile { path: "20270101000000_try.down.sql".to_owned(), text: down.to_owned() },
        ];
        rules(&lint(&files, &[])).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(pair("drop view public.v;"), [""; 0]);
    assert_eq!(pair("drop index public.i;"), ["require-concurrent-index-deletion"]);
    assert_eq!(pair("drop table public.e;"), ["unmarked-loss"]);
    assert_eq!(pair("-- nothing"), ["empty"]);
    assert_eq!(
        pair("-- no-transaction\nvacuum;"),
        ["mixed-pair"],
        "of a killed run nobody could tell which way it went"
    );
}

#[test]
fn a_marker_names_its_object_as_sql_does() {
    let drop = "alter table \"Order\" drop column \"user\";";
    assert_eq!(rules(&up(&format!("-- loses: public.\"Order\".\"user\"\n{drop}"))), [""; 0]);
    assert_eq!(rules(&up(&format!("-- loses: PUBLIC.\"Order\".user\n{drop}"))), [""; 0]);
    assert_eq!(rules(&up(&format!("-- loses: public.order.user\n{drop}"))), ["unfounded-loss", "unmarked-loss"]);
    let [finding] = &*up(drop) else { panic!("one finding") };
    assert!(finding.safe_way.contains("-- loses: public.\"Order\".\"user\"`"), "{finding:?}");
}

#[test]
fn names_pairs_and_order_are_checked() {
    let lint = |names: &[&str], known: &[i64]| {
        let files: Vec<_> =
            names.iter().map(|name| SqlFile { path: (*name).to_owned(), text: "select 1;".to_owned() }).collect();
        rules(&lint(&files, known)).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let pair = ["20270101000000_a.up.sql", "20270101000000_a.down.sql"];
    assert_eq!(lint(&pair, &[]), [""; 0]);
    assert_eq!(lint(&pair, &[20_270_101_000_000, 20_280_101_000_000]), [""; 0]);
    assert_eq!(lint(&pair, &[20_280_101_000_000]), ["version-out-of-order"]);
    assert_eq!(lint(&pair[..1], &[]), ["unpaired"]);
    assert_eq!(lint(&pair[1..], &[]), ["unpaired"]);
    assert_eq!(
        lint(&[pair[0], pair[1], "20270101000000_b.up.sql", "20270101000000_b.down.sql"], &[]),
        ["version-twice"]
    );
    assert_eq!(lint(&["1_a.up.sql"], &[]), ["file-name"]);
    assert_eq!(lint(&["20271301000000_month_13.up.sql"], &[]), ["file-name"]);
    assert_eq!(lint(&["20270101000000_a.sql"], &[]), ["file-name"]);
}

#[test]
fn our_own_migrations_have_no_findings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<SqlFile> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| SqlFile { text: std::fs::read_to_string(&path).unwrap(), path: path.display().to_string() })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() >= 4);
    assert_eq!(lint(&files, &[]), []);
}

fn command(arguments: &[&str]) -> (i32, String, String) {
    let output = assert_cmd::Command::cargo_bin("venues")
        .unwrap()
        .env_clear()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["migrate", "lint"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_needs_no_database_and_ends_with_one_when_it_finds_something() {
    let (code, said, _) = command(&[]);
    assert_eq!((code, said.starts_with("no finding in ")), (0, true), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("20270101000000_try.up.sql");
    std::fs::write(&path, "alter table public.venues add column a int;\ncreate index i on public.venues (a);\n")
        .unwrap();
    let (code, said, _) = command(&[folder.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(said.contains(":2: require-concurrent-index-creation: "), "{said}");
    assert!(said.contains("    Safe: Use `concurrently`"), "{said}");
    assert!(said.contains(":1: unpaired: "), "{said}");

    let (code, said, _) = command(&["--json", path.to_str().unwrap()]);
    let line: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &line["files"]), (1, &1.into()));
    assert_eq!(line["findings"][1]["rule"], "require-concurrent-index-creation");
    assert_eq!(line["findings"][1]["line"], 2);
}

#[test]
fn a_file_that_is_not_there_is_named_and_nothing_is_claimed() {
    let (code, said, complaint) = command(&["no/such/folder"]);
    assert_eq!((code, said.as_str()), (2, ""));
    assert!(complaint.contains("cannot read no/such/folder"), "{complaint}");
}
