//! `venues profiles` and `venues events`: what others make of venues, and what people did with them, as lines.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use support::database::TestDatabase;
use support::desk::{Desk, Said, assert_all};
use support::listener::Listener;
use support::migrations::to_head;
use uuid::Uuid;
use venue_sync::exchange::{read_event, read_profile};
use venue_sync::model::Position;
use venue_sync::store::{
    Database, Moment, VenueFilter, VenueOrder, VenueReader, claim_profiles, due_profiles, event_stats, import_events,
    put_profiles, server_facts, spent,
};

const TTL: Duration = Duration::from_hours(168);

struct Post {
    desk: Desk,
    pool: PgPool,
    database: Database,
    guard: TestDatabase,
}

/// The id of the venue of this number.
fn venue(n: usize) -> Uuid {
    format!("00000000-0000-7000-8000-{n:012}").parse().unwrap()
}

fn scores(n: usize, score: f64) -> String {
    let venue = venue(n);
    json!({"venue_id": venue, "attribute_scores": {"quiet": score}, "evidence_snippets": {"quiet": ["a", "b"]}})
        .to_string()
}

fn event(n: usize, kind: &str, venue: Option<Uuid>) -> String {
    let (id, at) = (Uuid::from_u128(n.try_into().unwrap()), "2026-11-27T20:00:00.123456789Z");
    json!({"id": id, "user_id": "u", "event_type": kind, "venue_id": venue, "mode": "work", "created_at": at})
        .to_string()
}

