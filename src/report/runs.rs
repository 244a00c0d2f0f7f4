//! Runs, as somebody looks at them afterwards.

use chrono::{DateTime, Utc};

use super::guard::{breach, refusal};
use super::run_report::RunReport;
use super::text::{capped, numbers};
use super::words::{column, count, grouped};
use crate::model::{Figures, Judged, PastRun, RunOutcome};

/// Runs, one a line.
pub fn runs(runs: &[PastRun]) -> String {
    if runs.is_empty() {
        return "there is no such run yet\n".to_owned();
    }
    let row = |cells: [&str; 9]| {
        let widths = [36, 20, 10, 8, 16, 16, 22, 10, 9];
        let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| column(cell, width)).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let mut table = row(["RUN", "REGION", "PROVIDER", "METHOD", "BEGAN", "ENDED", "OUTCOME", "VENUES", "REQUESTS"]);
    table.insert_str(table.len() - 1, "  USD");
    for run in runs {
        let ended = run.ended_at.map_or_else(|| "–".to_owned(), minute);
        let mut line = row([
            &run.run_id.to_string(),
            &run.region,
            &run.provider,
            run.method.as_deref().unwrap_or("–"),
            &minute(run.begun_at),
            &ended,
            &outcome(run),
            &grouped(run.venues),
            &grouped(run.requests),
        ]);
        let missing =
            table.lines().next().map_or(0, |head| head.chars().count() - 3).saturating_sub(line.chars().count() - 1);
        line.insert_str(line.len() - 1, &format!("{}{:.2}", " ".repeat(missing), run.cost.usd()));
        table += &line;
    }
    table
}

fn outcome(run: &PastRun) -> String {
    match (run.outcome, run.stopped_by) {
        (RunOutcome::Unfinished, Some(by)) => format!("unfinished ({})", by.code()),
        (RunOutcome::Refused, _) if run.staged > 0 => format!("refused, {} wait", grouped(run.staged)),
        (outcome, _) => outcome.to_string(),
    }
}

fn minute(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%d %H:%M").to_string()
}

/// All that is kept of a run.
pub fn run(run: &PastRun, report: &RunReport, judged: &Judged) -> String {
    let ended = run.ended_at.map_or_else(|| "not closed".to_owned(), |at| format!("closed {} UTC", minute(at)));
    let method = run.method.as_ref().map_or_else(String::new, |method| format!(" ({method})"));
    let mut lines = vec![
        format!("{} from {}{method}: {}", run.region, run.provider, outcome(run)),
        format!("  run       {}, begun {} UTC, {ended}", run.run_id, minute(run.begun_at)),
    ];
    lines.extend(numbers(report));
    lines.extend(judged.found.iter().map(|found| format!("  found     {}", figures(found))));
    lines.extend(judged.before.iter().map(|before| format!("  before    {}", figures(before))));
    let failures = report.failures.iter().map(|(tile, reason)| format!("  failed    tile {tile}: {reason}"));
    lines.extend(failures);
    lines.extend(capped(&report.capped));
    if run.outcome == RunOutcome::Refused {
        lines.push(String::new());
        lines.extend(refusal(&judged.verdict, run.run_id, report.embedded_flag, usize::MAX));
    } else {
        lines.extend(judged.verdict.breaches.iter().map(|one| format!("  doubted   {}", breach(one))));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn figures(figures: &Figures) -> String {
    let mut parts = vec![count(figures.venues, "venue", "venues")];
    if figures.known > 0 {
        parts.push(format!("{} of {} seen again", grouped(figures.again), grouped(figures.known)));
    }
    if figures.rows > 0 {
        parts.push(format!("{} of {} unusable", grouped(figures.unusable), count(figures.rows, "row", "rows")));
    }
    for (field, filled) in &figures.fields {
        if filled.asked > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a share for a person's eyes")]
            let percent = 100.0 * filled.filled as f64 / filled.asked as f64;
            parts.push(format!("{field} {percent:.1} %"));
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Breach, Filled, Measure, MicroUsd, StoppedBy, Verdict};
    use crate::report::example;

    fn past(outcome: RunOutcome) -> PastRun {
        let report = example::report();
        PastRun {
            run_id: report.summary.run_id,
            region: "lisbon".to_owned(),
            provider: "google".to_owned(),
            method: Some("nearby".to_owned()),
            begun_at: DateTime::UNIX_EPOCH,
            ended_at: None,
            outcome,
            stopped_by: Some(StoppedBy::Quota),
            venues: 1234,
            staged: 0,
            requests: 412,
            requests_free: 0,
            cost: MicroUsd(14_420_000),
        }
    }

    #[test]
    fn a_list_has_a_line_for_each_run() {
        let table = runs(&[past(RunOutcome::Unfinished), PastRun { staged: 61, ..past(RunOutcome::Refused) }]);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("RUN ") && lines[0].ends_with("  USD"), "{table}");
        assert!(
            lines[1].contains("lisbon") && lines[1].contains("unfinished (quota)") && lines[1].contains("1,234"),
            "{table}"
        );
        assert!(lines[2].contains("refused, 61 wait") && lines[2].ends_with("14.42"), "{table}");
        assert_eq!(runs(&[]), "there is no such run yet\n");
    }

    #[test]
    fn a_refused_run_shows_what_the_guard_had_before_it_and_what_to_do() {
        let fields = [("hours".to_owned(), Filled { asked: 61, filled: 30 })].into();
        let found = Figures { venues: 61, known: 1216, again: 61, rows: 80, unusable: 2, fields, ..Figures::default() };
        let held =
            Breach { tile: Some(3), measure: Measure::Venues, of: None, expected: 200.0, found: 9.0, limit: 50.0 };
        let verdict = Verdict { tiles_held: 9, staged: 61, written: 4, breaches: vec![held; 20] };
        let judged = Judged { found: Some(found), before: vec![], verdict };
        let text = run(&past(RunOutcome::Refused), &example::report(), &judged);
        for expected in [
            "lisbon from google (nearby): refused",
            "\n  found     61 venues, 61 of 1,216 seen again, 2 of 80 rows unusable, hours 49.2 %\n",
            "\n  tile 3: 9 venues where the last good run found 200; believed are 50 or more\n",
            "What it brought is kept apart: 61 venues wait. 4 venues were written when it was left unfinished",
            "\n  venues runs accept 01980000-0000-7000-8000-000000000001\n",
        ] {
            assert!(text.contains(expected), "{expected}\n--\n{text}");
        }
        assert_eq!(text.matches("tile 3:").count(), 20, "all of them");
        let elsewhere = crate::report::RunReport { embedded_flag: true, ..example::report() };
        let text = run(&past(RunOutcome::Refused), &elsewhere, &judged);
        for verb in ["staged", "accept", "discard"] {
            let command = format!("\n  venues runs {verb} 01980000-0000-7000-8000-000000000001 --embedded\n");
            assert!(format!("{text}\n").contains(&command), "{command}\n--\n{text}");
        }
        let accepted = run(&past(RunOutcome::Accepted), &example::report(), &judged);
        assert!(accepted.contains("  doubted   tile 3") && !accepted.contains("runs accept"), "{accepted}");
    }
}
