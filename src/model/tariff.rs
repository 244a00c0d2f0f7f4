use super::MicroUsd;

/// What a provider's price list says, for reckoning what a run would cost. Facts with a date, in the provider's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    /// The day on which the list was read, or from which it holds (ISO 8601).
    pub as_of: &'static str,
    /// Where it stands.
    pub source: &'static str,
    /// What is due every month before the first request.
    pub fee_a_month: MicroUsd,
    /// One for each thing that is priced and counted apart.
    pub items: Vec<TariffItem>,
}

/// One line of a price list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TariffItem {
    /// The call that it is for (`Request.call`).
    pub call: &'static str,
    /// The provider's name for it.
    pub name: &'static str,
    /// List price of one request, on the list's first step.
    pub price: MicroUsd,
    /// What is free of it.
    pub free: Free,
}

/// Requests that are not charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// Not one.
    None,
    /// So many every month, over all runs of an account.
    Monthly(u32),
    /// So many once, within so many days of signing up.
    Trial {
        /// Requests.
        requests: u32,
        /// Days.
        days: u16,
    },
    /// All of them.
    Always,
}

impl Tariff {
    /// The line for a call.
    pub fn item(&self, call: &str) -> Option<&TariffItem> {
        self.items.iter().find(|item| item.call == call)
    }
}
