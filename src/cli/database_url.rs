//! The address of a PostgreSQL database, in every form that people have lying about.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::secrets;

/// A checked address. It never prints its password; [`DatabaseUrl::expose`] is for the connection only.
#[derive(Clone)]
pub struct DatabaseUrl {
    url: SecretString,
    place: String,
    /// Query parameters that were left out because our driver has no such setting.
    pub left_out: Vec<String>,
}

/// Why a text is not such an address. The text itself is never in the message: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Another kind of database or address.
    #[error("`{scheme}` is not a scheme we can use: {instead}")]
    Scheme {
        /// What stands before `:`.
        scheme: String,
        /// What to write.
        instead: &'static str,
    },
    /// Nothing like a URL.
    #[error("not a URL: write postgresql://user:password@host:5432/database")]
    NotAUrl,
    /// Of a URL's form, but broken.
    #[error("not a valid URL: {0}; special characters in the user or password are written as %XX (@ is %40, / is %2F)")]
    Broken(url::ParseError),
    /// A character of the password that could also end it.
    #[error("an unescaped @, /, ? or # makes it ambiguous: write @ as %40, / as %2F, ? as %3F and # as %23")]
    Ambiguous,
    /// A list of servers.
    #[error("it names several hosts: give one")]
    SeveralHosts,
    /// A value of a parameter that we understand.
    #[error("`{value}` is not an SSL mode: use disable, allow, prefer, require, verify-ca or verify-full")]
    SslMode {
        /// As written.
        value: String,
    },
}

const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Parameters that our driver has under the same name.
const PASSED_ON: [&str; 14] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "ssl-mode",
    "ssl-root-cert",
    "user",
];

impl DatabaseUrl {
    /// Reads `postgres://`, `postgresql://` and SQLAlchemy's `postgresql+driver://`.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let text = text.trim();
        let rest = after_scheme(text)?;
        let mut rest = escape_user_info(rest)?;
        // SQLAlchemy's form of a socket, `user@/database?host=/folder`: a URL with a user needs a host, which the parameter outdoes.
        if let Some(host) = rest.find("@/") {
            rest.insert_str(host + 1, "localhost");
        }
        let url = Url::parse(&format!("postgresql://{rest}")).map_err(DatabaseUrlError::Broken)?;
        // An @ behind the host is a piece of a password that was cut in two.
        let in_query = url.query().is_some_and(|query| query.contains('@')) && url.password().is_some();
        if url.fragment().is_some() || url.path().contains('@') || in_query {
            return Err(DatabaseUrlError::Ambiguous);
        }
        if url.host_str().is_some_and(|host| host.contains(',')) {
            return Err(DatabaseUrlError::SeveralHosts);
        }
        let (url, left_out) = keep_known_parameters(url)?;
        let place = place(&url);
        remember_password(&url);
        Ok(Self { url: SecretString::from(url.to_string()), place, left_out })
    }

    /// The whole address, with its password, in the form `postgresql://…` that libpq and sqlx read.
    pub fn expose(&self) -> &str {
        self.url.expose_secret()
    }
}

impl fmt::Display for DatabaseUrl {
    /// `host:port/database as user`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.place)
    }
}

/// What follows `postgresql://`, whatever the driver is called.
fn after_scheme(text: &str) -> Result<&str, DatabaseUrlError> {
    let (scheme, rest) = text.split_once(':').ok_or(DatabaseUrlError::NotAUrl)?;
    let shown = scheme.to_ascii_lowercase();
    let dialect = shown.split_once('+').map_or(shown.as_str(), |(dialect, _driver)| dialect);
    let is_word = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c));
    // `localhost:5432/db` and `user:password@host/db` have no scheme, and what they have there must not be shown.
    if !is_word || !(rest.starts_with("//") || matches!(dialect, "jdbc" | "sqlite" | "file")) {
        return Err(DatabaseUrlError::NotAUrl);
    }
    let instead = match dialect {
        "postgres" | "postgresql" => return rest.strip_prefix("//").ok_or(DatabaseUrlError::NotAUrl),
        "jdbc" => {
            "leave `jdbc:` away and put user and password before the host: postgresql://user:password@host:5432/database"
        }
        "psycopg" | "psycopg2" | "asyncpg" | "pg8000" | "pgsql" | "psql" | "pg" => "write postgresql:// instead",
        "cockroachdb" | "crdb" | "redshift" => "only PostgreSQL itself is supported",
        "prisma" | "prisma+postgres" => "write the direct address of the database, beginning with postgresql://",
        "http" | "https" | "tcp" => "write postgresql://user:password@host:5432/database",
        _ => "venues are kept in PostgreSQL: write postgresql://user:password@host:5432/database",
    };
    Err(DatabaseUrlError::Scheme { scheme: shown, instead })
}

