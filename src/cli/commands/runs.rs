use std::io::{self, BufWriter, Write};

use serde_json::{Value, json};

use super::failure::Failure;
use super::open::Opened;
use super::reading::{explain, open_to_read};
use crate::cli::args::ListRunsArgs;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::terminal::Terminal;
use crate::model::{CappedSpot, GuardLimits, Judged, PastRun, Position, RunOutcome, RunStatus, Summary, Verdict};
use crate::report::{self, RunReport, column, count};
use crate::store::{self, Accepted, GoneRule, RunFigures, RunFilter, WhichRun};
use crate::sync::Expectation;

/// Rows in hand at a time.
const AT_ONCE: u32 = 1000;

/// `venues runs`: a table for a person, one JSON object a line with `--json`.
pub async fn list_runs(args: &ListRunsArgs, choice: &DatabaseChoice, terminal: &Terminal) -> Result<String, Failure> {
    let opened = open_to_read(choice, terminal).await?;
    let filter = RunFilter { region: args.region.clone(), prefix: None, limit: args.limit.get() };
    let runs = find(&opened, &filter).await?;
    opened.database.close().await;
    if !terminal.json {
        return Ok(report::runs(&runs));
    }
    let lines: Vec<String> = runs.iter().map(|run| format!("{}\n", json!(run))).collect();
    Ok(lines.concat())
}

/// `venues runs show`.
pub async fn show_run(id: &str, choice: &DatabaseChoice, terminal: &Terminal) -> Result<String, Failure> {
    let opened = open_to_read(choice, terminal).await?;
    let run = one(&opened, id).await?;
    let figures = store::figures(&opened.database, run.run_id).await?;
    let good = store::good_runs(&opened.database, run.run_id).await?;
    let (found, before) = store::whole_figures(&opened.database, run.run_id, &good.ids).await?;
    opened.database.close().await;
    let verdict = Verdict {
        tiles_held: figures.held,
        staged: figures.staged,
        written: figures.venues.written(),
        breaches: figures.breaches.clone(),
    };
    let judged = Judged { found, before, verdict };
    let report = report_of(&run, figures, choice.needs_flag());
    if !terminal.json {
        return Ok(report::run(&run, &report, &judged));
    }
    let tally = |counted: &[(String, u64)]| counted.iter().map(|(word, many)| (word.clone(), json!(many))).collect();
    let rejects: Vec<(String, u64)> = report.rejects.iter().map(|(reason, many, _)| (reason.clone(), *many)).collect();
    let mut line = json!(run);
    line["venues"] = json!(report.summary.venues);
    line["profiles_stubbed"] = json!(report.summary.profiles_stubbed);
    line["coverage"] = json!(report.summary.coverage);
    line["capped"] = json!(report.capped);
    line["gone"] = json!(report.gone);
    line["rejects"] = Value::Object(tally(&rejects));
    line["repairs"] = Value::Object(tally(&report.repairs));
    line["unmapped"] = Value::Object(tally(&report.unmapped));
    line["guard"] = json!(judged);
    Ok(format!("{line}\n"))
}

/// `venues runs staged`: a table for a person, one JSON object a line for anybody else, as they are read.
pub async fn staged_of_run(id: &str, choice: &DatabaseChoice, terminal: &Terminal) -> Result<(), Failure> {
    let opened = open_to_read(choice, terminal).await?;
    let run = one(&opened, id).await?;
    let mut out = BufWriter::new(io::stdout());
    let written = write_staged(&opened, &run, terminal.read_by_person, &mut out).await?;
    opened.database.close().await;
    let written = written.and_then(|()| out.flush());
    match written {
        // Whoever read has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Stdout(error)),
        _ => Ok(()),
    }
}

async fn write_staged(
    opened: &Opened,
    run: &PastRun,
    table: bool,
    out: &mut impl Write,
) -> Result<io::Result<()>, Failure> {
    let row = |[venue, tile, what, name, category]: [&str; 5]| {
        let cells = [(venue, 30), (tile, 5), (what, 6), (name, 32), (category, 24)];
        format!("{}\n", cells.map(|(cell, columns)| column(cell, columns)).join("  ").trim_end())
    };
    let mut after = String::new();
    let mut first = true;
    loop {
        let venues = store::staged_venues(&opened.database, run.run_id, &after, AT_ONCE).await?;
        let Some(last) = venues.last() else {
            return Ok(if first && table { out.write_all(b"no venue of this run waits\n") } else { Ok(()) });
        };
        after.clone_from(&last.provider_id);
        let mut text = String::new();
        if std::mem::take(&mut first) && table {
            text += &row(["VENUE", "TILE", "IS", "NAME", "CATEGORY"]);
        }
        for venue in venues {
            let known = if venue.known { "known" } else { "new" };
            let of_row = |pointer: &str| venue.row.pointer(pointer).and_then(Value::as_str).unwrap_or("–").to_owned();
            if table {
                let (name, category) = (of_row("/name"), of_row("/categories/0"));
                text += &row([&venue.provider_id, &venue.tile.to_string(), known, &name, &category]);
                continue;
            }
            let mut line = venue.row;
            if let Some(members) = line.as_object_mut() {
                // What only the merge needs.
                members.retain(|name, _| {
                    !["id", "profile_id", "admit", "dated", "format", "answered_at", "raw"].contains(&name.as_str())
                });
            }
            line["tile"] = json!(venue.tile);
            line["known"] = json!(venue.known);
            line["seen_at"] = json!(venue.seen_at);
            text.push_str(&line.to_string());
            text.push('\n');
        }
        if let Err(error) = out.write_all(text.as_bytes()) {
            return Ok(Err(error));
        }
    }
}

