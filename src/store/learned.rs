//! What earlier runs left for the next: where a tile's venues were, kept with the tile when a run begins.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::connect::{Database, DatabaseError};
use super::transaction::Transaction;
use crate::model::{BoundingBox, KnownPlace, Position, Tile};

/// Tells from a venue's categories which groups of words return it: none where it is not of the kinds asked for, an empty list where it
/// cannot be told.
pub type Sort<'a> = dyn Fn(&[String]) -> Option<Vec<u16>> + Send + Sync + 'a;

/// What is known when a run begins.
#[derive(Clone, Copy)]
pub enum Learn<'a> {
    /// Nothing.
    Nothing,
    /// What another run knew.
    Given(&'a [KnownTile]),
    /// Where the venues are that the last complete run of the same region and provider saw.
    Learned(&'a Sort<'a>),
}

impl std::fmt::Debug for Learn<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Given(_) => "Given",
            Self::Learned(_) => "Learned",
        })
    }
}

/// What is known of one tile and its surroundings.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownTile {
    /// The tile's place in the region's order.
    pub tile: i32,
    /// Its venues.
    pub places: Vec<KnownPlace>,
}

/// A complete run that asked the provider itself.
#[derive(Debug, Clone, Copy)]
struct Teacher {
    begun_at: DateTime<Utc>,
    /// Or was accepted: only then its venues were written.
    ended_at: DateTime<Utc>,
}

/// What a run that begins now would know of the tiles; those of which nothing is known are left out.
pub async fn learned(
    database: &Database,
    (region, provider): (&str, &str),
    tiles: &[Tile],
    sort: &Sort<'_>,
) -> Result<Vec<KnownTile>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let found = async {
        let mut found = Vec::new();
        if let Some(teacher) = teacher(&mut transaction, region, provider).await? {
            for tile in tiles {
                let places = places(&mut transaction, provider, teacher, tile, sort).await?;
                if !places.is_empty() {
                    found.push(KnownTile { tile: tile.ordinal, places });
                }
            }
        }
        Ok(found)
    }
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(found)
}

/// Whose venues are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom<'a> {
    /// What the last complete run of a region from a provider left: what a run that begins now would know.
    LastRun {
        /// The region's name.
        region: &'a str,
        /// The provider's.
        provider: &'a str,
    },
    /// Whatever is stored of a provider.
    Stored {
        /// Its name.
        provider: &'a str,
    },
}

/// What is known of one tile.
pub async fn known_of(
    database: &Database,
    whom: Whom<'_>,
    tile: &Tile,
    sort: &Sort<'_>,
) -> Result<Vec<KnownPlace>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let found = async {
        match whom {
            Whom::Stored { provider } => places(&mut transaction, provider, EVER, tile, sort).await,
            Whom::LastRun { region, provider } => match teacher(&mut transaction, region, provider).await? {
                Some(teacher) => places(&mut transaction, provider, teacher, tile, sort).await,
                None => Ok(Vec::new()),
            },
        }
    }
    .await
    .map_err(|error| database.error(error))?;
    database.commit(transaction).await?;
    Ok(found)
}

/// Whoever saw a venue, and whenever.
const EVER: Teacher = Teacher { begun_at: DateTime::UNIX_EPOCH, ended_at: DateTime::<Utc>::MAX_UTC };

/// Keeps with a run's tiles what is known of them. One tile after the other: a million venues are never held at once.
pub(super) async fn keep(
    transaction: &mut Transaction,
    run: Uuid,
    (region, provider): (&str, &str),
    tiles: &[Tile],
    learn: Learn<'_>,
) -> Result<(), sqlx::Error> {
    match learn {
        Learn::Nothing => {}
        Learn::Given(given) => {
            for known in given {
                keep_one(transaction, run, known.tile, &known.places).await?;
            }
        }
        Learn::Learned(sort) => {
            if let Some(teacher) = teacher(transaction, region, provider).await? {
                for tile in tiles {
                    let places = places(transaction, provider, teacher, tile, sort).await?;
                    keep_one(transaction, run, tile.ordinal, &places).await?;
                }
            }
        }
    }
    Ok(())
}

