use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use venue_sync::migrate::{Options, State, Target, sql};

use crate::bench::{Bench, FIRST, SECOND, files, told};

/// Beside the server programs that the tests were given, or on PATH.
#[expect(clippy::disallowed_methods, reason = "a test program has no `cli` to read its environment")]
fn psql(bench: &Bench, script: &str) -> String {
    let beside = std::env::var_os("VENUES_POSTGRES_BIN").map(|folder| Path::new(&folder).join("psql"));
    let program = beside.filter(|program| program.exists()).unwrap_or_else(|| "psql".into());
    let mut child = Command::new(program)
        .args(["--no-psqlrc", "--quiet", &bench.guard.url()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql is installed");
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{said}");
    said
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
    psql(&printed, &sql(files(), 0, newest).unwrap());
    for schema in ["public", "venue_sync"] {
        assert_eq!(printed.catalogue(schema).await, run.catalogue(schema).await);
    }
    assert_eq!(printed.text(RECORDED).await, run.text(RECORDED).await);
    assert_eq!(printed.standing().await.state(), Ok(State::Current));
    assert!(printed.up(&Options::default()).await.unwrap().is_empty());

    psql(&printed, &sql(files(), newest, FIRST).unwrap());
    assert_eq!(printed.standing().await.newest(), FIRST);
    run.down(&told(Target::Rev("f99aa361bd09".parse().unwrap()))).await.unwrap();
    assert_eq!(printed.catalogue("public").await, run.catalogue("public").await);
}

#[test]
fn a_part_is_printed_from_where_the_database_stands() {
    let text = sql(files(), FIRST, SECOND).unwrap();
    assert!(text.contains("create table venue_sync.runs") && !text.contains("create table public.venues"), "{text}");
    assert!(!text.contains("insert into venue_sync.migration_statements"), "there is none yet");
}

#[test]
fn what_a_way_back_loses_is_printed_before_it() {
    let text = sql(files(), SECOND, FIRST).unwrap();
    let said = text.find("-- THIS LOSES DATA").unwrap();
    assert!(said < text.find("begin;").unwrap() && text.contains("--   public.venue_profiles, in part\n"), "{text}");
}
