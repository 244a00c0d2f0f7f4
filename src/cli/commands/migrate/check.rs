use serde_json::json;

use crate::cli::commands::failure::Failure;
use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;
use crate::migrate::scratch::Places;
use crate::migrate::{self, Checked, State};
use crate::store::Database;

/// `venues migrate check`.
pub(super) async fn check(
    database: &Database,
    places: &Places<'_>,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    let checked = migrate::check(database, places).await?;
    let exit = if checked.is_fine() { Exit::Complete } else { Exit::Finding };
    let pending = match &checked.state {
        Ok(State::Behind { pending }) => *pending,
        _ => 0,
    };
    let problem = match &checked.state {
        Ok(State::Current | State::Behind { .. }) => None,
        Ok(State::MadeByAlembic { revision }) => {
            Some(format!("made by the backend's Alembic, at {revision}; `venues migrate up` takes it over"))
        }
        Err(error) => Some(error.to_string()),
    };
    if terminal.json {
        let line = json!({
            "ok": checked.is_fine(),
            "pending": pending,
            "problem": problem,
            "differences": checked.ours().collect::<Vec<_>>(),
            "left_alone": checked.harmless().collect::<Vec<_>>(),
        });
        return Ok((format!("{line}\n"), exit));
    }
    Ok((told(&checked, pending, problem), exit))
}

fn told(checked: &Checked, pending: usize, problem: Option<String>) -> String {
    let mut lines: Vec<String> = problem.into_iter().collect();
    if pending > 0 {
        lines.push(format!("{pending} migrations are pending: apply them with `venues migrate up`"));
    }
    lines.extend(checked.ours().map(ToString::to_string));
    if checked.is_fine() {
        lines.push("the database is as declared".to_owned());
    }
    lines.extend(checked.harmless().map(|difference| format!("{difference}, left alone")));
    lines.push(String::new());
    lines.join("\n")
}
