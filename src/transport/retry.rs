//! Whether to try again, and after what time: a pure decision. Nothing here waits.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::send_error::SendError;
use crate::wire::{QuotaReset, Response, Verdict};

/// How patient a run is with its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts of one request, the first included.
    pub attempts: u32,
    /// The shortest wait, whatever the provider says: `retry-after: 0` has led others into tight loops.
    pub floor: Duration,
    /// The longest wait before the second attempt. It doubles with each attempt; the wait is drawn between `floor` and it.
    pub first: Duration,
    /// The longest wait of our own choosing.
    pub ceiling: Duration,
    /// The longest wait that a provider may ask for; where it asks for more, the run ends, and goes on after it.
    pub patience: Duration,
    /// Further attempts that the run has in stock, over all its requests, so that a dying provider is not hammered.
    pub budget: u32,
    /// So many fine answers put one attempt back into stock, up to `budget`.
    pub answers_per_refill: u32,
}

impl Default for RetryPolicy {
    /// Six attempts over half a minute or so, at most 2 minutes of waiting at the provider's wish, 20 further attempts a run
    /// and one more for every 10 fine answers.
    fn default() -> Self {
        Self {
            attempts: 6,
            floor: Duration::from_secs(1),
            first: Duration::from_secs(2),
            ceiling: Duration::from_mins(1),
            patience: Duration::from_mins(2),
            budget: 20,
            answers_per_refill: 10,
        }
    }
}

/// A provider that asks for more does not mean it.
const LATEST: Duration = Duration::from_hours(24 * 366);

/// How an attempt ended, as far as the decision needs to know.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ended<'a> {
    /// With an answer, and what the provider thinks of it.
    Answered(&'a Response, &'a Verdict),
    /// Without one.
    Failed(&'a SendError),
}

/// What is known besides the attempt itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Which attempt it was, from 1.
    pub(super) attempt: u32,
    /// Further attempts that the run still has.
    pub(super) budget_left: u32,
    /// A random number from 0 to 1.
    pub(super) jitter: f64,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// The answer can be used.
    Done,
    /// The verdict ends the matter: no further attempt would help.
    Stop,
    /// Try again.
    Wait {
        wait: Duration,
        /// The provider throttles us, not this request: nobody should ask until then.
        everybody: bool,
        reason: String,
    },
    /// Nobody is let in for longer than we wait: the run is over until then.
    Later { until: QuotaReset, reason: String },
    /// Further attempts might help, but not now.
    GiveUp { reason: String },
}

/// Decides. The same arguments always give the same decision.
pub(super) fn decide(ended: Ended<'_>, standing: Standing, policy: &RetryPolicy) -> Decision {
    let (reason, asked, throttled) = match ended {
        Ended::Answered(_, Verdict::Fine | Verdict::LastFine { .. }) => return Decision::Done,
        Ended::Answered(
            _,
            Verdict::QuotaGone { .. }
            | Verdict::CredentialsRefused { .. }
            | Verdict::RequestWrong { .. }
            | Verdict::TooMuch { .. },
        )
        // The same question would have the same large answer; a smaller one may help, which is not for us to ask.
        | Ended::Failed(SendError::TooLarge { status: 200, .. }) => return Decision::Stop,
        Ended::Answered(response, Verdict::RetryAfter { wait, reason }) => {
            let asked = retry_after(response).max(*wait);
            (reason.clone(), asked, response.status == 429 || asked.is_some())
        }
        Ended::Answered(response, Verdict::LookAfter { wait, reason, .. }) => {
            (reason.clone(), retry_after(response).max(Some(*wait)), true)
        }
        Ended::Answered(response, Verdict::NotUsable { reason }) => (reason.clone(), retry_after(response), false),
        Ended::Failed(error @ SendError::TooLarge { .. }) => return Decision::GiveUp { reason: error.to_string() },
        Ended::Failed(error) => (error.to_string(), None, false),
    };
    if let Some(asked) = asked.filter(|asked| *asked > policy.patience) {
        let reason = format!("{reason}; the provider asks to wait {}", spoken(asked));
        let until = if asked > LATEST { QuotaReset::Unknown } else { QuotaReset::After(asked) };
        return Decision::Later { until, reason };
    }
    if standing.attempt >= policy.attempts {
        return Decision::GiveUp { reason };
    }
    if standing.budget_left == 0 {
        let budget = policy.budget;
        return Decision::GiveUp {
            reason: format!("{reason}; the run's stock of {budget} further attempts is used up"),
        };
    }
    let wait = backoff(standing, policy).max(asked.unwrap_or_default());
    Decision::Wait { wait, everybody: throttled, reason }
}

