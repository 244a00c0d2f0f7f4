//! The last net: values that must never be printed are known here, and taken out of whatever is about to be.
//!
//! Nothing should ever reach this net. It is here for messages of other people's code (panics, log lines, error texts).

use std::borrow::Cow;
use std::io;
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};

static KNOWN: Mutex<Secrets> = Mutex::new(Secrets { values: Vec::new() });

/// Shorter values would take harmless words out of harmless sentences.
const SHORTEST: usize = 6;

/// Remembers a provider's key.
pub fn register_key(key: &SecretString) {
    known().add(key.expose_secret());
}

/// Remembers a password, as it stands in a URL. Where it is also a word of everyday use (`postgres`), only its place in a
/// URL gives it away, and only that is taken out.
pub fn register_password(as_in_url: &str, decoded: &str, everyday: &[&str]) {
    let mut known = known();
    for form in [as_in_url, decoded] {
        known.add(&format!(":{form}@"));
        if !everyday.contains(&decoded) {
            known.add(form);
        }
    }
}

/// The text without any value that was registered.
pub fn scrub(text: &str) -> Cow<'_, str> {
    known().scrub(text)
}

fn known() -> std::sync::MutexGuard<'static, Secrets> {
    // A panic while the lock was held leaves a list that is still true.
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Default)]
struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    fn add(&mut self, value: &str) {
        let escaped = value.escape_debug().to_string();
        for form in [value.to_owned(), escaped] {
            if form.len() >= SHORTEST && !self.values.contains(&form) {
                self.values.push(form);
            }
        }
        // The longest first, so that no part of a longer secret stays behind when a shorter one is taken out of it.
        self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.values.iter().fold(Cow::Borrowed(text), |text, value| {
            if text.contains(value.as_str()) { Cow::Owned(text.replace(value.as_str(), "[secret]")) } else { text }
        })
    }
}

/// A writer that scrubs what passes through it. Callers write whole lines.
#[derive(Debug)]
pub struct Scrubbing<W>(pub W);

impl<W: io::Write> io::Write for Scrubbing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(scrub(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_out_wherever_they_stand() {
        let mut secrets = Secrets::default();
        secrets.add("AIzaInvented");
        secrets.add("AIzaInvented-longer");
        let text = secrets.scrub(r#"{"x-goog-api-key": "AIzaInvented-longer"} AIzaInvented"#);
        assert_eq!(text, r#"{"x-goog-api-key": "[secret]"} [secret]"#);
    }

    #[test]
    fn a_key_with_quotes_is_found_in_debug_output_too() {
        let mut secrets = Secrets::default();
        secrets.add("sec\"ret\\key");
        assert_eq!(secrets.scrub(&format!("{:?}", "sec\"ret\\key")), "\"[secret]\"");
    }

    #[test]
    fn short_values_do_not_garble_sentences() {
        let mut secrets = Secrets::default();
        secrets.add("a");
        assert_eq!(secrets.scrub("a harmless sentence"), "a harmless sentence");
    }

    #[test]
    fn an_everyday_password_is_only_taken_out_of_urls() {
        register_password("quotidian", "quotidian", &["quotidian"]);
        assert_eq!(scrub("docker compose up -d quotidian"), "docker compose up -d quotidian");
        assert_eq!(scrub("postgresql://me:quotidian@host/db"), "postgresql://me[secret]host/db");
        register_password("p%40ssw0rd-x", "p@ssw0rd-x", &["me"]);
        assert_eq!(scrub("tried p@ssw0rd-x and p%40ssw0rd-x"), "tried [secret] and [secret]");
    }

    #[test]
    fn the_writer_scrubs_whole_lines() {
        register_key(&SecretString::from("key-for-the-writer-test"));
        let mut out = Vec::new();
        io::Write::write_all(&mut Scrubbing(&mut out), b"x key-for-the-writer-test y\n").unwrap();
        assert_eq!(out, b"x [secret] y\n");
    }
}
