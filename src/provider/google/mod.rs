//! Google Places API (New), Nearby Search and Text Search. Facts about them are from its documentation as of November 2026: the references
//! of `places:searchNearby` and `places:searchText` (limits of the requests, pages), "Place Types" (words), "Places API usage and billing"
//! (prices, quotas). What may be kept of them is in `terms.rs`.
//!
//! By `nearby`, circles are asked, nearest first; by `text`, rectangles, a type at a time, in pages. Whichever it is, text searches for ids
//! alone count for nothing, and the audit of a run by text is Nearby Search.

mod answer;
mod hours;
mod judge;
mod nearby;
mod parse;
mod request;
mod terms;
mod text;
mod words;

use std::time::Duration;

use super::contract::{Cursor, Page, Provider, UnknownType};
use crate::model::{AreaShape, Ask, Counts, Free, Limits, MicroUsd, Purpose, Ranking, Tariff, TariffItem, Terms};
use crate::wire::{Request, Response, Verdict};

/// Nearby Search Enterprise and Text Search Enterprise alike, first step of the price list: rating, price level and hours are in the mask.
const PRICE: MicroUsd = MicroUsd::per_thousand_cents(3_500);

/// Text Search with nothing but ids in the mask is free of charge.
const COUNTS: Counts = Counts { rows_per_answer: request::ROWS, rows_per_query: text::ROWS_PER_QUERY };

const NEARBY: &str = "nearby";
const TEXT: &str = "text";

/// The provider `google`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Google {
    by: Method,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Nearby,
    Text,
}

impl Google {
    /// Asked for circles: what is proven is proven by distances.
    pub(super) const NEARBY: Self = Self { by: Method::Nearby };
}

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
        let nearby = Limits {
            // The console's defaults for SearchNearby and for SearchText: 600 a minute and 75,000 a day each, per project.
            requests_per_second: 10.0,
            requests_per_day: Some(75_000),
            // `maxResultCount` is 1 to 20, and Nearby Search has no further pages.
            rows_per_answer: request::ROWS,
            rows_per_query: request::ROWS,
            largest_radius_m: nearby::LARGEST_RADIUS_M,
            shape: AreaShape::Circle,
            // `rankPreference: DISTANCE`, which every request asks for.
            ranking: Ranking::Distance,
            at_once: None,
            timeout: Duration::from_secs(30),
            words_per_query: words::WORDS_PER_QUERY,
            counts: Some(COUNTS),
            price: PRICE,
        };
        match self.by {
            Method::Nearby => nearby,
            // `pageSize` is 1 to 20, and there are 60 rows over all pages. Only a rectangle is kept to, and only one type can be strict.
            Method::Text => Limits {
                rows_per_query: text::ROWS_PER_QUERY,
                shape: AreaShape::Rectangle,
                ranking: Ranking::Other,
                words_per_query: 1,
                ..nearby
            },
        }
    }

    fn price(&self, ask: &Ask) -> MicroUsd {
        match ask.purpose {
            Purpose::Rows | Purpose::Audit => PRICE,
            Purpose::Count => MicroUsd::default(),
        }
    }

    fn tariff(&self) -> Option<Tariff> {
        // Each of them has a free allowance of its own. Ids alone, which are free, are not in the list: they cost nothing.
        let item = |call, name| TariffItem { call, name, price: PRICE, free: Free::Monthly(1_000) };
        Some(Tariff {
            as_of: "2026-11-22",
            source: "Google Maps Platform's price list (first step, to 100,000 a month) and the SKU pages of Places API (New)",
            fee_a_month: MicroUsd::default(),
            items: vec![item(nearby::CALL, "Nearby Search Enterprise"), item(text::CALL, "Text Search Enterprise")],
        })
    }

    fn methods(&self) -> &'static [&'static str] {
        &[NEARBY, TEXT]
    }

    fn by(&self, method: &str) -> Option<Box<dyn Provider>> {
        (self.by == Method::Nearby && method == TEXT).then(|| Box::new(Self { by: Method::Text }) as Box<dyn Provider>)
    }

    /// By text, every word is counted by itself.
    fn count_words(&self, words: &[String]) -> Vec<String> {
        match self.by {
            Method::Nearby => words::telling(words),
            Method::Text => Vec::new(),
        }
    }

    fn terms(&self) -> Terms {
        terms::TERMS
    }

    fn words(&self, types: &[String]) -> Result<Vec<String>, UnknownType> {
        match self.by {
            Method::Nearby => words::words(types),
            Method::Text => words::one_by_one(types),
        }
    }

    fn category(&self, word: &str) -> Option<&'static str> {
        words::code(word)
    }

    fn request(&self, ask: &Ask, language: &str, cursor: Option<&Cursor>) -> Request {
        match (ask.purpose, self.by) {
            (Purpose::Count, _) => text::count(ask, language, cursor),
            (Purpose::Rows, Method::Text) => text::search(ask, language, cursor),
            (Purpose::Audit, _) | (Purpose::Rows, Method::Nearby) => nearby::search(ask, language),
        }
    }

    fn judge(&self, response: &Response) -> Verdict {
        judge::judge(response)
    }

    fn parse(&self, request: &Request, response: &Response) -> Page {
        parse::page(request, response)
    }
}
