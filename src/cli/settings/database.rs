//! Which database. A pure decision, because a wrong one costs somebody money: a scheduled job with a forgotten variable must
//! not pay a provider to fill a database that vanishes with its pod.

use std::ffi::OsString;
use std::path::PathBuf;

use secrecy::ExposeSecret;
use url::Url;

use super::folders::Folders;
use crate::cli::args::{DatabaseArgs, ScratchArgs};
use crate::cli::database_url::{DatabaseUrl, DatabaseUrlError};
use crate::cli::environment::{
    DATABASE_URL, Environment, NotText, PATH, VENUES_DATA_DIR, VENUES_POSTGRES_BIN, VENUES_POSTGRES_PORT,
    VENUES_POSTGRES_URL, VENUES_SCRATCH_URL,
};
use crate::cli::secrets;

/// The database to use.
#[derive(Debug, Clone)]
pub enum DatabaseChoice {
    /// Somebody's own server.
    Url(DatabaseUrl),
    /// Our private server.
    Embedded(EmbeddedPlace),
}

/// Where the embedded server lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedPlace {
    /// Its data.
    pub data_dir: PathBuf,
    /// Server programs that were downloaded.
    pub cache_dir: PathBuf,
    /// The folder of the server programs, if somebody named one.
    pub programs: Option<PathBuf>,
    /// Where else programs are looked for (`PATH`).
    pub search_path: Option<OsString>,
    /// A mirror from which missing programs are fetched.
    pub mirror: Option<String>,
    /// A port of 127.0.0.1 on which it listens as well, with a password.
    pub port: Option<u16>,
    /// A flag of this command is needed to come here again, because `DATABASE_URL` names another database.
    pub needs_flag: bool,
}

impl DatabaseChoice {
    /// Whether another command has to say `--embedded` to come here.
    pub fn needs_flag(&self) -> bool {
        matches!(self, Self::Embedded(place) if place.needs_flag)
    }
}

/// Where scratch databases may be made, besides the server of the database that is worked on.
#[derive(Debug, Clone)]
pub struct ScratchChoice {
    /// A server that somebody named.
    pub url: Option<DatabaseUrl>,
    /// Our private server.
    pub embedded: EmbeddedPlace,
}

/// Who asks for a database; each has its own rule for when nobody named one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A sync of a region, or a migration: it needs a database that stays.
    Work,
    /// A sync of the built-in region, which never writes to somebody's own database unless a flag says so.
    Demo,
    /// `venues db`: it looks, and spends nothing.
    Look,
}

