//! What `venues doctor` found, and how it is told.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing, and no sync fails of it.
    Note,
    /// A sync would fail, or not begin.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is about.
    pub about: &'static str,
    /// What is so.
    pub what: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(about: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Ok, about, what: what.into(), remedy: None }
    }

    /// Worth knowing.
    pub fn note(about: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Note, about, what: what.into(), remedy: None }
    }

    /// In the way of a sync.
    pub fn problem(about: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Problem, about, what: what.into(), remedy: None }
    }

    /// With what to do about it.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

/// All of them: for a person, with the remedy below; or one JSON object a line.
pub(super) fn told(findings: &[Finding], json: bool) -> Result<String, serde_json::Error> {
    if json {
        let lines = findings.iter().map(|finding| Ok(serde_json::to_string(finding)? + "\n"));
        return lines.collect();
    }
    let indented = |text: &str| text.replace('\n', &format!("\n{:20}", ""));
    let mut lines: Vec<String> = Vec::new();
    for Finding { level, about, what, remedy } in findings {
        let level = match level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Problem => "PROBLEM",
        };
        lines.push(format!("{level:<7}  {about:<9}  {}", indented(what)));
        lines.extend(remedy.as_ref().map(|remedy| format!("{:20}→ {}", "", indented(remedy))));
    }
    let many = |level| findings.iter().filter(|finding| finding.level == level).count();
    lines.push(match many(Level::Problem) {
        0 => "nothing is in the way of a sync".to_owned(),
        1 => "1 problem is in the way of a sync".to_owned(),
        many => format!("{many} problems are in the way of a sync"),
    });
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_stands_below_its_finding_and_the_end_counts_the_problems() {
        let findings = [
            Finding::ok("clock", "as the database's"),
            Finding::problem("schema", "2 migrations are missing\nfor long").remedy("run `venues migrate up`"),
        ];
        assert_eq!(
            told(&findings, false).unwrap(),
            "ok       clock      as the database's\n\
             PROBLEM  schema     2 migrations are missing\n                    for long\n                    → run `venues migrate up`\n\
             1 problem is in the way of a sync\n"
        );
        let json = told(&findings, true).unwrap();
        assert_eq!(
            json.lines().next().unwrap(),
            r#"{"level":"ok","about":"clock","what":"as the database's","remedy":null}"#
        );
        assert!(json.contains(r#""level":"problem""#));
    }
}