impl Post {
    /// With as many venues as asked for, each with a stub.
    async fn with(venues: i32) -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 4).await.unwrap();
        to_head(&database).await;
        let desk = Desk::new().with("DATABASE_URL", &guard.url());
        let post = Self { desk, pool: guard.pool().await, database, guard };
        post.run(&format!(
            "with v as (insert into venues select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'id-' || n, 'osm',
                 'Venue ' || n, '{{cafe}}', 1, n, null, null, null, null, null, now(), now(), now() from generate_series(1, {venues}) n
                 returning id, lng)
             insert into venue_profiles (id, venue_id, attribute_scores, evidence_snippets, profiled_at, expires_at)
             select id, id, '{{}}', '{{}}', 'epoch', timestamptz 'epoch' + interval '1 second' * lng from v"
        ))
        .await;
        post
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.unwrap();
    }

    async fn text(&self, sql: &str) -> String {
        let text: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("select ({sql})::text"))).fetch_one(&self.pool).await.unwrap();
        text.unwrap_or_default()
    }

    fn says(&self, line: &str) -> Said {
        self.desk.run(&line.split(' ').collect::<Vec<_>>())
    }

    /// With these lines on its stdin.
    fn told(&self, line: &str, input: &str) -> Said {
        let mut command = self.desk.command(&line.split(' ').collect::<Vec<_>>());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

fn lines(said: &Said) -> Vec<Value> {
    said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_worker_is_handed_out_what_nobody_has_and_puts_it_back() {
    let post = Post::with(5).await;
    let due = lines(&post.says("profiles due --limit 3"));
    assert_eq!(
        due.iter().map(|one| one["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["Venue 1", "Venue 2", "Venue 3"]
    );
    assert_eq!((&due[0]["categories"], &due[0]["claimed_by"]), (&json!(["cafe"]), &Value::Null));
    let mine = lines(&post.says("profiles due --limit 2 --claim me --for 30m"));
    assert_eq!(mine[0]["claimed_by"], "me");
    assert_eq!(lines(&post.says("profiles due")).len(), 3, "what somebody has in hand waits for nobody else");
    let taken = "select count(*) from venue_profiles where claimed_by = 'me' and claimed_until between now() + interval '29 minutes' and
                 now() + interval '30 minutes'";
    assert_eq!(post.text(taken).await, "2");

    let failure = json!({"venue_id": venue(2), "error": "no answer"}).to_string();
    let input = format!("{}\n{failure}\n", scores(1, 0.75));
    let said = post.told("profiles put - --worker me --json", &input);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert_eq!(lines(&said), [json!({"lines": 2, "filled": 1, "failed": 1, "set_aside": 0})]);
    let filled = "select attribute_scores ->> 'quiet' || ' ' || jsonb_array_length(evidence_snippets -> 'quiet') || ' '
                      || round(extract(epoch from expires_at - now()) / 86400) || ' ' || (claimed_by is null)
                  from venue_profiles where venue_id = '00000000-0000-7000-8000-000000000001'";
    assert_eq!(post.text(filled).await, "0.75 2 7 true");
    let failed =
        "select attempts || ' ' || last_error || ' ' || (expires_at > now()) from venue_profiles where attempts > 0";
    assert_eq!(post.text(failed).await, "1 no answer true");
    assert_eq!(lines(&post.says("profiles due")).len(), 3);
}

#[tokio::test]
async fn bad_lines_are_set_aside_with_their_number_and_the_good_ones_are_written() {
    let post = Post::with(3).await;
    claim_profiles(&post.database, "other", Duration::from_mins(5), 1).await.unwrap();
    let input = [&scores(1, 0.5), &scores(2, 1.5), "not json", "", &scores(9, 0.5), &scores(3, 1.0)]
        .map(String::from)
        .join("\n");
    let post = Post { desk: post.desk.with_file("made.ndjson", &input), ..post };
    let said = post.says("profiles put made.ndjson --rejects bad.ndjson --ttl 1d");
    assert_eq!((said.code, said.stderr.as_str()), (Some(65), ""));
    assert_all(&said.stdout, &["5 lines: 1 profile filled", "4 set aside"]);
    let kept = std::fs::read_to_string(post.desk.folder.path().join("bad.ndjson")).unwrap();
    let mut kept: Vec<Value> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    kept.sort_by_key(|one| one["line"].as_u64());
    for (one, (number, reason)) in
        kept.iter().zip([(1, "other has venue"), (2, "`quiet` is 1.5"), (3, "expected"), (5, "there is no venue")])
    {
        assert_eq!(one["line"], number);
        assert_all(one["reason"].as_str().unwrap(), &[reason]);
    }
    assert_eq!((kept.len(), &kept[2]["text"]), (4, &"not json".into()));
    assert_eq!(
        post.text("select string_agg(attribute_scores::text, ' ') from venue_profiles where profiled_at > 'epoch'")
            .await,
        r#"{"quiet": 1.0}"#
    );

    let said = post.says("profiles put made.ndjson --worker third");
    assert_eq!(said.code, Some(65));
    assert_all(&said.stderr, &["line 1", "third has no claim on venue", "line 2"]);
    assert_eq!(post.says("profiles put nowhere.ndjson").code, Some(2));
    assert_eq!(post.says("profiles due --for 10m").code, Some(2), "for whom?");
}

#[tokio::test]
async fn what_was_made_of_a_venue_that_changed_meanwhile_is_not_written() {
    let post = Post::with(2).await;
    let due = claim_profiles(&post.database, "me", Duration::from_mins(5), 2).await.unwrap();
    // As a sync does when the name, categories or position change.
    post.run("update venue_profiles set claimed_by = null, claimed_until = null where venue_id = (select min(id::text)::uuid from venues)").await;
    let made: Vec<_> = [scores(1, 0.1), scores(2, 0.2)].iter().map(|line| read_profile(line).unwrap()).collect();
    let refused = put_profiles(&post.database, Some("me"), TTL, &made).await.unwrap();
    assert_eq!((due.len(), refused.len(), refused[0].0), (2, 1, 0));
    assert_eq!(post.text("select count(*) from venue_profiles where profiled_at > 'epoch'").await, "1");
    // Without a name, what nobody has is written; also for a venue without a profile, and of two the last.
    post.run("delete from venue_profiles").await;
    let made: Vec<_> = [scores(1, 0.1), scores(1, 0.9)].iter().map(|line| read_profile(line).unwrap()).collect();
    assert!(put_profiles(&post.database, None, TTL, &made).await.unwrap().is_empty());
    assert_eq!(post.text("select string_agg(attribute_scores ->> 'quiet', ' ') from venue_profiles").await, "0.9");
}

#[tokio::test]
async fn events_are_taken_in_once_however_often_they_come() {
    let post = Post::with(1).await;
    let gone = venue(7);
    let input = [
        event(1, "click", Some(venue(1))),
        event(2, "THUMBS_UP", Some(gone)),
        event(3, "shrug", None),
        event(1, "CLICK", Some(venue(1))),
        event(1, "save", Some(venue(1))),
        "{".to_owned(),
    ]
    .join("\r\n");
    let said = post.told("events import - --json", &input);
    assert_eq!(said.code, Some(65));
    assert_eq!(lines(&said), [json!({"lines": 6, "new": 2, "known": 1, "without_venue": 1, "set_aside": 3})]);
    assert_all(
        &said.stderr,
        &[
            "line 3 is set aside: event_type is `shrug`; known: IMPRESSION",
            "line 5 is set aside: another event has this id",
            "line 6",
        ],
    );
    let rows = "select string_agg(concat_ws(' ', event_type, mode, coalesce(venue_id::text, 'none')), ',' order by id) from user_events";
    let written = "CLICK WORK 00000000-0000-7000-8000-000000000001,THUMBS_UP WORK none";
    assert_eq!(post.text(rows).await, written);

    // The venue goes, and its event stays the same event.
    post.run("delete from venues").await;
    let again = [event(1, "click", Some(venue(1))), event(2, "thumbs_up", Some(gone))].join("\n");
    let said = post.told("events import -", &again);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert_all(&said.stdout, &["2 lines: 0 new events, 2 known before, 0 set aside"]);

    let stats = &lines(&post.says("events stats --json"))[0];
    assert_eq!((&stats["events"], &stats["users"], &stats["venues"]), (&json!(2), &json!(1), &json!(0)));
    assert_eq!((&stats["by_type"], &stats["by_mode"]), (&json!({"CLICK": 1, "THUMBS_UP": 1}), &json!({"WORK": 2})));
    assert_all(&post.says("events stats").stdout, &["2 events of 1 user with 0 venues, 2026-11-27", "THUMBS_UP"]);
    assert_eq!(post.says("events stats --since 2026-11-28").stdout, "no events\n");
}

#[tokio::test]
async fn a_pooler_that_hands_out_connections_by_the_transaction_is_no_hindrance() {
    let post = Post::with(2).await;
    let listener = Listener::start(&post.guard.options()).await;
    let database = Database::connect(&listener.url(), 2).await.unwrap();
    due_profiles(&database, 5).await.unwrap();
    claim_profiles(&database, "me", Duration::from_mins(5), 1).await.unwrap();
    let made: Vec<_> = [scores(1, 0.1), scores(2, 0.2)].iter().map(|line| read_profile(line).unwrap()).collect();
    put_profiles(&database, None, TTL, &made).await.unwrap();
    import_events(&database, &[read_event(&event(1, "save", Some(venue(1)))).unwrap()]).await.unwrap();
    event_stats(&database, None).await.unwrap();
    server_facts(&database).await.unwrap();
    spent(&database).await.unwrap();
    let near = VenueOrder::Nearest(Position::new(1.0, 1.0).unwrap());
    let open = VenueFilter { open_at: Some(Moment::Now), ..VenueFilter::default() };
    let mut read = VenueReader::open(&database, &open, near).await.unwrap();
    assert!(read.next().await.unwrap().is_empty());
    let heard = listener.heard();
    assert!(heard.named.is_empty(), "statements that another's connection would not know: {:?}", heard.named);
    assert!(heard.outside.is_empty(), "statements outside a transaction: {:?}", heard.outside);
    assert!(heard.statements > 10);
}

#[tokio::test]
async fn many_lines_are_written_in_steps_and_two_who_import_the_same_write_it_once() {
    let post = Post::with(1).await;
    let events: Vec<_> = (0..1_203).map(|n| event(n, "impression", Some(venue(1)))).collect();
    let said = post.told("events import - --json", &events.join("\n"));
    assert_eq!(lines(&said)[0]["new"], 1_203, "{}", said.stderr);
    let read: Vec<_> = (1_000..1_400).map(|n| read_event(&event(n, "impression", Some(venue(1)))).unwrap()).collect();
    let mut backwards = read.clone();
    backwards.reverse();
    let both =
        futures_util::future::join(import_events(&post.database, &read), import_events(&post.database, &backwards));
    let (one, other) = both.await;
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.new + other.new, one.known + other.known), (197, 603));
    assert!(one.clashing.is_empty() && other.clashing.is_empty());
    assert_eq!(post.text("select count(*) from user_events").await, "1400");
}
