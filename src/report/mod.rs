//! What a run did or would take, what cleaning again or a purge did, in words, in JSON, as a picture and as a page.

pub mod account;
#[cfg(test)]
mod example;
mod guard;
mod json;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod picture;
mod plan;
mod purged;
mod renormalised;
mod run_report;
mod runs;
mod sample_table;
mod terms;
mod text;
mod words;

pub use guard::breach;
pub use json::json_line;
pub use metrics::{MeasuredRun, metrics};
#[cfg(feature = "otlp")]
pub use otlp::otlp;
pub use picture::picture;
pub use plan::plan;
pub use purged::purged;
pub use renormalised::renormalised;
pub use run_report::{AuditReport, LookAtData, RunReport};
pub use runs::{run, runs};
pub use terms::terms_line;
pub use text::text;
pub use words::{column, count, grouped};
