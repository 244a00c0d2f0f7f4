//! What a run knew when it began, as a recording keeps it: a replay asks the same questions by it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{KnownPlace, Position};
use crate::store::KnownTile;

/// What a run knows beside its region and its settings. The same questions follow from the same snapshot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// Where venues were, tile by tile; tiles of which nothing is known are left out.
    pub known: Vec<KnownTile>,
    /// What an audit draws its questions by.
    pub seed: u64,
}

/// A snapshot that a recording holds and nobody can read.
#[derive(Debug, thiserror::Error)]
#[error("the snapshot in its run.json cannot be read: {reason}")]
pub struct SnapshotError {
    /// What is wrong with it.
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    seed: u64,
    known: Vec<StoredTile>,
}

/// A line a venue: latitude and longitude in 1e-7 degrees, then the groups of words that return it.
#[derive(Serialize, Deserialize)]
struct StoredTile {
    tile: i32,
    places: Vec<String>,
}

impl Snapshot {
    /// As JSON. Null where there is nothing that a question depends on.
    pub fn to_json(&self) -> Value {
        if *self == Self::default() {
            return Value::Null;
        }
        let tile = |known: &KnownTile| StoredTile { tile: known.tile, places: known.places.iter().map(line).collect() };
        let stored = Stored { seed: self.seed, known: self.known.iter().map(tile).collect() };
        serde_json::to_value(stored).unwrap_or_default()
    }

    /// From the JSON of a recording; one without a snapshot was made by a run that knew nothing.
    pub fn from_json(json: &Value) -> Result<Self, SnapshotError> {
        if json.is_null() {
            return Ok(Self::default());
        }
        let stored: Stored = Deserialize::deserialize(json)
            .map_err(|error: serde_json::Error| SnapshotError { reason: error.to_string() })?;
        let tile = |stored: StoredTile| {
            let places = stored.places.iter().map(|text| {
                place(text).ok_or_else(|| SnapshotError { reason: format!("`{text}` is not a place that is known") })
            });
            Ok(KnownTile { tile: stored.tile, places: places.collect::<Result<_, _>>()? })
        };
        Ok(Self { seed: stored.seed, known: stored.known.into_iter().map(tile).collect::<Result<_, _>>()? })
    }
}

fn line(place: &KnownPlace) -> String {
    let position = place.position;
    let mut text = format!("{:.0} {:.0}", position.lat() * 1e7, position.lng() * 1e7);
    for group in &place.groups {
        text.push(' ');
        text.push_str(&group.to_string());
    }
    text
}

fn place(line: &str) -> Option<KnownPlace> {
    let mut numbers = line.split(' ').map(|number| number.parse::<i32>().ok());
    let mut degrees = || Some(f64::from(numbers.next()??) / 1e7);
    let position = Position::new(degrees()?, degrees()?).ok()?;
    let groups = numbers.map(|number| u16::try_from(number?).ok()).collect::<Option<_>>()?;
    Some(KnownPlace { position, groups })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_survives_a_file_and_nothing_is_null() {
        let place = |lat, lng, groups: &[u16]| KnownPlace {
            position: Position::new(lat, lng).unwrap(),
            groups: groups.to_vec(),
        };
        let places = vec![place(36.499_999_9, -30.018, &[]), place(-0.000_000_1, 180.0, &[0, 12])];
        let snapshot = Snapshot { seed: u64::MAX, known: vec![KnownTile { tile: 3, places }] };
        let text = serde_json::to_string(&snapshot.to_json()).unwrap();
        assert!(text.contains(r#""-1 1800000000 0 12""#), "{text}");
        assert_eq!(Snapshot::from_json(&serde_json::from_str(&text).unwrap()).unwrap(), snapshot);
        assert_eq!(Snapshot::default().to_json(), Value::Null);
        assert_eq!(Snapshot::from_json(&Value::Null).unwrap(), Snapshot::default());
    }

    #[test]
    fn a_snapshot_that_is_none_says_why() {
        let text = r#"{"seed": 1, "known": [{"tile": 0, "places": ["1 north"]}]}"#;
        let error = Snapshot::from_json(&serde_json::from_str(text).unwrap()).unwrap_err();
        assert!(error.to_string().contains("`1 north`"), "{error}");
        assert!(Snapshot::from_json(&serde_json::json!([1])).is_err());
    }
}
