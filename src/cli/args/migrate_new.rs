use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::database::ScratchArgs;
use crate::migrate::auto::{Rename, column_name};

/// `venues migrate new`.
#[derive(Debug, Clone, Args)]
pub struct NewArgs {
    /// What the migration is for, in a few words: they become its name.
    #[arg(value_parser = message)]
    pub message: String,
    /// Write what leads from the migrations in the folder to src/schema/declared, proven on a scratch database.
    #[arg(long)]
    pub auto: bool,
    /// Something got another name: `schema.table:new` or `schema.table.column:new`. May be repeated, in this order.
    #[arg(long, value_name = "OLD:NEW", requires = "auto")]
    pub rename: Vec<Rename>,
    /// Nothing else got another name: what looks like it is dropped and made.
    #[arg(long, requires = "auto")]
    pub no_rename: bool,
    /// What rows that are there get in a column that refuses null: an SQL expression. May be repeated.
    #[arg(long, value_name = "COLUMN=EXPRESSION", requires = "auto", value_parser = fill)]
    pub fill: Vec<(String, String)>,
    /// The folder of migrations.
    #[arg(long, value_name = "DIR", default_value = "migrations", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Where to try it. Default: the embedded server.
    #[command(flatten)]
    pub scratch: ScratchArgs,
}

fn fill(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .and_then(|(column, value)| Some((column_name(column)?, value.trim().to_owned())))
        .filter(|(_, value)| !value.is_empty())
        .ok_or_else(|| "not of the form schema.table.column=EXPRESSION".to_owned())
}

fn message(typed: &str) -> Result<String, &'static str> {
    if typed.trim().is_empty() { Err("say in a few words what the migration is for") } else { Ok(typed.to_owned()) }
}
