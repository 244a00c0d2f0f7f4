//! One question to a provider, to see whether it answers and takes the key.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::cli::finding::Finding;
use crate::cli::settings::provider::ProviderChoice;
use crate::model::{Area, AreaShape, Ask, BoundingBox, MicroUsd, Tier};
use crate::provider::Provider;
use crate::store::{self, Budget, Database, RateOf, Refund, ReserveError, Spender};
use crate::transport::{Attempts, Courier, ExchangeError, HandedOut, Lane, LiveOptions, Outcome, Wanted};
use crate::wire::QuotaReset;

/// A spot in the Atlantic, with nothing in it that would have to be sent.
const SPOT: BoundingBox = BoundingBox { south: 40.0, west: -30.0, north: 40.0001, east: -29.9999 };

/// Asks once, at the lowest price there is, and says so first. What it costs is counted as any request is, and held to the same limits.
pub(super) async fn reach(provider: &dyn Provider, choice: &ProviderChoice, database: &Database) -> Finding {
    let cheaper = provider.at(Tier::Basic);
    let provider = cheaper.as_deref().unwrap_or(provider);
    let name = provider.name();
    let asked = async {
        let question = question(provider)?;
        tracing::info!("asking {name} once; list price {}", provider.price(&question));
        ask(provider, choice, &question, database).await
    };
    match asked.await {
        Ok(()) => Finding::ok(
            "provider",
            format!("{name} answers{}", if choice.key.is_some() { ", and takes the key" } else { "" }),
        ),
        Err(why) => {
            let remedy = match provider.key_variable() {
                Some(variable) => {
                    format!("see whether {variable} is right and may be used for this, then run this again")
                }
                None => "try again later".to_owned(),
            };
            Finding::problem("provider", why).remedy(remedy)
        }
    }
}

async fn ask(
    provider: &dyn Provider,
    choice: &ProviderChoice,
    question: &Ask,
    database: &Database,
) -> Result<(), String> {
    let limits = provider.limits();
    let (url, setting) = if let Some(elsewhere) = &choice.base_url {
        (elsewhere.url.clone(), elsewhere.setting)
    } else {
        let url = provider.base_url().parse().map_err(|error| format!("base URL: {error}"))?;
        (url, provider.base_url_variable())
    };
    let mut options = LiveOptions::new(url, setting, choice.requests_per_second.unwrap_or(limits.requests_per_second));
    options.key.clone_from(&choice.key);
    options.key_setting = provider.key_variable();
    options.policy.attempts = 1;
    options.timeout = limits.timeout;
    if let Some(contact) = &choice.contact {
        options.user_agent = format!("{} ({contact})", options.user_agent);
    }
    let courier = Courier::live(options).map_err(|error| error.to_string())?;
    let request = provider.request(question, "en", None);
    let own = limits.requests_per_day.filter(|_| choice.base_url.is_none());
    let budget = Budget {
        requests_per_day: choice.max_requests_per_day.or_else(|| own.map(u64::from)),
        requests_per_month: choice.max_requests_per_month,
        cost_per_month: choice.max_cost_per_month,
        ..Budget::default()
    };
    let (call, price) = (request.call.clone(), provider.price(question));
    let once = Once { provider: provider.name(), call: &call, price, budget, database };
    let judge = |response: &_| provider.judge(response);
    match courier.exchange(&request, &judge, &once, &CancellationToken::new()).await {
        Ok(_) => Ok(()),
        Err(ExchangeError::Reserve(error)) => Err(format!("{} was not asked: {error}", provider.name())),
        Err(error) => Err(format!("{}: {error}", provider.name())),
    }
}

/// What costs nothing, where the provider has such a thing; else one small question as a sync asks it.
fn question(provider: &dyn Provider) -> Result<Ask, String> {
    let limits = provider.limits();
    let words = provider.words(&["cafe".to_owned()]).map_err(|error| error.to_string())?;
    let most = limits.words_per_query.clamp(1, 3);
    if limits.counts.is_some() {
        return Ok(Ask::count(Area::Rectangle(SPOT), words.into_iter().take(1).collect()));
    }
    let area = match limits.shape {
        AreaShape::Circle | AreaShape::SoftCircle => Area::Circle(SPOT.enclosing_circle()),
        AreaShape::Rectangle | AreaShape::SoftRectangle => Area::Rectangle(SPOT),
    };
    Ok(Ask::rows(area, words.into_iter().take(most).collect()))
}

/// The account of one attempt.
struct Once<'a> {
    provider: &'a str,
    call: &'a str,
    price: MicroUsd,
    budget: Budget,
    database: &'a Database,
}

impl Once<'_> {
    fn spender(&self) -> Spender<'_> {
        Spender { provider: self.provider, run: None, lease: None, call: self.call, price: self.price }
    }

    fn rate_of<'b>(&'b self, lane: Lane<'b>) -> RateOf<'b> {
        RateOf { provider: self.provider, call: lane.call, account: lane.account }
    }
}

impl Attempts for Once<'_> {
    type Error = ReserveError;

    async fn reserve(&self) -> Result<(), ReserveError> {
        store::reserve(self.database, self.spender(), self.budget).await
    }

    async fn settle(&self, outcome: Outcome) -> Result<(), ReserveError> {
        let what = match outcome {
            Outcome::Withdrawn | Outcome::NeverSent => Refund::All,
            Outcome::Answered { status } if status != 200 => Refund::Money,
            Outcome::Answered { .. } | Outcome::Unknown => return Ok(()),
        };
        Ok(store::refund(self.database, self.spender(), what, None).await?)
    }

    async fn instants(&self, wanted: Wanted<'_>) -> Result<HandedOut, ReserveError> {
        let Wanted { lane, count, interval, lead } = wanted;
        let taken = store::take_instants(self.database, self.rate_of(lane), (count, interval, lead), None).await?;
        Ok(HandedOut::from(&taken))
    }

    fn confirm(&self) -> Result<(), ReserveError> {
        Ok(())
    }

    async fn hold(&self, lane: Lane<'_>, wait: Duration) {
        // The others find out by themselves, then.
        if let Err(error) = store::hold_instants(self.database, self.rate_of(lane), wait).await {
            tracing::warn!("cannot tell the workers that the provider wants a pause: {error}");
        }
    }

    async fn used_up(&self, _lane: Lane<'_>, _until: &QuotaReset) {
        // Whoever syncs is told by the provider.
    }

    fn retrying(&self, _reason: &str, _wait: Duration) {}
}
