//! The database: connection, the run protocol (claim, commit, resume), and the embedded server.
//!
//! PgBouncer in transaction mode is supported everywhere: no session state, no named statements,
//! every statement inside an explicit transaction.

mod account;
mod again;
mod answer;
mod changes;
mod closing;
mod connect;
mod content;
mod decide;
pub mod embedded;
mod endurance;
mod events;
mod fault;
mod figures;
mod gone;
mod good_runs;
mod health;
mod learned;
mod leaving;
mod let_in;
mod look;
mod look_ups;
mod merge;
mod overdue;
mod pace;
mod past;
mod past_runs;
mod profiles;
mod purge;
mod purge_job;
mod raw_venues;
mod rejects;
pub mod rows;
mod run_end;
mod runs;
mod spend;
mod staged;
mod tile_end;
mod tiles;
mod traces;
mod transaction;
mod unmapped;
mod venues;

pub use account::{WhichRun, asked_of, run_account, runs_of};
pub use answer::{AnswerToCommit, CommitError, Committed, commit_answer};
pub use closing::{Closed, Closing, close_if_finished};
pub use connect::Database;
pub(crate) use connect::connect_options;
pub use content::Batch;
pub use decide::{Accepted, accept_run, discard_run, staged_venues};
pub use endurance::Fault;
pub use events::{EventStats, Imported, event_stats, import_events};
pub use fault::{DatabaseError, Remedy};
pub(crate) use fault::{is_pooled, is_state, word};
pub use figures::{AUDIT_ORDINAL, AnsweredAreas, AuditFigures, RunFigures, answered_areas, figures};
pub use gone::{Expected, GoneRule};
pub use good_runs::{EndedPart, ended_part, good_runs, whole_figures};
pub use health::{ServerFacts, Spent, server_facts, spent};
pub use learned::{KnownTile, Learn, Sort, Whom, known_of, learned};
pub use leaving::{Refill, Resumption, leave};
pub use let_in::{believe, is_believed, let_in_next};
pub use look::{known_zones, sample_venues};
pub use look_ups::{LookUp, Told, forget_look_ups, keep_look_up, look_up};
pub use merge::{Merged, preview};
pub use pace::{RateOf, TakenInstants, Taker, hold_instants, note_used_up, take_instants};
pub use past::{Asked, Past, asked, past, places_within, stored_within};
pub use past_runs::{DecideError, RunFilter, past_runs};
pub use profiles::{DueProfile, MadeProfile, Outcome, Refused, claim_profiles, due_profiles, put_profiles};
pub use purge::purge;
pub use purge_job::{PurgeJob, PurgedPart};
pub use raw_venues::{KeptRow, Whose, forget_raw, kept_rows, merge_again};
pub use run_end::{RunEnd, run_end};
pub use runs::{OpenedRun, Opening, OtherRun, Recent, RunSpec, begin_audit, last_ended, open_run, other_run};
pub use spend::{Budget, Refund, ReserveError, Spender, refund, reserve};
pub use staged::{Promoted, StagedVenue};
pub use tile_end::{GoodRuns, JudgeTile, TileEnd, end_tile};
pub use tiles::{
    ClaimedTile, Lease, Progress, ToldBefore, claim, complete_tile, fail_tile, look, progress, release, renew,
    told_before,
};
pub use unmapped::{UnmappedWord, unmapped_words};
pub use venues::{Moment, Since, VenueFilter, VenueOrder, VenueReader};
