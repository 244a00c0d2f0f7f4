//! What is to be planned, with every setting resolved: one job a region. No key is needed: nobody is asked.

use std::path::PathBuf;

use super::area::RegionShape;
use super::database::{self, Asker, DatabaseChoice};
use super::provider::{self, ProviderChoice};
use super::region::{DEMO, Origin};
use super::sync_job::{self, Surroundings, SyncJobError};
use crate::cli::args::PlanArgs;
use crate::provider::Provider;

/// One region's plan.
#[derive(Debug, Clone)]
pub struct PlanJob {
    /// The region's name.
    pub region: String,
    /// Where it is.
    pub shape: RegionShape,
    /// Who would be asked, and how much at most.
    pub provider: ProviderChoice,
    /// Canonical codes or `<provider>:<word>`.
    pub types: Vec<String>,
    /// The method that a sync would ask by.
    pub method: String,
    /// Where the runs were written down.
    pub database: DatabaseChoice,
    /// Where to draw.
    pub svg: Option<PathBuf>,
}

/// Resolves what was typed into one job a region, in the order given.
pub fn resolve(
    args: &PlanArgs,
    around: Surroundings<'_>,
    providers: &[Box<dyn Provider>],
) -> Result<Vec<PlanJob>, SyncJobError> {
    let regions = sync_job::regions(&args.place, around.file)?;
    if regions.len() > 1 && args.svg.is_some() {
        return Err(SyncJobError::SeveralDrawn);
    }
    let job = |region: super::region::RegionSettings| {
        let name = args.ask.provider.as_deref().unwrap_or_else(|| region.provider());
        let provider = provider::find(name, providers)?;
        let types = sync_job::types(&region, &args.ask);
        if let Err(source) = provider.words(&types) {
            return Err(SyncJobError::Types { region: region.name, source });
        }
        let asker = if region.name == DEMO && region.origin == Origin::BuiltIn { Asker::Demo } else { Asker::Look };
        Ok(PlanJob {
            shape: region.area.load(&region.name)?,
            provider: provider::choose(provider, &around.file.providers, around.environment, false)?,
            method: sync_job::method(&region, args.ask.method.as_deref(), provider)?,
            types,
            database: database::choose(asker, &args.database, around.environment, around.folders, around.on_terminal)?,
            svg: args.svg.clone(),
            region: region.name,
        })
    };
    regions.into_iter().map(job).collect()
}
