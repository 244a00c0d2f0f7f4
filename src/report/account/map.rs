//! What the page's map is drawn from: whole numbers in columns, so that 50,000 venues are a few megabytes.

use std::collections::HashMap;

use serde::Serialize;

use super::stock::{Fate, Stock};
use super::wording::label;
use crate::model::{Area, AskedGround, Position, RunAccount};
use crate::report::words::{count, grouped};

/// Parts of a degree: a tenth of a metre.
const PARTS: f64 = 1e6;

#[derive(Debug, Serialize)]
struct MapData<'a> {
    /// Longitude and latitude, in degrees, that all places are counted from.
    origin: [f64; 2],
    /// Longitude and latitude in turn, ring by ring.
    rings: Vec<Vec<i64>>,
    /// West, south, east, north, and 1 where the tile is done.
    tiles: Vec<[i64; 5]>,
    /// Longitude, latitude, metres and what the question came to: 0 proved all, 1 proved nothing, 2 was a count.
    circles: Vec<[i64; 4]>,
    /// West, south, east, north and the same.
    boxes: Vec<[i64; 5]>,
    capped: Vec<CappedData<'a>>,
    kinds: Vec<String>,
    venues: Columns<'a>,
}

#[derive(Debug, Serialize)]
struct CappedData<'a> {
    x: i64,
    y: i64,
    radius_m: f64,
    seen: u32,
    words: &'a [String],
}

/// A venue has the same place in each.
#[derive(Debug, Default, Serialize)]
struct Columns<'a> {
    x: Vec<i64>,
    y: Vec<i64>,
    name: Vec<&'a str>,
    /// In `kinds`.
    kind: Vec<usize>,
    /// Tenths; -1: unknown.
    rating: Vec<i8>,
    /// -1: unknown.
    price: Vec<i32>,
    /// 0 unchanged, 1 missing, 2 updated, 3 new: in the order of drawing.
    fate: Vec<u8>,
}

