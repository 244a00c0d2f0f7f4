//! What is stored of a provider, everywhere or in a region: what a command is about that works on it and asks nobody.

use super::area::{AreaError, RegionShape};
use super::database::{self, Asker, DatabaseChoice, DatabaseError};
use super::provider::{self, ProviderError};
use super::region::{DEMO, Origin, RegionError};
use super::sync_job::Surroundings;
use crate::cli::args::DatabaseArgs;
use crate::provider::Provider;

/// One provider's venues, everywhere or in a region.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The provider's name.
    pub provider: &'static str,
    /// The region's name and shape, where it is not everywhere.
    pub region: Option<(String, RegionShape)>,
    /// Where the venues are.
    pub database: DatabaseChoice,
}

/// Why nothing is meant by what was typed.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
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

/// What `--provider` and `--region` mean: each region with its own provider, where none is named; without a region, each provider.
pub fn scopes<'p>(
    (named, regions): (Option<&str>, &[String]),
    flags: &DatabaseArgs,
    around: Surroundings<'_>,
    providers: &'p [Box<dyn Provider>],
) -> Result<Vec<(&'p dyn Provider, Scope)>, ScopeError> {
    let scope = |provider: &'p dyn Provider, region, asker| {
        let database = database::choose(asker, flags, around.environment, around.folders, around.on_terminal)?;
        Ok((provider, Scope { provider: provider.name(), region, database }))
    };
    if regions.is_empty() {
        let of_everywhere = |provider| scope(provider, None, Asker::Work);
        return match named {
            Some(name) => Ok(vec![of_everywhere(provider::find(name, providers)?)?]),
            None => providers.iter().map(|provider| of_everywhere(provider.as_ref())).collect(),
        };
    }
    let of_region = |name: &String| {
        let region = around.file.regions.find(name)?;
        let provider = provider::find(named.unwrap_or_else(|| region.provider()), providers)?;
        let asker = if region.name == DEMO && region.origin == Origin::BuiltIn { Asker::Demo } else { Asker::Work };
        let shape = region.area.load(&region.name)?;
        scope(provider, Some((region.name, shape)), asker)
    };
    regions.iter().map(of_region).collect()
}
