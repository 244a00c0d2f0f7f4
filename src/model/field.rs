/// One member of a provider's row. *Not asked* is different from *absent*: it never overwrites a stored value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// The request did not ask for this member.
    #[default]
    NotAsked,
    /// Asked for, and the provider had nothing.
    Absent,
    /// What the provider said.
    Present(T),
}

impl<T> Field<T> {
    /// Asked for: present if there is a value.
    pub fn asked(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Present)
    }

    /// The value, if there is one.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::NotAsked | Self::Absent => None,
        }
    }

    /// The value itself, if there is one.
    pub fn into_present(self) -> Option<T> {
        match self {
            Self::Present(value) => Some(value),
            Self::NotAsked | Self::Absent => None,
        }
    }

    /// Changes a value that is there.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::NotAsked => Field::NotAsked,
            Self::Absent => Field::Absent,
            Self::Present(value) => Field::Present(change(value)),
        }
    }

    /// Changes a value that is there into one that may be missing.
    pub fn and_then<U>(self, change: impl FnOnce(T) -> Option<U>) -> Field<U> {
        match self {
            Self::NotAsked => Field::NotAsked,
            Self::Absent => Field::Absent,
            Self::Present(value) => Field::asked(change(value)),
        }
    }
}
