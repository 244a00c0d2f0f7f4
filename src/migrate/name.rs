//! Names of tables and columns as markers write them: as SQL does, quoted where they have to be.

use crate::schema::steps::quoted;

/// The parts of a name, as the server keeps them: `Public."Order"` is `public` and `Order`.
pub(super) fn parts(text: &str) -> Vec<String> {
    read(text, |letter| letter.to_ascii_lowercase())
}

/// The parts of a name that a person typed in a shell, where quotes get lost: what is not quoted keeps its case.
pub(super) fn typed(text: &str) -> Vec<String> {
    read(text, |letter| letter)
}

fn read(text: &str, bare: impl Fn(char) -> char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.trim().chars().peekable();
    let mut in_quotes = false;
    while let Some(letter) = letters.next() {
        let Some(part) = parts.last_mut() else { break };
        match letter {
            '"' if in_quotes && letters.next_if_eq(&'"').is_some() => part.push('"'),
            '"' => in_quotes = !in_quotes,
            '.' if !in_quotes => parts.push(String::new()),
            _ if in_quotes => part.push(letter),
            _ if letter.is_whitespace() => (),
            _ => part.push(bare(letter)),
        }
    }
    parts
}

/// The one way to write a name: two that mean the same object are the same text.
pub(super) fn canonical(text: &str) -> String {
    joined(&parts(text))
}

/// A name of these parts.
pub(super) fn joined(parts: &[String]) -> String {
    parts.iter().map(|part| quoted(part)).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_what_it_means_in_sql() {
        assert_eq!(parts(r#"Public."Or.d""er" . Größe"#), ["public", "Or.d\"er", "größe"]);
        for (text, one) in [
            ("PUBLIC.Venues", "public.venues"),
            ("\"public\".\"venues\"", "public.venues"),
            ("public.user.order", "public.\"user\".\"order\""),
            ("public.\"Order\".\"a.b\"", "public.\"Order\".\"a.b\""),
        ] {
            assert_eq!(canonical(text), one);
            assert_eq!(canonical(one), one, "read back");
        }
    }
}