/// JSON that can stand in a page's script element: no sign of it ends the element.
pub(super) fn data(account: &RunAccount, ground: &AskedGround, stock: &Stock) -> Result<String, serde_json::Error> {
    let origin = origin(ground, stock);
    let from =
        |place: Position| [parts(near(place.lng(), origin.lng()) - origin.lng()), parts(place.lat() - origin.lat())];
    let corner = |lat, lng| Position::new(lat, lng).map_or([0, 0], from);
    let cell = |south, west, north, east: f64| {
        let ([west, south], [mut east, north]) = (corner(south, west), corner(north, east));
        if east < west {
            east += parts(360.0);
        }
        [west, south, east, north]
    };
    let mut map = MapData {
        origin: [origin.lng(), origin.lat()],
        rings: ground.outline.iter().map(|ring| ring.iter().flat_map(|place| from(*place)).collect()).collect(),
        tiles: Vec::new(),
        circles: Vec::new(),
        boxes: Vec::new(),
        capped: Vec::new(),
        kinds: Vec::new(),
        venues: Columns::default(),
    };
    for tile in &ground.tiles {
        let [west, south, east, north] = cell(tile.cell.south, tile.cell.west, tile.cell.north, tile.cell.east);
        map.tiles.push([west, south, east, north, i64::from(tile.complete)]);
    }
    for asked in &ground.asked {
        let came_to = match (asked.free, asked.certified_m) {
            (true, _) => 2,
            (false, Some(certified)) if certified <= 0.0 => 1,
            (false, _) => 0,
        };
        match asked.area {
            Area::Circle(circle) => {
                let radius = asked.certified_m.filter(|certified| *certified > 0.0).unwrap_or(circle.radius_m);
                let [x, y] = from(circle.center);
                map.circles.push([x, y, whole(radius), came_to]);
            }
            Area::Rectangle(area) => {
                let [west, south, east, north] = cell(area.south, area.west, area.north, area.east);
                map.boxes.push([west, south, east, north, came_to]);
            }
        }
    }
    map.capped = account
        .capped
        .iter()
        .map(|spot| {
            let [x, y] = from(spot.position);
            CappedData { x, y, radius_m: spot.radius_m, seen: spot.seen, words: &spot.words }
        })
        .collect();
    add_venues(&mut map, stock, from);
    let json = serde_json::to_string(&map)?;
    // Within JSON these signs stand in texts only, where their escapes mean the same.
    Ok(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

fn add_venues<'a>(map: &mut MapData<'a>, stock: &'a Stock, from: impl Fn(Position) -> [i64; 2]) {
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for venue in &stock.drawn {
        let code = venue.category.as_deref().unwrap_or_default();
        let kind = *kinds.entry(code).or_insert_with(|| {
            map.kinds.push(label(code));
            map.kinds.len() - 1
        });
        let columns = &mut map.venues;
        let [x, y] = from(venue.position);
        columns.x.push(x);
        columns.y.push(y);
        columns.name.push(&venue.name);
        columns.kind.push(kind);
        #[expect(clippy::cast_possible_truncation, reason = "from 0 to 50")]
        columns.rating.push(venue.rating.map_or(-1, |rating| (rating * 10.0).round().clamp(0.0, 50.0) as i8));
        columns.price.push(venue.price_level.unwrap_or(-1));
        columns.fate.push(match venue.fate {
            Fate::Unchanged => 0,
            Fate::Missing => 1,
            Fate::Updated => 2,
            Fate::New => 3,
        });
    }
}

/// What is on the map, for who does not see it.
pub(super) fn said(account: &RunAccount, ground: &AskedGround, stock: &Stock) -> String {
    let many = |some: usize| u64::try_from(some).unwrap_or(u64::MAX);
    let counted = ground.asked.iter().filter(|asked| asked.free).count();
    let vain = ground.asked.iter().filter(|asked| !asked.free && asked.certified_m.is_some_and(|metres| metres <= 0.0));
    let vain = vain.count();
    let proved = ground.asked.len() - counted - vain;
    let open = ground.tiles.iter().filter(|tile| !tile.complete).count();
    let mut said = format!(
        "The region {}, in {} of which {} not done; {} that proved their ground, {} that proved nothing and {}; {}; {} new, {} \
         changed, {} unchanged and {} not seen.",
        account.region,
        count(many(ground.tiles.len()), "tile", "tiles"),
        grouped(many(open)),
        count(many(proved), "question", "questions"),
        grouped(many(vain)),
        count(many(counted), "free count", "free counts"),
        count(account.coverage.capped, "capped spot", "capped spots"),
        count(stock.new, "venue", "venues"),
        grouped(stock.updated),
        grouped(stock.unchanged),
        grouped(stock.missing),
    );
    if stock.all() > many(stock.drawn.len()) {
        said = format!("{said} Of the venues {} are drawn, evenly chosen.", grouped(many(stock.drawn.len())));
    }
    said
}

fn origin(ground: &AskedGround, stock: &Stock) -> Position {
    let outline = ground.outline.iter().flatten().next().copied();
    let cell = || ground.tiles.first().and_then(|tile| Position::new(tile.cell.south, tile.cell.west).ok());
    let venue = || stock.drawn.first().map(|venue| venue.position);
    let nowhere = || Position::new(0.0, 0.0).ok();
    outline.or_else(cell).or_else(venue).or_else(nowhere).expect("0,0 is a position")
}

/// The same longitude, less than half a turn away from another.
fn near(lng: f64, other: f64) -> f64 {
    other + (lng - other + 540.0).rem_euclid(360.0) - 180.0
}

fn parts(degrees: f64) -> i64 {
    whole(degrees * PARTS)
}

fn whole(number: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a circle of the earth is 3.6e8 parts")]
    let whole = number.round() as i64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AskedArea, BoundingBox, Circle, DrawnTile};
    use crate::report::account::example;

    fn place(lat: f64, lng: f64) -> Position {
        Position::new(lat, lng).unwrap()
    }

    #[test]
    fn whatever_a_venue_is_called_it_ends_no_script_and_is_read_back() {
        let account = example::account();
        let stock = example::stock(&account);
        let json = data(&account, &AskedGround::default(), &stock).unwrap();
        assert!(!json.contains('<') && !json.contains('>') && !json.contains('&'), "{json}");
        let map: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(map["venues"]["name"][0], example::HOSTILE);
        assert_eq!(map["venues"]["fate"], serde_json::json!([3, 2, 0, 1]));
        assert_eq!(map["venues"]["rating"], serde_json::json!([46, 43, -1, 46]));
        assert_eq!(map["kinds"], serde_json::json!(["Cafe"]));
    }

    #[test]
    fn places_are_counted_from_one_of_them_also_across_the_antimeridian() {
        let account = example::account();
        let ground = AskedGround {
            outline: vec![vec![place(-17.0, 179.9), place(-17.0, -179.9), place(-16.9, -179.9)]],
            tiles: vec![DrawnTile {
                cell: BoundingBox { south: -17.0, west: -180.0, north: -16.9, east: -179.9 },
                complete: true,
            }],
            asked: vec![AskedArea {
                area: Area::Circle(Circle { center: place(-17.0, 180.0), radius_m: 900.0 }),
                certified_m: Some(500.4),
                free: false,
            }],
        };
        let json = data(&account, &ground, &Stock::new(&account)).unwrap();
        let map: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(map["rings"], serde_json::json!([[0, 0, 200_000, 0, 200_000, 100_000]]));
        assert_eq!(map["tiles"], serde_json::json!([[100_000, 0, 200_000, 100_000, 1]]));
        assert_eq!(map["circles"], serde_json::json!([[100_000, 0, 500, 0]]));
    }
}
