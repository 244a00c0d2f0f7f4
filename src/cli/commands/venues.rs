use std::io::{self, BufWriter, Write};
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::reading::{Places, open_to_read, read};
use super::signals;
use crate::cli::exit::Exit;
use crate::cli::settings::venues_job::VenuesJob;
use crate::cli::terminal::{self, Terminal};
use crate::cli::venue_table::venue_table;
use crate::cli::whole_file::WholeFile;
use crate::exchange::{Export, Format};
use crate::model::Position;
use crate::report::count;
use crate::store::VenueOrder;
use crate::store::rows::Venue;

/// What is no file.
const STDOUT: &str = "<stdout>";

/// Rows of a table where nobody said how many.
const SHOWN: u64 = 50;

/// `venues list`: a table for a person, one JSON object a line for anybody else.
pub async fn list_venues(job: &VenuesJob, terminal: &Terminal) -> Result<Exit, Failure> {
    let order = match job.near {
        Some([lat, lng]) => Position::new(lat, lng).map_or(VenueOrder::Best, VenueOrder::Nearest),
        None => VenueOrder::Best,
    };
    if !terminal.read_by_person {
        let out = BufWriter::new(io::stdout());
        let to = To { format: Format::Ndjson, order, out, place: Path::new(STDOUT), stop: CancellationToken::new() };
        to.write(job, terminal).await?;
        return Ok(Exit::Complete);
    }
    let places = Places::of(job)?;
    let shown = job.filter.limit.unwrap_or(SHOWN);
    let mut one_more = job.clone();
    one_more.filter.limit = Some(shown.saturating_add(1));
    let opened = open_to_read(&job.database, terminal).await?;
    let mut venues: Vec<Venue> = Vec::new();
    let mut keep = |venue: &Venue| {
        venues.push(venue.clone());
        Ok(true)
    };
    let ended = read(&one_more, &places, order, &opened, &mut keep).await;
    opened.database.close().await;
    ended?;
    terminal::print(&venue_table(&venues, usize::try_from(shown).unwrap_or(usize::MAX))).map_err(Failure::Stdout)?;
    Ok(Exit::Complete)
}

/// `venues export`, to a file or to stdout.
pub async fn export_venues(
    job: &VenuesJob,
    format: Format,
    output: Option<&Path>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let (order, stop) = (VenueOrder::Id, CancellationToken::new());
    let Some(path) = output else {
        let to = To { format, order, out: BufWriter::new(io::stdout()), place: Path::new(STDOUT), stop };
        to.write(job, terminal).await?;
        return Ok(Exit::Complete);
    };
    signals::listen_saying(stop.clone(), "stopping: the file is left as it was").map_err(Failure::Runtime)?;
    let file = WholeFile::begin(path).map_err(unwritable(path))?;
    let to = To { format, order, out: BufWriter::new(file), place: path, stop: stop.clone() };
    let Some((out, venues)) = to.write(job, terminal).await? else {
        return Ok(if stop.is_cancelled() { Exit::Again } else { Exit::Complete });
    };
    let file = out.into_inner().map_err(|error| unwritable(path)(error.into_error()))?;
    file.finish().map_err(unwritable(path))?;
    let said = if terminal.json {
        format!("{}\n", serde_json::json!({ "file": path.display().to_string(), "venues": venues }))
    } else {
        format!("{} in {}\n", count(venues, "venue", "venues"), path.display())
    };
    terminal::print(&said).map_err(Failure::Stdout)?;
    Ok(Exit::Complete)
}

/// Where venues go.
struct To<'a, W> {
    format: Format,
    order: VenueOrder,
    out: W,
    /// For messages.
    place: &'a Path,
    /// Pulled when somebody wants an end.
    stop: CancellationToken,
}

impl<W: Write + Send> To<'_, W> {
    /// Reads venues and writes each as it comes. None where the reader had seen enough (`| head`), or somebody wanted an end.
    async fn write(self, job: &VenuesJob, terminal: &Terminal) -> Result<Option<(W, u64)>, Failure> {
        let places = Places::of(job)?;
        let opened = open_to_read(&job.database, terminal).await?;
        let attribution = |name: &str| job.attributions.get(name).map(String::as_str);
        let begun = Export::begin(self.out, self.format, &attribution);
        let Some(mut export) = enough(begun).map_err(unwritable(self.place))? else { return Ok(None) };
        let mut gone = false;
        let mut each = |venue: &Venue| {
            gone = enough(export.write(venue)).map_err(unwritable(self.place))?.is_none();
            Ok(!gone && !self.stop.is_cancelled())
        };
        let ended = tokio::select! {
            ended = read(job, &places, self.order, &opened, &mut each) => ended,
            // What the database is at is left behind with its connection.
            () = self.stop.cancelled() => return Ok(None),
        };
        opened.database.close().await;
        ended?;
        if gone || self.stop.is_cancelled() {
            Ok(None)
        } else {
            enough(export.finish()).map_err(unwritable(self.place))
        }
    }
}

/// None where whoever read has seen enough, which is no error.
fn enough<T>(written: io::Result<T>) -> io::Result<Option<T>> {
    match written {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
        Err(error) => Err(error),
    }
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> Failure {
    move |source| match path.to_str() {
        Some(STDOUT) => Failure::Stdout(source),
        _ => Failure::File { what: "cannot write", path: path.to_owned(), source },
    }
}
