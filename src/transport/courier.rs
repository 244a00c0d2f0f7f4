//! The way of a request: reserve, pace, send, judge, and again if need be; or the recording alone.

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::allowance::Allowance;
use super::attempts::{Attempts, Outcome};
use super::budget::Budget;
use super::canonical::Fingerprint;
use super::cassette::Cassette;
use super::exchange_error::{ExchangeError, refused};
use super::format::{Kept, TooLarge};
use super::live::{Live, LiveOptions, LiveSetupError};
use super::pace::Pace;
use super::record::{RecordError, Recorder};
use super::replay;
use super::retry::{Decision, Ended, RetryPolicy, Standing, decide};
use super::send_error::SendError;
use super::tried::Tried;
use crate::wire::{Request, Response, Verdict};

/// How long an attempt in flight may take to finish after we were told to stop: its answer is paid for.
const GRACE: Duration = Duration::from_secs(4);

/// Carries the requests of one run in one process, live or from a recording. Shared by reference between tasks.
pub struct Courier(Road);

enum Road {
    Live(Box<LiveRoad>),
    Replay(Box<Cassette>),
}

struct LiveRoad {
    live: Live,
    pace: Pace,
    policy: RetryPolicy,
    budget: Budget,
    recorder: Option<Recorder>,
    /// Places for requests in flight, where the provider wants few.
    places: Option<Semaphore>,
    allowance: Allowance,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let road = match self.0 {
            Road::Live(_) => "live",
            Road::Replay(_) => "replay",
        };
        formatter.debug_tuple("Courier").field(&road).finish()
    }
}

impl Courier {
    /// A courier that goes over the network.
    pub fn live(options: LiveOptions) -> Result<Self, LiveSetupError> {
        let live = Live::new(&options)?;
        let given = options.requests_per_second;
        let pace = Pace::new(given, options.account()).ok_or(LiveSetupError::Rate { given })?;
        let budget = Budget::new(&options.policy);
        let (policy, recorder) = (options.policy, options.record);
        let allowance = Allowance::default();
        let places = options.at_once.map(|places| Semaphore::new(places.max(1)));
        Ok(Self(Road::Live(Box::new(LiveRoad { live, pace, policy, budget, recorder, places, allowance }))))
    }

    /// A courier that has a recording's answers only, and gives each as often as it is asked for it.
    pub fn replay(cassette: Cassette) -> Self {
        Self(Road::Replay(Box::new(cassette)))
    }

    /// Brings the answer to a request, judged fine.
    ///
    /// Live: each attempt is reserved, waits for its turn and is sent; what did not end well is settled, and tried again as
    /// the run's policy has it. When `stop` fires nothing more is sent, and an attempt in flight has 4 s to finish; if a fine
    /// answer comes, it is returned. Dropping the future leaves its reservation spent.
    ///
    /// Replay: the recorded answer, judged alike. No reservation, no waiting, no further attempt.
    pub async fn exchange<A: Attempts>(
        &self,
        request: &Request,
        judge: &(dyn Fn(&Response) -> Verdict + Send + Sync),
        attempts: &A,
        stop: &CancellationToken,
    ) -> Result<Response, ExchangeError<A::Error>> {
        match &self.0 {
            Road::Live(road) => road.exchange(request, judge, attempts, stop).await,
            Road::Replay(_) if stop.is_cancelled() => Err(ExchangeError::Stopped),
            Road::Replay(cassette) => {
                let response =
                    match replay::answer(cassette, request).map_err(|error| ExchangeError::RecordingGone { error })? {
                        Some(Kept::Whole(response)) => response,
                        Some(Kept::TooLarge(TooLarge { limit, .. })) => return Err(ExchangeError::TooLarge { limit }),
                        None => {
                            return Err(ExchangeError::NotRecorded(Box::new(replay::not_recorded(cassette, request))));
                        }
                    };
                let verdict = judge(&response);
                // As it was decided when it was recorded, but for another attempt: there is one answer.
                let standing = Standing { attempt: 1, budget_left: 1, jitter: 0.0 };
                match decide(Ended::Answered(&response, &verdict), standing, &RetryPolicy::default()) {
                    Decision::Done => Ok(response),
                    Decision::Later { until, reason } => Err(ExchangeError::QuotaGone { until, reason }),
                    _ => Err(refused(verdict, 1, Duration::ZERO)),
                }
            }
        }
    }
}

