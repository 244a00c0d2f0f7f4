use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use crate::provider::contract::UnknownType;
use crate::provider::lexicon::{self, Lexicon, Wanted, optional};

/// The word in `venues.provider_name`.
pub(super) const PROVIDER: &str = "osm";

/// One line of `categories.csv`, whose head explains the columns.
#[derive(Debug, Clone, Copy)]
struct Word {
    code: Option<&'static str>,
    role: Role,
}

/// What a tag does for an element that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Makes it a venue.
    Venue,
    /// Makes it a place that people go to on business (a bank, a school): asked for only by its code or by its own name.
    Service,
    /// Says more of a venue.
    Kind,
    /// Says nothing that we could name.
    Vague,
}

impl Role {
    /// Whether an element with such a tag is kept.
    pub(super) fn makes_a_place(self) -> bool {
        matches!(self, Self::Venue | Self::Service)
    }
}

/// In order of the alphabet.
static WORDS: LazyLock<BTreeMap<&'static str, Word>> = LazyLock::new(|| read(include_str!("categories.csv")));

/// The same, found sooner: every row asks for some.
static BY_WORD: LazyLock<HashMap<&'static str, Word>> =
    LazyLock::new(|| WORDS.iter().map(|(word, known)| (*word, *known)).collect());

const LEXICON: Lexicon = Lexicon {
    provider: PROVIDER,
    how_written: "a tag of OpenStreetMap is written `osm:<key>=<value>`",
    lacking: "no tag says so much",
    own: own_word,
    asking_for,
    mistaken,
};

/// The canonical code of a tag, if it has one.
pub(super) fn code(word: &str) -> Option<&'static str> {
    BY_WORD.get(word).and_then(|known| known.code)
}

/// What a tag (`amenity=bar`) does; none for one that we do not know.
pub(super) fn role(word: &str) -> Option<Role> {
    BY_WORD.get(word).map(|known| known.role)
}

/// What the values under a key make of an element.
#[derive(Debug, Clone, Copy, Default)]
struct Key {
    /// Some value makes a venue.
    of_venues: bool,
    /// Some value makes a venue or a service.
    of_places: bool,
}

/// Every key of the table.
static KEYS: LazyLock<BTreeMap<&'static str, Key>> = LazyLock::new(|| {
    let mut keys: BTreeMap<&str, Key> = BTreeMap::new();
    for (key, known) in WORDS.iter().filter_map(|(word, known)| Some((word.split_once('=')?.0, known))) {
        let of = keys.entry(key).or_default();
        of.of_venues |= known.role == Role::Venue;
        of.of_places |= known.role.makes_a_place();
    }
    keys
});

/// The same by their length, which tells most keys of the map from all of them.
static KEYS_BY_LENGTH: LazyLock<Vec<Vec<(&'static str, Key)>>> = LazyLock::new(|| {
    let longest = KEYS.keys().map(|key| key.len()).max().unwrap_or(0);
    let of_length = |length| KEYS.iter().filter(|(key, _)| key.len() == length).map(|(key, of)| (*key, *of)).collect();
    (0..=longest).map(of_length).collect()
});

fn key(name: &str) -> Option<Key> {
    KEYS_BY_LENGTH.get(name.len())?.iter().find(|(key, _)| *key == name).map(|(_, of)| *of)
}

/// The keys of which some value makes a venue, in order of the alphabet.
pub(super) fn venue_keys() -> Vec<&'static str> {
    KEYS.iter().filter(|(_, of)| of.of_venues).map(|(key, _)| *key).collect()
}

/// Whether some value under this key makes a venue or a service.
pub(super) fn makes_places(name: &str) -> bool {
    key(name).is_some_and(|of| of.of_places)
}

/// Whether some value under this key is in the table.
pub(super) fn is_known_key(name: &str) -> bool {
    key(name).is_some()
}

/// Every tag that makes a venue, in order of the alphabet.
pub(super) fn venue_words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().filter(|(_, known)| known.role == Role::Venue).map(|(word, _)| *word)
}

/// The tags that ask for these canonical codes and their descendants, or for a tag itself (`osm:shop=tea`), in the order of the
/// types.
pub(super) fn words(types: &[String]) -> Result<Vec<String>, UnknownType> {
    Ok(LEXICON.words(types)?.into_iter().map(str::to_owned).collect())
}

fn asking_for(wanted: &Wanted<'_>) -> Vec<&'static str> {
    let asks = |known: &Word| known.role != Role::Vague && known.code.is_some_and(wanted);
    WORDS.iter().filter(|(_, known)| asks(known)).map(|(word, _)| *word).collect()
}

/// A tag as written in the settings, or what to write instead.
fn own_word(own: &str) -> Result<&'static str, String> {
    let askable = |known: &Word| known.role != Role::Vague;
    if let Some((word, _)) = WORDS.get_key_value(own).filter(|(_, known)| askable(known)) {
        return Ok(word);
    }
    let askables = WORDS.iter().filter(|(_, known)| askable(known)).map(|(word, _)| *word);
    let nearest = lexicon::nearest(own, askables);
    Err(nearest.map_or_else(String::new, |word| format!(": the nearest tag of a venue is `{PROVIDER}:{word}`")))
}

