//! `venues list` and `venues export`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::database::DatabaseArgs;
use super::place::Numbers;
use super::time::{moment, since};
use crate::store::{Moment, Since};

/// `venues list`.
#[derive(Debug, Clone, Default, Args)]
pub struct ListArgs {
    /// Which venues.
    #[command(flatten)]
    pub which: WhichArgs,
}

/// `venues export`.
#[derive(Debug, Clone, Default, Args)]
pub struct ExportArgs {
    /// The form. By itself as the file's name has it: .geojson or .json, .csv, .ndjson or .jsonl, .parquet.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ExportFormat>,
    /// Write this file, which is replaced once all is written; by itself stdout.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Which venues.
    #[command(flatten)]
    pub which: WhichArgs,
}

/// Forms of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// For maps: QGIS, geojson.io.
    #[value(name = "geojson")]
    GeoJson,
    /// For spreadsheets.
    Csv,
    /// For programs: one JSON object a line, hours and all.
    Ndjson,
    /// For `DuckDB`, pandas, Spark: columns with types. Only where it was built with the feature `parquet`.
    Parquet,
}

/// Which venues.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which venues")]
#[group(skip)]
pub struct WhichArgs {
    /// In a region of venues.toml, or in `demo`: within its very outline. May be repeated.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["bbox", "near"])]
    pub region: Vec<String>,
    /// In a box in degrees. It crosses the antimeridian where west is larger than east.
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true, conflicts_with = "near")]
    pub bbox: Option<Numbers<4>>,
    /// In a circle round this place, in degrees; needs --radius-m.
    #[arg(long, value_name = "LAT,LNG", allow_hyphen_values = true, requires = "radius_m")]
    pub near: Option<Numbers<2>>,
    /// The radius of that circle in metres.
    #[arg(long, value_name = "R", allow_hyphen_values = true, requires = "near")]
    pub radius_m: Option<Numbers<1>>,
    /// As this provider knows them. May be repeated.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub provider: Vec<String>,
    /// Of this kind, and of everything below it (`venues categories`). May be repeated: any of them.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub category: Vec<String>,
    /// Rated at least this, 0 to 5.
    #[arg(long, value_name = "RATING", value_parser = rating)]
    pub min_rating: Option<f64>,
    /// Of this price level, 0 (free) to 4. May be repeated: any of them.
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', value_parser = clap::value_parser!(i32).range(0..=4))]
    pub price: Vec<i32>,
    /// Of this price level or a lower one; an unknown price is not low.
    #[arg(long, value_name = "LEVEL", conflicts_with = "price", value_parser = clap::value_parser!(i32).range(0..=4))]
    pub max_price: Option<i32>,
    /// Known to be open then: `now`, an instant (2026-11-27T21:00+01:00), or without a zone what each venue's own clock shows.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub open_at: Option<Moment>,
    /// New, or with other content, since then: 2026-11-27, 2026-11-27T10:00Z, or how long ago: 36h, 7d.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub changed_since: Option<Since>,
    /// So many at most.
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroU64>,
    /// Where they are.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

fn rating(text: &str) -> Result<f64, String> {
    let rating = text.parse().ok().filter(|rating| (0.0..=5.0).contains(rating));
    rating.ok_or_else(|| "not a rating from 0 to 5".to_owned())
}

pub(super) const LIST_EXAMPLES: &str = "\
Examples:
  venues list --region demo --category restaurant --min-rating 4.5
  venues list --near 38.72,-9.14 --radius-m 800 --open-at now
  venues list --region lisbon --changed-since 24h | jq .name

On a terminal a table of the first 50, best rated first, or nearest first with --near; otherwise, and with --json, one JSON object a \
line, all of them. What it says is also in `venues export --format ndjson`.";

pub(super) const EXPORT_EXAMPLES: &str = "\
Examples:
  venues export --region lisbon -o lisbon.geojson
  venues export --provider osm --category cafe --format csv > cafes.csv
  venues export --bbox -9.23,38.69,-9.09,38.80 --open-at 2026-11-27T21:00 --format ndjson | wc -l

A million venues take no more memory than a thousand. The words that a provider wants beside its data go along: as the member \
`attribution` of the whole (GeoJSON) or of each line (NDJSON), or as the last column (CSV, Parquet).";
