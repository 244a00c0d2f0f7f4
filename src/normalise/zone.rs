use std::sync::LazyLock;

use tzf_rs::EmbeddedFinder;

use crate::model::{Position, Repair};

/// The borders of the time zones, part of the program; looked into where they lie, not unpacked.
static BORDERS: LazyLock<EmbeddedFinder> = LazyLock::new(EmbeddedFinder::new);

/// Former name and present one, in order of the alphabet.
static RENAMED: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let lines = include_str!("former_zones.csv").lines().filter(|line| !line.starts_with('#')).skip(1);
    lines.filter_map(|line| line.split_once(',')).collect()
});

/// The zone's name, if the database can reckon with it: what the provider named, or that of the position where it
/// named none. Borders are simplified: within
/// some hundred metres of one the zone may be the neighbour's.
pub(super) fn zone(
    named: Option<String>,
    position: Position,
    known: &dyn Fn(&str) -> bool,
    repairs: &mut Vec<Repair>,
) -> Option<String> {
    if let Some(named) = named {
        let zone = known_name(&named, known);
        if zone.is_none() {
            repairs.push(Repair::TimezoneDropped);
        }
        return zone;
    }
    let found = BORDERS.get_tz_name(position.lng(), position.lat());
    Some(found).filter(|zone| !zone.is_empty()).and_then(|zone| known_name(zone, known))
}

/// A zone's present name, whichever of its names was given; a former one where the database knows no other.
fn known_name(given: &str, known: &dyn Fn(&str) -> bool) -> Option<String> {
    let present = RENAMED.iter().find(|(former, _)| *former == given).map_or(given, |(_, present)| present);
    let formers = RENAMED.iter().filter(|(_, of)| *of == present).map(|(former, _)| *former);
    [present, given].into_iter().chain(formers).find(|name| known(name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(named: Option<&str>, lat: f64, lng: f64, known: &[&str]) -> (Option<String>, usize) {
        let mut repairs = Vec::new();
        let position = Position::new(lat, lng).unwrap();
        let zone =
            zone(named.map(str::to_owned), position, &|zone| known.is_empty() || known.contains(&zone), &mut repairs);
        (zone, repairs.len())
    }

    #[test]
    fn the_provider_is_believed_first_and_the_position_else() {
        assert_eq!(of(Some("Atlantic/Azores"), 38.72, -9.14, &[]), (Some("Atlantic/Azores".to_owned()), 0));
        assert_eq!(of(None, 38.72, -9.14, &[]), (Some("Europe/Lisbon".to_owned()), 0));
        assert_eq!(of(Some("Mars/Crater"), 38.72, -9.14, &["Europe/Lisbon"]), (None, 1));
        assert_eq!(of(None, 38.72, -9.14, &["Europe/Madrid"]), (None, 0));
    }

    #[test]
    fn a_zone_is_known_by_every_name_it_had() {
        let named = |zone: &str, known: &[&str]| of(Some(zone), 12.97, 77.59, known);
        let some = |zone: &str| (Some(zone.to_owned()), 0);
        // Google's word for India, on a server with all names and on one with the present ones alone.
        assert_eq!(named("Asia/Calcutta", &[]), some("Asia/Kolkata"));
        assert_eq!(named("Asia/Calcutta", &["Asia/Kolkata"]), some("Asia/Kolkata"));
        assert_eq!(named("Asia/Calcutta", &["Asia/Calcutta"]), some("Asia/Calcutta"));
        // A name that is newer than the server's data, given or found by the position.
        assert_eq!(named("Europe/Kyiv", &["Europe/Kiev"]), some("Europe/Kiev"));
        assert_eq!(of(None, 50.45, 30.52, &["Europe/Kiev"]), some("Europe/Kiev"));
        assert_eq!(of(None, 50.45, 30.52, &["Europe/Oslo"]), (None, 0));
        for (former, present) in RENAMED.iter() {
            assert!(RENAMED.iter().all(|(other, _)| other != present), "{former}: {present} is former itself");
        }
    }

    #[test]
    fn the_whole_earth_has_zones() {
        for (lat, lng, zone) in [
            (52.52, 13.405, "Europe/Berlin"),
            (35.68, 139.69, "Asia/Tokyo"),
            (40.71, -74.0, "America/New_York"),
            (-33.87, 151.21, "Australia/Sydney"),
            (27.7, 85.32, "Asia/Kathmandu"),
            (-17.8, 178.0, "Pacific/Fiji"),
            // Where nobody lives: the poles, the date line, and the middle of the sea.
            (90.0, 0.0, "Etc/GMT"),
            (-90.0, 180.0, "Antarctica/McMurdo"),
            (0.0, -180.0, "Etc/GMT+12"),
            (0.0, 0.0, "Etc/GMT"),
        ] {
            assert_eq!(of(None, lat, lng, &[]).0.as_deref(), Some(zone), "{lat},{lng}");
        }
    }
}
