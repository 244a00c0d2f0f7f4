//! Google Places API (New), Nearby Search. Facts about it are from its documentation as of November 2026: the reference of
//! `places:searchNearby` (limits of the request), "Place Types" (words), "Places API usage and billing" (prices, quotas) and
//! the service-specific terms, section 14 (keeping).

mod answer;
mod hours;
mod judge;
mod parse;
mod request;
mod words;

use std::time::Duration;

use super::contract::{Cursor, Page, Provider, UnknownType};
use crate::model::{AreaShape, Ask, Limits, MicroUsd, Ranking};
use crate::wire::{Request, Response, Verdict};

/// The provider `google`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Google;

impl Provider for Google {
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
        "https://places.googleapis.com"
    }

    fn limits(&self) -> Limits {
        Limits {
            // The console's defaults for SearchNearby: 600 a minute and 75,000 a day, per project.
            requests_per_second: 10.0,
            requests_per_day: Some(75_000),
            // `maxResultCount` is 1 to 20, and Nearby Search has no further pages.
            rows_per_answer: request::ROWS,
            rows_per_query: request::ROWS,
            largest_radius_m: request::LARGEST_RADIUS_M,
            shape: AreaShape::Circle,
            // `rankPreference: DISTANCE`, which every request asks for.
            ranking: Ranking::Distance,
            at_once: None,
            timeout: Duration::from_secs(30),
            words_per_query: words::WORDS_PER_QUERY,
            // Nearby Search Enterprise, first step of the price list: rating, price level and hours are in the mask.
            counts: None,
            price: MicroUsd::per_thousand_cents(3_500),
            terms: "Google lets you keep place ids for ever and coordinates for 30 days; names, ratings, hours and the rest \
                    only as far as your contract with Google allows",
        }
    }

    /// "Policies and attributions for Places API (New)": the logo, or where there is no room for it this text, in these letters.
    fn attribution(&self) -> Option<&'static str> {
        Some("Google Maps")
    }

    fn words(&self, types: &[String]) -> Result<Vec<String>, UnknownType> {
        words::words(types)
    }

    fn category(&self, word: &str) -> Option<&'static str> {
        words::code(word)
    }

    fn request(&self, ask: &Ask, language: &str, _cursor: Option<&Cursor>) -> Request {
        request::search_nearby(ask, language)
    }

    fn judge(&self, response: &Response) -> Verdict {
        judge::judge(response)
    }

    fn parse(&self, request: &Request, response: &Response) -> Page {
        parse::page(request, response)
    }
}
