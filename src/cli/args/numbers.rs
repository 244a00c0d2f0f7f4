use std::str::FromStr;

/// Exactly `N` finite numbers, separated by commas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers<const N: usize>(pub [f64; N]);

/// Text that is not the numbers it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumbersError {
    /// Too few or too many.
    #[error("numbers needed: {wanted}, separated by commas; given: {found}")]
    Count {
        /// How many there were.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// One of them is not a number.
    #[error("`{0}` is not a number")]
    NotANumber(String),
}

impl<const N: usize> FromStr for Numbers<N> {
    type Err = NumbersError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let mut numbers = [0.0; N];
        if parts.len() != N {
            return Err(NumbersError::Count { found: parts.len(), wanted: N });
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            *number = part
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite())
                .ok_or_else(|| NumbersError::NotANumber(part.to_owned()))?;
        }
        Ok(Self(numbers))
    }
}
