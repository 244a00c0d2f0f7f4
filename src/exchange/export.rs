use std::io::{self, Write};

use super::attribution::Attributions;
#[cfg(feature = "parquet")]
use super::columns::Columns;
use super::geojson::GeoJson;
use super::ndjson;
use super::spreadsheet::Spreadsheet;
use crate::store::rows::Venue;

/// The forms in which venues leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One `FeatureCollection` of RFC 7946.
    GeoJson,
    /// RFC 4180, with a head.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// Venues on their way out, each written as it comes: nothing of them is kept.
///
/// Whose data it is travels along, in a member or a column `attribution`.
///
/// ```
/// use venue_sync::exchange::{Export, Format};
///
/// let attribution = |provider: &str| (provider == "osm").then_some("© OpenStreetMap contributors");
/// let export = Export::begin(Vec::new(), Format::GeoJson, &attribution)?;
/// // export.write(&venue)?, for as many as there are
/// let (bytes, venues) = export.finish()?;
/// assert_eq!(String::from_utf8_lossy(&bytes), "{\"type\":\"FeatureCollection\",\"features\":[]}\n");
/// assert_eq!(venues, 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Export<'a, W: Write + Send> {
    form: Form<W>,
    attributions: Attributions<'a>,
    venues: u64,
}

enum Form<W: Write + Send> {
    GeoJson(GeoJson<W>),
    Csv(Box<Spreadsheet<W>>),
    Ndjson(W),
    #[cfg(feature = "parquet")]
    Parquet(Box<Columns<W>>),
}

impl<'a, W: Write + Send> Export<'a, W> {
    /// Writes what comes before the first venue. `attribution` is the words that go with the data of a provider of this name.
    pub fn begin(
        out: W,
        format: Format,
        attribution: &'a (dyn Fn(&str) -> Option<&'a str> + Sync),
    ) -> io::Result<Self> {
        let form = match format {
            Format::GeoJson => Form::GeoJson(GeoJson::begin(out)?),
            Format::Csv => Form::Csv(Box::new(Spreadsheet::begin(out)?)),
            Format::Ndjson => Form::Ndjson(out),
            #[cfg(feature = "parquet")]
            Format::Parquet => Form::Parquet(Box::new(Columns::begin(out)?)),
        };
        Ok(Self { form, attributions: Attributions::new(attribution), venues: 0 })
    }

    /// Writes a venue.
    pub fn write(&mut self, venue: &Venue) -> io::Result<()> {
        let words = self.attributions.of(&venue.provider_name);
        match &mut self.form {
            Form::GeoJson(form) => form.write(venue)?,
            Form::Csv(form) => form.write(venue, words)?,
            Form::Ndjson(out) => ndjson::write(out, venue, words)?,
            #[cfg(feature = "parquet")]
            Form::Parquet(form) => form.write(venue, words)?,
        }
        self.venues += 1;
        Ok(())
    }

    /// Venues so far.
    pub fn venues(&self) -> u64 {
        self.venues
    }

    /// Writes what comes after the last venue, and everything that was held back; returns how many venues there were.
    pub fn finish(self) -> io::Result<(W, u64)> {
        let mut out = match self.form {
            Form::GeoJson(form) => form.finish(&self.attributions.all())?,
            Form::Csv(form) => form.finish()?,
            Form::Ndjson(out) => out,
            #[cfg(feature = "parquet")]
            Form::Parquet(form) => form.finish()?,
        };
        out.flush()?;
        Ok((out, self.venues))
    }
}
