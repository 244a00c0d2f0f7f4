//! The one loop: the only room that knows the order. Claims a tile, asks coverage where to look, the provider how to say it,
//! the transport to send it, cleans what comes back and commits it, one transaction an answer, until every point of the
//! region is certified or something stops it.

mod audit;
mod book;
mod digest;
mod dry_book;
mod dry_spend;
mod entry;
mod gone;
mod guard;
mod job;
mod judgement;
mod learn;
mod letting_in;
mod outcome;
mod plan;
mod planner;
mod roll;
mod rules;
mod run;
mod simulate;
mod snapshot;
mod spending;
mod stop;
mod tile;

pub use gone::Expectation;
pub use job::{Job, Knowledge, RunReport, Session, Source, SyncError, parameters};
pub use judgement::Judgement;
pub use learn::snapshot;
pub use plan::{Outlook, plan_methods};
pub use run::sync;
pub use snapshot::{Snapshot, SnapshotError};
