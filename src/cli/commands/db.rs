use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use secrecy::ExposeSecret;
use url::Url;

use super::failure::Failure;
use super::open::{home, serve};
use crate::cli::settings::database::{DatabaseChoice, EmbeddedPlace};
use crate::cli::terminal::Terminal;
use crate::store::embedded::{self, Home};

/// `venues db`, with its database.
#[derive(Debug)]
pub enum DbAction {
    /// Print a connection URL.
    Url(DatabaseChoice),
    /// Open psql.
    Shell(DatabaseChoice),
    /// Stop the embedded server.
    Stop(EmbeddedPlace),
    /// Tell of the embedded server.
    Status(EmbeddedPlace),
    /// Stop the embedded server when it was without a client for a while.
    Watch {
        /// The data folder of the server.
        data_dir: PathBuf,
        /// The folder of downloaded server programs.
        cache_dir: PathBuf,
        /// How long it may be idle.
        idle: Duration,
    },
}

/// Looks at a database, or controls the embedded server. Returns what to print on stdout.
pub async fn db(action: &DbAction, terminal: &Terminal) -> Result<String, Failure> {
    match action {
        DbAction::Url(DatabaseChoice::Embedded(place)) if place.port.is_some() => {
            let running = serve(place, terminal).await?;
            // Whoever asked for a port asked for a URL that works there, and the password is made for it alone.
            Ok(format!("{}\n", running.tcp_url.as_ref().map_or(running.url.as_str(), |url| url.expose_secret())))
        }
        DbAction::Url(choice) => Ok(format!("{}\n", address(choice, terminal).await?.printable)),
        DbAction::Shell(choice) => shell(address(choice, terminal).await?),
        DbAction::Stop(place) => Ok(format!("{}\n", embedded::stop(&home(place)).await?)),
        DbAction::Status(place) => Ok(format!("{}\n", embedded::status(&home(place)).await)),
        DbAction::Watch { data_dir, cache_dir, idle } => {
            let home = Home { data: data_dir.clone(), cache: cache_dir.clone() };
            embedded::watch(&home, *idle).await?;
            Ok(String::new())
        }
    }
}

struct Address {
    /// Without a password.
    printable: String,
    password: Option<String>,
    /// Where psql may be, beside PATH.
    programs: Option<PathBuf>,
}

async fn address(choice: &DatabaseChoice, terminal: &Terminal) -> Result<Address, Failure> {
    match choice {
        DatabaseChoice::Embedded(place) => {
            let running = serve(place, terminal).await?;
            Ok(Address { printable: running.url, password: None, programs: place.programs.clone() })
        }
        DatabaseChoice::Url(url) => {
            let mut bare =
                Url::parse(url.expose()).map_err(|_| Failure::Bug("a checked URL does not parse".to_owned()))?;
            let password = bare.password().map(str::to_owned);
            if password.is_some() {
                bare.set_password(None).map_err(|()| Failure::Bug("a password cannot be taken out".to_owned()))?;
                tracing::warn!("the password is left out of the printed URL");
            }
            let password =
                password.map(|encoded| percent_encoding::percent_decode_str(&encoded).decode_utf8_lossy().into_owned());
            Ok(Address { printable: bare.into(), password, programs: None })
        }
    }
}

/// Becomes psql; where there is none, says how to get it and where to connect.
fn shell(address: Address) -> Result<String, Failure> {
    let beside = address.programs.map(|folder| folder.join("psql")).filter(|psql| psql.exists());
    let program = beside.unwrap_or_else(|| PathBuf::from("psql"));
    let mut command = Command::new(&program);
    command.arg(&address.printable);
    if let Some(password) = address.password {
        // Not an argument: everybody can read those.
        command.env("PGPASSWORD", password);
    }
    let failed = command.exec();
    if failed.kind() == std::io::ErrorKind::NotFound {
        return Ok(format!(
            "psql is not installed: `apt-get install postgresql-client`, or `brew install libpq`. Connect with\n  {}\n",
            address.printable
        ));
    }
    Err(Failure::Shell { program: program.display().to_string(), source: failed })
}
