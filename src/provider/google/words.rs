use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::request::PROVIDER;
use crate::provider::contract::UnknownType;
use crate::provider::lexicon::{self, Lexicon, Wanted, optional};

/// `includedTypes` takes so many words.
pub(super) const WORDS_PER_QUERY: usize = 50;

/// Words whose counts are worth their time, at most.
const MOST_TELLING: usize = 8;

/// One line of `types.csv`, whose head explains the columns.
#[derive(Debug, Clone, Copy)]
struct Word {
    askable: bool,
    code: Option<&'static str>,
    matched: Match,
    rolls_up_to: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    Exact,
    Broader,
    Narrower,
    Generic,
}

static WORDS: LazyLock<BTreeMap<&'static str, Word>> = LazyLock::new(|| read(include_str!("types.csv")));

const LEXICON: Lexicon = Lexicon {
    provider: PROVIDER,
    how_written: "a word of google is written `google:<word>`",
    lacking: "Google has no type for it",
    own: own_word,
    asking_for,
    mistaken,
};

/// The canonical code of a type, if it has one.
pub(super) fn code(word: &str) -> Option<&'static str> {
    WORDS.get(word).and_then(|known| known.code)
}

/// Whether a type says nothing of a place that has another one: `store`, or `meal_takeaway` beside `greek_restaurant`, which
/// Google gives to everybody who sells over the counter too.
pub(super) fn is_vague(word: &str, is_primary: bool) -> bool {
    WORDS.get(word).is_some_and(|known| match known.matched {
        Match::Generic => true,
        Match::Narrower => !is_primary,
        Match::Exact | Match::Broader => false,
    })
}

/// The words that ask for these canonical codes and their descendants, or for Google's own words (`google:meal_takeaway`).
/// Where they are more than one question takes, a word goes whose wider word is asked for too; what is left may still be more
/// than [`WORDS_PER_QUERY`], and then has to be asked in several questions.
pub(super) fn words(types: &[String]) -> Result<Vec<String>, UnknownType> {
    let mut all = LEXICON.words(types)?;
    if all.len() > WORDS_PER_QUERY {
        let every = all.clone();
        all.retain(|word| !has_wider(word, &every));
    }
    Ok(all.into_iter().map(str::to_owned).collect())
}

/// The same for a way of asking that takes one word at a time: the widest come first, because what they return is not paid for again.
/// There is no word for every type.
pub(super) fn one_by_one(types: &[String]) -> Result<Vec<String>, UnknownType> {
    if types.is_empty() {
        return Err(UnknownType {
            provider: PROVIDER,
            name: "every type".to_owned(),
            hint: ": its Text Search asks for one type at a time; name the region's types, or take the method `nearby`"
                .to_owned(),
        });
    }
    let mut all = words(types)?;
    // A stable sort: the order among equals is that of the types.
    all.sort_by_key(|word| std::iter::successors(wider(word), |word| wider(word)).count());
    Ok(all)
}

/// Words that tell together where the venues of all the words are; none where they are many.
pub(super) fn telling(words: &[String]) -> Vec<String> {
    let all: Vec<&str> = words.iter().map(String::as_str).collect();
    let widest: Vec<String> = words.iter().filter(|word| !has_wider(word, &all)).cloned().collect();
    if widest.len() <= MOST_TELLING { widest } else { Vec::new() }
}

/// The word that Google lists with this one.
fn wider(word: &str) -> Option<&'static str> {
    WORDS.get(word).and_then(|known| known.rolls_up_to)
}

/// Whether some word that Google lists with this one is in the list.
fn has_wider(word: &str, list: &[&str]) -> bool {
    std::iter::successors(wider(word), |word| wider(word)).any(|word| list.contains(&word))
}

fn asking_for(wanted: &Wanted<'_>) -> Vec<&'static str> {
    WORDS
        .iter()
        .filter(|(_, word)| word.askable && matches!(word.matched, Match::Exact | Match::Broader))
        .filter(|(_, word)| word.code.is_some_and(wanted))
        .map(|(word, _)| *word)
        .collect()
}

/// A word of Google's Table A as written in the settings, or what to write instead.
fn own_word(own: &str) -> Result<&'static str, String> {
    match WORDS.get_key_value(own) {
        Some((word, known)) if known.askable => Ok(*word),
        Some(_) => Err(": Google gives this type in answers only, it cannot be asked for".to_owned()),
        None => {
            let askable = WORDS.iter().filter(|(_, known)| known.askable).map(|(word, _)| *word);
            Err(lexicon::nearest(own, askable)
                .map_or_else(String::new, |word| format!(": the nearest of its types is `{PROVIDER}:{word}`")))
        }
    }
}

fn mistaken(name: &str) -> Option<String> {
    let known = WORDS.get(name).filter(|known| known.askable)?;
    Some(format!(": it is a word of Google's, written `{PROVIDER}:{name}`{}", lexicon::ours(known.code)))
}

