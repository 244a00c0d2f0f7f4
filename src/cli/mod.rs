//! The command: flags, environment, files, terminal. The only room that knows there is a person.

pub mod args;
pub mod database_url;
pub mod dispatch;
pub mod environment;
pub mod exit;
mod panic_hook;
mod regions;
pub mod secrets;
pub mod settings;
pub mod terminal;
mod usage;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use dispatch::{CommandError, dispatch};
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
            complain(&error, &terminal);
            error.exit()
        }
    }
}

/// Tells what went wrong, with its causes. What is wrong with the settings is for a person and in plain words, also where
/// nobody is watching; anything later is a log line there.
fn complain(error: &CommandError, terminal: &Terminal) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    if terminal.watched || error.exit() == Exit::Usage {
        // Where stderr is gone there is nobody left to tell.
        writeln!(secrets::Scrubbing(std::io::stderr()), "error: {text}").ok();
    } else {
        tracing::error!("{text}");
    }
}
