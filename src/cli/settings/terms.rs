//! What a contract, or a person who minds the public terms, says of how long a provider's venues are kept.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use super::provider::ProviderSettings;
use super::toml_section::{FileFault, Section};
use crate::model::{Keeping, Retention, TermsField};
use crate::provider::Provider;

/// `[providers.NAME.terms]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TermsSettings {
    /// Days after which a venue that was not seen again is over its time; none: never.
    pub retention_days: Option<NonZeroU16>,
    /// Whether the ids of purged venues stay known.
    pub keep_ids: Option<bool>,
    /// What is shown with its data, instead of what the public terms want.
    pub attribution: Option<String>,
}

impl TermsSettings {
    /// Reads the table `terms` of `[providers.NAME]`. A key that is none is refused.
    pub(super) fn read(provider: &mut Section<'_>) -> Result<Self, FileFault> {
        let Some(mut section) = provider.section("terms")? else { return Ok(Self::default()) };
        let read = Self {
            retention_days: section.days("retention_days")?,
            keep_ids: section.flag("keep_ids")?,
            attribution: section.text("attribution")?,
        };
        section.refuse_unknown()?;
        Ok(read)
    }

    /// The rule that a provider's venues are kept by.
    pub fn keeping(&self, provider: &dyn Provider) -> Keeping {
        let by_terms = || provider.terms().keep(TermsField::Id) == Retention::Always;
        Keeping { days: self.retention_days, ids: self.keep_ids.unwrap_or_else(by_terms) }
    }
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
    let of = |provider: &Box<dyn Provider>| Some((provider.name().to_owned(), words(provider.as_ref())?));
    providers.iter().filter_map(of).collect()
}
