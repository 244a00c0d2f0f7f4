//! Every migration up, down and up again with data in the tables; what stops one; and who may run them at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../support/mod.rs"]
mod support;

mod adoption;
mod bench;
mod changed_files;
mod command;
mod losing_data;
mod nothing_written;
mod printed;
mod rows;
mod runners;
mod without_transaction;
