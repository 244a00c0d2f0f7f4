//! Steps of an enum whose labels change.

use super::plan::{Plan, enum_of};
use super::step::Step;
use super::words::{alter_column, literal, place, quoted};
use crate::schema::catalogue::{Catalogue, Enum, Id, Kind, Object};

/// What the old type is called until it is dropped.
pub(super) fn old_name(id: &Id) -> String {
    format!("{}__old", id.name)
}

/// Adds labels where they belong.
pub(super) fn grow(id: &Id, old: &Enum, new: &Enum) -> Vec<Step> {
    let mut steps = Vec::new();
    for (place_of, label) in new.labels.iter().enumerate().filter(|(_, label)| !old.labels.contains(label)) {
        let where_to = match place_of.checked_sub(1).and_then(|before| new.labels.get(before)) {
            Some(before) => format!("after {}", literal(before)),
            None => old.labels.first().map_or_else(String::new, |first| format!("before {}", literal(first))),
        };
        let sql = format!("alter type {} add value {} {where_to}", place(id), literal(label));
        steps.push(Step::new(sql.trim_end().to_owned()));
    }
    steps
}

/// Makes the type anew, and has its columns go over to it. The old one is dropped at the end.
pub(super) fn swap(id: &Id, labels: [&Enum; 2], catalogues: [&Catalogue; 2], plan: &Plan) -> Vec<Step> {
    let ([old, new], [from, to]) = (labels, catalogues);
    let mut steps =
        vec![Step::new(format!("alter type {} rename to {}", place(id), quoted(&old_name(id)))), create(id, new)];
    let loses = old.labels.iter().any(|label| !new.labels.contains(label));
    let this = std::iter::once(id.clone()).collect();
    for (column, object) in from.of_kind(Kind::Column) {
        let Object::Column(before) = object else { continue };
        let Some(Object::Column(after)) = to.objects.get(column) else { continue };
        if enum_of(before, &this).is_none() || before.type_name != after.type_name || plan.dropped.contains(column) {
            continue;
        }
        let array = if before.type_name.ends_with("[]") { "[]" } else { "" };
        let statement = alter_column(column);
        if before.default.is_some() && !plan.default_in_the_way.contains(column) {
            steps.push(Step::new(format!("{statement} drop default")));
        }
        let name = quoted(&column.part);
        let go_over =
            Step::new(format!("{statement} type {} using {name}::text{array}::{}", after.type_name, after.type_name));
        steps.push(if loses {
            go_over.losing(column).noted("Stops, and changes nothing, where a row has a label that is no more.")
        } else {
            go_over
        });
        if let Some(default) = &after.default {
            steps.push(Step::new(format!("{statement} set default {default}")));
        }
    }
    steps
}

/// Makes a type.
pub(super) fn create(id: &Id, new: &Enum) -> Step {
    let labels: Vec<String> = new.labels.iter().map(|label| literal(label)).collect();
    Step::new(format!("create type {} as enum ({})", place(id), labels.join(", ")))
}
