//! Finds PostgreSQL's server programs on this machine.

use std::ffi::{OsStr, OsString};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::folder::{self, FolderError};
use super::user::ServerUser;

/// Major versions the embedded server works with.
pub const SUPPORTED_MAJORS: RangeInclusive<u32> = 14..=18;

/// What a folder must have to be of use.
const NEEDED: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// Where packages put the programs of a major version `{}`, in the order of preference.
const PLACES: [&str; 9] = [
    // Debian, Ubuntu, SUSE.
    "usr/lib/postgresql/{}/bin",
    "usr/lib/postgresql{}/bin",
    // RHEL and its family, from postgresql.org.
    "usr/pgsql-{}/bin",
    // Alpine.
    "usr/libexec/postgresql{}",
    // Homebrew on Apple silicon, on Intel, on Linux.
    "opt/homebrew/opt/postgresql@{}/bin",
    "usr/local/opt/postgresql@{}/bin",
    "home/linuxbrew/.linuxbrew/opt/postgresql@{}/bin",
    // Postgres.app.
    "Applications/Postgres.app/Contents/Versions/{}/bin",
    // MacPorts.
    "opt/local/lib/postgresql{}/bin",
];

/// A folder of server programs that answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    /// The folder.
    pub(super) bin: PathBuf,
    /// Such as 15.
    pub(super) major: u32,
    /// Such as `15.12`.
    pub(super) version: String,
}

/// Where to look.
#[derive(Debug, Clone)]
pub(super) struct Search<'a> {
    /// `/`, or a stand-in.
    pub(super) root: &'a Path,
    /// The one folder to use, if somebody said so.
    pub(super) explicit: Option<&'a Path>,
    /// The value of `PATH`.
    pub(super) path: Option<&'a OsStr>,
    /// Where downloads are unpacked.
    pub(super) cache: &'a Path,
}

/// What a search brought.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The best that can be used.
    pub(super) fitting: Option<Programs>,
    /// What is here but of no use, for a message.
    pub(super) others: Vec<Programs>,
}

/// Why the named folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProgramsError {
    /// A program is not there.
    #[error("{} has no `{missing}`; VENUES_POSTGRES_BIN must name the folder with initdb, pg_ctl and postgres", bin.display())]
    Incomplete {
        /// The folder.
        bin: PathBuf,
        /// What is missing.
        missing: &'static str,
    },
    /// It does not run.
    #[error("{} does not run as user {user}: {answer}", program.display())]
    Silent {
        /// The program.
        program: PathBuf,
        /// Who tried.
        user: String,
        /// What it said.
        answer: String,
    },
    /// It is of a version we do not work with, or the data is of another.
    #[error("{} is PostgreSQL {version}, but {needed} is needed; set VENUES_POSTGRES_BIN to another folder, or unset it", bin.display())]
    Unfit {
        /// The folder.
        bin: PathBuf,
        /// Its version.
        version: String,
        /// What would do.
        needed: String,
    },
    /// The server's user cannot get there.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// Looks in all places. With `wanted`, the major version of existing data, only that version fits.
pub(super) async fn find(search: &Search<'_>, user: &ServerUser, wanted: Option<u32>) -> Result<Found, ProgramsError> {
    let fits = |major: u32| wanted.map_or(SUPPORTED_MAJORS.contains(&major), |wanted| wanted == major);
    if let Some(bin) = search.explicit {
        let programs = explicit(bin, user).await?;
        if fits(programs.major) {
            return Ok(Found { fitting: Some(programs), others: Vec::new() });
        }
        let needed = wanted.map_or_else(
            || format!("a version from {} to {}", SUPPORTED_MAJORS.start(), SUPPORTED_MAJORS.end()),
            |wanted| format!("version {wanted} (that of the existing data)"),
        );
        return Err(ProgramsError::Unfit { bin: programs.bin, version: programs.version, needed });
    }
    let mut found = Found::default();
    let named = configured(search, user).await;
    for bin in candidates(search, named.as_deref()) {
        if folder::reachable(&bin, user).is_err() {
            continue;
        }
        match version(&bin, user).await {
            Ok(programs) if fits(programs.major) => {
                found.fitting = Some(programs);
                break;
            }
            Ok(programs) => found.others.push(programs),
            Err(error) => tracing::debug!(%error, "passing over server programs"),
        }
    }
    Ok(found)
}

