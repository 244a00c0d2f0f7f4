//! Sends a request over the network, once.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue as HttpValue};
use rustls::crypto::CryptoProvider;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use super::address::{Address, AddressError};
use super::record::Recorder;
use super::retry::RetryPolicy;
use super::scrub::Scrubber;
use super::send_error::SendError;
use crate::wire::{HeaderValue, Method, Request, Response};

/// What a live transport needs to know.
pub struct LiveOptions {
    /// The provider's address: scheme, host and an optional prefix.
    pub base_url: Url,
    /// The setting that holds the address, for messages.
    pub base_url_setting: &'static str,
    /// The provider's key. White space at its ends, such as the line break of a mounted secret, is not part of it.
    pub key: Option<SecretString>,
    /// The setting that holds the key; none where the provider needs no key.
    pub key_setting: Option<&'static str>,
    /// Requests per second, for each call of the provider apart.
    pub requests_per_second: f64,
    /// Requests in flight at a time, where the provider wants few.
    pub at_once: Option<usize>,
    /// When to try again.
    pub policy: RetryPolicy,
    /// Where to keep the exchanges, if they are to be kept.
    pub record: Option<Recorder>,
    /// What we say we are.
    pub user_agent: String,
    /// Time to reach the server, its encryption included.
    pub connect_timeout: Duration,
    /// Time for a whole exchange, the last byte of the body included.
    pub timeout: Duration,
    /// The largest body that is read, bytes after decompression.
    pub largest_body: usize,
}

impl LiveOptions {
    /// Options with defaults: no key, no recording, 10 s to connect, 30 s for an exchange, 16 MiB of body.
    pub fn new(base_url: Url, base_url_setting: &'static str, requests_per_second: f64) -> Self {
        Self {
            base_url,
            base_url_setting,
            key: None,
            key_setting: None,
            requests_per_second,
            at_once: None,
            policy: RetryPolicy::default(),
            record: None,
            user_agent: concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            largest_body: 16 * 1024 * 1024,
        }
    }
}

impl LiveOptions {
    /// Whose rate it is: the same for everybody with this key at this address, and nothing of the key can be read from it.
    pub(super) fn account(&self) -> String {
        let mut digest = Sha256::new();
        // A place, a letter that neither of the two has, and the key: nobody can take one for the other.
        digest.update(self.base_url.as_str());
        digest.update("\n");
        digest.update(self.key.as_ref().map_or("", |key| key.expose_secret().trim()));
        let digest: [u8; 32] = digest.finalize().into();
        let first = digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
        format!("{first:016x}")
    }
}

impl fmt::Debug for LiveOptions {
    /// Without the key, and without the address: it may hold a password until it has been checked.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = &self.requests_per_second;
        formatter.debug_struct("LiveOptions").field("requests_per_second", rate).finish_non_exhaustive()
    }
}

/// A live transport that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LiveSetupError {
    /// The provider needs a key and there is none.
    #[error("{setting} is not set; it holds the provider's key")]
    KeyMissing {
        /// The setting.
        setting: &'static str,
    },
    /// The key cannot stand in a header.
    #[error("{setting} holds characters that no key has (a line break, or a letter outside ASCII); copy it again")]
    KeyUnusable {
        /// The setting.
        setting: &'static str,
    },
    /// The address may not be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Requests per second that are none.
    #[error("requests_per_second is {given}; give a number above 0")]
    Rate {
        /// As given.
        given: f64,
    },
    /// The HTTP client cannot be built.
    #[error("cannot set up https: {reason}; are the system's certificates installed (package `ca-certificates`)?")]
    Client {
        /// What the client said.
        reason: String,
    },
}

/// A request that cannot be put on the wire: a mistake of the provider's file, found before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PrepareError {
    #[error("the path `{0}` does not begin with `/`")]
    Path(String),
    #[error("the header `{0}` has a name or a value that HTTP does not allow")]
    Header(String),
    #[error("the header `{0}` wants a key, but the provider declares none")]
    NoKey(String),
    #[error("the body cannot be written as JSON: {0}")]
    Body(String),
}

/// Sends requests to one provider, with its key.
pub(super) struct Live {
    client: reqwest::Client,
    address: Address,
    key: Option<SecretString>,
    scrubber: Scrubber,
    largest_body: usize,
}

impl Live {
    pub(super) fn new(options: &LiveOptions) -> Result<Self, LiveSetupError> {
        let address = Address::new(options.base_url.clone(), options.base_url_setting)?;
        let key = usable_key(options)?;
        let scrubber = Scrubber::new(key.clone());
        let client = client(options, &address)?;
        Ok(Self { client, address, key, scrubber, largest_body: options.largest_body })
    }

