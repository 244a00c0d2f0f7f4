//! What the settings say of a provider, and what a run is told of it.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use url::Url;

use super::terms::TermsSettings;
use super::toml_section::{FileFault, Section};
use crate::cli::environment::{Environment, NotText};
use crate::cli::secrets;
use crate::model::{Keeping, MicroUsd, Retention, TermsField, Tier};
use crate::provider::Provider;

/// `[providers.NAME]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProviderSettings {
    /// Requests per second, per method.
    pub requests_per_second: Option<f64>,
    /// How often one request is tried before its tile is given up for now.
    pub attempts: Option<u32>,
    /// Another address.
    pub base_url: Option<Url>,
    /// Whom the provider's operator can turn to.
    pub contact: Option<String>,
    /// Requests on a UTC day.
    pub max_requests_per_day: Option<u64>,
    /// Requests in a calendar month.
    pub max_requests_per_month: Option<u64>,
    /// List price in a calendar month.
    pub max_cost_per_month: Option<MicroUsd>,
    /// Ask for what costs more (`premium = true`), or not.
    pub tier: Option<Tier>,
    /// Look up what a search leaves out, one request a venue.
    pub details: Option<bool>,
    /// How long its own words are kept (`keep_raw`).
    pub retention: Option<Retention>,
    /// What differs from its public terms (`terms`).
    pub terms: TermsSettings,
}

/// A provider, ready to be asked.
#[derive(Debug, Clone)]
pub struct ProviderChoice {
    /// Its name.
    pub name: &'static str,
    /// The key; none where none is needed.
    pub key: Option<SecretString>,
    /// Another address than its own, checked by the transport.
    pub base_url: Option<BaseUrl>,
    /// Whom the provider's operator can turn to: an e-mail address, a page.
    pub contact: Option<String>,
    /// Another pace than its own limit, requests per second, per method.
    pub requests_per_second: Option<f64>,
    /// How often one request is tried, where the settings say so.
    pub attempts: Option<u32>,
    /// Stop when this many requests were sent on a UTC day, instead of the provider's own limit.
    pub max_requests_per_day: Option<u64>,
    /// Stop when this many requests were sent in a calendar month.
    pub max_requests_per_month: Option<u64>,
    /// Stop before the list price of a calendar month passes this.
    pub max_cost_per_month: Option<MicroUsd>,
    /// Another tier than the one it asks at by itself.
    pub tier: Option<Tier>,
    /// Look up what a search leaves out, one request a venue.
    pub details: bool,
    /// How long its own words are kept.
    pub retention: Retention,
    /// How long its venues are kept.
    pub keeping: Keeping,
}

/// An address, and who gave it.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// The address.
    pub url: Url,
    /// The variable or the key in the settings file, for messages.
    pub setting: &'static str,
}

impl fmt::Debug for BaseUrl {
    /// Without the address: until the transport has checked it, it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseUrl").field("setting", &self.setting).finish_non_exhaustive()
    }
}

/// Why a provider cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No such provider.
    #[error("unknown provider `{name}`; known: {known}")]
    Unknown {
        /// As written.
        name: String,
        /// All of them.
        known: String,
    },
    /// A tier of a provider without tiers.
    #[error("[providers.{provider}] premium: all requests to {provider} ask for the same; leave the line out")]
    NoTiers {
        /// The provider.
        provider: &'static str,
    },
    /// No key.
    #[error("no key for {provider}: set {variable} (in the environment or in .env), or use --replay")]
    NoKey {
        /// The provider.
        provider: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// Something that cannot be a key.
    #[error("{variable} is not a key: it has spaces, line ends or characters that are not ASCII in it")]
    NotAKey {
        /// The variable.
        variable: &'static str,
    },
    /// Not an address; it is not shown, because it may hold a password.
    #[error(
        "{variable} is not a URL ({source}); write scheme, host and an optional prefix, like https://proxy.example/x"
    )]
    BaseUrl {
        /// The variable.
        variable: &'static str,
        /// Why.
        source: url::ParseError,
    },
    /// Bytes.
    #[error(transparent)]
    NotText(#[from] NotText),
}

/// With waits that double up to a minute, more would hold a run for hours.
const MOST_ATTEMPTS: u32 = 20;

impl ProviderSettings {
    /// Reads `[providers.NAME]`.
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, FileFault> {
        let requests_per_second = section.number("requests_per_second")?;
        if requests_per_second.is_some_and(|rate| !(0.001..=1_000.0).contains(&rate)) {
            return Err(section.fault("requests_per_second must be from 0.001 to 1000"));
        }
        let attempts = match section.count("attempts")? {
            None => None,
            Some(given) => Some(
                u32::try_from(given)
                    .ok()
                    .filter(|attempts| *attempts <= MOST_ATTEMPTS)
                    .ok_or_else(|| section.fault(&format!("attempts must be from 1 to {MOST_ATTEMPTS}")))?,
            ),
        };
        let base_url = match section.text("base_url")? {
            Some(text) => {
                Some(Url::parse(&text).map_err(|error| section.fault(&format!("base_url is not a URL: {error}")))?)
            }
            None => None,
        };
        let contact = section.text("contact")?.map(|contact| contact.trim().to_owned());
        // It becomes part of a header.
        if contact.as_ref().is_some_and(|contact| {
            contact.is_empty() || !contact.chars().all(|c| c == ' ' || (c.is_ascii_graphic() && !"()\\".contains(c)))
        }) {
            return Err(section.fault("contact must be an address in plain ASCII, such as an e-mail address or a page"));
        }
        let max_requests_per_day = section.count("max_requests_per_day")?;
        let max_requests_per_month = section.count("max_requests_per_month")?;
        let max_cost_per_month = match section.number("max_cost_per_month")? {
            Some(usd) => Some(MicroUsd::from_usd(usd).ok_or_else(|| {
                section.fault(&format!("max_cost_per_month = {usd}: an amount in US dollars is needed, 0 or more"))
            })?),
            None => None,
        };
        let tier = section.flag("premium")?.map(|premium| if premium { Tier::Premium } else { Tier::Basic });
        let details = section.flag("details")?;
        let retention = section.retention("keep_raw")?;
        let terms = TermsSettings::read(section)?;
        Ok(Self {
            requests_per_second,
            attempts,
            base_url,
            contact,
            max_requests_per_day,
            max_requests_per_month,
            max_cost_per_month,
            tier,
            details,
            retention,
            terms,
        })
    }
}

