use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::request::PROVIDER;
use crate::provider::contract::UnknownType;
use crate::provider::lexicon::{self, Lexicon, Wanted};

/// Aliases that we put into one question. Yelp names no limit; so many still make an address of a length that every server takes.
pub(super) const WORDS_PER_QUERY: usize = 100;

/// One line of `categories.csv`, whose head explains the columns.
#[derive(Debug, Clone, Copy)]
struct Alias {
    code: &'static str,
    matched: Match,
    parents: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    Exact,
    Broader,
    Narrower,
}

static ALIASES: LazyLock<BTreeMap<&'static str, Alias>> = LazyLock::new(|| read(include_str!("categories.csv")));

const LEXICON: Lexicon = Lexicon {
    provider: PROVIDER,
    how_written: "a word of yelp is written `yelp:<alias>`",
    lacking: "Yelp has none for it",
    own: own_word,
    asking_for,
    mistaken,
};

/// The canonical code of an alias, if it has one.
pub(super) fn code(alias: &str) -> Option<&'static str> {
    ALIASES.get(alias).map(|known| known.code)
}

/// The aliases that ask for these canonical codes and their descendants, or for Yelp's own words (`yelp:coffee`). Where they are
/// more than fit one question, an alias goes whose wider alias is asked for too.
///
/// No types ask for Yelp's roots: a search without a word finds only what Yelp thinks popular.
pub(super) fn words(types: &[String]) -> Result<Vec<String>, UnknownType> {
    if types.is_empty() {
        let roots = ALIASES.iter().filter(|(_, alias)| alias.parents.is_empty()).map(|(word, _)| (*word).to_owned());
        return Ok(roots.collect());
    }
    let mut all = LEXICON.words(types)?;
    if all.len() > WORDS_PER_QUERY {
        let every = all.clone();
        all.retain(|word| !has_wider(word, &every));
    }
    Ok(all.into_iter().map(str::to_owned).collect())
}

/// Whether some alias above this one is in the list. Yelp's tree is four levels deep at most.
fn has_wider(word: &str, list: &[&str]) -> bool {
    let parents = ALIASES.get(word).map_or("", |known| known.parents);
    parents
        .split('|')
        .filter(|parent| !parent.is_empty())
        .any(|parent| list.contains(&parent) || has_wider(parent, list))
}

fn asking_for(wanted: &Wanted<'_>) -> Vec<&'static str> {
    ALIASES
        .iter()
        .filter(|(_, alias)| matches!(alias.matched, Match::Exact | Match::Broader))
        .filter(|(_, alias)| wanted(alias.code))
        .map(|(word, _)| *word)
        .collect()
}

/// An alias as written in the settings, or what to write instead.
fn own_word(own: &str) -> Result<&'static str, String> {
    if let Some((word, _)) = ALIASES.get_key_value(own) {
        return Ok(word);
    }
    let nearest = lexicon::nearest(own, ALIASES.keys().copied());
    Err(nearest.map_or_else(String::new, |word| format!(": the nearest of its aliases is `{PROVIDER}:{word}`")))
}

fn mistaken(name: &str) -> Option<String> {
    let known = ALIASES.get(name)?;
    Some(format!(": it is an alias of Yelp's, written `{PROVIDER}:{name}`{}", lexicon::ours(Some(known.code))))
}

