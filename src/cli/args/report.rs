use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::DatabaseArgs;
use super::runs::id;

/// `venues report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// The run: its id or the beginning of it, as `venues runs` lists them, or `latest`.
    #[arg(value_name = "ID|latest", value_parser = which)]
    pub run: ReportedRun,
    /// With `latest`: of this region. `demo` also means the embedded database.
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Write a page that stands by itself into this file, which is replaced once all is written; `-` is stdout.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Form")]
    pub html: Option<PathBuf>,
    /// Print Markdown; so it is without any of these.
    #[arg(long, conflicts_with = "html", help_heading = "Form")]
    pub md: bool,
    /// Where the runs were written down.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// A run as it is named by people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportedRun {
    /// By the beginning of its id.
    Id(String),
    /// The newest.
    Latest,
}

fn which(text: &str) -> Result<ReportedRun, String> {
    if text == "latest" {
        return Ok(ReportedRun::Latest);
    }
    id(text).map(ReportedRun::Id).map_err(|error| format!("{error}, or `latest`"))
}

pub(super) const EXAMPLES: &str = "\
Examples:
  venues report latest
  venues report latest --region lisbon --html lisbon.html
  venues report 01980000-0000-7000-8000-000000000001 --json

The page needs no network and asks nobody for anything; it can be sent as it is. Nothing is asked of a provider.";
