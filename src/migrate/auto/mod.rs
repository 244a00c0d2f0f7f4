//! Autogenerate: a migration from the difference between what the migrations make and what is declared, written only where it
//! is proven on a scratch database.

mod generate;
mod rename;
mod rows;
mod seed;
mod write;

pub use generate::{AutoError, Options, Outcome, Start, generate};
pub use rename::{Rename, RenameError, column_name};
pub use write::Written;
