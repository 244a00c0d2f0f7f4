//! What a purge came to, for a person.

use super::words::{count, grouped};
use crate::model::Purged;

/// The whole text, ending with a line end.
pub fn purged(outcome: &Purged) -> String {
    let of = outcome.region.as_ref().map_or_else(String::new, |region| format!("{region} from "));
    let head = format!("{of}{}", outcome.provider);
    let (Some(days), Some(seen_before)) = (outcome.retention_days, outcome.seen_before) else {
        return format!(
            "{head}: nothing is set, nothing is deleted (retention_days in [providers.{}.terms] of venues.toml).\n",
            outcome.provider
        );
    };
    let time = count(days.into(), "day", "days");
    let instant = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let venues = count(outcome.venues, "venue", "venues");
    let verb = if outcome.dry_run { "would be deleted" } else { "deleted" };
    let mut lines = vec![format!("{head}: {venues} {verb}, not seen for {time} (since {}).", instant(seen_before))];
    if let Some(oldest) = outcome.oldest_seen_at {
        lines.push(format!("  the oldest was last seen {}", instant(oldest)));
    }
    if outcome.venues > 0 && !outcome.dry_run {
        let ids = if outcome.ids_kept { "stay known" } else { "are forgotten, too" };
        lines.push(format!("  their ids {ids}"));
    }
    if outcome.traces > 0 {
        lines.push(format!("  {} of the provider's words beside them", count(outcome.traces, "row", "rows")));
    }
    if outcome.dry_run {
        lines.push("This was a dry run: nothing was deleted.".to_owned());
    }
    if outcome.held > 0 {
        lines.push(format!("{} of them are in somebody's hands; run the same command again.", grouped(outcome.held)));
    } else if !outcome.complete {
        lines.push("Stopped before the end; run the same command again.".to_owned());
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    #[test]
    fn what_went_by_which_rule_is_said_and_so_is_that_no_rule_is_set() {
        let unset = Purged { provider: "google".to_owned(), complete: true, ..Purged::default() };
        assert_eq!(
            purged(&unset),
            "google: nothing is set, nothing is deleted (retention_days in [providers.google.terms] of venues.toml).\n"
        );
        let at = |day| Utc.with_ymd_and_hms(2026, 10, day, 4, 15, 0).single();
        let done = Purged {
            region: Some("lisbon".to_owned()),
            retention_days: Some(30),
            seen_before: at(28),
            ids_kept: true,
            venues: 1_204,
            traces: 1,
            held: 2,
            complete: false,
            oldest_seen_at: at(2),
            ..unset.clone()
        };
        assert_eq!(
            purged(&done),
            "lisbon from google: 1,204 venues deleted, not seen for 30 days (since 2026-10-28 04:15 UTC).
  the oldest was last seen 2026-10-02 04:15 UTC
  their ids stay known
  1 row of the provider's words beside them
2 of them are in somebody's hands; run the same command again.
"
        );
        let dry = Purged { dry_run: true, venues: 1, held: 0, traces: 0, complete: true, ..done };
        let said = purged(&dry);
        assert!(said.contains("1 venue would be deleted") && said.ends_with("nothing was deleted.\n"), "{said}");
    }
}
