use super::fault::is_state;

/// After a deadlock. Our own workers lock rows in one order; other programs that write venues and profiles may not.
const DEADLOCKS: u32 = 3;

/// Where other workers bring purged venues back in the same moment: each time one of them has committed.
const TAKEN: u32 = 64;

/// How often a transaction that writes venues was begun anew, by why.
#[derive(Debug, Default)]
pub(super) struct Tries {
    deadlocks: u32,
    taken: u32,
}

impl Tries {
    /// Whether it is worth another try; counts it.
    pub(super) fn again(&mut self, error: &sqlx::Error) -> bool {
        let (tries, most) = if is_state(error, "40P01") {
            (&mut self.deadlocks, DEADLOCKS)
        } else if is_taken(error) {
            (&mut self.taken, TAKEN)
        } else {
            return false;
        };
        *tries += 1;
        *tries <= most
    }
}

/// Another worker has just written a venue under the id of ours that it had before it was purged.
fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::constraint) == Some("venues_pkey")
}
