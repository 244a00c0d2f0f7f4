use serde_json::json;

use super::request::{self, MASK, ROWS};
use crate::model::{Area, Ask};
use crate::provider::contract::Cursor;
use crate::wire::Request;

/// Google's name of the call.
pub(super) const CALL: &str = "searchText";

/// Rows over all pages of one question.
pub(super) const ROWS_PER_QUERY: u32 = 60;

/// Where an answer says that there is a further page.
const NEXT: &str = "nextPageToken";

/// The only member of a row that costs nothing.
const ID: &str = "places.id";

/// One page of a Text Search for everything that we store.
pub(super) fn search(ask: &Ask, language: &str, cursor: Option<&Cursor>) -> Request {
    page(ask, language, cursor, &MASK)
}

/// The same for ids alone, which are free of charge.
pub(super) fn count(ask: &Ask, language: &str, cursor: Option<&Cursor>) -> Request {
    page(ask, language, cursor, &[ID])
}

/// A page after the first one repeats the first one's parameters to the letter, or Google refuses its token. The order of the rows is
/// Google's (`rankPreference` stays unset), and so is who is left out that has no place of its own (Nearby Search leaves them out, too).
fn page(ask: &Ask, language: &str, cursor: Option<&Cursor>, members: &[&str]) -> Request {
    let cell = match ask.area {
        Area::Rectangle(cell) => cell,
        Area::Circle(circle) => circle.enclosing_box(),
    };
    // A region of every type is refused before it is asked, and there is one word in a question.
    let word = ask.words.first().map_or("", String::as_str);
    let mut body = json!({
        "textQuery": word.replace('_', " "),
        "includedType": word,
        "strictTypeFiltering": true,
        "locationRestriction": {
            "rectangle": {
                "low": { "latitude": down(cell.south), "longitude": down(cell.west).max(-180.0) },
                "high": { "latitude": up(cell.north), "longitude": up(cell.east).min(180.0) },
            },
        },
        "pageSize": ROWS,
        "languageCode": language,
    });
    if let Some(Cursor(token)) = cursor {
        body["pageToken"] = json!(token);
    }
    let mask: Vec<&str> = members.iter().copied().chain([NEXT]).collect();
    request::post(CALL, mask.join(","), body)
}

/// To 1e-7 degrees (about a centimetre), never into the box.
fn down(degrees: f64) -> f64 {
    on_grid(degrees).unwrap_or_else(|| (degrees * GRID).floor()) / GRID + 0.0
}

fn up(degrees: f64) -> f64 {
    on_grid(degrees).unwrap_or_else(|| (degrees * GRID).ceil()) / GRID + 0.0
}

const GRID: f64 = 1e7;

/// What is written in few digits stays as it is.
fn on_grid(degrees: f64) -> Option<f64> {
    let near = (degrees * GRID).round();
    ((degrees * GRID - near).abs() < 1e-3).then_some(near)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::BoundingBox;
    use crate::wire::{HeaderValue, Method};

    fn cell(south: f64, west: f64, north: f64, east: f64) -> Area {
        Area::Rectangle(BoundingBox { south, west, north, east })
    }

    fn rows(area: Area) -> Ask {
        Ask::rows(area, vec!["italian_restaurant".to_owned()])
    }

    fn mask(request: &Request) -> &str {
        let Some((_, HeaderValue::Plain(mask))) = request.headers.iter().find(|(name, _)| name == "x-goog-fieldmask")
        else {
            panic!("no mask")
        };
        mask
    }

    #[test]
    fn the_question_is_googles_for_one_strict_type_in_a_rectangle() {
        let request = search(&rows(cell(38.7, -9.15, 38.712_345_6, -9.1)), "pt", None);
        assert_eq!((request.method, request.path.as_str()), (Method::Post, "/v1/places:searchText"));
        assert_eq!(request.call, "searchText");
        assert!(
            mask(&request).starts_with("places.id,places.displayName,") && mask(&request).ends_with(",nextPageToken")
        );
        assert_eq!(
            request.json.unwrap(),
            json!({
                "textQuery": "italian restaurant",
                "includedType": "italian_restaurant",
                "strictTypeFiltering": true,
                "locationRestriction": { "rectangle": {
                    "low": { "latitude": 38.7, "longitude": -9.15 },
                    "high": { "latitude": 38.712_345_6, "longitude": -9.1 },
                } },
                "pageSize": 20,
                "languageCode": "pt",
            })
        );
    }

    #[test]
    fn a_further_page_repeats_the_first_one_with_its_token() {
        let ask = rows(cell(38.7, -9.15, 38.71, -9.1));
        let (first, next) = (search(&ask, "pt", None), search(&ask, "pt", Some(&Cursor("A_-9".to_owned()))));
        let mut body = next.json.clone().unwrap();
        assert_eq!(body.as_object_mut().unwrap().remove("pageToken"), Some(json!("A_-9")));
        assert_eq!(Request { json: Some(body), ..next }, first);
    }

    #[test]
    fn a_count_asks_for_nothing_that_costs() {
        let ask = Ask::count(cell(38.7, -9.15, 38.71, -9.1), vec!["bar".to_owned()]);
        let request = count(&ask, "en", None);
        assert_eq!(mask(&request), "places.id,nextPageToken");
        assert_eq!(request.json, search(&ask, "en", None).json, "what is counted is what is paid for");
    }

    #[test]
    fn a_rectangle_may_cross_the_antimeridian_and_reach_a_pole() {
        let over = search(&rows(cell(-17.0, 179.9, -16.8, -179.9)), "en", None).json.unwrap();
        assert_eq!(over["locationRestriction"]["rectangle"]["low"]["longitude"], json!(179.9));
        assert_eq!(over["locationRestriction"]["rectangle"]["high"]["longitude"], json!(-179.9));
        let pole = search(&rows(cell(-90.0, -180.0, -89.999_999_99, 180.0)), "en", None).json.unwrap();
        assert_eq!(pole["locationRestriction"]["rectangle"]["low"], json!({"latitude": -90.0, "longitude": -180.0}));
        assert_eq!(pole["locationRestriction"]["rectangle"]["high"]["longitude"], json!(180.0));
    }

    proptest! {
        #[test]
        fn the_rectangle_asked_covers_the_one_wanted(south in -90.0..89.0, west in -180.0..179.0, size in 0.0..1.0) {
            let body = search(&rows(cell(south, west, south + size, west + size)), "en", None).json.unwrap();
            let at = |path: &str| body["locationRestriction"]["rectangle"].pointer(path).unwrap().as_f64().unwrap();
            let (low, high) = ((at("/low/latitude"), at("/low/longitude")), (at("/high/latitude"), at("/high/longitude")));
            // A hundredth of a millimetre is less than a float of degrees can tell.
            let least = 1e-10;
            prop_assert!(low.0 <= south + least && low.1 <= west + least);
            prop_assert!(high.0 >= south + size - least && high.1 >= west + size - least);
            prop_assert!(low.0 >= south - 1.1e-7 && high.1 <= west + size + 1.1e-7, "and hardly more");
        }
    }
}
