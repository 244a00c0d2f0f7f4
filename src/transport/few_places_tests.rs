//! A provider that gives few places, says on a page when one is free, and wants to be asked for less: forms, waits, order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request as Received, ResponseTemplate};

use super::attempts::Outcome;
use super::courier::Courier;
use super::double::{Ledger, options, read_request, request, server};
use super::exchange_error::ExchangeError;
use super::live::LiveOptions;
use crate::wire::{Method, Request, Response, Verdict};

const WAIT: Duration = Duration::from_millis(40);

fn question() -> Request {
    Request {
        path: "/api/interpreter".into(),
        headers: vec![],
        form: vec![("data".into(), "[out:json];\nnode(1,2,3,4);out;".into()), ("lang".into(), "pt & é".into())],
        json: None,
        ..request(0.0)
    }
}

fn status_page() -> Request {
    Request {
        method: Method::Get,
        call: "status".into(),
        path: "/api/status".into(),
        headers: vec![],
        json: None,
        ..request(0.0)
    }
}

/// 429 sends to the page; the page tells milliseconds; a remark wants less.
fn judge(response: &Response) -> Verdict {
    let body = String::from_utf8_lossy(&response.body);
    match (response.status, body.strip_prefix("wait ").and_then(|rest| rest.parse().ok())) {
        (429, _) => Verdict::LookAfter { wait: WAIT, look: Box::new(status_page()), reason: "no place".into() },
        (_, Some(millis)) => Verdict::RetryAfter { wait: Some(Duration::from_millis(millis)), reason: "page".into() },
        (200, None) if body.contains("remark") => Verdict::TooMuch { reason: "timed out".into() },
        _ => Verdict::Fine,
    }
}

fn without_key(url: &str) -> LiveOptions {
    LiveOptions { key: None, key_setting: None, ..options(url) }
}

async fn exchange(courier: &Courier, ledger: &Ledger) -> Result<Response, ExchangeError<super::double::BudgetGone>> {
    courier.exchange(&question(), &judge, ledger, &CancellationToken::new()).await
}

#[tokio::test]
async fn a_form_is_sent_as_browsers_do() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/interpreter"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let courier = Courier::live(without_key(&server.uri())).unwrap();
    exchange(&courier, &Ledger::default()).await.unwrap();
    let received = server.received_requests().await.unwrap().remove(0);
    assert_eq!(received.headers["content-type"], "application/x-www-form-urlencoded");
    let fields: Vec<_> = url::form_urlencoded::parse(&received.body).into_owned().collect();
    assert_eq!(fields, question().form);
}

/// A server without a place at first: 429, then the page, then the answer.
async fn crowded(page: ResponseTemplate) -> (MockServer, Courier) {
    let server = MockServer::start().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = move |_: &Received| {
        let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        ResponseTemplate::new(if first { 429 } else { 200 })
    };
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    Mock::given(method("GET")).and(path("/api/status")).respond_with(page).mount(&server).await;
    let courier = Courier::live(without_key(&server.uri())).unwrap();
    (server, courier)
}

/// What a server was asked for, in order.
async fn asked(server: &MockServer) -> Vec<String> {
    server.received_requests().await.unwrap().iter().map(|one| one.url.path().to_owned()).collect()
}

const LOOKED_ONCE: [&str; 3] = ["/api/interpreter", "/api/status", "/api/interpreter"];

#[tokio::test]
async fn without_a_place_the_page_is_looked_at_and_its_wait_is_kept() {
    let (server, courier) = crowded(ResponseTemplate::new(200).set_body_string("wait 60")).await;
    let ledger = Ledger::default();
    let began = Instant::now();
    exchange(&courier, &ledger).await.unwrap();
    assert!(began.elapsed() >= WAIT + Duration::from_millis(60), "{:?}", began.elapsed());
    assert_eq!(asked(&server).await, LOOKED_ONCE);
    // The page is free: it is neither reserved nor settled.
    assert_eq!((ledger.reserved(), ledger.settled()), (2, vec![Outcome::Answered { status: 429 }]));
}

#[tokio::test]
async fn a_page_that_does_not_say_is_no_reason_to_give_up() {
    for page in [ResponseTemplate::new(500), ResponseTemplate::new(200).set_body_string("<html>")] {
        let (server, courier) = crowded(page).await;
        exchange(&courier, &Ledger::default()).await.unwrap();
        assert_eq!(asked(&server).await, LOOKED_ONCE);
    }
}

#[tokio::test]
async fn a_page_cannot_make_us_wait_beyond_our_patience() {
    let (server, _) = crowded(ResponseTemplate::new(200).set_body_string("wait 86400000")).await;
    let mut options = without_key(&server.uri());
    options.policy.patience = WAIT * 2;
    let courier = Courier::live(options).unwrap();
    exchange(&courier, &Ledger::default()).await.unwrap();
    assert_eq!(asked(&server).await, LOOKED_ONCE);
}

#[tokio::test]
async fn too_much_ends_it_at_once_and_stays_spent() {
    let server = MockServer::start().await;
    let remark = ResponseTemplate::new(200).set_body_string(r#"{"remark":"timed out"}"#);
    Mock::given(method("POST")).respond_with(remark).mount(&server).await;
    let courier = Courier::live(without_key(&server.uri())).unwrap();
    let ledger = Ledger::default();
    let error = exchange(&courier, &ledger).await.unwrap_err();
    assert!(matches!(error, ExchangeError::TooMuch { .. }), "{error}");
    assert_eq!((ledger.reserved(), ledger.settled()), (1, vec![Outcome::Answered { status: 200 }]));
}

#[tokio::test]
async fn with_one_place_nobody_asks_before_the_other_is_answered() {
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (within, peak) = (Arc::clone(&inside), Arc::clone(&most));
    let address = server(move |mut stream| {
        let (inside, most) = (Arc::clone(&within), Arc::clone(&peak));
        async move {
            while !read_request(&mut stream).await.is_empty() {
                most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Whoever could come would come now.
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                inside.fetch_sub(1, Ordering::SeqCst);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.unwrap();
            }
        }
    })
    .await;
    let courier = Courier::live(LiveOptions { at_once: Some(1), ..without_key(&address) }).unwrap();
    let ledger = Ledger::default();
    let all = (0..8).map(|_| exchange(&courier, &ledger));
    for ended in futures_util::future::join_all(all).await {
        ended.unwrap();
    }
    assert_eq!((most.load(Ordering::SeqCst), ledger.reserved()), (1, 8));
}
