//! `venues categories`: the vocabulary, and what is not in it.

use serde::Serialize;

use crate::model::Vocabulary;
use crate::store::UnmappedWord;

/// A category, for a program.
#[derive(Debug, Serialize)]
struct CategoryLine<'a> {
    code: &'a str,
    label: &'a str,
    parent: Option<&'a str>,
}

/// Every code: a tree for a person, or one line of JSON a code, a parent before its children.
pub(super) fn all(json: bool) -> Result<String, serde_json::Error> {
    let ours = Vocabulary::ours();
    let lines = ours.all().iter().map(|category| {
        if json {
            let (code, label, parent) = (category.code, category.label, category.parent);
            return serde_json::to_string(&CategoryLine { code, label, parent });
        }
        let indent = "  ".repeat(ours.depth(category.code));
        Ok(format!("{:<56}  {}", format!("{indent}{}", category.code), category.label))
    });
    Ok(lines.collect::<Result<Vec<_>, _>>()?.join("\n") + "\n")
}

/// The words without a code: a table for a person, or one line of JSON a word.
pub(super) fn unmapped(words: &[UnmappedWord], json: bool) -> Result<String, serde_json::Error> {
    if json {
        let lines = words.iter().map(|word| Ok(serde_json::to_string(word)? + "\n"));
        return lines.collect();
    }
    if words.is_empty() {
        return Ok("every category word met so far has a code\n".to_owned());
    }
    let mut lines = vec![format!("{:<12}  {:<40}  {:>9}  LAST SEEN", "PROVIDER", "WORD", "ROWS")];
    lines.extend(words.iter().map(|UnmappedWord { provider, word, rows, last_seen }| {
        format!("{provider:<12}  {word:<40}  {rows:>9}  {}", last_seen.format("%Y-%m-%d"))
    }));
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_read_by_people_and_by_programs() {
        let tree = all(false).unwrap();
        assert!(tree.contains("\n  restaurant "), "{tree}");
        let json = all(true).unwrap();
        assert_eq!(json.lines().count(), Vocabulary::ours().all().len());
        let sushi = r#"{"code":"sushi_restaurant","label":"Sushi Restaurant","parent":"japanese_restaurant"}"#;
        assert!(json.lines().any(|line| line == sushi), "{json}");
    }

    #[test]
    fn a_word_without_a_code_comes_with_its_provider_its_rows_and_its_day() {
        let last_seen = chrono::DateTime::from_timestamp(1_782_975_600, 0).unwrap();
        let word = UnmappedWord { provider: "google".to_owned(), word: "noodle_barge".to_owned(), rows: 7, last_seen };
        let table = unmapped(std::slice::from_ref(&word), false).unwrap();
        for said in ["PROVIDER", "google", "noodle_barge", "        7  2026-07-02"] {
            assert!(table.contains(said), "{said} is not in {table}");
        }
        assert_eq!(
            unmapped(&[word], true).unwrap(),
            "{\"provider\":\"google\",\"word\":\"noodle_barge\",\"rows\":7,\"last_seen\":\"2026-07-02T07:00:00Z\"}\n"
        );
        assert!(unmapped(&[], false).unwrap().contains("has a code"));
    }
}
