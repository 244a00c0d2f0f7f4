//! `venues regions`.

use serde::Serialize;

use super::settings::region::{KnownRegions, RegionSettings};

/// A region, for a program.
#[derive(Debug, Serialize)]
struct RegionLine<'a> {
    name: &'a str,
    provider: &'a str,
    types: Vec<String>,
    area: String,
    from: String,
}

/// The list: a table for a person, or one line of JSON a region.
pub(super) fn list(regions: &KnownRegions, json: bool) -> Result<String, serde_json::Error> {
    let lines: Vec<RegionLine<'_>> = regions.iter().map(line).collect();
    let lines: Vec<String> =
        if json { lines.iter().map(serde_json::to_string).collect::<Result<_, _>>()? } else { table(&lines) };
    Ok(lines.join("\n") + "\n")
}

fn line(region: &RegionSettings) -> RegionLine<'_> {
    RegionLine {
        name: &region.name,
        provider: region.provider(),
        types: region.types(),
        area: region.area.to_string(),
        from: region.origin.to_string(),
    }
}

fn table(lines: &[RegionLine<'_>]) -> Vec<String> {
    let head = ["NAME", "PROVIDER", "TYPES", "AREA", "FROM"].map(str::to_owned);
    let row = |line: &RegionLine<'_>| {
        [line.name.to_owned(), line.provider.to_owned(), line.types.join(","), line.area.clone(), line.from.clone()]
    };
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(lines.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 5] = std::array::from_fn(width);
    let padded = |row: &[String; 5]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(padded).collect()
}
