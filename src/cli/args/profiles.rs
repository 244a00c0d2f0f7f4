//! `venues profiles`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::database::DatabaseArgs;
use super::time::Span;

/// `venues profiles`.
#[derive(Debug, Clone, Args)]
pub struct ProfilesArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ProfilesCommand,
}

/// What to do with profiles.
#[derive(Debug, Clone, Subcommand)]
pub enum ProfilesCommand {
    /// Show which venues are due for enrichment, longest due first; or hand them out to a worker.
    #[command(after_help = DUE_EXAMPLES)]
    Due(DueArgs),
    /// Take back what a worker made of them, one JSON object a line.
    #[command(after_help = PUT_EXAMPLES)]
    Put(PutArgs),
}

/// `venues profiles due`.
#[derive(Debug, Clone, Args)]
pub struct DueArgs {
    /// So many at most.
    #[arg(long, value_name = "N", default_value = "20")]
    pub limit: NonZeroU32,
    /// Hand them out to the worker of this name: nobody else is given them for a while.
    #[arg(long, value_name = "WORKER", value_parser = worker)]
    pub claim: Option<String>,
    /// For how long they are handed out.
    #[arg(long = "for", value_name = "SPAN", default_value = "10m", requires = "claim")]
    pub hold: Span,
    /// Where they are.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// `venues profiles put`.
#[derive(Debug, Clone, Args)]
pub struct PutArgs {
    /// The file, or `-` for stdin.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Whose results they are: only what this worker still has in hand is written. Without it, what nobody has in hand.
    #[arg(long, value_name = "WORKER", value_parser = worker)]
    pub worker: Option<String>,
    /// When what has no `expires_at` is due again.
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    pub ttl: Span,
    /// Keep the lines that are set aside in this file, each with its number and the reason.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rejects: Option<PathBuf>,
    /// Where they go.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

fn worker(name: &str) -> Result<String, String> {
    let fits = !name.trim().is_empty() && name.chars().count() <= 255 && !name.contains('\0');
    if fits { Ok(name.to_owned()) } else { Err("a name of 1 to 255 characters is needed".to_owned()) }
}

pub(super) const EXAMPLES: &str = "\
Example:
  venues profiles due --claim me --limit 100 | my-enricher | venues profiles put - --worker me";

const DUE_EXAMPLES: &str = "\
Examples:
  venues profiles due --limit 50
  venues profiles due --claim \"$(hostname)-$$\" --for 30m --json

However many workers claim at once, none waits and none gets what another has.";

const PUT_EXAMPLES: &str = "\
Examples:
  venues profiles put results.ndjson --worker me --rejects refused.ndjson
  my-enricher | venues profiles put - --worker me

A line is
  {\"venue_id\":\"…\",\"attribute_scores\":{\"quiet\":0.8},\"evidence_snippets\":{\"quiet\":[\"…\"]}}
with scores from 0 to 1 and up to three snippets an attribute; embedding_ref, summary, enriched_by, model, model_version and
expires_at may be there. What failed is {\"venue_id\":\"…\",\"error\":\"…\"}: it is handed out again later.
Exit codes: 0 all written, 65 some lines set aside and the others written, 2 usage or settings, 69 database unavailable.";
