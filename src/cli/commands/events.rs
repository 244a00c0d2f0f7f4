use std::fmt::Write;

use serde_json::json;

use super::failure::Failure;
use super::intake::take_in;
use super::reading::{explain, open_to_read};
use crate::cli::args::{ImportArgs, StatsArgs};
use crate::cli::exit::Exit;
use crate::cli::settings::database::DatabaseChoice;
use crate::cli::terminal::Terminal;
use crate::exchange::read_event;
use crate::report::{count, grouped};
use crate::store::rows::{EventType, Mode, UserEvent};
use crate::store::{self, EventStats, Imported};

/// `venues events import`.
pub async fn import_events(
    args: &ImportArgs,
    choice: &DatabaseChoice,
    terminal: &Terminal,
) -> Result<(String, Exit), Failure> {
    let opened = open_to_read(choice, terminal).await?;
    let mut sum = Imported::default();
    let write = async |events: &[UserEvent]| {
        let imported = match store::import_events(&opened.database, events).await {
            Ok(imported) => imported,
            Err(error) => return Err(explain(&opened, error).await),
        };
        sum.new += imported.new;
        sum.known += imported.known;
        sum.without_venue += imported.without_venue;
        let clash = |at: &usize| (*at, "another event has this id".to_owned());
        Ok(imported.clashing.iter().map(clash).collect())
    };
    let taken = take_in(&args.file, args.rejects.as_deref(), read_event, write).await?;
    opened.database.close().await;
    let text = if terminal.json {
        let line = json!({
            "lines": taken.lines, "new": sum.new, "known": sum.known, "without_venue": sum.without_venue,
            "set_aside": taken.set_aside,
        });
        format!("{line}\n")
    } else {
        format!(
            "{}: {}, {} known before, {} set aside; of the new, {} of a venue that is not there\n",
            count(taken.lines, "line", "lines"),
            count(sum.new, "new event", "new events"),
            grouped(sum.known),
            grouped(taken.set_aside),
            grouped(sum.without_venue)
        )
    };
    Ok((text, if taken.set_aside > 0 { Exit::DataRefused } else { Exit::Complete }))
}

/// `venues events stats`.
pub async fn event_stats(args: &StatsArgs, choice: &DatabaseChoice, terminal: &Terminal) -> Result<String, Failure> {
    let opened = open_to_read(choice, terminal).await?;
    let stats = match store::event_stats(&opened.database, args.since).await {
        Ok(stats) => stats,
        Err(error) => return Err(explain(&opened, error).await),
    };
    opened.database.close().await;
    Ok(if terminal.json { format!("{}\n", of_program(&stats)) } else { of_person(&stats) })
}

fn of_program(stats: &EventStats) -> serde_json::Value {
    let by_type: serde_json::Map<_, _> =
        stats.by_type.iter().map(|(kind, many)| (kind.label().to_owned(), json!(many))).collect();
    let by_mode: serde_json::Map<_, _> =
        stats.by_mode.iter().map(|(mode, many)| (mode.map_or("none", Mode::label).to_owned(), json!(many))).collect();
    json!({
        "events": stats.events, "users": stats.users, "venues": stats.venues, "first": stats.first, "last": stats.last,
        "by_type": by_type, "by_mode": by_mode,
    })
}

fn of_person(stats: &EventStats) -> String {
    let (Some(first), Some(last)) = (stats.first, stats.last) else { return "no events\n".to_owned() };
    let number = |number: i64| number.unsigned_abs();
    let (first, last) = (first.format("%Y-%m-%d"), last.format("%Y-%m-%d"));
    let mut text = format!(
        "{} of {} with {}, {first} to {last}\n",
        count(number(stats.events), "event", "events"),
        count(number(stats.users), "user", "users"),
        count(number(stats.venues), "venue", "venues"),
    );
    let types = stats.by_type.iter().map(|(kind, many)| (EventType::label(*kind), many));
    let modes = stats.by_mode.iter().map(|(mode, many)| (mode.map_or("no mode", Mode::label), many));
    for (label, many) in types.chain(modes) {
        // Writing to a String cannot fail.
        writeln!(text, "  {label:<12}  {:>12}", grouped(number(*many))).ok();
    }
    text
}
