//! A courier against loopback servers: what is sent, what is retried, what is settled, when it stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::attempts::{Attempts, HandedOut, Lane, Outcome, Wanted};
use super::courier::Courier;
use super::double::{BudgetGone, KEY, Ledger, answer, judge, options, read_request, request, server};
use super::exchange_error::ExchangeError;
use super::live::{LiveOptions, LiveSetupError};
use crate::wire::{HeaderValue, QuotaReset, Response, Verdict};

/// `{"places":[]}`, and 64 KiB of spaces, compressed.
const GZIPPED: &str = "1f8b0800000000000203ab562ac8494c4e2d56b28a8ead050035d321b70d000000";
const GZIPPED_64K: &str = concat!(
    "1f8b0800000000000203edc18100000000802095fd2917a90a000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000000000000000006a94192cb400000100"
);

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
}

async fn exchange(courier: &Courier, ledger: &Ledger) -> Result<Response, ExchangeError<BudgetGone>> {
    courier.exchange(&request(-9.14), &judge, ledger, &CancellationToken::new()).await
}

/// A mock that answers everything alike.
async fn always(answer: ResponseTemplate) -> (MockServer, Courier) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    let courier = Courier::live(options(&server.uri())).unwrap();
    (server, courier)
}

async fn asked(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn sends_the_request_with_the_key_below_the_prefix() {
    let server = MockServer::start().await;
    let mut request = request(-9.14);
    request.query = vec![("q".into(), "chá & café".into())];
    request.headers.push(("authorization".into(), HeaderValue::Key { prefix: "Bearer ".into() }));
    Mock::given(method("POST"))
        .and(path("/double/v1/places:searchNearby"))
        .and(query_param("q", "chá & café"))
        .and(header("x-goog-api-key", KEY))
        .and(header("authorization", format!("Bearer {KEY}")))
        .and(header("x-goog-fieldmask", "places.id"))
        .and(header("content-type", "application/json"))
        .and(header("user-agent", "venue-sync/test"))
        .and(body_json(json!({"maxResultCount": 20, "center": {"latitude": 38.7, "longitude": -9.14}})))
        .respond_with(ResponseTemplate::new(200).set_body_raw("{}", "application/json").insert_header("X-Page", "2"))
        .expect(1)
        .mount(&server)
        .await;
    let mut options = options(&format!("{}/double/", server.uri()));
    options.key = Some(format!("{KEY}\n").into());
    options.user_agent = "venue-sync/test".into();
    let ledger = Ledger::default();
    let stop = CancellationToken::new();
    let response = Courier::live(options).unwrap().exchange(&request, &judge, &ledger, &stop).await.unwrap();
    assert_eq!((response.status, response.body.as_slice(), response.header("x-page")), (200, &b"{}"[..], Some("2")));
    assert_eq!((ledger.reserved(), ledger.settled()), (1, vec![]), "a fine answer is settled by whoever keeps it");
}

#[tokio::test]
async fn reads_gzip() {
    let zipped = ResponseTemplate::new(200).set_body_bytes(bytes(GZIPPED)).insert_header("content-encoding", "gzip");
    let (_server, courier) = always(zipped).await;
    assert_eq!(exchange(&courier, &Ledger::default()).await.unwrap().body, br#"{"places":[]}"#);
}

#[tokio::test]
async fn tries_again_and_settles_each_attempt_that_was_not_fine() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(503)).up_to_n_times(2).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_string("{}")).mount(&server).await;
    let ledger = Ledger::default();
    let response = exchange(&Courier::live(options(&server.uri())).unwrap(), &ledger).await.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!((ledger.reserved(), ledger.settled()), (3, vec![Outcome::Answered { status: 503 }; 2]));
    let retried = ledger.retried.lock().unwrap().clone();
    assert_eq!(retried, vec![("status 503".to_owned(), Duration::ZERO); 2]);
}

#[tokio::test]
async fn gives_up_and_says_how_often_it_tried() {
    let (server, courier) = always(ResponseTemplate::new(500)).await;
    let error = exchange(&courier, &Ledger::default()).await.unwrap_err().to_string();
    assert!(error.starts_with("gave up after 3 attempts in ") && error.ends_with(": status 500"), "{error}");
    assert_eq!(asked(&server).await, 3);
}

#[tokio::test]
async fn one_stock_of_further_attempts_for_the_whole_run() {
    let (server, _) = always(ResponseTemplate::new(500)).await;
    let mut options = options(&server.uri());
    options.policy.budget = 2;
    let courier = Courier::live(options).unwrap();
    let ledger = Ledger::default();
    exchange(&courier, &ledger).await.unwrap_err();
    let error = exchange(&courier, &ledger).await.unwrap_err();
    assert!(
        matches!(&error, ExchangeError::GaveUp { attempts: 1, reason, .. } if reason.contains("stock of 2")),
        "{error}"
    );
    assert_eq!(asked(&server).await, 4, "a dying provider is not hammered");
}

