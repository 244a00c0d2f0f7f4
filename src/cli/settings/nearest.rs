//! What somebody probably meant.

/// The known word that was most probably meant, if one is near enough.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let likeness = |candidate: &str| strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase());
    known
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["requests_per_second", "base_url", "types"];
        for (slip, meant) in [("type", Some("types")), ("Base_URL", Some("base_url")), ("zoom", None), ("", None)] {
            assert_eq!(nearest(slip, known.into_iter()), meant, "{slip}");
        }
    }
}
