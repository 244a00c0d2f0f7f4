//! One region's sync, with every setting resolved and checked: what the loop is given.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::area::{AreaError, AreaSetting, RegionShape};
#[cfg(feature = "otlp")]
use super::collector::{self, CollectorChoice};
use super::database::{self, Asker, DatabaseChoice, DatabaseError};
use super::file::SettingsFile;
use super::folders::Folders;
use super::go_on::go_on;
use super::provider::{self, ProviderChoice, ProviderError};
use super::region::{DEMO, Origin, RegionError, RegionSettings};
use crate::cli::args::{AskArgs, Numbers, PlaceArgs, Span, SyncArgs};
use crate::cli::environment::{Environment, VENUES_METRICS_FILE};
use crate::model::{GuardLimits, MicroUsd};
use crate::provider::{Provider, UnknownType};

/// One region's sync.
#[derive(Debug, Clone)]
pub struct SyncJob {
    /// The region's name; runs are found again by it.
    pub region: String,
    /// Where it is.
    pub shape: RegionShape,
    /// Whom to ask.
    pub provider: ProviderChoice,
    /// Canonical codes or `<provider>:<word>`; the provider knows them all.
    pub types: Vec<String>,
    /// The provider's method.
    pub method: String,
    /// The part of the venues, 0 to 1, that an audit has to find seen.
    pub audit_recall: f64,
    /// How much may be lost from one run to the next before it is not believed.
    pub guard: GuardLimits,
    /// A language tag.
    pub language: String,
    /// Live, or from recordings.
    pub traffic: Traffic,
    /// Where the venues go.
    pub database: DatabaseChoice,
    /// How long to wait for it where it is away in the middle of a run.
    pub patience: Duration,
    /// Apply pending migrations, whosever database it is.
    pub migrate: bool,
    /// How far to go.
    pub effort: Effort,
    /// It was not named, but is one of all: the one that needs it most comes first.
    pub one_of_all: bool,
    /// Where its outcome is written for Prometheus.
    pub metrics_file: Option<PathBuf>,
    /// The collector that is told of it.
    #[cfg(feature = "otlp")]
    pub collector: Option<CollectorChoice>,
    /// The command that goes on where this one stops.
    pub go_on: String,
}

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Ask and compare, write nothing but the spend.
    pub dry_run: bool,
    /// Requests of the run at most.
    pub max_requests: Option<u64>,
    /// List price of the run at most.
    pub max_cost: Option<MicroUsd>,
    /// Begin a new run even if another could go on.
    pub fresh: bool,
    /// Make no use of what earlier runs learned.
    pub forget: bool,
    /// Ask nothing where the same was completed within this time.
    pub if_stale: Option<Duration>,
    /// Sit out a limit of the provider's that ends within this time.
    pub wait: Option<Duration>,
    /// Requests under way at the same time.
    pub concurrency: NonZeroU32,
}

/// Where answers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Traffic {
    /// The provider.
    Live,
    /// The provider; every exchange is kept in this folder.
    Record(PathBuf),
    /// This folder.
    Replay(PathBuf),
    /// The recordings in this program.
    Demo,
}

impl Traffic {
    /// Requests really go out: a key is needed, and money is spent.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live | Self::Record(_))
    }
}

/// What the flags are read against.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// `venues.toml` and what is built in.
    pub file: &'a SettingsFile,
    /// As `--config` named it.
    pub config_flag: Option<&'a Path>,
    /// Variables.
    pub environment: &'a Environment,
    /// The platform's folders.
    pub folders: &'a Folders,
    /// A person is watching.
    pub on_terminal: bool,
}

