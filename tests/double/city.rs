//! An invented harbour town on an island that does not exist, in the open Atlantic: every venue, name and number here is made
//! up. Always the same town: the recordings of the demo are made from it.

use serde_json::{Value, json};

/// West, south, east, north of the town.
pub(crate) const BOUNDS: [f64; 4] = [-30.035, 36.488, -30.0, 36.512];
const OLD_TOWN: (f64, f64) = (36.5, -30.018);
const FOOD_HALL: (f64, f64) = (36.502_1, -30.012_4);
const HARBOUR: (f64, f64) = (36.496_4, -30.022);

/// A venue of the town, as the provider would describe it in full.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) lat: f64,
    pub(crate) lng: f64,
    pub(crate) row: Value,
}

impl Place {
    pub(crate) fn id(&self) -> &str {
        self.row["id"].as_str().unwrap_or_default()
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        self.row["types"].as_array().into_iter().flatten().filter_map(Value::as_str)
    }
}

/// The town of the demo.
pub(crate) fn town() -> Vec<Place> {
    let mut builder = Builder { dice: fastrand::Rng::with_seed(0x5EA), places: Vec::new() };
    // A food hall: more venues within a few metres than one answer holds.
    for _ in 0..27 {
        builder.around(FOOD_HALL, 2.5);
    }
    for _ in 0..110 {
        builder.around(OLD_TOWN, 260.0);
    }
    for step in 0..44 {
        let along = f64::from(step) / 44.0;
        builder.around((HARBOUR.0 + 0.0004 * along, HARBOUR.1 + 0.011 * along), 12.0);
    }
    for _ in 0..70 {
        builder.anywhere();
    }
    builder.oddities();
    builder.places
}

struct Builder {
    dice: fastrand::Rng,
    places: Vec<Place>,
}

const KINDS: [(&str, &[&str]); 12] = [
    ("restaurant", &["restaurant", "food", "point_of_interest", "establishment"]),
    ("cafe", &["cafe", "food", "point_of_interest", "establishment"]),
    ("bar", &["bar", "point_of_interest", "establishment"]),
    ("bakery", &["bakery", "food", "store", "point_of_interest", "establishment"]),
    ("seafood_restaurant", &["seafood_restaurant", "restaurant", "food", "point_of_interest", "establishment"]),
    ("italian_restaurant", &["italian_restaurant", "restaurant", "food", "point_of_interest", "establishment"]),
    ("coffee_shop", &["coffee_shop", "cafe", "food", "store", "point_of_interest", "establishment"]),
    ("wine_bar", &["wine_bar", "bar", "point_of_interest", "establishment"]),
    ("japanese_restaurant", &["japanese_restaurant", "restaurant", "food", "point_of_interest", "establishment"]),
    ("pub", &["pub", "bar", "restaurant", "food", "point_of_interest", "establishment"]),
    ("pizza_restaurant", &["pizza_restaurant", "restaurant", "food", "point_of_interest", "establishment"]),
    // A word that no mapping knows yet: it must pass.
    ("tidal_kitchen", &["tidal_kitchen", "restaurant", "food", "point_of_interest", "establishment"]),
];

const FIRST: [&str; 16] = [
    "Casa",
    "Adega",
    "The Anchor",
    "Farol",
    "Café",
    "Taverna",
    "Maré",
    "Salt &",
    "Lantern",
    "Bacalhau",
    "Brisa",
    "Pátio",
    "Doca",
    "Gaivota",
    "Tide",
    "Quinta",
];
const SECOND: [&str; 16] = [
    "Azul",
    "da Ilha",
    "do Porto",
    "Nova",
    "Compass",
    "Vermelha",
    "do Vento",
    "Pepper",
    "Amália",
    "Norte",
    "das Ondas",
    "Velha",
    "& Sons",
    "São Brás",
    "Quebra-Mar",
    "Central",
];
/// Other scripts, right to left among them.
const SCRIPTS: [(&str, &str); 10] = [
    ("寿司 みなと", "ja"),
    ("كافيه الميناء", "ar"),
    ("Ταβέρνα Φάρος", "el"),
    ("Кофейня «Якорь»", "ru"),
    ("ร้านกาแฟท่าเรือ", "th"),
    ("בית קפה הנמל", "he"),
    ("항구 포차", "ko"),
    ("港口茶餐厅", "zh"),
    ("Çay Bahçesi Liman", "tr"),
    ("Bún Chả Bến Cảng", "vi"),
];

