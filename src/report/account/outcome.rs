//! How a run ended, in a sentence, and what follows from it.

use super::sheet::Tone;
use super::stock::Stock;
use crate::model::{RunAccount, RunState};
use crate::report::words::{count, grouped, stopper};

/// Longer lists are cut, and say so.
const LISTED: usize = 10;

/// One sentence, and how good the news is.
pub(super) fn outcome(account: &RunAccount) -> (String, Tone) {
    let coverage = account.coverage;
    let done = format!("{} of {} done", grouped(coverage.complete), count(coverage.tiles, "tile", "tiles"));
    match (account.state, account.stopped_by) {
        (RunState::Complete, _) if coverage.capped == 0 => {
            ("Complete: every point of the region is accounted for.".to_owned(), Tone::Good)
        }
        (RunState::Complete, _) => {
            let spots = count(coverage.capped, "spot that overflows", "spots that overflow");
            (format!("Complete: every point of the region is accounted for, but for {spots}."), Tone::Good)
        }
        (RunState::AtWork, _) => (format!("Under way: {done}."), Tone::Unfinished),
        (RunState::Open, Some(by)) => (format!("Stopped early by {}: {done}.", stopper(by)), Tone::Unfinished),
        (RunState::Open, None) if coverage.failed > 0 => {
            (format!("Partial: {done}, {} could not be finished.", grouped(coverage.failed)), Tone::Bad)
        }
        (RunState::Open, None) => (format!("Unfinished: {done}."), Tone::Unfinished),
        (RunState::Refused, _) => (
            "Refused: the guard did not believe it beside the last good runs, and what it held back waits.".to_owned(),
            Tone::Bad,
        ),
        (RunState::Abandoned, _) => match account.audit {
            Some((venues, missed)) => (
                format!(
                    "Not believed: of {} that the audit was shown, {} had not been seen.",
                    count(venues, "venue", "venues"),
                    grouped(missed)
                ),
                Tone::Bad,
            ),
            None => (
                format!(
                    "Given up: {done}; a newer run took its place, somebody discarded it, or it was too old to go on."
                ),
                Tone::Bad,
            ),
        },
    }
}

/// What to know of it, or to do next.
pub(super) fn next(account: &RunAccount, stock: &Stock) -> Vec<String> {
    let mut lines = Vec::new();
    let named = |tile: &i32| if *tile < 0 { "The audit".to_owned() } else { format!("Tile {tile}") };
    lines.extend(account.failures.iter().take(LISTED).map(|(tile, reason)| format!("{}: {reason}", named(tile))));
    if let Some(left) = account.failures.len().checked_sub(LISTED).filter(|left| *left > 0) {
        lines.push(format!("and {left} more"));
    }
    if account.state == RunState::Refused {
        let run = account.run_id;
        lines.push(format!(
            "`venues runs show {run}` has the figures, and `venues runs staged {run}` what waits. Then `venues runs accept {run}` lets it \
             in, or `venues runs discard {run}` throws it away; the next complete run throws it away, too."
        ));
    }
    if account.state == RunState::Open {
        let when =
            account.resumes_at.map_or_else(String::new, |at| format!(" from {} on", at.format("%Y-%m-%d %H:%M UTC")));
        lines.push(format!(
            "Every answer so far is kept and is not asked for again. Run the same command{when} to go on."
        ));
    }
    if let (RunState::Complete, Some((venues, missed))) = (account.state, account.audit) {
        let venues = count(venues, "venue", "venues");
        lines.push(format!("Its audit was shown {venues}; {} of them had not been seen.", grouped(missed)));
    }
    if account.state == RunState::Complete && stock.missing > 0 {
        let missing = count(stock.missing, "stored venue was", "stored venues were");
        lines.push(format!("{missing} not seen. A sync deletes nothing: they are still there."));
    }
    if account.superseded {
        lines.push(
            "A later run has been here since: the venues are shown as they are now, and only what this run wrote last counts as its own."
                .to_owned(),
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CoverageCounts;
    use crate::model::StoppedBy;
    use crate::report::account::example;

    #[test]
    fn every_end_has_its_sentence() {
        let mut account = example::account();
        let mut said = |state, stopped_by, failed, expected: &str| {
            account.state = state;
            account.stopped_by = stopped_by;
            account.coverage = CoverageCounts { tiles: 9, complete: 4, capped: 0, failed };
            assert_eq!(outcome(&account).0, expected);
        };
        said(RunState::Complete, None, 0, "Complete: every point of the region is accounted for.");
        said(RunState::AtWork, None, 0, "Under way: 4 of 9 tiles done.");
        said(RunState::Open, Some(StoppedBy::Quota), 0, "Stopped early by the provider's quota: 4 of 9 tiles done.");
        said(RunState::Open, None, 2, "Partial: 4 of 9 tiles done, 2 could not be finished.");
        said(RunState::Open, None, 0, "Unfinished: 4 of 9 tiles done.");
        said(
            RunState::Refused,
            None,
            0,
            "Refused: the guard did not believe it beside the last good runs, and what it held back waits.",
        );
        account.audit = Some((400, 31));
        account.state = RunState::Abandoned;
        assert_eq!(
            outcome(&account),
            ("Not believed: of 400 venues that the audit was shown, 31 had not been seen.".to_owned(), Tone::Bad)
        );
    }

    #[test]
    fn what_failed_and_when_to_go_on_is_told() {
        let mut account = example::account();
        account.state = RunState::Open;
        account.failures = vec![(3, "the provider did not answer".to_owned()); 12];
        account.resumes_at = Some(example::begun());
        let lines = next(&account, &Stock::new(&account));
        assert_eq!(lines[0], "Tile 3: the provider did not answer");
        assert_eq!(lines[10], "and 2 more");
        assert!(lines[11].contains("from 2026-07-02 07:00 UTC on"), "{lines:?}");
    }
}
