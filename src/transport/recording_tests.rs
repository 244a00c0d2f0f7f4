//! Whole ways: record against a double, replay without it; recordings that are not whole; the key nowhere.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request as Asked, ResponseTemplate};

use super::cassette::{Cassette, CassetteError};
use super::courier::Courier;
use super::double::{BudgetGone, KEY, Ledger, judge, options, request};
use super::exchange_error::ExchangeError;
use super::format::RecordedRun;
use super::record::{RecordError, Recorder};
use crate::wire::Response;

fn run() -> RecordedRun {
    RecordedRun {
        provider: "google".into(),
        region: "lisbon".into(),
        parameters: json!({"types": ["bar"], "bbox": [-9.23, 38.69, -9.09, 38.8]}),
        snapshot: json!({"density": 0.1 + 0.2}),
        begun_at: "2026-11-22T09:00:00Z".parse().unwrap(),
    }
}

/// A double that answers with the longitude that it was asked for.
async fn double() -> MockServer {
    let server = MockServer::start().await;
    let echo = |asked: &Asked| {
        let asked: serde_json::Value = asked.body_json().unwrap();
        let body = format!("{{\"places\":[{{\"id\":\"at {}\", \"rating\": 4.10}}]}}", asked["center"]["longitude"]);
        ResponseTemplate::new(200).set_body_raw(body, "application/json")
    };
    Mock::given(any()).respond_with(echo).mount(&server).await;
    server
}

fn recording_into(folder: &Path, server: &MockServer) -> Courier {
    let mut options = options(&server.uri());
    options.record = Some(Recorder::begin(folder, &run()).unwrap());
    Courier::live(options).unwrap()
}

async fn ask(courier: &Courier, longitude: f64) -> Result<Response, ExchangeError<BudgetGone>> {
    // A replay reserves nothing, so that it may be without any budget.
    let ledger = Ledger {
        limit: matches!(format!("{courier:?}").as_str(), "Courier(\"replay\")").then_some(0),
        ..Ledger::default()
    };
    courier.exchange(&request(longitude), &judge, &ledger, &CancellationToken::new()).await
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A recording of three exchanges, at 1, 2 and 3 degrees.
async fn recorded() -> (TempDir, PathBuf) {
    let temporary = TempDir::new().unwrap();
    let folder = temporary.path().join("new/parents/recording");
    let server = double().await;
    let courier = recording_into(&folder, &server);
    for longitude in [1.0, 2.0, 3.0] {
        ask(&courier, longitude).await.unwrap();
    }
    (temporary, folder)
}

fn without_white_space(body: &[u8]) -> String {
    String::from_utf8(body.to_vec()).unwrap().split_whitespace().collect()
}

#[tokio::test]
async fn a_replay_gives_what_was_recorded_as_often_as_asked() {
    let temporary = TempDir::new().unwrap();
    let server = double().await;
    let live = recording_into(temporary.path(), &server);
    let first = ask(&live, 1.0).await.unwrap();
    let second = ask(&live, 2.0).await.unwrap();
    drop(server);

    let cassette = Cassette::open(temporary.path()).unwrap();
    assert_eq!((cassette.run(), cassette.len(), cassette.is_empty()), (&run(), 2, false));
    let replay = Courier::replay(cassette);
    for (longitude, live) in [(2.0, &second), (1.0, &first), (1.0, &first)] {
        let replayed = ask(&replay, longitude).await.unwrap();
        assert_eq!((replayed.status, replayed.received_at), (live.status, live.received_at));
        assert_eq!(replayed.header("content-type"), Some("application/json"));
        assert_eq!(without_white_space(&replayed.body), without_white_space(&live.body));
    }
}

/// Both ways lead on alike: the caller asks for less.
#[tokio::test]
async fn an_answer_that_was_too_large_is_so_in_the_replay() {
    let temporary = TempDir::new().unwrap();
    let server = double().await;
    let mut options = options(&server.uri());
    options.record = Some(Recorder::begin(temporary.path(), &run()).unwrap());
    options.largest_body = 20;
    let live = ask(&Courier::live(options).unwrap(), 1.0).await.unwrap_err();
    let replay = Courier::replay(Cassette::open(temporary.path()).unwrap());
    let replayed = ask(&replay, 1.0).await.unwrap_err();
    for ended in [live, replayed] {
        assert!(matches!(ended, ExchangeError::TooLarge { limit: 20 }), "{ended}");
    }
}

#[tokio::test]
async fn many_tasks_share_one_courier_and_one_recording() {
    let temporary = TempDir::new().unwrap();
    let server = double().await;
    let courier = Arc::new(recording_into(temporary.path(), &server));
    let mut tasks = tokio::task::JoinSet::new();
    for longitude in 1..=20 {
        let courier = Arc::clone(&courier);
        tasks.spawn(async move { ask(&courier, f64::from(longitude)).await.map(drop) });
    }
    for ended in tasks.join_all().await {
        ended.unwrap();
    }
    let names = names(temporary.path());
    let numbers: Vec<_> = names.iter().filter_map(|name| name.split_once('-')).map(|(number, _)| number).collect();
    assert_eq!(numbers, (1..=20).map(|number| format!("{number:04}")).collect::<Vec<_>>());
    assert_eq!(Cassette::open(temporary.path()).unwrap().len(), 20);
}

#[tokio::test]
async fn a_stopped_replay_stops() {
    let (_temporary, folder) = recorded().await;
    let stop = CancellationToken::new();
    stop.cancel();
    let replay = Courier::replay(Cassette::open(&folder).unwrap());
    let ended = replay.exchange(&request(1.0), &judge, &Ledger::default(), &stop).await;
    assert!(matches!(ended.unwrap_err(), ExchangeError::Stopped));
}

#[tokio::test]
async fn only_the_last_answer_to_a_request_is_kept_and_keeps_its_number() {
    let temporary = TempDir::new().unwrap();
    let server = MockServer::start().await;
    let trouble = ResponseTemplate::new(503);
    Mock::given(any()).respond_with(trouble).up_to_n_times(4).mount(&server).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string("{}")).mount(&server).await;
    let courier = recording_into(temporary.path(), &server);

    let gave_up = ask(&courier, 1.0).await.unwrap_err();
    assert!(matches!(gave_up, ExchangeError::GaveUp { attempts: 3, .. }), "{gave_up}");
    let replay = Courier::replay(Cassette::open(temporary.path()).unwrap());
    let error = ask(&replay, 1.0).await.unwrap_err();
    assert!(matches!(error, ExchangeError::GaveUp { attempts: 1, .. }), "an answer is judged alike: {error}");

    ask(&courier, 2.0).await.unwrap();
    ask(&courier, 1.0).await.unwrap();
    let names = names(temporary.path());
    assert_eq!(names.len(), 3, "{names:?}");
    let replay = Courier::replay(Cassette::open(temporary.path()).unwrap());
    assert_eq!(ask(&replay, 1.0).await.unwrap().status, 200);
    let text = fs::read_to_string(temporary.path().join(&names[0])).unwrap();
    assert!(names[0].starts_with("0001-") && text.contains("\"longitude\": 1.0"), "{text}");
}

