use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

    /// The request did not ask for this member.
    pub fn is_not_asked(&self) -> bool {
        matches!(self, Self::NotAsked)
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

impl<T: Serialize> Serialize for Field<T> {
    /// Absent is null. What was not asked for has no form of its own: whoever holds it leaves it out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.present().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::asked)
    }
}
