//! The password for connections over TCP.

use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::socket::NAME;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep the database's password in {}; remove that file to have a new one made", path.display())]
pub struct PasswordError {
    path: PathBuf,
    source: std::io::Error,
}

/// A password of hexadecimal digits.
#[derive(Debug)]
pub(super) struct Password(SecretString);

impl Password {
    pub(super) fn hexadecimal(&self) -> &str {
        self.0.expose_secret()
    }

    /// The address of our database over TCP.
    pub(super) fn url(&self, port: u16) -> SecretString {
        format!("postgresql://{NAME}:{}@127.0.0.1:{port}/{NAME}", self.hexadecimal()).into()
    }
}

/// Reads the password from its file (mode 0600), or makes one. Call it with the lock held.
pub(super) fn keep(path: &Path) -> Result<Password, PasswordError> {
    let failed = |source| PasswordError { path: path.to_owned(), source };
    match std::fs::read_to_string(path) {
        Ok(text) if text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            return Ok(Password(text.into()));
        }
        Ok(_) => return Err(failed(ErrorKind::InvalidData.into())),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let made = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(made.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(Password(made.into()))
}