async fn explicit(bin: &Path, user: &ServerUser) -> Result<Programs, ProgramsError> {
    let bin = std::path::absolute(bin).unwrap_or_else(|_| bin.to_owned());
    if let Some(missing) = NEEDED.into_iter().find(|name| !bin.join(name).is_file()) {
        return Err(ProgramsError::Incomplete { bin, missing });
    }
    folder::reachable(&bin, user)?;
    version(&bin, user).await
}

/// Every folder that has all three programs, best first, each once.
fn candidates(search: &Search<'_>, configured: Option<&Path>) -> Vec<PathBuf> {
    let on_path = search.path.into_iter().flat_map(std::env::split_paths).flat_map(|folder| {
        // A folder of links leads to the real one; a link may also stand beside real programs.
        let beyond =
            NEEDED.iter().filter_map(|name| folder.join(name).canonicalize().ok()?.parent().map(Path::to_owned));
        beyond.chain([folder.clone()]).collect::<Vec<_>>()
    });
    let packaged = PLACES.iter().flat_map(|place| {
        SUPPORTED_MAJORS.rev().map(|major| search.root.join(place.replace("{}", &major.to_string())))
    });
    let mut bins: Vec<PathBuf> = Vec::new();
    for bin in on_path.chain(configured.map(Path::to_owned)).chain(packaged).chain(downloaded(search.cache)) {
        let real = bin.canonicalize().unwrap_or(bin);
        if !bins.contains(&real) && NEEDED.iter().all(|name| real.join(name).is_file()) {
            bins.push(real);
        }
    }
    bins
}

/// What earlier downloads left, newest version last in the name's order, so taken from the end.
fn downloaded(cache: &Path) -> Vec<PathBuf> {
    let mut bins: Vec<PathBuf> = std::fs::read_dir(cache)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("postgresql-"))
        .map(|entry| entry.path().join("bin"))
        .collect();
    bins.sort();
    bins.reverse();
    bins
}

/// What `pg_config --bindir` says.
async fn configured(search: &Search<'_>, user: &ServerUser) -> Option<PathBuf> {
    let program = search
        .path
        .into_iter()
        .flat_map(std::env::split_paths)
        .map(|dir| dir.join("pg_config"))
        .find(|p| p.is_file())?;
    let output = user.command(program).arg("--bindir").stderr(Stdio::null()).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(OsString::from(text.trim())))
}

/// Asks the server program for its version, as the user that is to run it.
pub(super) async fn version(bin: &Path, user: &ServerUser) -> Result<Programs, ProgramsError> {
    let program = bin.join("postgres");
    let silent = |answer: String| ProgramsError::Silent { program: program.clone(), user: user.name.clone(), answer };
    let output = user.command(&program).arg("--version").output().await.map_err(|error| silent(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (major, version) = parse_version(&text)
        .ok_or_else(|| silent(format!("{}{}", text.trim(), String::from_utf8_lossy(&output.stderr).trim())))?;
    Ok(Programs { bin: bin.to_owned(), major, version })
}

/// Reads `postgres (PostgreSQL) 15.12 (Debian 15.12-1)`, also with `16beta1` and the like.
fn parse_version(text: &str) -> Option<(u32, String)> {
    let version = text.strip_prefix("postgres (PostgreSQL) ")?.split_whitespace().next()?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    Some((version.get(..digits)?.parse().ok()?, version.to_owned()))
}
