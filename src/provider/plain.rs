/// Characters of a foreign message that is passed on.
const LONGEST: usize = 240;

/// A provider's words, made fit for a log and a terminal: one line, no control characters, short, and without anything that looks
/// like a key.
pub(super) fn one_line(foreign: &str) -> String {
    let spaced: String = foreign.split_whitespace().collect::<Vec<_>>().join(" ");
    let printable: String = spaced.chars().filter(|c| !c.is_control()).collect();
    // What Google's keys begin with, and what comes before any key in an address.
    let hidden = hide(&hide(&printable, "AIza"), "key=");
    match hidden.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", hidden.get(..end).unwrap_or_default().trim_end()),
        None => hidden,
    }
}

/// Replaces what begins with `start` and goes on like a key.
fn hide(text: &str, start: &str) -> String {
    let mut pieces = text.split(start);
    let mut hidden = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        hidden.push_str("[key]");
        hidden.push_str(piece.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '%')));
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_key_is_hidden() {
        // Put together here, so that no scanner takes it for one.
        let key = format!("AIza{}", "x9_-".repeat(9));
        let said = one_line(&format!("key {key} is bad, see https://maps.example/?key={key}&x=1, {key}{key}."));
        assert_eq!(said, "key [key] is bad, see https://maps.example/?[key][key]&x=1, [key][key].");
        assert_eq!(one_line("https://maps.example/?key=other-secret&x=1"), "https://maps.example/?[key]&x=1");
    }

    #[test]
    fn a_message_becomes_one_short_line() {
        assert_eq!(one_line("a\r\n\tb\u{0}c\u{1b}[31m"), "a bc[31m");
        assert_eq!(one_line(&"é".repeat(1_000)).chars().count(), LONGEST + 1);
    }
}