#[tokio::test]
async fn a_pause_that_ended_the_run_ends_its_replay() {
    let temporary = TempDir::new().unwrap();
    let server = MockServer::start().await;
    let pause = ResponseTemplate::new(429).insert_header("retry-after", "3600");
    Mock::given(any()).respond_with(pause).mount(&server).await;
    let live = ask(&recording_into(temporary.path(), &server), 1.0).await.unwrap_err().to_string();
    let replay = Courier::replay(Cassette::open(temporary.path()).unwrap());
    let replayed = ask(&replay, 1.0).await.unwrap_err();
    assert!(matches!(replayed, ExchangeError::QuotaGone { .. }), "{replayed}");
    assert_eq!(replayed.to_string(), live);
}

#[tokio::test]
async fn a_recording_is_continued_by_the_same_run_only() {
    type Change = fn(&mut RecordedRun);
    let (_temporary, folder) = recorded().await;
    let server = double().await;
    let courier = recording_into(&folder, &server);
    ask(&courier, 2.0).await.unwrap();
    ask(&courier, 4.0).await.unwrap();
    let names = names(&folder);
    let numbers: Vec<_> = names.iter().map(|name| name.split('-').next().unwrap()).collect();
    assert_eq!(numbers, ["0001", "0002", "0003", "0004", "run.json"]);

    let changes: [(&str, Change); 4] = [
        ("provider", |run| run.provider = "yelp".into()),
        ("region", |run| run.region = "porto".into()),
        ("settings", |run| run.parameters = json!({})),
        ("knowledge", |run| run.snapshot = json!({})),
    ];
    for (what, change) in changes {
        let mut other = run();
        change(&mut other);
        let error = Recorder::begin(&folder, &other).unwrap_err();
        assert!(matches!(error, RecordError::OtherRun { .. }) && error.to_string().contains(what), "{error}");
    }
    let later = RecordedRun { begun_at: "2026-11-23T09:00:00Z".parse().unwrap(), ..run() };
    Recorder::begin(&folder, &later).unwrap();
    assert_eq!(Cassette::open(&folder).unwrap().run().begun_at, run().begun_at, "it began when it began");
}

