use super::digest::Digest;
use crate::model::{AnswerSeen, MicroUsd};
use crate::store::{Committed, Lease};

/// One answer, about to be written down.
pub(super) struct Entry {
    pub(super) lease: Lease,
    pub(super) ordinal: i32,
    pub(super) seen: AnswerSeen,
    pub(super) digest: Digest,
    /// Hashes of the ids in it, where they are kept.
    pub(super) ids: Option<Vec<i64>>,
    pub(super) replayed: bool,
    /// Pages.
    pub(super) requests: u32,
    pub(super) cost: MicroUsd,
}

/// What became of an entry.
pub(super) enum Entered {
    Kept(Committed),
    /// The tile is another's by now.
    TakenOver,
    /// What was entered before is not there any more.
    Outdated,
}
