//! What clap has to say of a command line, without what nobody should see.

use std::ffi::OsString;
use std::io::Write;

use super::exit::Exit;

/// Prints help, the version, or what is wrong with the command line.
pub(super) fn tell(error: &clap::Error, words: impl Iterator<Item = OsString>) -> Exit {
    let plain = error.render().to_string();
    let shown = without_addresses(&plain, words);
    if shown == plain {
        // Coloured where that is wanted; help goes to stdout.
        error.print().ok();
    } else {
        write!(std::io::stderr(), "{shown}").ok();
    }
    if error.use_stderr() { Exit::Usage } else { Exit::Complete }
}

/// An address with a user part may hold a password, wherever it was typed.
fn without_addresses(text: &str, words: impl Iterator<Item = OsString>) -> String {
    words.fold(text.to_owned(), |text, word| {
        let word = word.to_string_lossy();
        let address = word.strip_prefix("--").and_then(|flag| flag.split_once('=')).map_or(&*word, |(_, value)| value);
        if address.contains("://") && address.contains('@') { text.replace(address, "[an address]") } else { text }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_the_wrong_place_is_not_echoed() {
        let words =
            ["venues", "sync", "postgres://u:hunter22@h/d", "--reg=postgres://v:hunter23@h/d"].map(OsString::from);
        let text = "unexpected argument 'postgres://u:hunter22@h/d' and 'postgres://v:hunter23@h/d' found";
        let shown = without_addresses(text, words.into_iter());
        assert_eq!(shown, "unexpected argument '[an address]' and '[an address]' found");
    }
}