#[test]
fn a_folder_that_cannot_be_made_is_named_before_anything_is_asked() {
    let temporary = TempDir::new().unwrap();
    let file = temporary.path().join("a file");
    fs::write(&file, "").unwrap();
    let error = Recorder::begin(&file.join("recording"), &run()).unwrap_err();
    assert!(matches!(error, RecordError::Write { .. }) && error.to_string().contains("a file/recording"), "{error}");
}

#[tokio::test]
async fn an_unknown_request_is_named_with_the_nearest() {
    let (_temporary, folder) = recorded().await;
    let replay = Courier::replay(Cassette::open(&folder).unwrap());
    let error = ask(&replay, 2.25).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, ExchangeError::NotRecorded(_)), "{message}");
    let nearest = names(&folder).into_iter().find(|name| name.starts_with("0002-")).unwrap();
    for words in [
        "google searchNearby: POST /v1/places:searchNearby {\"center\":",
        &format!("the nearest is {nearest}, where json.center.longitude is 2.0 instead of 2.25"),
        "record again with `--record`",
        &folder.display().to_string(),
    ] {
        assert!(message.contains(words), "{words} in {message}");
    }
    assert!(!message.contains('\n'));
}

#[tokio::test]
async fn an_empty_recording_says_so() {
    let temporary = TempDir::new().unwrap();
    Recorder::begin(temporary.path(), &run()).unwrap();
    let replay = Courier::replay(Cassette::open(temporary.path()).unwrap());
    let message = ask(&replay, 1.0).await.unwrap_err().to_string();
    assert!(message.contains("the recording is empty"), "{message}");
}

