//! `venues`: the command. Everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    venue_sync::cli::run()
}