#[tokio::test]
async fn verdicts_that_no_further_attempt_can_change_end_it_at_once() {
    let per_day = r#"{"error":{"details":[{"metadata":{"quota_limit":"SearchNearbyRequestPerDayPerProject"}}]}}"#;
    let table = [
        (400, "API_KEY_INVALID", "the provider refused the credentials: "),
        (403, "SERVICE_DISABLED", "the provider refused the credentials: "),
        (400, "Unsupported types", "the request is wrong: "),
        (404, "NOT_FOUND", "the request is wrong: "),
        (302, "elsewhere", "the request is wrong: "),
        (429, per_day, "the provider's quota is used up: "),
    ];
    for (status, body, message) in table {
        let redirect = "http://127.0.0.1:9/elsewhere";
        let template = ResponseTemplate::new(status).set_body_string(body).insert_header("location", redirect);
        let (server, courier) = always(template).await;
        let ledger = Ledger::default();
        let error = exchange(&courier, &ledger).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{message}{body}"), "{status}");
        assert_eq!(
            (asked(&server).await, ledger.settled()),
            (1, vec![Outcome::Answered { status }]),
            "{status} {body}"
        );
        let reset = QuotaReset::MidnightIn("America/Los_Angeles");
        let told = if status == 429 { vec![("searchNearby".to_owned(), reset.clone())] } else { vec![] };
        assert_eq!(*ledger.used_up.lock().unwrap(), told, "{status} {body}");
        if let ExchangeError::QuotaGone { until, .. } = error {
            assert_eq!(until, reset);
        }
    }
}

/// Google's judge with Yelp's manner of saying that an answer was the day's last.
fn judge_by_headers(response: &Response) -> Verdict {
    match response.header("ratelimit-remaining") {
        Some("0") => Verdict::LastFine { until: QuotaReset::Unknown, reason: "that was the last".into() },
        _ => judge(response),
    }
}

/// A provider whose allowance ends with its first answer.
async fn one_answer() -> (MockServer, Courier) {
    let server = MockServer::start().await;
    let last = ResponseTemplate::new(200).set_body_string("{}").insert_header("RateLimit-Remaining", "0");
    Mock::given(method("POST")).respond_with(last).up_to_n_times(1).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(429)).mount(&server).await;
    let courier = Courier::live(options(&server.uri())).unwrap();
    (server, courier)
}

#[tokio::test]
async fn after_the_last_fine_answer_nothing_is_sent_and_nothing_reserved() {
    let (server, courier) = one_answer().await;
    let (ledger, stop) = (Ledger::default(), CancellationToken::new());
    let last = courier.exchange(&request(-9.14), &judge_by_headers, &ledger, &stop).await.unwrap();
    assert_eq!(last.body, b"{}", "it is as good as any other");
    for longitude in [-9.15, -9.16] {
        let error = courier.exchange(&request(longitude), &judge_by_headers, &ledger, &stop).await.unwrap_err();
        assert!(
            matches!(&error, ExchangeError::QuotaGone { until: QuotaReset::Unknown, reason } if reason == "that was the last"),
            "{error}"
        );
    }
    assert_eq!((asked(&server).await, ledger.reserved(), ledger.settled()), (1, 1, vec![]));
    assert_eq!(*ledger.used_up.lock().unwrap(), [("searchNearby".to_owned(), QuotaReset::Unknown)]);
}

/// An account that answers when it is let.
struct Slow<'a> {
    ledger: &'a Ledger,
    gate: &'a Notify,
}

impl Attempts for Slow<'_> {
    type Error = BudgetGone;

    async fn reserve(&self) -> Result<(), BudgetGone> {
        self.gate.notified().await;
        self.ledger.reserve().await
    }

    async fn settle(&self, outcome: Outcome) -> Result<(), BudgetGone> {
        self.ledger.settle(outcome).await
    }

    async fn instants(&self, wanted: Wanted<'_>) -> Result<HandedOut, BudgetGone> {
        self.ledger.instants(wanted).await
    }

    fn confirm(&self) -> Result<(), BudgetGone> {
        self.ledger.confirm()
    }

    async fn hold(&self, lane: Lane<'_>, wait: Duration) {
        self.ledger.hold(lane, wait).await;
    }

    async fn used_up(&self, lane: Lane<'_>, until: &QuotaReset) {
        self.ledger.used_up(lane, until).await;
    }

    fn retrying(&self, reason: &str, wait: Duration) {
        self.ledger.retrying(reason, wait);
    }
}

