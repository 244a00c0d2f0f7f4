//! What goes out of the database as files, and what comes into it as lines: venues as GeoJSON, CSV or NDJSON; results of enrichment and
//! events of a backend as NDJSON, line by line, each judged on its own.

mod attribution;
mod export;
mod flat;
mod geojson;
mod ndjson;
mod spreadsheet;

pub use export::{Export, Format};
