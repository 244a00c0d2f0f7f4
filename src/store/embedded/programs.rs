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

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// A machine with programs that do nothing but say their version.
    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
            Self(folder)
        }

        fn at(&self, place: &str) -> PathBuf {
            self.0.path().canonicalize().unwrap().join(place)
        }

        fn install(&self, place: &str, version: &str) -> PathBuf {
            let bin = self.at(place);
            fs::create_dir_all(&bin).unwrap();
            for name in NEEDED {
                script(&bin.join(name), &format!("echo 'postgres (PostgreSQL) {version}'"));
            }
            bin
        }

        async fn find(&self, path: &[PathBuf], wanted: Option<u32>) -> Found {
            let path = std::env::join_paths(path).unwrap();
            let (root, cache) = (self.at(""), self.at("cache"));
            let search = Search { root: &root, explicit: None, path: Some(&path), cache: &cache };
            find(&search, &ServerUser::of_this_process().unwrap(), wanted).await.unwrap()
        }
    }

    /// Written by another process: what a thread of ours has open for writing cannot be run by any.
    fn script(path: &Path, text: &str) {
        let write = r#"printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod 755 "$1""#;
        assert!(
            std::process::Command::new("sh").args(["-c", write, "sh"]).arg(path).arg(text).status().unwrap().success()
        );
    }

    #[tokio::test]
    async fn the_path_comes_first_and_links_are_followed_to_the_real_folder() {
        let machine = Machine::new();
        machine.install("usr/lib/postgresql/17/bin", "17.5");
        let real = machine.install("opt/pg/bin", "15.12 (Debian 15.12-1)");
        let links = machine.at("usr/local/bin");
        fs::create_dir_all(&links).unwrap();
        symlink(real.join("postgres"), links.join("postgres")).unwrap();
        let found = machine.find(&[machine.at("nowhere"), links], None).await.fitting.unwrap();
        assert_eq!(found, Programs { bin: real, major: 15, version: "15.12".into() });
    }

    #[tokio::test]
    async fn the_newest_supported_package_is_taken_and_half_a_package_is_not() {
        let machine = Machine::new();
        machine.install("usr/lib/postgresql/14/bin", "14.1");
        let wanted = machine.install("usr/lib/postgresql/16/bin", "16.9");
        let half = machine.install("usr/lib/postgresql/18/bin", "18.0");
        fs::remove_file(half.join("initdb")).unwrap();
        machine.install("usr/lib/postgresql/19/bin", "19beta1");
        assert_eq!(machine.find(&[], None).await.fitting.unwrap().bin, wanted);
    }

    #[tokio::test]
    async fn every_kind_of_package_is_found() {
        for (place, major) in [
            ("usr/lib/postgresql/16/bin", 16),
            ("usr/lib/postgresql15/bin", 15),
            ("usr/pgsql-16/bin", 16),
            ("usr/libexec/postgresql17", 17),
            ("opt/homebrew/opt/postgresql@18/bin", 18),
            ("usr/local/opt/postgresql@14/bin", 14),
            ("Applications/Postgres.app/Contents/Versions/17/bin", 17),
            ("cache/postgresql-17.10.0-x86_64-unknown-linux-gnu/bin", 17),
        ] {
            let machine = Machine::new();
            let bin = machine.install(place, &format!("{major}.2"));
            let found = machine.find(&[], None).await.fitting.unwrap();
            assert_eq!((found.bin, found.major), (bin, major));
        }
    }

    #[tokio::test]
    async fn existing_data_is_given_its_own_version_wherever_it_is() {
        let machine = Machine::new();
        let path = machine.install("bin", "18.1");
        machine.install("usr/lib/postgresql/17/bin", "17.5");
        let wanted = machine.install("usr/pgsql-14/bin", "14.20");
        assert_eq!(machine.find(std::slice::from_ref(&path), Some(14)).await.fitting.unwrap().bin, wanted);
        let found = machine.find(&[path], Some(16)).await;
        assert_eq!(found.fitting, None);
        let versions: Vec<&str> = found.others.iter().map(|other| other.version.as_str()).collect();
        assert_eq!(versions, ["18.1", "17.5", "14.20"]);
    }

    #[tokio::test]
    async fn pg_config_is_asked() {
        let machine = Machine::new();
        let bin = machine.install("strange/place", "16.2");
        let config = machine.at("usr/bin");
        fs::create_dir_all(&config).unwrap();
        script(&config.join("pg_config"), &format!("[ \"$1\" = --bindir ] && echo {}", bin.display()));
        assert_eq!(machine.find(&[config], None).await.fitting.unwrap().bin, bin);
    }

    #[tokio::test]
    async fn programs_that_do_not_run_are_passed_over() {
        let machine = Machine::new();
        let broken = machine.install("bin", "17.1");
        script(&broken.join("postgres"), "echo 'libssl.so.3 not found' >&2; exit 127");
        let good = machine.install("usr/lib/postgresql/14/bin", "14.1");
        assert_eq!(machine.find(std::slice::from_ref(&broken), None).await.fitting.unwrap().bin, good);

        let (root, cache) = (machine.at(""), machine.at("cache"));
        let search = Search { root: &root, explicit: Some(&broken), path: None, cache: &cache };
        let error = find(&search, &ServerUser::of_this_process().unwrap(), None).await.unwrap_err();
        assert!(error.to_string().contains("libssl.so.3 not found"), "{error}");
    }

    #[test]
    fn versions_are_read_in_all_their_forms() {
        for (text, expected) in [
            ("postgres (PostgreSQL) 15.12 (Debian 15.12-1.pgdg120+1)\n", Some((15, "15.12"))),
            ("postgres (PostgreSQL) 17.10\n", Some((17, "17.10"))),
            ("postgres (PostgreSQL) 18beta2\n", Some((18, "18beta2"))),
            ("postgres (PostgreSQL) devel\n", None),
            ("postgres: not found\n", None),
            ("", None),
        ] {
            let expected = expected.map(|(major, version)| (major, version.to_owned()));
            assert_eq!(parse_version(text), expected, "{text:?}");
        }
    }
}
