use crate::model::{Ask, Limits, MicroUsd, RawVenue, Reject, Tariff, Terms, Tier};
use crate::wire::{Request, Response, Verdict};

/// What the run has to know of a provider. All of it is synchronous and pure.
pub trait Provider: Send + Sync {
    /// The word in `venues.provider_name` and in the settings.
    fn name(&self) -> &'static str;

    /// The environment variable that holds the key; none where no key is needed.
    fn key_variable(&self) -> Option<&'static str>;

    /// The environment variable that points the provider elsewhere (scheme, host, optional prefix).
    fn base_url_variable(&self) -> &'static str;

    /// Where the provider is, without a path.
    fn base_url(&self) -> &'static str;

    /// What it allows and charges.
    fn limits(&self) -> Limits;

    /// List price of one page of the answer to a question, before free allowances.
    fn price(&self, _ask: &Ask) -> MicroUsd {
        self.limits().price
    }

    /// Its price list, and what of it is free; none where it is not known.
    fn tariff(&self) -> Option<Tariff> {
        None
    }

    /// What its public terms say of its data: what may be kept and for how long, and what is shown with it.
    fn terms(&self) -> Terms;

    /// The tier that it asks at; none where all requests ask for the same.
    fn tier(&self) -> Option<Tier> {
        None
    }

    /// What that tier brings and costs, in one line for the start of a run; none where there is only one.
    fn on_tier(&self) -> Option<&'static str> {
        None
    }

    /// The ways in which it can be asked, the usual one first.
    fn methods(&self) -> &'static [&'static str] {
        &["nearby"]
    }

    /// The same provider, asked in another of its ways; none for its usual one, and for ways that it does not have.
    fn by(&self, _method: &str) -> Option<Box<dyn Provider>> {
        None
    }

    /// Those of a region's words by which it is counted where its venues are (`limits().counts`), one in a question.
    fn count_words(&self, _words: &[String]) -> Vec<String> {
        Vec::new()
    }

    /// The same provider, asking at a tier; none where it has no tiers.
    fn at(&self, _tier: Tier) -> Option<Box<dyn Provider>> {
        None
    }

    /// Turns a region's `types` (canonical codes including their descendants, or `<provider>:<word>`) into the provider's own
    /// words, in a stable order without repetition.
    fn words(&self, types: &[String]) -> Result<Vec<String>, UnknownType>;

    /// The canonical code of one of the provider's own category words; none for a word that has none (it passes as a slug).
    fn category(&self, word: &str) -> Option<&'static str>;

    /// The request that asks this question, or its next page.
    fn request(&self, ask: &Ask, language: &str, cursor: Option<&Cursor>) -> Request;

    /// What the response means, before anything of it is believed.
    fn judge(&self, response: &Response) -> Verdict;

    /// The rows of a response that was judged [`Verdict::Fine`]. A row that cannot be read is a reject, never a failed page. The rows
    /// of a count have an id and nothing else.
    fn parse(&self, request: &Request, response: &Response) -> Page;

    /// What looking up costs and brings, in one line for the start of a run that does it; none where the provider has nothing that
    /// its search leaves out.
    fn on_details(&self) -> Option<&'static str> {
        None
    }

    /// The request for what a search left out of a row and only a look-up of its own tells; none where nothing is missing.
    fn detail(&self, _row: &RawVenue, _language: &str) -> Option<Request> {
        None
    }

    /// Puts what such a look-up told, judged [`Verdict::Fine`], into the row.
    fn complete(&self, _row: &mut RawVenue, _response: &Response) {}
}

/// Where the next page begins, in the provider's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// One answer, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Every row of the answer, in its order.
    pub rows: Vec<Result<RawVenue, Reject>>,
    /// The provider had, or may have had, more for this question than it returns on all its pages, as far as this page tells; that all
    /// of them together are as long as an answer gets is seen by whoever puts them together ([`Limits::may_be_cut`]).
    pub truncated: bool,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

/// A type that the provider has no word for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{provider} has no type for `{name}`{hint}")]
pub struct UnknownType {
    /// The provider.
    pub provider: &'static str,
    /// The type as written in the settings.
    pub name: String,
    /// What to write instead, beginning with `: `; may be empty.
    pub hint: String,
}
