use std::cell::RefCell;

use tokio::runtime::Runtime;

use super::args::PurgeArgs;
use super::command_error::CommandError;
use super::commands;
use super::exit::Exit;
use super::settings::purge_job;
use super::settings::sync_job::Surroundings;
use super::terminal::{self, Terminal};
use crate::model::Purged;
use crate::report;

/// Deletes what is over its time, one outcome a job.
pub(super) fn purge(
    args: &PurgeArgs,
    around: Surroundings<'_>,
    terminal: &Terminal,
    runtime: &Runtime,
) -> Result<Exit, CommandError> {
    let jobs = purge_job::resolve(args, around, &crate::provider::all())?;
    let unprinted = RefCell::new(None);
    let tell = |outcome: &Purged| {
        let printed = if terminal.json {
            let line = serde_json::to_string(outcome).map_err(CommandError::from);
            line.and_then(|line| Ok(terminal::print(&format!("{line}\n"))?))
        } else {
            terminal::print(&report::purged(outcome)).map_err(CommandError::from)
        };
        if let Err(error) = printed {
            unprinted.replace(Some(error));
        }
    };
    let exit = runtime.block_on(commands::purge(&jobs, terminal, &tell))?;
    unprinted.into_inner().map_or(Ok(exit), Err)
}
