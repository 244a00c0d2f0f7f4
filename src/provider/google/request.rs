use serde_json::json;

use crate::model::{Area, Ask};
use crate::wire::{HeaderValue, Method, Request};

/// The word in `venues.provider_name`.
pub(super) const PROVIDER: &str = "google";

/// Rows that one answer holds at most.
pub(super) const ROWS: u32 = 20;

/// Largest radius of the circle, metres.
pub(super) const LARGEST_RADIUS_M: f64 = 50_000.0;

/// The header that names the members of the answer.
pub(super) const MASK_HEADER: &str = "x-goog-fieldmask";

/// Exactly the members that we store. The most expensive of them decide the price, so the others are free with them.
/// `openNow`, `nextOpenTime` and `nextCloseTime` are stale when they are written and never asked for.
const MASK: [&str; 15] = [
    "places.id",
    "places.displayName",
    "places.location",
    "places.formattedAddress",
    "places.primaryType",
    "places.types",
    "places.rating",
    "places.priceLevel",
    "places.businessStatus",
    "places.movedPlaceId",
    "places.timeZone",
    "places.regularOpeningHours.periods",
    "places.regularOpeningHours.weekdayDescriptions",
    "places.currentOpeningHours.periods",
    "places.currentOpeningHours.specialDays",
];

/// One Nearby Search. Its numbers are rounded (degrees to 1e-7, metres up to 0.01), so that the same question is the same
/// text, and the circle asked is never smaller than the one wanted (50 km aside).
pub(super) fn search_nearby(ask: &Ask, language: &str) -> Request {
    let wanted = match ask.area {
        Area::Circle(circle) => circle,
        Area::Rectangle(cell) => cell.enclosing_circle(),
    };
    let (lat, lng) = (degrees(wanted.center.lat()), degrees(wanted.center.lng()));
    // The farthest that rounding can have moved the centre, so that the circle still covers what it should.
    let moved_m = ((lat - wanted.center.lat()).abs() + (lng - wanted.center.lng()).abs()) * METRES_PER_DEGREE;
    let mut body = json!({
        "locationRestriction": {
            "circle": {
                "center": { "latitude": lat, "longitude": lng },
                "radius": metres(wanted.radius_m + moved_m),
            },
        },
        "rankPreference": "DISTANCE",
        "maxResultCount": ROWS,
        "languageCode": language,
    });
    if !ask.words.is_empty() {
        body["includedTypes"] = json!(ask.words);
    }
    Request {
        provider: PROVIDER.to_owned(),
        call: "searchNearby".to_owned(),
        method: Method::Post,
        path: "/v1/places:searchNearby".to_owned(),
        query: Vec::new(),
        headers: vec![
            ("x-goog-api-key".to_owned(), HeaderValue::Key { prefix: String::new() }),
            (MASK_HEADER.to_owned(), HeaderValue::Plain(MASK.join(","))),
        ],
        form: Vec::new(),
        json: Some(body),
    }
}

/// Length of a degree of latitude, rounded up.
const METRES_PER_DEGREE: f64 = 111_700.0;

/// Rounded to 1e-7 degrees (about a centimetre), and never `-0`.
fn degrees(value: f64) -> f64 {
    (value * 1e7).round() / 1e7 + 0.0
}

