use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul};

use serde::{Deserialize, Serialize};

/// Money in millionths of a US dollar: exact, where a float would drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroUsd(pub i64);

impl MicroUsd {
    /// From a price list's "USD per 1,000 requests", given in cents.
    pub const fn per_thousand_cents(cents: i64) -> Self {
        Self(cents * 10)
    }

    /// From dollars as a person writes them; none if negative, not finite or absurdly large.
    pub fn from_usd(usd: f64) -> Option<Self> {
        if !(0.0..=1e9).contains(&usd) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "in range by the check above")]
        Some(Self((usd * 1e6).round() as i64))
    }

    /// In dollars, for people and JSON.
    pub fn usd(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact up to nine billion dollars")]
        let micro = self.0 as f64;
        micro / 1e6
    }
}

impl fmt::Display for MicroUsd {
    /// Dollars with cents, and the fraction of a cent where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / 1_000_000;
        let fraction = format!("{:06}", self.0.unsigned_abs() % 1_000_000);
        let (cents, rest) = fraction.split_at(2);
        write!(f, "{sign}${whole}.{cents}{}", rest.trim_end_matches('0'))
    }
}

impl Add for MicroUsd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for MicroUsd {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Mul<i64> for MicroUsd {
    type Output = Self;

    fn mul(self, times: i64) -> Self {
        Self(self.0 * times)
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// US dollars as a number, for JSON.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
pub(super) fn as_usd<S: serde::Serializer>(cost: &MicroUsd, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(cost.usd())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_per_thousand_is_exact_per_request() {
        let price = MicroUsd::per_thousand_cents(3_500);
        assert_eq!(price, MicroUsd(35_000));
        assert_eq!((price * 1_000).to_string(), "$35.00");
        assert_eq!(price.to_string(), "$0.035");
    }

    #[test]
    fn dollars_as_typed_are_checked() {
        assert_eq!(MicroUsd::from_usd(1.5), Some(MicroUsd(1_500_000)));
        for bad in [-1.0, f64::NAN, f64::INFINITY, 1e12] {
            assert_eq!(MicroUsd::from_usd(bad), None, "{bad}");
        }
    }
}
