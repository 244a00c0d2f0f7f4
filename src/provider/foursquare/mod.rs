//! Foursquare Places API, search in a rectangle. Facts about it are from its documentation as of September 2026: the reference of
//! `/places/search` (limits of the request, fields and their tiers), "Rate limits", "Errors", "Pagination" and the usage guidelines;
//! prices from the list of 2026-06-01. Rows of the older API v3 are read where they are met: the ids are the same.

mod answer;
mod hours;
mod judge;
mod link;
mod loose;
mod parse;
mod place;
mod request;
mod terms;
mod words;

use std::time::Duration;

use super::contract::{Cursor, Page, Provider, UnknownType};
use crate::model::{AreaShape, Ask, Free, Limits, MicroUsd, Ranking, Tariff, TariffItem, Terms, Tier};
use crate::wire::{Request, Response, Verdict};

/// The provider `foursquare`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foursquare {
    tier: Tier,
}

impl Foursquare {
    /// With rating, price and hours, which are what the readers of the venues look for.
    pub(super) const PREMIUM: Self = Self { tier: Tier::Premium };

    /// First steps of the price list.
    fn list_price(self) -> MicroUsd {
        MicroUsd::per_thousand_cents(match self.tier {
            Tier::Premium => 1_875,
            Tier::Basic => 1_500,
        })
    }
}

impl Provider for Foursquare {
    fn name(&self) -> &'static str {
        request::PROVIDER
    }

    fn key_variable(&self) -> Option<&'static str> {
        Some(judge::KEY_VARIABLE)
    }

    fn base_url_variable(&self) -> &'static str {
        judge::BASE_URL_VARIABLE
    }

    fn base_url(&self) -> &'static str {
        "https://places-api.foursquare.com"
    }

    fn limits(&self) -> Limits {
        Limits {
            // 50 a second over all calls of an account, pay as you go.
            requests_per_second: 50.0,
            requests_per_day: None,
            rows_per_answer: request::ROWS,
            // How deep the pages go is not documented. Twenty of them are what a crash may lose of one question.
            rows_per_query: 20 * request::ROWS,
            // Of `ll` and `radius`, which are a wish and not asked for.
            largest_radius_m: 100_000.0,
            // `ne` and `sw`: the only area that nothing is returned outside of.
            shape: AreaShape::Rectangle,
            ranking: Ranking::Other,
            at_once: None,
            timeout: Duration::from_secs(30),
            words_per_query: words::WORDS_PER_QUERY,
            counts: None,
            price: self.list_price(),
        }
    }

    fn tariff(&self) -> Option<Tariff> {
        let (name, free) = match self.tier {
            Tier::Premium => ("Premium", Free::None),
            // Another page of theirs still says 10,000; the smaller number is believed.
            Tier::Basic => ("Pro", Free::Monthly(500)),
        };
        Some(Tariff {
            as_of: "2026-06-01",
            source: "Foursquare's price list of 2026-06-01 (Places API, pay as you go), first steps",
            fee_a_month: MicroUsd(0),
            items: vec![TariffItem { call: request::CALL, name, price: self.list_price(), free }],
        })
    }

    fn terms(&self) -> Terms {
        terms::TERMS
    }

    fn on_tier(&self) -> Option<&'static str> {
        Some(match self.tier {
            Tier::Premium => {
                "Foursquare is asked for rating, price and hours, at 18.75 USD per 1,000 answers (premium = false under \
                 [providers.foursquare] leaves them out, at 15.00)"
            }
            Tier::Basic => "Foursquare is not asked for rating, price and hours (15.00 USD per 1,000 answers)",
        })
    }

    fn tier(&self) -> Option<Tier> {
        Some(self.tier)
    }

    fn at(&self, tier: Tier) -> Option<Box<dyn Provider>> {
        Some(Box::new(Self { tier }))
    }

    fn words(&self, types: &[String]) -> Result<Vec<String>, UnknownType> {
        words::words(types)
    }

    fn category(&self, word: &str) -> Option<&'static str> {
        words::code(word)
    }

    fn request(&self, ask: &Ask, language: &str, cursor: Option<&Cursor>) -> Request {
        request::search(ask, language, self.tier, cursor)
    }

    fn judge(&self, response: &Response) -> Verdict {
        judge::judge(response)
    }

    fn parse(&self, request: &Request, response: &Response) -> Page {
        parse::page(request, response)
    }
}
