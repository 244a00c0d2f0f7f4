//! What a sync would be told, looked at without beginning one: where each setting is from, and what is wrong with it.

use super::area::RegionShape;
use super::database::{self, Asker, DatabaseChoice, EmbeddedPlace};
use super::file::{SettingsFile, SettingsFileError};
use super::folders::Folders;
use super::provider::{self, ProviderChoice, ProviderError, ProviderSettings};
use super::region::Origin;
use super::sync_job;
use crate::cli::args::DoctorArgs;
use crate::cli::environment::{
    DATABASE_URL, Environment, VENUES_CONFIG, VENUES_DATA_DIR, VENUES_METRICS_FILE, VENUES_POSTGRES_BIN,
    VENUES_POSTGRES_PORT, VENUES_POSTGRES_URL, VENUES_SCRATCH_URL,
};
use crate::cli::finding::Finding;
use crate::model::{Keeping, Retention, TermsField, Tier};
use crate::provider::Provider;

/// What there is to look at, and what was seen so far.
#[derive(Debug)]
pub struct DoctorJob {
    /// Of the settings.
    pub findings: Vec<Finding>,
    /// Where a sync would write; none where nobody knows.
    pub database: Option<DatabaseChoice>,
    /// Where the embedded server is or would be.
    pub place: Option<EmbeddedPlace>,
    /// Providers that can be asked.
    pub providers: Vec<ProviderChoice>,
    /// How long the venues of each provider are kept.
    pub kept: Vec<(&'static str, Keeping)>,
    /// Regions of the settings file.
    pub regions: Vec<(String, RegionShape)>,
    /// Ask them.
    pub online: bool,
}

/// Looks at every setting. What cannot be read is a finding, and the rest is looked at all the same.
pub fn resolve(
    args: &DoctorArgs,
    file: Result<SettingsFile, SettingsFileError>,
    environment: &Environment,
    (folders, on_terminal): (&Folders, bool),
    providers: &[Box<dyn Provider>],
) -> DoctorJob {
    let mut job = DoctorJob {
        findings: Vec::new(),
        database: None,
        place: None,
        providers: Vec::new(),
        kept: Vec::new(),
        regions: Vec::new(),
        online: args.online,
    };
    job.findings.extend(environment.warnings.iter().map(|warning| Finding::note("settings", warning)));
    let file = match file {
        Ok(file) => file,
        Err(error) => {
            job.findings.push(Finding::problem("settings", with_causes(&error)));
            return job;
        }
    };
    job.read_file(&file);
    job.read_variables(environment);
    job.read_database(args, environment, folders, on_terminal);
    job.read_regions(&file, providers);
    for provider in providers {
        job.read_provider(provider.as_ref(), &file, environment);
    }
    job
}

impl DoctorJob {
    fn read_file(&mut self, file: &SettingsFile) {
        let regions = file.regions.iter().filter(|region| region.origin != Origin::BuiltIn).count();
        self.findings.push(match &file.found {
            Some((path, named_by)) => {
                Finding::ok("settings", format!("{} ({named_by}): regions: {regions}", path.display()))
            }
            None => Finding::ok("settings", "no venues.toml: defaults hold, and `demo` is the only region with a name"),
        });
        self.findings.extend(file.warnings.iter().map(|warning| Finding::note("settings", warning)));
    }

    /// Those that say how to run. What may hold a password is not shown.
    fn read_variables(&mut self, environment: &Environment) {
        let shown = [VENUES_CONFIG, VENUES_DATA_DIR, VENUES_METRICS_FILE, VENUES_POSTGRES_BIN, VENUES_POSTGRES_PORT];
        for variable in shown {
            if let (Some(whence), Some(value)) = (environment.whence(variable), environment.path(variable)) {
                self.findings.push(Finding::ok("settings", format!("{variable} = {} ({whence})", value.display())));
            }
        }
        for variable in [VENUES_POSTGRES_URL, VENUES_SCRATCH_URL] {
            if let Some(whence) = environment.whence(variable) {
                self.findings.push(Finding::ok("settings", format!("{variable} is set ({whence})")));
            }
        }
    }

    fn read_database(&mut self, args: &DoctorArgs, environment: &Environment, folders: &Folders, on_terminal: bool) {
        let whence = if args.database.database_url.is_some() {
            "--database-url"
        } else if args.database.embedded {
            "--embedded"
        } else {
            match (environment.whence(DATABASE_URL), environment.whence(VENUES_DATA_DIR)) {
                (Some(".env"), _) => "DATABASE_URL in .env",
                (Some(_), _) => "DATABASE_URL in the environment",
                (None, Some(_)) => VENUES_DATA_DIR,
                (None, None) => "default, on a terminal",
            }
        };
        self.place = database::place(environment, folders, false).ok();
        match database::choose(Asker::Work, &args.database, environment, folders, on_terminal) {
            Ok(choice) => {
                let named = match &choice {
                    DatabaseChoice::Url(url) => url.to_string(),
                    DatabaseChoice::Embedded(place) => format!("embedded, in {}", place.data_dir.display()),
                };
                self.findings.push(Finding::ok("settings", format!("database: {named} ({whence})")));
                self.database = Some(choice);
            }
            Err(error) => self.findings.push(Finding::problem("settings", with_causes(&error))),
        }
    }