/// `venues runs accept`.
pub async fn accept_run(
    id: &str,
    limits: &dyn Fn(&str) -> GuardLimits,
    choice: &DatabaseChoice,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let opened = open_to_read(choice, terminal).await?;
    let PastRun { run_id: run, region, provider, .. } = one(&opened, id).await?;
    let parameters = store::run_account(&opened.database, &WhichRun::Id(run)).await?.map(|(_, kept)| kept);
    let provider = crate::provider::all().into_iter().find(|known| known.name() == provider);
    let asked_for = provider.zip(parameters).and_then(|(known, kept)| Expectation::of_run(known.as_ref(), &kept));
    let expected = |place: Position, categories: &[String], capped: &[CappedSpot]| {
        asked_for.as_ref().is_some_and(|asked_for| asked_for.holds(place, categories, capped))
    };
    let after = limits(&region).missing_after;
    let rule = asked_for.as_ref().map(|it| GoneRule { after, within: it.bounds(), expected: &expected });
    let Accepted { written, gone } = store::accept_run(&opened.database, run, rule).await?;
    opened.database.close().await;
    let counts = written.counts;
    if terminal.json {
        let stubbed = written.stubbed;
        let line = json!({
            "run_id": run, "outcome": "accepted", "venues": counts, "profiles_stubbed": stubbed, "gone": gone,
        });
        return Ok(format!("{line}\n"));
    }
    Ok(format!(
        "run {run} is accepted: {} new, {} changed, {} unchanged, {} seen since by a later run, {} refused; {} taken to be gone; \
         later runs are judged by it\n",
        counts.inserted,
        counts.updated,
        counts.unchanged,
        counts.duplicate,
        counts.rejected,
        count(gone, "venue is", "venues are")
    ))
}

/// `venues runs discard`.
pub async fn discard_run(id: &str, choice: &DatabaseChoice, terminal: &Terminal) -> Result<String, Failure> {
    let opened = open_to_read(choice, terminal).await?;
    let run = one(&opened, id).await?.run_id;
    let gone = store::discard_run(&opened.database, run).await?;
    opened.database.close().await;
    if terminal.json {
        return Ok(format!("{}\n", json!({ "run_id": run, "outcome": "discarded", "staged": gone })));
    }
    let what = count(gone, "venue that waited is", "venues that waited are");
    Ok(format!(
        "run {run} is discarded: {what} thrown away; the next sync of the region without --if-stale asks anew\n"
    ))
}

/// The run whose id begins so.
pub(super) async fn one(opened: &Opened, id: &str) -> Result<PastRun, Failure> {
    const SHOWN: u32 = 6;
    let filter = RunFilter { region: None, prefix: Some(id.to_owned()), limit: SHOWN };
    let mut runs = find(opened, &filter).await?;
    match runs.len() {
        1 => runs.pop().ok_or_else(|| Failure::NoRun { id: id.to_owned() }),
        0 => Err(Failure::NoRun { id: id.to_owned() }),
        _ => Err(Failure::SeveralRuns {
            id: id.to_owned(),
            runs: runs.iter().map(|run| format!("{} ({}, {})", run.run_id, run.region, run.outcome)).collect(),
        }),
    }
}

async fn find(opened: &Opened, filter: &RunFilter) -> Result<Vec<PastRun>, Failure> {
    match store::past_runs(&opened.database, filter).await {
        Ok(runs) => Ok(runs.into_iter().map(with_method_that_says_something).collect()),
        Err(error) => Err(explain(opened, error).await),
    }
}

/// Of a provider that knows but one way to be asked, its name says nothing.
fn with_method_that_says_something(run: PastRun) -> PastRun {
    let method = run.method.clone().filter(|_| has_methods(&run.provider));
    PastRun { method, ..run }
}

/// Whether a provider can be asked in several ways.
pub(super) fn has_methods(provider: &str) -> bool {
    crate::provider::all().iter().any(|known| known.name() == provider && known.methods().len() > 1)
}

/// What the report said, from what is kept.
fn report_of(run: &PastRun, figures: RunFigures, embedded_flag: bool) -> RunReport {
    let took = run.ended_at.map_or(0, |ended| (ended - run.begun_at).num_milliseconds());
    RunReport {
        summary: Summary {
            run_id: run.run_id,
            region: run.region.clone(),
            provider: run.provider.clone(),
            status: match run.outcome {
                RunOutcome::Complete | RunOutcome::Accepted => RunStatus::Complete,
                RunOutcome::Refused => RunStatus::Refused,
                RunOutcome::Running | RunOutcome::Unfinished => RunStatus::Interrupted,
                RunOutcome::Discarded | RunOutcome::Superseded | RunOutcome::Abandoned => RunStatus::Failed,
            },
            stopped_by: run.stopped_by,
            requests: figures.requests,
            requests_free: figures.requests_free,
            cost: figures.cost,
            duration_ms: u64::try_from(took).unwrap_or_default(),
            venues: figures.venues,
            profiles_stubbed: figures.stubbed,
            coverage: figures.coverage,
            resumes_at: None,
            guard: None,
        },
        dry_run: false,
        replayed: false,
        audit: None,
        staged: figures.staged,
        gone: figures.gone,
        capped: figures.capped,
        reason: None,
        last_success: None,
        failures: figures.failures,
        rejects: figures.rejects,
        repairs: figures.repairs,
        unmapped: figures.unmapped,
        samples: Vec::new(),
        today: run.begun_at.date_naive(),
        look: None,
        go_on: String::new(),
        embedded_flag,
    }
}
