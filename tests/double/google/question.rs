//! What the double understands of a question, and what it refuses: as the documentation says, and in the provider's words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// An error: its status and its body.
pub(crate) type Refusal = (u16, Value);

/// Both calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Nearby,
    Text,
}

impl Call {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Nearby => "/v1/places:searchNearby",
            Self::Text => "/v1/places:searchText",
        }
    }

    /// What the provider's quotas call it.
    pub(crate) fn quota(self) -> &'static str {
        match self {
            Self::Nearby => "SearchNearby",
            Self::Text => "SearchText",
        }
    }

    /// Members that a question may have.
    fn members(self) -> &'static [&'static str] {
        match self {
            Self::Nearby => &[
                "locationRestriction",
                "includedTypes",
                "excludedTypes",
                "includedPrimaryTypes",
                "excludedPrimaryTypes",
                "maxResultCount",
                "rankPreference",
                "languageCode",
                "regionCode",
                "includeFutureOpeningBusinesses",
            ],
            Self::Text => &[
                "textQuery",
                "includedType",
                "strictTypeFiltering",
                "locationBias",
                "locationRestriction",
                "pageSize",
                "pageToken",
                "rankPreference",
                "languageCode",
                "regionCode",
                "openNow",
                "minRating",
                "priceLevels",
                "includePureServiceAreaBusinesses",
                "includeFutureOpeningBusinesses",
            ],
        }
    }
}

/// What decides the price of an answer: the most expensive member that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    IdsOnly,
    Pro,
    Enterprise,
    Atmosphere,
}

/// Members of a place by the tier that they trigger in a search, with those that we know of.
const MEMBERS: [(Tier, &[&str]); 4] = [
    (Tier::IdsOnly, &["id", "name", "attributions", "movedPlace", "movedPlaceId"]),
    (
        Tier::Pro,
        &[
            "displayName",
            "primaryType",
            "primaryTypeDisplayName",
            "businessStatus",
            "openingDate",
            "timeZone",
            "utcOffsetMinutes",
            "googleMapsUri",
            "containingPlaces",
            "subDestinations",
            "pureServiceAreaBusiness",
            "accessibilityOptions",
            "location",
            "formattedAddress",
            "shortFormattedAddress",
            "adrFormatAddress",
            "addressComponents",
            "postalAddress",
            "plusCode",
            "types",
            "viewport",
            "photos",
        ],
    ),
    (
        Tier::Enterprise,
        &[
            "rating",
            "userRatingCount",
            "priceLevel",
            "priceRange",
            "regularOpeningHours",
            "currentOpeningHours",
            "regularSecondaryOpeningHours",
            "currentSecondaryOpeningHours",
            "websiteUri",
            "nationalPhoneNumber",
            "internationalPhoneNumber",
        ],
    ),
    (Tier::Atmosphere, &["reviews", "editorialSummary", "takeout", "delivery", "dineIn", "generativeSummary"]),
];

/// Types that can be asked for, as the provider lists them (its Table A).
static ASKABLE: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../../src/provider/google/types.csv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(",A,").map(|(word, _)| word)).collect()
});

/// The tier of a mask; there is no mask by default, and no blank in it.
pub(crate) fn tier(call: Call, mask: &str) -> Result<Tier, Refusal> {
    if mask.is_empty() {
        return Err(refused("FieldMask is a required parameter.", None));
    }
    // Nearby Search has no answer that is free.
    let mut tier = if call == Call::Nearby { Tier::Pro } else { Tier::IdsOnly };
    for path in mask.split(',') {
        let member = path.strip_prefix("places.").and_then(|path| path.split('.').next());
        let known = |member: &str| MEMBERS.iter().find(|(_, members)| members.contains(&member)).map(|(tier, _)| *tier);
        tier = tier.max(match (path, member.and_then(known)) {
            ("*", _) => Tier::Atmosphere,
            ("nextPageToken", _) if call == Call::Text => Tier::IdsOnly,
            (_, Some(tier)) => tier,
            _ => {
                return Err(refused(
                    &format!("Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."),
                    None,
                ));
            }
        });
    }
    Ok(tier)
}

/// Refuses what both calls refuse.
pub(crate) fn check_members(call: Call, body: &Value) -> Result<(), Refusal> {
    let Some(members) = body.as_object() else { return Err(refused("Invalid JSON payload received.", None)) };
    match members.keys().find(|member| !call.members().contains(&member.as_str())) {
        Some(member) => {
            Err(refused(&format!("Invalid JSON payload received. Unknown name \"{member}\": Cannot find field."), None))
        }
        None => Ok(()),
    }
}

/// Types of a list that can be asked for, 50 at most.
pub(crate) fn types<'a>(body: &'a Value, member: &str) -> Result<Vec<&'a str>, Refusal> {
    let types: Vec<&str> = body[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if types.len() > 50 {
        return Err(refused(&format!("Too many types in {member}: at most 50."), None));
    }
    match types.iter().find(|word| !ASKABLE.contains(word)) {
        Some(word) => Err(refused(&format!("Unsupported types: {word}."), None)),
        None => Ok(types),
    }
}

