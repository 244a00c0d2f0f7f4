use std::time::Duration;

use serde_json::Value;

use super::answer;
use crate::provider::body;
use crate::provider::plain::one_line;
use crate::wire::{QuotaReset, Response, Verdict};

/// The environment variable that holds the key.
pub(super) const KEY_VARIABLE: &str = "GOOGLE_PLACES_API_KEY";

/// The environment variable that points the provider elsewhere.
pub(super) const BASE_URL_VARIABLE: &str = "GOOGLE_PLACES_BASE_URL";

/// Daily counters begin anew at midnight there.
const QUOTA_ZONE: &str = "America/Los_Angeles";

/// What a response means. Google says 400, not 401, of a key that is none.
pub(super) fn judge(response: &Response) -> Verdict {
    if response.status == 200 {
        return match answer::rows(&body::text(&response.body)) {
            Ok(_) => Verdict::Fine,
            Err(why) => Verdict::NotUsable { reason: why.to_string() },
        };
    }
    let refusal = Refusal::read(&response.body);
    let said = refusal.said(response.status);
    match response.status {
        400 if refusal.blames_the_key() => Verdict::CredentialsRefused { reason: refusal.key_remedy(&said) },
        // Where a limit is used up it is said so with 429, and by some of Google's services with 403.
        403 if refusal.blames_the_quota() => refusal.throttled(said),
        401 | 403 => Verdict::CredentialsRefused { reason: refusal.key_remedy(&said) },
        404 => Verdict::RequestWrong {
            reason: format!("{said}: no such call at this address; is {BASE_URL_VARIABLE} set to something else?"),
        },
        429 => refusal.throttled(said),
        // The page cannot be had any more, but the question can be asked again from its beginning.
        400 if refusal.blames_the_page() => Verdict::NotUsable { reason: said },
        408 | 500..=599 => Verdict::RetryAfter { wait: refusal.retry_delay, reason: said },
        400..=499 => Verdict::RequestWrong { reason: said },
        _ => Verdict::NotUsable { reason: said },
    }
}

/// What can be read of an error body, which may be anything.
#[derive(Debug, Default)]
struct Refusal {
    message: String,
    /// `ErrorInfo.reason`: `API_KEY_INVALID`, `RATE_LIMIT_EXCEEDED`, …
    cause: String,
    /// `ErrorInfo.metadata.quota_limit`: `SearchNearbyRequestPerMinutePerProject`, …
    quota_limit: String,
    /// `RetryInfo.retryDelay`.
    retry_delay: Option<Duration>,
}

