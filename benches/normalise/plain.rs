//! The members that we ask for, as a reader in a hurry would declare them: owned, of one kind, and nothing checked.

use std::collections::HashMap;
use std::hint::black_box;

use serde::Deserialize;

pub(super) fn google(body: &[u8]) {
    black_box(serde_json::from_slice::<Places>(body).unwrap());
}

pub(super) fn foursquare(body: &[u8]) {
    black_box(serde_json::from_slice::<Results>(body).unwrap());
}

pub(super) fn yelp(body: &[u8]) {
    black_box(serde_json::from_slice::<Businesses>(body).unwrap());
}

pub(super) fn osm(body: &[u8]) {
    black_box(serde_json::from_slice::<Elements>(body).unwrap());
}

/// Declares what is only parsed: every member may be missing.
macro_rules! parsed {
    ($case:literal $($name:ident { $($member:ident: $kind:ty,)* })*) => {
        $(
            #[derive(Deserialize)]
            #[serde(rename_all = $case)]
            #[expect(dead_code, reason = "only parsed")]
            struct $name {
                $($member: Option<$kind>,)*
            }
        )*
    };
}

parsed! { "camelCase"
    Places { places: Vec<Place>, }
    Place {
        id: String,
        display_name: Text,
        location: Point,
        formatted_address: String,
        primary_type: String,
        types: Vec<String>,
        rating: f64,
        price_level: String,
        business_status: String,
        moved_place_id: String,
        time_zone: Zone,
        regular_opening_hours: Opening,
        current_opening_hours: Opening,
    }
    Text { text: String, }
    Point { latitude: f64, longitude: f64, }
    Zone { id: String, }
    Opening { periods: Vec<Stretch>, weekday_descriptions: Vec<String>, special_days: Vec<Special>, }
    Stretch { open: Moment, close: Moment, }
    Moment { day: u8, hour: u8, minute: u8, date: Date, truncated: bool, }
    Special { date: Date, }
    Date { year: i32, month: u32, day: u32, }
}

parsed! { "snake_case"
    Results { results: Vec<Found>, }
    Found {
        fsq_place_id: String,
        name: String,
        latitude: f64,
        longitude: f64,
        location: Postal,
        categories: Vec<Category>,
        rating: f64,
        price: Level,
        date_closed: String,
        unresolved_flags: Vec<String>,
        hours: Week,
    }
    Postal { formatted_address: String, address: String, locality: String, region: String, postcode: String, }
    Category { fsq_category_id: String, name: String, }
    Week { display: String, regular: Vec<Row>, }
    Row { day: u8, open: String, close: String, }

    Businesses { businesses: Vec<Firm>, total: u32, }
    Firm {
        id: String,
        alias: String,
        name: String,
        coordinates: Point2,
        location: Lines,
        categories: Vec<Alias>,
        rating: f64,
        price: String,
        is_closed: bool,
        business_hours: Vec<Openings>,
        attributes: Attributes,
    }
    Point2 { latitude: f64, longitude: f64, }
    Lines {
        address1: String,
        address2: String,
        address3: String,
        city: String,
        zip_code: String,
        display_address: Vec<String>,
    }
    Alias { alias: String, }
    Openings { hours_type: String, open: Vec<Span>, }
    Span { day: i64, start: String, end: String, is_overnight: bool, }
    Attributes { business_temp_closed: i64, }

    Elements { elements: Vec<Element>, }
    Element { r#type: String, id: u64, lat: f64, lon: f64, center: Middle, tags: HashMap<String, String>, }
    Middle { lat: f64, lon: f64, }
}

/// A number that comes as a text now and then.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only parsed")]
enum Level {
    Number(i64),
    Text(String),
}
