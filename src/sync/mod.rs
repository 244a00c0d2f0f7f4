//! The one loop: the only room that knows the order. Claims a tile, asks coverage where to look, the provider how to say it,
//! the transport to send it, cleans what comes back and commits it, one transaction an answer, until every point of the
//! region is certified or something stops it.

mod book;
mod digest;
mod dry_spend;
mod job;
mod run;
mod spending;
mod stop;
mod tile;

pub use job::{Job, RunReport, Session, Source, SyncError, parameters};
pub use run::sync;
