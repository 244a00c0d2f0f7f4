//! A row in Foursquare's shape. Members that we do not know are passed over; no member spoils its row.

use serde::Deserialize;
use serde::de::MapAccess;

use super::hours::OpeningHours;
use super::loose::{Loose, Reads, members};

/// A row of the new API, or of API v3, whose own members are marked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    pub(super) fsq_place_id: Loose<String>,
    /// v3: the same id.
    pub(super) fsq_id: Loose<String>,
    pub(super) name: Loose<String>,
    pub(super) latitude: Loose<f64>,
    pub(super) longitude: Loose<f64>,
    /// v3.
    pub(super) geocodes: Loose<Geocodes>,
    pub(super) location: Loose<Location>,
    pub(super) categories: Loose<Vec<Loose<Category>>>,
    pub(super) rating: Loose<f64>,
    pub(super) price: Loose<f64>,
    pub(super) hours: Loose<OpeningHours>,
    /// The date on which it was marked, not on which it closed; being there is what counts.
    pub(super) date_closed: Loose<String>,
    pub(super) unresolved_flags: Loose<Vec<Loose<String>>>,
    /// v3: IANA.
    pub(super) timezone: Loose<String>,
}

/// v3: points of a place, of which we take one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Geocodes {
    main: Loose<Geocode>,
    roof: Loose<Geocode>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Geocode {
    latitude: Loose<f64>,
    longitude: Loose<f64>,
}

/// Any of it may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Location {
    formatted_address: Loose<String>,
    address: Loose<String>,
    locality: Loose<String>,
    region: Loose<String>,
    postcode: Loose<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Category {
    fsq_category_id: Loose<String>,
    /// v3: a number.
    id: Loose<String>,
    /// In the language asked for.
    name: Loose<String>,
}

impl Place {
    /// Latitude and longitude of the main entrance; of v3 the main point, else the roof.
    pub(super) fn position(&self) -> Option<(f64, f64)> {
        let pair = |latitude: &Loose<f64>, longitude: &Loose<f64>| Some((latitude.0?, longitude.0?));
        let point = |point: &Loose<Geocode>| {
            let Geocode { latitude, longitude } = point.0.as_ref()?;
            pair(latitude, longitude)
        };
        let geocodes = self.geocodes.0.as_ref();
        pair(&self.latitude, &self.longitude)
            .or_else(|| geocodes.and_then(|geocodes| point(&geocodes.main).or_else(|| point(&geocodes.roof))))
    }
}

impl Location {
    /// One line. Where Foursquare gives none it is put together, without the country, which is written in several ways.
    pub(super) fn line(self) -> Option<String> {
        let said = |part: Loose<String>| part.0.filter(|part| !part.trim().is_empty());
        said(self.formatted_address).or_else(|| {
            let town = [said(self.postcode), said(self.locality)].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let parts = [said(self.address), said(Loose(Some(town))), said(self.region)];
            let line = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
            said(Loose(Some(line)))
        })
    }
}

impl Category {
    /// Its id if we know it, else its name, which makes a better slug.
    pub(super) fn word(self, is_known: impl Fn(&str) -> bool) -> Option<String> {
        let id = self.fsq_category_id.0.or(self.id.0);
        match id {
            Some(id) if is_known(&id) => Some(id),
            id => self.name.0.or(id),
        }
    }
}

impl<'de> Reads<'de> for Place {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        members(object)
    }
}

impl<'de> Reads<'de> for Geocodes {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        members(object)
    }
}

impl<'de> Reads<'de> for Geocode {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        members(object)
    }
}

impl<'de> Reads<'de> for Location {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        members(object)
    }
}

impl<'de> Reads<'de> for Category {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        members(object)
    }
}