fn read(csv: &'static str) -> BTreeMap<&'static str, Word> {
    lexicon::table(csv)
        .map(|[word, table, code, matched, rolls_up_to]| {
            let matched = match matched {
                "exact" => Match::Exact,
                "broader" => Match::Broader,
                "narrower" => Match::Narrower,
                _ => Match::Generic,
            };
            let (code, rolls_up_to) = (optional(code), optional(rolls_up_to));
            (word, Word { askable: table == "A", code, matched, rolls_up_to })
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
        let lines = include_str!("types.csv").lines().filter(|line| !line.starts_with('#')).skip(1);
        let mut count = 0;
        for line in lines {
            let cells: Vec<_> = line.split(',').collect();
            let [word, table, code, matched, rolls_up_to] = cells[..] else { panic!("five cells: {line}") };
            assert!(["A", "B"].contains(&table), "{line}");
            match matched {
                "exact" | "broader" | "narrower" => assert!(Vocabulary::ours().get(code).is_some(), "{line}"),
                // Of Table A, every type has a code.
                "generic" => {
                    assert!(Vocabulary::ours().get(code).is_some() || (code.is_empty() && table == "B"), "{line}");
                }
                other => panic!("{other} is no match: {line}"),
            }
            assert!(rolls_up_to.is_empty() || WORDS[rolls_up_to].askable, "{line}");
            assert_ne!(word, rolls_up_to);
            count += 1;
        }
        assert_eq!((count, WORDS.len()), (514, 514));
        let table_a = WORDS.values().filter(|word| word.askable);
        assert_eq!((table_a.clone().count(), table_a.filter(|word| word.code.is_some()).count()), (478, 478));
    }

    #[test]
    fn a_code_asks_for_its_descendants() {
        assert_eq!(ask(&["italian_restaurant"]).unwrap(), ["italian_restaurant", "pizza_delivery", "pizza_restaurant"]);
        assert_eq!(ask(&["pub", "irish_pub"]).unwrap(), ["irish_pub", "pub"]);
    }

    #[test]
    fn a_wide_region_fits_one_question() {
        let words = ask(&["restaurant", "cafe", "bar"]).unwrap();
        assert!(words.len() <= WORDS_PER_QUERY, "{words:?}");
        for word in ["restaurant", "cafe", "bar", "cafeteria", "noodle_shop"] {
            assert!(words.contains(&word.to_owned()), "{word} is missing from {words:?}");
        }
        assert!(!words.contains(&"thai_restaurant".to_owned()), "restaurant stands for it");
        for whole in ["food_and_drink", "arts_and_entertainment", "lodging", "shopping", "sports_and_recreation"] {
            assert!(ask(&[whole]).unwrap().len() <= WORDS_PER_QUERY, "{whole}");
        }
    }

    #[test]
    fn one_by_one_the_widest_word_comes_first() {
        let types = ["google:italian_restaurant", "google:wine_bar", "google:restaurant", "google:bar"];
        let words = one_by_one(&types.map(str::to_owned)).unwrap();
        assert_eq!(words, ["restaurant", "bar", "italian_restaurant", "wine_bar"]);
        let error = one_by_one(&[]).unwrap_err().to_string();
        assert!(error.contains("one type at a time") && error.contains("`nearby`"), "{error}");
    }

    #[test]
    fn a_few_words_tell_where_all_of_them_are_or_none_does() {
        let telling_of = |types: &[&str]| telling(&ask(types).unwrap());
        assert_eq!(telling_of(&["bar"]), ["bar"], "every kind of it is a bar");
        let three = telling_of(&["restaurant", "cafe", "bar"]);
        assert!(three.len() == 8 && three.contains(&"restaurant".to_owned()), "{three:?}");
        assert!(telling_of(&["food_and_drink"]).is_empty(), "too many to be worth their time");
        assert!(telling(&[]).is_empty());
    }

    #[test]
    fn a_word_is_kept_where_its_wider_word_is_not_asked_for() {
        let words = ask(&["asian_restaurant", "european_restaurant", "latin_american_restaurant"]).unwrap();
        assert!(words.len() > WORDS_PER_QUERY, "several questions: {}", words.len());
        assert!(words.contains(&"thai_restaurant".to_owned()));
    }

    #[test]
    fn googles_own_words_pass_if_they_can_be_asked_for() {
        assert_eq!(ask(&["google:meal_takeaway"]).unwrap(), ["meal_takeaway"]);
        assert_eq!(
            ask(&["google:meal_takeway"]).unwrap_err(),
            "google has no type for `google:meal_takeway`: the nearest of its types is `google:meal_takeaway`"
        );
        assert!(ask(&["google:food"]).unwrap_err().contains("cannot be asked for"));
        assert!(ask(&["yelp:bars"]).unwrap_err().contains("`google:<word>`"));
    }

    #[test]
    fn what_is_unknown_gets_a_hint() {
        let error = ask(&["restaurants"]).unwrap_err();
        assert!(error.contains("the nearest of our categories are `restaurant`"), "{error}");
        let error = ask(&["night_club"]).unwrap_err();
        assert!(error.contains("`google:night_club`; our category for it is `dance_club`"), "{error}");
        let error = ask(&["bubble_tea_shop"]).unwrap_err();
        assert!(
            error.contains("Google has no type for it; the wider one is `non_alcoholic_beverage_venue`"),
            "{error}"
        );
        assert!(ask(&["zzzzzzzz"]).unwrap_err().ends_with("none of our categories"));
    }
}