#[tokio::test]
async fn a_request_that_was_reserved_before_the_last_fine_answer_came_is_given_back() {
    let (server, courier) = one_answer().await;
    let (ledger, gate, stop) = (Ledger::default(), Notify::new(), CancellationToken::new());
    let slow = Slow { ledger: &ledger, gate: &gate };
    let (late, first) = (request(-9.15), request(-9.14));
    let (late, first) = tokio::join!(courier.exchange(&late, &judge_by_headers, &slow, &stop), async {
        let first = courier.exchange(&first, &judge_by_headers, &ledger, &stop).await;
        gate.notify_one();
        first
    });
    assert!(first.is_ok());
    assert!(matches!(late.unwrap_err(), ExchangeError::QuotaGone { .. }));
    assert_eq!((asked(&server).await, ledger.reserved(), ledger.settled()), (1, 2, vec![Outcome::Withdrawn]));
}

#[tokio::test]
async fn an_html_page_with_status_200_is_tried_again_and_stays_spent() {
    let (_server, courier) = always(ResponseTemplate::new(200).set_body_string("<html>sign in</html>")).await;
    let ledger = Ledger::default();
    let error = exchange(&courier, &ledger).await.unwrap_err();
    assert!(matches!(error, ExchangeError::GaveUp { attempts: 3, .. }), "{error}");
    assert_eq!(ledger.settled(), vec![Outcome::Answered { status: 200 }; 3]);
}

#[tokio::test]
async fn a_wait_beyond_our_patience_ends_it() {
    let (server, courier) = always(ResponseTemplate::new(503).insert_header("retry-after", "3600")).await;
    let ledger = Ledger::default();
    let error = exchange(&courier, &ledger).await.unwrap_err();
    let ExchangeError::QuotaGone { until: QuotaReset::After(_), reason } = error else { panic!("{error}") };
    assert!(reason.contains("asks to wait 1 h 0 min"), "{reason}");
    let told = ledger.used_up.lock().unwrap().clone();
    assert!(matches!(&told[..], [(_, QuotaReset::After(wait))] if wait.as_secs() > 3590), "{told:?}");
    assert_eq!(asked(&server).await, 1);
}

#[tokio::test]
async fn without_a_reservation_nothing_is_sent() {
    let (server, courier) = always(ResponseTemplate::new(503)).await;
    let ledger = Ledger { limit: Some(1), ..Ledger::default() };
    let error = exchange(&courier, &ledger).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Reserve(BudgetGone(1))), "{error}");
    assert_eq!(asked(&server).await, 1, "the second attempt was not reserved");
}

#[tokio::test]
async fn what_is_not_confirmed_at_its_instant_is_given_back_and_not_sent() {
    let (server, courier) = always(ResponseTemplate::new(200).set_body_string("{}")).await;
    let ledger = Ledger { taken_over: true, ..Ledger::default() };
    let error = exchange(&courier, &ledger).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Reserve(BudgetGone(1))), "{error}");
    assert_eq!((asked(&server).await, ledger.settled()), (0, vec![Outcome::Withdrawn]));
}

/// What a fault leads to: the outcome that is settled, and words that the message holds.
async fn fault(options: LiveOptions, outcome: Outcome, words: &str) {
    let (ledger, courier) = (Ledger::default(), Courier::live(options).unwrap());
    let error = exchange(&courier, &ledger).await.unwrap_err();
    assert!(matches!(error, ExchangeError::GaveUp { .. }), "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(ledger.settled(), vec![outcome; usize::try_from(ledger.reserved()).unwrap()]);
    assert!(!error.to_string().contains("places:searchNearby"), "no URL: {error}");
}

#[tokio::test]
async fn a_refused_connection_costs_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    fault(options(&address), Outcome::NeverSent, "gave up after 3 attempts").await;
}

#[tokio::test]
async fn a_reset_may_have_cost_something() {
    let address = server(|stream| async move {
        // Closing with the request unread makes the kernel send a reset.
        stream.readable().await.unwrap();
    })
    .await;
    fault(options(&address), Outcome::Unknown, "the connection broke").await;
}

