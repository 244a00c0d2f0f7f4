use clap::Args;

use super::DatabaseArgs;

/// `venues purge`.
#[derive(Debug, Clone, Default, Args)]
pub struct PurgeArgs {
    /// Only what lies in a region of venues.toml, or in `demo`, of the region's provider. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub region: Vec<String>,
    /// Only this provider's venues.
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Count what is over its time, and delete nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Where the venues are.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Apply pending migrations first, also to a database that is not the embedded one.
    #[arg(long, help_heading = "Database")]
    pub migrate: bool,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  venues purge --dry-run
  venues purge --provider google --json

A venue is over its time when no sync saw it for `retention_days` of [providers.NAME.terms] in venues.toml; where that is not set, \
nothing is. Its profile goes with it, events about it stay without it, and its ids stay known, so that it comes back as what it was. \
Exit codes: 0 done, or nothing is set; 2 usage or settings, 69 database unavailable, 75 stopped early, or somebody else held some of \
the venues (run again).";
