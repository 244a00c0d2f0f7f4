use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::store::Lease;

/// The tiles that were ours when instants were last taken, and when that was asked; none before the first time.
#[derive(Debug, Default)]
pub(super) struct Roll(Mutex<Option<(Instant, Vec<Lease>)>>);

impl Roll {
    /// Notes which tiles were ours, as instants were taken from `asked_at` on.
    pub(super) fn note(&self, asked_at: Instant, leases: Vec<Lease>) {
        let mut roll = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of different calls may come back in another order.
        if roll.as_ref().is_none_or(|(before, _)| *before < asked_at) {
            *roll = Some((asked_at, leases));
        }
    }

    /// Whether a tile that was ours at `since` was another's when instants were last taken. Where none were taken after `since`, the
    /// instants in hand are earlier than any that another could get for it, and it is not lost.
    pub(super) fn lacks(&self, lease: Lease, since: Instant) -> bool {
        let roll = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        roll.as_ref().is_some_and(|(asked_at, leases)| *asked_at > since && !leases.contains(&lease))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_tile_is_lost_where_a_later_look_does_not_find_it_and_not_before() {
        let (roll, now, second) = (Roll::default(), Instant::now(), Duration::from_secs(1));
        let (ours, again) = (Lease { tile: 1, fence: 1 }, Lease { tile: 1, fence: 2 });
        assert!(!roll.lacks(ours, now), "nobody has looked");
        roll.note(now, vec![]);
        assert!(!roll.lacks(ours, now + second), "it was claimed after the look");
        roll.note(now + 3 * second, vec![ours]);
        assert!(!roll.lacks(ours, now + second));
        assert!(roll.lacks(again, now + second), "another claim of the same tile is another lease");
        roll.note(now + 2 * second, vec![]);
        assert!(!roll.lacks(ours, now + second), "an older look that comes later tells nothing");
        roll.note(now + 4 * second, vec![again]);
        assert!(roll.lacks(ours, now + second));
    }
}
