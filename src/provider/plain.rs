/// Characters of a foreign message that is passed on.
const LONGEST: usize = 240;

/// A provider's words, made fit for a log and a terminal: one line, no control characters, short.
pub(super) fn one_line(foreign: &str) -> String {
    let spaced: String = foreign.split_whitespace().collect::<Vec<_>>().join(" ");
    let printable: String = spaced.chars().filter(|c| !c.is_control()).collect();
    match printable.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", printable.get(..end).unwrap_or_default().trim_end()),
        None => printable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_one_short_line() {
        assert_eq!(one_line("a\r\n\tb\u{0}c\u{1b}[31m"), "a bc[31m");
        assert_eq!(one_line(&"é".repeat(1_000)).chars().count(), LONGEST + 1);
    }
}
