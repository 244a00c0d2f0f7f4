//! How two schemas differ, object by object.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::catalogue::{Catalogue, Id, Object};

/// The schema in which nobody else makes anything.
const OURS_ALONE: &str = "venue_sync";

/// Kinds that change how a table is kept, and not what it takes.
const QUIET: &[&str] =
    &["clustering", "column storage", "extended statistics", "replica identity", "storage parameters"];

/// One thing in which a database is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which object. A table stands for all its parts where it is missing or unexpected as a whole.
    pub object: Id,
    /// What is wrong with it.
    pub change: Change,
    /// Somebody else's: an object of `public` that nobody wants and that is no part of a wanted table, or a right that was
    /// granted. It is left alone.
    pub foreign: bool,
    /// Nothing fails or means something else because of it: what is [`foreign`](Self::foreign), and of what was added to a wanted
    /// table of `public` what refuses no row. Told of, and no finding.
    pub harmless: bool,
}

/// What is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Wanted, and not there.
    Missing,
    /// There, and not wanted.
    Unexpected,
    /// Other than wanted.
    Altered {
        /// In what: `type`, `default`, `comment`.
        facet: &'static str,
        /// What is wanted; none for nothing.
        wanted: Option<String>,
        /// What is there.
        found: Option<String>,
    },
}

/// All differences, in the order of kinds and names.
pub fn compare(wanted: &Catalogue, found: &Catalogue) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (id, object) in &wanted.objects {
        match found.objects.get(id) {
            Some(there) => {
                let facets = object.facets().into_iter().zip(there.facets());
                let comment = ("comment", wanted.comments.get(id).cloned());
                let facets = facets.chain([(comment, ("comment", found.comments.get(id).cloned()))]);
                let altered = facets.filter(|((_, wanted), (_, found))| wanted != found);
                differences.extend(altered.map(|((facet, wanted), (_, found))| Difference {
                    object: id.clone(),
                    harmless: facet == "comment" && id.schema != OURS_ALONE,
                    change: Change::Altered { facet, wanted, found },
                    foreign: false,
                }));
            }
            None if stands_for_itself(id, found, wanted) => {
                differences.push(Difference {
                    object: id.clone(),
                    change: Change::Missing,
                    foreign: false,
                    harmless: false,
                });
            }
            None => (),
        }
    }
    let unexpected = found.objects.keys().filter(|id| !wanted.has(id) && stands_for_itself(id, wanted, found));
    differences.extend(unexpected.map(|id| {
        let foreign = is_foreign(id, wanted);
        let harmless =
            foreign || id.schema != OURS_ALONE && found.objects.get(id).is_some_and(|it| refuses_no_row(id, it));
        Difference { object: id.clone(), change: Change::Unexpected, foreign, harmless }
    }));
    differences
}

/// False for parts of a table that is itself told of.
fn stands_for_itself(id: &Id, lacking: &Catalogue, having: &Catalogue) -> bool {
    let table = id.table();
    *id == table || lacking.has(&table) || !having.has(&table)
}

fn is_foreign(id: &Id, wanted: &Catalogue) -> bool {
    id.other == "privileges" || id.schema != OURS_ALONE && !wanted.has(&id.table())
}

/// Whether whoever writes to the table need not know of what was added to it.
fn refuses_no_row(id: &Id, added: &Object) -> bool {
    match added {
        Object::Index(index) => !index.definition.starts_with("CREATE UNIQUE"),
        Object::Column(column) => {
            !column.not_null || column.default.is_some() || column.identity.is_some() || column.generated.is_some()
        }
        Object::Other(_) => QUIET.contains(&id.word()),
        _ => false,
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, change, foreign, harmless } = self;
        let kind = object.word();
        match change {
            Change::Missing => write!(f, "{object}: {kind} is missing"),
            Change::Unexpected if *foreign => write!(f, "{object}: {kind} is not ours"),
            Change::Unexpected if *harmless => write!(f, "{object}: {kind} is not in the declared schema"),
            Change::Unexpected => write!(f, "{object}: {kind} should not be there"),
            Change::Altered { facet, wanted, found } => {
                let [wanted, found] =
                    [wanted, found].map(|text| text.as_deref().map_or_else(|| "none".to_owned(), one_line));
                write!(f, "{object}: {kind} has another {facet}: {found} instead of {wanted}")
            }
        }
    }
}

/// On one line, whatever the server's layout is.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Serialize for Difference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (change, facet, wanted, found) = match &self.change {
            Change::Missing => ("missing", None, None, None),
            Change::Unexpected => ("unexpected", None, None, None),
            Change::Altered { facet, wanted, found } => ("altered", Some(facet), wanted.as_ref(), found.as_ref()),
        };
        let mut line = serializer.serialize_struct("Difference", 8)?;
        line.serialize_field("kind", self.object.word())?;
        line.serialize_field("name", &self.object.to_string())?;
        line.serialize_field("change", change)?;
        line.serialize_field("foreign", &self.foreign)?;
        line.serialize_field("harmless", &self.harmless)?;
        line.serialize_field("facet", &facet)?;
        line.serialize_field("wanted", &wanted)?;
        line.serialize_field("found", &found)?;
        line.end()
    }
}