/// A number of rows, 1 to 20.
pub(crate) fn rows(body: &Value, member: &str) -> Result<usize, Refusal> {
    match &body[member] {
        Value::Null => Ok(20),
        given => given
            .as_u64()
            .and_then(|rows| usize::try_from(rows).ok())
            .filter(|rows| (1..=20).contains(rows))
            .ok_or_else(|| refused(&format!("{member} must be between 1 and 20 inclusively."), None)),
    }
}

/// One of some words.
pub(crate) fn word<'a>(body: &'a Value, member: &str, words: &[&'a str]) -> Result<&'a str, Refusal> {
    match &body[member] {
        Value::Null => Ok(words[0]),
        given => given
            .as_str()
            .filter(|given| words.contains(given))
            .ok_or_else(|| refused(&format!("Invalid value at '{member}'."), None)),
    }
}

/// Latitude and longitude; a longitude out of range is refused, not wrapped.
pub(crate) fn place(value: &Value) -> Result<(f64, f64), Refusal> {
    // An exact zero may be left out.
    let number = |member: &str| value.get(member).map_or(Some(0.0), Value::as_f64).unwrap_or(f64::NAN);
    let (lat, lng) = (number("latitude"), number("longitude"));
    if value.is_object() && (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng) {
        Ok((lat, lng))
    } else {
        Err(refused("Invalid location restriction.", None))
    }
}

/// A circle of Nearby Search.
pub(crate) fn circle(body: &Value) -> Result<((f64, f64), f64), Refusal> {
    let circle = &body["locationRestriction"]["circle"];
    let radius = circle["radius"].as_f64().unwrap_or(f64::NAN);
    if radius.is_nan() || radius <= 0.0 || radius > 50_000.0 {
        return Err(refused("Invalid location restriction.", None));
    }
    Ok((place(&circle["center"])?, radius))
}

/// South, west, north, east of a rectangle of Text Search; `west > east` crosses the antimeridian.
pub(crate) fn rectangle(body: &Value) -> Result<[f64; 4], Refusal> {
    if body.get("locationBias").is_some() {
        return Err(refused("The double takes no locationBias (and nobody both of them).", None));
    }
    let rectangle = &body["locationRestriction"]["rectangle"];
    let ((south, west), (north, east)) = (place(&rectangle["low"])?, place(&rectangle["high"])?);
    let span = if west > east { east - west + 360.0 } else { east - west };
    if south > north || span > 180.0 {
        return Err(refused("Invalid rectangle: it is empty, or more than 180 degrees wide.", None));
    }
    Ok([south, west, north, east])
}

/// Where a page begins, from a token that is given out for these parameters alone.
pub(crate) fn offset(body: &Value) -> Result<usize, Refusal> {
    let Some(token) = body.get("pageToken") else { return Ok(0) };
    (1..60).find(|offset| token.as_str() == Some(&page_token(body, *offset))).ok_or_else(|| {
        refused(
            "Invalid page_token: request parameters for paging requests must match the initial SearchText request.",
            None,
        )
    })
}

/// The token of a page of a question. Opaque, long, and the same for the same question.
pub(crate) fn page_token(body: &Value, offset: usize) -> String {
    let mut parameters: BTreeMap<&String, &Value> = body.as_object().into_iter().flatten().collect();
    parameters.retain(|name, _| *name != "pageToken");
    let text = serde_json::to_string(&parameters).unwrap_or_default();
    let mut letters = fastrand::Rng::with_seed(
        text.bytes().fold(offset as u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
    );
    std::iter::repeat_with(|| letters.alphanumeric()).take(160).collect()
}

/// The provider's own way of saying no.
pub(crate) fn refused(message: &str, reason: Option<&str>) -> Refusal {
    let details = reason.map(|reason| {
        json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}])
    });
    let mut error = json!({"code": 400, "message": message, "status": "INVALID_ARGUMENT"});
    if let Some(details) = details {
        error["details"] = details;
    }
    (400, json!({ "error": error }))
}

/// Too many in a minute, or in a day.
pub(crate) fn throttled(call: Call, window: &str) -> Refusal {
    let limit = format!("{}Request{window}PerProject", call.quota());
    let error = json!({
        "code": 429,
        "message": format!("Quota exceeded for quota metric '{}' of service 'places.googleapis.com'.", call.quota()),
        "status": "RESOURCE_EXHAUSTED",
        "details": [{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": {"quota_limit": limit, "service": "places.googleapis.com"},
        }],
    });
    (429, json!({ "error": error }))
}

/// Only what the mask names, as `places.a` or `places.a.b`.
pub(crate) fn masked(row: &Value, mask: &str) -> Value {
    let mut kept = Map::new();
    for path in mask.split(',').filter_map(|path| path.strip_prefix("places.")) {
        match path.split_once('.') {
            None => {
                if let Some(value) = row.get(path) {
                    kept.insert(path.to_owned(), value.clone());
                }
            }
            Some((outer, inner)) => {
                if let Some(value) = row.get(outer).and_then(|part| part.get(inner)) {
                    kept.entry(outer).or_insert_with(|| json!({}))[inner] = value.clone();
                }
            }
        }
    }
    Value::Object(kept)
}
