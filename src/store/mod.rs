//! The database: connection, the run protocol (claim, commit, resume), and the embedded server.
//!
//! PgBouncer in transaction mode is supported everywhere: no session state, no named statements,
//! every statement inside an explicit transaction.

mod answer;
mod connect;
mod content;
pub mod embedded;
mod events;
mod figures;
mod health;
mod learned;
mod look;
mod look_ups;
mod merge;
mod overdue;
mod pace;
mod past;
mod profiles;
mod purge;
mod purge_job;
mod raw_venues;
pub mod rows;
mod runs;
mod spend;
mod tiles;
mod traces;
mod transaction;
mod unmapped;
mod venues;

pub use answer::{AnswerToCommit, CommitError, Committed, commit_answer};
pub use connect::{Database, DatabaseError, Remedy};
pub(crate) use connect::{connect_options, is_pooled, is_state, word};
pub use content::Batch;
pub use events::{EventStats, Imported, event_stats, import_events};
pub use figures::{AUDIT_ORDINAL, AnsweredAreas, AuditFigures, RunFigures, answered_areas, figures};
pub use health::{ServerFacts, Spent, server_facts, spent};
pub use learned::{KnownTile, Learn, Sort, Whom, known_of, learned};
pub use look::{known_zones, sample_venues};
pub use look_ups::{LookUp, Told, forget_look_ups, keep_look_up, look_up};
pub use merge::{Merged, preview};
pub use pace::{RateOf, hold_instants, take_instants};
pub use past::{Asked, Past, asked, past, places_within, stored_within};
pub use profiles::{DueProfile, MadeProfile, Outcome, Refused, claim_profiles, due_profiles, put_profiles};
pub use purge::purge;
pub use purge_job::{PurgeJob, PurgedPart};
pub use raw_venues::{KeptRow, Whose, forget_raw, kept_rows, merge_again};
pub use runs::{Closed, Closing, OpenedRun, Opening, RunSpec, begin_audit, close_if_finished, leave, open_run};
pub use spend::{Budget, Refund, ReserveError, Spender, refund, reserve};
pub use tiles::{ClaimedTile, Lease, Progress, claim, complete_tile, fail_tile, progress, release, renew};
pub use unmapped::{UnmappedWord, unmapped_words};
pub use venues::{Moment, Since, VenueFilter, VenueOrder, VenueReader};
