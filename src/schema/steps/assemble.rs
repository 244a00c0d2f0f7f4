//! Puts the statements in an order that PostgreSQL accepts.

use std::collections::{BTreeMap, BTreeSet};

use super::order::in_order;
use super::plan::{Plan, is_foreign_key, plan};
use super::step::{Hints, Refusal, Step};
use super::words::{alter_column, alter_table, column as column_words, comment, place, quoted};
use super::{column, labels};
use crate::schema::catalogue::{Catalogue, Id, Kind, Object, View};

/// The linter cannot tell from the statement.
const COMPUTED: &str = "squawk-ignore unmarked-loss -- it is computed from what stays";

/// The statements that make `to` of `from`; or what stands in the way, object by object.
pub fn steps(from: &Catalogue, to: &Catalogue, hints: &Hints) -> Result<Vec<Step>, Vec<Refusal>> {
    let uncovered = uncovered(from, to);
    if !uncovered.is_empty() {
        return Err(uncovered);
    }
    let way = Way { from, to, hints, plan: plan(from, to) };
    let mut steps = way.first();
    let mut refusals = Vec::new();
    for id in way.making_order() {
        match way.make(&id) {
            Ok(made) => steps.extend(made),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    steps.extend(way.last());
    Ok(steps)
}

/// Differences of kinds that are not covered.
fn uncovered(from: &Catalogue, to: &Catalogue) -> Vec<Refusal> {
    let differs = |id: &&Id| from.objects.get(*id) != to.objects.get(*id);
    let invalid = |object: Option<&Object>| matches!(object, Some(Object::Index(index)) if !index.valid);
    let kinds = from.objects.keys().chain(to.objects.keys()).collect::<BTreeSet<&Id>>();
    let reason = |id: &Id| match id.kind {
        Kind::Other => {
            Some("autogenerate does not cover this kind: write the migration by hand (`venues migrate new`)")
        }
        Kind::Schema => Some("no schema is made or dropped: the one that records migrations is always there"),
        _ if invalid(from.objects.get(id)) || invalid(to.objects.get(id)) => {
            Some("the index is invalid: `venues migrate repair` rebuilds it")
        }
        _ => None,
    };
    let refusals = kinds.into_iter().filter(differs);
    refusals.filter_map(|id| reason(id).map(|reason| Refusal::new(id, reason.to_owned()))).collect()
}

struct Way<'a> {
    from: &'a Catalogue,
    to: &'a Catalogue,
    hints: &'a Hints,
    plan: Plan,
}

impl Way<'_> {
    /// What goes, and what gets another name.
    fn first(&self) -> Vec<Step> {
        let in_the_way = self.plan.default_in_the_way.iter();
        let mut steps: Vec<Step> =
            in_the_way.map(|id| Step::new(format!("{} drop default", alter_column(id)))).collect();
        // A type goes last, when no column is of it any more.
        let types_apart = |id: &Id| id.kind != Kind::Enum;
        let dropped = nodes(self.from, &self.plan.dropped, |id| self.goes_with_its_table(id));
        let order = in_order(&dropped).into_iter().rev();
        steps.extend(order.filter(types_apart).map(|id| self.drop(&id)));
        for (old, new) in &self.plan.renamed {
            let name = quoted(&new.part);
            steps.push(Step::new(match old.kind {
                Kind::Index => format!("alter index {} rename to {name}", place(old)),
                _ => format!("{} rename constraint {} to {name}", alter_table(old), quoted(&old.part)),
            }));
        }
        steps
    }

    fn goes_with_its_table(&self, id: &Id) -> bool {
        let table = id.table();
        if *id == table || !self.plan.dropped.contains(&table) {
            return false;
        }
        // A foreign key between tables that both go would have to go before either.
        let other_goes = || {
            let needs = self.from.needs.get(id).into_iter().flatten();
            needs.map(Id::table).any(|needed| needed != table && self.plan.dropped.contains(&needed))
        };
        !(is_foreign_key(self.from.objects.get(id)) && other_goes())
    }

    fn drop(&self, id: &Id) -> Step {
        let name = quoted(&id.part);
        match id.kind {
            Kind::Table => Step::new(format!("drop table {}", place(id))).losing(id),
            Kind::Column => {
                let step = Step::new(format!("{} drop column {name}", alter_table(id)));
                let computed =
                    matches!(self.from.objects.get(id), Some(Object::Column(column)) if column.generated.is_some());
                if computed { step.noted(COMPUTED) } else { step.losing(id) }
            }
            Kind::Constraint => Step::new(format!("{} drop constraint {name}", alter_table(id))),
            Kind::Function => Step::new(format!("drop routine {}", place(id))),
            _ => Step::new(format!("drop {} {}", id.word(), place(id))),
        }
    }

    /// What comes or changes, each after what it needs.
    fn making_order(&self) -> Vec<Id> {
        let plan = &self.plan;
        let reset = plan.default_in_the_way.iter().filter(|id| self.to.has(id) && !plan.made.contains(id));
        let ids = plan.made.iter().chain(&plan.altered).chain(&plan.swapped).chain(reset).cloned().collect();
        in_order(&nodes(self.to, &ids, |id| self.comes_with_its_table(id)))
    }

    fn comes_with_its_table(&self, id: &Id) -> bool {
        let part = matches!(id.kind, Kind::Column | Kind::Constraint) && !is_foreign_key(self.to.objects.get(id));
        part && self.plan.made.contains(&id.table())
    }

    fn make(&self, id: &Id) -> Result<Vec<Step>, Refusal> {
        let Some(new) = self.to.objects.get(id) else { return Ok(Vec::new()) };
        let old = self.from.objects.get(id).filter(|_| !self.plan.made.contains(id));
        let statement = |sql: String| Ok(vec![Step::new(sql)]);
        match (old, new) {
            (None, Object::Enum(new)) => Ok(vec![labels::create(id, new)]),
            (Some(Object::Enum(old)), Object::Enum(new)) if self.plan.swapped.contains(id) => {
                Ok(labels::swap(id, [old, new], [self.from, self.to], &self.plan))
            }
            (Some(Object::Enum(old)), Object::Enum(new)) => Ok(labels::grow(id, old, new)),
            (None, Object::Column(new)) => column::add(id, new, [self.from, self.to], self.hints),
            (Some(Object::Column(old)), Object::Column(new)) => column::alter(id, old, new, &self.plan, self.hints),
            (_, Object::Table) => statement(self.create_table(id)),
            (_, Object::Constraint(new)) => {
                let sql = format!("{} add constraint {} {}", alter_table(id), quoted(&id.part), new.definition);
                Ok(vec![self.noted_if_strict(id, new.definition.as_str(), Step::new(sql))])
            }
            (_, Object::Index(new)) => {
                Ok(vec![self.noted_if_strict(id, &new.definition, Step::new(new.definition.clone()))])
            }
            (_, Object::View(new)) => statement(create_view(id, new)),
            (_, Object::Function(new)) => statement(new.definition.clone()),
            _ => Ok(Vec::new()),
        }
    }

    /// For what rows may stop.
    fn noted_if_strict(&self, id: &Id, definition: &str, step: Step) -> Step {
        let strict = !definition.starts_with("CREATE INDEX") && self.from.has(&id.table());
        let known = self.from.objects.get(id) == self.to.objects.get(id);
        if strict && !known { step.noted("Stops, and changes nothing, where rows do not fit.") } else { step }
    }

    fn create_table(&self, table: &Id) -> String {
        let columns = self.to.columns(table).into_iter().map(|(name, column)| column_words(name, column));
        let own = |(id, object): &(&Id, &Object)| id.table() == *table && !is_foreign_key(Some(object));
        let constraints = self.to.of_kind(Kind::Constraint).filter(own).filter_map(|(id, object)| match object {
            Object::Constraint(it) => Some(format!("constraint {} {}", quoted(&id.part), it.definition)),
            _ => None,
        });
        let lines: Vec<String> = columns.chain(constraints).map(|line| format!("\n    {line}")).collect();
        format!("create table {} ({}\n)", place(table), lines.join(","))
    }

    /// Types that are no longer used, and what is said of everything.
    fn last(&self) -> Vec<Step> {
        let old = self.plan.swapped.iter().map(|id| Id { name: labels::old_name(id), ..id.clone() });
        let gone = self.plan.dropped.iter().filter(|id| id.kind == Kind::Enum).cloned();
        let mut steps: Vec<Step> = old.chain(gone).map(|id| Step::new(format!("drop type {}", place(&id)))).collect();
        for (id, object) in &self.to.objects {
            let renamed = self.plan.renamed.iter().find(|(_, new)| new == id).map(|(old, _)| old);
            let fresh = self.plan.made.contains(id) || self.plan.swapped.contains(id);
            let before = if fresh { None } else { self.from.comments.get(renamed.unwrap_or(id)) };
            let after = self.to.comments.get(id);
            if before != after {
                steps.push(Step::new(comment(id, after.map(String::as_str))));
            }
            if let Object::View(view) = object
                && fresh
            {
                steps.extend(view.column_comments.iter().map(|(column, text)| {
                    let column = Id::new(Kind::Column, &id.schema, &id.name, column);
                    Step::new(comment(&column, Some(text)))
                }));
            }
        }
        steps
    }
}

fn create_view(id: &Id, view: &View) -> String {
    let options = view.options.as_ref().map_or_else(String::new, |options| format!(" with ({options})"));
    format!("create view {}{options} as\n{}", place(id), view.definition.trim_end().trim_end_matches(';'))
}

/// What each of these needs among them, where some are done along with their table.
fn nodes(
    catalogue: &Catalogue,
    ids: &BTreeSet<Id>,
    with_its_table: impl Fn(&Id) -> bool,
) -> BTreeMap<Id, BTreeSet<Id>> {
    let node = |id: &Id| if with_its_table(id) { id.table() } else { id.clone() };
    let mut nodes: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
    for id in ids {
        let needs = catalogue.needs.get(id).into_iter().flatten();
        let own_table = std::iter::once(id.table()).filter(|table| ids.contains(table));
        let needed = needs.filter(|need| ids.contains(need)).map(node).chain(own_table);
        nodes.entry(node(id)).or_default().extend(needed);
    }
    nodes
}
