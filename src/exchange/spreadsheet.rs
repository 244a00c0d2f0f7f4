use std::borrow::Cow;
use std::io::{self, Write};

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::flat::Flat;
use crate::store::rows::Venue;

const HEAD: [&str; 20] = [
    "id",
    "provider",
    "provider_id",
    "name",
    "category",
    "categories",
    "lat",
    "lng",
    "address",
    "rating",
    "price_level",
    "hours_state",
    "opening_hours",
    "hours",
    "timezone",
    "raw_hours",
    "last_seen_at",
    "created_at",
    "updated_at",
    "attribution",
];

/// RFC 4180, in UTF-8, with a head. Numbers stand as numbers; no text is a formula.
pub(super) struct Spreadsheet<W: Write> {
    cells: Writer<W>,
}

impl<W: Write> Spreadsheet<W> {
    pub(super) fn begin(out: W) -> io::Result<Self> {
        let mut cells =
            WriterBuilder::new().terminator(Terminator::CRLF).quote_style(QuoteStyle::Necessary).from_writer(out);
        cells.write_record(HEAD).map_err(unwritten)?;
        Ok(Self { cells })
    }

    pub(super) fn write(&mut self, venue: &Venue, attribution: Option<&str>) -> io::Result<()> {
        let Flat { categories, hours_state, opening_hours, hours, timezone } = Flat::of(venue);
        let text = |text: Option<&str>| harmless(text.unwrap_or_default()).into_owned();
        let cells: [String; 20] = [
            venue.id.to_string(),
            text(Some(&venue.provider_name)),
            text(Some(&venue.provider_id)),
            text(Some(&venue.name)),
            text(venue.categories.first().map(String::as_str)),
            text(Some(&categories)),
            number(Some(venue.lat)),
            number(Some(venue.lng)),
            text(venue.address.as_deref()),
            number(venue.rating),
            venue.price_level.map(|level| level.to_string()).unwrap_or_default(),
            text(hours_state),
            text(opening_hours),
            text(hours.as_deref()),
            text(timezone),
            text(venue.raw_hours.as_deref()),
            venue.last_seen_at.to_rfc3339(),
            venue.created_at.to_rfc3339(),
            venue.updated_at.to_rfc3339(),
            text(attribution),
        ];
        self.cells.write_record(cells).map_err(unwritten)
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.cells.into_inner().map_err(|error| io::Error::from(error.error().kind()))
    }
}

/// The system's own word, so that whoever reads can be told from whatever else goes wrong.
fn unwritten(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// What is not a number is an empty cell.
fn number(number: Option<f64>) -> String {
    number.filter(|number| number.is_finite()).map(|number| number.to_string()).unwrap_or_default()
}

/// A spreadsheet computes what begins with one of these signs, quoted or not: an apostrophe before it says that it is text.
fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_is_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://evil\",\"x\")"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for text in ["Café", "24/7", "a=b", "'quoted", ""] {
            assert_eq!(harmless(text), text);
        }
        assert_eq!(
            (number(Some(-9.14)), number(Some(f64::NAN)), number(None)),
            ("-9.14".into(), String::new(), String::new())
        );
    }
}