impl Builder {
    fn around(&mut self, (lat, lng): (f64, f64), spread_m: f64) {
        let angle = self.dice.f64() * std::f64::consts::TAU;
        let metres = spread_m * (-2.0 * (1.0 - self.dice.f64()).ln()).sqrt();
        let north = metres * angle.cos() / 111_195.0;
        let east = metres * angle.sin() / (111_195.0 * lat.to_radians().cos());
        self.put(lat + north, lng + east);
    }

    fn anywhere(&mut self) {
        let [west, south, east, north] = BOUNDS;
        let lat = south + (north - south) * self.dice.f64();
        let lng = west + (east - west) * self.dice.f64();
        self.put(lat, lng);
    }

    fn put(&mut self, lat: f64, lng: f64) {
        let number = self.places.len();
        let (lat, lng) = (round(lat), round(lng));
        let (primary, types) = KINDS[self.dice.usize(..KINDS.len())];
        let (name, language) = match number % 11 {
            7 => SCRIPTS[self.dice.usize(..SCRIPTS.len())],
            _ => ("", "pt"),
        };
        let name = if name.is_empty() {
            format!("{} {}", FIRST[self.dice.usize(..FIRST.len())], SECOND[self.dice.usize(..SECOND.len())])
        } else {
            name.to_owned()
        };
        let mut row = json!({
            "name": format!("places/{}", id(number)),
            "id": id(number),
            "displayName": {"text": name, "languageCode": language},
            "location": {"latitude": lat, "longitude": lng},
            "formattedAddress": format!("Rua {} {}, 9999-{:03} Vila do Farol", SECOND[number % 16], 1 + number % 80, number),
            "primaryType": primary,
            "types": types,
            "businessStatus": "OPERATIONAL",
            "timeZone": {"id": "Atlantic/Azores"},
            "userRatingCount": number * 3,
        });
        // The provider's primary type is missing now and then.
        if number % 23 == 5 {
            remove(&mut row, "primaryType");
        }
        if self.dice.f64() < 0.82 {
            let tenths = 28 + self.dice.u8(..23);
            // Whole numbers come without a fraction.
            row["rating"] =
                if tenths.is_multiple_of(10) { json!(tenths / 10) } else { json!(f64::from(tenths) / 10.0) };
        } else {
            remove(&mut row, "userRatingCount");
        }
        if let Some(word) = self.dice.choice([
            None,
            Some("PRICE_LEVEL_INEXPENSIVE"),
            Some("PRICE_LEVEL_MODERATE"),
            Some("PRICE_LEVEL_EXPENSIVE"),
            Some("PRICE_LEVEL_VERY_EXPENSIVE"),
            Some("PRICE_LEVEL_FREE"),
            Some("PRICE_LEVEL_UNSPECIFIED"),
        ]) && let Some(word) = word
        {
            row["priceLevel"] = json!(word);
        }
        if let Some(periods) = week(number) {
            let descriptions = descriptions(&periods);
            row["regularOpeningHours"] =
                json!({"openNow": number.is_multiple_of(2), "periods": periods, "weekdayDescriptions": descriptions});
            row["currentOpeningHours"] = current(number, &row["regularOpeningHours"]["periods"]);
        }
        self.places.push(Place { lat, lng, row });
    }

    /// The rows that a reader has to survive.
    fn oddities(&mut self) {
        type Change = fn(&mut Value);
        let strange: [(&str, Change); 8] = [
            ("a business that comes to its customers: no position", |row| remove(row, "location")),
            ("no display name", |row| remove(row, "displayName")),
            ("closed for good, moved elsewhere", |row| {
                row["businessStatus"] = json!("CLOSED_PERMANENTLY");
                row["movedPlaceId"] = json!(id(3));
                remove(row, "regularOpeningHours");
                remove(row, "currentOpeningHours");
            }),
            ("not open yet", |row| row["businessStatus"] = json!("FUTURE_OPENING")),
            ("closed for a while, without hours", |row| {
                row["businessStatus"] = json!("CLOSED_TEMPORARILY");
                remove(row, "regularOpeningHours");
                remove(row, "currentOpeningHours");
            }),
            ("a status word of the future", |row| row["businessStatus"] = json!("RELOCATING_BY_SHIP")),
            ("hours without a list", |row| row["regularOpeningHours"] = json!({"openNow": false})),
            ("a name with control characters and a decomposed accent", |row| {
                row["displayName"]["text"] = json!("  Cafe\u{301} \u{7}do\u{0} Sul ");
            }),
        ];
        for (_, change) in strange {
            self.around(OLD_TOWN, 300.0);
            if let Some(place) = self.places.last_mut() {
                change(&mut place.row);
            }
        }
    }
}

