//! Where a provider is: scheme, host and an optional prefix, to which each request's own path is appended.

use url::{Host, Url};

use crate::wire::Request;

/// A provider's address that may be used.
#[derive(Debug, Clone)]
pub(super) struct Address(Url);

/// A provider's address that may not be used. The address itself is not repeated where it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Plain http to another machine would show the key to everybody on the way.
    #[error(
        "{setting} is plain http to `{host}`, which would send the key unencrypted; use https, or a loopback address"
    )]
    PlainHttp {
        /// The setting that holds the address.
        setting: &'static str,
        /// The host.
        host: String,
    },
    /// Neither http nor https.
    #[error("{setting} has the scheme `{scheme}`; use https")]
    Scheme {
        /// The setting that holds the address.
        setting: &'static str,
        /// The scheme.
        scheme: String,
    },
    /// A part that is not scheme, host, port or prefix.
    #[error("{setting} holds {part}; give scheme, host and an optional prefix only, as in `https://host/prefix`")]
    Part {
        /// The setting that holds the address.
        setting: &'static str,
        /// What should not be there.
        part: &'static str,
    },
}

/// Whether requests may be sent to the address that the named setting holds.
pub fn check_address(url: &Url, setting: &'static str) -> Result<(), AddressError> {
    Address::new(url.clone(), setting).map(drop)
}

impl Address {
    /// Checks the address that the named setting holds.
    pub(super) fn new(url: Url, setting: &'static str) -> Result<Self, AddressError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme { setting, scheme: url.scheme().to_owned() });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Part { setting, part: "a user or a password" });
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::Part { setting, part: "a query or a fragment" });
        }
        let address = Self(url);
        if address.is_plain() && !address.is_loopback() {
            return Err(AddressError::PlainHttp { setting, host: address.host().to_owned() });
        }
        Ok(address)
    }

    /// The host, for messages.
    pub(super) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether it is http without encryption.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Whether it is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The whole URL of a request.
    pub(super) fn url(&self, request: &Request) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{}", self.0.path().trim_end_matches('/'), request.path));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        url
    }
}

/// Whether it is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Method;

    fn address(url: &str) -> Result<Address, AddressError> {
        Address::new(Url::parse(url).unwrap(), "GOOGLE_PLACES_BASE_URL")
    }

    fn asking(path: &str, query: &[(&str, &str)]) -> Request {
        Request {
            provider: "google".into(),
            call: "call".into(),
            method: Method::Get,
            path: path.into(),
            query: query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            headers: vec![],
            form: Vec::new(),
            json: None,
        }
    }

    #[test]
    fn appends_the_path_to_any_prefix() {
        for (base, whole) in [
            ("https://places.googleapis.com", "https://places.googleapis.com/v1/places:searchNearby"),
            ("https://places.googleapis.com/", "https://places.googleapis.com/v1/places:searchNearby"),
            ("https://gate.example/google/", "https://gate.example/google/v1/places:searchNearby"),
            ("http://127.0.0.1:8080/double", "http://127.0.0.1:8080/double/v1/places:searchNearby"),
        ] {
            assert_eq!(address(base).unwrap().url(&asking("/v1/places:searchNearby", &[])).as_str(), whole);
        }
    }

    #[test]
    fn encodes_the_query() {
        let url = address("https://a.example").unwrap().url(&asking("/s", &[("q", "tea & cake"), ("near", "Évora")]));
        assert_eq!(url.as_str(), "https://a.example/s?q=tea+%26+cake&near=%C3%89vora");
    }

    #[test]
    fn plain_http_goes_to_loopback_only() {
        for url in ["http://127.0.0.1:1", "http://127.8.0.1", "http://[::1]:80", "http://localhost:3000"] {
            assert!(address(url).is_ok(), "{url}");
        }
        for url in
            ["http://places.googleapis.com", "http://localhost.evil.example", "http://10.0.0.1", "http://0.0.0.0"]
        {
            let message = address(url).unwrap_err().to_string();
            assert!(message.contains("GOOGLE_PLACES_BASE_URL") && message.contains("https"), "{message}");
        }
    }

    #[test]
    fn refuses_what_is_not_an_address_and_repeats_no_password() {
        let message = address("https://user:hunter2@host.example").unwrap_err().to_string();
        assert!(message.contains("password") && !message.contains("hunter2"), "{message}");
        assert!(address("https://host.example/?key=1").is_err());
        assert!(address("ftp://host.example").unwrap_err().to_string().contains("`ftp`"));
    }
}
