use std::io::{self, Write};
use std::mem::take;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::flat::Flat;
use crate::store::rows::Venue;

/// The columns of the CSV, in its order; what is null in the table is null here. An id is a text, as in every other form, so that files
/// can be joined.
const SCHEMA: &str = "message venue {
    required binary id (STRING);
    required binary provider (STRING);
    required binary provider_id (STRING);
    required binary name (STRING);
    optional binary category (STRING);
    required group categories (LIST) { repeated group list { required binary element (STRING); } }
    required double lat;
    required double lng;
    optional binary address (STRING);
    optional double rating;
    optional int32 price_level;
    optional binary hours_state (STRING);
    optional binary opening_hours (STRING);
    optional binary hours (STRING);
    optional binary timezone (STRING);
    optional binary raw_hours (STRING);
    required int64 last_seen_at (TIMESTAMP(MICROS, true));
    required int64 created_at (TIMESTAMP(MICROS, true));
    required int64 updated_at (TIMESTAMP(MICROS, true));
    optional binary attribution (STRING);
}";

/// Venues a row group. More would be read a little faster, and held in memory while they are written.
const ROWS: usize = 20_000;

/// Apache Parquet: columns in groups of rows, each written when it is full.
pub(super) struct Columns<W: Write + Send> {
    file: SerializedFileWriter<W>,
    group: Group,
}

/// The rows that are not written yet, by column.
#[derive(Default)]
struct Group {
    rows: usize,
    id: Column<ByteArray>,
    provider: Column<ByteArray>,
    provider_id: Column<ByteArray>,
    name: Column<ByteArray>,
    category: Column<ByteArray>,
    categories: Lists,
    lat: Column<f64>,
    lng: Column<f64>,
    address: Column<ByteArray>,
    rating: Column<f64>,
    price_level: Column<i32>,
    hours_state: Column<ByteArray>,
    opening_hours: Column<ByteArray>,
    hours: Column<ByteArray>,
    timezone: Column<ByteArray>,
    raw_hours: Column<ByteArray>,
    last_seen_at: Column<i64>,
    created_at: Column<i64>,
    updated_at: Column<i64>,
    attribution: Column<ByteArray>,
}

/// Values that are there, and for each row whether there is one.
struct Column<T> {
    values: Vec<T>,
    there: Vec<i16>,
}

/// Texts of lists; for each whether it is there at all, and whether it goes on with the row before it.
#[derive(Default)]
struct Lists {
    texts: Column<ByteArray>,
    goes_on: Vec<i16>,
}

impl<W: Write + Send> Columns<W> {
    pub(super) fn begin(out: W) -> io::Result<Self> {
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(unwritten)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("venues ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(unwritten)?;
        Ok(Self { file, group: Group::default() })
    }

    pub(super) fn write(&mut self, venue: &Venue, attribution: Option<&str>) -> io::Result<()> {
        self.group.push(venue, attribution);
        if self.group.rows >= ROWS { self.end_group() } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        if self.group.rows > 0 {
            self.end_group()?;
        }
        self.file.into_inner().map_err(unwritten)
    }

    fn end_group(&mut self) -> io::Result<()> {
        let mut rows = self.file.next_row_group().map_err(unwritten)?;
        take(&mut self.group).write(&mut rows).map_err(unwritten)?;
        rows.close().map(drop).map_err(unwritten)
    }
}

impl Group {
    fn push(&mut self, venue: &Venue, attribution: Option<&str>) {
        let Flat { categories: _, hours_state, opening_hours, hours, timezone } = Flat::of(venue);
        self.rows += 1;
        self.id.text(Some(&venue.id.to_string()));
        self.provider.text(Some(&venue.provider_name));
        self.provider_id.text(Some(&venue.provider_id));
        self.name.text(Some(&venue.name));
        self.category.text(venue.categories.first().map(String::as_str));
        self.categories.push(&venue.categories);
        self.lat.push(Some(venue.lat));
        self.lng.push(Some(venue.lng));
        self.address.text(venue.address.as_deref());
        self.rating.push(venue.rating);
        self.price_level.push(venue.price_level);
        self.hours_state.text(hours_state);
        self.opening_hours.text(opening_hours);
        self.hours.text(hours.as_deref());
        self.timezone.text(timezone);
        self.raw_hours.text(venue.raw_hours.as_deref());
        self.last_seen_at.push(Some(venue.last_seen_at.timestamp_micros()));
        self.created_at.push(Some(venue.created_at.timestamp_micros()));
        self.updated_at.push(Some(venue.updated_at.timestamp_micros()));
        self.attribution.text(attribution);
    }