/// Why there is no sync.
#[derive(Debug, thiserror::Error)]
pub enum SyncJobError {
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
    /// A type the provider has no word for.
    #[error("region `{region}`: types")]
    Types {
        /// The region.
        region: String,
        /// Which.
        source: UnknownType,
    },
    /// A way to ask that does not exist.
    #[error("region `{region}`: {provider} has no method `{method}`; it has: {}", known.join(", "))]
    Method {
        /// The region.
        region: String,
        /// The provider.
        provider: &'static str,
        /// As written.
        method: String,
        /// Those that there are.
        known: &'static [&'static str],
    },
    /// Not a language.
    #[error("region `{region}`: `{language}` is not a language tag; write one like en or pt-PT")]
    Language {
        /// The region.
        region: String,
        /// As written.
        language: String,
    },
    /// A dry run that could cost any amount.
    #[error("--dry-run asks {provider} for money: give --max-cost USD to say how much at most, or --replay DIR")]
    DryRunCosts {
        /// The provider.
        provider: &'static str,
    },
    /// A recording is of one region.
    #[error("--record and --replay take one region at a time: a recording belongs to a region")]
    SeveralRecorded,
    /// One file cannot hold several drawings.
    #[error("--svg draws one region at a time")]
    SeveralDrawn,
    /// The demo cannot answer other questions than its own.
    #[error(
        "region `demo` is answered from its own recordings and cannot be asked with {flag}: leave it away, or use another region"
    )]
    DemoAsked {
        /// The flag that changes the question.
        flag: &'static str,
    },
}

const DEFAULT_LANGUAGE: &str = "en";
/// What an audit has to find seen, where the settings do not say.
const DEFAULT_AUDIT_RECALL: f64 = 0.98;
/// Longer than a server needs to be started again, or a standby to take over.
const DEFAULT_PATIENCE: Duration = Duration::from_mins(1);
/// Seconds that a request is under way, its reservation and its commit included, at a provider that is not quick: so many times the rate
/// are under way at once when the rate is used up.
const UNDER_WAY: f64 = 0.8;
/// More would only hold tiles and connections.
const MOST_AT_ONCE: f64 = 16.0;

/// Resolves what was typed into one job a region, in the order given; nothing is begun if one of them cannot be.
pub fn resolve(
    args: &SyncArgs,
    around: Surroundings<'_>,
    providers: &[Box<dyn Provider>],
) -> Result<Vec<SyncJob>, SyncJobError> {
    let regions = regions(&args.place, around.file)?;
    #[cfg(feature = "otlp")]
    let collector = collector::choose(around.environment);
    if regions.len() > 1 && (args.traffic.record.is_some() || args.traffic.replay.is_some()) {
        return Err(SyncJobError::SeveralRecorded);
    }
    let jobs = regions.into_iter().map(|region| {
        let job = job(region, args, around, providers)?;
        #[cfg(feature = "otlp")]
        let job = SyncJob { collector: collector.clone(), ..job };
        Ok(job)
    });
    jobs.collect()
}

/// The regions that were named, in that order and each once.
pub(super) fn regions(place: &PlaceArgs, file: &SettingsFile) -> Result<Vec<RegionSettings>, RegionError> {
    if let Some(Numbers(edges)) = place.bbox {
        return Ok(vec![RegionSettings::of_area(AreaSetting::bbox(edges))]);
    }
    if let (Some(Numbers(center)), Some(Numbers([radius_m]))) = (place.near, place.radius_m) {
        return Ok(vec![RegionSettings::of_area(AreaSetting::circle(center, radius_m))]);
    }
    if place.all {
        return file.regions.all_of_file();
    }
    let mut found: Vec<RegionSettings> = Vec::new();
    for name in &place.region {
        let region = file.regions.find(name)?;
        if !found.iter().any(|other| other.name == region.name) {
            found.push(region);
        }
    }
    Ok(found)
}

