//! What a run did or would take, what cleaning again or a purge did, in words, in JSON and as a picture.

#[cfg(test)]
mod example;
mod json;
mod picture;
mod plan;
mod purged;
mod renormalised;
mod run_report;
mod sample_table;
mod terms;
mod text;
mod words;

pub use json::json_line;
pub use picture::picture;
pub use plan::plan;
pub use purged::purged;
pub use renormalised::renormalised;
pub use run_report::{AuditReport, LookAtData, RunReport};
pub use terms::terms_line;
pub use text::text;
pub use words::{column, count, grouped};
