//! The outcome of runs as numbers, in the text format that Prometheus reads from files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::model::{RunStatus, Summary};

/// A run that ended, or could not even be begun.
#[derive(Debug, Clone, Copy)]
pub struct MeasuredRun<'a> {
    /// Its numbers.
    pub summary: &'a Summary,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// It was answered from a recording, and says nothing of the provider.
    pub replayed: bool,
    /// When the last complete run before it ended, where that is known.
    pub last_success: Option<DateTime<Utc>>,
}

/// Name, and what it is. All of them are gauges: each file tells of one run a region, the last.
pub(super) const METRICS: [(&str, &str); 10] = [
    ("venues_sync_last_success_timestamp_seconds", "When the last complete run of the region ended, as Unix time."),
    ("venues_sync_last_run_timestamp_seconds", "When the last run of the region ended, however it did, as Unix time."),
    ("venues_sync_last_run_status", "1 for the status of the last run, 0 for the others."),
    ("venues_sync_last_run_duration_seconds", "Wall time of the last process at work on the run."),
    ("venues_sync_last_run_rows", "Rows received over the whole run, by what became of them."),
    ("venues_sync_last_run_profiles_stubbed", "Profiles made ready for enrichment."),
    ("venues_sync_last_run_requests", "Requests sent over the whole run, retries included."),
    ("venues_sync_last_run_cost_dollars", "List price of the run's answers in US dollars, before free allowances."),
    ("venues_sync_last_run_tiles", "Pieces of the region, by whether they are done."),
    ("venues_sync_last_run_capped_spots", "Spots where the provider has more venues than it ever shows."),
];

const STATUSES: [RunStatus; 6] = [
    RunStatus::Complete,
    RunStatus::Partial,
    RunStatus::Failed,
    RunStatus::Refused,
    RunStatus::Interrupted,
    RunStatus::Skipped,
];

/// The whole file: the run's numbers, and from the file before it what that says of other regions and providers.
pub fn metrics(run: MeasuredRun<'_>, before: &str) -> String {
    let own = series(run.summary);
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in before.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, rest)) = line.split_once('{')
            && let Some((name, _)) = METRICS.iter().find(|(known, _)| *known == name)
            && !rest.starts_with(&own)
        {
            lines.entry(name).or_default().push(line.to_owned());
        }
    }
    for Sample { name, label, value } in samples(run, success_in(before, &own)) {
        let label = label.map(|(label, word)| format!(",{label}=\"{}\"", escaped(word))).unwrap_or_default();
        lines.entry(name).or_default().push(format!("{name}{{{own}{label}}} {value}"));
    }
    let mut text = String::new();
    for (name, help) in METRICS {
        let Some(lines) = lines.get_mut(name) else { continue };
        lines.sort();
        // Writing to a String cannot fail.
        writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{}", lines.join("\n")).ok();
    }
    text
}

/// What the file before says of the last complete run: the database may be out of reach.
fn success_in(before: &str, own: &str) -> Option<f64> {
    let start = format!("{}{{{own}}} ", METRICS[0].0);
    before.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok())
}

/// One number of a run.
pub(super) struct Sample {
    /// As published.
    pub(super) name: &'static str,
    /// What it has beside region and provider.
    pub(super) label: Option<(&'static str, &'static str)>,
    /// In the unit that the name ends in.
    pub(super) value: f64,
}

/// All numbers of a run; `success_before` is what is known of the last complete one where the database is not to be asked.
pub(super) fn samples(run: MeasuredRun<'_>, success_before: Option<f64>) -> Vec<Sample> {
    let summary = run.summary;
    let [success, ended, status, duration, rows, stubbed, requests, cost, tiles, capped] =
        METRICS.map(|(name, _)| name);
    let mut samples = Vec::new();
    let mut add = |name, label, value: f64| samples.push(Sample { name, label, value });
    let ended_at = seconds(run.ended_at);
    let last_success = match summary.status {
        RunStatus::Complete if !run.replayed => Some(ended_at),
        _ => run.last_success.map(seconds).or(success_before),
    };
    if let Some(at) = last_success {
        add(success, None, at);
    }
    add(ended, None, ended_at);
    for known in STATUSES {
        add(status, Some(("status", known.code())), f64::from(u8::from(known == summary.status)));
    }
    add(duration, None, number(summary.duration_ms) / 1e3);
    let venues = summary.venues;
    for (outcome, many) in [
        ("inserted", venues.inserted),
        ("updated", venues.updated),
        ("unchanged", venues.unchanged),
        ("rejected", venues.rejected),
        ("outside", venues.outside),
        ("duplicate", venues.duplicate),
    ] {
        add(rows, Some(("outcome", outcome)), number(many));
    }
    add(stubbed, None, number(summary.profiles_stubbed));
    add(requests, Some(("free", "true")), number(summary.requests_free));
    add(requests, Some(("free", "false")), number(summary.requests.saturating_sub(summary.requests_free)));
    add(cost, None, summary.cost.usd());
    let coverage = summary.coverage;
    add(tiles, Some(("state", "complete")), number(coverage.complete));
    add(tiles, Some(("state", "failed")), number(coverage.failed));
    let held = summary.guard.as_ref().map_or(0, |verdict| verdict.tiles_held);
    add(tiles, Some(("state", "held")), number(held));
    let open = coverage.tiles.saturating_sub(coverage.complete + coverage.failed + held);
    add(tiles, Some(("state", "open")), number(open));
    add(capped, None, number(coverage.capped));
    samples
}

