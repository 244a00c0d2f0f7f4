use serde_json::json;

use crate::cli::commands::adrift::adrift;
use crate::cli::commands::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::migrate::scratch::Places;
use crate::migrate::{self, Files, MigrationError, PlanError, Rev, Revision, Standing, State, Status, Unusable};
use crate::store::Database;

/// `venues migrate current`, and whether anything is not as it should be. A database that has every migration is also compared with
/// what is declared, where scratch databases may be made for that.
pub(super) async fn current(
    database: &Database,
    places: Option<&Places<'_>>,
    terminal: &Terminal,
) -> Result<(String, bool), Failure> {
    let standing = migrate::standing(database).await?;
    if let Err(newer @ Unusable::Newer { .. }) = standing.state() {
        return Err(newer.into());
    }
    let (adrift, not_looked) = match places {
        Some(places) if standing.state() == Ok(State::Current) => adrift(database, places).await?,
        _ => (Vec::new(), None),
    };
    let at = standing.at();
    let state = standing.state();
    let wrong = !matches!(state, Ok(State::Current)) || !standing.invalid_indexes.is_empty() || !adrift.is_empty();
    let pending = standing.revisions.iter().filter(|revision| revision.status == Status::Pending).count();
    if terminal.json {
        let problem = state.as_ref().err().map(ToString::to_string);
        let line = json!({
            "current": at.map(|revision| revision.version), "pending": pending, "alembic": standing.alembic(),
            "problem": problem, "invalid_indexes": standing.invalid_indexes, "adrift": adrift,
            "not_compared": not_looked, "ok": !wrong,
        });
        return Ok((format!("{line}\n"), wrong));
    }
    let place =
        at.map_or("no migration applied".to_owned(), |revision| format!("{} {}", revision.version, revision.what));
    let note = match &state {
        Ok(State::Current) => "(head)".to_owned(),
        Ok(State::Behind { pending }) => format!("({pending} pending)"),
        Ok(State::MadeByAlembic { revision }) => {
            format!("(made by the backend's Alembic, at {revision}; `venues migrate up` takes it over)")
        }
        Err(error) => format!("\n{error}"),
    };
    let invalid = standing.invalid_indexes.iter().map(|index| {
        format!("the index {} is invalid: a build of it failed; `venues migrate repair` builds it anew\n", index.path)
    });
    let adrift = adrift.iter().map(|line| format!("adrift: {line}\n"));
    let not_looked = not_looked.iter().map(|why| format!("not compared with what is declared: {why}\n"));
    Ok((format!("{place} {note}\n{}", invalid.chain(adrift).chain(not_looked).collect::<String>()), wrong))
}

/// `venues migrate history`.
pub(super) async fn history(database: &Database, terminal: &Terminal) -> Result<String, Failure> {
    let standing: Standing = migrate::standing(database).await?;
    if terminal.json {
        return Ok(format!("{}\n", json!(standing.revisions)));
    }
    Ok(standing.revisions.iter().map(line).collect())
}

fn line(revision: &Revision) -> String {
    let (mark, note) = match &revision.status {
        Status::Applied => ("applied", String::new()),
        Status::Pending => ("pending", String::new()),
        Status::Optional { extension } => ("optional", format!("(the server has no extension {extension})")),
        Status::Reworded => ("applied", "(the file says the same in other words since)".to_owned()),
        Status::Changed { .. } => ("CHANGED", "(the file says something else than what was applied)".to_owned()),
        Status::Half { .. } => ("HALF", "(begun, and neither finished nor undone)".to_owned()),
        Status::Newer { .. } => ("applied", "(by a newer venues; this one has no file of it)".to_owned()),
    };
    let line = format!("{mark:8}  {}  {}  {note}", revision.version, revision.what);
    format!("{}\n", line.trim_end())
}

/// `venues migrate sql`, from where the database stands or from the beginning; without what its server has no extension for.
pub(super) fn sql(
    from: Option<&Rev>,
    to: &Rev,
    stands: Option<&Standing>,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let optional = |one: &&Revision| matches!(one.status, Status::Optional { .. });
    let left_out: Vec<i64> = stands
        .map(|standing| standing.revisions.iter().filter(optional).map(|one| one.version).collect())
        .unwrap_or_default();
    let files = Files::embedded().without(&left_out);
    let versions: Vec<i64> = files.iter().map(|file| file.version).collect();
    let resolve = |rev: &Rev| rev.resolve(&versions).map_err(PlanError::from);
    // What Alembic made is the first; it has only to be recorded.
    let adopted = stands.and_then(Standing::alembic).and_then(|_| versions.first().copied());
    let stands_at = adopted.unwrap_or(stands.map_or(0, Standing::newest));
    let from = from.map_or(Ok(stands_at), resolve).map_err(MigrationError::from)?;
    let to = resolve(to).map_err(MigrationError::from)?;
    let text = migrate::sql(&files, from, to, adopted == Some(from)).map_err(MigrationError::from)?;
    Ok(if terminal.json { format!("{}\n", json!({ "from": from, "to": to, "sql": text })) } else { text })
}
