//! What a contract, or a person who minds the public terms, says of how long a provider's venues are kept.

use std::num::NonZeroU16;

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
        let read = Self::of(&mut section)?;
        section.refuse_unknown()?;
        Ok(read)
    }

    /// Reads the table itself.
    pub(super) fn of(section: &mut Section<'_>) -> Result<Self, FileFault> {
        Ok(Self {
            retention_days: section.days("retention_days")?,
            keep_ids: section.flag("keep_ids")?,
            attribution: section.text("attribution")?,
        })
    }

    /// The rule that a provider's venues are kept by.
    pub fn keeping(&self, provider: &dyn Provider) -> Keeping {
        let by_terms = || provider.terms().keep(TermsField::Id) == Retention::Always;
        Keeping { days: self.retention_days, ids: self.keep_ids.unwrap_or_else(by_terms) }
    }
}
