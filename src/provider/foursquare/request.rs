use crate::model::{Area, Ask, Tier};
use crate::provider::contract::Cursor;
use crate::wire::{HeaderValue, Method, Request};

/// The word in `venues.provider_name`.
pub(super) const PROVIDER: &str = "foursquare";

/// Rows that one page holds at most.
pub(super) const ROWS: u32 = 50;

/// The query parameter that names the members of a row.
pub(super) const FIELDS: &str = "fields";

/// The version of the API that the rows are read by.
const VERSION: &str = "2025-06-17";

/// Exactly the members that we store. `hours_popular` is foot traffic and never asked for.
const BASIC: [&str; 8] =
    ["fsq_place_id", "name", "latitude", "longitude", "location", "categories", "date_closed", "unresolved_flags"];

/// One of them makes the whole call a Premium call.
const PREMIUM: [&str; 3] = ["rating", "price", "hours"];

/// One search. It always names a rectangle: without a place Foursquare answers with what is near the caller's own address.
pub(super) fn search(ask: &Ask, language: &str, tier: Tier, cursor: Option<&Cursor>) -> Request {
    let cell = match ask.area {
        Area::Rectangle(cell) => cell,
        Area::Circle(circle) => circle.enclosing_box(),
    };
    let mut fields = BASIC.to_vec();
    if tier == Tier::Premium {
        fields.extend(PREMIUM);
    }
    let mut query = vec![
        ("ne".to_owned(), point(cell.north, cell.east)),
        ("sw".to_owned(), point(cell.south, cell.west)),
        ("limit".to_owned(), ROWS.to_string()),
        // The order must hold from page to page. Relevance is of the moment, and distance needs a point to measure from.
        ("sort".to_owned(), "POPULARITY".to_owned()),
        (FIELDS.to_owned(), fields.join(",")),
    ];
    if !ask.words.is_empty() {
        query.push(("fsq_category_ids".to_owned(), ask.words.join(",")));
    }
    if let Some(Cursor(cursor)) = cursor {
        query.push(("cursor".to_owned(), cursor.clone()));
    }
    let plain = |text: &str| HeaderValue::Plain(text.to_owned());
    Request {
        provider: PROVIDER.to_owned(),
        call: "search".to_owned(),
        method: Method::Get,
        path: "/places/search".to_owned(),
        query,
        headers: vec![
            ("authorization".to_owned(), HeaderValue::Key { prefix: "Bearer ".to_owned() }),
            ("x-places-api-version".to_owned(), plain(VERSION)),
            ("accept-language".to_owned(), plain(language)),
        ],
        form: Vec::new(),
        json: None,
    }
}

/// The members that a question names.
pub(super) fn asked(request: &Request) -> Vec<&str> {
    let fields = request.query.iter().find(|(name, _)| name == FIELDS).map(|(_, fields)| fields.as_str());
    // Without the parameter every basic field comes.
    fields.map_or_else(|| BASIC.to_vec(), |fields| fields.split(',').map(str::trim).collect())
}

/// Latitude, comma, longitude; a space after the comma is not documented. Never `-0`.
fn point(lat: f64, lng: f64) -> String {
    format!("{},{}", lat + 0.0, lng + 0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{BoundingBox, Circle, Position};

    const CELL: BoundingBox = BoundingBox { south: 38.69, west: -9.23, north: 38.8, east: -9.09 };

    fn parameter<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn the_question_is_foursquares_and_carries_no_key() {
        let ask = Ask::rows(Area::Rectangle(CELL), vec!["a1".to_owned(), "b2".to_owned()]);
        let request = search(&ask, "pt", Tier::Premium, Some(&Cursor("c3I=".to_owned())));
        assert_eq!(
            (request.method, request.path.as_str(), request.json.as_ref()),
            (Method::Get, "/places/search", None)
        );
        let query: Vec<_> = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            query,
            [
                ("ne", "38.8,-9.09"),
                ("sw", "38.69,-9.23"),
                ("limit", "50"),
                ("sort", "POPULARITY"),
                (
                    "fields",
                    "fsq_place_id,name,latitude,longitude,location,categories,date_closed,unresolved_flags,rating,price,hours"
                ),
                ("fsq_category_ids", "a1,b2"),
                ("cursor", "c3I="),
            ]
        );
        assert_eq!(
            request.headers,
            [
                ("authorization".to_owned(), HeaderValue::Key { prefix: "Bearer ".to_owned() }),
                ("x-places-api-version".to_owned(), HeaderValue::Plain("2025-06-17".to_owned())),
                ("accept-language".to_owned(), HeaderValue::Plain("pt".to_owned())),
            ]
        );
    }

    #[test]
    fn the_basic_tier_names_no_field_that_costs_more() {
        let request = search(&Ask::rows(Area::Rectangle(CELL), vec![]), "en", Tier::Basic, None);
        assert_eq!(parameter(&request, "fields").unwrap().split(',').count(), BASIC.len());
        assert!(!asked(&request).iter().any(|field| PREMIUM.contains(field)));
        assert_eq!(parameter(&request, "fsq_category_ids"), None, "no words ask for every category");
    }

    proptest! {
        #[test]
        fn every_question_names_a_box_that_covers_what_is_wanted(
            lat in -90.0..=90.0, lng in -180.0..=180.0, radius_m in 0.5..49_999.0,
        ) {
            let center = Position::new(lat, lng).unwrap();
            let ask = Ask::rows(Area::Circle(Circle { center, radius_m }), vec![]);
            let request = search(&ask, "en", Tier::Premium, None);
            let corner = |name| {
                let (lat, lng) = parameter(&request, name).unwrap().split_once(',').unwrap();
                (lat.parse::<f64>().unwrap(), lng.parse::<f64>().unwrap())
            };
            let ((north, east), (south, west)) = (corner("ne"), corner("sw"));
            prop_assert!((-90.0..=lat).contains(&south) && (lat..=90.0).contains(&north));
            prop_assert!([west, east].iter().all(|lng| (-180.0..=180.0).contains(lng)));
            let inside = if west <= east { (west..=east).contains(&lng) } else { lng >= west || lng <= east };
            prop_assert!(inside, "{lng} is not from {west} to {east}");
        }
    }
}