/// Rounded up to centimetres, and within what Google takes.
fn metres(value: f64) -> f64 {
    // Google takes a radius of 0, and finds nothing in it; what is no number becomes the smallest, too.
    let value = value.max(0.01);
    let near = (value * 100.0).round() / 100.0;
    let up = if near < value { near + 0.01 } else { near };
    ((up * 100.0).round() / 100.0).min(LARGEST_RADIUS_M)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{BoundingBox, Circle, Position};

    fn circle(lat: f64, lng: f64, radius_m: f64) -> Ask {
        let center = Position::new(lat, lng).unwrap();
        Ask::rows(Area::Circle(Circle { center, radius_m }), vec!["cafe".to_owned(), "bar".to_owned()])
    }

    fn asked(ask: &Ask) -> (f64, f64, f64) {
        let body = search_nearby(ask, "en").json.unwrap();
        let number = |at: &str| body.pointer(&format!("/locationRestriction/circle/{at}")).unwrap().as_f64().unwrap();
        (number("center/latitude"), number("center/longitude"), number("radius"))
    }

    #[test]
    fn the_question_is_googles_and_carries_no_key() {
        let request = search_nearby(&circle(38.711_234_567_89, -9.14, 250.0), "pt");
        assert_eq!((request.method, request.path.as_str()), (Method::Post, "/v1/places:searchNearby"));
        assert_eq!(request.call, "searchNearby");
        assert_eq!(
            request.headers,
            [
                ("x-goog-api-key".to_owned(), HeaderValue::Key { prefix: String::new() }),
                (
                    "x-goog-fieldmask".to_owned(),
                    HeaderValue::Plain(
                        "places.id,places.displayName,places.location,places.formattedAddress,places.primaryType,\
                         places.types,places.rating,places.priceLevel,places.businessStatus,places.movedPlaceId,\
                         places.timeZone,places.regularOpeningHours.periods,\
                         places.regularOpeningHours.weekdayDescriptions,places.currentOpeningHours.periods,\
                         places.currentOpeningHours.specialDays"
                            .to_owned()
                    )
                ),
            ]
        );
        assert_eq!(
            request.json.unwrap(),
            json!({
                "locationRestriction": { "circle": {
                    "center": { "latitude": 38.711_234_6, "longitude": -9.14 },
                    "radius": 250.01,
                } },
                "rankPreference": "DISTANCE",
                "maxResultCount": 20,
                "languageCode": "pt",
                "includedTypes": ["cafe", "bar"],
            })
        );
    }

    #[test]
    fn no_words_ask_for_every_type() {
        let ask = Ask { words: Vec::new(), ..circle(0.0, 0.0, 1.0) };
        assert_eq!(search_nearby(&ask, "en").json.unwrap().get("includedTypes"), None);
    }

    #[test]
    fn round_numbers_stay_as_they_are() {
        assert_eq!(asked(&circle(38.71, -9.14, 250.1)), (38.71, -9.14, 250.1));
        assert_eq!(asked(&circle(-0.0, -180.0, 50_000.0)), (0.0, -180.0, 50_000.0));
        assert_eq!(asked(&circle(1.0, 1.0, 80_000.0)), (1.0, 1.0, 50_000.0));
        assert_eq!(asked(&circle(1.0, 1.0, 0.0)), (1.0, 1.0, 0.01));
    }

    #[test]
    fn a_box_over_the_antimeridian_becomes_a_circle_on_it() {
        let cell = BoundingBox { south: -17.0, west: 179.9, north: -16.8, east: -179.9 };
        let (lat, lng, radius) = asked(&Ask::rows(Area::Rectangle(cell), Vec::new()));
        assert!((lat + 16.9).abs() < 1e-9 && lng.abs() > 179.999, "{lat} {lng}");
        // Half of 22.2 km by 21.3 km.
        assert!((15_300.0..15_600.0).contains(&radius), "{radius}");
    }

    proptest! {
        #[test]
        fn the_circle_asked_covers_the_circle_wanted(lat in -90.0..=90.0, lng in -180.0..=180.0, radius in 0.5..49_999.0) {
            let (to_lat, to_lng, asked_m) = asked(&circle(lat, lng, radius));
            prop_assert!((-90.0..=90.0).contains(&to_lat) && (-180.0..=180.0).contains(&to_lng));
            let moved = (to_lat - lat).hypot((to_lng - lng) * lat.to_radians().cos()) * 111_320.0;
            prop_assert!(asked_m >= radius + moved, "{asked_m} < {radius} + {moved}");
            prop_assert!(asked_m <= radius + 0.04, "{asked_m} is far more than {radius}");
        }

        #[test]
        fn asking_what_was_asked_changes_nothing(lat in -90.0..=90.0, lng in -180.0..=180.0, radius in 0.5..49_999.0) {
            let once = asked(&circle(lat, lng, radius));
            prop_assert_eq!(asked(&circle(once.0, once.1, once.2)), once);
        }
    }
}
