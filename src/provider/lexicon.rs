//! How a region's types become a provider's words: the same way for every provider, over a table of its own.

use super::contract::UnknownType;
use crate::model::Vocabulary;

/// Whether a code of ours is wanted.
pub(super) type Wanted<'a> = dyn Fn(&str) -> bool + 'a;

/// What a provider knows of its own words.
pub(super) struct Lexicon {
    /// The provider; its words are written `<provider>:<word>` in the settings.
    pub(super) provider: &'static str,
    /// What a word of its own is, and how it is written: ``a word of google is written `google:<word>` ``.
    pub(super) how_written: &'static str,
    /// What it lacks for a code of ours: `Google has no type for it`.
    pub(super) lacking: &'static str,
    /// A word of its own as written in the settings, or what to write instead, beginning with `: `.
    pub(super) own: fn(&str) -> Result<&'static str, String>,
    /// The words that ask for the codes that are wanted, in a stable order.
    pub(super) asking_for: fn(&Wanted<'_>) -> Vec<&'static str>,
    /// What to say of a name that is one of its own words, written as if it were a code of ours.
    pub(super) mistaken: fn(&str) -> Option<String>,
}

impl Lexicon {
    /// The words that ask for these canonical codes and their descendants, or for the provider's own words, in the order of the
    /// types and without repetition.
    pub(super) fn words(&self, types: &[String]) -> Result<Vec<&'static str>, UnknownType> {
        let mut all = Vec::new();
        for name in types {
            let of_type =
                self.of_type(name).map_err(|hint| UnknownType { provider: self.provider, name: name.clone(), hint })?;
            for word in of_type {
                if !all.contains(&word) {
                    all.push(word);
                }
            }
        }
        Ok(all)
    }

    fn of_type(&self, name: &str) -> Result<Vec<&'static str>, String> {
        // A tag of the map may hold a colon itself: `diet:vegan=only`; a provider's name does not.
        if let Some((provider, own)) = name.split_once(':')
            && !provider.contains('=')
        {
            if provider != self.provider {
                return Err(format!(": {}", self.how_written));
            }
            return (self.own)(own).map(|word| vec![word]);
        }
        let vocabulary = Vocabulary::ours();
        let Some(category) = vocabulary.get(name) else {
            return Err((self.mistaken)(name).unwrap_or_else(|| nearest_code(name)));
        };
        let words = (self.asking_for)(&|code| vocabulary.is_within(code, name));
        if words.is_empty() {
            let wider = category.parent.map_or_else(String::new, |wider| format!("; the wider one is `{wider}`"));
            return Err(format!(": it is one of our categories, but {}{wider}", self.lacking));
        }
        Ok(words)
    }
}

/// What to write instead of a name that is none of our codes.
fn nearest_code(name: &str) -> String {
    let nearest: Vec<_> = Vocabulary::ours().nearest(name).into_iter().map(|code| format!("`{code}`")).collect();
    match nearest.as_slice() {
        [] => ": it is none of our categories".to_owned(),
        some => format!(": the nearest of our categories are {}", some.join(", ")),
    }
}

/// The word that is most like what was written.
pub(super) fn nearest<'a>(written: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    words
        .map(|word| (strsim::jaro_winkler(written, word), word))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, word)| word)
}

/// The code of ours that belongs to a word, as the end of a sentence.
pub(super) fn ours(code: Option<&str>) -> String {
    code.map_or_else(String::new, |code| format!("; our category for it is `{code}`"))
}

/// The lines of an embedded table, below its comments and the names of its columns; the last cell may hold commas.
pub(super) fn table<const CELLS: usize>(csv: &'static str) -> impl Iterator<Item = [&'static str; CELLS]> {
    csv.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| {
        let mut cells = line.splitn(CELLS, ',');
        std::array::from_fn(|_| cells.next().expect("every line of an embedded table has all its cells: tested"))
    })
}

/// A cell that may be empty.
pub(super) fn optional(cell: &'static str) -> Option<&'static str> {
    Some(cell).filter(|cell| !cell.is_empty())
}
