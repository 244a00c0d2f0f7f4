//! What is to be purged, with every setting resolved: one job a provider, or a region.

use super::area::{AreaError, RegionShape};
use super::database::{self, Asker, DatabaseChoice, DatabaseError};
use super::provider::{self, ProviderError};
use super::region::{DEMO, Origin, RegionError};
use super::sync_job::Surroundings;
use super::terms::TermsSettings;
use crate::cli::args::PurgeArgs;
use crate::model::{Keeping, Retention};
use crate::provider::Provider;

/// One provider's venues, everywhere or in a region.
#[derive(Debug, Clone)]
pub struct PurgeJob {
    /// The provider's name.
    pub provider: &'static str,
    /// How long its venues are kept.
    pub keeping: Keeping,
    /// How long what it said is kept.
    pub raw: Retention,
    /// The region's name and shape, where it is not everywhere.
    pub region: Option<(String, RegionShape)>,
    /// Where the venues are.
    pub database: DatabaseChoice,
    /// Apply pending migrations, whosever database it is.
    pub migrate: bool,
    /// Look, delete nothing.
    pub dry_run: bool,
}

/// Why there is nothing to be done.
#[derive(Debug, thiserror::Error)]
pub enum PurgeJobError {
    /// The region.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// Its area.
    #[error(transparent)]
    Area(#[from] AreaError),
    /// The provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Resolves what was typed. Without a region: one job a provider.
pub fn resolve(
    args: &PurgeArgs,
    around: Surroundings<'_>,
    providers: &[Box<dyn Provider>],
) -> Result<Vec<PurgeJob>, PurgeJobError> {
    // A time that was set for a provider that is none would be no time at all.
    for (name, settings) in &around.file.providers {
        if settings.terms != TermsSettings::default() {
            provider::find(name, providers)?;
        }
    }
    let job = |provider: &dyn Provider, region, asker| {
        let database = database::choose(asker, &args.database, around.environment, around.folders, around.on_terminal)?;
        let settings = around.file.providers.get(provider.name()).cloned().unwrap_or_default();
        Ok(PurgeJob {
            provider: provider.name(),
            keeping: settings.terms.keeping(provider),
            raw: provider::retention(provider, &around.file.providers),
            region,
            database,
            migrate: args.migrate,
            dry_run: args.dry_run,
        })
    };
    if args.region.is_empty() {
        let named = args.provider.as_deref().map(|name| provider::find(name, providers)).transpose()?;
        let of_everywhere = |provider| job(provider, None, Asker::Work);
        return match named {
            Some(provider) => Ok(vec![of_everywhere(provider)?]),
            None => providers.iter().map(|provider| of_everywhere(provider.as_ref())).collect(),
        };
    }
    let of_region = |name: &String| {
        let region = around.file.regions.find(name)?;
        let provider = provider::find(args.provider.as_deref().unwrap_or_else(|| region.provider()), providers)?;
        let asker = if region.name == DEMO && region.origin == Origin::BuiltIn { Asker::Demo } else { Asker::Work };
        let shape = region.area.load(&region.name)?;
        job(provider, Some((region.name, shape)), asker)
    };
    args.region.iter().map(of_region).collect()
}
