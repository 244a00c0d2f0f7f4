//! `venues migrate new` and `check`, as somebody at work on the schema types them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sqlx::{AssertSqlSafe, Executor as _};
use support::database::TestDatabase;
use tempfile::TempDir;

/// A small source tree of its own, and a server for scratch databases.
struct Tree {
    folder: TempDir,
    database: TestDatabase,
}

const FIRST: &str = "create table public.venues (id int primary key, name text not null);";

impl Tree {
    async fn new() -> Self {
        let tree = Self { folder: TempDir::new().unwrap(), database: TestDatabase::create().await };
        for folder in ["migrations", "src/schema/declared"] {
            std::fs::create_dir_all(tree.path(folder)).unwrap();
        }
        std::fs::write(tree.path("migrations/20250101000000_first.up.sql"), FIRST).unwrap();
        std::fs::write(tree.path("migrations/20250101000000_first.down.sql"), "drop table public.venues;").unwrap();
        tree
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn declare(&self, sql: &str) {
        std::fs::write(self.path("src/schema/declared/public.sql"), sql).unwrap();
    }

    fn new_migration(&self, args: &[&str]) -> Output {
        let scratch = self.database.url();
        venues(self.folder.path(), &[&["migrate", "new"], args, &["--scratch-url", &scratch]].concat())
    }

    /// What was written: the names, and the texts.
    fn written(&self) -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> = std::fs::read_dir(self.path("migrations"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap())
            })
            .filter(|(name, _)| !name.contains("_first."))
            .collect();
        files.sort();
        files
    }
}

