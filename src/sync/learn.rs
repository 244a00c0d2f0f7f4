//! Which questions return a venue that was there before, told from its stored categories.

use std::collections::{HashMap, HashSet};

use super::job::{Job, Knowledge, SyncError};
use super::snapshot::Snapshot;
use crate::model::{KnownPlace, Tile, Vocabulary};
use crate::provider::Provider;
use crate::store::{self, Database, DatabaseError, Whom};

/// The kinds of venue that a region asks for, as its venues' categories name them.
pub(super) struct Kinds {
    /// By code: the groups of words that ask for it.
    groups: HashMap<&'static str, Vec<u16>>,
    /// Every code asked for, also those that no single word stands for.
    wanted: HashSet<&'static str>,
}

impl Kinds {
    /// `words` are the provider's, for the job's types; a question takes so many of them as its limits say.
    pub(super) fn of(job: &Job<'_>, words: &[String]) -> Self {
        Self::new(job.provider, &job.types, words)
    }

    /// `words` are the provider's, for these types.
    pub(super) fn new(provider: &dyn Provider, types: &[String], words: &[String]) -> Self {
        let vocabulary = Vocabulary::ours();
        let within = |code: &str| types.iter().any(|wider| vocabulary.is_within(code, wider));
        let wanted = vocabulary.all().iter().map(|category| category.code).filter(|code| within(code)).collect();
        let mut groups: HashMap<&'static str, Vec<u16>> = HashMap::new();
        for (number, group) in (0_u16..).zip(words.chunks(provider.limits().words_per_query.max(1))) {
            let asked: HashSet<&str> = group.iter().filter_map(|word| provider.category(word)).collect();
            // Whoever asks for a kind is shown what is of a narrower one, too.
            let shown = |code: &str| asked.iter().any(|wider| vocabulary.is_within(code, wider));
            for category in vocabulary.all().iter().filter(|category| shown(category.code)) {
                groups.entry(category.code).or_default().push(number);
            }
        }
        Self { groups, wanted }
    }

    /// The groups that return a venue of these categories: none where it is of other kinds, an empty list where it cannot be told.
    pub(super) fn sort(&self, categories: &[String]) -> Option<Vec<u16>> {
        let of_codes = categories.iter().filter_map(|code| self.groups.get(code.as_str()));
        let mut groups: Vec<u16> = of_codes.flatten().copied().collect();
        if groups.is_empty() {
            let wanted = categories.iter().any(|code| self.wanted.contains(code.as_str()));
            let unknown = || categories.iter().all(|code| Vocabulary::ours().get(code).is_none());
            return (wanted || unknown()).then(Vec::new);
        }
        groups.sort_unstable();
        groups.dedup();
        Some(groups)
    }
}

/// What a run that is not written down knows of one tile.
pub(super) async fn of_tile(
    job: &Job<'_>,
    words: &[String],
    database: &Database,
    tile: &Tile,
) -> Result<Vec<KnownPlace>, DatabaseError> {
    match &job.knowledge {
        Knowledge::Nothing => Ok(Vec::new()),
        Knowledge::Given(snapshot) => {
            let known = snapshot.known.iter().find(|known| known.tile == tile.ordinal);
            Ok(known.map(|known| known.places.clone()).unwrap_or_default())
        }
        Knowledge::Learned => {
            let kinds = Kinds::of(job, words);
            let whom = Whom::LastRun { region: &job.region_name, provider: job.provider.name() };
            let sort = |categories: &[String]| kinds.sort(categories);
            database.outlast(|| store::known_of(database, whom, tile, &sort)).await
        }
    }
}

/// What a run of this job would know if it began now: for a recording, which has to hold it before anything is asked.
pub async fn snapshot(job: &Job<'_>, database: &Database, seed: u64) -> Result<Snapshot, SyncError> {
    let words = job.provider.words(&job.types)?;
    let seed = if job.audits() { seed } else { 0 };
    let known = match &job.knowledge {
        Knowledge::Given(snapshot) => return Ok(snapshot.clone()),
        Knowledge::Nothing => Vec::new(),
        Knowledge::Learned => {
            let kinds = Kinds::of(job, &words);
            let of = (job.region_name.as_str(), job.provider.name());
            let (tiles, sort) = (job.region.tiles(), |categories: &[String]| kinds.sort(categories));
            database.outlast(|| store::learned(database, of, &tiles, &sort)).await?
        }
    };
    Ok(Snapshot { known, seed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;

    #[test]
    fn a_venue_is_returned_by_the_groups_of_its_categories() {
        let google = provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
        let by_text = google.by("text").unwrap();
        let types = ["restaurant", "cafe", "bar", "bakery"].map(str::to_owned);
        let words = by_text.words(&types).unwrap();
        let kinds = Kinds::new(by_text.as_ref(), &types, &words);
        let sort =
            |categories: &[&str]| kinds.sort(&categories.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>());
        // A group of each word.
        let of = |wanted: &str| words.iter().position(|word| word == wanted).map(|at| u16::try_from(at).unwrap());
        assert_eq!(sort(&["bakery"]), Some(vec![of("bakery").unwrap()]));
        assert_eq!(
            sort(&["seafood_restaurant"]),
            Some(vec![of("restaurant").unwrap()]),
            "it is a restaurant of a kind"
        );
        let mut both = vec![of("bakery").unwrap(), of("restaurant").unwrap()];
        both.sort_unstable();
        assert_eq!(sort(&["bakery", "restaurant"]), Some(both));
        assert_eq!(sort(&["tidal_kitchen"]), Some(Vec::new()), "a word that is none of ours may be anything");
        assert_eq!(sort(&[]), Some(Vec::new()));
        assert_eq!(sort(&["bank"]), None, "of another kind than those asked for");
    }
}
