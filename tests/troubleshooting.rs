//! `docs/troubleshooting.md` speaks of what people see: each of its messages is provoked, and none is there that is not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod double;
mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use double::city;
use double::google::{Double, KEY};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{AssertSqlSafe, Executor as _};
use support::database::TestDatabase;
use support::desk::Desk;
use support::migrations::to_head;
use venue_sync::store::Database;

/// The page's messages, each in the parts between what differs.
fn heads() -> Vec<Vec<&'static str>> {
    let page = include_str!("../docs/troubleshooting.md");
    let heads = page.lines().filter_map(|line| line.strip_prefix("### "));
    heads.map(|head| head.trim_matches('`').trim_start().split('…').collect()).collect()
}

/// Whether a text has these parts, in this order.
fn says(text: &str, parts: &[&str]) -> bool {
    let mut rest = Some(text);
    for part in parts {
        rest = rest.and_then(|text| text.split_once(part.trim_end())).map(|(_, rest)| rest);
    }
    rest.is_some()
}

struct Scene {
    seen: Vec<(String, Option<i32>)>,
}

impl Scene {
    fn see(&mut self, desk: &Desk, line: &str, code: i32) {
        let said = desk.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, Some(code), "{line}: {}{}", said.stdout, said.stderr);
        self.seen.push((said.stdout + &said.stderr.replace("\\\"", "\""), said.code));
    }
}

fn settings(scene: &mut Scene) {
    scene.see(&Desk::ready(), "sync --region lisbon", 69);
    scene.see(&Desk::ready().with("DATABASE_URL", "mysql://me:secret@localhost/mine"), "sync --region lisbon", 2);
    scene.see(&Desk::ready().with("DATABASE_URL", ""), "sync --region lisbon", 2);
    scene.see(&Desk::ready().with("GOOGLE_PLACES_API_KEY", ""), "sync --region lisbon", 2);
    scene.see(&Desk::ready(), "sync --region lisbn", 2);
    let misspelt = Desk::ready().with_file("venues.toml", "[providers.google.terms]\nretention = 30\n");
    scene.see(&misspelt, "purge", 2);
    scene.see(&Desk::ready(), "sync --bbox=-33.9,151.1,-33.8,151.3", 2);
    scene.see(&Desk::ready(), "sync --region lisbon --dry-run", 2);
    // Somewhere where no server is running yet.
    let elsewhere = Desk::new().with("VENUES_DATA_DIR", "data").with("VENUES_POSTGRES_BIN", "/nowhere");
    scene.see(&elsewhere, "db url --embedded", 69);
    scene.see(&Desk::ready().with("GOOGLE_PLACES_API_KEY", "two words"), "sync --region lisbon", 2);
    scene.see(&Desk::ready(), "sync --region lisbon --provider gogle", 2);
    scene.see(&Desk::ready(), "sync --region lisbon --types pizza", 2);
    scene.see(&Desk::ready(), "sync --region lisbon --replay nowhere", 2);
    let settings = |text: &str| Desk::ready().with_file("venues.toml", text);
    scene.see(&settings("[regions.coast]\ngeojson = \"coast.json\"\n"), "sync --region coast", 2);
    scene.see(&settings("[regions.coast]\ntypes = [\"cafe\"]\n"), "sync --region coast", 2);
}

async fn databases(scene: &mut Scene, migrated: &TestDatabase) {
    let empty = TestDatabase::create().await;
    let at = |url: &str| Desk::ready().with("DATABASE_URL", url);
    let url = migrated.url();
    let owner = format!("{}@", migrated.options().get_username());
    scene.see(&at(&format!("{url}&pool_size=5")), "migrate current", 0);
    scene.see(&at(&url.replacen(&owner, "nobody_of_that_name@", 1)), "migrate current", 69);
    scene.see(&at(&url.replacen("/test_", "/no_test_", 1)), "migrate current", 69);
    scene.see(&at(&empty.url()), "sync --region lisbon", 2);
    let role = format!("weak_{}", uuid::Uuid::new_v4().simple());
    let mut connection = migrated.connect().await;
    let made = format!(
        "create role {role} login; create role {role}_ro superuser login; alter role {role}_ro set default_transaction_read_only = on"
    );
    connection.execute(AssertSqlSafe(made)).await.unwrap();
    scene.see(&at(&url.replacen(&owner, &format!("{role}@"), 1)), "sync --region lisbon", 2);
    scene.see(&at(&url.replacen(&owner, &format!("{role}_ro@"), 1)), "sync --region lisbon", 69);
    connection.execute(AssertSqlSafe(format!("drop role {role}, {role}_ro"))).await.unwrap();
    faults(scene, migrated, &role).await;
    let events = Desk::new().with("DATABASE_URL", &url).with_file("events.ndjson", "{}\n");
    scene.see(&events, "events import events.ndjson", 65);

    connection
        .execute(
            "insert into venues (id, provider_id, provider_name, name, categories, lat, lng, last_seen_at, created_at, updated_at)
             values (gen_random_uuid(), 'p', 'google', 'Old', '{}', 38.5, -9.5, 'epoch', now(), now())",
        )
        .await
        .unwrap();
    let purging = Desk::new()
        .with("DATABASE_URL", &url)
        .with_file("venues.toml", "[providers.google.terms]\nretention_days = 30\n");
    connection.execute("begin; select from venues for key share").await.unwrap();
    scene.see(&purging, "purge --provider google", 75);
    connection.execute("rollback; delete from venues").await.unwrap();

    let tree = Desk::new();
    for folder in ["migrations", "src/schema/declared"] {
        std::fs::create_dir_all(tree.folder.path().join(folder)).unwrap();
    }
    let tree = tree
        .with_file("migrations/20250101000000_first.up.sql", "create table public.venues (id int primary key);")
        .with_file("migrations/20250101000000_first.down.sql", "drop table public.venues;")
        .with_file("src/schema/declared/public.sql", "create table public.venues (id int primary key);")
        .with("VENUES_SCRATCH_URL", &url);
    scene.see(&tree, "migrate new --auto phones", 0);
}

