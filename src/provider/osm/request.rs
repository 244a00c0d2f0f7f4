use std::collections::BTreeMap;
use std::fmt::Write;

use super::twins;
use super::words::{self, PROVIDER, Role};
use crate::model::{Area, Ask, BoundingBox};
use crate::wire::{HeaderValue, Method, Request};

/// The header that carries the language in which names are wanted where a venue has none of its own.
pub(super) const LANGUAGE_HEADER: &str = "accept-language";

/// What a query may take of the server, seconds. Little is let in sooner than much.
pub(super) const TIMEOUT_S: u64 = 60;

/// What a query may take of the server, bytes of memory.
const MAXSIZE: u64 = 256 * 1024 * 1024;

/// One query for a box and these tags. The same question is the same text.
pub(super) fn interpreter(ask: &Ask, language: &str) -> Request {
    Request {
        provider: PROVIDER.to_owned(),
        call: "interpreter".to_owned(),
        method: Method::Post,
        path: "/api/interpreter".to_owned(),
        query: Vec::new(),
        headers: vec![(LANGUAGE_HEADER.to_owned(), HeaderValue::Plain(language.to_owned()))],
        form: vec![("data".to_owned(), query(ask))],
        json: None,
    }
}

/// The page that says when the next query is let in.
pub(super) fn status() -> Request {
    Request {
        provider: PROVIDER.to_owned(),
        call: "status".to_owned(),
        method: Method::Get,
        path: "/api/status".to_owned(),
        query: Vec::new(),
        headers: vec![("accept".to_owned(), HeaderValue::Plain("text/plain".to_owned()))],
        form: Vec::new(),
        json: None,
    }
}

fn query(ask: &Ask) -> String {
    let cell = match ask.area {
        Area::Rectangle(cell) => cell,
        Area::Circle(circle) => circle.enclosing_box(),
    };
    // Each statement has its box: one for the whole query would hold beside those of the points, and cut them off.
    let edges = |edges: [f64; 4]| edges.map(|degrees| degrees.to_string()).join(",");
    let within = edges([cell.south, cell.west, cell.north, cell.east].map(|degrees| degrees + 0.0));
    let beyond = edges(with_neighbours(cell));
    let mut query = format!("[out:json][timeout:{TIMEOUT_S}][maxsize:{MAXSIZE}];\n(\n");
    let wanted: Vec<&str> = match ask.words.as_slice() {
        [] => words::venue_words().collect(),
        some => some.iter().map(String::as_str).collect(),
    };
    // A tag that makes no venue by itself is asked for on elements only that may be one.
    let any_venue = format!("[~\"^({})$\"~\".\"]", words::venue_keys().join("|"));
    for ((is_venue, key), values) in by_key(&wanted) {
        let narrowed = if is_venue { "" } else { any_venue.as_str() };
        // Several values of a key stand in one text, parted by semicolons. Writing to a String cannot fail.
        let filter = format!("[\"{key}\"~\"(^|;) *({}) *(;|$)\"]{narrowed}", values.join("|"));
        writeln!(query, "nwr{filter}({within});\nnode{filter}({beyond});").ok();
    }
    query.push_str(");\nout center tags;\n");
    query
}

/// South, west, north and east of the box and a little more, in millionths of a degree: where a building stands across the edge of the
/// box, the point that draws the same venue a second time may lie beyond. Enough for outlines whose middle is no farther outside than
/// a twin may be from it.
fn with_neighbours(cell: BoundingBox) -> [f64; 4] {
    let high = 2.0 * twins::NEAR_M / twins::METRES_PER_DEGREE;
    let steepest = cell.south.abs().max(cell.north.abs()).to_radians().cos();
    let wide = (high / steepest.max(1e-6)).min(1.0);
    let down = |degrees: f64, least: f64| ((degrees * 1e6).floor() / 1e6).max(least) + 0.0;
    let up = |degrees: f64, most: f64| ((degrees * 1e6).ceil() / 1e6).min(most) + 0.0;
    [
        down(cell.south - high, -90.0),
        down(cell.west - wide, -180.0),
        up(cell.north + high, 90.0),
        up(cell.east + wide, 180.0),
    ]
}

