//! OpenStreetMap, by way of an Overpass server. Facts about it are from the OpenStreetMap wiki as of November 2026: "Overpass API"
//! (etiquette, slots, status page), "Overpass QL" (the query, its declared limits), "Permanent ID", "Lifecycle prefix".
//!
//! A box finds the ways that have a point in it or cross its edge. An outline that encloses the whole box is not found by that box, but by
//! the boxes that its border runs through; only where a region lies whole within an outline (a city block of a park) is it missed.

mod address;
mod answer;
mod judge;
mod name;
mod parse;
mod request;
mod tags;
mod terms;
mod twins;
mod words;

use std::time::Duration;

use super::contract::{Cursor, Page, Provider, UnknownType};
use crate::model::{AreaShape, Ask, Free, Limits, MicroUsd, Ranking, Tariff, TariffItem, Terms};
use crate::wire::{Request, Response, Verdict};

/// The provider `osm`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Osm;

impl Provider for Osm {
    fn name(&self) -> &'static str {
        words::PROVIDER
    }

    fn key_variable(&self) -> Option<&'static str> {
        None
    }

    fn base_url_variable(&self) -> &'static str {
        "OVERPASS_BASE_URL"
    }

    fn base_url(&self) -> &'static str {
        "https://overpass-api.de"
    }

    fn limits(&self) -> Limits {
        Limits {
            // The main server asks for fewer than 10,000 requests a day and none in parallel; it names no rate.
            requests_per_second: 0.5,
            requests_per_day: Some(10_000),
            // An answer ends where the declared memory or time does, and then says so.
            rows_per_answer: u32::MAX,
            rows_per_query: u32::MAX,
            largest_radius_m: f64::MAX,
            shape: AreaShape::SoftRectangle,
            ranking: Ranking::Other,
            at_once: Some(1),
            // The server's own time, the wait for a slot (15 s) and the way back.
            timeout: Duration::from_secs(request::TIMEOUT_S + 30),
            words_per_query: usize::MAX,
            counts: None,
            price: MicroUsd::default(),
        }
    }

    fn tariff(&self) -> Option<Tariff> {
        let item =
            TariffItem { call: request::CALL, name: "Overpass query", price: MicroUsd::default(), free: Free::Always };
        Some(Tariff {
            as_of: "2026-11-22",
            source: "the OpenStreetMap wiki, \"Overpass API\": free of charge, with an etiquette",
            fee_a_month: MicroUsd::default(),
            items: vec![item],
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

    fn request(&self, ask: &Ask, language: &str, _cursor: Option<&Cursor>) -> Request {
        request::interpreter(ask, language)
    }

    fn judge(&self, response: &Response) -> Verdict {
        judge::judge(response)
    }

    fn parse(&self, request: &Request, response: &Response) -> Page {
        parse::page(request, response)
    }
}
