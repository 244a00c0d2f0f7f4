//! `venues runs` and `venues report`: what is asked of runs that were, and what is to become of them.

use tokio::runtime::Runtime;

use super::args::{ReportArgs, RunsArgs, RunsCommand};
use super::command_error::CommandError;
use super::commands;
use super::exit::Exit;
use super::settings::database::{self, Asker};
use super::settings::provider;
use super::settings::region::DEMO;
use super::settings::sync_job::Surroundings;
use super::terminal::{self, Terminal};

/// Tells all that is known of a run.
pub(super) fn report(
    args: &ReportArgs,
    around: Surroundings<'_>,
    terminal: &Terminal,
    runtime: &Runtime,
) -> Result<Exit, CommandError> {
    let asker = if args.region.as_deref() == Some(DEMO) { Asker::Demo } else { Asker::Look };
    let chosen = database::choose(asker, &args.database, around.environment, around.folders, around.on_terminal)?;
    let attributions = provider::attributions(&crate::provider::all(), &around.file.providers);
    Ok(runtime.block_on(commands::report(args, &attributions, &chosen, terminal))?)
}

/// Lists runs, shows one, or says what is to become of it.
pub(super) fn runs(
    args: &RunsArgs,
    around: Surroundings<'_>,
    terminal: &Terminal,
    runtime: &Runtime,
) -> Result<Exit, CommandError> {
    let choose = |asker, flags| database::choose(asker, flags, around.environment, around.folders, around.on_terminal);
    let text = match &args.action {
        None => {
            runtime.block_on(commands::list_runs(&args.list, &choose(Asker::Look, &args.list.database)?, terminal))?
        }
        Some(RunsCommand::Show(one)) => {
            runtime.block_on(commands::show_run(&one.id, &choose(Asker::Look, &one.database)?, terminal))?
        }
        Some(RunsCommand::Staged(one)) => {
            runtime.block_on(commands::staged_of_run(&one.id, &choose(Asker::Look, &one.database)?, terminal))?;
            return Ok(Exit::Complete);
        }
        Some(RunsCommand::Accept(one)) => {
            let limits = |region: &str| around.file.guard_of(region);
            runtime.block_on(commands::accept_run(&one.id, &limits, &choose(Asker::Look, &one.database)?, terminal))?
        }
        Some(RunsCommand::Discard(one)) => {
            runtime.block_on(commands::discard_run(&one.id, &choose(Asker::Look, &one.database)?, terminal))?
        }
    };
    terminal::print(&text)?;
    Ok(Exit::Complete)
}
