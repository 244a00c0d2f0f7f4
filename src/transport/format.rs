//! The files of a recording: their names, their shape and their version. JSON that people can read and compare.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::canonical::Fingerprint;
use crate::wire::{Request, Response};

/// The version of the files that are written, and the newest that can be read.
pub(super) const FORMAT: u32 = 2;

/// The version of what programs could read from the first; only an answer that was too large is told in a newer one.
const FIRST_FORMAT: u32 = 1;

/// The file that tells what run was recorded.
pub(super) const RUN_FILE: &str = "run.json";

/// Headers that can change what an answer means; the rest is noise, and some of it says who asked.
const KEPT_HEADERS: [&str; 4] = ["content-type", "date", "link", "retry-after"];

/// What a recorded run was asked to do, and what it knew when it began: with these a replay asks the same questions.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRun {
    /// The provider's name.
    pub provider: String,
    /// The region's name.
    pub region: String,
    /// The region's settings, in the caller's shape.
    pub parameters: serde_json::Value,
    /// What earlier runs had learned, in the caller's shape.
    pub snapshot: serde_json::Value,
    /// When the run began.
    pub begun_at: DateTime<Utc>,
}

/// What a recording keeps of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kept {
    /// The answer.
    Whole(Response),
    /// It was larger than is read: that it was so, and nothing of it.
    TooLarge(TooLarge),
}

/// An answer that passed the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge {
    pub(super) status: u16,
    /// Bytes.
    pub(super) limit: usize,
    pub(super) received_at: DateTime<Utc>,
}

/// Bytes that are not a file of a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FormatError {
    #[error("{0}")]
    Damaged(String),
    #[error("format {0}")]
    Newer(u32),
}

#[derive(Serialize, Deserialize)]
struct RunShape {
    format: u32,
    provider: String,
    region: String,
    parameters: serde_json::Value,
    snapshot: serde_json::Value,
    begun_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct ExchangeShape {
    format: u32,
    request: Request,
    response: ResponseShape,
}

#[derive(Serialize, Deserialize)]
struct ResponseShape {
    status: u16,
    received_at: DateTime<Utc>,
    headers: Vec<(String, String)>,
    body: BodyShape,
}

/// A body as it was: JSON keeps its members' order and its numbers' digits and is only indented anew; all else is exact.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BodyShape {
    Json(Box<RawValue>),
    Text(String),
    Hex(String),
    /// Since format 2: nothing of it, but how much would have been read.
    LargerThan(usize),
}

/// The name of an exchange's file.
pub(super) fn file_name(number: u32, fingerprint: Fingerprint) -> String {
    format!("{number:04}-{fingerprint}.json")
}

/// The number and the fingerprint in an exchange's file name.
pub(super) fn parse_file_name(name: &str) -> Option<(u32, Fingerprint)> {
    let (number, fingerprint) = name.strip_suffix(".json")?.split_once('-')?;
    Some((number.parse().ok()?, Fingerprint::parse(fingerprint)?))
}

/// The text of `run.json`.
pub(super) fn run_text(run: &RecordedRun) -> serde_json::Result<String> {
    let RecordedRun { provider, region, parameters, snapshot, begun_at } = run.clone();
    text_of(&RunShape { format: FIRST_FORMAT, provider, region, parameters, snapshot, begun_at })
}

/// Reads `run.json`.
pub(super) fn read_run(bytes: &[u8]) -> Result<RecordedRun, FormatError> {
    let RunShape { provider, region, parameters, snapshot, begun_at, .. } = read(bytes)?;
    Ok(RecordedRun { provider, region, parameters, snapshot, begun_at })
}

/// The text of an exchange's file.
pub(super) fn exchange_text(request: &Request, response: &Response) -> serde_json::Result<String> {
    let kept =
        |name: &str| KEPT_HEADERS.contains(&name) || name.starts_with("ratelimit") || name.starts_with("x-ratelimit");
    text_of(&ExchangeShape {
        format: FIRST_FORMAT,
        request: request.clone(),
        response: ResponseShape {
            status: response.status,
            received_at: response.received_at,
            headers: response.headers.iter().filter(|(name, _)| kept(name)).cloned().collect(),
            body: body_shape(&response.body),
        },
    })
}

/// The text of the file of an exchange whose answer was too large.
pub(super) fn too_large_text(request: &Request, answer: TooLarge) -> serde_json::Result<String> {
    let TooLarge { status, limit, received_at } = answer;
    let response = ResponseShape { status, received_at, headers: Vec::new(), body: BodyShape::LargerThan(limit) };
    text_of(&ExchangeShape { format: FORMAT, request: request.clone(), response })
}

