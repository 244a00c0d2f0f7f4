//! Doubles for the tests of this room: an account that counts, a judge such as Google's, a server that misbehaves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::attempts::{Attempts, HandedOut, Lane, Outcome, Wanted};
use super::live::LiveOptions;
use super::retry::RetryPolicy;
use crate::wire::{HeaderValue, Method, QuotaReset, Request, Response, Verdict};

pub(super) const KEY: &str = "AIzaTestKey-0123/456+789=";

/// A request for the venues around a longitude.
pub(super) fn request(longitude: f64) -> Request {
    Request {
        provider: "google".into(),
        call: "searchNearby".into(),
        method: Method::Post,
        path: "/v1/places:searchNearby".into(),
        query: vec![],
        headers: vec![
            ("x-goog-api-key".into(), HeaderValue::Key { prefix: String::new() }),
            ("x-goog-fieldmask".into(), HeaderValue::Plain("places.id".into())),
        ],
        form: Vec::new(),
        json: Some(json!({"maxResultCount": 20, "center": {"latitude": 38.7, "longitude": longitude}})),
    }
}

/// Options that never wait: a thousand requests a second, no time between attempts.
pub(super) fn options(base_url: &str) -> LiveOptions {
    let policy = RetryPolicy {
        attempts: 3,
        floor: Duration::ZERO,
        first: Duration::ZERO,
        ceiling: Duration::ZERO,
        ..RetryPolicy::default()
    };
    LiveOptions {
        key: Some(KEY.into()),
        key_setting: Some("GOOGLE_PLACES_API_KEY"),
        policy,
        ..LiveOptions::new(Url::parse(base_url).unwrap(), "GOOGLE_PLACES_BASE_URL", 1000.0)
    }
}

/// A verdict such as Google's would be; its reasons repeat the body, as the worst of judges would.
pub(super) fn judge(response: &Response) -> Verdict {
    let body = String::from_utf8_lossy(&response.body).into_owned();
    match response.status {
        200 if serde_json::from_str::<serde_json::Value>(&body).is_ok() => Verdict::Fine,
        200 => Verdict::NotUsable { reason: format!("not JSON: {body}") },
        400 if body.contains("API_KEY_INVALID") => Verdict::CredentialsRefused { reason: body },
        403 => Verdict::CredentialsRefused { reason: body },
        429 if body.contains("PerDay") => {
            Verdict::QuotaGone { until: QuotaReset::MidnightIn("America/Los_Angeles"), reason: body }
        }
        429 | 500.. => Verdict::RetryAfter { wait: None, reason: format!("status {}", response.status) },
        _ => Verdict::RequestWrong { reason: body },
    }
}

/// An account in memory.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) reserved: Mutex<u32>,
    pub(super) settled: Mutex<Vec<Outcome>>,
    pub(super) retried: Mutex<Vec<(String, Duration)>>,
    /// The first instant of each call that nobody has.
    pub(super) next: Arc<Mutex<HashMap<String, Instant>>>,
    /// How long a question takes to whoever hands out the instants, and an answer back.
    pub(super) way: Duration,
    /// Pauses that were told.
    pub(super) held: Mutex<Vec<(String, Duration)>>,
    /// Allowances that were told to be used up.
    pub(super) used_up: Mutex<Vec<(String, QuotaReset)>>,
    /// Refuses the reservation after so many.
    pub(super) limit: Option<u32>,
    /// Confirms no reservation any more.
    pub(super) taken_over: bool,
    /// Pulled when another attempt is announced.
    pub(super) stop_at_retry: Option<CancellationToken>,
}

#[derive(Debug, thiserror::Error)]
#[error("the budget of {0} requests is used up")]
pub(super) struct BudgetGone(pub(super) u32);

impl Attempts for Ledger {
    type Error = BudgetGone;

    async fn reserve(&self) -> Result<(), BudgetGone> {
        let mut reserved = self.reserved.lock().unwrap();
        if let Some(limit) = self.limit.filter(|limit| *reserved >= *limit) {
            return Err(BudgetGone(limit));
        }
        *reserved += 1;
        Ok(())
    }

    async fn settle(&self, outcome: Outcome) -> Result<(), BudgetGone> {
        self.settled.lock().unwrap().push(outcome);
        Ok(())
    }

    async fn instants(&self, wanted: Wanted<'_>) -> Result<HandedOut, BudgetGone> {
        sleep(self.way).await;
        let now = Instant::now();
        let first = {
            let mut next = self.next.lock().unwrap();
            let next = next.entry(wanted.lane.call.to_owned()).or_insert(now);
            let first = (*next).max(now + wanted.lead);
            *next = first + wanted.interval * wanted.count;
            first
        };
        sleep(self.way).await;
        let answered_at = Instant::now();
        // And it is committed.
        sleep(2 * self.way).await;
        Ok(HandedOut { wait: first - now, answered_at, trip: 2 * self.way, way_back: self.way })
    }

    fn confirm(&self) -> Result<(), BudgetGone> {
        if self.taken_over { Err(BudgetGone(self.reserved())) } else { Ok(()) }
    }

    async fn hold(&self, lane: Lane<'_>, wait: Duration) {
        self.held.lock().unwrap().push((lane.call.to_owned(), wait));
    }

    async fn used_up(&self, lane: Lane<'_>, until: &QuotaReset) {
        self.used_up.lock().unwrap().push((lane.call.to_owned(), until.clone()));
    }

    fn retrying(&self, reason: &str, wait: Duration) {
        self.retried.lock().unwrap().push((reason.to_owned(), wait));
        if let Some(stop) = &self.stop_at_retry {
            stop.cancel();
        }
    }
}

impl Ledger {
    pub(super) fn reserved(&self) -> u32 {
        *self.reserved.lock().unwrap()
    }

    pub(super) fn settled(&self) -> Vec<Outcome> {
        self.settled.lock().unwrap().clone()
    }
}

/// A server that treats each connection as told; gives its address. It ends with the test's runtime.
pub(super) async fn server<F, T>(mut treat: F) -> String
where
    F: FnMut(TcpStream) -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream));
        }
    });
    address
}

/// Reads one request to its end, and gives its text; empty when the client has gone.
pub(super) async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return String::new(),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

/// Reads the request, writes these bytes, and closes.
pub(super) async fn answer(mut stream: TcpStream, bytes: &[u8]) {
    read_request(&mut stream).await;
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
}
