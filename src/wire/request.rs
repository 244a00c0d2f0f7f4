use serde::{Deserialize, Serialize};

/// What to send, without the address of the server and without a secret: the same value with any key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The provider's name, which decides the address and the key.
    pub provider: String,
    /// The provider's own name of the call (`searchNearby`): paced, priced and counted apart.
    pub call: String,
    /// HTTP method.
    pub method: Method,
    /// Path below the provider's address, beginning with `/`.
    pub path: String,
    /// Query parameters, in order, not yet encoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    /// Headers, in order, names in lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, HeaderValue)>,
    /// Fields of a form, in order, not yet encoded; a request has a form or a JSON body, not both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub form: Vec<(String, String)>,
    /// JSON body, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<serde_json::Value>,
}

/// HTTP methods that providers use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// A header's value, or the place where the transport puts the provider's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderValue {
    /// As it is.
    Plain(String),
    /// The key, after these words (`"Bearer "`, or nothing).
    Key {
        /// What stands before the key.
        prefix: String,
    },
}
