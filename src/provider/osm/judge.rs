use std::time::Duration;

use super::answer::{self, NotAnAnswer};
use super::request;
use crate::provider::body;
use crate::wire::{Response, Verdict};

/// After a refusal nobody should ask sooner (the main server's etiquette).
const LEAST_WAIT: Duration = Duration::from_secs(30);

/// What to do where the server does not want to know us.
const CONTACT_REMEDY: &str = "the server turns away programs that do not say who they are: set `contact` under \
                              [providers.osm] in venues.toml to an address at which its operator can reach you";

/// What a response means: one to a query, or the status page.
pub(super) fn judge(response: &Response) -> Verdict {
    let text = body::text(&response.body);
    if response.status == 200 {
        if let Some(wait) = slot_wait(&text) {
            return Verdict::RetryAfter { wait: Some(wait), reason: "the server says when it has a place".to_owned() };
        }
        return match answer::check(&text) {
            Ok(()) => Verdict::Fine,
            Err(NotAnAnswer::Remark(remark)) if wants_less(&remark) => Verdict::TooMuch { reason: remark },
            Err(why) => Verdict::NotUsable { reason: why.to_string() },
        };
    }
    let status = response.status;
    let words = answer::page_text(text.trim_start());
    let said = match words.as_str() {
        "" => format!("Overpass answered with status {status}"),
        words => format!("Overpass answered with status {status}: {words}"),
    };
    match status {
        403 | 406 => Verdict::RequestWrong { reason: format!("{said}; {CONTACT_REMEDY}") },
        429 => Verdict::LookAfter { wait: LEAST_WAIT, look: Box::new(request::status()), reason: said },
        // The server is too busy for anybody.
        503 | 504 => Verdict::RetryAfter { wait: Some(LEAST_WAIT), reason: said },
        408 | 500..=599 => Verdict::RetryAfter { wait: None, reason: said },
        404 => Verdict::RequestWrong {
            reason: format!("{said}: no such call at this address; is OVERPASS_BASE_URL set to something else?"),
        },
        400..=499 => Verdict::RequestWrong { reason: said },
        _ => Verdict::NotUsable { reason: said },
    }
}

/// Whether a remark says that the query took more time or memory than it had declared.
fn wants_less(remark: &str) -> bool {
    let remark = remark.to_lowercase();
    remark.contains("timed out") || remark.contains("out of memory")
}

/// The status page's word on when a place is free; none for any other text. Several places may be named: the first counts.
fn slot_wait(text: &str) -> Option<Duration> {
    let trimmed = text.trim_start();
    // Data and web pages may be long, and are told by their first sign.
    if trimmed.starts_with(['{', '<']) || !(trimmed.starts_with("Connected as") || text.contains("\nRate limit:")) {
        return None;
    }
    if text.lines().any(|line| line.contains("slots available now") || line.contains("slot available now")) {
        return Some(Duration::ZERO);
    }
    let seconds = |line: &str| {
        let (_, rest) = line.strip_prefix("Slot available after:")?.split_once(", in ")?;
        rest.strip_suffix(" seconds.")?.trim().parse::<i64>().ok()
    };
    // A place that was free before the page was written is told with a minus.
    let first = text.lines().filter_map(|line| seconds(line.trim())).min().unwrap_or(0);
    Some(Duration::from_secs(u64::try_from(first).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> Verdict {
        judge(&Response {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            received_at: chrono::DateTime::UNIX_EPOCH,
        })
    }

    fn page(error: &str) -> String {
        format!("<html><body><p>Hello</p><p><strong>Error</strong>: {error}</p></body></html>")
    }

    /// Item 1: an answer that stopped half-way is none, whatever it holds.
    #[test]
    fn a_remark_is_a_failure_and_a_box_that_is_too_big_is_asked_in_halves() {
        let remark = |words: &str| judged(200, &format!(r#"{{"elements":[],"remark":"runtime error: {words}"}}"#));
        for words in [
            "Query timed out in \\\"query\\\" at line 2 after 61 seconds.",
            "Query run out of memory using about 512 MB",
        ] {
            assert!(matches!(remark(words), Verdict::TooMuch { .. }), "{words}");
        }
        assert!(matches!(remark("open64: 2 No such file"), Verdict::NotUsable { .. }));
    }

    /// Item 2.
    #[test]
    fn a_web_page_is_a_failure_under_any_status() {
        assert!(matches!(judged(200, &page("runtime error")), Verdict::NotUsable { .. }));
        assert!(matches!(judged(200, r#"{"elements":[{"type":"node""#), Verdict::NotUsable { .. }));
        assert!(matches!(judged(504, &page("timeout. The server is probably too busy")),
            Verdict::RetryAfter { wait: Some(wait), reason } if wait == LEAST_WAIT && reason.contains("too busy")));
        let wrong = judged(400, &page("line 1: parse error: Unknown type \"nwr\""));
        assert!(matches!(wrong, Verdict::RequestWrong { reason } if reason.contains("parse error")));
    }

    #[test]
    fn a_refused_program_is_told_to_name_a_contact() {
        for status in [403, 406] {
            let Verdict::RequestWrong { reason } = judged(status, "Not Acceptable") else { panic!("{status}") };
            assert!(reason.contains("`contact`") && reason.contains("[providers.osm]"), "{reason}");
        }
    }

    #[test]
    fn without_a_place_the_status_page_is_looked_at_after_half_a_minute() {
        let Verdict::LookAfter { wait, look, .. } = judged(429, &page("rate_limited")) else { panic!() };
        assert_eq!((wait, look.path.as_str()), (Duration::from_secs(30), "/api/status"));
        let status = |rest: &str| judged(200, &format!("Connected as: 7\nCurrent time: x\nRate limit: 2\n{rest}"));
        for (rest, seconds) in [
            ("2 slots available now.\nCurrently running queries:\n", 0),
            (
                "Slot available after: 2026-11-22T09:01:30Z, in 90 seconds.\nSlot available after: x, in 17 seconds.\n",
                17,
            ),
            ("Slot available after: 2026-11-22T08:59:00Z, in -3 seconds.\n", 0),
            ("Currently running queries:\n", 0),
        ] {
            assert!(
                matches!(status(rest), Verdict::RetryAfter { wait: Some(wait), .. } if wait.as_secs() == seconds),
                "{rest}"
            );
        }
    }
}