/// Finds a provider by its name.
pub fn find<'p>(name: &str, providers: &'p [Box<dyn Provider>]) -> Result<&'p dyn Provider, ProviderError> {
    providers.iter().map(AsRef::as_ref).find(|provider| provider.name() == name).ok_or_else(|| {
        let known = providers.iter().map(|provider| provider.name()).collect::<Vec<_>>().join(", ");
        ProviderError::Unknown { name: name.to_owned(), known }
    })
}

/// Puts together what a run is told. The key and the address are read, and the key demanded, only where requests really go out.
pub fn choose(
    provider: &dyn Provider,
    of_file: &BTreeMap<String, ProviderSettings>,
    environment: &Environment,
    live: bool,
) -> Result<ProviderChoice, ProviderError> {
    let settings = of_file.get(provider.name()).cloned().unwrap_or_default();
    if settings.tier.is_some() && provider.tier().is_none() {
        return Err(ProviderError::NoTiers { provider: provider.name() });
    }
    let of_file_url = settings.base_url.map(|url| BaseUrl { url, setting: "base_url in the settings file" });
    Ok(ProviderChoice {
        name: provider.name(),
        key: if live { key(provider, environment)? } else { None },
        base_url: if live { base_url(provider, environment)?.or(of_file_url) } else { None },
        contact: settings.contact,
        requests_per_second: settings.requests_per_second,
        attempts: settings.attempts,
        max_requests_per_day: settings.max_requests_per_day,
        max_requests_per_month: settings.max_requests_per_month,
        max_cost_per_month: settings.max_cost_per_month,
        tier: settings.tier,
        // A trial key of Yelp's has 300 requests a day: look-ups have to be wished for.
        details: settings.details.unwrap_or(false),
        retention: retention(provider, of_file),
        keeping: settings.terms.keeping(provider),
    })
}

/// How long a provider's own words are kept: as the settings say, else as its public terms allow.
pub fn retention(provider: &dyn Provider, of_file: &BTreeMap<String, ProviderSettings>) -> Retention {
    let said = of_file.get(provider.name()).and_then(|settings| settings.retention);
    said.unwrap_or_else(|| provider.terms().keep(TermsField::Raw))
}

/// What is shown with the data of each provider that has such words: the settings', else those of its public terms.
pub fn attributions(
    providers: &[Box<dyn Provider>],
    of_file: &BTreeMap<String, ProviderSettings>,
) -> BTreeMap<String, String> {
    let words = |provider: &dyn Provider| {
        let said = of_file.get(provider.name()).and_then(|settings| settings.terms.attribution.clone());
        said.or_else(|| provider.terms().attribution().map(str::to_owned))
    };
    let of = |provider: &dyn Provider| Some((provider.name().to_owned(), words(provider)?));
    providers.iter().filter_map(|provider| of(provider.as_ref())).collect()
}

fn base_url(provider: &dyn Provider, environment: &Environment) -> Result<Option<BaseUrl>, ProviderError> {
    let variable = provider.base_url_variable();
    let Some(text) = environment.text(variable)? else { return Ok(None) };
    let url = Url::parse(text).map_err(|source| ProviderError::BaseUrl { variable, source })?;
    Ok(Some(BaseUrl { url, setting: variable }))
}

fn key(provider: &dyn Provider, environment: &Environment) -> Result<Option<SecretString>, ProviderError> {
    let Some(variable) = provider.key_variable() else { return Ok(None) };
    let text =
        environment.text(variable)?.ok_or_else(|| ProviderError::NoKey { provider: provider.name(), variable })?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ProviderError::NotAKey { variable });
    }
    let key = SecretString::from(text);
    secrets::register_key(&key);
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(name: &str, tier: Tier) -> Result<Option<Tier>, ProviderError> {
        let of_file = BTreeMap::from([(name.to_owned(), ProviderSettings { tier: Some(tier), ..Default::default() })]);
        let all = crate::provider::all();
        let provider = find(name, &all)?;
        choose(provider, &of_file, &Environment::default(), false).map(|choice| choice.tier)
    }

    #[test]
    fn what_is_paid_for_is_chosen_where_there_is_a_choice() {
        assert_eq!(chosen("foursquare", Tier::Basic), Ok(Some(Tier::Basic)));
        let error = chosen("google", Tier::Premium).unwrap_err().to_string();
        assert!(error.contains("[providers.google] premium") && error.contains("leave the line out"), "{error}");
    }
}
