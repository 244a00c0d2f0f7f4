//! A panic is our bug: it says so, shows no secret, and decides the exit code whichever thread it was on.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use super::secrets;

static HAPPENED: AtomicBool = AtomicBool::new(false);

/// Replaces the standard message.
pub(super) fn install() {
    std::panic::set_hook(Box::new(|info| {
        HAPPENED.store(true, Ordering::Relaxed);
        let place = info.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let message = message(info.payload_as_str().unwrap_or("no message"), &place);
        // Where stderr is gone there is nobody left to tell.
        writeln!(std::io::stderr(), "{message}").ok();
    }));
}

/// Some thread panicked since the start.
pub(super) fn happened() -> bool {
    HAPPENED.load(Ordering::Relaxed)
}

fn message(payload: &str, place: &str) -> String {
    let payload = secrets::scrub(payload);
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "error: this is a bug of venues {version}, not of yours: {payload}{place}\n\
         What was committed is kept. Please report this line with the command that you ran."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_whose_fault_it_is_and_keeps_the_secrets() {
        secrets::register_key(&"key-for-the-panic-test".into());
        let message = message("called `unwrap` on `key-for-the-panic-test`", " at src/x.rs:1");
        assert!(message.contains("this is a bug of venues") && message.contains("src/x.rs:1"), "{message}");
        assert!(!message.contains("key-for-the-panic-test"), "{message}");
    }
}
