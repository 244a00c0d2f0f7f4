use std::borrow::Cow;
use std::cmp::Reverse;

use crate::model::{Field, Vocabulary};

/// Categories that one venue has at most.
const MOST: usize = 5;

/// Characters of a slug at most.
const LONGEST: usize = 64;

/// The canonical codes of a provider's words, most specific first, at most five; a word without a code passes as its slug, after
/// the codes. The provider's first word leads; only a wide one (`restaurant`, a root) gives way to narrower kinds of it. The rest is
/// ordered by depth, then by code, so that the order of the provider's other words decides nothing. A root (`food_and_drink`) goes where a kind of it is
/// there. The column is never null: absent becomes none.
///
/// Beside them the words that have no code, in order of the alphabet.
pub(super) fn codes(
    given: Field<Vec<String>>,
    code_of: &dyn Fn(&str) -> Option<&'static str>,
) -> (Field<Vec<String>>, Vec<String>) {
    let words = match given {
        Field::NotAsked => return (Field::NotAsked, Vec::new()),
        Field::Absent => Vec::new(),
        Field::Present(words) => words,
    };
    let ours = Vocabulary::ours();
    let mut found: Vec<Kind> = Vec::with_capacity(words.len());
    let mut unmapped: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let code = code_of(word).map(Cow::Borrowed).or_else(|| {
            unmapped.push(word.chars().filter(|c| !c.is_control()).take(LONGEST).collect());
            Some(slug(word)).filter(|slug| !slug.is_empty()).map(Cow::Owned)
        });
        if let Some(code) = code
            && found.iter().all(|kind| kind.code != code)
        {
            found.push(Kind { depth: ours.levels(&code), is_first: at == 0, code });
        }
    }
    unmapped.sort_unstable();
    unmapped.dedup();
    (Field::Present(ordered(found)), unmapped)
}

/// Codes of this depth and less are wide: the roots and what stands right below them.
const WIDE: usize = 2;

struct Kind {
    code: Cow<'static, str>,
    /// 0 for a slug, 1 for a root, and so on.
    depth: usize,
    is_first: bool,
}

fn ordered(mut found: Vec<Kind>) -> Vec<String> {
    let ours = Vocabulary::ours();
    if found.iter().any(|kind| kind.depth == 1) {
        let all: Vec<_> = found.iter().map(|kind| kind.code.clone()).collect();
        found.retain(|kind| {
            kind.depth != 1 || !all.iter().any(|code| *code != kind.code && ours.is_within(code, &kind.code))
        });
    }
    let wide =
        found.iter().find(|kind| kind.is_first && (1..=WIDE).contains(&kind.depth)).map(|kind| kind.code.clone());
    let leads = |kind: &Kind| kind.is_first || wide.as_ref().is_some_and(|wide| ours.is_within(&kind.code, wide));
    let mut ranked: Vec<_> =
        found.into_iter().map(|kind| (Reverse(leads(&kind)), Reverse(kind.depth), kind.code)).collect();
    ranked.sort_unstable();
    ranked.truncate(MOST);
    ranked.into_iter().map(|(_, _, code)| code.into_owned()).collect()
}

/// A word as a code would be written: lower case, letters, digits and single underscores. So a provider's word that has no code
/// is stored.
pub fn slug(word: &str) -> String {
    let mut slug = String::new();
    for c in word.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    let cut: String = slug.chars().take(LONGEST).collect();
    cut.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every code of the vocabulary means itself; one word of a provider's means a code.
    fn code_of(word: &str) -> Option<&'static str> {
        if word == "steak_house" {
            return Some("steakhouse");
        }
        Vocabulary::ours().get(word).map(|category| category.code)
    }

    fn codes_of(words: &[&str]) -> (Vec<String>, Vec<String>) {
        let given = Field::Present(words.iter().map(|&word| word.to_owned()).collect());
        let (codes, unmapped) = codes(given, &code_of);
        (codes.present().cloned().unwrap_or_default(), unmapped)
    }

    #[test]
    fn the_primary_word_leads_and_the_specific_follow() {
        assert_eq!(codes_of(&["bar", "restaurant", "sushi_restaurant"]).0, ["bar", "sushi_restaurant", "restaurant"]);
        assert_eq!(codes_of(&["restaurant", "bar", "sushi_restaurant"]).0, ["sushi_restaurant", "restaurant", "bar"]);
        assert_eq!(codes_of(&["italian_restaurant", "pizza_restaurant"]).0, ["italian_restaurant", "pizza_restaurant"]);
        assert_eq!(codes_of(&["steak_house", "steakhouse"]).0, ["steakhouse"]);
    }

    #[test]
    fn a_root_goes_where_a_kind_of_it_is_there() {
        assert_eq!(codes_of(&["hotel", "lodging", "bar"]).0, ["hotel", "bar"]);
        assert_eq!(codes_of(&["lodging", "bar"]).0, ["lodging", "bar"]);
    }

    #[test]
    fn at_most_five_are_kept() {
        let (codes, _) = codes_of(&["cafe", "bar", "pub", "museum", "park", "hotel", "sushi_restaurant"]);
        assert_eq!(codes, ["cafe", "sushi_restaurant", "pub", "bar", "hotel"]);
    }

    #[test]
    fn an_unknown_word_passes_as_a_slug_and_is_told() {
        let (codes, unmapped) = codes_of(&["Axe-Throwing  Venue!", "bar", "mystery"]);
        assert_eq!(codes, ["axe_throwing_venue", "bar", "mystery"]);
        assert_eq!(unmapped, ["Axe-Throwing  Venue!", "mystery"]);
        assert_eq!(codes_of(&["", "!!"]).0, Vec::<String>::new());
    }

    #[test]
    fn not_asked_stays_and_absent_is_an_empty_list() {
        assert_eq!(codes(Field::NotAsked, &code_of).0, Field::NotAsked);
        assert_eq!(codes(Field::Absent, &code_of).0, Field::Present(vec![]));
    }

    proptest! {
        #[test]
        fn the_order_of_the_other_words_decides_nothing(
            words in proptest::sample::subsequence(
                vec!["cafe", "bar", "pub", "restaurant", "sushi_restaurant", "hotel", "lodging", "mystery", "other"], 1..9),
            turn in 0_usize..9,
        ) {
            let mut turned = words.clone();
            let others = turned.len() - 1;
            if others > 0 {
                turned[1..].rotate_left(turn % others);
            }
            prop_assert_eq!(codes_of(&turned), codes_of(&words));
        }

        #[test]
        fn any_words_make_few_clean_codes(words: Vec<String>) {
            let (codes, _) = codes_of(&words.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert!(codes.len() <= MOST);
            for code in &codes {
                prop_assert!((1..=LONGEST).contains(&code.chars().count()) && !code.contains(char::is_control));
            }
        }
    }
}
