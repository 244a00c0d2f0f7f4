use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::words::{self, Role};
use crate::model::BusinessStatus;
use crate::provider::body::Text;

/// Tags of an element, keys and values: first those whose key the table of words knows, in order of the keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tags<'a> {
    all: Vec<(Text<'a>, Text<'a>)>,
    /// How many of them the table knows.
    known: usize,
}

/// What an element's tags make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    /// The tags that make it a venue and those that say more, each in the order of keys and of the mapper's values.
    pub(super) words: Vec<String>,
    pub(super) status: BusinessStatus,
}

/// Prefixes of a key that is no longer true.
const GONE: [&str; 9] =
    ["disused", "abandoned", "was", "demolished", "removed", "razed", "destroyed", "closed", "historic"];

/// Prefixes of a key that is not true yet.
const TO_COME: [&str; 3] = ["construction", "proposed", "planned"];

/// Tags that leave to others what kind of place it is.
const PLAIN: [&str; 3] = ["amenity=restaurant", "amenity=cafe", "amenity=fast_food"];

/// Tags as words, by what they do.
#[derive(Default)]
struct Words {
    venues: Vec<String>,
    services: Vec<String>,
    kinds: Vec<String>,
    /// Cuisines that the table does not know.
    unknown: Vec<String>,
}

impl Words {
    fn add(&mut self, key: &str, values: &str) {
        for word in words_of(key, values) {
            let of_its_role = match words::role(&word) {
                Some(Role::Venue) => &mut self.venues,
                Some(Role::Service) => &mut self.services,
                Some(Role::Kind) => &mut self.kinds,
                None if key == "cuisine" => &mut self.unknown,
                Some(Role::Vague) | None => continue,
            };
            if !of_its_role.contains(&word) {
                of_its_role.push(word);
            }
        }
    }

    /// What makes a place: venues, then services.
    fn places(&mut self) -> Vec<String> {
        let mut places = std::mem::take(&mut self.venues);
        places.append(&mut self.services);
        places
    }
}

impl Tags<'_> {
    /// A value, without white space at its ends; none if nothing is left. Of a key that is there twice the last value counts.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let (_, value) = self.all.iter().rev().find(|(known, _)| known.as_str() == key)?;
        Some(value.as_str().trim()).filter(|value| !value.is_empty())
    }

    /// Every key and value, the later of two of a key first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let tags = self.all.iter().rev().map(|(key, value)| (key.as_str(), value.as_str().trim()));
        tags.filter(|(_, value)| !value.is_empty())
    }

    /// What the element is; none if nothing makes it a venue. A live tag outweighs what the place once was.
    pub(super) fn kind(&self, today: NaiveDate) -> Option<Kind> {
        let mut words = Words::default();
        for (key, value) in &self.all[..self.known] {
            words.add(key.as_str(), value.as_str());
        }
        let live = words.places();
        if !live.is_empty() {
            let status =
                if self.has_ended(today) { BusinessStatus::ClosedPermanently } else { BusinessStatus::Operational };
            return Some(Kind { words: with_more(live, words), status });
        }
        let (found, status) =
            [(&TO_COME[..], BusinessStatus::FutureOpening), (&GONE, BusinessStatus::ClosedPermanently)]
                .into_iter()
                .map(|(prefixes, status)| (self.under(prefixes), status))
                .find(|(found, _)| !found.is_empty())?;
        Some(Kind { words: with_more(found, words), status })
    }

    /// What the tags under keys with one of these prefixes and a colon would make of it, without the prefix: prefix by prefix.
    fn under(&self, prefixes: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for prefix in prefixes {
            let own = |key| str::strip_prefix(key, prefix)?.strip_prefix(':').filter(|key| words::makes_places(key));
            let tags: BTreeMap<&str, &str> =
                self.all.iter().filter_map(|(key, value)| Some((own(key.as_str())?, value.as_str()))).collect();
            let mut words = Words::default();
            for (key, value) in tags {
                words.add(key, value);
            }
            found.append(&mut words.places());
        }
        found
    }

    fn has_ended(&self, today: NaiveDate) -> bool {
        let flags = ["disused", "abandoned", "demolished", "ruins"];
        let flagged = flags.iter().any(|key| self.text(key) == Some("yes"));
        // `2019`, `2019-05`, `2019-05-01`: the end of what is written is past. Anything else ("before 1990") is left alone.
        let ended = self.text("end_date").is_some_and(|end| {
            let is_date =
                end.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && [4, 7, 10].contains(&end.len());
            let today = today.to_string();
            is_date && today.get(..end.len()).is_some_and(|now| end < now)
        });
        flagged || ended
    }

    #[cfg(test)]
    pub(super) fn of(tags: &[(&str, &str)]) -> Tags<'static> {
        let owned = |text: &str| Text::from(text.to_owned());
        let mut all = Tags::default();
        for &(key, value) in tags {
            all.add(owned(key), owned(value));
        }
        all
    }
}

