use clap::Args;

use super::DatabaseArgs;

/// `venues renormalise`.
#[derive(Debug, Clone, Default, Args)]
#[command(group(clap::ArgGroup::new("whose").required(true).multiple(true)))]
pub struct RenormaliseArgs {
    /// What lies in a region of venues.toml, or in `demo`, of the region's provider. May be repeated.
    #[arg(long, value_name = "NAME", group = "whose")]
    pub region: Vec<String>,
    /// What this provider said.
    #[arg(long, value_name = "NAME", group = "whose")]
    pub provider: Option<String>,
    /// Whatever is kept, of every provider.
    #[arg(long, group = "whose", conflicts_with_all = ["region", "provider"])]
    pub all: bool,
    /// Show what would change, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// How many of the venues that change are shown one by one, and of the rows that are refused.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Where the venues are.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Apply pending migrations first, also to a database that is not the embedded one.
    #[arg(long, help_heading = "Database")]
    pub migrate: bool,
}