/// Why there is no database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// Nobody named one.
    #[error(
        "no database: set {DATABASE_URL} (postgresql://user:password@host:5432/database), or say --embedded or \
         {VENUES_DATA_DIR} for a private one that stays on this machine"
    )]
    NotNamed,
    /// The flag's value.
    #[error("--database-url")]
    Flag(#[source] DatabaseUrlError),
    /// The variable's value.
    #[error("{DATABASE_URL}")]
    Variable(#[source] DatabaseUrlError),
    /// The scratch server's, from either.
    #[error("--scratch-url ({VENUES_SCRATCH_URL})")]
    Scratch(#[source] DatabaseUrlError),
    /// The embedded server's port.
    #[error("{VENUES_POSTGRES_PORT} is `{given}`, not a port: write a number from 1 to 65535")]
    Port {
        /// As written.
        given: String,
    },
    /// Bytes.
    #[error(transparent)]
    NotText(#[from] NotText),
}

/// Decides, in this order: the flags; the built-in region's own rule; the environment; a terminal.
pub fn choose(
    asker: Asker,
    flags: &DatabaseArgs,
    environment: &Environment,
    folders: &Folders,
    on_terminal: bool,
) -> Result<DatabaseChoice, DatabaseError> {
    if let Some(url) = &flags.database_url {
        return DatabaseUrl::parse(url.expose_secret()).map(DatabaseChoice::Url).map_err(DatabaseError::Flag);
    }
    let embedded = |needs_flag| Ok(DatabaseChoice::Embedded(place(environment, folders, needs_flag)?));
    if flags.embedded || asker == Asker::Demo {
        // What is in the variable may be anything: it is not looked at beyond whether it is there.
        return embedded(!matches!(environment.text(DATABASE_URL), Ok(None)));
    }
    if let Some(url) = environment.text(DATABASE_URL)? {
        return DatabaseUrl::parse(url).map(DatabaseChoice::Url).map_err(DatabaseError::Variable);
    }
    if environment.path(VENUES_DATA_DIR).is_some() || on_terminal || asker == Asker::Look {
        return embedded(false);
    }
    Err(DatabaseError::NotNamed)
}

/// Where the embedded server lives, whatever the database of the other commands is.
pub fn place(environment: &Environment, folders: &Folders, needs_flag: bool) -> Result<EmbeddedPlace, DatabaseError> {
    let moved = environment.path(VENUES_DATA_DIR).map(|moved| std::path::absolute(&moved).unwrap_or(moved));
    Ok(EmbeddedPlace {
        data_dir: moved.unwrap_or_else(|| folders.data.clone()),
        cache_dir: folders.cache.clone(),
        programs: environment.path(VENUES_POSTGRES_BIN),
        search_path: environment.path(PATH).map(PathBuf::into_os_string),
        mirror: environment.text(VENUES_POSTGRES_URL)?.map(mirror),
        port: port(environment)?,
        needs_flag,
    })
}

/// Where scratch databases may be made: the flag, then the environment, then the embedded server.
pub fn scratch(
    flags: Option<&ScratchArgs>,
    environment: &Environment,
    folders: &Folders,
) -> Result<ScratchChoice, DatabaseError> {
    let typed = flags.and_then(|flags| flags.scratch_url.as_ref()).map(ExposeSecret::expose_secret);
    let text = typed.map_or_else(|| environment.text(VENUES_SCRATCH_URL), |typed| Ok(Some(typed)))?;
    let url = text.map(DatabaseUrl::parse).transpose().map_err(DatabaseError::Scratch)?;
    Ok(ScratchChoice { url, embedded: place(environment, folders, false)? })
}

fn port(environment: &Environment) -> Result<Option<u16>, DatabaseError> {
    let Some(text) = environment.text(VENUES_POSTGRES_PORT)? else { return Ok(None) };
    let port = text.parse().ok().filter(|port| *port > 0);
    port.map(Some).ok_or_else(|| DatabaseError::Port { given: text.to_owned() })
}

/// The mirror's address. It is named in messages, and may hold a password.
fn mirror(text: &str) -> String {
    if let Some(password) = Url::parse(text).ok().as_ref().and_then(Url::password) {
        let decoded = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
        secrets::register_password(password, &decoded, &[]);
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asker, flag, variables, on a terminal, what comes of it.
    type Row = (Asker, &'static str, &'static [(&'static str, &'static str)], bool, &'static str);

    const FLAG: &str = "postgres://flag/d";
    const VARIABLE: &str = "postgres://variable/d";
    const NONE: &str = "error: no database: set DATABASE_URL";
    const URL: (&str, &str) = (DATABASE_URL, VARIABLE);
    const FOLDER: (&str, &str) = (VENUES_DATA_DIR, "/moved");

    fn decide(asker: Asker, flag: &str, variables: &[(&str, &str)], on_terminal: bool) -> String {
        let flags = match flag {
            "--embedded" => DatabaseArgs { embedded: true, ..DatabaseArgs::default() },
            "" => DatabaseArgs::default(),
            url => DatabaseArgs { database_url: Some(url.into()), embedded: false },
        };
        let folders = Folders { config: None, data: "/platform".into(), cache: "/cache".into() };
        match choose(asker, &flags, &Environment::of(variables), &folders, on_terminal) {
            Ok(DatabaseChoice::Url(url)) => url.to_string(),
            Ok(DatabaseChoice::Embedded(place)) => format!("embedded {}", place.data_dir.display()),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn the_whole_table() {
        use Asker::{Demo, Look, Work};
        #[rustfmt::skip]
        let table: &[Row] = &[
            (Work, FLAG,         &[],            false, "flag:5432/d"),
            (Work, FLAG,         &[URL, FOLDER], true,  "flag:5432/d"),
            (Demo, FLAG,         &[URL],         true,  "flag:5432/d"),
            (Look, FLAG,         &[URL],         false, "flag:5432/d"),
            (Work, "--embedded", &[],            false, "embedded /platform"),
            (Work, "--embedded", &[URL],         false, "embedded /platform"),
            (Work, "--embedded", &[URL, FOLDER], false, "embedded /moved"),
            (Demo, "",           &[],            false, "embedded /platform"),
            (Demo, "",           &[URL],         false, "embedded /platform"),
            (Demo, "",           &[URL, FOLDER], true,  "embedded /moved"),
            (Work, "",           &[URL],         false, "variable:5432/d"),
            (Work, "",           &[URL, FOLDER], true,  "variable:5432/d"),
            (Work, "",           &[FOLDER],      false, "embedded /moved"),
            (Work, "",           &[],            true,  "embedded /platform"),
            (Work, "",           &[],            false, NONE),
            (Work, "",           &[(DATABASE_URL, " ")], false, NONE),
            (Look, "",           &[URL],         true,  "variable:5432/d"),
            (Look, "",           &[],            false, "embedded /platform"),
        ];
        for (asker, flag, variables, on_terminal, expected) in table {
            let got = decide(*asker, flag, variables, *on_terminal);
            assert!(got.starts_with(expected), "{asker:?} {flag:?} {variables:?} {on_terminal}: {got}");
        }
    }

    #[test]
    fn the_demo_does_not_care_what_is_in_the_variable() {
        for hostile in ["mysql://u:p@h/d", "not a url", "postgres://"] {
            assert_eq!(decide(Asker::Demo, "", &[(DATABASE_URL, hostile)], false), "embedded /platform");
            assert!(
                decide(Asker::Work, "", &[(DATABASE_URL, hostile)], true).starts_with(if hostile == "postgres://" {
                    "localhost"
                } else {
                    "error: DATABASE_URL"
                })
            );
        }
    }

    #[test]
    fn a_password_of_the_mirror_is_known_to_the_net() {
        let environment = Environment::of(&[(VENUES_POSTGRES_URL, "https://me:m%40rror-pass@mirror.example/x")]);
        let folders = Folders { config: None, data: "/platform".into(), cache: "/cache".into() };
        place(&environment, &folders, false).unwrap();
        let said = secrets::scrub("cannot fetch https://me:m%40rror-pass@mirror.example/x (m@rror-pass)");
        assert!(!said.contains("rror-pass"), "{said}");
    }

    #[test]
    fn the_way_back_to_the_embedded_database_is_known() {
        let folders = Folders { config: None, data: "/platform".into(), cache: "/cache".into() };
        for (variables, expected) in [(&[][..], false), (&[(DATABASE_URL, VARIABLE)][..], true)] {
            let environment = Environment::of(variables);
            let chosen = choose(Asker::Demo, &DatabaseArgs::default(), &environment, &folders, false).unwrap();
            assert!(matches!(chosen, DatabaseChoice::Embedded(place) if place.needs_flag == expected));
        }
    }
}
