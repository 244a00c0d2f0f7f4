use super::locale::locale;
use crate::model::{Area, Ask, BusinessStatus, Field, RawVenue};
use crate::provider::contract::Cursor;
use crate::wire::{HeaderValue, Method, Request};

/// The word in `venues.provider_name`.
pub(super) const PROVIDER: &str = "yelp";

/// `limit` at most: 51 is a validation error (#34).
pub(super) const ROWS: u32 = 50;

/// Rows over all pages of one question; beyond them Yelp answers with an error.
pub(super) const ROWS_PER_QUERY: u32 = 240;

/// Largest `radius`, metres.
pub(super) const LARGEST_RADIUS_M: f64 = 40_000.0;

/// Length of a degree of latitude, rounded up.
const METRES_PER_DEGREE: f64 = 111_700.0;

/// One page of a search, nearest first. Its numbers are rounded (degrees to 1e-7, the radius up to whole metres, which Yelp
/// demands), so that the same question is the same text.
pub(super) fn search(ask: &Ask, language: &str, cursor: Option<&Cursor>) -> Request {
    let wanted = match ask.area {
        Area::Circle(circle) => circle,
        Area::Rectangle(cell) => cell.enclosing_circle(),
    };
    let (lat, lng) = (degrees(wanted.center.lat()), degrees(wanted.center.lng()));
    // The farthest that rounding can have moved the centre, so that the circle still covers what it should.
    let moved_m = ((lat - wanted.center.lat()).abs() + (lng - wanted.center.lng()).abs()) * METRES_PER_DEGREE;
    let radius_m = (wanted.radius_m + moved_m).ceil().clamp(1.0, LARGEST_RADIUS_M);
    let offset = cursor.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(0);
    let mut query = vec![
        ("latitude", lat.to_string()),
        ("longitude", lng.to_string()),
        ("radius", format!("{radius_m:.0}")),
        ("sort_by", "distance".to_owned()),
        ("limit", page_rows(offset).to_string()),
        ("offset", offset.to_string()),
    ];
    if !ask.words.is_empty() {
        query.push(("categories", ask.words.join(",")));
    }
    get("search", "/v3/businesses/search".to_owned(), query, language)
}

/// The look-up of a business whose search row had no member for hours. None for one that is closed for good, and for an id that
/// could not stand in a path.
pub(super) fn details(row: &RawVenue, language: &str) -> Option<Request> {
    let id = &row.provider_id;
    let is_plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let is_closed = row.status == Field::Present(BusinessStatus::ClosedPermanently);
    if row.hours != Field::NotAsked || !is_plain || is_closed {
        return None;
    }
    Some(get("details", format!("/v3/businesses/{id}"), Vec::new(), language))
}

/// Rows that a page beginning at `offset` may have: never one beyond the last of the question.
pub(super) fn page_rows(offset: u32) -> u32 {
    ROWS.min(ROWS_PER_QUERY.saturating_sub(offset))
}

