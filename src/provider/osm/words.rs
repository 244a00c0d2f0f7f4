use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::model::Vocabulary;
use crate::provider::contract::UnknownType;

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
    /// Says more of a venue.
    Kind,
    /// Says nothing that we could name.
    Vague,
}

static WORDS: LazyLock<BTreeMap<&'static str, Word>> = LazyLock::new(|| read(include_str!("categories.csv")));

/// The canonical code of a tag, if it has one.
pub(super) fn code(word: &str) -> Option<&'static str> {
    WORDS.get(word).and_then(|known| known.code)
}

/// What a tag (`amenity=bar`) does; none for one that we do not know.
pub(super) fn role(word: &str) -> Option<Role> {
    WORDS.get(word).map(|known| known.role)
}

/// The keys of which some value makes a venue, in order of the alphabet.
pub(super) fn venue_keys() -> Vec<&'static str> {
    let mut keys: Vec<_> = venue_words().filter_map(|word| word.split_once('=')).map(|(key, _)| key).collect();
    keys.dedup();
    keys
}

/// Every tag that makes a venue, in order of the alphabet.
pub(super) fn venue_words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().filter(|(_, known)| known.role == Role::Venue).map(|(word, _)| *word)
}

/// The tags that ask for these canonical codes and their descendants, or for a tag itself (`osm:shop=tea`), in the order of the
/// types.
pub(super) fn words(types: &[String]) -> Result<Vec<String>, UnknownType> {
    let mut all: Vec<&'static str> = Vec::new();
    for name in types {
        for word in of_type(name)? {
            if !all.contains(&word) {
                all.push(word);
            }
        }
    }
    Ok(all.into_iter().map(str::to_owned).collect())
}

fn of_type(name: &str) -> Result<Vec<&'static str>, UnknownType> {
    let unknown = |hint: String| UnknownType { provider: PROVIDER, name: name.to_owned(), hint };
    if let Some((provider, own)) = name.split_once(':')
        && (provider == PROVIDER || !provider.contains('='))
    {
        if provider != PROVIDER {
            return Err(unknown(format!(": a tag of OpenStreetMap is written `{PROVIDER}:<key>=<value>`")));
        }
        return own_word(own).map(|word| vec![word]).map_err(unknown);
    }
    let vocabulary = Vocabulary::ours();
    let Some(category) = vocabulary.get(name) else { return Err(unknown(suggest(name))) };
    let within = |known: &Word| known.code.is_some_and(|code| vocabulary.is_within(code, name));
    let words: Vec<_> = WORDS.iter().filter(|(_, known)| within(known)).map(|(word, _)| *word).collect();
    if words.is_empty() {
        let wider = category.parent.map_or_else(String::new, |wider| format!("; the wider one is `{wider}`"));
        return Err(unknown(format!(": it is one of our categories, but no tag says so much{wider}")));
    }
    Ok(words)
}

/// A tag as written in the settings, or what to write instead.
fn own_word(own: &str) -> Result<&'static str, String> {
    let askable = |known: &Word| known.role != Role::Vague;
    if let Some((word, _)) = WORDS.get_key_value(own).filter(|(_, known)| askable(known)) {
        return Ok(word);
    }
    let nearest = WORDS
        .iter()
        .filter(|(_, known)| askable(known))
        .map(|(word, _)| (strsim::jaro_winkler(own, word), word))
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    Err(nearest.map_or_else(String::new, |(_, word)| format!(": the nearest tag of a venue is `{PROVIDER}:{word}`")))
}

/// What to write instead of a name that is none of our codes.
fn suggest(name: &str) -> String {
    if let Some((word, known)) = WORDS.get_key_value(name) {
        let ours = known.code.map(|code| format!("; our category for it is `{code}`")).unwrap_or_default();
        return format!(": it is a tag, written `{PROVIDER}:{word}`{ours}");
    }
    let nearest: Vec<_> = Vocabulary::ours().nearest(name).into_iter().map(|code| format!("`{code}`")).collect();
    match nearest.as_slice() {
        [] => ": it is none of our categories".to_owned(),
        some => format!(": the nearest of our categories are {}", some.join(", ")),
    }
}

fn read(csv: &'static str) -> BTreeMap<&'static str, Word> {
    csv.lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .map(|line| {
            let mut cells = line.split(',');
            let mut cell = || cells.next().expect("every line of the embedded file has three cells: tested");
            let (word, code, role) = (cell(), cell(), cell());
            let role = match role {
                "venue" => Role::Venue,
                "kind" => Role::Kind,
                _ => Role::Vague,
            };
            (word, Word { code: Some(code).filter(|code| !code.is_empty()), role })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
                "venue" | "kind" => assert!(Vocabulary::ours().get(code).is_some(), "{line}"),
                "vague" => assert_eq!(code, "", "{line}"),
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
