//! The command: flags, environment, files, terminal. The only room that knows there is a person.

pub mod args;
mod categories;
pub mod command_error;
pub mod commands;
mod complaint;
pub mod database_url;
pub mod dispatch;
pub mod environment;
pub mod exit;
mod export_form;
pub mod finding;
mod panic_hook;
mod past_runs;
mod purging;
mod regions;
pub mod secrets;
pub mod settings;
pub mod terminal;
mod usage;
mod venue_table;
mod whole_file;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use complaint::complain;
use dispatch::dispatch;
use exit::Exit;
use terminal::Terminal;

/// Runs the command and returns its exit code.
pub fn run() -> ExitCode {
    panic_hook::install();
    let ended = std::panic::catch_unwind(command).unwrap_or(Exit::Bug);
    // A panic on another thread has lost something, whatever the main thread believes.
    let exit = if panic_hook::happened() { Exit::Bug } else { ended };
    exit.into()
}

fn command() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error, std::env::args_os()),
    };
    let terminal = Terminal::open(&cli.global);
    match dispatch(&cli, &terminal) {
        Ok(exit) => exit,
        Err(error) => {
            complain(&error, error.hint().as_deref(), error.exit(), &terminal);
            error.exit()
        }
    }
}
