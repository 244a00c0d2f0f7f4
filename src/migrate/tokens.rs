//! SQL as its words: without comments, layout, and the case of unquoted names.

use sha2::{Digest as _, Sha256};
use squawk_lexer::TokenKind;

/// A checksum over the statements. Two texts have the same one where a server cannot tell them apart.
pub(super) fn checksum(sql: &str) -> Vec<u8> {
    let mut digest = Sha256::new();
    for word in words(sql) {
        digest.update(word.len().to_be_bytes());
        digest.update(word);
    }
    digest.finalize().to_vec()
}

/// Whether a name stands in the statements, in quotes or without.
pub(super) fn mentions(sql: &str, name: &str) -> bool {
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    words(sql).any(|word| word == name || word == quoted)
}

/// Whether some words stand in the statements, one after the other.
pub(super) fn says(sql: &str, phrase: &str) -> bool {
    let all: Vec<String> = words(sql).collect();
    format!(" {} ", all.join(" ")).contains(&format!(" {phrase} "))
}

fn words(sql: &str) -> impl Iterator<Item = String> {
    let mut rest = sql;
    let meant = squawk_lexer::tokenize(sql).filter_map(move |token| {
        let (text, after) = rest.split_at_checked(usize::try_from(token.len).ok()?)?;
        rest = after;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } | TokenKind::Eof => None,
            TokenKind::Ident => Some(text.to_ascii_lowercase()),
            _ => Some(text.to_owned()),
        }
    });
    // A last semicolon more or less says nothing.
    let mut open = 0_usize;
    meant.flat_map(move |word| {
        if word == ";" {
            open += 1;
            return Vec::new();
        }
        let before = if open > 0 { vec![";".to_owned()] } else { Vec::new() };
        open = 0;
        before.into_iter().chain([word]).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "create table a (b int default 1, c text default 'A -- b'); select $x$ /* c */ $x$";

    #[test]
    fn layout_comments_and_the_case_of_keywords_are_cosmetic() {
        for same in [
            "-- why\nCREATE TABLE a (b INT DEFAULT 1, c text default 'A -- b');\n\nselect $x$ /* c */ $x$;\n",
            "/* a /* nested */ b */ create\n\ttable a (b int default 1,c text default 'A -- b') ; ; select $x$ /* c */ $x$",
        ] {
            assert_eq!(checksum(same), checksum(TEXT), "{same}");
        }
    }

    #[test]
    fn what_a_server_can_tell_apart_is_not() {
        for other in [
            TEXT.replace("default 1", "default 2"),
            TEXT.replace("A -- b", "a -- b"),
            TEXT.replace("/* c */", "/* d */"),
            TEXT.replace("table a", "table \"A\""),
            TEXT.replace("b int", "bi nt"),
            TEXT.replace("select", "; drop table a; select"),
        ] {
            assert_ne!(checksum(&other), checksum(TEXT), "{other}");
        }
    }

    #[test]
    fn a_name_is_found_whole_and_outside_of_comments() {
        assert!(mentions("create index ix_a on t (b)", "ix_a"));
        assert!(mentions("create index \"Ix\" on t (b)", "Ix"));
        assert!(!mentions("create index ix_ab on t (b) -- ix_a", "ix_a"));
    }
}
