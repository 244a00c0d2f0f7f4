//! What is to be purged, with every setting resolved: one job a provider, or a region.

use super::provider;
use super::scope::{Scope, ScopeError, scopes};
use super::sync_job::Surroundings;
use super::terms::TermsSettings;
use crate::cli::args::PurgeArgs;
use crate::model::{Keeping, Retention};
use crate::provider::Provider;

/// One purge.
#[derive(Debug, Clone)]
pub struct PurgeJob {
    /// Whose venues.
    pub scope: Scope,
    /// How long they are kept.
    pub keeping: Keeping,
    /// How long what the provider said is kept.
    pub raw: Retention,
    /// Apply pending migrations, whosever database it is.
    pub migrate: bool,
    /// Look, delete nothing.
    pub dry_run: bool,
}

/// Resolves what was typed. Without a region: one job a provider.
pub fn resolve(
    args: &PurgeArgs,
    around: Surroundings<'_>,
    providers: &[Box<dyn Provider>],
) -> Result<Vec<PurgeJob>, ScopeError> {
    // A time that was set for a provider that is none would be no time at all.
    for (name, settings) in &around.file.providers {
        if settings.terms != TermsSettings::default() {
            provider::find(name, providers)?;
        }
    }
    let scopes = scopes((args.provider.as_deref(), &args.region), &args.database, around, providers)?;
    let job = |(provider, scope): (&dyn Provider, Scope)| {
        let settings = around.file.providers.get(provider.name()).cloned().unwrap_or_default();
        PurgeJob {
            scope,
            keeping: settings.terms.keeping(provider),
            raw: provider::retention(provider, &around.file.providers),
            migrate: args.migrate,
            dry_run: args.dry_run,
        }
    };
    Ok(scopes.into_iter().map(job).collect())
}
