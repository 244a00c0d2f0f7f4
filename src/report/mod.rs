//! What a run did, in words and in JSON.

#[cfg(test)]
mod example;
mod json;
mod run_report;
mod sample_table;
mod text;
mod words;

pub use json::json_line;
pub use run_report::{LookAtData, RunReport};
pub use text::text;
pub use words::{count, grouped};
