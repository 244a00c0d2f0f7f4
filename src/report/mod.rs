//! What a run did, or cleaning again, in words and in JSON.

#[cfg(test)]
mod example;
mod json;
mod renormalised;
mod run_report;
mod sample_table;
mod text;
mod words;

pub use json::json_line;
pub use renormalised::renormalised;
pub use run_report::{LookAtData, RunReport};
pub use text::text;
pub use words::{column, count, grouped};