/// Escapes what a password may hold in SQLAlchemy's form but not in a URL: everything up to the first `@` is user and
/// password there.
fn escape_user_info(rest: &str) -> Result<String, DatabaseUrlError> {
    let Some((info, host)) = rest.split_once('@') else { return Ok(rest.to_owned()) };
    let Some((user, password)) = info.split_once(':') else { return Ok(rest.to_owned()) };
    if user.contains(['/', '?', '#']) || !password.contains(['/', '?', '#']) {
        return Ok(rest.to_owned());
    }
    // `host:5432/db?options=a@b` has no user at all; `user:123/4@host` has a password that looks like a port.
    let port = password.split(['/', '?', '#']).next().unwrap_or_default();
    if port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DatabaseUrlError::Ambiguous);
    }
    let password = password.replace('/', "%2F").replace('?', "%3F").replace('#', "%23");
    Ok(format!("{user}:{password}@{host}"))
}

fn keep_known_parameters(mut url: Url) -> Result<(Url, Vec<String>), DatabaseUrlError> {
    let mut kept = Vec::new();
    let mut left_out = Vec::new();
    for (name, value) in url.query_pairs() {
        // asyncpg says `ssl`, and so do the many guides that copy it.
        let name = if name == "ssl" { "sslmode" } else { &*name };
        if matches!(name, "sslmode" | "ssl-mode") {
            kept.push(("sslmode".to_owned(), ssl_mode(&value)?));
        } else if PASSED_ON.contains(&name) || name.starts_with("options[") {
            kept.push((name.to_owned(), value.into_owned()));
        } else {
            let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
            left_out.push(if is_word { name.to_owned() } else { "(a name that is not a word)".to_owned() });
        }
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
        // libpq reads `+` as it stands.
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
    }
    Ok((url, left_out))
}

