//! Hours as mappers write them: the town's own are every odd kind in turn, which no town's are.

use serde_json::{Value, json};

/// Invented, in the proportions in which their forms occur on the map: most are plain weeks in the grammar's spelling, some reach
/// into the night, some speak of holidays, few are anything else.
const VALUES: [&str; 28] = [
    "Mo-Fr 08:00-18:00",
    "Mo-Sa 09:30-19:00",
    "Mo-Su 12:00-23:00",
    "Tu-Su 11:30-14:30,18:30-22:00",
    "Mo-Fr 07:30-17:30; Sa 08:00-13:00",
    "Mo-Fr 09:00-12:30,14:00-18:30; Sa 09:00-12:30",
    "Mo-Th 11:00-22:00; Fr,Sa 11:00-23:30; Su 12:00-21:00",
    "We-Su 18:00-23:00",
    "Tu-Sa 10:00-19:00; Su 10:00-17:00",
    "24/7",
    "Mo-Su 07:00-22:00",
    "Mo,Tu,Th,Fr 09:00-18:00; We 09:00-13:00; Sa 10:00-14:00",
    "Mo-Fr 06:30-19:00; Sa 07:00-18:00; Su 08:00-13:00",
    "Mo-Sa 11:30-15:00, 18:00-22:30",
    "Tu-Th 17:00-23:00; Fr,Sa 17:00-24:00; Su 16:00-22:00",
    "Mo-Fr 10:00-20:00; Sa 10:00-18:00; Su off",
    "Mo-Su 00:00-24:00",
    "Mo 12:00-18:00; Tu-Sa 10:00-18:00",
    "Mo-Fr 08:00-20:00; Sa-Su 09:00-20:00",
    "Th-Sa 20:00-24:00",
    "Mo-Th 17:00-01:00; Fr-Sa 17:00-03:00",
    "Fr,Sa 22:00-05:00",
    "Mo-Su 11:00-00:30",
    "Su-Th 16:00-00:00; Fr,Sa 16:00-02:00",
    "Mo-Fr 08:30-18:00; PH off",
    "Mo-Sa 07:00-19:00; Su,PH 08:00-12:00",
    "Mo-Fr 12:00-14:30, Mo-Su 19:00+",
    "\"ring the bell\"",
];

/// What only the grammar's crate reads, and how seldom it comes: on one of the 78 rows with hours of two extracts of the map.
const SELDOM: [&str; 2] = ["Apr-Oct: Mo-Su 10:00-20:00", "Mo – Fr 9.00 – 18.30 Uhr"];
const ONE_IN: usize = 78;

/// How many of them are plain weeks that say nothing of holidays; they stand first.
const PLAIN: usize = 24;

/// Tags that say nothing to us, and how many rows of a hundred have them: as in two extracts of the map, 270 rows with 7.5 tags each.
const PASSED_OVER: [(&str, &str, usize); 7] = [
    ("addr:country", "PT", 59),
    ("phone", "+351 21 555 01 99", 39),
    ("website", "https://www.venue.example/pt/", 27),
    ("building", "yes", 14),
    ("wheelchair", "limited", 12),
    ("outdoor_seating", "yes", 9),
    ("email", "mail@venue.example", 8),
];

/// Which hours the rows are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mix {
    /// Each form as often as on the map.
    AsOnTheMap,
    /// All plain weeks.
    Plain,
    /// Each value as often as any other: far too many that are hard.
    Alike,
}

impl Mix {
    /// The hours of the row that is the `place`th with hours.
    fn value(self, place: usize) -> &'static str {
        let seldom = SELDOM[place / ONE_IN % SELDOM.len()];
        match self {
            Self::Plain => VALUES[place % PLAIN],
            Self::AsOnTheMap if place % ONE_IN == ONE_IN / 2 => seldom,
            Self::AsOnTheMap => VALUES[place % VALUES.len()],
            Self::Alike => {
                let place = place % (VALUES.len() + SELDOM.len());
                VALUES.get(place).or_else(|| SELDOM.get(place - VALUES.len())).unwrap_or(&seldom)
            }
        }
    }
}

/// The same rows, twice, the second time under other names: enough of them that what is seldom comes as seldom as it does. They have hours
/// on two of five, which is what the better of the two extracts has, and tags that are passed over.
pub(super) fn put_in(rows: &[Value], mix: Mix) -> Vec<Value> {
    let again = rows.iter().cloned().map(renamed);
    let mut rows: Vec<Value> = rows.iter().cloned().chain(again).collect();
    let mut place = 0;
    for (index, row) in rows.iter_mut().enumerate() {
        let Some(tags) = row["tags"].as_object_mut() else { continue };
        tags.remove("opening_hours");
        if index % 5 < 2 {
            tags.insert("opening_hours".to_owned(), json!(mix.value(place)));
            place += 1;
        }
        // 37 has no divisor in common with 100: every row has its turn.
        for (at, (key, value, share)) in PASSED_OVER.into_iter().enumerate() {
            if (index + at) * 37 % 100 < share {
                tags.insert(key.to_owned(), json!(value));
            }
        }
    }
    rows
}

fn renamed(mut row: Value) -> Value {
    row["id"] = json!(row["id"].as_u64().unwrap_or_default() + 1_000_000);
    if let Some(Value::String(name)) = row["tags"].get_mut("name") {
        name.push_str(" II");
    }
    row
}
