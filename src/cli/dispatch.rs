//! From what was typed to what is done.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use clap::CommandFactory;
use tokio::runtime::{self, Runtime};

use super::args::{
    CategoriesArgs, Cli, Command, DbCommand, DoctorArgs, EventsCommand, MigrateCommand, PlanArgs, ProfilesCommand,
    RenormaliseArgs, SyncArgs, WhichArgs,
};
use super::categories;
use super::command_error::CommandError;
use super::commands::{self, DbAction, Failure, Told};
use super::complaint::complain;
use super::environment::Environment;
use super::exit::Exit;
use super::export_form;
use super::finding::{self, Level};
use super::past_runs;
use super::purging;
use super::regions;
use super::settings::database::{self, Asker, DatabaseChoice, DatabaseError, ScratchChoice};
use super::settings::doctor_job;
use super::settings::file::{SettingsFile, SettingsFileError};
use super::settings::folders::Folders;
use super::settings::plan_job::{self, PlanJob};
use super::settings::renormalise_job::{self, RenormaliseJob};
use super::settings::sync_job::{self, Surroundings, SyncJob};
use super::settings::venues_job::{self, VenuesJob};
use super::terminal::{self, Terminal};
use crate::model::{Plan, Renormalised, RunStatus, Summary};
use crate::report;
use crate::store::embedded;

/// Does it. Everything that can be wrong with the settings is found before anything is begun.
pub fn dispatch(cli: &Cli, terminal: &Terminal) -> Result<Exit, CommandError> {
    match &cli.command {
        Command::Completions { shell } => return completions(*shell),
        Command::Man { folder } => return man(folder),
        _ => {}
    }
    let environment = Environment::read(Path::new("."));
    let folders = Folders::find();
    if let Command::Doctor(args) = &cli.command {
        return doctor(cli, args, terminal, &environment, &folders);
    }
    for warning in &environment.warnings {
        tracing::warn!("{warning}");
    }
    match &cli.command {
        Command::Completions { shell } => completions(*shell),
        Command::Man { folder } => man(folder),
        Command::Doctor(args) => doctor(cli, args, terminal, &environment, &folders),
        Command::Regions => {
            let file = settings_file(cli, &environment, &folders)?;
            terminal::print(&regions::list(&file.regions, terminal.json)?)?;
            Ok(Exit::Complete)
        }
        Command::Sync(args) => sync(&jobs(cli, args, terminal, &environment, &folders)?, terminal),
        Command::Plan(args) => plan(&planned(cli, args, terminal, &environment, &folders)?, terminal),
        Command::Renormalise(args) => renormalise(&kept(cli, args, terminal, &environment, &folders)?, terminal),
        Command::Report(args) => by_settings(cli, terminal, &environment, &folders, |around, runtime| {
            past_runs::report(args, around, terminal, runtime)
        }),
        Command::Purge(args) => by_settings(cli, terminal, &environment, &folders, |around, runtime| {
            purging::purge(args, around, terminal, runtime)
        }),
        Command::Runs(args) => by_settings(cli, terminal, &environment, &folders, |around, runtime| {
            past_runs::runs(args, around, terminal, runtime)
        }),
        Command::List(args) => {
            let job = venues(cli, &args.which, terminal, &environment, &folders)?;
            Ok(runtime()?.block_on(commands::list_venues(&job, terminal))?)
        }
        Command::Export(args) => {
            let format = export_form::of(args)?;
            let job = venues(cli, &args.which, terminal, &environment, &folders)?;
            Ok(runtime()?.block_on(commands::export_venues(&job, format, args.output.as_deref(), terminal))?)
        }
        Command::Categories(args) if args.unmapped => unmapped(args, &environment, &folders, terminal),
        Command::Categories(_) => {
            terminal::print(&categories::all(terminal.json)?)?;
            Ok(Exit::Complete)
        }
        Command::Profiles(args) => profiles(&args.action, &environment, &folders, terminal),
        Command::Events(args) => events(&args.action, &environment, &folders, terminal),
        Command::Migrate(args) => {
            let choose = |flags| database::choose(Asker::Work, flags, &environment, &folders, terminal.watched);
            let chosen = args.action.database().map(choose).transpose()?;
            let scratch = database::scratch(args.action.scratch(), &environment, &folders)?;
            migrate(&args.action, chosen.as_ref(), &scratch, terminal)
        }
        Command::Db(args) => db(&look(&args.action, &environment, &folders)?, terminal),
    }
}

