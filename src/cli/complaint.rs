//! What went wrong, for whoever is there to read it.

use std::error::Error;
use std::io::Write;

use super::exit::Exit;
use super::secrets::Scrubbing;
use super::terminal::Terminal;

/// Tells what went wrong, with its causes and what to do. What is wrong with the settings, or was found by a check, is for a person and in plain words,
/// also where nobody is watching; anything later is a log line there.
pub(super) fn complain(error: &dyn Error, hint: Option<&str>, exit: Exit, terminal: &Terminal) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    if terminal.watched || matches!(exit, Exit::Usage | Exit::Finding) {
        let mut stderr = Scrubbing(std::io::stderr());
        // Where stderr is gone there is nobody left to tell.
        writeln!(stderr, "error: {text}").ok();
        if let Some(hint) = hint {
            writeln!(stderr, "hint: {hint}").ok();
        }
    } else {
        tracing::error!(hint, "{text}");
    }
}