fn remove(row: &mut Value, member: &str) {
    if let Some(row) = row.as_object_mut() {
        row.remove(member);
    }
}

/// Opaque, in the provider's length and alphabet.
fn id(number: usize) -> String {
    let letters = fastrand::Rng::with_seed(0xF00D + number as u64).u128(..);
    format!("ChIJ{letters:022x}").chars().take(27).collect()
}

fn round(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

fn point(day: usize, minute: usize) -> Value {
    json!({"day": day % 7, "hour": minute / 60, "minute": minute % 60})
}

/// Opens on `day` at `open`, closes after `close - open` minutes; 1440 and more is the next day.
fn period(day: usize, open: usize, close: usize) -> Value {
    json!({"open": point(day, open), "close": point(day + close / 1440, close % 1440)})
}

/// Every form of week that the provider knows.
fn week(number: usize) -> Option<Vec<Value>> {
    let days = |days: &[usize], open: usize, close: usize| days.iter().map(|day| period(*day, open, close)).collect();
    Some(match number % 12 {
        0 | 1 => days(&[0, 1, 2, 3, 4, 5, 6], 9 * 60, 18 * 60 + 30),
        // Split, closed on Sundays: the list does not begin with day 0.
        2 | 3 => (1..7).flat_map(|day| [period(day, 720, 900), period(day, 1140, 1380)]).collect(),
        // Overnight, Saturday into Sunday.
        4 => days(&[4, 5, 6], 22 * 60, 1440 + 4 * 60),
        // Closes at midnight, written as the next day's 00:00.
        5 | 6 => days(&[0, 1, 2, 3, 4, 5, 6], 17 * 60, 1440),
        7 => vec![json!({"open": point(0, 0)})],
        8 => days(&[1, 2, 3, 4, 5], 7 * 60, 23 * 60 + 59),
        // Open a whole day, and a plain one.
        9 => vec![period(6, 0, 1440), period(2, 600, 1200)],
        10 => (0..7).flat_map(|day| [period(day, 420, 630), period(day, 690, 900), period(day, 1080, 1410)]).collect(),
        _ => return None,
    })
}

/// The week that the provider looks at now: Sunday 22 November 2026 to Saturday; number 14 has a special Wednesday.
fn current(number: usize, regular: &Value) -> Value {
    let mut periods = Vec::new();
    for period in regular.as_array().into_iter().flatten() {
        let mut dated = period.clone();
        for end in ["open", "close"] {
            if let Some(day) = dated[end]["day"].as_u64() {
                dated[end]["date"] = json!({"year": 2026, "month": 11, "day": 22 + day});
            }
        }
        // What reaches past the edge of the week that the provider looks at is cut there, and marked.
        if dated["open"]["day"] == 6 && dated["close"]["day"] == 0 {
            dated["close"] = json!({"day": 6, "hour": 23, "minute": 59, "truncated": true,
                "date": {"year": 2026, "month": 11, "day": 28}});
        }
        periods.push(dated);
    }
    if number.is_multiple_of(14) {
        periods.retain(|period| period["open"]["day"] != 3);
        periods.push(json!({
            "open": {"day": 3, "hour": 12, "minute": 0, "date": {"year": 2026, "month": 11, "day": 25}},
            "close": {"day": 3, "hour": 17, "minute": 0, "date": {"year": 2026, "month": 11, "day": 25}},
        }));
        return json!({"openNow": true, "periods": periods, "specialDays": [{"date": {"year": 2026, "month": 11, "day": 25}}]});
    }
    json!({"openNow": true, "periods": periods})
}

/// Seven lines in the provider's manner: narrow spaces and dashes included; nobody should parse them.
fn descriptions(periods: &[Value]) -> Vec<String> {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let clock = |point: &Value| {
        let (hour, minute) = (point["hour"].as_u64().unwrap_or(0), point["minute"].as_u64().unwrap_or(0));
        let half = if hour < 12 { "AM" } else { "PM" };
        format!("{}:{minute:02}\u{202f}{half}", (hour + 11) % 12 + 1)
    };
    let line = |index: usize| {
        if periods.len() == 1 && periods[0].get("close").is_none() {
            return format!("{}: Open 24 hours", DAYS[index]);
        }
        let spans: Vec<String> = periods
            .iter()
            .filter(|period| period["open"]["day"] == json!((index + 1) % 7))
            .map(|period| format!("{}\u{2009}\u{2013}\u{2009}{}", clock(&period["open"]), clock(&period["close"])))
            .collect();
        format!("{}: {}", DAYS[index], if spans.is_empty() { "Closed".to_owned() } else { spans.join(", ") })
    };
    (0..7).map(line).collect()
}
