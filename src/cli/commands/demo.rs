use include_dir::{Dir, include_dir};

use super::failure::Failure;
use crate::transport::Cassette;

static RECORDINGS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/demo");

/// The demo's recording of a provider: part of the program, so that it works from any folder.
pub(super) fn cassette(provider: &str) -> Result<Cassette, Failure> {
    let recording = RECORDINGS
        .get_dir(provider)
        .ok_or_else(|| Failure::Bug(format!("this program has no recording of the demo from {provider}")))?;
    Ok(Cassette::embedded(recording)?)
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
}