/// Where a page of the request begins.
pub(super) fn offset(request: &Request) -> u32 {
    request.query.iter().find(|(name, _)| name == "offset").and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

fn get(call: &str, path: String, query: Vec<(&str, String)>, language: &str) -> Request {
    let mut query: Vec<_> = query.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    query.extend(locale(language).map(|locale| ("locale".to_owned(), locale.to_owned())));
    Request {
        provider: PROVIDER.to_owned(),
        call: call.to_owned(),
        method: Method::Get,
        path,
        query,
        headers: vec![("authorization".to_owned(), HeaderValue::Key { prefix: "Bearer ".to_owned() })],
        form: Vec::new(),
        json: None,
    }
}

/// Rounded to 1e-7 degrees (about a centimetre), and never `-0`.
fn degrees(value: f64) -> f64 {
    (value * 1e7).round() / 1e7 + 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{BoundingBox, Circle, Position};

    fn ask(lat: f64, lng: f64, radius_m: f64) -> Ask {
        let center = Position::new(lat, lng).unwrap();
        Ask::rows(Area::Circle(Circle { center, radius_m }), vec!["cafes".to_owned(), "bars".to_owned()])
    }

    fn member(request: &Request, name: &str) -> Option<String> {
        request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn the_question_is_yelps_and_carries_no_key() {
        let request = search(&ask(38.711_234_567_89, -9.14, 250.2), "pt", None);
        let query: Vec<_> = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            query,
            [
                ("latitude", "38.7112346"),
                ("longitude", "-9.14"),
                ("radius", "251"),
                ("sort_by", "distance"),
                ("limit", "50"),
                ("offset", "0"),
                ("categories", "cafes,bars"),
                ("locale", "pt_PT"),
            ]
        );
        assert_eq!((request.method, request.path.as_str()), (Method::Get, "/v3/businesses/search"));
        assert_eq!(request.headers, [("authorization".to_owned(), HeaderValue::Key { prefix: "Bearer ".to_owned() })]);
    }

    #[test]
    fn no_page_reaches_beyond_the_240th_row() {
        for offset in (0..=200).step_by(50) {
            let request = search(&ask(1.0, 1.0, 9.0), "en", Some(&Cursor(offset.to_string())));
            let limit: u32 = member(&request, "limit").unwrap().parse().unwrap();
            assert_eq!(limit, if offset == 200 { 40 } else { 50 });
            assert_eq!(super::offset(&request), offset);
        }
    }

    #[test]
    fn only_a_row_without_hours_is_looked_up_and_only_by_a_harmless_id() {
        let row = |id: &str| RawVenue { provider_id: id.to_owned(), ..RawVenue::default() };
        let path = |row: &RawVenue| details(row, "de").map(|request| request.path);
        // Item 13: an id may begin with a hyphen or an underscore.
        assert_eq!(path(&row("-_aBcDeFgHiJkLmNoPqRsT")).unwrap(), "/v3/businesses/-_aBcDeFgHiJkLmNoPqRsT");
        for strange in ["", "..", "a/b", "café", "a?b", "a%2fb"] {
            assert_eq!(path(&row(strange)), None, "{strange}");
        }
        assert_eq!(path(&RawVenue { hours: Field::Absent, ..row("a") }), None);
        let status = Field::Present(BusinessStatus::ClosedPermanently);
        assert_eq!(path(&RawVenue { status, ..row("a") }), None);
    }

    #[test]
    fn a_box_is_asked_by_the_circle_round_it() {
        let cell = BoundingBox { south: 38.70, west: -9.15, north: 38.71, east: -9.14 };
        let request = search(&Ask::rows(Area::Rectangle(cell), Vec::new()), "xx", None);
        // Half of 1.11 km by 0.87 km, corner to corner.
        let radius: f64 = member(&request, "radius").unwrap().parse().unwrap();
        assert!((705.0..712.0).contains(&radius), "{radius}");
        assert_eq!((member(&request, "categories"), member(&request, "locale")), (None, None));
    }

    proptest! {
        #[test]
        fn the_circle_asked_covers_the_circle_wanted(lat in -90.0..=90.0, lng in -180.0..=180.0, radius in 0.5..39_990.0) {
            let request = search(&ask(lat, lng, radius), "en", None);
            let number = |name: &str| member(&request, name).unwrap().parse::<f64>().unwrap();
            let (to_lat, to_lng, asked_m) = (number("latitude"), number("longitude"), number("radius"));
            prop_assert!((-90.0..=90.0).contains(&to_lat) && (-180.0..=180.0).contains(&to_lng));
            let moved = (to_lat - lat).hypot((to_lng - lng) * lat.to_radians().cos()) * 111_320.0;
            prop_assert!(asked_m >= radius + moved && asked_m <= radius + 1.1, "{asked_m} for {radius}");
        }
    }
}
