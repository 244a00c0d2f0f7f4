use super::answer;
use crate::provider::body;
use crate::wire::{QuotaReset, Response, Verdict};

/// The environment variable that holds the key.
pub(super) const KEY_VARIABLE: &str = "FOURSQUARE_API_KEY";

/// The environment variable that points the provider elsewhere.
pub(super) const BASE_URL_VARIABLE: &str = "FOURSQUARE_BASE_URL";

/// What a response means.
pub(super) fn judge(response: &Response) -> Verdict {
    let text = body::text(&response.body);
    if response.status == 200 {
        return match answer::check(&text) {
            Ok(()) => Verdict::Fine,
            // Some of its errors come with the status of an answer.
            Err(answer::NotAnAnswer::Error(message)) => {
                refused(200, &message).unwrap_or(Verdict::NotUsable { reason: said(200, &message) })
            }
            Err(why) => Verdict::NotUsable { reason: why.to_string() },
        };
    }
    let message = answer::message(&text).unwrap_or_default();
    let reason = said(response.status, &message);
    match response.status {
        402 => not_paid_for(&reason),
        401 => bad_key(&reason),
        403 | 429 => refused(response.status, &message).unwrap_or_else(|| match response.status {
            403 => bad_key(&reason),
            _ => Verdict::RetryAfter { wait: None, reason },
        }),
        404 => Verdict::RequestWrong {
            reason: format!("{reason}: no such call at this address; is {BASE_URL_VARIABLE} set to something else?"),
        },
        410 => Verdict::RequestWrong { reason: format!("{reason}: this version of the API is no longer served") },
        408 | 500..=599 => Verdict::RetryAfter { wait: None, reason },
        400..=499 => Verdict::RequestWrong { reason },
        _ => Verdict::NotUsable { reason },
    }
}

/// What the words of a refusal mean, whatever its status: a 429 is sent for throttling and for an account without credit alike.
fn refused(status: u16, message: &str) -> Option<Verdict> {
    let lower = message.to_lowercase();
    let speaks_of = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let reason = said(status, message);
    if speaks_of(&["billing", "credit", "payment", "balance"]) {
        Some(not_paid_for(&reason))
    } else if speaks_of(&["daily", "monthly", "per day", "per month", "quota"]) {
        Some(Verdict::QuotaGone { until: QuotaReset::Unknown, reason })
    } else if speaks_of(&["rate limit", "too many requests", "throttl", "slow down"]) {
        Some(Verdict::RetryAfter { wait: None, reason })
    } else {
        None
    }
}

fn said(status: u16, message: &str) -> String {
    if message.is_empty() {
        return format!("Foursquare answered with status {status}");
    }
    format!("Foursquare answered with status {status}: {message}")
}

fn bad_key(reason: &str) -> Verdict {
    Verdict::CredentialsRefused {
        reason: format!(
            "{reason}; set {KEY_VARIABLE} to a service key of the Places API (a key of API v3, which begins with fsq3, is none)"
        ),
    }
}

fn not_paid_for(reason: &str) -> Verdict {
    Verdict::CredentialsRefused {
        reason: format!(
            "{reason}; enable billing or add credit in the Foursquare developer console, for the account of the key in {KEY_VARIABLE}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(status: u16, body: impl Into<Vec<u8>>) -> Response {
        Response { status, headers: Vec::new(), body: body.into(), received_at: chrono::DateTime::UNIX_EPOCH }
    }

    fn told(status: u16, message: &str) -> Verdict {
        judge(&response(status, json!({ "message": message }).to_string()))
    }

    #[test]
    fn a_throttle_is_waited_for_and_an_unpaid_bill_is_not() {
        assert!(matches!(judge(&response(429, "")), Verdict::RetryAfter { wait: None, .. }));
        assert!(matches!(told(429, "Too many requests"), Verdict::RetryAfter { .. }));
        let nested = r#"{"error":{"message":"Billing must be enabled to use this call"}}"#;
        for unpaid in [
            judge(&response(429, nested)),
            told(429, "You have no API credits remaining."),
            judge(&response(402, "<html>")),
            told(402, "Payment required"),
            told(200, "Billing must be enabled"),
        ] {
            let Verdict::CredentialsRefused { reason } = &unpaid else { panic!("{unpaid:?}") };
            assert!(reason.contains("billing") && reason.contains("FOURSQUARE_API_KEY"), "{reason}");
        }
        assert!(matches!(told(429, "Daily limit exceeded"), Verdict::QuotaGone { until: QuotaReset::Unknown, .. }));
    }

    #[test]
    fn a_bad_key_names_the_variable_and_the_other_kind_of_key() {
        for verdict in [told(401, "Invalid request token."), judge(&response(401, "")), told(403, "Forbidden")] {
            let Verdict::CredentialsRefused { reason } = &verdict else { panic!("{verdict:?}") };
            assert!(reason.contains("FOURSQUARE_API_KEY") && reason.contains("fsq3"), "{reason}");
        }
        // The oldest way to throttle.
        assert!(matches!(told(403, "Rate limit exceeded"), Verdict::RetryAfter { .. }));
    }

    #[test]
    fn our_mistake_carries_foursquares_words() {
        for status in [400, 405, 409, 422] {
            let verdict = told(status, "Invalid value for `sort`");
            assert!(matches!(&verdict, Verdict::RequestWrong { reason } if reason.contains("`sort`")), "{verdict:?}");
        }
        let missing = judge(&response(404, "<html>Not Found"));
        assert!(matches!(&missing, Verdict::RequestWrong { reason } if reason.contains("FOURSQUARE_BASE_URL")));
        assert!(matches!(judge(&response(410, "")), Verdict::RequestWrong { .. }));
    }

    #[test]
    fn its_own_trouble_is_tried_again() {
        for status in [408, 500, 502, 503, 504] {
            assert!(matches!(judge(&response(status, "<html>")), Verdict::RetryAfter { .. }), "{status}");
        }
    }

    #[test]
    fn an_answer_that_is_none_is_not_believed() {
        assert_eq!(judge(&response(200, r#"{"results":[]}"#)), Verdict::Fine);
        for body in ["", "<html>", r#"{"results":[{"na"#, "[]", "{}", r#"{"results":null}"#, r#"{"message":"no"}"#] {
            assert!(matches!(judge(&response(200, body)), Verdict::NotUsable { .. }), "{body}");
        }
        for status in [100, 204, 301, 304, 999] {
            assert!(matches!(judge(&response(status, r#"{"results":[]}"#)), Verdict::NotUsable { .. }), "{status}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_response_gets_a_verdict(status: u16, body: Vec<u8>) {
            judge(&response(status, body));
        }
    }
}
