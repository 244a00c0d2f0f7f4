use std::collections::HashMap;
use std::sync::LazyLock;

/// A kind of venue, as stored in `venues.categories`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Category {
    /// The stable key.
    pub code: &'static str,
    /// For people, English.
    pub label: &'static str,
    /// The code of the wider kind; none for a root.
    pub parent: Option<&'static str>,
    /// Where the code comes from: `overture` or `ours`.
    pub origin: &'static str,
}

/// Our list of categories, one for all providers, pinned in `vocabulary.csv`.
#[derive(Debug)]
pub struct Vocabulary {
    all: Vec<Category>,
    /// Where the parent of each stands.
    above: Vec<Option<usize>>,
    by_code: HashMap<&'static str, usize>,
}

static OURS: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::read(include_str!("vocabulary.csv")));

impl Vocabulary {
    /// The one vocabulary.
    pub fn ours() -> &'static Self {
        &OURS
    }

    /// Every category, a parent before its children.
    pub fn all(&self) -> &[Category] {
        &self.all
    }

    /// The category of this code.
    pub fn get(&self, code: &str) -> Option<&Category> {
        self.by_code.get(code).map(|&at| &self.all[at])
    }

    /// How many wider kinds stand above a code: 0 for a root, and for a code that is not ours.
    pub fn depth(&self, code: &str) -> usize {
        self.levels(code).saturating_sub(1)
    }

    /// How many kinds there are from a code to its root, both counted: 1 for a root, 0 for a code that is not ours.
    pub fn levels(&self, code: &str) -> usize {
        self.lineage(code).count()
    }

    /// Whether `code` is `wider` or one of its descendants.
    pub fn is_within(&self, code: &str, wider: &str) -> bool {
        self.lineage(code).any(|category| category.code == wider)
    }

    /// Up to three codes that look most like a word that is none, the likeliest first.
    pub fn nearest(&self, word: &str) -> Vec<&'static str> {
        let word = word.to_lowercase().replace([' ', '-'], "_");
        let mut close: Vec<_> = self
            .all
            .iter()
            .map(|category| (strsim::jaro_winkler(&word, category.code), category.code))
            .filter(|(likeness, _)| *likeness > 0.8)
            .collect();
        close.sort_by(|(one, a), (other, b)| other.total_cmp(one).then(a.cmp(b)));
        close.into_iter().take(3).map(|(_, code)| code).collect()
    }

    /// The category of a code, then its parent, and so on to the root.
    fn lineage(&self, code: &str) -> impl Iterator<Item = &Category> {
        let begin = self.by_code.get(code).copied();
        std::iter::successors(begin, |&at| self.above[at]).map(|at| &self.all[at])
    }

    fn read(csv: &'static str) -> Self {
        let all: Vec<_> = csv
            .lines()
            .filter(|line| !line.starts_with('#'))
            .skip(1)
            .map(|line| {
                let mut cells = line.split(',');
                let mut cell = || cells.next().expect("every line of the embedded file has four cells: tested");
                let (code, label, parent, origin) = (cell(), cell(), cell(), cell());
                Category { code, label, parent: Some(parent).filter(|parent| !parent.is_empty()), origin }
            })
            .collect();
        let by_code: HashMap<_, _> = all.iter().enumerate().map(|(at, category)| (category.code, at)).collect();
        let above = all.iter().map(|category| by_code.get(category.parent?).copied()).collect();
        Self { all, above, by_code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_a_tree_of_unique_codes() {
        let ours = Vocabulary::ours();
        let mut seen = std::collections::HashSet::new();
        for category in ours.all() {
            assert!(category.parent.is_none_or(|parent| seen.contains(parent)), "{}: parent first", category.code);
            assert!(seen.insert(category.code), "{} is there twice", category.code);
            assert!(["overture", "ours"].contains(&category.origin), "{}", category.code);
            assert!(!category.label.is_empty(), "{}", category.code);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(category.code.chars().all(plain), "{}", category.code);
        }
    }

    #[test]
    fn depth_and_descent_follow_the_parents() {
        let ours = Vocabulary::ours();
        assert_eq!(ours.depth("food_and_drink"), 0);
        assert_eq!(ours.depth("sushi_restaurant"), 5);
        assert_eq!(ours.depth("no_such_code"), 0);
        assert!(ours.is_within("sushi_restaurant", "restaurant"));
        assert!(ours.is_within("restaurant", "restaurant"));
        assert!(!ours.is_within("restaurant", "sushi_restaurant"));
        assert!(!ours.is_within("no_such_code", "restaurant"));
    }

    #[test]
    fn a_mistyped_code_finds_its_neighbours() {
        let ours = Vocabulary::ours();
        assert_eq!(ours.nearest("Coffee Shop").first(), Some(&"coffee_shop"));
        assert_eq!(ours.nearest("restaurants").first(), Some(&"restaurant"));
        assert_eq!(ours.nearest("sushi").first(), Some(&"sushi_restaurant"));
        assert!(ours.nearest("qqqqqq").is_empty());
    }
}
