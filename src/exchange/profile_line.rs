use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::checked::{read, text};
use crate::store::{MadeProfile, Outcome};

/// Snippets of one attribute.
const MOST_SNIPPETS: usize = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    venue_id: Uuid,
    attribute_scores: Option<BTreeMap<String, f64>>,
    evidence_snippets: Option<BTreeMap<String, Vec<String>>>,
    embedding_ref: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    summary: Option<String>,
    enriched_by: Option<String>,
    model: Option<String>,
    model_version: Option<String>,
    error: Option<String>,
}

/// Reads a line of `venues profiles put`: what an enrichment worker made of a venue. What is wrong with one that is refused is said
/// in words.
///
/// ```
/// use venue_sync::exchange::read_profile;
///
/// let line = r#"{"venue_id": "0197c2f0-0000-7000-8000-000000000001",
///     "attribute_scores": {"quiet": 0.8}, "evidence_snippets": {"quiet": ["hear yourself think"]}}"#;
/// assert!(read_profile(line).is_ok());
/// let loud = line.replace("0.8", "8");
/// assert_eq!(read_profile(&loud).unwrap_err(), "attribute_scores: `quiet` is 8; scores are from 0 to 1");
/// ```
pub fn read_profile(line: &str) -> Result<MadeProfile, String> {
    let written: Written = read(line)?;
    let venue_id = written.venue_id;
    if let Some(error) = written.error {
        if written.attribute_scores.is_some() || written.evidence_snippets.is_some() {
            return Err("it has an error and results: a failure has no results".to_owned());
        }
        text("error", &error, usize::MAX)?;
        return Ok(MadeProfile { venue_id, outcome: Outcome::Failed(error) });
    }
    let attribute_scores = written.attribute_scores.ok_or("attribute_scores is missing")?;
    let evidence_snippets = written.evidence_snippets.ok_or("evidence_snippets is missing")?;
    for (attribute, score) in &attribute_scores {
        text("attribute_scores", attribute, usize::MAX)?;
        if !(0.0..=1.0).contains(score) {
            return Err(format!("attribute_scores: `{attribute}` is {score}; scores are from 0 to 1"));
        }
    }
    for (attribute, snippets) in &evidence_snippets {
        text("evidence_snippets", attribute, usize::MAX)?;
        if snippets.len() > MOST_SNIPPETS {
            let many = snippets.len();
            return Err(format!("evidence_snippets: `{attribute}` has {many}; {MOST_SNIPPETS} are the most"));
        }
        snippets.iter().try_for_each(|snippet| text("evidence_snippets", snippet, usize::MAX))?;
    }
    let columns = [
        ("embedding_ref", &written.embedding_ref, 255),
        ("summary", &written.summary, usize::MAX),
        ("enriched_by", &written.enriched_by, 255),
        ("model", &written.model, 255),
        ("model_version", &written.model_version, 100),
    ];
    for (name, value, most) in columns {
        value.as_ref().map_or(Ok(()), |value| text(name, value, most))?;
    }
    Ok(MadeProfile {
        venue_id,
        outcome: Outcome::Filled {
            attribute_scores,
            evidence_snippets,
            embedding_ref: written.embedding_ref,
            summary: written.summary,
            enriched_by: written.enriched_by,
            model: written.model,
            model_version: written.model_version,
            expires_at: written.expires_at,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (members, expected) in [
            (r#""attribute_scores":{"a":-0.1},"evidence_snippets":{}"#, "`a` is -0.1; scores are from 0 to 1"),
            (r#""attribute_scores":{"a":"high"},"evidence_snippets":{}"#, "invalid type: string"),
            (r#""attribute_scores":[1],"evidence_snippets":{}"#, "invalid type: sequence, expected a map at column"),
            (r#""attribute_scores":{}"#, "evidence_snippets is missing"),
            (r#""evidence_snippets":{}"#, "attribute_scores is missing"),
            (r#""attribute_scores":{},"evidence_snippets":{"a":["1","2","3","4"]}"#, "`a` has 4; 3 are the most"),
            (r#""attribute_scores":{},"evidence_snippets":{"a":"x"}"#, "invalid type: string"),
            (r#""attribute_scores":{},"evidence_snippets":{"a":["\u0000"]}"#, "NUL"),
            (r#""attribute_scores":{},"evidence_snippets":{},"expires_at":"soon""#, "at column"),
            (r#""atribute_scores":{},"evidence_snippets":{}"#, "unknown field `atribute_scores`, expected one of"),
            (r#""attribute_scores":{},"evidence_snippets":{},"error":"x""#, "a failure has no results"),
        ] {
            let line = format!(r#"{{"venue_id":"00000000-0000-7000-8000-000000000001",{members}}}"#);
            let error = read_profile(&line).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
        for line in ["", "null", "[]", "{}", "{\"venue_id\":\"x\"}", "not json"] {
            assert!(read_profile(line).is_err(), "{line}");
        }
        let long = format!(
            r#"{{"venue_id":"00000000-0000-7000-8000-000000000001","attribute_scores":{{}},"evidence_snippets":{{}},"embedding_ref":"{}"}}"#,
            "é".repeat(256)
        );
        assert_eq!(read_profile(&long).unwrap_err(), "embedding_ref has 256 characters; 255 are the most");
        assert!(read_profile(&long.replacen('é', "", 1)).is_ok());
    }
}
