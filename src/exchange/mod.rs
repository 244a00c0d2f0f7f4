//! What goes out of the database as files, and what comes into it as lines: venues as GeoJSON, CSV, NDJSON or Parquet; results of enrichment and
//! events of a backend as NDJSON, line by line, each judged on its own.

mod attribution;
mod checked;
#[cfg(feature = "parquet")]
mod columns;
mod event_line;
mod export;
mod flat;
mod geojson;
mod lines;
mod ndjson;
mod profile_line;
mod spreadsheet;

pub use event_line::read_event;
pub use export::{Export, Format};
pub use lines::{Line, Lines};
pub use profile_line::read_profile;