/// The labels that every line of a run has, and begins with.
fn series(summary: &Summary) -> String {
    format!("region=\"{}\",provider=\"{}\"", escaped(&summary.region), escaped(&summary.provider))
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn seconds(at: DateTime<Utc>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are below 2^53")]
    let milliseconds = at.timestamp_millis() as f64;
    milliseconds / 1e3
}

fn number(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "Prometheus knows floats alone")]
    let number = count as f64;
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Verdict;
    use crate::report::example;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn of(summary: &Summary, ended: i64, last_success: Option<i64>, before: &str) -> String {
        let last_success = last_success.map(at);
        metrics(MeasuredRun { summary, ended_at: at(ended), replayed: false, last_success }, before)
    }

    #[test]
    fn a_replay_is_no_success_and_loses_none() {
        let report = example::report();
        let replay = |before: &str| {
            let run = MeasuredRun { summary: &report.summary, ended_at: at(9_000), replayed: true, last_success: None };
            metrics(run, before)
        };
        assert!(!replay("").contains("last_success"), "{}", replay(""));
        let live = of(&report.summary, 1_000, None, "");
        let both = replay(&live);
        assert!(both.contains("last_success_timestamp_seconds{region=\"demo\",provider=\"google\"} 1000\n"), "{both}");
        assert!(both.contains("last_run_timestamp_seconds{region=\"demo\",provider=\"google\"} 9000\n"), "{both}");
    }

    #[test]
    fn tiles_that_are_held_are_not_open() {
        let mut summary = example::report().summary;
        summary.status = RunStatus::Refused;
        summary.coverage.complete = 5;
        summary.guard = Some(Verdict { tiles_held: 3, ..Verdict::default() });
        let text = of(&summary, 1_000, None, "");
        for (state, many) in [("complete", 5), ("held", 3), ("open", 1)] {
            let line = format!("tiles{{region=\"demo\",provider=\"google\",state=\"{state}\"}} {many}\n");
            assert!(text.contains(&line), "{line}--\n{text}");
        }
    }

    #[test]
    fn a_complete_run_is_told_in_the_published_names() {
        let text = of(&example::report().summary, 1_000, None, "");
        for line in [
            "# TYPE venues_sync_last_success_timestamp_seconds gauge\nvenues_sync_last_success_timestamp_seconds{region=\"demo\",provider=\"google\"} 1000\n",
            "venues_sync_last_run_status{region=\"demo\",provider=\"google\",status=\"complete\"} 1\n",
            "venues_sync_last_run_status{region=\"demo\",provider=\"google\",status=\"failed\"} 0\n",
            "venues_sync_last_run_duration_seconds{region=\"demo\",provider=\"google\"} 2.437\n",
            "venues_sync_last_run_rows{region=\"demo\",provider=\"google\",outcome=\"inserted\"} 1212\n",
            "venues_sync_last_run_requests{region=\"demo\",provider=\"google\",free=\"false\"} 1031\n",
            "venues_sync_last_run_cost_dollars{region=\"demo\",provider=\"google\"} 1.085\n",
            "venues_sync_last_run_tiles{region=\"demo\",provider=\"google\",state=\"complete\"} 9\n",
            "venues_sync_last_run_capped_spots{region=\"demo\",provider=\"google\"} 1\n",
        ] {
            assert!(text.contains(line), "{line}\n--\n{text}");
        }
    }

    #[test]
    fn a_failed_run_loses_no_success_that_the_database_or_the_file_knows() {
        let success = |text: &str| {
            let start = "venues_sync_last_success_timestamp_seconds{region=\"demo\",provider=\"google\"} ";
            text.lines().find_map(|line| line.strip_prefix(start).map(str::to_owned))
        };
        let mut summary = example::report().summary;
        let good = of(&summary, 1_000, None, "");
        summary.status = RunStatus::Failed;
        assert_eq!(success(&of(&summary, 2_000, Some(1_500), &good)).unwrap(), "1500", "the database knows better");
        let failed = of(&summary, 2_000, None, &good);
        assert_eq!(success(&failed).unwrap(), "1000", "out of reach: the file");
        assert_eq!(success(&of(&summary, 3_000, None, &failed)).unwrap(), "1000", "twice");
        assert_eq!(success(&of(&summary, 2_000, None, "")), None, "never");
        assert!(failed.contains("last_run_timestamp_seconds{region=\"demo\",provider=\"google\"} 2000\n"), "{failed}");
        assert_eq!(failed.matches("# TYPE").count(), METRICS.len());
    }

    #[test]
    fn other_regions_stay_and_names_are_escaped() {
        let mut other = example::report().summary;
        other.region = "a\"b\\c\nd".to_owned();
        let first = of(&example::report().summary, 1_000, None, "");
        let both = of(&other, 2_000, None, &first);
        let again = of(&example::report().summary, 3_000, None, &both);
        assert!(again.contains("{region=\"a\\\"b\\\\c\\nd\",provider=\"google\"} 2000\n"), "{again}");
        assert!(again.contains("{region=\"demo\",provider=\"google\"} 3000\n"), "{again}");
        assert!(!again.contains(" 1000\n"), "{again}");
        assert_eq!(again.lines().count(), both.lines().count());
        let foreign = of(&other, 1, None, "node_load1 3\nvenues_sync_gone{region=\"x\"} 1\nnonsense {\n");
        assert!(!foreign.contains("node_load1") && !foreign.contains("gone") && !foreign.contains("nonsense"));
    }
}
