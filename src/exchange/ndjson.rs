use std::io::{self, Write};

use serde::Serialize;

use crate::store::rows::Venue;

/// One venue a line, with everything that the table has.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    venue: &'a Venue,
    attribution: Option<&'a str>,
}

pub(super) fn write(out: &mut impl Write, venue: &Venue, attribution: Option<&str>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { venue, attribution })?;
    out.write_all(b"\n")
}
