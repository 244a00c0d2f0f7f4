//! The command: flags, environment, files, terminal. The only room that knows there is a person.

pub mod args;
pub mod database_url;
pub mod environment;
pub mod exit;
pub mod secrets;
pub mod settings;

use std::process::ExitCode;

/// Runs the command and returns its exit code.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