#[tokio::test]
async fn a_truncated_body_is_no_answer() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"places\":[";
    let address = server(move |stream| answer(stream, cut)).await;
    fault(options(&address), Outcome::Unknown, "the connection broke").await;

    let cut = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 100\r\n\r\n{\"error\":";
    let address = server(move |stream| answer(stream, cut)).await;
    fault(options(&address), Outcome::Answered { status: 503 }, "the connection broke").await;

    let mut zipped = bytes(GZIPPED);
    zipped.truncate(20);
    let address = server(move |stream| {
        let zipped = zipped.clone();
        async move {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", zipped.len());
            answer(stream, &[head.as_bytes(), &zipped].concat()).await;
        }
    })
    .await;
    fault(options(&address), Outcome::Unknown, "the connection broke").await;
}

#[tokio::test]
async fn a_server_that_stalls_is_left() {
    for head in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"] {
        let address = server(move |mut stream| async move {
            read_request(&mut stream).await;
            stream.write_all(head.as_bytes()).await.unwrap();
            read_request(&mut stream).await;
        })
        .await;
        let mut options = options(&address);
        options.timeout = Duration::from_millis(50);
        options.policy.attempts = 2;
        fault(options, Outcome::Unknown, "no whole answer in time from 127.0.0.1").await;
    }
}

#[tokio::test]
async fn a_body_is_read_up_to_a_limit_after_decompression() {
    let zipped =
        ResponseTemplate::new(200).set_body_bytes(bytes(GZIPPED_64K)).insert_header("content-encoding", "gzip");
    for template in [ResponseTemplate::new(200).set_body_bytes(vec![b' '; 65_536]), zipped] {
        let (server, _) = always(template).await;
        let mut small = options(&server.uri());
        small.largest_body = 65_535;
        let (courier, ledger) = (Courier::live(small).unwrap(), Ledger::default());
        let refused = exchange(&courier, &ledger).await.unwrap_err();
        assert!(matches!(refused, ExchangeError::TooLarge { limit: 65_535 }), "{refused}");
        assert_eq!(ledger.settled(), [Outcome::Answered { status: 200 }]);
        assert_eq!(asked(&server).await, 1, "the same question would have the same large answer");

        let mut enough = options(&server.uri());
        enough.largest_body = 65_536;
        enough.policy.attempts = 1;
        let error = exchange(&Courier::live(enough).unwrap(), &Ledger::default()).await.unwrap_err().to_string();
        assert!(error.contains("not JSON"), "it was read whole: {error}");
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let address = server(move |mut stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            while !read_request(&mut stream).await.is_empty() {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            }
        }
    })
    .await;
    let courier = Courier::live(options(&address)).unwrap();
    for _ in 0..5 {
        exchange(&courier, &Ledger::default()).await.unwrap();
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn told_to_stop_it_sends_nothing_more() {
    let (server, courier) = always(ResponseTemplate::new(503)).await;
    let stop = CancellationToken::new();
    let ledger = Ledger { stop_at_retry: Some(stop.clone()), ..Ledger::default() };
    let error = courier.exchange(&request(-9.14), &judge, &ledger, &stop).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Stopped), "while waiting to try again: {error}");
    let error = courier.exchange(&request(-9.14), &judge, &ledger, &stop).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Stopped), "before the first attempt: {error}");
    assert_eq!((asked(&server).await, ledger.reserved()), (1, 1));
}

#[tokio::test]
async fn told_to_stop_while_waiting_for_its_turn_it_gives_the_reservation_back() {
    let (server, _) = always(ResponseTemplate::new(200).set_body_string("{}")).await;
    let mut slow = options(&server.uri());
    slow.requests_per_second = 0.001;
    let courier = Courier::live(slow).unwrap();
    let (ledger, stop) = (Ledger::default(), CancellationToken::new());
    exchange(&courier, &ledger).await.unwrap();
    let request = request(-9.14);
    let waiting = courier.exchange(&request, &judge, &ledger, &stop);
    let stopping = async {
        while ledger.reserved() < 2 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(waiting, stopping);
    assert!(matches!(ended.unwrap_err(), ExchangeError::Stopped));
    assert_eq!((ledger.settled(), asked(&server).await), (vec![Outcome::Withdrawn], 1));
}

#[tokio::test]
async fn a_provider_that_throttles_one_of_us_is_left_alone_by_all() {
    let (server, courier) = always(ResponseTemplate::new(429).insert_header("retry-after", "60")).await;
    let stop = CancellationToken::new();
    let throttled = Ledger { stop_at_retry: Some(stop.clone()), ..Ledger::default() };
    courier.exchange(&request(1.0), &judge, &throttled, &stop).await.unwrap_err();
    // From here on time passes by itself, to the next timer.
    tokio::time::pause();
    let (ledger, stop, request) = (Ledger::default(), CancellationToken::new(), request(2.0));
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(50)).await;
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(courier.exchange(&request, &judge, &ledger, &stop), stopping);
    assert!(matches!(ended.unwrap_err(), ExchangeError::Stopped));
    assert_eq!((ledger.settled(), asked(&server).await), (vec![Outcome::Withdrawn], 1));
}