fn read(csv: &'static str) -> BTreeMap<&'static str, Alias> {
    lexicon::table(csv)
        .map(|[word, code, matched, parents]| {
            let matched = match matched {
                "exact" => Match::Exact,
                "broader" => Match::Broader,
                _ => Match::Narrower,
            };
            (word, Alias { code, matched, parents })
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
        let lines = include_str!("categories.csv").lines().filter(|line| !line.starts_with('#')).skip(1);
        let mut count = 0;
        for line in lines {
            let cells: Vec<_> = line.split(',').collect();
            let [word, code, matched, parents] = cells[..] else { panic!("four cells: {line}") };
            match matched {
                "exact" | "broader" | "narrower" => assert!(Vocabulary::ours().get(code).is_some(), "{line}"),
                other => panic!("{other} is no match: {line}"),
            }
            for parent in parents.split('|').filter(|parent| !parent.is_empty()) {
                assert!(parent != word && ALIASES.contains_key(parent), "{line}");
            }
            count += 1;
        }
        assert_eq!((count, ALIASES.len()), (1_565, 1_565));
    }

    /// 100 % of Yelp's own list, whatever the number of businesses of an alias: where we have no code, that of a wider alias stands.
    #[test]
    fn every_alias_of_the_list_has_a_code_and_a_venue_one_of_its_own_kind() {
        for (word, alias) in ALIASES.iter() {
            assert!(Vocabulary::ours().get(alias.code).is_some(), "{word}");
        }
        let within = |word: &str, root: &str| Vocabulary::ours().is_within(ALIASES[word].code, root);
        let of_restaurants = ALIASES.iter().filter(|(_, alias)| alias.parents == "restaurants");
        for (word, _) in of_restaurants {
            // A dinner theatre is a restaurant to Yelp.
            assert!(within(word, "food_and_drink") || within(word, "arts_and_entertainment"), "{word}");
        }
    }

    #[test]
    fn aliases_that_mislead_mean_what_they_are() {
        let known = ["hotdogs", "hotdog", "coffee", "coffeeshops", "indpak", "noodles", "food", "football"].map(code);
        let meant = [
            "fast_food_restaurant",
            "hot_dog_restaurant",
            "coffee_shop",
            "nightlife_venue",
            "indian_restaurant",
            "noodle_shop",
            "food_and_drink",
            "sports_and_recreation",
        ];
        assert_eq!(known, meant.map(Some));
        assert_eq!((code("dentists"), code("tidal_kitchen")), (Some("dental_clinic"), None));
    }

    #[test]
    fn a_code_asks_for_its_descendants() {
        assert_eq!(ask(&["pub"]).unwrap(), ["irish_pubs", "island_pub", "pubfood", "pubs"]);
        assert_eq!(
            ask(&["vietnamese_restaurant", "yelp:coffee", "coffee_shop"]).unwrap(),
            ["vietnamese", "coffee", "coffeeroasteries"]
        );
    }

    #[test]
    fn a_wide_region_fits_one_question() {
        let words = ask(&["restaurant", "cafe", "bar", "bakery"]).unwrap();
        assert!(words.len() <= WORDS_PER_QUERY, "{words:?}");
        for word in ["restaurants", "bars", "bakeries", "internetcafe", "poke"] {
            assert!(words.contains(&word.to_owned()), "{word} is missing from {words:?}");
        }
        assert!(!words.contains(&"thai".to_owned()), "restaurants stands for it");
        for whole in ["food_and_drink", "arts_and_entertainment", "lodging", "shopping", "sports_and_recreation"] {
            assert!(ask(&[whole]).unwrap().len() <= WORDS_PER_QUERY, "{whole}");
        }
    }

    #[test]
    fn no_types_ask_for_every_root() {
        let words = ask(&[]).unwrap();
        assert!(words.len() > 15 && words.len() <= WORDS_PER_QUERY, "{words:?}");
        assert!(words.contains(&"restaurants".to_owned()) && words.contains(&"hotelstravel".to_owned()));
    }

    #[test]
    fn what_is_unknown_gets_a_hint() {
        let error = |types: &[&str]| ask(types).unwrap_err();
        assert_eq!(
            error(&["yelp:cofee"]),
            "yelp has no type for `yelp:cofee`: the nearest of its aliases is `yelp:coffee`"
        );
        assert!(error(&["google:bar"]).contains("`yelp:<alias>`"));
        assert!(error(&["pubs"]).contains("`yelp:pubs`; our category for it is `pub`"), "{}", error(&["pubs"]));
        assert!(error(&["restaurant_"]).contains("the nearest of our categories are `restaurant`"));
        assert!(error(&["rooftop_bar"]).contains("Yelp has none for it; the wider one is `bar`"));
        assert!(error(&["zzzzzzzz"]).ends_with("none of our categories"));
    }
}
