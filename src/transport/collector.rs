//! Hands the numbers of a run to a collector of OpenTelemetry: one request, and no second try, because the next run's numbers come anyway.

use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::address::is_loopback;
use super::live::{chain, install_crypto};

/// Where the numbers go.
#[derive(Clone)]
pub struct Collector {
    /// The whole address, such as `http://localhost:4318/v1/metrics`.
    pub url: Url,
    /// Sent along; their values may be keys.
    pub headers: Vec<(String, SecretString)>,
    /// Time for the whole exchange.
    pub timeout: Duration,
}

/// Numbers that were not taken.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// A header that HTTP does not allow.
    #[error("the header `{0}` has a name or a value that HTTP does not allow")]
    Header(String),
    /// Nobody answers, or not in time.
    #[error("{0}")]
    Unreached(String),
    /// It answers, but does not take them.
    #[error("it answers {0}")]
    Refused(u16),
}

impl Collector {
    /// Sends what was encoded as OTLP's Protobuf.
    pub async fn send(&self, metrics: Vec<u8>) -> Result<(), CollectorError> {
        install_crypto();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .timeout(self.timeout)
            // A redirect would carry the headers to wherever the answer points.
            .redirect(Policy::none());
        if is_loopback(&self.url) {
            builder = builder.no_proxy();
        }
        if self.url.scheme() == "http" {
            // Nothing is encrypted, so that a machine without certificates can do it.
            builder = builder.tls_certs_only([]);
        }
        let unreached = |error| CollectorError::Unreached(chain(error));
        let client = builder.build().map_err(unreached)?;
        let request = client.post(self.url.clone()).headers(self.http_headers()?).body(metrics);
        let answer = request.send().await.map_err(unreached)?;
        if answer.status().is_success() { Ok(()) } else { Err(CollectorError::Refused(answer.status().as_u16())) }
    }

    fn http_headers(&self) -> Result<HeaderMap, CollectorError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let unusable = || CollectorError::Header(name.clone());
            let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| unusable())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::try_from(name.as_str()).map_err(|_| unusable())?, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        Ok(headers)
    }

    /// Host and port, for messages.
    pub fn place(&self) -> String {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.url.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for Collector {
    /// Without the headers, and of the address only what holds no password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Collector").field("place", &self.place()).finish_non_exhaustive()
    }
}
