//! Takes the key out of whatever came back, before anybody reads, keeps or prints it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// What stands where the key stood. Harmless inside a JSON string, a header and a sentence.
const REMOVED: &str = "[key removed]";

/// Keys shorter than this are not looked for: they would be found inside ordinary words, and no provider issues such.
const SHORTEST: usize = 8;

/// Finds one key in any of the spellings in which a server may echo it.
pub(super) struct Scrubber {
    key: Option<SecretString>,
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Scrubber").finish_non_exhaustive()
    }
}

impl Scrubber {
    pub(super) fn new(key: Option<SecretString>) -> Self {
        Self { key: key.filter(|key| key.expose_secret().len() >= SHORTEST) }
    }

    /// The bytes without the key, whether it stands there plainly, percent-encoded or escaped as in JSON, wholly or in part.
    pub(super) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let Some(key) = &self.key else { return bytes };
        let key = key.expose_secret().as_bytes();
        let mut clean = Vec::new();
        let (mut copied, mut at) = (0, 0);
        while at < bytes.len() {
            if let Some(length) = spelled_at(&bytes, at, key) {
                clean.extend_from_slice(&bytes[copied..at]);
                clean.extend_from_slice(REMOVED.as_bytes());
                at += length;
                copied = at;
            } else {
                at += 1;
            }
        }
        if copied == 0 {
            return bytes;
        }
        clean.extend_from_slice(&bytes[copied..]);
        clean
    }

    /// The same for text.
    pub(super) fn text(&self, text: String) -> String {
        match String::from_utf8(self.bytes(text.into_bytes())) {
            Ok(clean) => clean,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }
}

/// The length of the key's spelling that begins here.
fn spelled_at(bytes: &[u8], start: usize, key: &[u8]) -> Option<usize> {
    let mut at = start;
    for &wanted in key {
        at += byte_spelled(bytes.get(at..)?, wanted)?;
    }
    Some(at - start)
}

/// How many bytes the spelling of one byte takes: itself, `%41`, `\u0041` or `\/`.
fn byte_spelled(bytes: &[u8], wanted: u8) -> Option<usize> {
    match bytes {
        [first, ..] if *first == wanted => Some(1),
        [b'%', high, low, ..] if hex(&[*high, *low]) == Some(u32::from(wanted)) => Some(3),
        [b'\\', b'u', a, b, c, d, ..] if hex(&[*a, *b, *c, *d]) == Some(u32::from(wanted)) => Some(6),
        [b'\\', escaped, ..] if *escaped == wanted => Some(2),
        _ => None,
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "AIzaSy/not+a=key";

    fn scrub(text: &str) -> String {
        Scrubber::new(Some(SecretString::from(KEY))).text(text.to_owned())
    }

    #[test]
    fn finds_every_spelling() {
        for spelling in [
            KEY,
            "AIzaSy%2Fnot%2Ba%3Dkey",
            "AIzaSy%2fnot%2ba%3dkey",
            "%41IzaSy/not+a%3Dkey",
            "AIzaSy\\/not+a=key",
            "AIzaSy\\u002fnot\\u002Ba=key",
        ] {
            assert_eq!(scrub(&format!("key={spelling}&x=é")), "key=[key removed]&x=é", "{spelling}");
        }
    }

    #[test]
    fn finds_it_more_than_once_and_at_both_ends() {
        assert_eq!(scrub(&format!("{KEY}{KEY} and {KEY}")), "[key removed][key removed] and [key removed]");
        assert_eq!(scrub(&format!("AIzaSy{KEY}")), "AIzaSy[key removed]", "after a false start");
    }

    #[test]
    fn leaves_a_short_key_alone_rather_than_mangling_words() {
        let scrubber = Scrubber::new(Some(SecretString::from("cafe")));
        assert_eq!(scrubber.text("cafe uno".into()), "cafe uno");
    }

    proptest! {
        #[test]
        fn touches_nothing_else(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let scrubber = Scrubber::new(Some(SecretString::from(KEY)));
            prop_assert_eq!(scrubber.bytes(bytes.clone()), bytes);
        }

        #[test]
        fn leaves_no_key_behind(before in ".{0,40}", after in ".{0,40}", key in "[A-Za-z0-9_+/=-]{8,40}") {
            let scrubber = Scrubber::new(Some(SecretString::from(key.clone())));
            let clean = scrubber.text(format!("{before}{key}{after}"));
            prop_assert!(!clean.contains(&key) || format!("{before}{after}").contains(&key) , "{}", clean);
        }
    }
}
