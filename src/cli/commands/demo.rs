use std::io::{self, Read as _};
use std::path::Path;

use flate2::read::GzDecoder;
use tar::Archive;

use super::failure::Failure;
use crate::transport::Cassette;

/// `fixtures/demo`, as build.rs packed it.
static RECORDINGS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/demo.tar.gz"));

/// The demo's recording of a provider: part of the program, so that it works from any folder.
pub(super) fn cassette(provider: &str) -> Result<Cassette, Failure> {
    let broken = |error| Failure::Bug(format!("the demo in this program cannot be unpacked: {error}"));
    let files = unpacked(provider).map_err(broken)?;
    if files.is_empty() {
        return Err(Failure::Bug(format!("this program has no recording of the demo from {provider}")));
    }
    Ok(Cassette::embedded(format!("the embedded folder {provider}"), files)?)
}

/// Names and contents of the files of a provider.
fn unpacked(provider: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in Archive::new(GzDecoder::new(RECORDINGS)).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if path.parent() == Some(Path::new(provider))
            && let Some(name) = path.file_name().and_then(|name| name.to_str())
        {
            let mut contents = Vec::new();
            entry.read_to_end(&mut contents)?;
            files.push((name.to_owned(), contents));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_is_recorded_from_every_provider() {
        for provider in crate::provider::all() {
            assert!(cassette(provider.name()).is_ok(), "no recording in fixtures/demo/{}", provider.name());
        }
    }

    #[test]
    fn what_is_packed_are_the_very_files() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/osm");
        let files = unpacked("osm").unwrap();
        assert_eq!(files.len(), folder.read_dir().unwrap().count());
        for (name, contents) in files {
            assert_eq!(std::fs::read(folder.join(&name)).unwrap(), contents, "{name}");
        }
    }
}
