use std::collections::HashMap;
use std::sync::LazyLock;

use super::request::PROVIDER;
use crate::provider::contract::UnknownType;
use crate::provider::lexicon::{self, Lexicon, optional};

/// Ids in one question. The limit is ours: so many fill an address line of 7 kB, and servers take about 8.
///
/// Every id that is wanted is named. Whether a category stands for those below it is documented for older versions of the API
/// only, and to trust it would leave out most restaurants where it does not hold.
pub(super) const WORDS_PER_QUERY: usize = 240;

/// One line of `categories.csv`, whose head explains the columns.
#[derive(Debug, Clone, Copy)]
struct Category {
    /// 24 hexadecimal digits: the word of requests and rows.
    id: &'static str,
    /// The id of API v3.
    integer: Option<&'static str>,
    code: &'static str,
    /// Foursquare's English path.
    label: &'static str,
}

struct Categories {
    /// In the order of the file.
    all: Vec<Category>,
    /// By both kinds of id, which cannot be taken for one another: one has 24 digits, the other five.
    by_id: HashMap<&'static str, usize>,
}

static CATEGORIES: LazyLock<Categories> = LazyLock::new(|| Categories::read(include_str!("categories.csv")));

const LEXICON: Lexicon = Lexicon {
    provider: PROVIDER,
    how_written: "a category of foursquare is written `foursquare:<id>`",
    lacking: "Foursquare has none for it",
    own: |own| CATEGORIES.get(own).map(|category| category.id).ok_or_else(|| nearest_label(own)),
    asking_for: |wanted| {
        CATEGORIES.all.iter().filter(|category| wanted(category.code)).map(|category| category.id).collect()
    },
    mistaken: |_| None,
};

/// The canonical code of a category by either of its ids.
pub(super) fn code(id: &str) -> Option<&'static str> {
    CATEGORIES.get(id).map(|category| category.code)
}

/// The ids that ask for these canonical codes and their descendants, or for Foursquare's own categories (`foursquare:<id>`).
pub(super) fn words(types: &[String]) -> Result<Vec<String>, UnknownType> {
    Ok(LEXICON.words(types)?.into_iter().map(str::to_owned).collect())
}

/// What to write instead of something that is none of Foursquare's ids: perhaps it is a label.
fn nearest_label(written: &str) -> String {
    let name = |category: &Category| category.label.rsplit(" > ").next().unwrap_or_default().to_lowercase();
    let written = written.to_lowercase().replace('_', " ");
    let likeness = |category: &Category| strsim::jaro_winkler(&written, &name(category));
    let nearest = CATEGORIES.all.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    nearest.filter(|category| likeness(category) > 0.8).map_or_else(
        || ": a category is written by its id of 24 hexadecimal digits".to_owned(),
        |category| {
            format!(": its categories are written by their ids; `{PROVIDER}:{}` is {}", category.id, category.label)
        },
    )
}

impl Categories {
    fn get(&self, id: &str) -> Option<&Category> {
        self.by_id.get(id).map(|&at| &self.all[at])
    }

    fn read(csv: &'static str) -> Self {
        // Labels hold commas.
        let all: Vec<_> = lexicon::table(csv)
            .map(|[id, integer, _match, code, label]| Category { id, integer: optional(integer), code, label })
            .collect();
        let ids = |(at, category): (usize, &Category)| {
            [Some(category.id), category.integer].into_iter().flatten().map(move |id| (id, at)).collect::<Vec<_>>()
        };
        let by_id = all.iter().enumerate().flat_map(ids).collect();
        Self { all, by_id }
    }
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
        let mut ids = std::collections::HashSet::new();
        for line in lines {
            let cells: Vec<_> = line.splitn(5, ',').collect();
            let [id, integer, matched, code, label] = cells[..] else { panic!("five cells: {line}") };
            assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
            assert!(integer.is_empty() || (integer.len() == 5 && integer.bytes().all(|byte| byte.is_ascii_digit())));
            assert!(["exact", "broader"].contains(&matched), "{line}");
            assert!(Vocabulary::ours().get(code).is_some(), "{line}");
            assert!(!label.is_empty() && ids.insert(id) && (integer.is_empty() || ids.insert(integer)), "{line}");
        }
        assert_eq!(CATEGORIES.all.len(), 1_256);
        let labels: std::collections::HashMap<_, _> =
            CATEGORIES.all.iter().map(|category| (category.label, category)).collect();
        // A path whose wider one is not in the list would be a slip of the file.
        for category in &CATEGORIES.all {
            let wider = category.label.rsplit_once(" > ").map(|(wider, _)| wider);
            assert!(wider.is_none_or(|wider| labels.contains_key(wider)), "{}", category.label);
        }
    }

    #[test]
    fn a_category_is_known_by_its_id_and_by_the_one_of_v3() {
        assert_eq!(code("4bf58dd8d48988d1e0931735"), Some("coffee_shop"));
        assert_eq!(code("13035"), Some("coffee_shop"));
        assert_eq!(code("4bf58dd8d48988d182941735"), Some("amusement_park"));
        assert_eq!(code("Coffee Shop"), None);
    }

    #[test]
    fn a_code_asks_for_its_descendants() {
        let greek = ask(&["greek_restaurant"]).unwrap();
        // Itself and the kinds that we do not name, but not the Kafenio, which we call a café.
        let count = CATEGORIES.all.iter().filter(|category| category.label.contains("Greek Restaurant")).count();
        assert_eq!(greek.len(), count - 1);
        assert_eq!(ask(&["coffee_shop", "coffee_roastery"]).unwrap(), ask(&["coffee_shop"]).unwrap());
        assert!(ask(&["restaurant", "cafe", "bar", "bakery"]).unwrap().len() <= 2 * WORDS_PER_QUERY, "two questions");
    }

    #[test]
    fn foursquares_own_ids_pass_in_both_forms() {
        assert_eq!(ask(&["foursquare:4bf58dd8d48988d1e0931735"]).unwrap(), ["4bf58dd8d48988d1e0931735"]);
        assert_eq!(ask(&["foursquare:13035"]).unwrap(), ["4bf58dd8d48988d1e0931735"]);
        let error = ask(&["foursquare:coffee_shop"]).unwrap_err();
        assert!(error.contains("`foursquare:4bf58dd8d48988d1e0931735` is Dining and Drinking"), "{error}");
        assert!(ask(&["foursquare:4bf58dd8d48988d100000000"]).unwrap_err().contains("24 hexadecimal digits"));
        assert!(ask(&["google:bar"]).unwrap_err().contains("`foursquare:<id>`"));
    }

    #[test]
    fn what_is_unknown_gets_a_hint() {
        let error = ask(&["restaurants"]).unwrap_err();
        assert!(error.contains("the nearest of our categories are `restaurant`"), "{error}");
        let error = ask(&["piano_bars_and_more_of_it"]).unwrap_err();
        assert!(error.contains("of our categories"), "{error}");
        let error = ask(&["bar_crawl"]).unwrap_err();
        assert!(error.contains("Foursquare has none for it; the wider one is `nightlife_venue`"), "{error}");
    }
}