    fn read_regions(&mut self, file: &SettingsFile, providers: &[Box<dyn Provider>]) {
        for region in file.regions.iter().filter(|region| region.origin != Origin::BuiltIn) {
            let of = |what: String| format!("region `{}`, {}: {what}", region.name, region.origin);
            match provider::find(region.provider(), providers) {
                Ok(provider) => {
                    if let Err(error) = provider.words(&region.types()) {
                        self.findings.push(Finding::problem("region", of(error.to_string())));
                    }
                    if let Err(error) = sync_job::method(region, None, provider) {
                        self.findings.push(Finding::problem("region", error.to_string()));
                    }
                }
                Err(error) => self.findings.push(Finding::problem("region", of(error.to_string()))),
            }
            if let Err(error) = sync_job::language(region, None) {
                self.findings.push(Finding::problem("region", error.to_string()));
            }
            match region.area.load(&region.name) {
                Ok(shape) => self.regions.push((region.name.clone(), shape)),
                Err(error) => self.findings.push(Finding::problem("region", with_causes(&error))),
            }
        }
    }

    fn read_provider(&mut self, provider: &dyn Provider, file: &SettingsFile, environment: &Environment) {
        let name = provider.name();
        let mut of_file = file.regions.iter().filter(|region| region.origin != Origin::BuiltIn);
        let needed = of_file.any(|region| region.provider() == name);
        let settings = file.providers.get(name).cloned().unwrap_or_default();
        self.findings.push(Finding::ok("settings", said_of(provider, &settings, environment)));
        self.kept.push((name, settings.terms.keeping(provider)));
        let choice = match provider::choose(provider, &file.providers, environment, true) {
            Ok(choice) => choice,
            Err(error @ ProviderError::NoKey { .. }) if !needed => {
                self.findings.push(Finding::note("key", format!("{error}; no region of venues.toml needs it")));
                return;
            }
            Err(error) => {
                self.findings.push(Finding::problem("key", error.to_string()));
                return;
            }
        };
        if let Some(variable) = provider.key_variable() {
            let whence = environment.whence(variable).unwrap_or("environment");
            self.findings.push(Finding::ok("key", format!("{variable} is set ({whence})")));
        }
        // Who needs no key is not bothered for nothing.
        if provider.key_variable().is_some() || needed {
            self.providers.push(choice);
        }
    }
}

/// Everything that can be set of a provider, and where each value is from.
fn said_of(provider: &dyn Provider, settings: &ProviderSettings, environment: &Environment) -> String {
    let limits = provider.limits();
    let said = |value: Option<String>, otherwise: String| match value {
        Some(value) => format!("{value} (venues.toml)"),
        None => otherwise,
    };
    let text = |value: Option<&dyn ToString>| value.map(ToString::to_string);
    let none = || "none (default)".to_owned();
    let address = match (environment.whence(provider.base_url_variable()), &settings.base_url) {
        (Some(whence), _) => format!("{} ({whence})", provider.base_url_variable()),
        (None, Some(_)) => "another (venues.toml)".to_owned(),
        (None, None) => format!("{} (default)", provider.base_url()),
    };
    let per_day = limits.requests_per_day.map_or_else(none, |most| format!("{most} (the provider's own)"));
    let kept = settings.retention.map(in_words);
    let mut parts = vec![
        format!("base_url {address}"),
        format!(
            "requests_per_second {}",
            said(
                text(settings.requests_per_second.as_ref().map(|rate| rate as _)),
                format!("{} (default)", limits.requests_per_second)
            )
        ),
        format!(
            "max_requests_per_day {}",
            said(text(settings.max_requests_per_day.as_ref().map(|most| most as _)), per_day)
        ),
        format!(
            "max_requests_per_month {}",
            said(text(settings.max_requests_per_month.as_ref().map(|most| most as _)), none())
        ),
        format!(
            "max_cost_per_month {}",
            said(text(settings.max_cost_per_month.as_ref().map(|most| most as _)), none())
        ),
        format!("keep_raw {}", said(kept, format!("{} (default)", in_words(provider.terms().keep(TermsField::Raw))))),
        format!(
            "retention_days {}",
            said(text(settings.terms.retention_days.as_ref().map(|days| days as _)), "off (default)".to_owned())
        ),
    ];
    let rarely = [
        ("attempts", settings.attempts.map(|many| many.to_string())),
        ("contact", settings.contact.clone()),
        ("premium", settings.tier.map(|tier| (tier == Tier::Premium).to_string())),
        ("details", settings.details.map(|details| details.to_string())),
        ("keep_ids", settings.terms.keep_ids.map(|keep| keep.to_string())),
        ("attribution", settings.terms.attribution.clone()),
    ];
    parts.extend(rarely.into_iter().filter_map(|(name, value)| Some(format!("{name} {} (venues.toml)", value?))));
    format!("[providers.{}] {}", provider.name(), parts.join(", "))
}

fn in_words(retention: Retention) -> String {
    match retention {
        Retention::Nothing => "nothing".to_owned(),
        Retention::Days(days) if days.get() == 1 => "1 day".to_owned(),
        Retention::Days(days) => format!("{days} days"),
        Retention::Always => "for good".to_owned(),
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string);
    std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": ")
}
