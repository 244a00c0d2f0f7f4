//! Migrations: plain reversible SQL in `migrations/`, embedded, recorded in sqlx's own table in our schema.
//!
//! Needs a direct connection (not PgBouncer in transaction mode): runners exclude each other by a session lock.

mod adopt;
mod ascent;
pub mod auto;
mod bookkeeping;
mod check;
mod descent;
mod files;
mod indexes;
pub mod lint;
mod lock;
mod loss;
mod made;
mod name;
mod plan;
mod print;
mod repair;
mod revision;
mod run;
pub mod scratch;
mod script;
mod stamp;
mod standing;
mod step;
mod tokens;

pub use adopt::{AdoptError, Takeover};
pub use ascent::{foresee_up, up};
pub use check::{CheckError, Checked, check};
pub use descent::{down, foresee_down};
pub use files::{File, Files, FilesError};
pub use indexes::{InvalidIndex, RebuildError};
pub use lock::{LockError, lock_id};
pub use loss::Losing;
pub use plan::{PlanError, Target};
pub use print::sql;
pub use repair::{Fault, faults, repair};
pub use revision::{Rev, RevisionError};
pub use run::{Done, MigrationError, Options, Outcome, Stands, rewriting};
pub use script::{Loss, Script};
pub use stamp::{Stamped, stamp};
pub use standing::{Revision, Standing, State, Status, Unusable, standing};
pub use step::{Blocker, StepError, Waits};