/// A server that tells when a request is there and answers when told to.
async fn on_command(body: &'static str) -> (Courier, Arc<Notify>, Arc<Notify>) {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&arrived), Arc::clone(&go));
    let address = server(move |mut stream| {
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        async move {
            read_request(&mut stream).await;
            tell.notify_one();
            wait.notified().await;
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
            read_request(&mut stream).await;
        }
    })
    .await;
    (Courier::live(options(&address)).unwrap(), arrived, go)
}

#[tokio::test]
async fn an_answer_in_flight_is_still_taken_after_the_stop() {
    for (body, fine) in [("{}", true), ("<html>", false)] {
        let (courier, arrived, go) = on_command(body).await;
        let (ledger, stop) = (Ledger::default(), CancellationToken::new());
        let request = request(-9.14);
        let stopping = async {
            arrived.notified().await;
            stop.cancel();
            tokio::task::yield_now().await;
            go.notify_one();
        };
        let (ended, ()) = tokio::join!(courier.exchange(&request, &judge, &ledger, &stop), stopping);
        match ended {
            Ok(response) => assert!(fine && response.body == body.as_bytes()),
            Err(error) => assert!(!fine && matches!(error, ExchangeError::Stopped), "{error}"),
        }
        assert_eq!(ledger.settled(), if fine { vec![] } else { vec![Outcome::Answered { status: 200 }] });
    }
}

#[tokio::test]
async fn but_not_waited_for_longer_than_four_seconds() {
    let (courier, arrived, _go) = on_command("{}").await;
    let (ledger, stop) = (Ledger::default(), CancellationToken::new());
    let request = request(-9.14);
    let stopping = async {
        arrived.notified().await;
        // From here on time passes by itself, to the next timer.
        tokio::time::pause();
        stop.cancel();
        tokio::time::Instant::now()
    };
    let (ended, stopped_at) = tokio::join!(courier.exchange(&request, &judge, &ledger, &stop), stopping);
    assert!(matches!(ended.unwrap_err(), ExchangeError::Stopped));
    assert_eq!(stopped_at.elapsed().as_secs(), 4);
    assert_eq!(ledger.settled(), vec![Outcome::Unknown]);
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_is_found_before_it_is_reserved() {
    let (server, courier) = always(ResponseTemplate::new(200)).await;
    let mut no_key = options(&server.uri());
    (no_key.key, no_key.key_setting) = (None, None);
    let no_key = Courier::live(no_key).unwrap();
    let mut broken = request(-9.14);
    broken.headers.push(("x-words".into(), HeaderValue::Plain("two\nlines".into())));
    let mut pathless = request(-9.14);
    pathless.path = "v1".into();
    let cases = [(&courier, broken, "x-words"), (&courier, pathless, "`v1`"), (&no_key, request(1.0), "wants a key")];
    for (courier, request, words) in cases {
        let ledger = Ledger::default();
        let error = courier.exchange(&request, &judge, &ledger, &CancellationToken::new()).await.unwrap_err();
        assert!(matches!(error, ExchangeError::RequestWrong { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(ledger.reserved(), 0);
    }
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_set_up() {
    let setup = |change: fn(&mut LiveOptions)| {
        let mut options = options("http://127.0.0.1:1");
        change(&mut options);
        Courier::live(options).map_err(|error: LiveSetupError| error.to_string()).unwrap_err()
    };
    assert!(setup(|options| options.key = None).starts_with("GOOGLE_PLACES_API_KEY is not set"));
    assert!(setup(|options| options.key = Some(" \n".into())).starts_with("GOOGLE_PLACES_API_KEY is not set"));
    let unusable = setup(|options| options.key = Some("AIza\nsecret".into()));
    assert!(unusable.starts_with("GOOGLE_PLACES_API_KEY holds") && !unusable.contains("secret"), "{unusable}");
    assert!(setup(|options| options.requests_per_second = 0.0).contains("requests_per_second is 0"));
    assert!(
        setup(|options| options.base_url.set_host(Some("example.com")).unwrap()).contains("GOOGLE_PLACES_BASE_URL")
    );
}

#[tokio::test]
async fn https_can_be_set_up() {
    let set_up = Courier::live(options("https://127.0.0.1:1"));
    // A machine without certificates gets a message that says so.
    assert!(set_up.is_ok() || set_up.is_err_and(|error| error.to_string().contains("ca-certificates")));
}
