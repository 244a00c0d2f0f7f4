//! Yelp's Places API ("Fusion"), version 3. Facts about it are from its documentation as of November 2026 (search, business details,
//! rate limiting, plans) and from the issues of `Yelp/yelp-fusion`, whose numbers stand beside what they teach.

mod answer;
mod hours;
mod judge;
mod locale;
mod parse;
mod request;
mod terms;
mod words;

use std::time::Duration;

use super::contract::{Cursor, Page, Provider, UnknownType};
use crate::model::{AreaShape, Ask, Free, Limits, MicroUsd, Ranking, RawVenue, Tariff, TariffItem, Terms};
use crate::wire::{Request, Response, Verdict};

/// The Base plan's further calls, 5.91 USD a thousand.
const PRICE: MicroUsd = MicroUsd::per_thousand_cents(591);

/// The provider `yelp`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Yelp;

impl Provider for Yelp {
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
        "https://api.yelp.com"
    }

    fn limits(&self) -> Limits {
        Limits {
            // Yelp does not publish its limit per second; clients stay at 2 to 5.
            requests_per_second: 3.0,
            // Differs from plan to plan (300 for a trial key); every answer's headers tell what is left, and are believed.
            requests_per_day: None,
            rows_per_answer: request::ROWS,
            rows_per_query: request::ROWS_PER_QUERY,
            largest_radius_m: request::LARGEST_RADIUS_M,
            // `radius` is a suggestion: results can lie outside (#184).
            shape: AreaShape::SoftCircle,
            // `sort_by=distance`, a wish as well: coverage checks the order of every answer.
            ranking: Ranking::Distance,
            at_once: None,
            timeout: Duration::from_secs(30),
            words_per_query: words::WORDS_PER_QUERY,
            counts: None,
            price: PRICE,
        }
    }

    fn tariff(&self) -> Option<Tariff> {
        // Both count against the same trial.
        let free = Free::Trial { requests: 5_000, days: 30 };
        let item = |call, name| TariffItem { call, name, price: PRICE, free };
        Some(Tariff {
            as_of: "2026-08-01",
            source: "Yelp's plans as read in August 2026: Base, 229 USD a month, and its further calls",
            fee_a_month: MicroUsd(229_000_000),
            items: vec![item(request::SEARCH, "Base, search"), item(request::DETAILS, "Base, details")],
        })
    }

    fn terms(&self) -> Terms {
        terms::TERMS
    }

    fn words(&self, types: &[String]) -> Result<Vec<String>, UnknownType> {
        words::words(types)
    }

    fn category(&self, word: &str) -> Option<&'static str> {
        words::code(word)
    }

    fn request(&self, ask: &Ask, language: &str, cursor: Option<&Cursor>) -> Request {
        request::search(ask, language, cursor)
    }

    fn judge(&self, response: &Response) -> Verdict {
        judge::judge(response)
    }

    fn parse(&self, request: &Request, response: &Response) -> Page {
        parse::page(request, response)
    }

    fn on_details(&self) -> Option<&'static str> {
        Some(
            "looking up the hours that Yelp's search leaves out: one more request for each venue without them (details = true)",
        )
    }

    fn detail(&self, row: &RawVenue, language: &str) -> Option<Request> {
        request::details(row, language)
    }

    fn complete(&self, row: &mut RawVenue, response: &Response) {
        parse::complete(row, response);
    }
}
