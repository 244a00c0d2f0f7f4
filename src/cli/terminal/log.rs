//! The log: JSON lines for machines, plain lines for a person who asked for them.

use std::io::{self, Write};

use indicatif::MultiProgress;
use tracing_subscriber::EnvFilter;

use crate::cli::args::GlobalArgs;
use crate::cli::secrets::Scrubbing;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// `-q`.
    Quiet,
    /// Without a flag.
    Normal,
    /// `-v`.
    Debug,
    /// `-vv`.
    Trace,
    /// `-vvv` and more.
    Everything,
}

impl Detail {
    /// From the flags.
    pub fn of(global: &GlobalArgs) -> Self {
        match (global.quiet, global.verbose) {
            (true, _) => Self::Quiet,
            (false, 0) => Self::Normal,
            (false, 1) => Self::Debug,
            (false, 2) => Self::Trace,
            (false, _) => Self::Everything,
        }
    }
}

/// Libraries that see headers and addresses, and might print them in detail one day: capped whatever the flags say.
const CAPPED: [&str; 11] = [
    "h2",
    "hpack",
    "hyper",
    "hyper_util",
    "hyper_rustls",
    "reqwest",
    "reqwest_middleware",
    "rustls",
    "sqlx",
    "tower",
    "tower_http",
];

/// What these warn of, a connection that was cut or is long in coming, is waited for and said once, in our own words.
const TOLD_BY_US: [&str; 2] = ["sqlx_core::pool", "sqlx::pool"];

/// The filter in `tracing`'s words.
pub fn filter(detail: Detail) -> String {
    let (others, ours) = match detail {
        Detail::Quiet => ("warn", "warn"),
        Detail::Normal => ("warn", "info"),
        Detail::Debug => ("warn", "debug"),
        Detail::Trace => ("warn", "trace"),
        Detail::Everything => ("debug", "trace"),
    };
    let capped =
        CAPPED.map(|library| format!(",{library}={}", if others == "debug" { "info" } else { others })).concat();
    let told = TOLD_BY_US.map(|part| if others == "warn" { format!(",{part}=error") } else { String::new() }).concat();
    format!("{others},venue_sync={ours}{capped}{told}")
}

/// Begins to log to stderr. Above bars only warnings are worth a line.
pub(super) fn begin(detail: Detail, watched: bool, bars: Option<MultiProgress>) {
    let detail = if bars.is_some() { Detail::Quiet } else { detail };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter(detail)))
        // It would tell of them on stderr, and panic where that is what takes no more.
        .log_internal_errors(false);
    let writer = move || Scrubbing(Stderr(bars.clone()));
    let begun = if watched {
        builder.with_target(detail == Detail::Everything).with_writer(writer).try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(false).with_writer(writer).try_init()
    };
    // Only a test that runs the command twice in one process finds a log begun before, and then that one does.
    begun.ok();
}

/// Stderr, with the bars out of the way while a line is written.
struct Stderr(Option<MultiProgress>);

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let write = || io::stderr().lock().write_all(bytes);
        match &self.0 {
            Some(bars) => bars.suspend(write)?,
            None => write()?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use secrecy::SecretString;

    use super::*;
    use crate::cli::secrets;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(detail: Detail) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter(detail)))
            .json()
            .flatten_event(true)
            .with_writer(move || Scrubbing(writer.clone()))
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "venue_sync::sync", region = "demo", tile = 3, "ours-warn");
            tracing::info!(target: "venue_sync::sync", "ours-info");
            tracing::debug!(target: "venue_sync::sync", "ours-debug");
            tracing::trace!(target: "venue_sync::sync", "ours-trace");
            tracing::debug!(target: "some_library", "other-debug");
            tracing::debug!(target: "hyper::client", "x-goog-api-key: header-debug");
            tracing::trace!(target: "h2::frame", "frame-trace");
            tracing::warn!(target: "some_library", "key log-test-key-value");
            tracing::warn!(target: "sqlx_core::pool::connection", "cut-warn");
            tracing::warn!(target: "sqlx::query", "slow-warn");
        });
        let bytes = sink.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_flag_lets_exactly_its_lines_through() {
        let all = ["ours-warn", "ours-info", "ours-debug", "ours-trace", "other-debug"];
        for (detail, many) in
            [(Detail::Quiet, 1), (Detail::Normal, 2), (Detail::Debug, 3), (Detail::Trace, 4), (Detail::Everything, 5)]
        {
            let log = logged(detail);
            for (place, line) in all.iter().enumerate() {
                assert_eq!(log.contains(line), place < many, "{detail:?} {line}\n{log}");
            }
        }
    }

    #[test]
    fn a_connection_that_was_cut_is_not_told_of_twice() {
        for (detail, twice) in [(Detail::Quiet, false), (Detail::Trace, false), (Detail::Everything, true)] {
            let log = logged(detail);
            assert_eq!((log.contains("cut-warn"), log.contains("slow-warn")), (twice, true), "{detail:?} {log}");
        }
    }

    #[test]
    fn libraries_that_see_the_key_are_capped_and_the_net_is_below_them() {
        secrets::register_key(&SecretString::from("log-test-key-value"));
        let log = logged(Detail::Everything);
        assert!(!log.contains("header-debug") && !log.contains("frame-trace"), "{log}");
        assert!(log.contains("key [secret]") && !log.contains("log-test-key-value"), "{log}");
    }

    #[test]
    fn a_line_is_json_with_its_fields_at_the_top() {
        let log = logged(Detail::Quiet);
        let line: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
        assert_eq!(
            (&line["message"], &line["region"], &line["tile"]),
            (&"ours-warn".into(), &"demo".into(), &3.into())
        );
        assert_eq!(line["level"], "WARN");
    }
}
