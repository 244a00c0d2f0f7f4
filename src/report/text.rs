//! The end of a run, for a person: the outcome first.

use super::guard::refusal;
use super::run_report::{AuditReport, LookAtData, RunReport};
use super::sample_table::sample_table;
use super::words::{count, grouped, stopper};
use crate::model::{CappedSpot, RunStatus, StoppedBy, Summary};

/// Longer lists are cut, and say so.
const LISTED: usize = 10;

/// The whole text, ending with a line end.
pub fn text(report: &RunReport) -> String {
    let mut lines = vec![outcome(report)];
    lines.extend(what_now(report));
    if report.summary.status != RunStatus::Skipped {
        lines.push(String::new());
        lines.extend(numbers(report));
        lines.extend(capped(&report.capped));
        lines.extend(look(report));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn outcome(report: &RunReport) -> String {
    let summary = &report.summary;
    let coverage = summary.coverage;
    let done = format!("{} of {} done", grouped(coverage.complete), count(coverage.tiles, "tile", "tiles"));
    let outcome = match (summary.status, summary.stopped_by) {
        (RunStatus::Complete, _) if coverage.capped == 0 => {
            "complete: every point of the region is accounted for".to_owned()
        }
        (RunStatus::Complete, _) => {
            let spots = count(coverage.capped, "spot that overflows", "spots that overflow");
            format!("complete: every point of the region is accounted for, but for {spots}")
        }
        (RunStatus::Skipped, _) => "skipped: the last run is fresh enough".to_owned(),
        (RunStatus::Partial, _) if report.audit.is_some_and(|audit| !audit.believed) => {
            format!("partial: {done}, but the audit found too many venues that were not seen")
        }
        (RunStatus::Partial, _) => {
            format!("partial: {done}, {} could not be finished", grouped(coverage.failed))
        }
        (RunStatus::Interrupted, Some(stopped_by)) => format!("stopped early by {}: {done}", stopper(stopped_by)),
        (RunStatus::Interrupted, None) => format!("ended by another command: {done}"),
        (RunStatus::Refused, _) => "refused: the guard did not believe the data".to_owned(),
        (RunStatus::Failed, _) => format!("failed: {done}"),
    };
    format!("{} from {}: {outcome}.", summary.region, summary.provider)
}

/// What is kept, and what to do next.
fn what_now(report: &RunReport) -> Vec<String> {
    let named = |tile: &i32| if *tile < 0 { "the audit".to_owned() } else { format!("tile {tile}") };
    let of_a_tile = |reason: &&String| report.failures.iter().any(|(_, why)| why == *reason);
    let reason = report.reason.iter().filter(|reason| !of_a_tile(reason));
    let mut lines: Vec<String> = reason.map(|reason| format!("  {reason}")).collect();
    lines.extend(report.failures.iter().take(LISTED).map(|(tile, reason)| format!("  {}: {reason}", named(tile))));
    lines.extend(more(report.failures.len()).map(|more| format!("  {more}")));
    if let (RunStatus::Refused, Some(verdict)) = (report.summary.status, &report.summary.guard) {
        lines.extend(refusal(verdict, report.summary.run_id, report.embedded_flag, LISTED));
        return lines;
    }
    let kept = match (report.summary.status, report.dry_run) {
        (RunStatus::Complete | RunStatus::Skipped, false) => return lines,
        (_, true) => "This was a dry run: nothing was written but what was spent.",
        (RunStatus::Refused, false) => "The new data was not let in; what was there before is untouched.",
        (RunStatus::Interrupted, false) if report.summary.stopped_by.is_none() => {
            "What was written by then stays; answers that waited to be judged are gone."
        }
        (RunStatus::Partial | RunStatus::Interrupted | RunStatus::Failed, false) => {
            "Every answer so far is kept and is not asked for again."
        }
    };
    lines.push(kept.to_owned());
    if matches!(report.summary.status, RunStatus::Partial | RunStatus::Interrupted | RunStatus::Failed) {
        let when = report
            .summary
            .resumes_at
            .map_or_else(String::new, |at| format!(", from {} on", at.format("%Y-%m-%d %H:%M UTC")));
        let how = go_on(report.summary.stopped_by, report.summary.resumes_at.is_some());
        // A dry run is never taken up again.
        let how = if report.dry_run { how.replacen("To go on", "To try again", 1) } else { how.to_owned() };
        lines.push(format!("{how}{when}:"));
        lines.push(format!("  {}", report.go_on));
    }
    lines
}

fn go_on(stopped_by: Option<StoppedBy>, has_time: bool) -> &'static str {
    match stopped_by {
        Some(StoppedBy::Budget) if has_time => "To go on, when there is room again",
        Some(StoppedBy::Budget) => "To go on by as much again",
        Some(StoppedBy::Quota) => "To go on, when the quota is filled again",
        Some(StoppedBy::Signal | StoppedBy::Guard) | None => "To go on",
    }
}

/// The lines of figures.
pub(super) fn numbers(report: &RunReport) -> Vec<String> {
    let Summary { venues, coverage, requests, requests_free, cost, .. } = report.summary;
    let mut lines = vec![
        format!(
            "  venues    {} received: {} new, {} changed, {} unchanged, {} rejected, {} outside, {} met again",
            grouped(venues.received),
            grouped(venues.inserted),
            grouped(venues.updated),
            grouped(venues.unchanged),
            grouped(venues.rejected),
            grouped(venues.outside),
            grouped(venues.duplicate),
        ),
        format!("  profiles  {} made ready for enrichment", grouped(report.summary.profiles_stubbed)),
        if report.replayed {
            format!("  requests  {}, answered from recordings: nothing was paid", grouped(requests))
        } else {
            format!("  requests  {}, {} of them free; {cost} at list price", grouped(requests), grouped(requests_free))
        },
        format!(
            "  coverage  {} of {}, {}, {} failed",
            grouped(coverage.complete),
            count(coverage.tiles, "tile", "tiles"),
            count(coverage.capped, "capped spot", "capped spots"),
            grouped(coverage.failed),
        ),
    ];
    if report.staged > 0 && report.summary.guard.is_none() {
        lines.push(format!("  waiting   {} to be let in", count(report.staged, "venue", "venues")));
    }
    if report.gone > 0 {
        lines.push(format!(
            "  gone      {} that the last runs did not see any more",
            count(report.gone, "venue", "venues")
        ));
    }
    lines.extend(report.audit.map(audit));
    // None is kept of a run that has not ended.
    if report.summary.duration_ms > 0 {
        lines.push(format!("  time      {}", duration(report.summary.duration_ms)));
    }
    lines.extend(report.rejects.iter().take(LISTED).map(|(reason, many, example)| {
        format!("  rejected  {} {}, such as {example}", grouped(*many), spoken(reason))
    }));
    let repairs = report.repairs.iter().map(|(repair, many)| (spoken(repair), *many));
    lines.extend(list("repaired", repairs.collect()));
    let unmapped = list("unmapped", report.unmapped.clone());
    lines.extend(unmapped.map(|line| format!("{line} (category words without a code of ours: kept as they are)")));
    lines
}

/// Its requests are among those of the run.
fn audit(found: AuditReport) -> String {
    let AuditReport { requests, venues, missed, recall, at_least, .. } = found;
    format!(
        "  audit     {}: {} of {} had not been seen; recall {recall:.3}, at least {at_least:.3} with 95 % certainty",
        count(requests, "request", "requests"),
        grouped(missed),
        count(venues, "venue", "venues"),
    )
}

/// One line of counted words, the most frequent first; none if there are none.
fn list(title: &str, mut counted: Vec<(String, u64)>) -> Option<String> {
    if counted.is_empty() {
        return None;
    }
    counted.sort_by_key(|(_, many)| std::cmp::Reverse(*many));
    let mut words: Vec<String> =
        counted.iter().take(LISTED).map(|(word, many)| format!("{} {word}", grouped(*many))).collect();
    words.extend(more(counted.len()));
    Some(format!("  {title}  {}", words.join(", ")))
}

fn more(all: usize) -> Option<String> {
    let left = all.saturating_sub(LISTED);
    (left > 0).then(|| format!("and {left} more"))
}

/// The spots that overflow, by place.
pub(super) fn capped(spots: &[CappedSpot]) -> Vec<String> {
    if spots.is_empty() {
        return Vec::new();
    }
    let line = |spot: &CappedSpot| {
        let position = spot.position;
        let words = spot.words.join(", ");
        let (seen, radius) = (spot.seen, spot.radius_m.ceil());
        format!("    {:.5},{:.5}  within {radius} m: {seen} seen ({words})", position.lat(), position.lng())
    };
    let title = "Here the provider has more venues on a few metres than it ever shows; some may be missing:";
    let mut lines = vec![String::new(), title.to_owned()];
    lines.extend(spots.iter().take(LISTED).map(line));
    lines.extend(more(spots.len()).map(|more| format!("    {more}")));
    lines
}

fn look(report: &RunReport) -> Vec<String> {
    let mut lines = Vec::new();
    if !report.samples.is_empty() {
        lines.push(String::new());
        lines.extend(sample_table(&report.samples, report.today).into_iter().map(|line| format!("  {line}")));
    }
    if let Some(LookAtData { shell, url }) = &report.look {
        lines.push(String::new());
        lines.push("Look at the data:".to_owned());
        lines.push(format!("  {shell}"));
        lines.push(format!("  {url}"));
    }
    lines
}

fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1_000;
    match seconds {
        0..60 => format!("{seconds}.{} s", milliseconds % 1_000 / 100),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// `text_cleaned` → `text cleaned`.
fn spoken(code: &str) -> String {
    code.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn a_newcomer_reads_the_outcome_the_numbers_and_where_the_data_is() {
        let expected = "\
demo from google: complete: every point of the region is accounted for, but for 1 spot that overflows.

  venues    1,216 received: 1,212 new, 0 changed, 0 unchanged, 2 rejected, 1 outside, 1 met again
  profiles  1,212 made ready for enrichment
  requests  1,031, 0 of them free; $1.085 at list price
  coverage  9 of 9 tiles, 1 capped spot, 0 failed
  time      2.4 s
  rejected  2 no name, such as ChIJx: nothing is left of it
  repaired  3 text cleaned
  unmapped  7 noodle_barge, 4 cable_car_station (category words without a code of ours: kept as they are)

Here the provider has more venues on a few metres than it ever shows; some may be missing:
    38.70012,-27.20000  within 1 m: 20 seen (restaurant)

  name                          category                rating  price  hours on Wednesday
  Farol Azul                    seafood_restaurant      4.5     $$     12:00–15:00, 19:00–01:30
  港の食堂                      noodle_shop             –       –      –

Look at the data:
  venues db shell
  postgresql://venues@localhost/venues?host=/run/x
";
        assert_eq!(text(&example::report()), expected);
    }

    #[test]
    fn a_run_stopped_early_says_by_what_what_is_kept_and_how_to_go_on() {
        for (stopped_by, stopper, how) in [
            (StoppedBy::Budget, "stopped early by the budget: 4 of 9 tiles done.", "To go on by as much again"),
            (StoppedBy::Quota, "stopped early by the provider's quota", "when the quota is filled again"),
            (StoppedBy::Signal, "stopped early by a signal", "To go on:\n  venues sync --region demo\n"),
        ] {
            let mut report = example::report();
            report.summary.status = RunStatus::Interrupted;
            report.summary.stopped_by = Some(stopped_by);
            report.summary.coverage.complete = 4;
            let text = text(&report);
            for expected in [stopper, how, "is kept and is not asked for again", "\n  venues sync --region demo\n"] {
                assert!(text.contains(expected), "{expected}\n--\n{text}");
            }
        }
    }

    #[test]
    fn a_run_that_another_command_ended_does_not_promise_that_everything_is_kept() {
        let mut report = example::report();
        report.summary.status = RunStatus::Interrupted;
        report.reason = Some("another command began a newer run".to_owned());
        let text = text(&report);
        assert!(text.contains("ended by another command: 9 of 9 tiles done.\n  another command began"), "{text}");
        assert!(text.contains("answers that waited to be judged are gone"), "{text}");
    }

    #[test]
    fn the_reason_and_the_time_to_go_on_are_told_where_they_are_known() {
        let mut report = example::report();
        report.summary.status = RunStatus::Interrupted;
        report.summary.stopped_by = Some(StoppedBy::Quota);
        report.reason = Some("1000 requests a day are used up".to_owned());
        report.summary.resumes_at = chrono::DateTime::from_timestamp(1_782_975_600, 0);
        let text = text(&report);
        assert!(text.contains("\n  1000 requests a day are used up\n"), "{text}");
        assert!(text.contains("when the quota is filled again, from 2026-07-02 07:00 UTC on:"), "{text}");
    }

    #[test]
    fn every_other_end_is_told_apart() {
        let mut report = example::report();
        report.failures = vec![(3, "the provider did not answer".to_owned())];
        for (status, expected) in [
            (RunStatus::Partial, "partial: 9 of 9 tiles done, 0 could not be finished"),
            (RunStatus::Failed, "tile 3: the provider did not answer"),
            (RunStatus::Refused, "what was there before is untouched"),
            (RunStatus::Skipped, "fresh enough"),
        ] {
            report.summary.status = status;
            let text = text(&report);
            assert!(text.contains(expected), "{expected}\n--\n{text}");
            assert_eq!(text.contains("To go on"), matches!(status, RunStatus::Partial | RunStatus::Failed), "{text}");
        }
    }

    #[test]
    fn an_audit_says_what_the_proof_is_worth() {
        let mut report = example::report();
        let found =
            AuditReport { requests: 21, venues: 412, missed: 2, recall: 0.995, at_least: 0.984, believed: true };
        report.audit = Some(found);
        let line = "\n  audit     21 requests: 2 of 412 venues had not been seen; recall 0.995, at least 0.984 with 95 % certainty\n";
        assert!(text(&report).contains(line), "{}", text(&report));
        report.audit = Some(AuditReport { believed: false, ..found });
        report.summary.status = RunStatus::Partial;
        assert!(text(&report).contains("partial: 9 of 9 tiles done, but the audit found too many venues"));
    }

    #[test]
    fn a_dry_run_and_a_replay_say_so() {
        let mut report = example::report();
        report.dry_run = true;
        report.replayed = true;
        let text = text(&report);
        assert!(text.contains("nothing was written but what was spent"), "{text}");
        assert!(text.contains("answered from recordings: nothing was paid"), "{text}");
    }

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let mut report = example::report();
        report.capped = vec![report.capped[0].clone(); 13];
        assert!(text(&report).contains("    and 3 more\n"));
    }
}
