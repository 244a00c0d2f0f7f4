//! `venues doctor`.

use clap::Args;

use super::database::DatabaseArgs;

/// `venues doctor`.
#[derive(Debug, Clone, Default, Args)]
pub struct DoctorArgs {
    /// Also ask each provider once whose key is there, at its list price, which is said first.
    #[arg(long)]
    pub online: bool,
    /// Which database a sync would use.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  venues doctor
  venues doctor --json | jq -r 'select(.level == \"problem\") | .what'
  venues doctor --online

It changes nothing: no migration is applied, no server is started. (To see whether the schema is as declared, a scratch database is \
made beside a database that is somebody's own, and removed.) Exit codes: 0 nothing is in the way of a sync, 1 something is.";
