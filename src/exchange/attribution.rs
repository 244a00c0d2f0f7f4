use std::collections::BTreeMap;

/// The providers that occur, each with the words that its data is shown with.
pub(super) struct Attributions<'a> {
    of: &'a (dyn Fn(&str) -> Option<&'a str> + Sync),
    met: BTreeMap<String, Option<&'a str>>,
}

impl<'a> Attributions<'a> {
    pub(super) fn new(of: &'a (dyn Fn(&str) -> Option<&'a str> + Sync)) -> Self {
        Self { of, met: BTreeMap::new() }
    }

    /// A provider's words; none for a name that no provider has.
    pub(super) fn of(&mut self, provider: &str) -> Option<&'a str> {
        if let Some(known) = self.met.get(provider) {
            return *known;
        }
        let words = (self.of)(provider);
        self.met.insert(provider.to_owned(), words);
        words
    }

    /// The words of all that occurred, in the order of the providers' names.
    pub(super) fn all(&self) -> Vec<&'a str> {
        self.met.values().filter_map(|words| *words).collect()
    }
}
