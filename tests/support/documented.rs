//! The statements that `docs/schema.md` tells readers to use, so that the tests run what the page says.

/// A statement of the page.
#[derive(Debug, Clone)]
pub(crate) struct Documented {
    /// What the page calls it.
    pub(crate) name: String,
    /// The indexes of which the page promises one; none where it promises nothing.
    pub(crate) indexes: Vec<String>,
    /// The statement, with named parameters.
    sql: String,
}

impl Documented {
    /// All of them, in the page's order.
    pub(crate) fn all() -> Vec<Self> {
        let page = include_str!("../../docs/schema.md");
        page.split("```sql\n").skip(1).map(|rest| Self::read(rest.split("\n```").next().unwrap_or_default())).collect()
    }

    /// The one of a name.
    pub(crate) fn named(name: &str) -> Self {
        Self::all().into_iter().find(|one| one.name == name).unwrap_or_else(|| panic!("docs/schema.md has no {name:?}"))
    }

    fn read(block: &str) -> Self {
        let (title, sql) = block.split_once('\n').expect("a title and a statement");
        let title = title.strip_prefix("-- ").expect("a statement begins with its title");
        let (name, indexes) = title.trim_end_matches(')').split_once(" (").unwrap_or((title, ""));
        let indexes = indexes.split(" or ").filter(|index| !index.is_empty()).map(str::to_owned).collect();
        Self { name: name.to_owned(), indexes, sql: sql.to_owned() }
    }

    /// The statement with literals in place of its parameters.
    pub(crate) fn with(&self, values: &[(&str, &str)]) -> String {
        let mut values = values.to_vec();
        // So that `:model` does not take the place of `:model_version`.
        values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        values.iter().fold(self.sql.clone(), |sql, (name, value)| sql.replace(&format!(":{name}"), value))
    }
}
