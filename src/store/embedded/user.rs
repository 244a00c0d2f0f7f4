//! Who the server runs as: ourselves, or an unprivileged user when we are root, because PostgreSQL refuses root.

use std::ffi::OsStr;
use std::path::Path;

use tokio::process::Command;

/// Users the server may run as when we are root, best first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The variables that PostgreSQL's programs get from us. Not the rest: keys of providers are among them, which the server's user
/// could read, and `PGPORT` and its kin, which mean somebody else's server.
const PASSED_ON: [&str; 6] =
    ["PATH", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "LOCALE_ARCHIVE"];

/// The user the server runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// For messages.
    pub(super) name: String,
    /// We are root and hand the server to this user.
    pub(super) switched: bool,
}

/// Why no user was found.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// `/etc/passwd` could not be read.
    #[error("cannot read /etc/passwd to find a user for the database server")]
    Unreadable(#[source] std::io::Error),
    /// We are root and there is nobody to hand the server to.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`; \
         create one (`useradd --system postgres`) or set DATABASE_URL to a database elsewhere"
    )]
    NobodyToRunAs,
}

impl ServerUser {
    /// The user for this process.
    pub(super) fn of_this_process() -> Result<Self, UserError> {
        let uid = rustix::process::geteuid().as_raw();
        let gid = rustix::process::getegid().as_raw();
        match std::fs::read_to_string("/etc/passwd") {
            Ok(passwd) => choose(uid, gid, &passwd),
            // An ordinary user needs the file for a name only.
            Err(_) if uid != 0 => choose(uid, gid, ""),
            Err(error) => Err(UserError::Unreadable(error)),
        }
    }

    /// A command that runs as this user, away from the caller's folder and variables.
    #[expect(clippy::disallowed_methods, reason = "variables that are passed on, not settings of ours")]
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        // The caller's folder may be closed to this user, and a server must not keep it busy.
        command.current_dir(Path::new("/")).stdin(std::process::Stdio::null()).env_clear().env("LC_ALL", "C");
        command.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        if self.switched {
            // The standard library drops the supplementary groups of root with the user id.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }
}

/// Keeps what our caller left open (a pipe of a command substitution, a supervisor's socket) from whatever we start from now on: a
/// server that held it would keep the caller waiting for as long as it runs.
pub(super) fn keep_descriptors() {
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
}

fn choose(uid: u32, gid: u32, passwd: &str) -> Result<ServerUser, UserError> {
    let entries = || passwd.lines().filter_map(entry);
    if uid != 0 {
        let name =
            entries().find(|(_, id, _)| *id == uid).map_or_else(|| format!("uid {uid}"), |(name, ..)| name.into());
        return Ok(ServerUser { uid, gid, name, switched: false });
    }
    UNPRIVILEGED
        .iter()
        .find_map(|wanted| entries().find(|(name, id, _)| name == wanted && *id != 0))
        .map(|(name, uid, gid)| ServerUser { uid, gid, name: name.into(), switched: true })
        .ok_or(UserError::NobodyToRunAs)
}

/// Name, user id and group id of one line of `/etc/passwd`.
fn entry(line: &str) -> Option<(&str, u32, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let uid = id(fields.nth(1)?)?;
    let gid = id(fields.next()?)?;
    Some((name, uid, gid))
}

/// macOS writes `nobody` as -2.
fn id(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n# comment\nnobody:*:-2:-2:Unprivileged:/var/empty:/bin/false\n\
                          broken line\npostgres:x:70:71::/var/lib/postgresql:/bin/sh\nada:x:1000:1001::/home/ada:/bin/sh\n";

    #[test]
    fn root_hands_the_server_to_postgres_first() {
        let user = choose(0, 0, PASSWD).unwrap();
        assert_eq!((user.uid, user.gid, user.switched, user.name.as_str()), (70, 71, true, "postgres"));
    }

    #[test]
    fn root_hands_the_server_to_nobody_where_there_is_no_postgres() {
        let passwd = PASSWD.replace("postgres:x", "other:x");
        let user = choose(0, 0, &passwd).unwrap();
        assert_eq!((user.uid, user.name.as_str()), (u32::MAX - 1, "nobody"));
    }

    #[test]
    fn a_postgres_that_is_root_is_not_taken() {
        let error = choose(0, 0, "postgres:x:0:0::/:/bin/sh\n").unwrap_err();
        assert!(error.to_string().contains("useradd"), "{error}");
    }

    #[test]
    fn an_ordinary_user_stays_itself_with_or_without_a_name() {
        assert_eq!(
            choose(1000, 5, PASSWD).unwrap(),
            ServerUser { uid: 1000, gid: 5, name: "ada".into(), switched: false }
        );
        assert_eq!(choose(4711, 5, PASSWD).unwrap().name, "uid 4711");
    }
}
