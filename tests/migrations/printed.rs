use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::{AssertSqlSafe, Executor as _};
use squawk_lexer::TokenKind;
use venue_sync::migrate::{Options, State, Target, sql};

use crate::bench::{Bench, FIRST, SECOND, files, told};

/// Beside the programs of the server that runs, which may have been fetched for the tests, or on PATH.
async fn psql(bench: &mut Bench) -> Option<PathBuf> {
    let bin = bench.text("select setting from pg_config() where name = 'BINDIR'").await.unwrap();
    let beside = Path::new(&bin).join("psql");
    [beside, PathBuf::from("psql")].into_iter().find(|program| {
        let said = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        said.is_ok_and(|status| status.success())
    })
}

/// Runs what was printed as psql does; by psql itself, if there is one on this machine.
#[expect(clippy::print_stdout, reason = "whoever looks at this test should know what it was")]
async fn run_printed(bench: &mut Bench, script: &str) {
    let Some(program) = psql(bench).await else {
        println!("there is no psql here: each statement is sent as a simple query");
        return send(bench, script).await;
    };
    let mut child = Command::new(program)
        .args(["--no-psqlrc", "--quiet", &bench.guard.url()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// Each statement as a simple query of its own, until one fails.
async fn send(bench: &mut Bench, script: &str) {
    let sql = script.strip_prefix("\\set ON_ERROR_STOP on\n").expect("psql is to stop at the first error");
    for statement in statements(sql) {
        if let Err(error) = bench.connection.execute(AssertSqlSafe(statement)).await {
            panic!("{error}\n{statement}");
        }
    }
}

/// As psql cuts them, but for what no migration of ours has: a semicolon within the body of a function that is no text.
fn statements(sql: &str) -> Vec<&str> {
    let mut end = 0;
    let ends = squawk_lexer::tokenize(sql).filter_map(|token| {
        end += usize::try_from(token.len).unwrap();
        (token.kind == TokenKind::Semi).then_some(end)
    });
    let ends: Vec<usize> = ends.collect();
    std::iter::once(&0).chain(&ends).zip(&ends).map(|(begin, end)| sql.get(*begin..*end).unwrap()).collect()
}

#[tokio::test]
async fn without_psql_it_leaves_the_same_database() {
    let mut sent = Bench::empty().await;
    let newest = sent.newest().await;
    send(&mut sent, &sql(files(), 0, newest, false).unwrap()).await;
    let mut run = Bench::at_head().await;
    assert_eq!(sent.catalogue("public").await, run.catalogue("public").await);
    assert_eq!(sent.text(RECORDED).await, run.text(RECORDED).await);
}

/// What the runners record, without the times.
const RECORDED: &str = "
    select string_agg(concat_ws(' ', m.version, m.description, m.success, m.checksum, k.checksum, k.up, k.down, k.applied_by), E'\\n'
                      order by m.version)
    from venue_sync._sqlx_migrations m left join venue_sync.migration_statements k using (version)";

#[tokio::test]
async fn the_printed_sql_leaves_the_same_database_under_psql() {
    let mut run = Bench::at_head().await;
    let mut printed = Bench::empty().await;
    let newest = printed.newest().await;
    run_printed(&mut printed, &sql(files(), 0, newest, false).unwrap()).await;
    for schema in ["public", "venue_sync"] {
        assert_eq!(printed.catalogue(schema).await, run.catalogue(schema).await);
    }
    assert_eq!(printed.text(RECORDED).await, run.text(RECORDED).await);
    assert_eq!(printed.standing().await.state(), Ok(State::Current));
    assert!(printed.up(&Options::default()).await.unwrap().is_empty());

    run_printed(&mut printed, &sql(files(), newest, FIRST, false).unwrap()).await;
    assert_eq!(printed.standing().await.newest(), FIRST);
    run.down(&told(Target::Rev("f99aa361bd09".parse().unwrap()))).await.unwrap();
    assert_eq!(printed.catalogue("public").await, run.catalogue("public").await);
    run_printed(&mut printed, &sql(files(), FIRST, 0, false).unwrap()).await;
    assert_eq!(printed.text("select to_regnamespace('venue_sync')::text").await, None, "nothing of ours is left");
}

#[tokio::test]
async fn the_printed_sql_takes_over_what_alembic_made() {
    let mut printed = Bench::made_by_alembic().await;
    let newest = printed.newest().await;
    run_printed(&mut printed, &sql(files(), FIRST, newest, true).unwrap()).await;
    let mut run = Bench::made_by_alembic().await;
    run.up(&told(Target::Usual)).await.unwrap();
    assert_eq!(printed.text(RECORDED).await, run.text(RECORDED).await);
    assert_eq!(printed.standing().await.state(), Ok(State::Current));
}

#[test]
fn a_part_is_printed_from_where_the_database_stands() {
    let text = sql(files(), FIRST, SECOND, false).unwrap();
    assert!(text.contains("create table venue_sync.runs") && !text.contains("create table public.venues"), "{text}");
    assert!(!text.contains("insert into venue_sync.migration_statements"), "there is none yet");
}

#[test]
fn what_a_way_back_loses_is_printed_before_it() {
    let text = sql(files(), SECOND, FIRST, false).unwrap();
    let said = text.find("-- THIS LOSES DATA").unwrap();
    assert!(said < text.find("begin;").unwrap() && text.contains("--   public.venue_profiles, in part\n"), "{text}");
}
