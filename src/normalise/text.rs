use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::model::{Reject, RejectReason, Repair};

/// Characters that `provider_id` and `name` hold.
const COLUMN: usize = 255;

/// A provider's id as it is: a repaired id would be another id.
pub(super) fn id(given: String) -> Result<String, Reject> {
    let refuse = |reason, detail| Err(Reject { provider_id: None, reason, detail });
    if given.trim().is_empty() {
        return refuse(RejectReason::NoId, "the row has no id".to_owned());
    }
    if given.len() > COLUMN && given.chars().count() > COLUMN {
        let begin: String = given.chars().filter(|c| !c.is_control()).take(40).collect();
        return refuse(RejectReason::IdTooLong, format!("an id of more than {COLUMN} characters: {begin}…"));
    }
    if !is_printable(&given) && given.contains(char::is_control) {
        let detail = format!("an id with control characters: {}", given.escape_debug());
        return refuse(RejectReason::Unreadable, detail);
    }
    Ok(given)
}

/// A name that fits its column; none if nothing is left of it.
pub(super) fn name(given: String, repairs: &mut Vec<Repair>) -> Option<String> {
    let mut clean = line(given, repairs)?;
    let cut = if clean.len() > COLUMN { clean.char_indices().nth(COLUMN) } else { None };
    if let Some((end, _)) = cut {
        clean.truncate(end);
        clean.truncate(clean.trim_end_matches(is_blank).len());
        repairs.push(Repair::TextCut);
    }
    Some(clean)
}

/// One line of text: no control characters, NFC, trimmed; none if nothing is left of it.
pub(super) fn line(given: String, repairs: &mut Vec<Repair>) -> Option<String> {
    let is_clean = (is_printable(&given) || is_nfc(&given) && !given.contains(breaks_the_line))
        && given.trim_matches(is_blank).len() == given.len();
    if is_clean {
        return Some(given).filter(|text| !text.is_empty());
    }
    repairs.push(Repair::TextCleaned);
    let one_line: String = given
        .chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
            other => Some(other).filter(|c| !c.is_control()),
        })
        .nfc()
        .collect();
    Some(one_line.trim_matches(is_blank).to_owned()).filter(|text| !text.is_empty())
}

/// The provider's own words, only without NUL, which the database refuses; none if they are empty.
pub(super) fn untouched(given: String, repairs: &mut Vec<Repair>) -> Option<String> {
    let kept = if given.contains('\0') {
        repairs.push(Repair::TextCleaned);
        given.replace('\0', "")
    } else {
        given
    };
    Some(kept).filter(|text| !text.is_empty())
}

/// Nothing but letters, digits, signs and spaces of ASCII: the common case, told without a table.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn breaks_the_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// White space, and what shows nothing at the ends of a text: zero-width space, word joiner, byte order mark.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(given: &str) -> (Option<String>, Vec<Repair>) {
        let mut repairs = Vec::new();
        (name(given.to_owned(), &mut repairs), repairs)
    }

    #[test]
    fn a_clean_name_stays_and_counts_nothing() {
        for clean in ["Café Lua", "寿司 光", "مطعم النور", "Bar 🦊", "A\u{200d}B"] {
            assert_eq!(named(clean), (Some(clean.to_owned()), vec![]), "{clean}");
        }
    }

    #[test]
    fn a_name_is_trimmed_composed_and_freed_of_control_characters() {
        let clean = |name: &str| (Some(name.to_owned()), vec![Repair::TextCleaned]);
        assert_eq!(named("  Cafe\u{301}\u{0} Lua\n"), clean("Café Lua"));
        assert_eq!(named("One\r\nTwo"), clean("One  Two"));
        assert_eq!(named("\u{feff}Bar\u{200b}"), clean("Bar"));
        // Taking out what stands between may bring together what composes.
        assert_eq!(named("e\u{7}\u{301}"), clean("é"));
        assert_eq!(named("\u{200b}\u{0} \u{2060}").0, None);
        assert_eq!(named("").0, None);
    }

    #[test]
    fn a_long_name_is_cut_on_a_character() {
        let (cut, repairs) = named(&"é".repeat(300));
        assert_eq!(cut.unwrap().chars().count(), 255);
        assert_eq!(repairs, [Repair::TextCut]);
        let (cut, _) = named(&format!("{} tail", "x".repeat(254)));
        assert_eq!(cut.unwrap(), "x".repeat(254), "no blank is left at the cut");
    }

    #[test]
    fn an_id_is_taken_as_it_is_or_not_at_all() {
        assert_eq!(id(" ChIJ_x-9 ".to_owned()).unwrap(), " ChIJ_x-9 ");
        for (given, reason) in [
            (String::new(), RejectReason::NoId),
            ("  ".to_owned(), RejectReason::NoId),
            ("x".repeat(256), RejectReason::IdTooLong),
            ("a\0b".to_owned(), RejectReason::Unreadable),
        ] {
            let reject = id(given).unwrap_err();
            assert_eq!(reject.reason, reason);
            assert!(!reject.detail.contains('\0'));
        }
        assert!(id("é".repeat(255)).is_ok(), "characters count, not bytes");
    }

    #[test]
    fn raw_words_lose_only_what_the_database_refuses() {
        let googles = "Monday: 4:00\u{2009}\u{2013}\u{2009}10:00\u{202f}PM\nTuesday: Closed";
        let mut repairs = Vec::new();
        assert_eq!(untouched(googles.to_owned(), &mut repairs).as_deref(), Some(googles));
        assert_eq!(repairs, []);
        assert_eq!(untouched("a\0\n".to_owned(), &mut repairs).as_deref(), Some("a\n"));
        assert_eq!(repairs, [Repair::TextCleaned]);
    }

    proptest! {
        #[test]
        fn a_cleaned_name_fits_and_is_clean_already(given in any::<String>()) {
            if let (Some(once), _) = named(&given) {
                prop_assert!((1..=255).contains(&once.chars().count()));
                prop_assert!(!once.contains(char::is_control));
                prop_assert_eq!(named(&once), (Some(once.clone()), vec![]));
            }
        }
    }
}
