//! What a recording says of the run that it was made by.

use std::path::Path;

use crate::model::Tier;
use crate::sync::Snapshot;
use crate::transport::Cassette;

/// The tier that a recorded run asked at.
pub(super) fn tier(recording: &Cassette) -> Option<Tier> {
    recording.run().parameters.get("tier").and_then(|tier| serde_json::from_value(tier.clone()).ok())
}

/// The method that a recorded run asked by.
pub(super) fn method(recording: &Cassette) -> String {
    recording.run().parameters.get("method").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// What the audit of a run that is recorded into this folder draws its questions by: the same as before, where its recording goes on.
pub(super) fn seed(folder: &Path) -> u64 {
    let begun = Cassette::open(folder).ok();
    let before = begun.and_then(|recording| Snapshot::from_json(&recording.run().snapshot).ok());
    before.map_or_else(|| fastrand::u64(1..), |snapshot| snapshot.seed)
}