/// Does what needs all settings, and is about no one region of them.
fn by_settings(
    cli: &Cli,
    terminal: &Terminal,
    environment: &Environment,
    folders: &Folders,
    work: impl FnOnce(Surroundings<'_>, &Runtime) -> Result<Exit, CommandError>,
) -> Result<Exit, CommandError> {
    let file = settings_file(cli, environment, folders)?;
    work(around(&file, cli, terminal, environment, folders), &runtime()?)
}

fn settings_file(cli: &Cli, environment: &Environment, folders: &Folders) -> Result<SettingsFile, SettingsFileError> {
    let file = SettingsFile::find(cli.global.config.as_deref(), environment, folders)?;
    for warning in &file.warnings {
        tracing::warn!("{warning}");
    }
    Ok(file)
}

fn around<'a>(
    file: &'a SettingsFile,
    cli: &'a Cli,
    terminal: &Terminal,
    environment: &'a Environment,
    folders: &'a Folders,
) -> Surroundings<'a> {
    let config_flag = cli.global.config.as_deref();
    Surroundings { file, config_flag, environment, folders, on_terminal: terminal.watched }
}

fn jobs(
    cli: &Cli,
    args: &SyncArgs,
    terminal: &Terminal,
    environment: &Environment,
    folders: &Folders,
) -> Result<Vec<SyncJob>, CommandError> {
    let file = settings_file(cli, environment, folders)?;
    let around = around(&file, cli, terminal, environment, folders);
    Ok(sync_job::resolve(args, around, &crate::provider::all())?)
}

fn planned(
    cli: &Cli,
    args: &PlanArgs,
    terminal: &Terminal,
    environment: &Environment,
    folders: &Folders,
) -> Result<Vec<PlanJob>, CommandError> {
    let file = settings_file(cli, environment, folders)?;
    let around = around(&file, cli, terminal, environment, folders);
    Ok(plan_job::resolve(args, around, &crate::provider::all())?)
}

fn kept(
    cli: &Cli,
    args: &RenormaliseArgs,
    terminal: &Terminal,
    environment: &Environment,
    folders: &Folders,
) -> Result<Vec<RenormaliseJob>, CommandError> {
    let file = settings_file(cli, environment, folders)?;
    let around = around(&file, cli, terminal, environment, folders);
    Ok(renormalise_job::resolve(args, around, &crate::provider::all())?)
}

fn venues(
    cli: &Cli,
    which: &WhichArgs,
    terminal: &Terminal,
    environment: &Environment,
    folders: &Folders,
) -> Result<VenuesJob, CommandError> {
    let file = settings_file(cli, environment, folders)?;
    let around = around(&file, cli, terminal, environment, folders);
    Ok(venues_job::resolve(which, around, &crate::provider::all())?)
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "venues", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Complete)
}

/// A page for the command and for each of its verbs.
fn man(folder: &Path) -> Result<Exit, CommandError> {
    let unwritable = |source| Failure::File { what: "cannot write", path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(unwritable)?;
    Ok(Exit::Complete)
}

fn look(action: &DbCommand, environment: &Environment, folders: &Folders) -> Result<DbAction, DatabaseError> {
    let choose = |flags| database::choose(Asker::Look, flags, environment, folders, false);
    let place = || database::place(environment, folders, false);
    Ok(match action {
        DbCommand::Url { database } => DbAction::Url(choose(database)?),
        DbCommand::Shell { database } => DbAction::Shell(choose(database)?),
        DbCommand::Stop => DbAction::Stop(place()?),
        DbCommand::Status => DbAction::Status(place()?),
        DbCommand::Watch { data_dir, cache_dir, idle_ms } => DbAction::Watch {
            data_dir: data_dir.clone(),
            cache_dir: cache_dir.clone(),
            idle: Duration::from_millis(idle_ms.get()),
        },
    })
}

/// Runs the jobs in turn; the worst end is the command's.
fn sync(jobs: &[SyncJob], terminal: &Terminal) -> Result<Exit, CommandError> {
    let unprinted = RefCell::new(None);
    let line = |summary: &Summary| match report::json_line(summary) {
        Ok(line) => terminal::print(&format!("{line}\n")),
        Err(error) => Err(error.into()),
    };
    let tell = |told: Told<'_>| {
        let printed = match told {
            Told::Ended(report) if terminal.json => {
                if report.summary.status == RunStatus::Refused {
                    let run = report.summary.run_id;
                    tracing::warn!(%run, region = report.summary.region, hint = format!("venues runs show {run}"), "refused: the guard did not believe the data");
                }
                line(&report.summary)
            }
            Told::Unreported(summary) if terminal.json => line(summary),
            Told::Ended(report) => terminal::print(&report::text(report)),
            Told::Unreported(_) => Ok(()),
            Told::Broke(failure) => {
                complain(failure, failure.hint().as_deref(), failure.exit(), terminal);
                Ok(())
            }
        };
        if let Err(error) = printed {
            unprinted.replace(Some(error));
        }
    };
    let exit = runtime()?.block_on(commands::sync(jobs, terminal, &tell))?;
    let Some(error) = unprinted.into_inner().map(CommandError::from) else { return Ok(exit) };
    complain(&error, error.hint().as_deref(), error.exit(), terminal);
    Ok(Exit::worst([exit, error.exit()]))
}