impl Refusal {
    fn read(body: &[u8]) -> Self {
        let mut found = Self::default();
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return found };
        // Some of Google's front ends wrap the error in a list.
        let Some(error) = body.get("error").or_else(|| body.get(0)?.get("error")) else { return found };
        let word = |value: Option<&Value>| value.and_then(Value::as_str).map(one_line).unwrap_or_default();
        found.message = word(error.get("message"));
        for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
            if let Some(cause) = detail.get("reason") {
                found.cause = word(Some(cause));
                found.quota_limit = word(detail.pointer("/metadata/quota_limit"));
            }
            if let Some(delay) = detail.get("retryDelay").and_then(Value::as_str) {
                let seconds = delay.strip_suffix('s').and_then(|seconds| seconds.parse().ok());
                found.retry_delay = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            }
        }
        if found.cause.is_empty() {
            found.cause = word(error.get("status"));
        }
        found
    }

    fn said(&self, status: u16) -> String {
        match (self.cause.as_str(), self.message.as_str()) {
            ("", "") => format!("Google answered with status {status}"),
            ("", message) => format!("Google answered with status {status}: {message}"),
            (cause, "") => format!("Google answered with status {status} ({cause})"),
            (cause, message) => format!("Google answered with status {status} ({cause}): {message}"),
        }
    }

    fn blames_the_key(&self) -> bool {
        let message = self.message.to_lowercase();
        self.cause.starts_with("API_KEY_")
            || ["api key not valid", "api key expired", "pass a valid api key"]
                .iter()
                .any(|words| message.contains(words))
    }

    fn blames_the_quota(&self) -> bool {
        ["RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"].contains(&self.cause.as_str())
    }

    /// A token of a page that is unknown, has expired, or came with other parameters. What Google calls it is not documented.
    fn blames_the_page(&self) -> bool {
        let message = self.message.to_lowercase();
        ["page_token", "pagetoken", "page token", "paging request"].iter().any(|words| message.contains(words))
    }

    fn key_remedy(&self, said: &str) -> String {
        let remedy = match self.cause.as_str() {
            "SERVICE_DISABLED" => {
                "enable \"Places API (New)\" for the key's project in the Google Cloud console, then wait a few minutes"
            }
            "BILLING_DISABLED" => "link a billing account to the key's project in the Google Cloud console",
            "API_KEY_SERVICE_BLOCKED" => "add \"Places API (New)\" to the key's API restrictions",
            "API_KEY_IP_ADDRESS_BLOCKED" => "add this machine's address to the key's restrictions",
            "API_KEY_HTTP_REFERRER_BLOCKED" => "the key is for web pages: use one that is restricted by address",
            _ => return format!("{said}; set {KEY_VARIABLE} to a key that may use \"Places API (New)\""),
        };
        format!("{said}; {remedy} (the key is read from {KEY_VARIABLE})")
    }

    fn throttled(&self, said: String) -> Verdict {
        let names = |window: &str, words: &str| {
            self.quota_limit.contains(window) || self.message.to_lowercase().contains(words)
        };
        if names("PerDay", "per day") {
            return Verdict::QuotaGone { until: QuotaReset::MidnightIn(QUOTA_ZONE), reason: said };
        }
        // After one window of its own length a limit is free again, whoever used it up.
        let window = names("PerMinute", "per minute").then_some(Duration::from_mins(1));
        Verdict::RetryAfter { wait: self.retry_delay.or(window), reason: said }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(status: u16, body: impl Into<Vec<u8>>) -> Response {
        Response { status, headers: Vec::new(), body: body.into(), received_at: chrono::DateTime::UNIX_EPOCH }
    }

    fn refused(status: u16, message: &str, cause: &str, quota_limit: &str) -> Verdict {
        let body = json!({ "error": { "code": status, "message": message, "status": "X", "details": [
            { "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": cause, "domain": "googleapis.com",
              "metadata": { "quota_limit": quota_limit } },
            { "@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en" },
        ] } });
        judge(&response(status, body.to_string()))
    }

    #[test]
    fn a_minutes_limit_is_waited_for_and_a_days_limit_stops() {
        let minute = refused(429, "Quota exceeded", "RATE_LIMIT_EXCEEDED", "SearchNearbyRequestPerMinutePerProject");
        assert!(matches!(minute, Verdict::RetryAfter { wait: Some(wait), .. } if wait.as_secs() == 60), "{minute:?}");
        let day = refused(429, "Quota exceeded", "RATE_LIMIT_EXCEEDED", "SearchNearbyRequestPerDayPerProject");
        assert!(
            matches!(day, Verdict::QuotaGone { until: QuotaReset::MidnightIn("America/Los_Angeles"), .. }),
            "{day:?}"
        );
        let told = judge(&response(429, r#"{"error":{"message":"limit 'X per day' of service","code":429}}"#));
        assert!(matches!(told, Verdict::QuotaGone { .. }), "{told:?}");
        let with_403 = refused(403, "Quota exceeded", "RATE_LIMIT_EXCEEDED", "SearchNearbyRequestPerDayPerProject");
        assert!(matches!(with_403, Verdict::QuotaGone { .. }), "no key would help: {with_403:?}");
    }

    #[test]
    fn a_throttle_that_says_nothing_leaves_the_wait_to_the_transport() {
        assert!(matches!(judge(&response(429, "")), Verdict::RetryAfter { wait: None, .. }));
        let delay = r#"[{"error":{"code":429,"details":[{"retryDelay":"7.5s"}]}}]"#;
        let told = judge(&response(429, delay));
        assert!(matches!(told, Verdict::RetryAfter { wait: Some(wait), .. } if wait.as_millis() == 7_500), "{told:?}");
    }

    #[test]
    fn a_bad_key_is_400_with_a_reason_and_names_the_variable() {
        let by_reason = refused(400, "API key not valid.", "API_KEY_INVALID", "");
        let by_words =
            judge(&response(400, r#"{"error":{"message":"API key not valid. Please pass a valid API key."}}"#));
        for verdict in [by_reason, by_words, judge(&response(401, "")), judge(&response(403, "<html>"))] {
            let Verdict::CredentialsRefused { reason } = &verdict else { panic!("{verdict:?}") };
            assert!(reason.contains("GOOGLE_PLACES_API_KEY"), "{reason}");
        }
    }

    #[test]
    fn a_key_without_a_right_gets_its_remedy() {
        for (cause, remedy) in [
            ("SERVICE_DISABLED", "enable \"Places API (New)\""),
            ("BILLING_DISABLED", "billing account"),
            ("API_KEY_SERVICE_BLOCKED", "API restrictions"),
            ("API_KEY_IP_ADDRESS_BLOCKED", "this machine's address"),
        ] {
            let verdict = refused(403, "Denied.", cause, "");
            let Verdict::CredentialsRefused { reason } = &verdict else { panic!("{verdict:?}") };
            assert!(reason.contains(cause) && reason.contains(remedy), "{reason}");
        }
    }

    #[test]
    fn our_mistake_carries_googles_words() {
        let verdict = refused(400, "Unsupported types: cafee.", "", "");
        assert!(matches!(&verdict, Verdict::RequestWrong { reason } if reason.contains("Unsupported types: cafee.")));
        let missing = judge(&response(404, "<html>Not Found"));
        assert!(matches!(&missing, Verdict::RequestWrong { reason } if reason.contains("GOOGLE_PLACES_BASE_URL")));
    }

    #[test]
    fn a_page_that_is_gone_is_no_mistake_of_ours() {
        for message in
            ["Invalid page token.", "page_token: expired", "Request parameters for paging requests must match"]
        {
            assert!(matches!(refused(400, message, "", ""), Verdict::NotUsable { .. }), "{message}");
        }
    }

    #[test]
    fn googles_own_trouble_is_tried_again() {
        for status in [408, 500, 502, 503, 504] {
            assert!(matches!(judge(&response(status, "<html>")), Verdict::RetryAfter { .. }), "{status}");
        }
    }

    #[test]
    fn an_answer_that_is_none_is_not_believed() {
        assert_eq!(judge(&response(200, "{}")), Verdict::Fine);
        for body in ["", "<html>", r#"{"places":[{"id":"#, "[]", r#"{"error":{"code":500}}"#, r#"{"message":"no"}"#] {
            assert!(matches!(judge(&response(200, body)), Verdict::NotUsable { .. }), "{body}");
        }
        for status in [100, 204, 301, 304, 999] {
            assert!(matches!(judge(&response(status, "{}")), Verdict::NotUsable { .. }), "{status}");
        }
    }

    #[test]
    fn no_verdict_repeats_a_key() {
        let key = format!("AIza{}", "Q".repeat(35));
        for status in [200, 302, 400, 401, 403, 404, 429, 500] {
            let verdict = refused(status, &format!("key {key} of ?key={key}"), &key, &key);
            assert!(!format!("{verdict:?}").contains("AIzaQ"), "{verdict:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_response_gets_a_verdict(status: u16, body: Vec<u8>) {
            judge(&response(status, body));
        }
    }
}
