//! What commands that read venues share: the database as it is, and the statement's errors in terms of what to do.

use super::failure::Failure;
use super::open::{Opened, ensure_schema, open};
use super::region::region;
use crate::cli::settings::area::RegionShape;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::settings::venues_job::VenuesJob;
use crate::cli::terminal::Terminal;
use crate::coverage::Region;
use crate::model::Position;
use crate::store::rows::Venue;
use crate::store::{DatabaseError, VenueFilter, VenueOrder, VenueReader};

/// Opens a database to look at it. Our own server's schema is brought up to date; another's is taken as it is, because whoever reads
/// may have no right to more than the tables that are read.
pub(super) async fn open_to_read(choice: &DatabaseChoice, terminal: &Terminal) -> Result<Opened, Failure> {
    let opened = open(choice, 2, terminal).await?;
    if opened.embedded_log.is_some() {
        ensure_schema(&opened, false).await?;
    }
    Ok(opened)
}

/// What was not found tells nobody that a migration is missing: that is looked for then.
pub(super) async fn explain(opened: &Opened, error: DatabaseError) -> Failure {
    if error.is_missing_object()
        && let Err(reason) = ensure_schema(opened, false).await
    {
        return reason;
    }
    error.into()
}

/// The regions in which venues are looked for.
pub(super) struct Places(Vec<Region>);

impl Places {
    pub(super) fn of(job: &VenuesJob) -> Result<Self, Failure> {
        let understood = job.places.iter().map(|(name, shape)| {
            let drawn = match shape {
                RegionShape::GeoJson { path, .. } => format!(", drawn in {}", path.display()),
                RegionShape::Bbox(_) | RegionShape::Circle { .. } => String::new(),
            };
            region(shape).map_err(|source| Failure::Region { region: format!("region `{name}`{drawn}"), source })
        });
        Ok(Self(understood.collect::<Result<_, _>>()?))
    }

    /// Whether a venue is in one of them; anywhere, where there are none.
    fn contain(&self, venue: &Venue) -> bool {
        let place = Position::new(venue.lat, venue.lng);
        self.0.is_empty() || place.is_ok_and(|place| self.0.iter().any(|region| region.contains(place)))
    }
}

/// Reads venues, and hands each on until there are enough of them or `each` wants no more.
pub(super) async fn read(
    job: &VenuesJob,
    places: &Places,
    order: VenueOrder,
    opened: &Opened,
    each: &mut (dyn FnMut(&Venue) -> Result<bool, Failure> + Send),
) -> Result<(), Failure> {
    let within = places.0.iter().map(Region::bounds).collect();
    // What lies in a region's box and not in the region does not count.
    let limit = job.filter.limit.filter(|_| places.0.is_empty());
    let filter = VenueFilter { within, limit, ..job.filter.clone() };
    let mut left = job.filter.limit.unwrap_or(u64::MAX);
    let mut reader = match VenueReader::open(&opened.database, &filter, order).await {
        Ok(reader) => reader,
        Err(error) => return Err(explain(opened, error).await),
    };
    while left > 0 {
        let venues = reader.next().await?;
        if venues.is_empty() {
            break;
        }
        for venue in venues.iter().filter(|venue| places.contain(venue)) {
            if left == 0 || !each(venue)? {
                return Ok(());
            }
            left -= 1;
        }
    }
    Ok(())
}
