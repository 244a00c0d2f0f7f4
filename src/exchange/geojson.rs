use std::io::{self, Write};

use serde::Serialize;
use uuid::Uuid;

use super::flat::Flat;
use crate::model::Position;
use crate::store::rows::Venue;

/// RFC 7946: one `FeatureCollection`, written as it is read. Longitude comes first; properties are flat, as tables of map programs are.
pub(super) struct GeoJson<W> {
    out: W,
    begun: bool,
}

#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    id: Uuid,
    geometry: Option<Point>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct Point {
    r#type: &'static str,
    coordinates: [f64; 2],
}

#[derive(Serialize)]
struct Properties<'a> {
    name: &'a str,
    category: Option<&'a str>,
    categories: String,
    address: Option<&'a str>,
    rating: Option<f64>,
    price_level: Option<i32>,
    hours_state: Option<&'a str>,
    opening_hours: Option<&'a str>,
    hours: Option<String>,
    timezone: Option<&'a str>,
    provider: &'a str,
    provider_id: &'a str,
    last_seen_at: String,
    created_at: String,
    updated_at: String,
}

impl<W: Write> GeoJson<W> {
    pub(super) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(br#"{"type":"FeatureCollection","features":["#)?;
        Ok(Self { out, begun: false })
    }

    pub(super) fn write(&mut self, venue: &Venue) -> io::Result<()> {
        self.out.write_all(if self.begun { b",\n" } else { b"\n" })?;
        self.begun = true;
        let Flat { categories, hours_state, opening_hours, hours, timezone } = Flat::of(venue);
        // A place that is not on the earth, which others may have written, is a feature without one.
        let place = Position::new(venue.lat, venue.lng).ok();
        let feature = Feature {
            r#type: "Feature",
            id: venue.id,
            geometry: place.map(|place| Point { r#type: "Point", coordinates: [place.lng(), place.lat()] }),
            properties: Properties {
                name: &venue.name,
                category: venue.categories.first().map(String::as_str),
                categories,
                address: venue.address.as_deref(),
                rating: venue.rating,
                price_level: venue.price_level,
                hours_state,
                opening_hours,
                hours,
                timezone,
                provider: &venue.provider_name,
                provider_id: &venue.provider_id,
                last_seen_at: venue.last_seen_at.to_rfc3339(),
                created_at: venue.created_at.to_rfc3339(),
                updated_at: venue.updated_at.to_rfc3339(),
            },
        };
        Ok(serde_json::to_writer(&mut self.out, &feature)?)
    }

    /// Whose data it is stands at the end, where it is known.
    pub(super) fn finish(mut self, attribution: &[&str]) -> io::Result<W> {
        self.out.write_all(if self.begun { b"\n]" } else { b"]" })?;
        if !attribution.is_empty() {
            self.out.write_all(br#","attribution":"#)?;
            serde_json::to_writer(&mut self.out, &attribution.join("; "))?;
        }
        self.out.write_all(b"}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}