/// Reads an exchange's file.
pub(super) fn read_exchange(bytes: &[u8]) -> Result<(Request, Kept), FormatError> {
    let ExchangeShape { request, response, .. } = read(bytes)?;
    let ResponseShape { status, received_at, headers, body } = response;
    let body = match body {
        BodyShape::Json(json) => json.get().as_bytes().to_vec(),
        BodyShape::Text(text) => text.into_bytes(),
        BodyShape::Hex(digits) => {
            from_hex(&digits).ok_or_else(|| FormatError::Damaged("its body is not hexadecimal".to_owned()))?
        }
        BodyShape::LargerThan(limit) => return Ok((request, Kept::TooLarge(TooLarge { status, limit, received_at }))),
    };
    Ok((request, Kept::Whole(Response { status, headers, body, received_at })))
}

fn text_of(shape: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(shape)? + "\n")
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FormatError> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let damaged = |error: serde_json::Error| FormatError::Damaged(error.to_string());
    // First the version alone: a newer file may have any shape.
    let Version { format } = serde_json::from_slice(bytes).map_err(damaged)?;
    if format > FORMAT {
        return Err(FormatError::Newer(format));
    }
    serde_json::from_slice(bytes).map_err(damaged)
}

fn body_shape(body: &[u8]) -> BodyShape {
    let Ok(text) = str::from_utf8(body) else {
        return BodyShape::Hex(to_hex(body));
    };
    let json = serde_json::from_str::<&RawValue>(text).and_then(|json| RawValue::from_string(indented(json.get())));
    json.map_or_else(|_| BodyShape::Text(text.to_owned()), BodyShape::Json)
}

fn to_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some(digit(*high)? * 16 + digit(*low)?) } else { None }).collect()
}

