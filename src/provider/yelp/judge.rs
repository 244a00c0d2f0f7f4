use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;

use super::answer;
use crate::provider::body;
use crate::provider::plain::one_line;
use crate::wire::{QuotaReset, Response, Verdict};

/// The environment variable that holds the key.
pub(super) const KEY_VARIABLE: &str = "YELP_API_KEY";

/// The environment variable that points the provider elsewhere.
pub(super) const BASE_URL_VARIABLE: &str = "YELP_BASE_URL";

/// Daily counters begin anew at midnight there.
const QUOTA_ZONE: &str = "UTC";

/// The time after which a limit per second has passed.
const A_SECOND: Duration = Duration::from_secs(1);

/// What a response means. Yelp's words are less sure than its status: where they say nothing known, the status decides.
pub(super) fn judge(response: &Response) -> Verdict {
    if response.status == 200 {
        return match answer::read(&body::text(&response.body)) {
            Ok(_) => fine(response),
            Err(why) => Verdict::NotUsable { reason: why.to_string() },
        };
    }
    let refusal = Refusal::read(&response.body);
    let said = refusal.said(response.status);
    match (response.status, refusal.code.as_str()) {
        // A look-up's answers about one business, which end nothing: `parse::complete` reads them.
        (301 | 308, _) if refusal.new_id.is_some() => fine(response),
        (404, "BUSINESS_NOT_FOUND") | (403, "BUSINESS_UNAVAILABLE") => fine(response),
        (400, "AREA_TOO_LARGE") => Verdict::TooMuch { reason: said },
        (400, "TOKEN_INVALID" | "TOKEN_MISSING" | "UNAUTHORIZED_API_KEY") | (401, _) => Verdict::CredentialsRefused {
            reason: format!("{said}; set {KEY_VARIABLE} to the API key of your app at Yelp"),
        },
        (402 | 403, _) => Verdict::CredentialsRefused {
            reason: format!("{said}; does the plan of the key in {KEY_VARIABLE} include searching for businesses?"),
        },
        (404, _) => Verdict::RequestWrong {
            reason: format!("{said}: no such call at this address; is {BASE_URL_VARIABLE} set to something else?"),
        },
        (429, "ACCESS_LIMIT_REACHED") => Verdict::QuotaGone { until: reset(response), reason: said },
        (429, "TOO_MANY_REQUESTS_PER_SECOND") => Verdict::RetryAfter { wait: Some(A_SECOND), reason: said },
        (429, _) if is_used_up(response) => Verdict::QuotaGone { until: reset(response), reason: said },
        (429, _) => Verdict::RetryAfter { wait: Some(A_SECOND), reason: said },
        (408 | 500..=599, _) => Verdict::RetryAfter { wait: None, reason: said },
        (400..=499, _) => Verdict::RequestWrong { reason: said },
        _ => Verdict::NotUsable { reason: said },
    }
}

/// Fine, and perhaps the last of the day: its headers say so before the first refusal does.
fn fine(response: &Response) -> Verdict {
    if !is_used_up(response) {
        return Verdict::Fine;
    }
    let day = match response.header("ratelimit-dailylimit").map(one_line) {
        Some(limit) => format!("the day's {limit} requests"),
        None => "the day's requests".to_owned(),
    };
    Verdict::LastFine { until: reset(response), reason: format!("{day} to Yelp are used up, its answer says") }
}

/// Whether the headers leave nothing, of the day's requests or of this call's.
fn is_used_up(response: &Response) -> bool {
    ["ratelimit-remaining", "ratelimit-resourceremaining"]
        .into_iter()
        .filter_map(|name| response.header(name)?.trim().parse::<f64>().ok())
        .any(|left| left < 1.0)
}

/// `RateLimit-ResetTime`, ISO 8601; the next midnight of its clock where it is missing, garbage, or has passed already.
fn reset(response: &Response) -> QuotaReset {
    let instant = response.header("ratelimit-resettime").map(str::trim).and_then(|text| {
        let with_zone = DateTime::parse_from_rfc3339(text).map(|instant| instant.with_timezone(&Utc));
        with_zone.or_else(|_| text.parse::<NaiveDateTime>().map(|local| local.and_utc())).ok()
    });
    match instant {
        Some(instant) if instant > response.received_at => QuotaReset::At(instant),
        _ => QuotaReset::MidnightIn(QUOTA_ZONE),
    }
}

/// What can be read of a refusal's body, which may be anything.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    /// Yelp's word: `VALIDATION_ERROR`, …
    code: String,
    description: String,
    /// The parameter that it complains of.
    field: String,
    /// The id that a merged business has now.
    pub(super) new_id: Option<String>,
}

