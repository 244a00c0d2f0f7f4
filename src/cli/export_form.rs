//! Which form an export has: as said, or as the file's name has it.

use super::args::{ExportArgs, ExportFormat};
use super::command_error::CommandError;
use crate::exchange::Format;

/// The form that these arguments ask for. The error is that they name none, or one that was not compiled in.
pub(super) fn of(args: &ExportArgs) -> Result<Format, CommandError> {
    if let Some(said) = args.format {
        return match said {
            ExportFormat::GeoJson => Ok(Format::GeoJson),
            ExportFormat::Csv => Ok(Format::Csv),
            ExportFormat::Ndjson => Ok(Format::Ndjson),
            ExportFormat::Parquet => parquet(),
        };
    }
    let ending = args.output.as_ref().and_then(|path| path.extension());
    let ending = ending.map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("geojson" | "json") => Ok(Format::GeoJson),
        Some("csv") => Ok(Format::Csv),
        Some("ndjson" | "jsonl") => Ok(Format::Ndjson),
        Some("parquet") => parquet(),
        _ => Err(CommandError::NoFormat),
    }
}

/// Where it was compiled in.
#[cfg(feature = "parquet")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature there is none")]
fn parquet() -> Result<Format, CommandError> {
    Ok(Format::Parquet)
}

/// It was not.
#[cfg(not(feature = "parquet"))]
fn parquet() -> Result<Format, CommandError> {
    Err(CommandError::NoParquet)
}
