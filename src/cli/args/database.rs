use std::convert::Infallible;

use clap::Args;
use secrecy::SecretString;

/// Where the venues go.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseArgs {
    /// The database to use, whatever `DATABASE_URL` says. postgres://, postgresql:// and postgresql+driver:// are understood.
    #[arg(long, value_name = "URL", value_parser = secret, conflicts_with = "embedded")]
    pub database_url: Option<SecretString>,
    /// Use the private PostgreSQL server under the data folder, whatever `DATABASE_URL` says.
    #[arg(long)]
    pub embedded: bool,
}

/// Where scratch databases may be made.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Scratch databases")]
pub struct ScratchArgs {
    /// Any database on a server where scratch databases may be made, if the role may not make them beside its own. Default:
    /// `$VENUES_SCRATCH_URL`.
    #[arg(long, value_name = "URL", value_parser = secret)]
    pub scratch_url: Option<SecretString>,
}

#[expect(clippy::unnecessary_wraps, reason = "the form clap asks for")]
fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}
