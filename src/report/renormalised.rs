//! What cleaning again came to, for a person.

use serde_json::value::{Map, RawValue, Value};

use super::words::{count, grouped};
use crate::model::{FieldDifference, Renormalised, VenueDifference};

/// Characters of a value that are shown.
const SHOWN: usize = 160;

/// The whole text, ending with a line end: the numbers first.
pub fn renormalised(outcome: &Renormalised) -> String {
    let of = outcome.region.as_ref().map_or_else(String::new, |region| format!("{region} from "));
    let (changed, refused) =
        if outcome.dry_run { ("would be updated", "would be refused") } else { ("updated", "refused") };
    let mut lines = vec![format!(
        "{of}{}: {}: {} {changed}, {} unchanged, {} {refused}.",
        outcome.provider,
        count(outcome.kept, "kept row", "kept rows"),
        grouped(outcome.updated),
        grouped(outcome.unchanged),
        grouped(outcome.rejected),
    )];
    if !outcome.fields.is_empty() {
        let fields = outcome.fields.iter().map(|(field, venues)| format!("{field} {}", grouped(*venues)));
        lines.push(format!("  {}", fields.collect::<Vec<_>>().join(", ")));
    }
    if outcome.dry_run {
        lines.push("This was a dry run: nothing was written.".to_owned());
    }
    if !outcome.complete {
        lines.push("Stopped before the end; run the same command again.".to_owned());
    }
    lines.extend(outcome.differences.iter().flat_map(venue));
    lines.extend(more(outcome.updated, outcome.differences.len()));
    if outcome.rejected > 0 {
        lines.push("\nno venue by today's rules; what is stored of it stays:".to_owned());
        let refusals = outcome.rejects.iter().map(|reject| {
            let id = reject.provider_id.as_deref().unwrap_or("no id");
            format!("  {id}: {}: {}", reject.reason, reject.detail)
        });
        lines.extend(refusals);
        lines.extend(more(outcome.rejected, outcome.rejects.len()));
    }
    lines.join("\n") + "\n"
}

fn more(all: u64, shown: usize) -> Option<String> {
    let left = all.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX));
    (left > 0).then(|| format!("  … and {} more; --limit shows them", grouped(left)))
}

fn venue(venue: &VenueDifference) -> Vec<String> {
    let mut lines = vec![format!("\n{}  {}", venue.provider_id, venue.name)];
    lines.extend(venue.fields.iter().map(field));
    lines
}

fn field(field: &FieldDifference) -> String {
    let members = |text: &RawValue| serde_json::from_str::<Map<String, Value>>(text.get());
    let (before, after) = match (members(&field.before), members(&field.after)) {
        (Ok(before), Ok(after)) => (unlike(&before, &after), unlike(&after, &before)),
        _ => (field.before.to_string(), field.after.to_string()),
    };
    format!("  {}: {} → {}", field.field, cut(&before), cut(&after))
}

/// The members in which one object differs from another.
fn unlike(one: &Map<String, Value>, other: &Map<String, Value>) -> String {
    let members = one.iter().filter(|(name, value)| other.get(*name) != Some(value));
    let members: Map<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    Value::Object(members).to_string()
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;
    use crate::model::{Reject, RejectReason};

    #[test]
    fn the_numbers_come_first_and_what_is_not_shown_is_counted() {
        let text = |value: Value| to_raw_value(&value).unwrap();
        let difference = |field, before, after| FieldDifference { field, before: text(before), after: text(after) };
        let outcome = Renormalised {
            region: Some("lisbon".to_owned()),
            provider: "osm".to_owned(),
            dry_run: true,
            complete: true,
            kept: 1_204,
            updated: 3,
            unchanged: 1_200,
            rejected: 1,
            fields: [("categories", 1), ("hours", 3)].into(),
            differences: vec![VenueDifference {
                provider_id: "node/1".to_owned(),
                name: "Uno".to_owned(),
                fields: vec![
                    difference("categories", json!(["bar"]), json!(["pub", "bar"])),
                    difference("hours", json!({"state": "known", "osm": "Mo 9-17"}), json!({"state": "known"})),
                ],
            }],
            rejects: vec![Reject {
                provider_id: Some("node/2".to_owned()),
                reason: RejectReason::NoName,
                detail: "no name".to_owned(),
            }],
            duration_ms: 7,
        };
        assert_eq!(
            renormalised(&outcome),
            "lisbon from osm: 1,204 kept rows: 3 would be updated, 1,200 unchanged, 1 would be refused.
  categories 1, hours 3
This was a dry run: nothing was written.

node/1  Uno
  categories: [\"bar\"] → [\"pub\",\"bar\"]
  hours: {\"osm\":\"Mo 9-17\"} → {}
  … and 2 more; --limit shows them

no venue by today's rules; what is stored of it stays:
  node/2: no_name: no name
"
        );
    }
}
