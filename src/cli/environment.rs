//! The environment: the one place that reads it, and the home of every variable's name (a provider's own two stand in its
//! file, because a provider is one file).
//!
//! The process environment wins over `.env` in the working directory. A variable that is set to nothing counts as not set,
//! and still wins: `DATABASE_URL= venues …` forgets what `.env` says.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where the venues go.
pub const DATABASE_URL: &str = "DATABASE_URL";
/// The data folder; also says that the embedded database is wanted.
pub const VENUES_DATA_DIR: &str = "VENUES_DATA_DIR";
/// The settings file.
pub const VENUES_CONFIG: &str = "VENUES_CONFIG";
/// The file for Prometheus.
pub const VENUES_METRICS_FILE: &str = "VENUES_METRICS_FILE";

/// The folder of PostgreSQL's server programs, for the embedded database.
pub const VENUES_POSTGRES_BIN: &str = "VENUES_POSTGRES_BIN";
/// A mirror from which missing server programs are fetched.
pub const VENUES_POSTGRES_URL: &str = "VENUES_POSTGRES_URL";
/// A port of 127.0.0.1 on which the embedded server listens as well, with a password.
pub const VENUES_POSTGRES_PORT: &str = "VENUES_POSTGRES_PORT";
/// A server where scratch databases may be made, for the trials of `venues migrate`.
pub const VENUES_SCRATCH_URL: &str = "VENUES_SCRATCH_URL";
/// OpenTelemetry's names, which are the same for all programs.
#[cfg(feature = "otlp")]
mod otel {
    /// A collector; `/v1/metrics` is put to it.
    pub const OTEL_EXPORTER_OTLP_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    /// The very address for numbers.
    pub const OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    /// What is sent along, such as a key.
    pub const OTEL_EXPORTER_OTLP_HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
    /// The same, with numbers.
    pub const OTEL_EXPORTER_OTLP_METRICS_HEADERS: &str = "OTEL_EXPORTER_OTLP_METRICS_HEADERS";
    /// Milliseconds for an exchange.
    pub const OTEL_EXPORTER_OTLP_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
    /// The same, with numbers.
    pub const OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT";
    /// How the collector is spoken to.
    pub const OTEL_EXPORTER_OTLP_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
    /// The same, with numbers.
    pub const OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL";
    /// `none`: no numbers.
    pub const OTEL_METRICS_EXPORTER: &str = "OTEL_METRICS_EXPORTER";
    /// `true`: nothing at all.
    pub const OTEL_SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
    /// Who measured.
    pub const OTEL_SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
    /// More of that.
    pub const OTEL_RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
}
#[cfg(feature = "otlp")]
pub use otel::*;

/// Where programs are looked for.
pub const PATH: &str = "PATH";

/// What the process environment and `.env` say together.
#[derive(Debug, Default)]
pub struct Environment {
    values: BTreeMap<String, OsString>,
    /// Names whose value stands in `.env`.
    of_dotenv: BTreeSet<String>,
    /// What is wrong with `.env`, for the log: its lines are named, never quoted, because they may hold keys.
    pub warnings: Vec<String>,
}

/// A variable that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is not valid UTF-8")]
pub struct NotText {
    /// Its name.
    pub variable: String,
}

impl Environment {
    /// Reads the process environment and `folder/.env`, if there is one.
    pub fn read(folder: &Path) -> Self {
        let mut environment = match std::fs::read(folder.join(".env")) {
            Ok(bytes) => Self::of_dotenv(&bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                Self { warnings: vec![format!(".env cannot be read and is left out: {error}")], ..Self::default() }
            }
        };
        for (name, value) in std::env::vars_os() {
            if let Ok(name) = name.into_string() {
                environment.of_dotenv.remove(&name);
                environment.values.insert(name, value);
            }
        }
        environment
    }