fn mistaken(name: &str) -> Option<String> {
    let known = WORDS.get(name)?;
    Some(format!(": it is a tag, written `{PROVIDER}:{name}`{}", lexicon::ours(known.code)))
}

fn read(csv: &'static str) -> BTreeMap<&'static str, Word> {
    lexicon::table(csv)
        .map(|[word, code, role]| {
            let role = match role {
                "venue" => Role::Venue,
                "service" => Role::Service,
                "kind" => Role::Kind,
                _ => Role::Vague,
            };
            (word, Word { code: optional(code), role })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Vocabulary;

    fn ask(types: &[&str]) -> Result<Vec<String>, String> {
        words(&types.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_line_of_the_mapping_has_a_considered_value() {
        let lines: Vec<_> =
            include_str!("categories.csv").lines().filter(|line| !line.starts_with('#')).skip(1).collect();
        for line in &lines {
            let cells: Vec<_> = line.split(',').collect();
            let [word, code, role] = cells[..] else { panic!("three cells: {line}") };
            let (key, value) = word.split_once('=').unwrap();
            // These characters mean nothing to a regular expression: a word stands in one as it is.
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:-".contains(c);
            assert!(!key.is_empty() && key.chars().all(plain), "{line}");
            assert!(!value.is_empty() && value.chars().all(plain), "{line}");
            match role {
                "venue" | "service" | "kind" => assert!(Vocabulary::ours().get(code).is_some(), "{line}"),
                "vague" => assert!(code.is_empty() || Vocabulary::ours().get(code).is_some(), "{line}"),
                other => panic!("{other} is no role: {line}"),
            }
        }
        assert_eq!(lines.len(), WORDS.len(), "no tag is there twice");
    }

    /// The tags of the sample that the vocabulary was chosen by.
    #[test]
    fn the_common_kinds_have_their_code() {
        for (word, expected) in [
            ("amenity=restaurant", "restaurant"),
            ("amenity=cafe", "cafe"),
            ("cuisine=coffee_shop", "coffee_shop"),
            ("cuisine=pizza", "pizza_restaurant"),
            ("amenity=fast_food", "fast_food_restaurant"),
            ("amenity=pub", "pub"),
            ("amenity=nightclub", "dance_club"),
            ("shop=books", "bookstore"),
            ("shop=supermarket", "grocery_store"),
            ("tourism=museum", "museum"),
            ("leisure=fitness_centre", "gym"),
            ("craft=brewery", "brewery"),
            ("diet:vegetarian=only", "vegetarian_restaurant"),
        ] {
            assert_eq!(code(word), Some(expected), "{word}");
        }
    }

    /// 100 % of the tags that are met most.
    #[test]
    fn the_200_most_used_tags_have_a_code() {
        let list = include_str!("../../../fixtures/osm/most_used_tags.txt");
        let tags: Vec<_> = list.lines().filter(|line| !line.starts_with('#')).collect();
        let without: Vec<_> = tags.iter().filter(|tag| code(tag).is_none()).collect();
        assert_eq!((tags.len(), without), (200, vec![]));
    }

    #[test]
    fn a_service_is_asked_for_by_its_code_and_never_without_types() {
        assert_eq!(ask(&["bank"]).unwrap(), ["amenity=bank"]);
        assert_eq!(ask(&["osm:amenity=school"]).unwrap(), ["amenity=school"]);
        assert!(venue_words().all(|word| word != "amenity=bank") && !venue_keys().contains(&"healthcare"));
        assert!(!ask(&["shopping"]).unwrap().contains(&"shop=vacant".to_owned()), "nothing is in it");
    }

    #[test]
    fn a_code_asks_for_its_descendants() {
        assert_eq!(ask(&["cafe"]).unwrap(), ["amenity=cafe", "amenity=internet_cafe"]);
        let restaurants = ask(&["restaurant"]).unwrap();
        for word in ["amenity=restaurant", "cuisine=pizza", "diet:vegan=only"] {
            assert!(restaurants.contains(&word.to_owned()), "{word}");
        }
        assert!(!restaurants.contains(&"amenity=pub".to_owned()));
    }

    #[test]
    fn a_tag_itself_can_be_asked_for() {
        assert_eq!(ask(&["osm:shop=tea"]).unwrap(), ["shop=tea"]);
        assert_eq!(ask(&["osm:diet:vegan=only"]).unwrap(), ["diet:vegan=only"]);
        assert!(ask(&["osm:shop=te"]).unwrap_err().contains("`osm:shop=tea`"));
        assert!(ask(&["google:bar"]).unwrap_err().contains("`osm:<key>=<value>`"));
    }

    #[test]
    fn what_is_unknown_gets_a_hint() {
        assert!(ask(&["restaurants"]).unwrap_err().contains("the nearest of our categories are `restaurant`"));
        assert!(ask(&["amenity=bar"]).unwrap_err().contains("`osm:amenity=bar`; our category for it is `bar`"));
        assert!(ask(&["tiki_bar"]).unwrap_err().contains("the wider one is `bar`"));
        assert!(ask(&["zzzzzzzz"]).unwrap_err().ends_with("none of our categories"));
    }
}
