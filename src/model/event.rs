use std::time::Duration;

use super::{Breach, CappedSpot, MicroUsd, VenueCounts};

/// Something that happened in a run. The loop tells; the terminal, the log and the tests listen.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A run was begun, or an unfinished one taken up again.
    RunOpened {
        /// The run.
        run_id: uuid::Uuid,
        /// An unfinished run goes on.
        resumed: bool,
        /// Pieces of the region.
        tiles: u64,
        /// Pieces that were finished before.
        tiles_done: u64,
    },
    /// An answer was committed.
    AnswerCommitted {
        /// The tile's ordinal.
        tile: i32,
        /// What became of its rows, as far as they do not wait until the run is judged.
        counts: VenueCounts,
        /// Rows that wait until they are judged.
        staged: u64,
        /// Profiles that it made ready.
        stubbed: u64,
        /// Its list price.
        cost: MicroUsd,
    },
    /// A request was sent (every attempt).
    RequestSent {
        /// The tile's ordinal.
        tile: i32,
        /// It costs nothing.
        free: bool,
    },
    /// An attempt failed and another follows.
    Retrying {
        /// The tile's ordinal.
        tile: i32,
        /// Why.
        reason: String,
        /// How long from now.
        wait: Duration,
    },
    /// A piece of the region is done.
    TileDone {
        /// The tile's ordinal.
        tile: i32,
        /// Spots in it that overflow.
        capped: Vec<CappedSpot>,
    },
    /// A piece of the region is asked for to the end, and the guard does not believe it.
    TileHeld {
        /// The tile's ordinal.
        tile: i32,
        /// Why.
        breaches: Vec<Breach>,
    },
    /// What waited of a piece of the region is believed, and written.
    LetIn {
        /// What became of the rows that waited.
        counts: VenueCounts,
        /// Profiles that they made ready.
        stubbed: u64,
    },
    /// A piece of the region could not be finished.
    TileFailed {
        /// The tile's ordinal.
        tile: i32,
        /// Why.
        reason: String,
    },
}
