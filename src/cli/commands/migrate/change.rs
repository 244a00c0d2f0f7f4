use serde_json::{Value, json};

use crate::cli::args::{HowFar, WaitArgs};
use crate::cli::commands::failure::Failure;
use crate::cli::terminal::{self, Terminal};
use crate::migrate::scratch::Places;
use crate::migrate::{self, Files, Options, Outcome, Takeover, Target};
use crate::store::Database;

pub(super) fn options(how_far: &HowFar, allow_data_loss: bool, typed: &WaitArgs) -> Options<'static> {
    let target = match (&how_far.to, how_far.count) {
        (Some(rev), _) => Target::Rev(rev.clone()),
        (None, Some(count)) => Target::Count(count.get()),
        (None, None) => Target::Usual,
    };
    Options { target, adopt: false, allow_data_loss, waits: typed.waits(), places: Places::default() }
}

/// `venues migrate up`: a database that Alembic made is taken over only once somebody has said yes.
pub(super) async fn up(
    database: &Database,
    mut options: Options<'_>,
    yes: bool,
    terminal: &Terminal,
) -> Result<String, Failure> {
    options.adopt = yes;
    let files = Files::embedded();
    let done = match migrate::up(database, files, &options).await {
        Err(migrate::MigrationError::MadeByAlembic { revision, rewrites }) => {
            let (planned, takeover) = migrate::foresee_up(database, files, &options).await?;
            let takeover = takeover.unwrap_or_default();
            let what = takeover_text(&revision, &planned, &takeover);
            // Nobody is asked about what cannot be done.
            takeover.admit().map_err(migrate::MigrationError::from)?;
            match terminal::ask(&format!("{what}Do it?")) {
                None => return Err(migrate::MigrationError::MadeByAlembic { revision, rewrites }.into()),
                Some(false) => return Err(Failure::Declined),
                Some(true) => options.adopt = true,
            }
            migrate::up(database, files, &options).await?
        }
        done => done?,
    };
    for version in &done.reworded {
        tracing::warn!(
            "the file of migration {version} says the same as when it was applied, in other words. That is fine here; sqlx-cli \
             refuses until `venues migrate repair` has written its checksum anew"
        );
    }
    for left_out in &done.optional {
        tracing::info!("left out: {left_out}");
    }
    Ok(told_up(&done, false, terminal))
}

/// `venues migrate up --dry-run`.
pub(super) async fn foresee_up(
    database: &Database,
    options: &Options<'_>,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let (planned, takeover) = migrate::foresee_up(database, Files::embedded(), options).await?;
    if terminal.json {
        let mut line = json_up(&planned, true);
        line["takeover"] = json!(takeover);
        return Ok(format!("{line}\n"));
    }
    let takeover = match (&planned.adopted, takeover) {
        (Some(revision), Some(takeover)) => {
            // The steps are told below.
            let told = Outcome { steps: Vec::new(), ..planned.clone() };
            takeover_text(revision, &told, &takeover)
        }
        _ => String::new(),
    };
    Ok(takeover + &told_up(&planned, true, terminal))
}

fn takeover_text(revision: &str, planned: &Outcome, takeover: &Takeover) -> String {
    let lines = |title: &str, lines: &[String]| match lines {
        [] => String::new(),
        lines => format!("{title}\n{}", lines.iter().map(|line| format!("  {line}\n")).collect::<Vec<_>>().concat()),
    };
    let steps: Vec<String> = planned.steps.iter().map(|step| format!("{} {}", step.version, step.what)).collect();
    format!(
        "This database was made by the backend's Alembic (revision {revision}). It will be taken over: the first migration is \
         recorded as applied, without being run. That touches no row{}.\n{}{}{}",
        migrate::rewriting(&planned.rewrites).map(|what| format!("; {what}")).unwrap_or_default(),
        lines("In the way, and to be mended first:", &takeover.in_the_way),
        lines("Not ours, and left alone:", &takeover.not_ours),
        lines("Then these migrations are applied:", &steps),
    )
}

fn json_up(outcome: &Outcome, dry_run: bool) -> Value {
    json!({ "applied": outcome.steps, "adopted": outcome.adopted, "rebuilt": outcome.rebuilt, "loses": outcome.loses, "rewrites": outcome.rewrites,
            "optional": outcome.optional, "reworded": outcome.reworded, "dry_run": dry_run })
}

fn told_up(outcome: &Outcome, dry_run: bool, terminal: &Terminal) -> String {
    if terminal.json {
        return format!("{}\n", json_up(outcome, dry_run));
    }
    let [took, applied, rebuilt] = if dry_run {
        ["would take over from Alembic, at revision", "would apply", "would rebuild the invalid index"]
    } else {
        ["took over from Alembic, at revision", "applied", "rebuilt the invalid index"]
    };
    let adopted = outcome.adopted.iter().map(|revision| format!("{took} {revision}\n"));
    let rebuilt = outcome.rebuilt.iter().map(|index| format!("{rebuilt} {index}\n"));
    let steps = outcome.steps.iter().map(|step| format!("{applied} {} {}\n", step.version, step.what));
    // A dry run has said so already.
    let rewriting = migrate::rewriting(&outcome.rewrites).filter(|_| !dry_run).map(|what| format!("{what}\n"));
    let adopted = adopted.chain(rewriting);
    let text: String = adopted.chain(rebuilt).chain(steps).chain(losses(outcome, dry_run)).collect();
    if text.is_empty() { nothing_to_do(outcome) } else { text }
}

fn nothing_to_do(outcome: &Outcome) -> String {
    match (outcome.asked, outcome.stood) {
        (Some(asked), Some(stood)) if stood > asked => {
            let [asked, back] = match asked {
                0 => ["base".to_owned(), "base".to_owned()],
                asked => [format!("migration {asked}"), asked.to_string()],
            };
            format!(
                "nothing to do: the database is past {asked} already, at {stood}; `venues migrate down --to {back}` would take it \
                 back\n"
            )
        }
        (Some(0), _) => "nothing to do: that is before the first migration\n".to_owned(),
        (Some(asked), _) => format!("nothing to do: the database has every migration up to {asked}\n"),
        (None, _) => "nothing to do: the database has every migration\n".to_owned(),
    }
}

fn losses(outcome: &Outcome, dry_run: bool) -> Vec<String> {
    if !dry_run || outcome.loses.is_empty() {
        return Vec::new();
    }
    let lines = outcome.loses.iter().map(|losing| format!("{losing}\n"));
    lines.chain(["needs --allow-data-loss\n".to_owned()]).collect()
}

/// `venues migrate down`.
pub(super) async fn down(
    database: &Database,
    options: &Options<'_>,
    dry_run: bool,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let outcome = if dry_run {
        migrate::foresee_down(database, Files::embedded(), options).await?
    } else {
        migrate::down(database, Files::embedded(), options).await?
    };
    if terminal.json {
        let line = json!({ "rolled_back": outcome.steps, "loses": outcome.loses, "dry_run": dry_run });
        return Ok(format!("{line}\n"));
    }
    let verb = if dry_run { "would roll back" } else { "rolled back" };
    let steps = outcome.steps.iter().map(|step| format!("{verb} {} {}\n", step.version, step.what));
    let text: String = steps.chain(losses(&outcome, dry_run)).collect();
    Ok(if text.is_empty() { "nothing to roll back\n".to_owned() } else { text })
}