    /// Each column in the order of the schema.
    fn write<W: Write + Send>(self, rows: &mut SerializedRowGroupWriter<'_, W>) -> Result<(), ParquetError> {
        self.id.write::<ByteArrayType, W>(rows)?;
        self.provider.write::<ByteArrayType, W>(rows)?;
        self.provider_id.write::<ByteArrayType, W>(rows)?;
        self.name.write::<ByteArrayType, W>(rows)?;
        self.category.write::<ByteArrayType, W>(rows)?;
        write_column::<ByteArrayType, W>(rows, &self.categories.texts, Some(&self.categories.goes_on))?;
        self.lat.write::<DoubleType, W>(rows)?;
        self.lng.write::<DoubleType, W>(rows)?;
        self.address.write::<ByteArrayType, W>(rows)?;
        self.rating.write::<DoubleType, W>(rows)?;
        self.price_level.write::<Int32Type, W>(rows)?;
        self.hours_state.write::<ByteArrayType, W>(rows)?;
        self.opening_hours.write::<ByteArrayType, W>(rows)?;
        self.hours.write::<ByteArrayType, W>(rows)?;
        self.timezone.write::<ByteArrayType, W>(rows)?;
        self.raw_hours.write::<ByteArrayType, W>(rows)?;
        self.last_seen_at.write::<Int64Type, W>(rows)?;
        self.created_at.write::<Int64Type, W>(rows)?;
        self.updated_at.write::<Int64Type, W>(rows)?;
        self.attribution.write::<ByteArrayType, W>(rows)
    }
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self { values: Vec::new(), there: Vec::new() }
    }
}

impl<T> Column<T> {
    fn push(&mut self, value: Option<T>) {
        self.there.push(i16::from(value.is_some()));
        self.values.extend(value);
    }

    fn write<D, W>(&self, rows: &mut SerializedRowGroupWriter<'_, W>) -> Result<(), ParquetError>
    where
        D: DataType<T = T>,
        W: Write + Send,
    {
        write_column::<D, W>(rows, self, None)
    }
}

impl Column<ByteArray> {
    fn text(&mut self, text: Option<&str>) {
        self.push(text.map(ByteArray::from));
    }
}

impl Lists {
    fn push(&mut self, texts: &[String]) {
        if texts.is_empty() {
            self.texts.text(None);
            self.goes_on.push(0);
        }
        for (place, text) in texts.iter().enumerate() {
            self.texts.text(Some(text));
            self.goes_on.push(i16::from(place > 0));
        }
    }
}

/// The next column of a row group.
fn write_column<D: DataType, W: Write + Send>(
    rows: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column<D::T>,
    goes_on: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut out = rows.next_column()?.ok_or_else(|| ParquetError::General("a column too many".to_owned()))?;
    let values = out.typed::<D>();
    // Where a column is never null, whether a value is there is not written.
    let nullable = values.get_descriptor().max_def_level() > 0;
    values.write_batch(&column.values, nullable.then_some(&column.there), goes_on)?;
    out.close()
}

/// The system's own word, so that whoever reads can be told from whatever else goes wrong.
fn unwritten(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(cause) => io::Error::other(cause),
        },
        other => io::Error::other(other),
    }
}