/// Full jitter between the floor and a bound that doubles with each attempt.
fn backoff(standing: Standing, policy: &RetryPolicy) -> Duration {
    let doubled = 2_u32.saturating_pow(standing.attempt.saturating_sub(1));
    let bound = policy.first.saturating_mul(doubled).min(policy.ceiling).max(policy.floor);
    policy.floor + bound.saturating_sub(policy.floor).mul_f64(standing.jitter.clamp(0.0, 1.0))
}

/// The wait that a `retry-after` header asks for; none where it is missing or garbage, zero for a date that has passed.
/// A date is read against the server's own `date`, so that a clock that is wrong, theirs or ours, does no harm.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.header("retry-after")?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = http_date(text)?;
    let from = response.header("date").and_then(http_date).unwrap_or(response.received_at);
    Some((until - from).to_std().unwrap_or_default())
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text.trim()).ok().map(DateTime::from)
}

/// A time span in words that a person reads at a glance.
pub(super) fn spoken(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 if span.is_zero() => "0 s".to_owned(),
        0..60 => format!("{:.1} s", span.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RECEIVED: &str = "2026-11-22T09:00:00Z";

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        Response {
            status,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: vec![],
            received_at: RECEIVED.parse().unwrap(),
        }
    }

    fn throttled(wait: Option<u64>) -> Verdict {
        Verdict::RetryAfter { wait: wait.map(Duration::from_secs), reason: "throttled".into() }
    }

    fn no_answer(reason: &str) -> SendError {
        SendError::NoAnswer { status: None, reason: reason.into() }
    }

    /// No jitter, so that a wait of our own is the floor.
    fn decided(ended: Ended<'_>) -> Decision {
        decide(ended, Standing { attempt: 1, budget_left: 20, jitter: 0.0 }, &RetryPolicy::default())
    }

    fn wait_of(decision: &Decision) -> Option<Duration> {
        if let Decision::Wait { wait, .. } = decision { Some(*wait) } else { None }
    }

    /// What each kind of end leads to: the word of the decision, and for a wait its seconds and whether it is everybody's.
    #[test]
    fn the_table_of_ends() {
        let trouble = || Verdict::RetryAfter { wait: None, reason: "internal".into() };
        let refused = || Verdict::CredentialsRefused { reason: "API key not valid".into() };
        let wrong = || Verdict::RequestWrong { reason: "no such type".into() };
        let html = || Verdict::NotUsable { reason: "an HTML page".into() };
        let day = || Verdict::QuotaGone { until: QuotaReset::MidnightIn("America/Los_Angeles"), reason: "day".into() };
        let table = [
            ("200", 200, Verdict::Fine, "done"),
            ("429 per minute", 429, throttled(None), "wait 1 s, everybody"),
            ("429 per minute, and the provider's words imply a time", 429, throttled(Some(30)), "wait 30 s, everybody"),
            ("429 per day", 429, day(), "stop"),
            ("400 API_KEY_INVALID", 400, refused(), "stop"),
            ("400 otherwise", 400, wrong(), "stop"),
            ("401", 401, refused(), "stop"),
            ("403", 403, refused(), "stop"),
            ("404", 404, wrong(), "stop"),
            ("500", 500, trouble(), "wait 1 s"),
            ("502 with an HTML page", 502, trouble(), "wait 1 s"),
            ("503", 503, trouble(), "wait 1 s"),
            ("504", 504, trouble(), "wait 1 s"),
            ("HTML body with 200", 200, html(), "wait 1 s"),
        ];
        for (case, status, verdict, expected) in table {
            assert_eq!(word(&decided(Ended::Answered(&response(status, &[]), &verdict))), expected, "{case}");
        }
        let table = [
            ("refused connection", SendError::NeverSent("refused".into()), "wait 1 s"),
            ("reset", no_answer("reset"), "wait 1 s"),
            ("truncated body", no_answer("cut"), "wait 1 s"),
            ("time-out", no_answer("late"), "wait 1 s"),
            ("too large a body", too_large(200), "stop"),
            ("too large an error", too_large(500), "give up"),
        ];
        for (case, error, expected) in table {
            assert_eq!(word(&decided(Ended::Failed(&error))), expected, "{case}");
        }
    }

    fn too_large(status: u16) -> SendError {
        SendError::TooLarge { status, limit: 9, received_at: DateTime::UNIX_EPOCH }
    }

    fn word(decision: &Decision) -> String {
        match decision {
            Decision::Done => "done".into(),
            Decision::Stop => "stop".into(),
            Decision::Wait { wait, everybody: false, .. } => format!("wait {} s", wait.as_secs_f64()),
            Decision::Wait { wait, everybody: true, .. } => format!("wait {} s, everybody", wait.as_secs_f64()),
            Decision::Later { until: QuotaReset::After(span), .. } => format!("not for {} s", span.as_secs()),
            Decision::Later { .. } => "nobody knows when".into(),
            Decision::GiveUp { .. } => "give up".into(),
        }
    }

    #[test]
    fn the_table_of_retry_after() {
        let table = [
            ("seconds", "7", "wait 7 s, everybody"),
            ("with white space", " 7 ", "wait 7 s, everybody"),
            ("zero", "0", "wait 1 s, everybody"),
            ("a date", "Sun, 22 Nov 2026 09:00:42 GMT", "wait 42 s, everybody"),
            ("a date in the past", "Sun, 22 Nov 2026 08:59:00 GMT", "wait 1 s, everybody"),
            ("as long as our patience", "120", "wait 120 s, everybody"),
            ("beyond our patience", "121", "not for 121 s"),
            ("hours", "7200", "not for 7200 s"),
            ("a date hours ahead", "Sun, 22 Nov 2026 12:00:00 GMT", "not for 10800 s"),
            ("more seconds than a number holds", "99999999999999999999999", "nobody knows when"),
            ("a word", "soon", "wait 1 s"),
            ("nothing", "", "wait 1 s"),
            ("negative", "-5", "wait 1 s"),
            ("half a date", "Sun, 22 Nov", "wait 1 s"),
        ];
        for (case, header, expected) in table {
            let verdict = Verdict::RetryAfter { wait: None, reason: "unavailable".into() };
            let answer = response(503, &[("retry-after", header)]);
            assert_eq!(word(&decided(Ended::Answered(&answer, &verdict))), expected, "{case}");
        }
    }

    #[test]
    fn a_date_is_read_against_the_servers_own_clock() {
        // Their clock is an hour ahead of ours.
        let headers = [("retry-after", "Sun, 22 Nov 2026 10:00:10 GMT"), ("date", "Sun, 22 Nov 2026 10:00:00 GMT")];
        let decision = decided(Ended::Answered(&response(429, &headers), &throttled(None)));
        assert_eq!(wait_of(&decision), Some(Duration::from_secs(10)));
    }

    #[test]
    fn the_longer_of_header_and_words_counts() {
        for (header, words) in [("5", 30), ("30", 5)] {
            let answer = response(429, &[("retry-after", header)]);
            let decision = decided(Ended::Answered(&answer, &throttled(Some(words))));
            assert_eq!(wait_of(&decision), Some(Duration::from_secs(30)), "{header} {words}");
        }
    }

    #[test]
    fn gives_up_in_words_that_say_why() {
        let answer = response(503, &[("retry-after", "7200")]);
        let Decision::Later { reason, .. } = decided(Ended::Answered(&answer, &throttled(None))) else {
            panic!("waits 2 hours")
        };
        assert_eq!(reason, "throttled; the provider asks to wait 2 h 0 min");

        let error = no_answer("reset");
        let policy = RetryPolicy::default();
        let last = Standing { attempt: policy.attempts, budget_left: 1, jitter: 0.5 };
        assert_eq!(decide(Ended::Failed(&error), last, &policy), Decision::GiveUp { reason: "reset".into() });
        let broke = Standing { attempt: 1, budget_left: 0, jitter: 0.5 };
        let Decision::GiveUp { reason } = decide(Ended::Failed(&error), broke, &policy) else {
            panic!("no budget left")
        };
        assert_eq!(reason, "reset; the run's stock of 20 further attempts is used up");
    }

    #[test]
    fn waits_grow_to_a_ceiling() {
        let longest =
            |attempt| backoff(Standing { attempt, budget_left: 1, jitter: 1.0 }, &RetryPolicy::default()).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 1000].map(longest), [2, 4, 8, 16, 32, 60, 60, 60]);
    }

    proptest! {
        #[test]
        fn a_wait_is_never_below_the_floor_nor_beyond_reason(
            attempt in 1_u32..100, jitter in 0.0_f64..=1.0, header in proptest::option::of("[0-9]{1,4}|.{0,30}"),
        ) {
            let policy = RetryPolicy { attempts: 1000, ..RetryPolicy::default() };
            let headers: Vec<_> = header.iter().map(|text| ("retry-after", text.as_str())).collect();
            let answer = response(503, &headers);
            let decision =
                decide(Ended::Answered(&answer, &throttled(None)), Standing { attempt, budget_left: 1, jitter }, &policy);
            if let Some(wait) = wait_of(&decision) {
                prop_assert!(wait >= policy.floor && wait <= policy.patience, "{wait:?}");
            } else {
                let too_long = matches!(decision, Decision::Later { .. });
                prop_assert!(too_long || matches!(decision, Decision::GiveUp { .. }), "{}", word(&decision));
            }
        }
    }

    #[test]
    fn spans_are_spoken() {
        let spans = [0.0, 0.25, 42.0, 90.0, 7_500.0, 250_000.0].map(|seconds| spoken(Duration::from_secs_f64(seconds)));
        assert_eq!(spans, ["0 s", "0.2 s", "42.0 s", "1 min 30 s", "2 h 5 min", "2 days"]);
    }
}
