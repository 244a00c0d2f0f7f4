//! `venues runs`.

use std::num::NonZeroU32;

use clap::{Args, Subcommand};

use super::database::DatabaseArgs;

/// `venues runs`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunsArgs {
    /// What to do with one of them; without a word, all are listed.
    #[command(subcommand)]
    pub action: Option<RunsCommand>,
    /// Which are listed.
    #[command(flatten)]
    pub list: ListRunsArgs,
}

/// `venues runs`, without a word more.
#[derive(Debug, Clone, Args)]
pub struct ListRunsArgs {
    /// Only the runs of this region, by its name or its text (`near:…`, `bbox:…`).
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// So many at most, the newest.
    #[arg(long, value_name = "N", default_value = "20")]
    pub limit: NonZeroU32,
    /// Where they are.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// What to do with a run.
#[derive(Debug, Clone, Subcommand)]
pub enum RunsCommand {
    /// Show all that is kept of a run, and the figures that the guard had before it.
    Show(OneRunArgs),
    /// Show the venues of a run that wait to be let in: a table on a terminal, JSON lines elsewhere.
    Staged(OneRunArgs),
    /// Let in what a refused run has staged. Later runs are judged by it.
    Accept(OneRunArgs),
    /// Throw away what a refused run has staged, and give the run up.
    Discard(OneRunArgs),
}

/// One run.
#[derive(Debug, Clone, Args)]
pub struct OneRunArgs {
    /// Its id, or the beginning of it that no other has.
    #[arg(value_name = "ID", value_parser = id)]
    pub id: String,
    /// Where it is.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// The beginning of a run's id, in one form.
pub(super) fn id(text: &str) -> Result<String, String> {
    let id = text.trim().to_lowercase();
    let fits = (4..=36).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if fits {
        Ok(id)
    } else {
        Err("not the id of a run: 4 characters of it or more, as `venues runs` lists them".to_owned())
    }
}

pub(super) const EXAMPLES: &str = "\
Examples:
  venues runs --region lisbon
  venues runs show 0198f3c2-7d
  venues runs staged 0198f3c2-7d | jq .name
  venues runs accept 0198f3c2-7d

A run that lost too much beside the last good ones is refused, and what was not believed is kept apart until somebody says what \
is to become of it: docs/guard.md. Exit codes: 0 done, 2 no such run, or nothing to be decided about it, 69 database unavailable.";