/// Values of a key, apart for tags that make a venue or a service and for those that do not.
fn by_key<'a>(words: &[&'a str]) -> BTreeMap<(bool, &'a str), Vec<&'a str>> {
    let mut keys: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for word in words {
        if let Some((key, value)) = word.split_once('=') {
            let makes_a_place = words::role(word).is_some_and(Role::makes_a_place);
            keys.entry((makes_a_place, key)).or_default().push(value);
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Circle, Position};

    fn asked(area: Area, words: &[&str]) -> String {
        query(&Ask::rows(area, words.iter().map(|&word| word.to_owned()).collect()))
    }

    fn lisbon() -> Area {
        Area::Rectangle(BoundingBox { south: 38.70, west: -9.15, north: 38.72, east: -9.12 })
    }

    #[test]
    fn the_box_is_written_south_west_north_east_and_the_limits_are_modest() {
        let query = asked(lisbon(), &["amenity=bar"]);
        assert!(query.starts_with("[out:json][timeout:60][maxsize:268435456];\n"), "{query}");
        assert!(query.contains("](38.7,-9.15,38.72,-9.12);\n"), "{query}");
        assert!(query.ends_with("out center tags;\n"), "ways have no place without: {query}");
    }

    #[test]
    fn values_of_a_key_are_asked_together_and_found_in_lists() {
        let query = asked(lisbon(), &["amenity=bar", "shop=tea", "amenity=cafe"]);
        assert!(query.contains("nwr[\"amenity\"~\"(^|;) *(bar|cafe) *(;|$)\"](38.7"), "{query}");
        assert!(query.contains("nwr[\"shop\"~\"(^|;) *(tea) *(;|$)\"](38.7"), "{query}");
    }

    #[test]
    fn points_are_asked_for_a_little_beyond_the_box() {
        let query = asked(lisbon(), &["amenity=bar"]);
        let beyond = "node[\"amenity\"~\"(^|;) *(bar) *(;|$)\"](38.698651,-9.151729,38.721349,-9.118271);\n";
        assert!(query.contains(beyond), "{query}");
        let whole = BoundingBox { south: -90.0, west: -180.0, north: 90.0, east: 180.0 };
        assert!(asked(Area::Rectangle(whole), &[]).contains("](-90,-180,90,180);"), "and no further than the earth");
    }

    #[test]
    fn a_tag_that_makes_no_venue_is_asked_for_on_what_may_be_one() {
        let query = asked(lisbon(), &["cuisine=pizza"]);
        assert!(query.contains("nwr[\"cuisine\"~\"(^|;) *(pizza) *(;|$)\"][~\"^(amenity|"), "{query}");
    }

    #[test]
    fn a_service_is_asked_for_by_its_tag_alone() {
        let query = asked(lisbon(), &["office=lawyer"]);
        assert!(query.contains("nwr[\"office\"~\"(^|;) *(lawyer) *(;|$)\"](38.7"), "{query}");
    }

    #[test]
    fn no_words_ask_for_every_tag_that_makes_a_venue() {
        let query = asked(lisbon(), &[]);
        for key in words::venue_keys() {
            assert!(query.contains(&format!("nwr[\"{key}\"~")), "{key}");
        }
    }

    #[test]
    fn zero_has_one_spelling_and_a_circle_becomes_its_box() {
        let zero = BoundingBox { south: -0.0, west: -0.0, north: 1.0, east: 1.0 };
        assert!(asked(Area::Rectangle(zero), &[]).contains("](0,0,1,1);"));
        let center = Position::new(0.0, 0.0).unwrap();
        assert!(asked(Area::Circle(Circle { center, radius_m: 110_500.0 }), &[]).contains("](-1,-1."));
    }

    #[test]
    fn the_language_is_asked_for_and_the_query_is_a_form() {
        let request = interpreter(&Ask::rows(lisbon(), vec![]), "pt");
        assert_eq!(request.headers, [("accept-language".to_owned(), HeaderValue::Plain("pt".to_owned()))]);
        assert_eq!((request.path.as_str(), request.form[0].0.as_str()), ("/api/interpreter", "data"));
        assert_eq!(request.json, None);
    }
}
