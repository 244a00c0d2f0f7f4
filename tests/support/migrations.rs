//! Migrations, as most tests want them: done, and never mind the data.

use venue_sync::migrate::{Files, Options, Target, down, up};
use venue_sync::store::Database;

fn options(target: Target) -> Options<'static> {
    Options { target, allow_data_loss: true, ..Options::default() }
}

/// Applies what the database lacks; returns how many migrations that was.
pub(crate) async fn to_head(database: &Database) -> usize {
    up(database, Files::embedded(), &options(Target::Usual)).await.expect("the migrations run").steps.len()
}

/// Applies the next so many migrations.
pub(crate) async fn forth(database: &Database, count: u32) {
    up(database, Files::embedded(), &options(Target::Count(count))).await.expect("the migrations run");
}

/// Takes the last migration back; returns how many that was.
pub(crate) async fn back(database: &Database) -> usize {
    down(database, Files::embedded(), &options(Target::Usual)).await.expect("the way back runs").steps.len()
}
