//! `venues events`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::database::DatabaseArgs;
use super::time::since;
use crate::store::Since;

/// `venues events`.
#[derive(Debug, Clone, Args)]
pub struct EventsArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: EventsCommand,
}

/// What to do with events.
#[derive(Debug, Clone, Subcommand)]
pub enum EventsCommand {
    /// Take events in, one JSON object a line; each once, however often it comes.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportArgs),
    /// Count them.
    #[command(
        after_help = "Examples:\n  venues events stats --since 7d\n  venues events stats --since 2026-11-01 --json"
    )]
    Stats(StatsArgs),
}

/// `venues events import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The file, or `-` for stdin.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Keep the lines that are set aside in this file, each with its number and the reason.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rejects: Option<PathBuf>,
    /// Where they go.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// `venues events stats`.
#[derive(Debug, Clone, Args)]
pub struct StatsArgs {
    /// Only those since then: 2026-11-01, 2026-11-27T10:00Z, or how long ago: 36h, 7d.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<Since>,
    /// Where they are.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  venues events import events.ndjson --rejects refused.ndjson
  zcat events.ndjson.gz | venues events import -

A line is
  {\"id\":\"…\",\"event_type\":\"click\",\"created_at\":\"2026-11-27T20:00:00Z\"}
with user_id, venue_id, mode and query_context where they are known. event_type: impression, click, save, thumbs_up, thumbs_down,
navigate; mode: work, date, quick_bite, budget; in either case. An event of a venue that is not there is kept without it, as one is
whose venue goes later. The same file again changes nothing.
Exit codes: 0 all taken in, 65 some lines set aside and the others taken in, 2 usage or settings, 69 database unavailable.";
