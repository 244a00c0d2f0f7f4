//! What is to be cleaned again, with every setting resolved: one job a provider, or a region.

use super::provider;
use super::scope::{Scope, ScopeError, scopes};
use super::sync_job::Surroundings;
use crate::cli::args::RenormaliseArgs;
use crate::model::Retention;
use crate::provider::Provider;

/// What one provider said.
#[derive(Debug, Clone)]
pub struct RenormaliseJob {
    /// Of which venues.
    pub scope: Scope,
    /// How long it is kept.
    pub retention: Retention,
    /// Apply pending migrations, whosever database it is.
    pub migrate: bool,
    /// Compare, write nothing.
    pub dry_run: bool,
    /// So many differences are shown.
    pub limit: usize,
}

/// Resolves what was typed. Without a region: one job a provider.
pub fn resolve(
    args: &RenormaliseArgs,
    around: Surroundings<'_>,
    providers: &[Box<dyn Provider>],
) -> Result<Vec<RenormaliseJob>, ScopeError> {
    let scopes = scopes((args.provider.as_deref(), &args.region), &args.database, around, providers)?;
    let job = |(provider, scope): (&dyn Provider, Scope)| RenormaliseJob {
        scope,
        retention: provider::retention(provider, &around.file.providers),
        migrate: args.migrate,
        dry_run: args.dry_run,
        limit: args.limit,
    };
    Ok(scopes.into_iter().map(job).collect())
}