/// One question, ready to be sent as often as need be.
struct Asking<'a> {
    request: &'a Request,
    http: reqwest::Request,
    judge: &'a (dyn Fn(&Response) -> Verdict + Send + Sync),
    fingerprint: Fingerprint,
}

impl LiveRoad {
    async fn exchange<A: Attempts>(
        &self,
        request: &Request,
        judge: &(dyn Fn(&Response) -> Verdict + Send + Sync),
        attempts: &A,
        stop: &CancellationToken,
    ) -> Result<Response, ExchangeError<A::Error>> {
        let http =
            self.live.prepare(request).map_err(|error| ExchangeError::RequestWrong { reason: error.to_string() })?;
        let asking = Asking { request, http, judge, fingerprint: Fingerprint::of(request) };
        let began = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let tried = self.attempt(&asking, attempts, stop).await?;
            let decision = self.decide(attempt, &tried);
            self.tell_of_quota(request, decision.as_ref(), &tried, attempts).await;
            let (wait, reason, look) = match (decision, tried) {
                (Some(Decision::Done), Tried::Answered(response, _)) => {
                    self.budget.refill();
                    self.keep(request, &response).await?;
                    return Ok(response);
                }
                (Some(Decision::Stop), Tried::Answered(response, verdict)) => {
                    self.keep(request, &response).await?;
                    return Err(refused(verdict, attempt, began.elapsed()));
                }
                (Some(Decision::Stop), tried @ Tried::Failed(SendError::TooLarge { limit, .. })) => {
                    self.keep_last(request, &tried).await?;
                    return Err(ExchangeError::TooLarge { limit });
                }
                (Some(Decision::Later { until, reason }), tried) => {
                    self.keep_last(request, &tried).await?;
                    return Err(ExchangeError::QuotaGone { until, reason });
                }
                (Some(Decision::GiveUp { reason }), tried) => {
                    self.keep_last(request, &tried).await?;
                    return Err(ExchangeError::GaveUp { attempts: attempt, elapsed: began.elapsed(), reason });
                }
                (Some(Decision::Wait { wait, everybody, reason }), tried) => {
                    if everybody {
                        self.pace.hold(&request.call, wait, attempts).await;
                    }
                    (wait, reason, tried.look())
                }
                _ => return Err(ExchangeError::Stopped),
            };
            if stop.is_cancelled() {
                return Err(ExchangeError::Stopped);
            }
            self.budget.spend();
            attempts.retrying(&reason, wait);
            let waiting = async {
                sleep(wait).await;
                if let Some(look) = look {
                    let more = self.look(&look, judge).await;
                    // What the page says holds for everybody, as the refusal did.
                    self.pace.hold(&request.call, more, attempts).await;
                    sleep(more).await;
                }
            };
            tokio::select! {
                () = waiting => {}
                () = stop.cancelled() => return Err(ExchangeError::Stopped),
            }
        }
    }

    /// How much longer to wait, by the provider's own page; nothing where the page does not say.
    async fn look(&self, page: &Request, judge: &(dyn Fn(&Response) -> Verdict + Send + Sync)) -> Duration {
        let Ok(http) = self.live.prepare(page) else { return Duration::ZERO };
        let wait = match self.live.send(http).await.map(|response| judge(&response)) {
            Ok(Verdict::RetryAfter { wait: Some(wait), .. } | Verdict::LookAfter { wait, .. }) => wait,
            _ => Duration::ZERO,
        };
        wait.min(self.policy.patience)
    }

    fn check_allowance<E: std::error::Error + 'static>(&self) -> Result<(), ExchangeError<E>> {
        self.allowance.gone().map_or(Ok(()), |(until, reason)| Err(ExchangeError::QuotaGone { until, reason }))
    }

    /// Reserves, waits for the turn, sends, and settles what did not end in a fine answer. The turn comes last, so that the
    /// time that a reservation takes cannot push two requests together.
    async fn attempt<A: Attempts>(
        &self,
        asking: &Asking<'_>,
        attempts: &A,
        stop: &CancellationToken,
    ) -> Result<Tried, ExchangeError<A::Error>> {
        if stop.is_cancelled() {
            return Err(ExchangeError::Stopped);
        }
        let _place = match &self.places {
            Some(places) => places.acquire().await.ok(),
            None => None,
        };
        self.check_allowance()?;
        attempts.reserve().await.map_err(ExchangeError::Reserve)?;
        let may_go = tokio::select! {
            biased;
            () = stop.cancelled() => Err(ExchangeError::Stopped),
            turn = self.pace.turn(&asking.request.call, attempts) => {
                turn.and_then(|()| attempts.confirm()).map_err(ExchangeError::Reserve).and_then(|()| self.check_allowance())
            }
        };
        if let Err(why_not) = may_go {
            attempts.settle(Outcome::Withdrawn).await.map_err(ExchangeError::Settle)?;
            return Err(why_not);
        }
        let tried = self.send(asking, stop).await;
        // A fine answer is settled by whoever keeps its content, but for one that is not charged.
        let fine = matches!(&tried, Tried::Answered(response, Verdict::Fine | Verdict::LastFine { .. }) if response.status == 200);
        if !fine {
            attempts.settle(tried.outcome()).await.map_err(ExchangeError::Settle)?;
        }
        Ok(tried)
    }

    async fn send(&self, asking: &Asking<'_>, stop: &CancellationToken) -> Tried {
        let began = Instant::now();
        let http = asking.http.try_clone().expect("a body that was built from bytes can be cloned");
        let mut sending = Box::pin(self.live.send(http));
        let ended = tokio::select! {
            biased;
            ended = &mut sending => Some(ended),
            () = stop.cancelled() => timeout(GRACE, sending).await.ok(),
        };
        let tried = match ended {
            Some(Ok(response)) => {
                let verdict = (asking.judge)(&response);
                Tried::Answered(response, verdict)
            }
            Some(Err(error)) => Tried::Failed(error),
            None => Tried::Dropped,
        };
        tracing::debug!(
            provider = asking.request.provider,
            call = asking.request.call,
            fingerprint = %asking.fingerprint,
            outcome = ?tried.outcome(),
            millis = began.elapsed().as_millis(),
            "attempt"
        );
        tried
    }

    fn decide(&self, attempt: u32, tried: &Tried) -> Option<Decision> {
        let ended = match tried {
            Tried::Answered(response, verdict) => Ended::Answered(response, verdict),
            Tried::Failed(error) => Ended::Failed(error),
            Tried::Dropped => return None,
        };
        let standing = Standing { attempt, budget_left: self.budget.left(), jitter: fastrand::f64() };
        Some(decide(ended, standing, &self.policy))
    }

    /// Tells of an allowance that an attempt found used up, or used up itself.
    async fn tell_of_quota<A: Attempts>(
        &self,
        request: &Request,
        decision: Option<&Decision>,
        tried: &Tried,
        attempts: &A,
    ) {
        let until = match (decision, tried) {
            (_, Tried::Answered(_, Verdict::LastFine { until, reason })) => {
                self.allowance.end(until.clone(), reason.clone());
                until
            }
            (Some(Decision::Later { until, .. }), _) | (_, Tried::Answered(_, Verdict::QuotaGone { until, .. })) => {
                until
            }
            _ => return,
        };
        self.pace.used_up(&request.call, until, attempts).await;
    }

    /// Keeps what the last attempt ended with, where that is an answer.
    async fn keep_last(&self, request: &Request, tried: &Tried) -> Result<(), RecordError> {
        match (tried, &self.recorder) {
            (Tried::Answered(response, _), _) => self.keep(request, response).await,
            (Tried::Failed(SendError::TooLarge { status: status @ 200, limit, received_at }), Some(recorder)) => {
                let too_large = TooLarge { status: *status, limit: *limit, received_at: *received_at };
                recorder.keep_too_large(request, too_large).await
            }
            _ => Ok(()),
        }
    }

    async fn keep(&self, request: &Request, response: &Response) -> Result<(), RecordError> {
        match &self.recorder {
            Some(recorder) => recorder.keep(request, response).await,
            None => Ok(()),
        }
    }
}