    /// Puts the address and the key to a request.
    pub(super) fn prepare(&self, request: &Request) -> Result<reqwest::Request, PrepareError> {
        if !request.path.starts_with('/') {
            return Err(PrepareError::Path(request.path.clone()));
        }
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut http = reqwest::Request::new(method, self.address.url(request));
        http.headers_mut().insert(ACCEPT, HttpValue::from_static("application/json"));
        if let Some(json) = &request.json {
            let body = serde_json::to_vec(json).map_err(|error| PrepareError::Body(error.to_string()))?;
            *http.body_mut() = Some(body.into());
            http.headers_mut().insert(CONTENT_TYPE, HttpValue::from_static("application/json"));
        }
        if !request.form.is_empty() {
            let mut fields = url::form_urlencoded::Serializer::new(String::new());
            fields.extend_pairs(&request.form);
            *http.body_mut() = Some(fields.finish().into());
            let form = HttpValue::from_static("application/x-www-form-urlencoded");
            http.headers_mut().insert(CONTENT_TYPE, form);
        }
        for (name, value) in &request.headers {
            let unusable = || PrepareError::Header(name.clone());
            let header = HeaderName::try_from(name.as_str()).map_err(|_| unusable())?;
            http.headers_mut().insert(header, self.header_value(name, value)?.ok_or_else(unusable)?);
        }
        Ok(http)
    }

    fn header_value(&self, name: &str, value: &HeaderValue) -> Result<Option<HttpValue>, PrepareError> {
        match value {
            HeaderValue::Plain(text) => Ok(HttpValue::from_str(text).ok()),
            HeaderValue::Key { prefix } => {
                let key = self.key.as_ref().ok_or_else(|| PrepareError::NoKey(name.to_owned()))?;
                let mut value = HttpValue::from_str(&format!("{prefix}{}", key.expose_secret())).ok();
                if let Some(value) = &mut value {
                    value.set_sensitive(true);
                }
                Ok(value)
            }
        }
    }

    /// Sends it and reads the whole answer. The key is taken out of everything that is returned.
    pub(super) async fn send(&self, http: reqwest::Request) -> Result<Response, SendError> {
        let mut answer = self.client.execute(http).await.map_err(|error| self.failed(error))?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), self.scrubber.text(value))
            })
            .collect();
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| self.broken(Some(status), error))? {
            if body.len() + piece.len() > self.largest_body {
                return Err(SendError::TooLarge { status, limit: self.largest_body, received_at: now() });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Response { status, headers, body: self.scrubber.bytes(body), received_at: now() })
    }

    fn failed(&self, error: reqwest::Error) -> SendError {
        if error.is_connect() {
            let reason = self.told(error);
            return SendError::NeverSent(format!("cannot connect to {}: {reason}", self.address.host()));
        }
        self.broken(None, error)
    }

    fn broken(&self, status: Option<u16>, error: reqwest::Error) -> SendError {
        let what = if error.is_timeout() {
            "no whole answer in time from"
        } else {
            "the connection broke; no whole answer from"
        };
        let reason = self.told(error);
        SendError::NoAnswer { status, reason: format!("{what} {}: {reason}", self.address.host()) }
    }

    /// The error and its causes, without the URL and without the key.
    fn told(&self, error: reqwest::Error) -> String {
        self.scrubber.text(chain(error))
    }
}

/// The key, if it is needed, without white space around it.
fn usable_key(options: &LiveOptions) -> Result<Option<SecretString>, LiveSetupError> {
    let key = options.key.as_ref().map(|key| key.expose_secret().trim()).filter(|key| !key.is_empty());
    match (key, options.key_setting) {
        (None, Some(setting)) => Err(LiveSetupError::KeyMissing { setting }),
        (None, None) => Ok(None),
        (Some(key), setting) if key.bytes().all(|byte| byte.is_ascii_graphic()) || setting.is_none() => {
            Ok(Some(key.into()))
        }
        (Some(_), setting) => Err(LiveSetupError::KeyUnusable { setting: setting.unwrap_or_default() }),
    }
}

fn client(options: &LiveOptions, address: &Address) -> Result<reqwest::Client, LiveSetupError> {
    install_crypto();
    let mut builder = reqwest::Client::builder()
        .user_agent(options.user_agent.as_str())
        .connect_timeout(options.connect_timeout)
        .timeout(options.timeout)
        // The client itself repeats only what a server refused unprocessed (HTTP/2); all else is decided in `retry`.
        // A redirect would carry the key to wherever the answer points.
        .redirect(reqwest::redirect::Policy::none());
    if address.is_loopback() {
        builder = builder.no_proxy();
    }
    if address.is_plain() {
        // Nothing is encrypted, so that a machine without certificates can do it.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| LiveSetupError::Client { reason: chain(error) })
}

/// One crypto provider for the whole process.
pub(super) fn install_crypto() {
    if CryptoProvider::get_default().is_none() && rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::trace!("another thread installed a crypto provider first");
    }
}

/// An error and its causes in one line, without the URL.
pub(super) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some layers repeat their cause's words.
        if !told.ends_with(&text) {
            told = format!("{told}: {text}");
        }
        cause = error.source();
    }
    told
}

#[expect(
    clippy::disallowed_methods,
    reason = "the arrival of an answer is an observation; nothing else reads this clock"
)]
fn now() -> DateTime<Utc> {
    Utc::now()
}