impl<'a> Tags<'a> {
    fn add(&mut self, key: Text<'a>, value: Text<'a>) {
        if !words::is_known_key(key.as_str()) {
            self.all.push((key, value));
            return;
        }
        // There are few of them.
        match self.all[..self.known].binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(at) => self.all[at].1 = value,
            Err(at) => {
                self.all.insert(at, (key, value));
                self.known += 1;
            }
        }
    }
}

/// Adds the tags that say more of a place. They lead where its first tag says only that there is something to eat. A cuisine that
/// we do not know passes, last.
fn with_more(found: Vec<String>, words: Words) -> Vec<String> {
    let more_leads = found.first().is_some_and(|first| PLAIN.contains(&first.as_str()));
    let Words { kinds, unknown, .. } = words;
    let parts = if more_leads { [kinds, found, unknown] } else { [found, kinds, unknown] };
    let mut all: Vec<String> = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for word in parts.into_iter().flatten() {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    all
}

/// The values in a text, parted by semicolons, as tags with this key.
fn words_of(key: &str, values: &str) -> impl Iterator<Item = String> {
    let values = values.split(';').map(str::trim).filter(|value| !value.is_empty());
    values.map(move |value| {
        let mut word = String::with_capacity(key.len() + 1 + value.len());
        word.push_str(key);
        word.push('=');
        if value.is_ascii() {
            word.push_str(value);
            word.make_ascii_lowercase();
        } else {
            word.push_str(&value.to_lowercase());
        }
        if value.contains(' ') { word.replace(' ', "_") } else { word }
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for Tags<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Tags<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of tags")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut tags = Tags { all: Vec::with_capacity(12), known: 0 };
                while let Some((key, value)) = map.next_entry()? {
                    tags.add(key, value);
                }
                Ok(tags)
            }
        }

        deserializer.deserialize_map(All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(tags: &[(&str, &str)]) -> Option<(Vec<String>, BusinessStatus)> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        Tags::of(tags).kind(today).map(|kind| (kind.words, kind.status))
    }

    fn words(tags: &[(&str, &str)]) -> Vec<String> {
        kind(tags).map(|(words, _)| words).unwrap_or_default()
    }

    /// Items 7 and 8.
    #[test]
    fn lists_are_parted_trimmed_and_read_once() {
        assert_eq!(words(&[("amenity", "bar; cafe;bar")]), ["amenity=bar", "amenity=cafe"]);
        assert_eq!(
            words(&[("amenity", "restaurant"), ("cuisine", "pizza; italian_pizza ;Pizza;;regional;Fish and Chips")]),
            ["cuisine=pizza", "cuisine=fish_and_chips", "amenity=restaurant", "cuisine=italian_pizza"]
        );
    }

    #[test]
    fn what_is_eaten_leads_but_where_people_come_to_drink() {
        assert_eq!(words(&[("amenity", "cafe"), ("cuisine", "coffee_shop")]), ["cuisine=coffee_shop", "amenity=cafe"]);
        assert_eq!(words(&[("amenity", "pub"), ("cuisine", "italian")]), ["amenity=pub", "cuisine=italian"]);
    }

    #[test]
    fn a_venue_leads_before_the_service_beside_it() {
        assert_eq!(words(&[("amenity", "fuel"), ("shop", "convenience")]), ["shop=convenience", "amenity=fuel"]);
        assert_eq!(words(&[("office", "lawyer")]), ["office=lawyer"]);
    }

    #[test]
    fn what_makes_no_venue_is_none() {
        for tags in
            [&[("amenity", "bench")][..], &[("shop", "vacant")], &[("cuisine", "pizza")], &[("building", "yes")], &[]]
        {
            assert_eq!(kind(tags), None, "{tags:?}");
        }
    }

    /// Item 11.
    #[test]
    fn a_live_tag_outweighs_what_the_place_once_was() {
        let both = [("disused:amenity", "pub"), ("shop", "tea")];
        assert_eq!(kind(&both), Some((vec!["shop=tea".to_owned()], BusinessStatus::Operational)));
        let gone = kind(&both[..1]).unwrap();
        assert_eq!(gone, (vec!["amenity=pub".to_owned()], BusinessStatus::ClosedPermanently));
        let to_come = kind(&[("construction:amenity", "cafe"), ("was:shop", "tea")]).unwrap();
        assert_eq!(to_come, (vec!["amenity=cafe".to_owned()], BusinessStatus::FutureOpening));
    }

    #[test]
    fn an_end_that_is_past_closes_for_good() {
        let status = |key: &str, value: &str| kind(&[("amenity", "bar"), (key, value)]).unwrap().1;
        for (key, value) in
            [("disused", "yes"), ("end_date", "2019"), ("end_date", "2026-10"), ("end_date", "2026-11-21")]
        {
            assert_eq!(status(key, value), BusinessStatus::ClosedPermanently, "{key}={value}");
        }
        for (key, value) in [("disused", "no"), ("end_date", "2026"), ("end_date", "2031-01-01"), ("end_date", "~1990")]
        {
            assert_eq!(status(key, value), BusinessStatus::Operational, "{key}={value}");
        }
    }
}