fn venues(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_venues"))
        .current_dir(folder)
        .args(args)
        .env_remove("DATABASE_URL")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn a_difference_becomes_two_files_and_then_nothing_differs() {
    let tree = Tree::new().await;
    tree.declare(&FIRST.replace("name text not null", "name text not null, phone text"));
    let output = tree.new_migration(&["Phone numbers", "--auto"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let files = tree.written();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(
        files[0].0.ends_with("_phone_numbers.down.sql") && files[1].0.ends_with("_phone_numbers.up.sql"),
        "{files:?}"
    );
    assert!(files[0].1.starts_with("-- loses: public.venues.phone\n"), "{}", files[0].1);
    assert!(files[1].1.contains("alter table public.venues add column phone text;"), "{}", files[1].1);
    let output = tree.new_migration(&["Again", "--auto"]);
    assert!(output.status.success() && said(&output).contains("nothing differs"), "{}", said(&output));
    assert_eq!(tree.written(), files, "nothing is written where nothing differs");
}

#[tokio::test]
async fn without_a_terminal_a_possible_rename_stops_and_says_what_to_give() {
    let tree = Tree::new().await;
    tree.declare(&FIRST.replace("name", "title"));
    let output = tree.new_migration(&["Titles", "--auto"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("public.venues.name:title") && said(&output).contains("--no-rename"),
        "{}",
        said(&output)
    );
    assert!(tree.written().is_empty());
    let output = tree.new_migration(&["Titles", "--auto", "--rename", "public.venues.name:title", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((line["written"].as_array().unwrap().len(), line["loses"].as_array().unwrap().len()), (2, 0));
    assert!(tree.written()[1].1.contains("rename column name to title"));
}

#[tokio::test]
async fn what_cannot_be_proven_is_not_written_and_is_named() {
    let tree = Tree::new().await;
    for (change, named) in [
        ("create sequence public.counter;", "public.counter (sequence)"),
        ("alter table public.venues add kind text not null;", "--fill 'public.venues.kind=EXPRESSION'"),
        ("alter table public.venues add kind text not null default 'x' unique;", "venues_kind_key"),
    ] {
        tree.declare(&format!("{FIRST} {change}"));
        let output = tree.new_migration(&["More", "--auto"]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(named), "{named} is not in {}", said(&output));
        assert!(tree.written().is_empty());
    }
}

#[tokio::test]
async fn a_new_migration_to_fill_in_comes_after_those_that_are_there() {
    let tree = Tree::new().await;
    std::fs::write(tree.path("migrations/29990101000000_first.up.sql"), "select 1;").unwrap();
    let output = tree.new_migration(&["By hand: no-transaction"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let files = tree.written();
    assert_eq!(files[1].0, "29990101000001_by_hand_no_transaction.up.sql");
    for (name, text) in &files {
        assert!(text.contains("To be written") && text.lines().all(|line| line.starts_with("--")), "{name}: {text}");
        assert!(!text.starts_with("-- no-transaction"), "a message is no marker");
    }
    let output = tree.new_migration(&["Lost", "--dir", "nowhere"]);
    assert!(output.status.code() == Some(2) && said(&output).contains("--dir"), "{}", said(&output));
}

#[tokio::test]
async fn check_names_what_differs_and_leaves_alone_what_is_not_ours() {
    let tree = Tree::new().await;
    let url = tree.database.url();
    let check =
        |args: &[&str]| venues(tree.folder.path(), &[&["migrate", "check", "--database-url", &url], args].concat());
    let output = check(&[]);
    assert!(output.status.code() == Some(1) && said(&output).contains("pending"), "{}", said(&output));
    let up = venues(tree.folder.path(), &["migrate", "up", "--database-url", &url]);
    assert!(up.status.success(), "{}", said(&up));
    let mut connection = tree.database.connect().await;
    connection.execute("create table jobs (id int primary key)").await.unwrap();
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("public.jobs: table is not ours, left alone"), "{}", said(&output));
    let harmless =
        "alter table venues add extra int; create index extra on venues (name); comment on table venues is 'theirs'";
    connection.execute(harmless).await.unwrap();
    for output in
        [check(&[]), venues(tree.folder.path(), &["migrate", "current", "--exit-code", "--database-url", &url])]
    {
        assert_eq!(output.status.code(), Some(0), "what stays for ever must not fail for ever: {}", said(&output));
    }
    for named in
        ["public.venues.extra: column", "public.venues.extra: index", "public.venues: table has another comment"]
    {
        assert!(said(&check(&[])).contains(named), "{named} is not in {}", said(&check(&[])));
    }
    for (alteration, named) in [
        ("alter table venues add constraint oops unique (name)", "public.venues.oops: constraint should not be there"),
        ("drop index ix_user_events_mode", "public.user_events.ix_user_events_mode: index is missing"),
    ] {
        connection.execute(AssertSqlSafe(alteration)).await.unwrap();
        let output = check(&[]);
        assert!(output.status.code() == Some(1) && said(&output).contains(named), "{}", said(&output));
    }
    let output = check(&["--json"]);
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&line["ok"], line["differences"].as_array().unwrap().len()), (&serde_json::json!(false), 2));
    assert_eq!(line["left_alone"].as_array().unwrap().len(), 4);
    assert!(line["left_alone"].as_array().unwrap().iter().any(|one| one["name"] == "public.jobs"));
}

#[tokio::test]
async fn current_tells_where_a_database_stands_though_nothing_can_be_made_to_compare_it_with() {
    let tree = Tree::new().await;
    let url = tree.database.url();
    let up = venues(tree.folder.path(), &["migrate", "up", "--database-url", &url]);
    assert!(up.status.success(), "{}", said(&up));
    let mut connection = tree.database.connect().await;
    let role = format!("reader_{}", uuid::Uuid::new_v4().simple());
    let reader = format!(
        "create role {role} login; grant usage on schema public, venue_sync to {role};
         grant select on all tables in schema public, venue_sync to {role}"
    );
    connection.execute(AssertSqlSafe(reader)).await.unwrap();
    let own = tree.database.options();
    let theirs = url.replacen(&format!("//{}@", own.get_username()), &format!("//{role}@"), 1);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_venues"))
        // So that there is no embedded server either.
        .env("VENUES_POSTGRES_BIN", tree.folder.path())
        .env("VENUES_DATA_DIR", tree.folder.path())
        .args(["migrate", "current", "--exit-code", "--database-url", &theirs])
        .output()
        .unwrap();
    connection.execute(AssertSqlSafe(format!("drop owned by {role}; drop role {role}"))).await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("(head)\nnot compared with what is declared: "), "{told}");
}

#[tokio::test]
async fn a_migration_that_is_for_nothing_is_refused() {
    let tree = Tree::new().await;
    let before = tree.written();
    for message in ["", "  "] {
        let refused = tree.new_migration(&[message]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("what the migration is for"));
    }
    assert_eq!(tree.written(), before);
}