async fn keep_one(
    transaction: &mut Transaction,
    run: Uuid,
    ordinal: i32,
    places: &[KnownPlace],
) -> Result<(), sqlx::Error> {
    if places.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update venue_sync.tiles set known = $3 where run_id = $1 and ordinal = $2",
        run,
        ordinal,
        packed(places)
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn teacher(transaction: &mut Transaction, region: &str, provider: &str) -> Result<Option<Teacher>, sqlx::Error> {
    sqlx::query_as!(
        Teacher,
        r#"select begun_at, greatest(ended_at, believed_at) as "ended_at!" from venue_sync.runs
           where region = $1 and provider = $2 and state = 'complete' and ended_at is not null
             and coalesce(parameters ->> 'source', 'live') = 'live'
           order by begun_at desc limit 1"#,
        region,
        provider
    )
    .fetch_optional(transaction)
    .await
}

/// What the teacher saw of a tile and its surroundings, in a stable order. What is new since then has not been proven by anybody.
async fn places(
    transaction: &mut Transaction,
    provider: &str,
    teacher: Teacher,
    tile: &Tile,
    sort: &Sort<'_>,
) -> Result<Vec<KnownPlace>, sqlx::Error> {
    let (cell, beyond) = surroundings(&tile.cell);
    let rows = sqlx::query!(
        r#"select lat, lng, categories as "categories: Vec<String>" from public.venues
           where provider_name = $1 and lat between $2 and $3 and (lng between $4 and $5 or lng between $6 and $7)
             and last_seen_at >= $8 and created_at <= $9
           order by lat, lng, provider_id"#,
        provider,
        cell.south,
        cell.north,
        cell.west,
        cell.east,
        beyond.0,
        beyond.1,
        teacher.begun_at,
        teacher.ended_at,
    )
    .fetch_all(transaction)
    .await?;
    let place = |lat: f64, lng: f64| Position::new(tenth_millionths(lat), tenth_millionths(lng)).ok();
    Ok(rows
        .into_iter()
        .filter_map(|row| Some(KnownPlace { position: place(row.lat, row.lng)?, groups: sort(&row.categories)? }))
        .collect())
}

/// Length of a degree of latitude, metres, rounded down: margins come out larger.
const METRES_PER_DEGREE: f64 = 110_000.0;
/// Beyond a tile's edges: part of its size, and metres.
const MARGIN: f64 = 0.2;
const MARGIN_M: f64 = 300.0;

/// The tile with a margin, from -180 to 180, and the longitudes of what lies beyond the antimeridian.
fn surroundings(cell: &BoundingBox) -> (BoundingBox, (f64, f64)) {
    /// No venue has such a longitude.
    const NOWHERE: (f64, f64) = (999.0, 999.0);
    let high = MARGIN * (cell.north - cell.south) + MARGIN_M / METRES_PER_DEGREE;
    let (south, north) = ((cell.south - high).max(-90.0), (cell.north + high).min(90.0));
    let shortest = south.abs().max(north.abs()).to_radians().cos().max(1e-6);
    let wide = MARGIN * (cell.east - cell.west) + MARGIN_M / METRES_PER_DEGREE / shortest;
    let (west, east) = (cell.west - wide, cell.east + wide);
    let (all_round, beyond) = match (west < -180.0, east > 180.0) {
        (true, false) if east - west < 360.0 => (false, (west + 360.0, 180.0)),
        (false, true) if east - west < 360.0 => (false, (-180.0, east - 360.0)),
        (false, false) => (false, NOWHERE),
        _ => (true, NOWHERE),
    };
    let (west, east) = if all_round { (-180.0, 180.0) } else { (west.max(-180.0), east.min(180.0)) };
    (BoundingBox { south, west, north, east }, beyond)
}

/// 1e-7 degrees, about a centimetre: as positions are kept, so that what is planned does not depend on where it was kept.
fn tenth_millionths(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

/// The first byte of what is packed in this way.
const PACKED: u8 = 1;

/// Latitude and longitude in 1e-7 degrees, the number of groups and these; all little-endian.
fn packed(places: &[KnownPlace]) -> Vec<u8> {
    let mut bytes = vec![PACKED];
    for place in places {
        for degrees in [place.position.lat(), place.position.lng()] {
            #[expect(clippy::cast_possible_truncation, reason = "180 degrees are 1.8e9 of these")]
            bytes.extend(((degrees * 1e7).round() as i32).to_le_bytes());
        }
        let groups = u8::try_from(place.groups.len()).unwrap_or(0);
        bytes.push(groups);
        bytes.extend(place.groups.iter().take(usize::from(groups)).flat_map(|group| group.to_le_bytes()));
    }
    bytes
}

/// What [`packed`] made. Knowledge only saves requests: what cannot be read is not known.
pub(super) fn unpacked(bytes: &[u8]) -> Vec<KnownPlace> {
    fn number<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
        let (first, others) = rest.split_first_chunk::<N>()?;
        *rest = others;
        Some(*first)
    }
    let Some((&PACKED, mut rest)) = bytes.split_first() else { return Vec::new() };
    let mut places = Vec::new();
    let mut next = || {
        let degrees = |bytes| f64::from(i32::from_le_bytes(bytes)) / 1e7;
        let (lat, lng) = (degrees(number::<4>(&mut rest)?), degrees(number::<4>(&mut rest)?));
        let [groups] = number::<1>(&mut rest)?;
        let groups = (0..groups).map(|_| number::<2>(&mut rest).map(u16::from_le_bytes)).collect::<Option<_>>()?;
        Some(KnownPlace { position: Position::new(lat, lng).ok()?, groups })
    };
    while let Some(place) = next() {
        places.push(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(cell: &BoundingBox, lat: f64, lng: f64) -> bool {
        let (around, beyond) = surroundings(cell);
        (around.south..=around.north).contains(&lat)
            && ((around.west..=around.east).contains(&lng) || (beyond.0..=beyond.1).contains(&lng))
    }

    #[test]
    fn the_surroundings_reach_over_the_edges_and_over_the_antimeridian() {
        let cell = BoundingBox { south: 38.0, west: -9.2, north: 38.1, east: -9.1 };
        assert!(holds(&cell, 38.122, -9.077) && holds(&cell, 37.978, -9.223));
        assert!(!holds(&cell, 38.13, -9.15) && !holds(&cell, 38.05, -9.05 + 0.03));
        let fiji = BoundingBox { south: -17.0, west: 179.9, north: -16.9, east: 180.0 };
        assert!(holds(&fiji, -16.95, -179.98) && holds(&fiji, -16.95, 179.88) && !holds(&fiji, -16.95, -179.9));
        let fiji = BoundingBox { south: -17.0, west: -180.0, north: -16.9, east: -179.9 };
        assert!(holds(&fiji, -16.95, 179.98) && !holds(&fiji, -16.95, 179.9));
        let arctic = BoundingBox { south: 89.9, west: -180.0, north: 90.0, east: 0.0 };
        assert!(holds(&arctic, 89.95, 170.0));
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(places in prop::collection::vec(
            (-900_000_000..=900_000_000_i32, -1_800_000_000..=1_800_000_000_i32, prop::collection::vec(any::<u16>(), 0..4)), 0..20),
        ) {
            let places: Vec<KnownPlace> = places.into_iter().map(|(lat, lng, groups)| {
                let position = Position::new(f64::from(lat) / 1e7, f64::from(lng) / 1e7).unwrap();
                KnownPlace { position, groups }
            }).collect();
            prop_assert_eq!(unpacked(&packed(&places)), places);
        }

        #[test]
        fn any_bytes_are_read_as_something(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            unpacked(&bytes);
        }
    }
}