/// A database in which a later version of this program was.
async fn ahead(scene: &mut Scene) {
    let database = TestDatabase::create().await;
    let ours = Database::connect(&database.url(), 2).await.unwrap();
    to_head(&ours).await;
    ours.close().await;
    let later = "insert into venue_sync._sqlx_migrations (version, description, success, checksum, execution_time)
                 values (99990101000000, 'later', true, '\\x00', 0)";
    database.connect().await.execute(later).await.unwrap();
    scene.see(&Desk::ready().with("DATABASE_URL", &database.url()), "sync --region lisbon", 2);
}

/// A database that refuses, for a reason that passes or does not, and a sync that has no patience, some, or is stopped while it waits.
async fn faults(scene: &mut Scene, migrated: &TestDatabase, role: &str) {
    let url = migrated.url();
    let owner = format!("{}@", migrated.options().get_username());
    let patient = |url: &str, patience: &str| {
        let text =
            format!("database_patience = \"{patience}\"\n[regions.lisbon]\nbbox = [-9.23, 38.69, -9.09, 38.80]\n");
        Desk::ready().with("DATABASE_URL", url).with_file("venues.toml", text)
    };
    let mut connection = migrated.connect().await;
    connection.execute(AssertSqlSafe(format!("create role {role} login connection limit 0"))).await.unwrap();
    scene.see(&patient(&url.replacen(&owner, &format!("{role}@"), 1), "0s"), "sync --region lisbon", 69);
    let refusing = |state: &str| {
        AssertSqlSafe(format!(
            "create or replace function public.refuse() returns trigger language plpgsql as
             $$ begin raise exception 'provoked' using errcode = '{state}'; end $$"
        ))
    };
    connection.execute(AssertSqlSafe(format!("drop role {role}"))).await.unwrap();
    connection.execute(refusing("53100")).await.unwrap();
    let refuse = "create trigger refuse before insert on venue_sync.runs for each row execute function public.refuse()";
    connection.execute(refuse).await.unwrap();
    scene.see(&patient(&url, "1m"), "sync --region lisbon", 69);
    for (state, patience) in [("40001", "0s"), ("57014", "0s"), ("57P01", "200ms")] {
        connection.execute(refusing(state)).await.unwrap();
        scene.see(&patient(&url, patience), "sync --region lisbon", 69);
    }
    let desk = patient(&url, "1m");
    let mut child = desk.command(&["sync", "--region", "lisbon"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    while !said.contains("trying again") && stderr.read_line(&mut said).unwrap() > 0 {}
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::TERM).unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(75), "{said}");
    // What it said while it waited has a scene of its own.
    let last = said.lines().last().unwrap_or_default().to_owned();
    scene.seen.push((last, Some(75)));
    connection.execute("drop trigger refuse on venue_sync.runs; drop function public.refuse()").await.unwrap();
}

async fn runs(scene: &mut Scene, migrated: &TestDatabase) {
    let whole = Double::serve(city::town()).await;
    let few = Double::serve(city::town().into_iter().step_by(12).collect()).await;
    let [west, south, east, north] = city::BOUNDS;
    let region = format!(
        "[regions.town]\nbbox = [{west}, {south}, {east}, {north}]\n[providers.google]\nattempts = 1\nrequests_per_second = 500\n"
    );
    let nobody = "http://127.0.0.1:9".to_owned();
    for (url, key, line, code) in [
        (whole.url(), "another", "sync --region town", 77),
        (nobody, KEY, "sync --region town", 69),
        (whole.url(), KEY, "sync --region town --max-requests 1", 75),
        // This one has nothing to complain of.
        (whole.url(), KEY, "sync --region town", 0),
        (few.url(), KEY, "sync --region town", 65),
    ] {
        let desk = Desk::new()
            .with_file("venues.toml", &region)
            .with("GOOGLE_PLACES_API_KEY", key)
            .with("GOOGLE_PLACES_BASE_URL", &url)
            .with("DATABASE_URL", &migrated.url());
        // The double answers on this thread's runtime.
        let see = move || {
            let mut seen = Scene { seen: Vec::new() };
            seen.see(&desk, line, code);
            seen.seen
        };
        let seen = tokio::task::spawn_blocking(see).await.unwrap();
        scene.seen.extend(seen.into_iter().filter(|(_, code)| *code != Some(0)));
    }
}

#[tokio::test]
async fn every_message_of_the_page_is_seen_and_every_scene_has_its_message() {
    let migrated = TestDatabase::create().await;
    let database = Database::connect(&migrated.url(), 2).await.unwrap();
    to_head(&database).await;
    database.close().await;
    let mut scene = Scene { seen: Vec::new() };
    settings(&mut scene);
    databases(&mut scene, &migrated).await;
    ahead(&mut scene).await;
    runs(&mut scene, &migrated).await;
    let heads = heads();
    for head in &heads {
        assert!(scene.seen.iter().any(|(text, _)| says(text, head)), "nothing says {head:?}: {:#?}", scene.seen);
    }
    for (text, _) in &scene.seen {
        assert!(heads.iter().any(|head| says(text, head)), "the page does not speak of\n{text}");
    }
    assert_eq!(heads.len(), scene.seen.len());
}