#[tokio::test]
async fn a_recording_that_is_not_whole_names_the_file() {
    let (_temporary, folder) = recorded().await;
    let name = names(&folder).remove(0);
    let (file, run_file) = (folder.join(&name), folder.join("run.json"));
    let (text, run_text) = (fs::read_to_string(&file).unwrap(), fs::read_to_string(&run_file).unwrap());
    let open = || Cassette::open(&folder).unwrap_err();

    fs::write(&file, text.split_at(text.len() / 2).0).unwrap();
    let error = open();
    assert!(matches!(error, CassetteError::Damaged { .. }) && error.to_string().contains(&name), "{error}");

    fs::write(&file, text.replacen("\"format\": 1", "\"format\": 9", 1)).unwrap();
    let error = open();
    assert!(matches!(error, CassetteError::Newer { format: 9, .. }) && error.to_string().contains(&name), "{error}");

    fs::write(&file, text.replace("\"maxResultCount\": 20", "\"maxResultCount\": 19")).unwrap();
    let error = open();
    assert!(matches!(&error, CassetteError::Misnamed { expected, .. } if expected.starts_with("0001-")), "{error}");

    fs::write(&file, &text).unwrap();
    let copy = folder.join(name.replacen("0001", "0007", 1));
    fs::write(&copy, &text).unwrap();
    let error = open();
    assert!(matches!(error, CassetteError::Twice { .. }) && error.to_string().contains("0007-"), "{error}");
    fs::remove_file(copy).unwrap();

    fs::write(&run_file, run_text.replacen("\"format\": 1", "\"format\": 9", 1)).unwrap();
    let error = open();
    assert!(
        matches!(error, CassetteError::Newer { format: 9, .. }) && error.to_string().contains("run.json"),
        "{error}"
    );
    fs::remove_file(&run_file).unwrap();
    assert!(matches!(open(), CassetteError::NoRun { .. }));
    assert!(matches!(Recorder::begin(&folder, &run()).unwrap_err(), RecordError::Unreadable { .. }));

    let error = Cassette::open(&folder.join("nowhere")).unwrap_err();
    assert!(matches!(error, CassetteError::Missing { .. }) && error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn a_recording_that_changes_under_a_replay_names_the_file_and_answers_nothing_else() {
    let (_temporary, folder) = recorded().await;
    let replay = Courier::replay(Cassette::open(&folder).unwrap());
    let first = ask(&replay, 3.0).await.unwrap();
    assert_eq!(ask(&replay, 3.0).await.unwrap(), first, "as often as it is asked for");
    let name = |file: &str| file.strip_prefix("0003-").map(|_| folder.join(file));
    let file = names(&folder).iter().find_map(|file| name(file)).unwrap();
    let gone = async || match ask(&replay, 3.0).await.unwrap_err() {
        error @ ExchangeError::RecordingGone { .. } => error.to_string(),
        error => panic!("{error}"),
    };
    fs::write(&file, "{").unwrap();
    let said = gone().await;
    assert!(said.contains("damaged") && said.contains(file.file_name().unwrap().to_str().unwrap()), "{said}");
    fs::remove_file(&file).unwrap();
    let said = gone().await;
    assert!(said.contains("cannot read") && said.contains("No such file"), "the reason, too: {said}");
}

#[tokio::test]
async fn a_file_whose_number_is_spelt_otherwise_is_told_its_name() {
    let (_temporary, folder) = recorded().await;
    let name = names(&folder).remove(0);
    fs::rename(folder.join(&name), folder.join(name.trim_start_matches('0'))).unwrap();
    let error = Cassette::open(&folder).unwrap_err();
    assert!(matches!(&error, CassetteError::Misnamed { expected, .. } if *expected == name), "{error}");
}

#[tokio::test]
async fn notes_and_cut_off_writes_in_the_folder_do_no_harm() {
    let (_temporary, folder) = recorded().await;
    fs::write(folder.join("README.md"), "how it was made").unwrap();
    fs::write(folder.join(".0004-0123456789abcdef.json.77.tmp"), "{\"form").unwrap();
    assert_eq!(Cassette::open(&folder).unwrap().len(), 3);
}

#[tokio::test]
async fn an_embedded_recording_replays_alike() {
    let (_temporary, folder) = recorded().await;
    let files = names(&folder).into_iter().map(|name| {
        let contents = fs::read(folder.join(&name)).unwrap();
        (name, contents)
    });
    let embedded = Cassette::embedded("demo".to_owned(), files.collect()).unwrap();
    assert_eq!((embedded.run(), embedded.len()), (&run(), 3));
    let (one, other) = (Courier::replay(embedded), Courier::replay(Cassette::open(&folder).unwrap()));
    assert_eq!(ask(&one, 3.0).await.unwrap(), ask(&other, 3.0).await.unwrap());
}

/// Everything that tracing writes, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The key in the spellings in which it could leak.
fn leaks(text: &str) -> bool {
    let encoded: String = url::form_urlencoded::byte_serialize(KEY.as_bytes()).collect();
    text.contains(KEY) || text.to_lowercase().contains(&encoded.to_lowercase()) || text.contains("TestKey")
}

#[tokio::test]
async fn the_key_is_nowhere() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // While there is only one subscriber, tracing asks the thread that meets an event first, which may be another test's.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let temporary = TempDir::new().unwrap();
    let mut seen = vec![format!("{:?}", options("http://127.0.0.1:1"))];

    let encoded: String = url::form_urlencoded::byte_serialize(KEY.as_bytes()).collect();
    let echoes = [
        (400, format!("{{\"error\":\"API_KEY_INVALID {KEY}\"}}")),
        (403, format!("key={encoded}")),
        (404, format!("{{\"key\":\"{}\"}}", KEY.replace('/', "\\/"))),
        (200, format!("<html>{KEY}")),
        (200, format!("{{\"places\":[],\"for\":\"{KEY}\"}}")),
    ];
    for (status, body) in echoes {
        let server = MockServer::start().await;
        let template =
            ResponseTemplate::new(status).set_body_string(body).insert_header("link", format!("<?key={encoded}>"));
        Mock::given(any()).respond_with(template).mount(&server).await;
        let courier = recording_into(temporary.path(), &server);
        let ledger = Ledger::default();
        let answer = courier.exchange(&request(f64::from(status)), &judge, &ledger, &CancellationToken::new()).await;
        seen.push(format!("{courier:?} {ledger:?} {answer:?}"));
        if let Ok(response) = &answer {
            seen.push(String::from_utf8_lossy(&response.body).into_owned());
        }
        seen.extend(answer.err().map(|error| error.to_string()));
        assert_eq!(server.received_requests().await.unwrap()[0].headers["x-goog-api-key"], KEY, "it was sent");
    }
    let refused = ask(&Courier::live(options("http://127.0.0.1:1")).unwrap(), 1.0).await.unwrap_err();
    seen.push(format!("{refused} {refused:?}"));
    let names = names(temporary.path());
    assert_eq!(names.len(), 5, "one file a request, and run.json: {names:?}");
    seen.extend(names.iter().map(|name| fs::read_to_string(temporary.path().join(name)).unwrap()));
    seen.push(String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    assert!(seen.last().unwrap().contains("searchNearby"), "the log was caught");
    for text in seen {
        assert!(!leaks(&text), "{text}");
    }
}