fn job(
    region: RegionSettings,
    args: &SyncArgs,
    around: Surroundings<'_>,
    providers: &[Box<dyn Provider>],
) -> Result<SyncJob, SyncJobError> {
    let traffic = traffic(&region, args)?;
    let name = args.ask.provider.as_deref().unwrap_or_else(|| region.provider());
    let provider = provider::find(name, providers)?;
    let types = types(&region, &args.ask);
    if let Err(source) = provider.words(&types) {
        return Err(SyncJobError::Types { region: region.name, source });
    }
    if args.limits.dry_run
        && args.limits.max_cost.is_none()
        && traffic.is_live()
        && provider.limits().price > MicroUsd(0)
    {
        return Err(SyncJobError::DryRunCosts { provider: provider.name() });
    }
    let choice = provider::choose(provider, &around.file.providers, around.environment, traffic.is_live())?;
    let asker = if region.name == DEMO && region.origin == Origin::BuiltIn { Asker::Demo } else { Asker::Work };
    let rate = choice.requests_per_second.unwrap_or(provider.limits().requests_per_second);
    Ok(SyncJob {
        method: method(&region, args.ask.method.as_deref(), provider)?,
        audit_recall: region.audit_recall.unwrap_or(DEFAULT_AUDIT_RECALL),
        guard: region.guard.over(around.file.guard),
        language: language(&region, args.ask.language.as_deref())?,
        shape: region.area.load(&region.name)?,
        provider: choice,
        types,
        traffic,
        database: database::choose(asker, &args.database, around.environment, around.folders, around.on_terminal)?,
        patience: around.file.database_patience.unwrap_or(DEFAULT_PATIENCE),
        migrate: args.migrate,
        one_of_all: args.place.all,
        effort: Effort {
            dry_run: args.limits.dry_run,
            max_requests: args.limits.max_requests.map(Into::into),
            max_cost: args.limits.max_cost,
            fresh: args.limits.fresh || args.limits.forget,
            forget: args.limits.forget,
            if_stale: args.limits.if_stale.map(|Span(within)| within),
            wait: args.limits.wait.map(|Span(most)| most),
            concurrency: args.limits.concurrency.unwrap_or_else(|| at_once(rate, provider.limits().at_once)),
        },
        metrics_file: metrics_file(args, around),
        #[cfg(feature = "otlp")]
        collector: None,
        go_on: go_on(&region.name, args, around.config_flag),
        region: region.name,
    })
}

/// As typed, else as the environment or the settings say.
fn metrics_file(args: &SyncArgs, around: Surroundings<'_>) -> Option<PathBuf> {
    let typed = args.metrics_file.clone().or_else(|| around.environment.path(VENUES_METRICS_FILE));
    typed.or_else(|| around.file.metrics_file.clone())
}

fn traffic(region: &RegionSettings, args: &SyncArgs) -> Result<Traffic, SyncJobError> {
    if let Some(folder) = &args.traffic.replay {
        return Ok(Traffic::Replay(folder.clone()));
    }
    if let Some(folder) = &args.traffic.record {
        return Ok(Traffic::Record(folder.clone()));
    }
    if region.origin != Origin::BuiltIn {
        return Ok(Traffic::Live);
    }
    let ask = &args.ask;
    // It is recorded from every provider.
    let changed = [
        ("--types", !ask.types.is_empty()),
        ("--method", ask.method.is_some()),
        ("--language", ask.language.is_some()),
    ];
    match changed.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(SyncJobError::DemoAsked { flag }),
        None => Ok(Traffic::Demo),
    }
}

pub(super) fn types(region: &RegionSettings, ask: &AskArgs) -> Vec<String> {
    let typed: Vec<String> =
        ask.types.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
    if typed.is_empty() { region.types() } else { typed }
}

/// As typed, else as the region's settings say of its own provider, else the provider's usual one.
pub(super) fn method(
    region: &RegionSettings,
    typed: Option<&str>,
    provider: &dyn Provider,
) -> Result<String, SyncJobError> {
    let known = provider.methods();
    let of_region = region.method.as_deref().filter(|_| provider.name() == region.provider());
    let Some(method) = typed.or(of_region) else {
        return Ok(known.first().copied().unwrap_or_default().to_owned());
    };
    if !known.contains(&method) {
        let (region, method) = (region.name.clone(), method.to_owned());
        return Err(SyncJobError::Method { region, provider: provider.name(), method, known });
    }
    Ok(method.to_owned())
}

/// So many requests under way use up a rate (requests per second), and no more.
fn at_once(rate: f64, wanted_by_provider: Option<usize>) -> NonZeroU32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 16")]
    let many = (rate * UNDER_WAY).ceil().clamp(1.0, MOST_AT_ONCE) as u32;
    let wanted = wanted_by_provider.and_then(|many| u32::try_from(many).ok()).unwrap_or(u32::MAX);
    NonZeroU32::new(many.min(wanted)).unwrap_or(NonZeroU32::MIN)
}

pub(super) fn language(region: &RegionSettings, typed: Option<&str>) -> Result<String, SyncJobError> {
    let language = typed.or(region.language.as_deref()).unwrap_or(DEFAULT_LANGUAGE);
    let mut parts = language.split('-');
    let primary = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let rest = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if !(primary && rest) {
        return Err(SyncJobError::Language { region: region.name.clone(), language: language.to_owned() });
    }
    Ok(language.to_owned())
}

#[cfg(test)]
#[path = "sync_job_tests.rs"]
mod tests;
