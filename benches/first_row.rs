//! How long it takes from a stopped database to the first venue of a region, with the map on this machine; beside what PostgreSQL alone
//! takes, `pg_ctl start` and one insert by hand, in the same run.

#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]
#![expect(clippy::print_stdout, reason = "a bench is there to be read")]

#[path = "../tests/double/mod.rs"]
mod double;
#[path = "../tests/support/mod.rs"]
mod support;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use double::{city, osm};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};
use support::database;
use support::desk::Desk;
use venue_sync::store::embedded::{self, Home};

fn main() {
    // `cargo test --benches` only wants to know whether it works.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { 5 } else { 1 };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure(rounds));
}

async fn measure(rounds: u32) {
    let folder = tempfile::Builder::new().prefix("venues-first-row-").tempdir_in("/tmp").unwrap();
    // As root the server is another user, who has to get to its data.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let map = osm::Double::serve(&city::town()).await;
    #[expect(clippy::disallowed_methods, reason = "the server programs may be anywhere on it")]
    let path = std::env::var("PATH").unwrap_or_default();
    let desk = Desk { folder, variables: vec![] }
        // The double has no etiquette: two seconds between questions, as the map's server wants them, are not what is measured.
        .with_file("venues.toml", "[providers.osm]\nrequests_per_second = 500\n")
        .with("PATH", &path)
        .with("OVERPASS_BASE_URL", &map.url())
        .with("VENUES_DATA_DIR", "data");
    let said = desk.run(&["migrate", "up"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let url = desk.run(&["db", "url"]).stdout;
    let server = PgConnectOptions::from_str(url.trim()).unwrap();
    desk.run(&["db", "stop"]);

    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Another place each time, so that each is a first run of its region.
        let radius = (300 + round).to_string();
        let began = Instant::now();
        let place = ["sync", "--near", "36.5,-30.018", "--radius-m", &radius, "--provider", "osm"];
        let mut sync = desk.command(&place).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        ours.push(first_row(&server, began).await);
        assert!(sync.wait().unwrap().success());
        PgConnection::connect_with(&server).await.unwrap().execute("truncate venues cascade").await.unwrap();
        desk.run(&["db", "stop"]);
        plain.push(by_hand(&desk.folder.path().join("data"), &server).await);
    }
    let (ours, plain) = (median(ours), median(plain));
    println!(
        "first venue after {} ms, pg_ctl start and one insert {} ms: {:.1} times (medians of {rounds})",
        ours.as_millis(),
        plain.as_millis(),
        ours.as_secs_f64() / plain.as_secs_f64()
    );
}

/// Waits for the first venue, and says how long that was.
async fn first_row(server: &PgConnectOptions, began: Instant) -> Duration {
    loop {
        if let Ok(mut connection) = PgConnection::connect_with(server).await {
            while began.elapsed() < Duration::from_mins(1) {
                let there = sqlx::query_scalar("select exists (select from venues)").fetch_one(&mut connection).await;
                if there.unwrap_or(false) {
                    return began.elapsed();
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        assert!(began.elapsed() < Duration::from_mins(1), "there is no venue after a minute");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What PostgreSQL's own tools take to start the same data, and a row to be written.
async fn by_hand(data: &Path, server: &PgConnectOptions) -> Duration {
    let home = Home { data: data.to_owned(), cache: data.join("cache") };
    let programs = embedded::available(&home, &database::options(), None).await.unwrap().fitting.unwrap().0;
    let cluster = data.join("postgres/cluster");
    let socket = server.get_socket().unwrap();
    let began = Instant::now();
    let settings = format!("-k {} -c listen_addresses=", socket.display());
    pg_ctl(&programs, &cluster, &["-w", "-o", &settings, "start"]);
    let mut connection = PgConnection::connect_with(server).await.unwrap();
    let row = "insert into venues values (gen_random_uuid(), 'a', 'osm', 'a', '{}', 1, 1, null, null, null, null, null, now(), now(), now())";
    connection.execute(row).await.unwrap();
    let took = began.elapsed();
    connection.execute("truncate venues cascade").await.unwrap();
    drop(connection);
    pg_ctl(&programs, &cluster, &["-m", "fast", "stop"]);
    took
}

/// As whoever owns the data, which PostgreSQL wants.
fn pg_ctl(programs: &Path, cluster: &PathBuf, words: &[&str]) {
    let owner = std::fs::metadata(cluster).unwrap();
    let mut command = Command::new(programs.join("pg_ctl"));
    command.arg("-s").arg("-D").arg(cluster).args(words).current_dir("/").stdout(Stdio::null());
    // Only root may become somebody else, and has to.
    if rustix::process::geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    assert!(command.status().unwrap().success(), "{words:?}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
