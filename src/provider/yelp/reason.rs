/// Characters of a foreign message that a reason may hold.
const LONGEST: usize = 240;

/// Words of Yelp's, made fit for a log and a terminal: one short line without control characters. Keys are taken out of answers
/// before they come here.
pub(super) fn plain(foreign: &str) -> String {
    let one_line = foreign.split_whitespace().collect::<Vec<_>>().join(" ");
    let printable: String = one_line.chars().filter(|c| !c.is_control()).collect();
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
        assert_eq!(plain("a\r\n\tb\u{0}c\u{1b}[31m"), "a bc[31m");
        assert_eq!(plain(&"é".repeat(1_000)).chars().count(), LONGEST + 1);
    }
}
