/// One migration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlFile {
    /// Its path, as it is to be named in findings.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// Something that should not be in a migration file, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Finding {
    /// The path of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule's name: squawk's where the rule is squawk's, else one of ours.
    pub rule: String,
    /// What is wrong with it.
    pub what: String,
    /// What to write instead.
    pub safe_way: String,
}

impl SqlFile {
    /// A finding at a byte of the text.
    pub(super) fn finding(
        &self,
        offset: usize,
        rule: &str,
        what: impl Into<String>,
        safe_way: impl Into<String>,
    ) -> Finding {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        Finding {
            file: self.path.clone(),
            line: before.matches('\n').count() + 1,
            rule: rule.to_owned(),
            what: what.into(),
            safe_way: safe_way.into(),
        }
    }
}