    fn of_dotenv(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}');
        let mut environment = Self::default();
        let mut searched = 0;
        for entry in dotenvy::from_read_iter(text.as_bytes()) {
            match entry {
                Ok((name, value)) if value.contains('\u{fffd}') => {
                    environment.warnings.push(format!(".env: the value of {name} is not UTF-8 and is left out"));
                }
                // The first of several wins, as it does wherever a .env file is loaded.
                Ok((name, value)) => {
                    environment.of_dotenv.insert(name.clone());
                    environment.values.entry(name).or_insert_with(|| value.into());
                }
                Err(dotenvy::Error::LineParse(line, _)) => {
                    let (number, end) = place(text, line.trim_end(), searched);
                    searched = end;
                    environment.warnings.push(format!(".env, line {number}: not NAME=value; the line is left out"));
                }
                Err(error) => {
                    // Nothing after such an error can be trusted to be a line.
                    environment.warnings.push(format!(".env is left out from here on: {}", kind(&error)));
                    break;
                }
            }
        }
        environment
    }

    /// Values as given, for tests of what is made of them.
    #[cfg(test)]
    pub fn of(values: &[(&str, &str)]) -> Self {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        Self { values, ..Self::default() }
    }

    /// A variable's text, without white space at the ends; none where it is not set or empty.
    pub fn text(&self, variable: &str) -> Result<Option<&str>, NotText> {
        let Some(value) = self.values.get(variable) else { return Ok(None) };
        let text = value.to_str().ok_or_else(|| NotText { variable: variable.to_owned() })?.trim();
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// Where a variable that is set to something has its value from.
    pub fn whence(&self, variable: &str) -> Option<&'static str> {
        let set = self.values.get(variable).is_some_and(|value| !value.to_string_lossy().trim().is_empty());
        set.then(|| if self.of_dotenv.contains(variable) { ".env" } else { "environment" })
    }

    /// A variable that names a file or folder; any bytes may stand in it.
    pub fn path(&self, variable: &str) -> Option<PathBuf> {
        self.values.get(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
    }
}

/// The line number, from 1, at which `line` stands in `text` at or after byte `from`; and where it ends.
fn place(text: &str, line: &str, from: usize) -> (usize, usize) {
    let rest = text.get(from..).unwrap_or_default();
    let start = from + rest.find(line).unwrap_or_default();
    let before = text.get(..start).unwrap_or_default();
    (before.matches('\n').count() + 1, start + line.len())
}

fn kind(error: &dotenvy::Error) -> &'static str {
    match error {
        dotenvy::Error::Io(_) => "it cannot be read",
        _ => "a value refers to something that cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotenv_line_that_cannot_be_read_is_named_and_the_others_count() {
        let hostile = b"# settings\nDATABASE_URL=postgres://h/d\nthis is not a line s3cret\nexport VENUES_CONFIG='a b.toml'\n=x\n";
        let environment = Environment::of_dotenv(hostile);
        assert_eq!(environment.text(DATABASE_URL), Ok(Some("postgres://h/d")));
        assert_eq!(environment.path(VENUES_CONFIG), Some("a b.toml".into()));
        let warnings = environment.warnings.join("\n");
        assert!(warnings.contains("line 3") && warnings.contains("line 5"), "{warnings}");
        assert!(!warnings.contains("s3cret"), "{warnings}");
    }

    #[test]
    fn bytes_of_any_kind_give_warnings_at_most() {
        for hostile in [
            &b"\xff\xfe\x00\x00"[..],
            b"A=\"never closed\nB=2\n",
            b"\xef\xbb\xbfDATABASE_URL=x\n",
            b"K=\xff\xff\n",
            b"A=${A}\nB=$(rm -rf /)\n",
            b"\0\0\0",
            b"",
        ] {
            drop(Environment::of_dotenv(hostile));
        }
        assert_eq!(Environment::of_dotenv(b"\xef\xbb\xbfDATABASE_URL=x\n").text(DATABASE_URL), Ok(Some("x")));
    }

    #[test]
    fn it_is_known_which_of_the_two_a_value_is_from() {
        let mut environment = Environment::of_dotenv(b"VENUES_CONFIG=a.toml\nDATABASE_URL=\n");
        environment.values.insert(VENUES_DATA_DIR.to_owned(), "/d".into());
        let whence = [VENUES_CONFIG, VENUES_DATA_DIR, DATABASE_URL, PATH].map(|name| environment.whence(name));
        assert_eq!(whence, [Some(".env"), Some("environment"), None, None]);
    }

    #[test]
    fn empty_is_not_set() {
        let environment = Environment::of(&[(DATABASE_URL, "  "), (VENUES_DATA_DIR, "")]);
        assert_eq!(environment.text(DATABASE_URL), Ok(None));
        assert_eq!(environment.path(VENUES_DATA_DIR), None);
    }

    #[test]
    fn a_key_with_a_line_end_from_a_mounted_secret_is_trimmed() {
        let environment = Environment::of(&[("GOOGLE_PLACES_API_KEY", "abc\n")]);
        assert_eq!(environment.text("GOOGLE_PLACES_API_KEY"), Ok(Some("abc")));
    }
}