/// Says what each job would take.
fn plan(jobs: &[PlanJob], terminal: &Terminal) -> Result<Exit, CommandError> {
    let unprinted = RefCell::new(None);
    let tell = |plan: &Plan| {
        let printed = if terminal.json {
            let line = serde_json::to_string(plan).map_err(CommandError::from);
            line.and_then(|line| Ok(terminal::print(&format!("{line}\n"))?))
        } else {
            terminal::print(&report::plan(plan)).map_err(CommandError::from)
        };
        if let Err(error) = printed {
            unprinted.replace(Some(error));
        }
    };
    runtime()?.block_on(commands::plan(jobs, terminal, &tell))?;
    unprinted.into_inner().map_or(Ok(Exit::Complete), Err)
}

/// Cleans kept rows again, one outcome a job.
fn renormalise(jobs: &[RenormaliseJob], terminal: &Terminal) -> Result<Exit, CommandError> {
    let unprinted = RefCell::new(None);
    let tell = |outcome: &Renormalised| {
        let printed = if terminal.json {
            let line = serde_json::to_string(outcome).map_err(CommandError::from);
            line.and_then(|line| Ok(terminal::print(&format!("{line}\n"))?))
        } else {
            terminal::print(&report::renormalised(outcome)).map_err(CommandError::from)
        };
        if let Err(error) = printed {
            unprinted.replace(Some(error));
        }
    };
    let exit = runtime()?.block_on(commands::renormalise(jobs, terminal, &tell))?;
    unprinted.into_inner().map_or(Ok(exit), Err)
}

/// The words that have no code yet, from the database that the syncs wrote to.
fn unmapped(
    args: &CategoriesArgs,
    environment: &Environment,
    folders: &Folders,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let chosen = database::choose(Asker::Look, &args.database, environment, folders, terminal.watched)?;
    let words = runtime()?.block_on(commands::unmapped_words(&chosen, terminal))?;
    terminal::print(&categories::unmapped(&words, terminal.json)?)?;
    Ok(Exit::Complete)
}

/// Looks at everything; what is wrong with the settings is a finding like any other.
fn doctor(
    cli: &Cli,
    args: &DoctorArgs,
    terminal: &Terminal,
    environment: &Environment,
    folders: &Folders,
) -> Result<Exit, CommandError> {
    let file = SettingsFile::find(cli.global.config.as_deref(), environment, folders);
    let place = (folders, terminal.watched);
    let job = doctor_job::resolve(args, file, environment, place, &crate::provider::all());
    let findings = runtime()?.block_on(commands::doctor(job))?;
    terminal::print(&finding::told(&findings, terminal.json)?)?;
    let problem = findings.iter().any(|finding| finding.level == Level::Problem);
    Ok(if problem { Exit::Finding } else { Exit::Complete })
}

/// Hands profiles out, or takes them back.
fn profiles(
    action: &ProfilesCommand,
    environment: &Environment,
    folders: &Folders,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let choose = |asker, flags| database::choose(asker, flags, environment, folders, terminal.watched);
    let (text, exit) = match action {
        ProfilesCommand::Due(args) => {
            let asker = if args.claim.is_some() { Asker::Work } else { Asker::Look };
            let chosen = choose(asker, &args.database)?;
            (runtime()?.block_on(commands::due_profiles(args, &chosen, terminal))?, Exit::Complete)
        }
        ProfilesCommand::Put(args) => {
            let chosen = choose(Asker::Work, &args.database)?;
            runtime()?.block_on(commands::put_profiles(args, &chosen, terminal))?
        }
    };
    terminal::print(&text)?;
    Ok(exit)
}

/// Takes events in, or counts them.
fn events(
    action: &EventsCommand,
    environment: &Environment,
    folders: &Folders,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let choose = |asker, flags| database::choose(asker, flags, environment, folders, terminal.watched);
    let (text, exit) = match action {
        EventsCommand::Import(args) => {
            let chosen = choose(Asker::Work, &args.database)?;
            runtime()?.block_on(commands::import_events(args, &chosen, terminal))?
        }
        EventsCommand::Stats(args) => {
            let chosen = choose(Asker::Look, &args.database)?;
            (runtime()?.block_on(commands::event_stats(args, &chosen, terminal))?, Exit::Complete)
        }
    };
    terminal::print(&text)?;
    Ok(exit)
}

/// Changes or shows the schema.
fn migrate(
    action: &MigrateCommand,
    database: Option<&DatabaseChoice>,
    scratch: &ScratchChoice,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let (text, exit) = runtime()?.block_on(commands::migrate(action, database, scratch, terminal))?;
    terminal::print(&text)?;
    Ok(exit)
}

/// Looks at a database, or controls the embedded server.
fn db(action: &DbAction, terminal: &Terminal) -> Result<Exit, CommandError> {
    if matches!(action, DbAction::Watch { .. }) {
        // Before anything else: it outlives the terminal that it was started from.
        embedded::detach().map_err(Failure::Runtime)?;
    }
    let text = runtime()?.block_on(commands::db(action, terminal))?;
    terminal::print(&text)?;
    Ok(Exit::Complete)
}

fn runtime() -> Result<Runtime, Failure> {
    runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Failure::Runtime)
}
