use crate::provider::plain::one_line;

/// Words of Google's, made fit for a log and a terminal, without anything that looks like a key.
pub(super) fn plain(foreign: &str) -> String {
    hide(&hide(&one_line(foreign), "AIza"), "key=")
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
        let said = plain(&format!("key {key} is bad, see https://maps.example/?key={key}&x=1, {key}{key}."));
        assert_eq!(said, "key [key] is bad, see https://maps.example/?[key][key]&x=1, [key][key].");
        assert_eq!(plain("https://maps.example/?key=other-secret&x=1"), "https://maps.example/?[key]&x=1");
    }
}
