use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use uuid::Uuid;

use super::failure::Failure;
use super::open::{Opened, ensure_schema, open};
use super::runs::{has_methods, one};
use crate::cli::args::{ReportArgs, ReportedRun};
use crate::cli::exit::Exit;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::terminal::{self, Terminal};
use crate::cli::whole_file::WholeFile;
use crate::coverage::Region;
use crate::model::{AskedGround, BoundingBox, Position, RunAccount, StoredVenue};
use crate::report::account::{self, PageFrame, Stock};
use crate::report::count;
use crate::store::{self, VenueFilter, VenueOrder, VenueReader, WhichRun, rows};

/// `venues report`: what the database holds of one run.
pub async fn report(
    args: &ReportArgs,
    attributions: &BTreeMap<String, String>,
    database: &DatabaseChoice,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let opened = open(database, 2, terminal).await?;
    ensure_schema(&opened, false).await?;
    let read = read(args, &opened).await;
    opened.database.close().await;
    let Read { account, ground, stock } = read?;
    let attribution = attributions.get(&account.provider).map(String::as_str);
    let text = match &args.html {
        Some(file) => {
            #[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
            let made = chrono::Utc::now().format("%Y-%m-%d %H:%M UTC").to_string();
            let frame = PageFrame {
                attribution,
                made: &made,
                made_by: concat!("venues ", env!("CARGO_PKG_VERSION")),
                nonce: &Uuid::new_v4().simple().to_string(),
            };
            let page =
                account::page(&account, &ground, &stock, frame).map_err(|error| Failure::Bug(error.to_string()))?;
            if file == Path::new("-") {
                page
            } else {
                write(file, &page)?;
                said(file, stock.seen(), terminal)
            }
        }
        None if terminal.json => {
            let line = account::json(&account, &stock, attribution);
            line.map_err(|error| Failure::Bug(error.to_string()))? + "\n"
        }
        None => account::markdown(&account, &stock, attribution),
    };
    terminal::print(&text).map_err(Failure::Stdout)?;
    Ok(Exit::Complete)
}

fn said(file: &Path, venues: u64, terminal: &Terminal) -> String {
    if terminal.json {
        format!("{}\n", serde_json::json!({ "file": file.display().to_string(), "venues": venues }))
    } else {
        format!("{} in {}\n", count(venues, "venue", "venues"), file.display())
    }
}

struct Read {
    account: RunAccount,
    ground: AskedGround,
    stock: Stock,
}

async fn read(args: &ReportArgs, opened: &Opened) -> Result<Read, Failure> {
    let database = &opened.database;
    let which = match &args.run {
        ReportedRun::Id(id) => WhichRun::Id(one(opened, id).await?.run_id),
        ReportedRun::Latest => WhichRun::Latest { region: args.region.clone() },
    };
    let Some((mut account, parameters)) = store::run_account(database, &which).await? else {
        let which = args.region.as_ref().map_or_else(|| "run".to_owned(), |region| format!("run of region `{region}`"));
        return Err(Failure::NoneYet { which, known: store::runs_of(database).await? });
    };
    account.method = account.method.filter(|_| has_methods(&account.provider));
    let asked = store::asked_of(database, account.run_id).await?;
    // A run of another version may have written its region in another form: its tiles are drawn all the same.
    let region: Option<Region> =
        parameters.get("region").and_then(|region| serde_json::from_value(region.clone()).ok());
    let cells = asked.tiles.iter().map(|tile| tile.cell).collect();
    let within = region.as_ref().map_or(cells, |region| vec![region.bounds()]);
    let mut stock = Stock::new(&account);
    count_stored(&mut stock, &account, region.as_ref(), within, opened).await?;
    let outline = region.map_or_else(Vec::new, |region| region.outline());
    Ok(Read { account, ground: AskedGround { outline, tiles: asked.tiles, asked: asked.areas }, stock })
}

/// Counts what is stored of the run's provider inside its region.
async fn count_stored(
    stock: &mut Stock,
    account: &RunAccount,
    region: Option<&Region>,
    within: Vec<BoundingBox>,
    opened: &Opened,
) -> Result<(), Failure> {
    if within.is_empty() {
        return Ok(());
    }
    let filter = VenueFilter { within, providers: vec![account.provider.clone()], ..VenueFilter::default() };
    let mut reader = VenueReader::open(&opened.database, &filter, VenueOrder::Id).await?;
    loop {
        let venues = reader.next().await?;
        if venues.is_empty() {
            return Ok(());
        }
        let stored = venues.into_iter().filter_map(stored);
        for venue in stored.filter(|venue| region.is_none_or(|region| region.contains(venue.position))) {
            stock.count(venue);
        }
    }
}

/// None where others wrote a position that is none.
fn stored(row: rows::Venue) -> Option<StoredVenue> {
    Some(StoredVenue {
        position: Position::new(row.lat, row.lng).ok()?,
        name: row.name,
        categories: row.categories,
        has_address: row.address.is_some(),
        rating: row.rating,
        price_level: row.price_level,
        // Others' rows are looked at as far as they can be read.
        hours: row.hours.and_then(|hours| serde_json::from_value(hours).ok()),
        last_seen_at: row.last_seen_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        lot: row.id.as_u64_pair().1,
    })
}

fn write(path: &Path, page: &str) -> Result<(), Failure> {
    let written = WholeFile::begin(path).and_then(|mut file| {
        file.write_all(page.as_bytes())?;
        file.finish()
    });
    written.map_err(|source| unwritable(path, source))
}

fn unwritable(path: &Path, source: std::io::Error) -> Failure {
    Failure::File { what: "cannot write", path: path.to_owned(), source }
}
