use std::num::NonZeroU16;

/// How long a provider's own words and numbers may be kept beside the venues that were made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retention {
    /// Not at all.
    #[default]
    Nothing,
    /// For so many days from the answer on.
    Days(NonZeroU16),
    /// As long as the venue is there.
    Always,
}

impl Retention {
    /// Days from the answer on: 0 for nothing, none for no end.
    pub fn days(self) -> Option<u16> {
        match self {
            Self::Nothing => Some(0),
            Self::Days(days) => Some(days.get()),
            Self::Always => None,
        }
    }
}
