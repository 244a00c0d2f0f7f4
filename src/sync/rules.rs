use crate::coverage::{Rules, SECTION_VENUES};
use crate::provider::Provider;

/// What coverage has to know of a provider that is asked for these words.
pub(super) fn rules(provider: &dyn Provider, words: &[String]) -> Rules {
    let limits = provider.limits();
    Rules {
        shape: limits.shape,
        ranking: limits.ranking,
        largest_radius_m: limits.largest_radius_m,
        words: words.to_vec(),
        words_per_query: limits.words_per_query,
        rows_per_answer: limits.rows_per_answer,
        rows_per_query: limits.rows_per_query,
        counts: limits.counts,
        count_words: provider.count_words(words),
        section_venues: SECTION_VENUES,
    }
}