impl Refusal {
    pub(super) fn read(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return Self::default() };
        let word = |at: &str| body.pointer(at).and_then(Value::as_str).map(one_line).unwrap_or_default();
        let new_id = ["/error/new_business_id", "/new_business_id"].into_iter().map(word).find(|id| !id.is_empty());
        Self { code: word("/error/code"), description: word("/error/description"), field: word("/error/field"), new_id }
    }

    fn said(&self, status: u16) -> String {
        let filled = |before: &str, word: &str, after: &str| match word {
            "" => String::new(),
            word => format!("{before}{word}{after}"),
        };
        let code = filled(" (", &self.code, ")");
        let field = filled(" (parameter `", &self.field, "`)");
        format!("Yelp answered with status {status}{code}{}{field}", filled(": ", &self.description, ""))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let received_at = "2026-11-22T21:00:00Z".parse().unwrap();
        Response { status, headers, body: body.into(), received_at }
    }

    fn refused(status: u16, code: &str) -> Verdict {
        let body = json!({ "error": { "code": code, "description": "Words of the provider." } });
        judge(&response(status, &[("ratelimit-resettime", "2026-11-23T00:00:00+00:00")], body.to_string()))
    }

    const NOTHING_FOUND: &str = r#"{"businesses":[],"total":0}"#;

    #[test]
    fn the_two_kinds_of_429_are_told_apart() {
        let second = refused(429, "TOO_MANY_REQUESTS_PER_SECOND");
        assert!(matches!(second, Verdict::RetryAfter { wait: Some(wait), .. } if wait == A_SECOND), "{second:?}");
        let midnight = QuotaReset::At("2026-11-23T00:00:00Z".parse().unwrap());
        let day = refused(429, "ACCESS_LIMIT_REACHED");
        assert!(matches!(&day, Verdict::QuotaGone { until, .. } if *until == midnight), "{day:?}");
        // Without a word that we know, the headers decide.
        let left = |left| judge(&response(429, &[("ratelimit-remaining", left)], "slow down"));
        assert!(matches!(left("0"), Verdict::QuotaGone { until: QuotaReset::MidnightIn("UTC"), .. }));
        assert!(matches!(left("17"), Verdict::RetryAfter { wait: Some(_), .. }));
    }

    #[test]
    fn the_last_fine_answer_is_known_by_its_headers() {
        let of = |headers: &[(&str, &str)]| judge(&response(200, headers, NOTHING_FOUND));
        assert_eq!(of(&[]), Verdict::Fine);
        assert_eq!(of(&[("ratelimit-remaining", "1")]), Verdict::Fine);
        assert_eq!(of(&[("ratelimit-remaining", "plenty")]), Verdict::Fine);
        for name in ["ratelimit-remaining", "ratelimit-resourceremaining"] {
            let last = of(&[
                (name, "0"),
                ("ratelimit-dailylimit", "300"),
                ("ratelimit-resettime", "2026-11-23T00:00:00+00:00"),
            ]);
            let Verdict::LastFine { until, reason } = last else { panic!("{last:?}") };
            assert_eq!(until, QuotaReset::At("2026-11-23T00:00:00Z".parse().unwrap()));
            assert_eq!(reason, "the day's 300 requests to Yelp are used up, its answer says");
        }
        // A reset that has passed or is none: at Yelp's next midnight.
        for reset in ["2026-11-22T00:00:00+00:00", "soon"] {
            let last = of(&[("ratelimit-remaining", "0"), ("ratelimit-resettime", reset)]);
            assert!(matches!(last, Verdict::LastFine { until: QuotaReset::MidnightIn("UTC"), .. }), "{last:?}");
        }
        let without_zone = of(&[("ratelimit-remaining", "0"), ("ratelimit-resettime", "2026-11-23T00:00:00")]);
        assert!(matches!(without_zone, Verdict::LastFine { until: QuotaReset::At(_), .. }), "{without_zone:?}");
    }

    #[test]
    fn every_refusal_of_the_table_means_something() {
        for (status, code) in
            [(401, "TOKEN_INVALID"), (401, "UNAUTHORIZED_API_KEY"), (401, "TOKEN_MISSING"), (400, "TOKEN_INVALID")]
        {
            let verdict = refused(status, code);
            assert!(
                matches!(&verdict, Verdict::CredentialsRefused { reason } if reason.contains("YELP_API_KEY")),
                "{verdict:?}"
            );
        }
        let plan = refused(403, "NOT_AUTHORIZED");
        assert!(matches!(&plan, Verdict::CredentialsRefused { reason } if reason.contains("plan")), "{plan:?}");
        assert!(matches!(refused(400, "AREA_TOO_LARGE"), Verdict::TooMuch { .. }));
        for (status, code) in [(400, "VALIDATION_ERROR"), (400, "LOCATION_NOT_FOUND"), (413, ""), (404, "NOT_FOUND")] {
            assert!(matches!(refused(status, code), Verdict::RequestWrong { .. }), "{status} {code}");
        }
        for status in [408, 500, 503] {
            assert!(matches!(refused(status, "INTERNAL_ERROR"), Verdict::RetryAfter { wait: None, .. }), "{status}");
        }
        assert!(matches!(judge(&response(301, &[], "")), Verdict::NotUsable { .. }));
        assert!(matches!(judge(&response(200, &[], "<html>")), Verdict::NotUsable { .. }));
        let wrong =
            json!({ "error": { "code": "VALIDATION_ERROR", "description": "51 is too much", "field": "limit" } });
        let Verdict::RequestWrong { reason } = judge(&response(400, &[], wrong.to_string())) else { panic!() };
        assert_eq!(reason, "Yelp answered with status 400 (VALIDATION_ERROR): 51 is too much (parameter `limit`)");
    }

    #[test]
    fn what_is_said_of_one_business_ends_no_run() {
        assert_eq!(refused(404, "BUSINESS_NOT_FOUND"), Verdict::Fine);
        assert_eq!(refused(403, "BUSINESS_UNAVAILABLE"), Verdict::Fine);
        let moved = json!({ "error": { "code": "BUSINESS_MIGRATED", "new_business_id": "new" } });
        assert_eq!(judge(&response(301, &[], moved.to_string())), Verdict::Fine);
        assert_eq!(judge(&response(200, &[], r#"{"id":"a"}"#)), Verdict::Fine);
    }
}
