//! A venue that was cleaned fits its row, and cleaning it again changes nothing.

use chrono::{DateTime, Utc};

use crate::model::{
    Field, Hours, HoursState, Normalised, Period, Point, RawDatedPeriod, RawDay, RawHours, RawPeriod, RawPoint,
    RawPrice, RawRating, RawVenue, Venue, Vocabulary,
};
use crate::normalise::normalise;
use crate::week::says_the_same;

/// Panics where a cleaned venue does not fit its row, or would be another one if it were cleaned again.
pub(crate) fn stays_clean(found: Normalised, answered_at: DateTime<Utc>) {
    let venue = found.venue;
    let fits = |text: &str| (1..=255).contains(&text.chars().count()) && !text.contains(char::is_control);
    assert!(fits(&venue.name) && fits(&venue.provider_id), "{venue:?}");
    assert!(venue.rating.present().is_none_or(|rating| (0.0..=5.0).contains(rating)), "{venue:?}");
    assert!(venue.price_level.present().is_none_or(|level| (0..=4).contains(level)), "{venue:?}");
    assert!(venue.categories.present().is_none_or(|codes| codes.len() <= 5), "{venue:?}");
    for text in [&venue.address, &venue.raw_hours, &venue.successor_id] {
        assert!(text.present().is_none_or(|text| !text.is_empty() && !text.contains('\0')), "{venue:?}");
    }
    if let Some(hours) = venue.hours.present() {
        says_the_same(hours, answered_at);
    }
    // Where the zone is unknown, none of the position's is known either.
    let zone = venue.hours.present().and_then(|hours| hours.timezone.clone());
    let known_zone = |name: &str| zone.as_deref() == Some(name);
    let again = normalise(raw(&venue, answered_at), &code_of, &known_zone).expect("a clean venue is no reject");
    assert_eq!(again.repairs, [], "a clean venue needs no repair: {venue:?}");
    assert_eq!(sorted(again.venue), sorted(venue));
}

/// The venue as a provider would tell it that has our own words.
fn raw(venue: &Venue, answered_at: DateTime<Utc>) -> RawVenue {
    RawVenue {
        provider_id: venue.provider_id.clone(),
        name: Field::Present(venue.name.clone()),
        position: Field::Present((venue.position.lat(), venue.position.lng())),
        address: venue.address.clone(),
        categories: venue.categories.clone(),
        rating: venue.rating.map(|value| RawRating { value, out_of: 5.0 }),
        price: venue.price_level.map(|level| RawPrice::Level(level.into())),
        hours: venue.hours.clone().map(|hours| raw_hours(&hours)),
        hours_text: venue.raw_hours.clone(),
        status: venue.status,
        successor_id: venue.successor_id.clone(),
        timezone: venue.hours.clone().and_then(|hours| hours.timezone),
        answered_at,
    }
}

/// Hours in the form in which they could have come.
pub(crate) fn raw_hours(hours: &Hours) -> RawHours {
    if hours.state == HoursState::Complex {
        return RawHours::Osm(hours.osm.clone().expect("what is complex has its text"));
    }
    let point = |point: Point| RawPoint { day: point.day.into(), hour: point.hour.into(), minute: point.minute.into() };
    let period = |period: &Period| RawPeriod { open: point(period.open), close: period.close.map(point) };
    let dated = |one: &Period| RawDatedPeriod { period: period(one), truncated: false };
    RawHours::Periods {
        week: Some(hours.periods.iter().flatten().map(period).collect()),
        special: hours
            .special_days
            .iter()
            .map(|day| RawDay { date: Some(day.date), stated: true, periods: day.periods.iter().map(dated).collect() })
            .collect(),
    }
}

/// The order of categories depends on which of them the provider put first, which ours does not keep.
fn sorted(mut venue: Venue) -> Venue {
    venue.categories = venue.categories.map(|mut codes| {
        codes.sort_unstable();
        codes
    });
    venue
}

fn code_of(word: &str) -> Option<&'static str> {
    Vocabulary::ours().get(word).map(|category| category.code)
}
