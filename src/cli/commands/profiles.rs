use serde_json::json;

use super::failure::Failure;
use super::intake::take_in;
use super::reading::{explain, open_to_read};
use crate::cli::args::{DueArgs, PutArgs};
use crate::cli::exit::Exit;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::terminal::Terminal;
use crate::exchange::read_profile;
use crate::report::{column, count};
use crate::store::{self, DueProfile, MadeProfile, Outcome};

/// `venues profiles due`: a table for a person, one JSON object a line for anybody else.
pub async fn due_profiles(args: &DueArgs, choice: &DatabaseChoice, terminal: &Terminal) -> Result<String, Failure> {
    let opened = open_to_read(choice, terminal).await?;
    let limit = args.limit.get();
    let due = match &args.claim {
        Some(worker) => store::claim_profiles(&opened.database, worker, args.hold.0, limit).await,
        None => store::due_profiles(&opened.database, limit).await,
    };
    let due = match due {
        Ok(due) => due,
        Err(error) => return Err(explain(&opened, error).await),
    };
    opened.database.close().await;
    if terminal.read_by_person {
        return Ok(table(&due));
    }
    let lines: Vec<String> = due.iter().map(|one| json!(one).to_string() + "\n").collect();
    Ok(lines.concat())
}

/// `venues profiles put`.
pub async fn put_profiles(
    args: &PutArgs,
    choice: &DatabaseChoice,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    let opened = open_to_read(choice, terminal).await?;
    let (mut filled, mut failed) = (0u64, 0u64);
    let write = async |made: &[MadeProfile]| {
        let put = store::put_profiles(&opened.database, args.worker.as_deref(), args.ttl.0, made).await;
        let refused = match put {
            Ok(refused) => refused,
            Err(error) => return Err(explain(&opened, error).await),
        };
        for (at, one) in made.iter().enumerate() {
            match one.outcome {
                _ if refused.iter().any(|(place, _)| *place == at) => {}
                Outcome::Filled { .. } => filled += 1,
                Outcome::Failed(_) => failed += 1,
            }
        }
        Ok(refused.into_iter().map(|(at, reason)| (at, reason.to_string())).collect())
    };
    let taken = take_in(&args.file, args.rejects.as_deref(), read_profile, write).await?;
    opened.database.close().await;
    let text = if terminal.json {
        let line = json!({ "lines": taken.lines, "filled": filled, "failed": failed, "set_aside": taken.set_aside });
        format!("{line}\n")
    } else {
        format!(
            "{}: {} filled, {} noted, {} set aside\n",
            count(taken.lines, "line", "lines"),
            count(filled, "profile", "profiles"),
            count(failed, "failure", "failures"),
            taken.set_aside
        )
    };
    Ok((text, if taken.set_aside > 0 { Exit::DataRefused } else { Exit::Complete }))
}

fn table(due: &[DueProfile]) -> String {
    if due.is_empty() {
        return "nothing is due that nobody has in hand\n".to_owned();
    }
    let row = |[venue, name, category, due, failures]: [&str; 5]| {
        let cells = [(venue, 36), (name, 28), (category, 20), (due, 16), (failures, 8)];
        format!("{}\n", cells.map(|(cell, columns)| column(cell, columns)).join("  ").trim_end())
    };
    let mut table = row(["VENUE", "NAME", "CATEGORY", "DUE SINCE", "FAILURES"]);
    for one in due {
        let since = one.expires_at.filter(|then| then.timestamp() > 0);
        let since = since.map_or_else(|| "never filled".to_owned(), |then| then.format("%Y-%m-%d %H:%M").to_string());
        let category = one.categories.first().map_or("–", String::as_str);
        table += &row([&one.venue_id.to_string(), &one.name, category, &since, &one.attempts.to_string()]);
    }
    table
}
