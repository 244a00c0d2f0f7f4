use std::fmt;

use chrono::NaiveDate;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::words::{self, Role};
use crate::model::BusinessStatus;
use crate::provider::body::Text;

/// Tags of an element: keys and values, in order of the keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tags<'a>(Vec<(Text<'a>, Text<'a>)>);

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

impl Tags<'_> {
    /// A value, without white space at its ends; none if nothing is left.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(known, _)| known.as_str().cmp(key)).ok()?;
        Some(self.0[at].1.as_str().trim()).filter(|value| !value.is_empty())
    }

    /// Every key and value, in order of the keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let tags = self.0.iter().map(|(key, value)| (key.as_str(), value.as_str().trim()));
        tags.filter(|(_, value)| !value.is_empty())
    }

    /// What the element is; none if nothing makes it a venue. A live tag outweighs what the place once was.
    pub(super) fn kind(&self, today: NaiveDate) -> Option<Kind> {
        let live = self.venue_words("");
        if !live.is_empty() {
            let status =
                if self.has_ended(today) { BusinessStatus::ClosedPermanently } else { BusinessStatus::Operational };
            return Some(Kind { words: self.with_more(live), status });
        }
        let of = |prefixes: &[&str], status| {
            let words: Vec<String> = prefixes.iter().flat_map(|prefix| self.venue_words(prefix)).collect();
            Some(Kind { words: self.with_more(words), status }).filter(|kind| !kind.words.is_empty())
        };
        of(&TO_COME, BusinessStatus::FutureOpening).or_else(|| of(&GONE, BusinessStatus::ClosedPermanently))
    }

    /// The tags that make a venue among those under keys with this prefix and a colon, without these; `""` for keys without any.
    fn venue_words(&self, prefix: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (key, value) in self.iter() {
            let own = if prefix.is_empty() {
                Some(key)
            } else {
                key.strip_prefix(prefix).and_then(|key| key.strip_prefix(':'))
            };
            let Some(key) = own.filter(|key| words::makes_venues(key)) else { continue };
            for word in words_of(key, value) {
                if words::role(&word) == Some(Role::Venue) && !found.contains(&word) {
                    found.push(word);
                }
            }
        }
        found
    }

    /// Adds the tags that say more of a venue; nothing where there is none. They lead where the first tag says only that there is
    /// something to eat. A cuisine that we do not know passes, last.
    fn with_more(&self, found: Vec<String>) -> Vec<String> {
        let Some(first) = found.first() else { return found };
        let more_leads = PLAIN.contains(&first.as_str());
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (key, value) in self.iter().filter(|(key, _)| words::is_known_key(key)) {
            for word in words_of(key, value) {
                match words::role(&word) {
                    Some(Role::Kind) => known.push(word),
                    None if key == "cuisine" => unknown.push(word),
                    Some(Role::Venue | Role::Vague) | None => {}
                }
            }
        }
        let parts = if more_leads { [known, found, unknown] } else { [found, known, unknown] };
        let mut all: Vec<String> = Vec::new();
        for word in parts.into_iter().flatten() {
            if !all.contains(&word) {
                all.push(word);
            }
        }
        all
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
        Tags::sorted(tags.iter().map(|&(key, value)| (owned(key), owned(value))).collect())
    }
}

impl<'a> Tags<'a> {
    /// Of a key that is there twice the last value counts.
    fn sorted(mut tags: Vec<(Text<'a>, Text<'a>)>) -> Self {
        tags.sort_by(|(one, _), (other, _)| one.cmp(other));
        tags.dedup_by(|later, kept| {
            let is_same = later.0 == kept.0;
            if is_same {
                std::mem::swap(later, kept);
            }
            is_same
        });
        Self(tags)
    }
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
            type Value = Vec<(Text<'de>, Text<'de>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of tags")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut tags = Vec::with_capacity(12);
                while let Some(tag) = map.next_entry()? {
                    tags.push(tag);
                }
                Ok(tags)
            }
        }

        deserializer.deserialize_map(All).map(Self::sorted)
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
    fn what_makes_no_venue_is_none() {
        for tags in [&[("amenity", "bench")][..], &[("cuisine", "pizza")], &[("building", "yes")], &[]] {
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