fn ssl_mode(value: &str) -> Result<String, DatabaseUrlError> {
    let value = value.to_ascii_lowercase().replace('_', "-");
    let mode = match value.as_str() {
        "true" | "1" | "on" => "require",
        "false" | "0" | "off" => "disable",
        other => other,
    };
    if SSL_MODES.contains(&mode) { Ok(mode.to_owned()) } else { Err(DatabaseUrlError::SslMode { value }) }
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

fn place(url: &Url) -> String {
    let host = parameter(url, "host")
        .or_else(|| parameter(url, "hostaddr"))
        .or_else(|| url.host_str().filter(|host| !host.is_empty()).map(decoded))
        .unwrap_or_else(|| "localhost".to_owned());
    let port = parameter(url, "port").or_else(|| url.port().map(|port| port.to_string()));
    let port = port.unwrap_or_else(|| "5432".to_owned());
    let database = decoded(url.path().trim_start_matches('/'));
    let database = parameter(url, "dbname").unwrap_or(database);
    let user = parameter(url, "user").unwrap_or_else(|| decoded(url.username()));
    match (database.is_empty(), user.is_empty()) {
        (false, false) => format!("{host}:{port}/{database} as {user}"),
        (false, true) => format!("{host}:{port}/{database}"),
        (true, false) => format!("{host}:{port} as {user}"),
        (true, true) => format!("{host}:{port}"),
    }
}

fn remember_password(url: &Url) {
    let user = decoded(url.username());
    let database = decoded(url.path().trim_start_matches('/'));
    let everyday = [user.as_str(), database.as_str(), "postgres", "password", "venues", "modemap"];
    if let Some(password) = url.password() {
        secrets::register_password(password, &decoded(password), &everyday);
    }
    if let Some(password) = parameter(url, "password") {
        secrets::register_password(&password, &password, &everyday);
    }
}

fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn printed(text: &str) -> String {
        DatabaseUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
    }

    #[test]
    fn every_common_form_is_the_same_place() {
        for scheme in [
            "postgres",
            "postgresql",
            "postgresql+psycopg",
            "postgresql+psycopg2",
            "postgresql+asyncpg",
            "postgresql+pg8000",
            "postgresql+psycopg_async",
            "POSTGRESQL",
        ] {
            let url = DatabaseUrl::parse(&format!(" {scheme}://modemap:modemap@localhost:5433/modemap\n")).unwrap();
            assert_eq!(url.to_string(), "localhost:5433/modemap as modemap", "{scheme}");
            assert_eq!(url.expose(), "postgresql://modemap:modemap@localhost:5433/modemap", "{scheme}");
        }
    }

    #[test]
    fn other_schemes_are_named_with_what_to_write_instead() {
        for (text, word) in [
            ("mysql://u:hunter22@h/d", "mysql"),
            ("mysql+pymysql://u:hunter22@h/d", "mysql+pymysql"),
            ("sqlite:///hunter22.db", "sqlite"),
            ("sqlite:hunter22.db", "sqlite"),
            ("jdbc:postgresql://h/d?user=u&password=hunter22", "jdbc"),
            ("asyncpg://u:hunter22@h/d", "asyncpg"),
            ("https://u:hunter22@h/d", "https"),
        ] {
            let error = DatabaseUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains(&format!("`{word}`")), "{error}");
            assert!(!error.contains("hunter22"), "{error}");
        }
        let jdbc = DatabaseUrl::parse("jdbc:postgresql://h/d").unwrap_err().to_string();
        assert!(jdbc.contains("leave `jdbc:` away"), "{jdbc}");
    }

    #[test]
    fn what_is_not_a_url_is_not_echoed() {
        for text in [
            "",
            "hunter22",
            "u:hunter22@h/d",
            "hunter22:5432/d",
            "//u:hunter22@h",
            "postgresql:u:hunter22@h/d",
            "postgresql://u:hunter22@h:99999/d",
            "postgresql://u:hunter22@[::1/d",
            "postgresql://u:p@ss/hunter22@h/d",
            "postgresql://u:1/hunter22@h/d",
            "postgresql://u:1?hunter22@h/d",
            "postgresql://u:p@x?hunter22@h/d",
            "postgresql://u:p@x#hunter22@h/d",
            "postgresql://u:p@x?host=hunter22@h/d",
        ] {
            let error = DatabaseUrl::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter22"), "{text}: {error:?}");
        }
    }

    #[test]
    fn passwords_with_unescaped_characters_are_accepted_where_they_cannot_be_mistaken() {
        let url = DatabaseUrl::parse("postgresql+psycopg://me:a/b?c#d@db.example:6543/x").unwrap();
        assert_eq!(url.expose(), "postgresql://me:a%2Fb%3Fc%23d@db.example:6543/x");
        assert_eq!(url.to_string(), "db.example:6543/x as me");
        assert_eq!(printed("postgresql://me:p@ss@host/x"), "host:5432/x as me");
    }

    #[test]
    fn sockets_and_defaults_are_shown_as_they_are() {
        assert_eq!(printed("postgresql:///venues?host=/run/postgresql"), "/run/postgresql:5432/venues");
        assert_eq!(
            printed("postgresql://venues@localhost/venues?host=/tmp/x&port=5444"),
            "/tmp/x:5444/venues as venues"
        );
        assert_eq!(printed("postgresql://%2Frun%2Fpg/venues"), "/run/pg:5432/venues");
        assert_eq!(printed("postgresql+psycopg2://me@/x?host=/run/pg&port=5999"), "/run/pg:5999/x as me");
        assert_eq!(printed("postgresql://me@[::1]:5432/x"), "[::1]:5432/x as me");
    }

    #[test]
    fn a_drivers_own_parameters_are_translated_or_named() {
        let url = DatabaseUrl::parse(
            "postgresql+asyncpg://u@h/d?ssl=require&prepared_statement_cache_size=0&application_name=a%20b&pool%20x=1",
        )
        .unwrap();
        assert_eq!(url.expose(), "postgresql://u@h/d?sslmode=require&application_name=a%20b");
        assert_eq!(url.left_out, ["prepared_statement_cache_size", "(a name that is not a word)"]);
        assert_eq!(DatabaseUrl::parse("postgres://h/d?ssl=true").unwrap().expose(), "postgresql://h/d?sslmode=require");
        let wrong = DatabaseUrl::parse("postgres://h/d?sslmode=yes").unwrap_err().to_string();
        assert!(wrong.contains("`yes`") && wrong.contains("verify-full"), "{wrong}");
    }

    #[test]
    fn several_hosts_are_refused_by_name() {
        assert_eq!(DatabaseUrl::parse("postgresql://u@a,b/d").unwrap_err(), DatabaseUrlError::SeveralHosts);
    }

    proptest! {
        /// Whatever the password is, escaped or not, and whatever becomes of the address: it is not printed.
        #[test]
        fn no_password_is_ever_printed(password in "[ -~]{4,24}", escape in any::<bool>()) {
            let marked = format!("Zq{password}qZ");
            let written = if escape { url::form_urlencoded::byte_serialize(marked.as_bytes()).collect() } else { marked.clone() };
            let shown = match DatabaseUrl::parse(&format!("postgresql+psycopg://u:{written}@h/d")) {
                Ok(url) => format!("{url} {url:?} {:?}", url.left_out),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.contains("Zq") && !shown.contains("qZ"), "{}", shown);
        }
    }
}
