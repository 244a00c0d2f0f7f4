use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{AskArgs, DatabaseArgs, PlaceArgs};

/// `venues plan`.
#[derive(Debug, Clone, Default, Args)]
pub struct PlanArgs {
    /// Which part of the world.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What would be asked for.
    #[command(flatten)]
    pub ask: AskArgs,
    /// Draw the region, what its last run asked, and the venues, as SVG into this file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Picture")]
    pub svg: Option<PathBuf>,
    /// Where the runs were written down.
    #[command(flatten)]
    pub database: DatabaseArgs,
}
