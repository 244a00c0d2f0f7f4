//! A provider's address, where somebody points it elsewhere.

use url::{Host, Url};

/// Why a text is not an address to send a key to. A text that may hold a password is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL.
    #[error("not a URL ({0}): scheme, host and an optional prefix are needed, like https://proxy.example/google")]
    NotAUrl(#[from] url::ParseError),
    /// Not HTTP.
    #[error("`{0}:` is not a scheme for a provider: use https://")]
    Scheme(String),
    /// The key would travel in the open.
    #[error("plain http:// is only for this machine (127.0.0.1, localhost): `{0}` needs https://")]
    Plain(String),
    /// More than scheme, host and prefix.
    #[error("leave out user, password, ? and #: only scheme, host and an optional prefix are needed")]
    TooMuch,
}

/// Checks an address: HTTPS, or plain HTTP to this very machine; no user, query or fragment.
pub fn base_url(text: &str) -> Result<Url, BaseUrlError> {
    let url = Url::parse(text)?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(BaseUrlError::TooMuch);
    }
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        "http" => Err(BaseUrlError::Plain(url.host_str().unwrap_or_default().to_owned())),
        other => Err(BaseUrlError::Scheme(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for fine in ["http://127.0.0.1:8080/google", "http://localhost:1", "http://[::1]:9", "https://proxy.example/x"]
        {
            base_url(fine).unwrap_or_else(|error| panic!("{fine}: {error}"));
        }
        for plain in ["http://proxy.example", "http://localhost.example", "http://128.0.0.1", "http://10.0.0.1"] {
            assert!(matches!(base_url(plain), Err(BaseUrlError::Plain(_))), "{plain}");
        }
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        for bad in
            ["https://u:hunter22@h", "https://h/?key=hunter22", "https://h/#hunter22", "hunter22", "ftp://hunter22"]
        {
            let error = base_url(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter22"), "{error}");
        }
    }
}