/// Valid JSON with a line for each row of an answer, so that people can compare recordings and a recording stays small; nothing
/// else is changed: reading and writing it as a value would cost digits.
fn indented(json: &str) -> String {
    /// The body's place in the file, which its lines continue.
    const DEPTH: usize = 3;
    /// The body's members, and the elements of those, stand on lines of their own; what is inside them does not.
    const LINES: usize = DEPTH + 2;
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (DEPTH, false, false);
    let mut opened = false;
    for character in json.chars() {
        if in_string {
            text.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        if character.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(character, '}' | ']');
        if closes {
            depth -= 1;
        }
        let inside = if closes { depth + 1 } else { depth };
        if opened != closes && inside <= LINES {
            new_line(&mut text, depth);
        }
        opened = matches!(character, '{' | '[');
        text.push(character);
        match character {
            '{' | '[' => depth += 1,
            ',' if depth <= LINES => new_line(&mut text, depth),
            ':' if depth < LINES => text.push(' '),
            '"' => in_string = true,
            _ => {}
        }
    }
    text
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    for _ in 0..depth {
        text.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::wire::{HeaderValue, Method};

    fn request() -> Request {
        Request {
            provider: "google".into(),
            call: "searchNearby".into(),
            method: Method::Post,
            path: "/v1/places:searchNearby".into(),
            query: vec![],
            headers: vec![("x-goog-api-key".into(), HeaderValue::Key { prefix: String::new() })],
            form: Vec::new(),
            json: Some(json!({"maxResultCount": 20})),
        }
    }

    fn response(body: &[u8]) -> Response {
        Response {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_vec(),
            received_at: "2026-11-22T09:00:00.25Z".parse().unwrap(),
        }
    }

    fn kept(body: &[u8]) -> Vec<u8> {
        let text = exchange_text(&request(), &response(body)).unwrap();
        read(&text).1.body
    }

    fn read(text: &str) -> (Request, Response) {
        match read_exchange(text.as_bytes()).unwrap() {
            (request, Kept::Whole(response)) => (request, response),
            (_, Kept::TooLarge(answer)) => panic!("{answer:?}"),
        }
    }

    #[test]
    fn of_an_answer_that_was_too_large_it_is_kept_that_it_was() {
        let answer = TooLarge { status: 200, limit: 16, received_at: DateTime::UNIX_EPOCH };
        let text = too_large_text(&request(), answer).unwrap();
        assert_eq!(read_exchange(text.as_bytes()).unwrap(), (request(), Kept::TooLarge(answer)));
        assert!(text.contains("\"format\": 2"), "a program that cannot read it says so: {text}");
    }

    #[test]
    fn is_readable_and_stable() {
        let body = br#"{"places":[{"id":"a","types":[],"rating":5.0},{}],"text":"a \"quoted, {brace}\" \\"}"#;
        let text = exchange_text(&request(), &response(body)).unwrap();
        assert_eq!(
            text,
            r#"{
  "format": 1,
  "request": {
    "provider": "google",
    "call": "searchNearby",
    "method": "POST",
    "path": "/v1/places:searchNearby",
    "headers": [
      [
        "x-goog-api-key",
        {
          "key": {
            "prefix": ""
          }
        }
      ]
    ],
    "json": {
      "maxResultCount": 20
    }
  },
  "response": {
    "status": 200,
    "received_at": "2026-11-22T09:00:00.250Z",
    "headers": [
      [
        "content-type",
        "application/json"
      ]
    ],
    "body": {
      "json": {
        "places": [
          {"id":"a","types":[],"rating":5.0},
          {}
        ],
        "text": "a \"quoted, {brace}\" \\"
      }
    }
  }
}
"#
        );
        let (asked, answered) = read(&text);
        assert_eq!(exchange_text(&asked, &answered).unwrap(), text, "writing it again changes nothing");
    }

    #[test]
    fn json_keeps_digits_and_order() {
        let body = br#"{"z":1.10,"a":12345678901234567890123,"e":1e2,"f":0.30000000000000004,"z":null}"#;
        let text = String::from_utf8(kept(body)).unwrap();
        let dense: String = text.split_whitespace().collect();
        assert_eq!(dense.as_bytes(), body);
    }

    #[test]
    fn what_is_not_json_is_kept_to_the_byte() {
        for body in [&b"<html>\r\n \xc3\xa9</html>\n"[..], b"", b"{\"places\":[", b"\xff\x00\x01", b"\xef\xbb\xbf{}"] {
            assert_eq!(kept(body), body);
        }
    }

    #[test]
    fn keeps_only_headers_that_mean_something() {
        let mut response = response(b"{}");
        response.headers = ["set-cookie", "retry-after", "ratelimit-remaining", "x-goog-user", "date", "link"]
            .map(|name| (name.to_owned(), "1".to_owned()))
            .to_vec();
        let text = exchange_text(&request(), &response).unwrap();
        let (_, back) = read(&text);
        let names: Vec<_> = back.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["retry-after", "ratelimit-remaining", "date", "link"]);
    }

    #[test]
    fn tells_damaged_from_newer() {
        let text = exchange_text(&request(), &response(b"{}")).unwrap();
        let newer = text.replacen("\"format\": 1", "\"format\": 3", 1).replace("request", "asked");
        assert_eq!(read_exchange(newer.as_bytes()).unwrap_err(), FormatError::Newer(3));
        let half = &text.as_bytes()[..text.len() / 2];
        assert!(matches!(read_exchange(half).unwrap_err(), FormatError::Damaged(_)));
        assert!(matches!(read_exchange(b"").unwrap_err(), FormatError::Damaged(_)));
    }

    #[test]
    fn file_names_are_read_as_they_are_written() {
        let fingerprint = Fingerprint::of(&request());
        for number in [1, 9999, 10_000] {
            let name = file_name(number, fingerprint);
            assert_eq!(parse_file_name(&name), Some((number, fingerprint)), "{name}");
        }
        for name in ["run.json", "0001.json", "0001-zz.json", "x-0123456789abcdef.json"] {
            assert_eq!(parse_file_name(name), None, "{name}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(".{0,6}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_comes_back(value in any_json(), pretty: bool) {
            let body = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
            prop_assert_eq!(serde_json::from_slice::<Value>(&kept(&body)).unwrap(), value);
        }

        #[test]
        fn any_bytes_come_back(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assume!(serde_json::from_slice::<&RawValue>(&body).is_err());
            prop_assert_eq!(kept(&body), body);
        }

        #[test]
        fn a_run_comes_back(density in any::<f64>().prop_filter("finite", |density| density.is_finite())) {
            let run = RecordedRun {
                provider: "google".into(),
                region: "lisbon".into(),
                parameters: json!({"types": ["bar"]}),
                snapshot: json!({"density": density}),
                begun_at: "2026-11-22T09:00:00Z".parse().unwrap(),
            };
            prop_assert_eq!(read_run(run_text(&run).unwrap().as_bytes()).unwrap(), run);
        }
    }
}
